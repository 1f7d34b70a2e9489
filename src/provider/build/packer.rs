//! What Packer says with `-machine-readable`: `time,target,type,data…`, one message a line.
//!
//! A comma in the data is written `%!(PACKER_COMMA)`, a line break as `\n` [Packer: machine-readable output]. Of what
//! is no such line nothing is expected: it is shown as it is.

use jiff::Timestamp;

use super::heard::{Heard, Made, image};
use crate::fleet::Text;

/// One message.
struct Message<'a> {
    at: Timestamp,
    kind: &'a str,
    data: Vec<&'a str>,
}

/// Fewest digits of a time: what begins with a small number and a comma is a line of some program.
const TIME: usize = 9;

fn message(line: &str) -> Option<Message<'_>> {
    let mut fields = line.split(',');
    let at = fields.next().filter(|at| at.len() >= TIME && at.bytes().all(|byte| byte.is_ascii_digit()))?;
    let at = Timestamp::from_second(at.parse().ok()?).ok()?;
    let _target = fields.next()?;
    let kind = fields.next().filter(|kind| !kind.is_empty())?;
    Some(Message { at, kind, data: fields.collect() })
}

fn unescaped(text: &str) -> String {
    text.replace("%!(PACKER_COMMA)", ",").replace("\\r", "").replace("\\n", "\n")
}

/// What a line tells a person, as one line or several, and when it was said.
pub(super) fn told(line: &str) -> (Option<Timestamp>, Vec<String>) {
    let Some(Message { at, kind, data }) = message(line) else { return (None, vec![line.to_owned()]) };
    let text = match (kind, data.as_slice()) {
        ("ui", [_, text @ ..]) => unescaped(&text.join(",")),
        (kind, data) => format!("{kind}: {}", unescaped(&data.join(" "))),
    };
    let lines: Vec<String> = text.split('\n').map(str::trim_end).map(str::to_owned).collect();
    (Some(at), lines)
}

/// What it does, where a line says that: the last words of a message to a person, or of an error.
pub(super) fn step(line: &str) -> Option<String> {
    let message = message(line)?;
    let ("ui", [_, text @ ..]) = (message.kind, message.data.as_slice()) else { return None };
    let text = unescaped(&text.join(","));
    let said = text.split('\n').map(str::trim).rfind(|line| !line.is_empty())?;
    Some(said.trim_start_matches("==> ").to_owned())
}

/// Takes in what a line tells of the result.
pub(super) fn hear(line: &str, heard: &mut Heard) {
    let Some(Message { kind, data, .. }) = message(line) else { return };
    match (kind, data.as_slice()) {
        // One artifact, in one or more regions.
        ("artifact", [_, "id", ids]) => {
            for id in unescaped(ids).split(',') {
                let made = id.split_once(':').and_then(|(region, id)| {
                    Some(Made { region: Some(Text::new(region)), image: image(id)? })
                });
                heard.add(made);
            }
        }
        // The error of a build says more than what follows it.
        ("error", [why, ..]) => heard.error = Some(last_line(why)),
        ("ui", ["error", why, ..]) if heard.error.is_none() => heard.error = Some(last_line(why)),
        _ => {}
    }
}

fn last_line(why: &str) -> Text {
    let why = unescaped(why);
    let said = why.split('\n').map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gave no reason");
    Text::new(said.trim_start_matches("==> "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hears(lines: &[&str]) -> Heard {
        let mut heard = Heard::default();
        for line in lines {
            hear(line, &mut heard);
        }
        heard
    }

    #[test]
    fn an_artifact_of_several_regions_is_heard_whole() {
        let heard = hears(&[
            "1700000000,,ui,say,==> amazon-ebs: Creating AMI",
            "1700000001,amazon-ebs,artifact,0,builder-id,mitchellh.amazonebs",
            "1700000001,amazon-ebs,artifact,0,id,eu-west-1:ami-1%!(PACKER_COMMA)us-east-1:ami-2",
            "1700000001,amazon-ebs,artifact,0,end",
        ]);
        let made = |region: &str, id: &str| Made { region: Some(region.into()), image: id.into() };
        assert_eq!(heard.made, [made("eu-west-1", "ami-1"), made("us-east-1", "ami-2")]);
        assert_eq!(heard.error, None);
    }

    #[test]
    fn an_artifact_that_is_no_image_is_not_taken_for_one() {
        let heard = hears(&[
            "1700000001,docker,artifact,0,id,sha256:abc",
            "1700000001,amazon-ebs,artifact,0,id,",
            "artifact,0,id,eu-west-1:ami-1",
        ]);
        assert_eq!(heard.made, []);
    }

    #[test]
    fn an_error_of_the_build_is_told_before_what_follows_it() {
        let heard = hears(&[
            "1700000000,,ui,error,==> amazon-ebs: Error waiting%!(PACKER_COMMA) then\\nmore",
            "1700000001,amazon-ebs,error,timeout: no answer%!(PACKER_COMMA) twice",
            "1700000001,,ui,error,==> Some builds didn't complete successfully",
        ]);
        assert_eq!(heard.error, Some("timeout: no answer, twice".into()));
        let heard = hears(&["1700000000,,ui,error,Error: no such template\\n\\nsee above"]);
        assert_eq!(heard.error, Some("Error: no such template".into()));
    }

    #[test]
    fn a_message_is_shown_as_a_person_reads_it() {
        let (at, lines) = told("1700000000,,ui,message,    amazon-ebs: a%!(PACKER_COMMA)b\\nc");
        assert_eq!(lines, ["    amazon-ebs: a,b", "c"]);
        assert_eq!(at.map(Timestamp::as_second), Some(1_700_000_000));
        assert_eq!(told("plain, text").1, ["plain, text"]);
        assert_eq!(told("1700000000,,version,1.6.6").1, ["version: 1.6.6"]);
        assert_eq!(
            step("1700000000,,ui,say,==> amazon-ebs: Stopping").as_deref(),
            Some("amazon-ebs: Stopping")
        );
        assert_eq!(step("1700000000,,version,1.6.6"), None);
    }
}
