//! What any program tells of its image: the id on its last line, alone or behind its region, or a JSON object there.

use serde_json::Value;

use super::heard::{Heard, Made, image};
use crate::fleet::Text;

/// Takes in the last line. Of a program that ended unseen only a line that says nothing else is believed: a sentence
/// that names an image may be where it broke off.
pub(super) fn hear(line: &str, seen: bool, heard: &mut Heard) {
    let line = line.trim();
    if line.starts_with('{') {
        return match serde_json::from_str(line) {
            Ok(Value::Object(object)) => object.iter().for_each(|(name, value)| field(name, value, heard)),
            _ => heard.error = Some("its last line begins like JSON and is none".into()),
        };
    }
    let words = line.split(|c: char| c.is_whitespace() || ",;\"'()".contains(c));
    let made: Vec<Option<Made>> = words.filter(|word| !word.is_empty()).map(word).collect();
    if seen || made.iter().all(Option::is_some) {
        for one in made {
            heard.add(one);
        }
    }
}

fn field(name: &str, value: &Value, heard: &mut Heard) {
    match (name, value) {
        ("image" | "ami", Value::String(id)) => heard.add(word(id)),
        ("images", Value::Object(by_region)) => {
            for (region, id) in by_region {
                let image = id.as_str().and_then(image);
                heard.add(image.map(|image| Made { region: Some(Text::new(region)), image }));
            }
        }
        _ => {}
    }
}

fn word(word: &str) -> Option<Made> {
    let word = word.trim_end_matches(['.', ':']);
    match word.rsplit_once(['=', ':']) {
        Some((before, id)) => {
            let region = is_region(before).then(|| Text::new(before));
            Some(Made { region, image: image(id)? })
        }
        None => Some(Made { region: None, image: image(word)? }),
    }
}

/// `eu-west-1`, `us-gov-east-1`: letters between hyphens, and a number.
fn is_region(word: &str) -> bool {
    let mut parts = word.split('-');
    let number = parts.next_back().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    let parts: Vec<&str> = parts.collect();
    number
        && parts.len() >= 2
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hears(line: &str, seen: bool) -> String {
        let mut heard = Heard::default();
        hear(line, seen, &mut heard);
        match (heard.error.clone(), heard.pick(&"eu-west-1".into())) {
            (Some(why), _) => why.to_string(),
            (None, Ok((image, copies))) => format!("{image} and {}", copies.len()),
            (None, Err(why)) => why,
        }
    }

    #[test]
    fn an_image_is_told_by_its_id_or_as_json() {
        for line in [
            "ami-1",
            "  eu-west-1:ami-1\r",
            "built ami-1.",
            "image=ami-1",
            r#"{"image": "ami-1"}"#,
            r#"{"ami": "ami-1", "seconds": 3}"#,
            r#"{"images": {"eu-west-1": "ami-1"}}"#,
            r#"{"image": "ami-1", "ami": "ami-1"}"#,
        ] {
            assert_eq!(hears(line, true), "ami-1 and 0", "{line}");
        }
        assert_eq!(hears(r#"{"images": {"eu-west-1": "ami-1", "us-east-1": "ami-2"}}"#, true), "ami-1 and 1");
        assert_eq!(hears("us-east-1:ami-2, eu-west-1:ami-1", true), "ami-1 and 1");
    }

    #[test]
    fn what_tells_no_image_or_two_says_so_in_a_sentence() {
        assert_eq!(hears("ami-1 ami-2", true), "it told of ami-1 and ami-2, where one image was expected");
        let json = r#"{"image": "ami-1", "ami": "ami-2"}"#;
        assert_eq!(hears(json, true), "it told of ami-1 and ami-2, where one image was expected");
        for line in ["", "done", "{}", r#"{"image": 1}"#, r#"{"images": {"eu-west-1": []}}"#, "ami-base"] {
            assert_eq!(hears(line, true), "it told of no image", "{line}");
        }
        assert_eq!(hears("{broken", true), "its last line begins like JSON and is none");
    }

    #[test]
    fn of_a_program_that_ended_unseen_only_a_plain_answer_is_believed() {
        assert_eq!(hears("ami-1", false), "ami-1 and 0");
        assert_eq!(hears("launching from ami-1", false), "it told of no image");
    }
}
