//! How images of a family are built: what the configuration says, and what a build is given of it.
//!
//! Texts of a recipe may hold `{parent}`, `{version}`, `{revision}`, `{build}`, `{family}`, `{region}` and `{account}`;
//! each is put in whole, and a value that could be taken for an option or for more than one word is refused before.

use super::{Builder, CodeBuild, ImageBuilder, Program, Refusal};
use crate::fleet::{BuildId, ImageId, Place, Text};

/// How images of one family are built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipe {
    /// The family.
    pub family: String,
    /// The family of the image it is built on; `None`: told by the lineage of its newest image.
    pub on: Option<String>,
    /// The revision of its source where nobody names another.
    pub revision: Option<String>,
    /// Who builds it, with the places where values are put in.
    pub builder: Builder,
    /// Longest time a build may take, in seconds.
    pub limit: u64,
}

/// What is put into a recipe.
pub(super) struct Values<'a> {
    pub build: &'a BuildId,
    pub family: &'a Text,
    pub version: &'a Text,
    pub revision: Option<&'a Text>,
    pub parent: Option<&'a ImageId>,
    pub place: &'a Place,
}

impl Recipe {
    /// Longest time a build may take where nothing is said, in seconds.
    pub const LIMIT: u64 = 3_600;

    /// The longest time that can be said: EC2 Image Builder itself ends a build after a day.
    pub const LONGEST: u64 = 86_400;

    /// Whether a text, in any place where values are put in, asks for this one.
    pub fn asks_for(&self, value: &str) -> bool {
        let wanted = format!("{{{value}}}");
        self.texts().iter().any(|text| text.contains(&wanted))
    }

    fn texts(&self) -> Vec<&str> {
        match &self.builder {
            Builder::Packer(of) | Builder::Command(of) => {
                let arguments = of.arguments.iter().map(String::as_str);
                arguments.chain(of.environment.values().map(String::as_str)).collect()
            }
            Builder::CodeBuild(of) => {
                let source = of.source_version.iter().map(String::as_str);
                source.chain(of.environment.values().map(String::as_str)).collect()
            }
            Builder::ImageBuilder(_) => Vec::new(),
        }
    }

    /// The builder with all values in their places.
    ///
    /// # Errors
    /// A value is asked for that is not there, or one that cannot be a single word.
    pub(super) fn filled(&self, values: &Values<'_>) -> Result<Builder, Refusal> {
        let family = &self.family;
        let mut pairs: Vec<(&str, &str)> = vec![
            ("{build}", values.build.raw()),
            ("{family}", values.family.raw()),
            ("{version}", word("version", values.version.raw())?),
            ("{region}", values.place.region.raw()),
            ("{account}", values.place.account.raw()),
        ];
        if let Some(revision) = values.revision {
            pairs.push(("{revision}", word("revision", revision.raw())?));
        } else if self.asks_for("revision") {
            return Err(Refusal::new(
                format!("the recipe of {family} asks for a revision, and none is named"),
                "name the revision of its source with --revision, or give the family a `revision`",
            ));
        }
        if let Some(parent) = values.parent {
            pairs.push(("{parent}", parent.raw()));
        } else if self.asks_for("parent") {
            return Err(Refusal::new(
                format!(
                    "the recipe of {family} asks for a parent, and which family it is built on is not known"
                ),
                "give its `build` an `on = \"FAMILY\"`",
            ));
        }
        let put = |text: &String| fill(text, &pairs);
        let program = |of: &Program| Program {
            arguments: of.arguments.iter().map(put).collect(),
            environment: of.environment.iter().map(|(key, value)| (key.clone(), put(value))).collect(),
            ..of.clone()
        };
        Ok(match &self.builder {
            Builder::Packer(of) => Builder::Packer(program(of)),
            Builder::Command(of) => Builder::Command(program(of)),
            Builder::CodeBuild(of) => Builder::CodeBuild(CodeBuild {
                source_version: of.source_version.as_ref().map(put),
                environment: of.environment.iter().map(|(key, value)| (key.clone(), put(value))).collect(),
                ..of.clone()
            }),
            Builder::ImageBuilder(ImageBuilder { pipeline }) => {
                Builder::ImageBuilder(ImageBuilder { pipeline: pipeline.clone() })
            }
        })
    }
}

/// Puts values in, each once: what was put in is not looked at again.
fn fill(text: &str, pairs: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((key, value)) = pairs.iter().find(|(key, _)| rest.starts_with(key)) {
            filled.push_str(value);
            rest = &rest[key.len()..];
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled.push_str(rest);
    filled
}

/// Longest version or revision, in bytes.
const LONGEST_WORD: usize = 128;

/// A value that stays one word, and is no option, wherever it is put.
pub(super) fn word<'a>(what: &str, value: &'a str) -> Result<&'a str, Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+/@:".contains(c);
    let first = value.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if first && value.len() <= LONGEST_WORD && value.chars().all(plain) {
        return Ok(value);
    }
    Err(Refusal::new(
        format!("`{}` is no {what}", crate::fleet::clean(value)),
        "write letters, digits and . _ - + / @ : only, with a letter or a digit first",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(arguments: &[&str]) -> Recipe {
        let builder = Builder::Packer(Program {
            program: "packer".into(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            folder: None,
            environment: [("PARENT".to_owned(), "{parent}".to_owned())].into(),
            aws_environment: false,
        });
        Recipe { family: "orders".into(), on: None, revision: None, builder, limit: Recipe::LIMIT }
    }

    fn filled(recipe: &Recipe, version: &str, parent: Option<&str>) -> Result<Vec<String>, Refusal> {
        let place = Place { account: "123456789012".into(), region: "eu-west-1".into() };
        let (build, parent) = (BuildId::new("b-1"), parent.map(ImageId::from));
        let values = Values {
            build: &build,
            family: &"orders".into(),
            version: &version.into(),
            revision: None,
            parent: parent.as_ref(),
            place: &place,
        };
        match recipe.filled(&values)? {
            Builder::Packer(program) => Ok(program.arguments),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_are_put_in_whole_and_never_looked_at_again() {
        let recipe = recipe(&["-var", "version={version}", "-var", "odd={oddity}", "{family}.pkr.hcl"]);
        let arguments = filled(&recipe, "1.2.0", Some("ami-1")).unwrap();
        assert_eq!(arguments, ["-var", "version=1.2.0", "-var", "odd={oddity}", "orders.pkr.hcl"]);
        assert_eq!(fill("{a}", &[("{a}", "{b}"), ("{b}", "x")]), "{b}");
    }

    #[test]
    fn a_value_that_could_be_an_option_or_several_words_is_refused() {
        let recipe = recipe(&["{version}"]);
        for bad in ["", "-force", "1 2", "1;reboot", "$(id)", "1\n2", "\u{202e}1"] {
            assert!(filled(&recipe, bad, Some("ami-1")).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_asked_for_and_not_there_is_refused_with_the_way_out() {
        let refusal = filled(&recipe(&["{parent}"]), "1.0", None).unwrap_err();
        assert!(refusal.remedy.contains("on = "), "{refusal}");
        let refusal = filled(&recipe(&["{revision}"]), "1.0", Some("ami-1")).unwrap_err();
        assert!(refusal.remedy.contains("--revision"), "{refusal}");
    }
}
