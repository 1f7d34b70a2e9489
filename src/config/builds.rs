//! How images of a family are built: the section `build` of a family.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::de::DeValue;

use super::document::{Item, Parsed, Section};
use super::values;
use crate::plan::{Builder, CodeBuild, ImageBuilder, Program, Recipe};

/// Who may build, each under the key that says what.
const BUILDERS: [(&str, &str); 4] = [
    ("packer", "packer"),
    ("command", "command"),
    ("codebuild", "codebuild"),
    ("image_builder", "image_builder"),
];

/// Times a build may take.
const LIMIT: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_secs(Recipe::LONGEST);

/// How Packer is told to speak so that it can be read, and the plan's values where nothing else is said.
const PACKER: [&str; 3] = ["build", "-machine-readable", "-color=false"];

/// Variables that a Packer template is given where none are written.
const VARIABLES: [(&str, &str); 3] =
    [("version", "{version}"), ("parent_image", "{parent}"), ("build_id", "{build}")];

/// Reads it of a family; `None` where it says nothing of builds, or something wrong.
pub(super) fn read(family: &mut Section<'_>, name: Option<&str>) -> Option<Recipe> {
    let mut recipe = None;
    family.section("build", |section| {
        let on = section.read("on", values::text);
        let revision = section.read("revision", values::text);
        let limit = section.read("limit", values::seconds(LIMIT)).unwrap_or(Recipe::LIMIT);
        let builder = builder(section);
        recipe = name.zip(builder).map(|(name, builder)| Recipe {
            family: name.to_owned(),
            on,
            revision,
            builder,
            limit,
        });
    });
    recipe
}

fn builder(section: &mut Section<'_>) -> Option<Builder> {
    let packer = section.read("packer", values::text);
    let command = section.read("command", values::list(values::text));
    let codebuild = section.read("codebuild", values::text);
    let pipeline = section.read("image_builder", pipeline);
    let program = section.read("program", values::text);
    let arguments = section.read("arguments", values::list(values::text)).unwrap_or_default();
    let variables = section.read("variables", pairs);
    let folder = section.read("folder", values::text);
    let environment = section.read("environment", pairs).unwrap_or_default();
    let aws_environment = section.read("aws_environment", values::boolean).unwrap_or_default();
    let source_version = section.read("source_version", values::text);
    let image_variable = section.read("image_variable", values::text);
    let with = section.read("with", values::one_of(&BUILDERS));
    let said = BUILDERS.iter().map(|(key, _)| *key).filter(|key| section.has(key));
    let said: Vec<&str> = said.filter(|key| with.is_none_or(|with| with == *key)).collect();
    let [by] = said[..] else {
        let what =
            if said.is_empty() { "nobody builds it" } else { "several build it, and nothing says which" };
        section.wrong(
            what,
            "write one of packer = \"TEMPLATE\", command = [\"PROGRAM\", …], codebuild = \"PROJECT\" or \
             image_builder = \"ARN\"; of several, say which by with = \"…\"",
        );
        return None;
    };
    let packer = packer.filter(|_| by == "packer");
    let command = command.filter(|_| by == "command");
    let codebuild = codebuild.filter(|_| by == "codebuild");
    let pipeline = pipeline.filter(|_| by == "image_builder");
    if let Some(template) = packer {
        let usual = || VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let variables = variables.unwrap_or_else(usual);
        let given = variables.iter().flat_map(|(name, value)| ["-var".to_owned(), format!("{name}={value}")]);
        let spoken = PACKER.map(str::to_owned).into_iter();
        return Some(Builder::Packer(Program {
            program: program.unwrap_or_else(|| "packer".into()),
            arguments: spoken.chain(given).chain(arguments).chain([template]).collect(),
            folder,
            environment,
            aws_environment,
        }));
    }
    if let Some(mut words) = command {
        if words.is_empty() {
            section.wrong("the command is empty", "write command = [\"PROGRAM\", \"ARGUMENT\", …]");
            return None;
        }
        let program = words.remove(0);
        let arguments = words.into_iter().chain(arguments).collect();
        return Some(Builder::Command(Program { program, arguments, folder, environment, aws_environment }));
    }
    if let Some(project) = codebuild {
        let project = project.as_str().into();
        return Some(Builder::CodeBuild(CodeBuild { project, source_version, environment, image_variable }));
    }
    pipeline.map(|pipeline| Builder::ImageBuilder(ImageBuilder { pipeline: pipeline.as_str().into() }))
}

fn pipeline(item: Item<'_>) -> Parsed<String> {
    let arn = item.string()?;
    if arn.starts_with("arn:") && arn.contains(":imagebuilder:") && arn.contains(":image-pipeline/") {
        return Ok(arn.to_owned());
    }
    item.wrong(
        format!("`{arn}` is no pipeline of EC2 Image Builder"),
        "write image_builder = \"arn:aws:imagebuilder:REGION:ACCOUNT:image-pipeline/NAME\"",
    )
}

/// Reads texts by name.
fn pairs(item: Item<'_>) -> Parsed<BTreeMap<String, String>> {
    let DeValue::Table(table) = item.value.get_ref() else {
        return item.not_a("names with their texts", format!("write {} = {{ name = \"text\" }}", item.key));
    };
    let (mut pairs, mut faults) = (BTreeMap::new(), Vec::new());
    for (name, value) in table {
        match (Item { value, ..item }).string() {
            Ok(text) => drop(pairs.insert(name.get_ref().to_string(), text.to_owned())),
            Err(wrong) => faults.extend(wrong),
        }
    }
    if faults.is_empty() { Ok(pairs) } else { Err(faults) }
}
