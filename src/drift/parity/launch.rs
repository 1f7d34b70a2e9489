//! What a side launches: from what, and what its launch template version sets.
//!
//! Ids of security groups and the account in a profile's ARN belong to an environment: groups are counted, profiles
//! and key pairs go by name.

use super::{Of, Pair, Said, Sheet, Told};
use crate::fleet::{
    LaunchSource, MetadataOptions, Section, ServerGroup, TemplateVersion, TemplateVersionFact, Text,
    WantedSource,
};

const NOT_SET: &str = "not set";

pub(super) fn compare(sheet: &mut Sheet, pair: &Pair<'_>) {
    pair.put(sheet, "launches from", |_, group| source(group));
    let mixed = |group: &ServerGroup| matches!(group.source, LaunchSource::Mixed { .. });
    if mixed(pair.one) || mixed(pair.other) {
        pair.put(sheet, "overrides", |_, group| Ok(overrides(group)));
    }
    match (version(pair.a, pair.one), version(pair.b, pair.other)) {
        (Ok(Some(one)), Ok(Some(other))) => fields(sheet, pair, one, other),
        // Where they launch from something else, that is said above.
        (Ok(None), Ok(Some(_))) | (Ok(Some(_)), Ok(None)) => {}
        (Ok(None), Ok(None)) => {
            let none = || Err("what a launch configuration sets beside its image is not read".to_owned());
            sheet.put(&pair.what("launch settings"), none(), none());
        }
        (one, other) => {
            let told = |version: Result<_, String>| version.map(|_| Said::plain("a version that is known"));
            sheet.put(&pair.what("launch settings"), told(one), told(other));
        }
    }
}

fn source(group: &ServerGroup) -> Told {
    let follows = |version: &TemplateVersion| match version {
        TemplateVersion::Latest => "$Latest",
        TemplateVersion::Default => "$Default",
        TemplateVersion::Number(_) => "a numbered version",
    };
    let by_parameter = group.wants.iter().any(|wanted| wanted.by_parameter);
    let image = if by_parameter { ", image by a parameter" } else { "" };
    match &group.source {
        LaunchSource::Template(template) => {
            Ok(Said::plain(format!("launch template, {}{image}", follows(&template.version))))
        }
        LaunchSource::Mixed { base, .. } => {
            Ok(Said::plain(format!("mixed instances, launch template, {}{image}", follows(&base.version))))
        }
        LaunchSource::Configuration(_) => Ok(Said::plain("launch configuration")),
        LaunchSource::Unknown => Err("what it launches from is not known".to_owned()),
    }
}

fn overrides(group: &ServerGroup) -> Said {
    let LaunchSource::Mixed { overrides, .. } = &group.source else { return Said::plain("none") };
    let words: Vec<String> = overrides
        .iter()
        .map(|entry| {
            let kind = entry.instance_type.as_ref().map_or_else(|| "any type".to_owned(), Text::to_string);
            let weight = entry.weighted_capacity.as_ref().map(|weight| format!(" of weight {weight}"));
            format!("{kind}{}", weight.unwrap_or_default())
        })
        .collect();
    Said::plain(super::list(&words))
}

/// The version a group launches by; `None` where it launches from no template.
fn version<'a>(of: Of<'a>, group: &'a ServerGroup) -> Result<Option<&'a TemplateVersionFact>, String> {
    let Some(WantedSource::Template { id, name, number, .. }) = group.wants.first().map(|one| &one.source)
    else {
        return Ok(None);
    };
    let place = &of.cluster.id.place;
    let found = id.as_ref().zip(*number).and_then(|(id, number)| of.fleet.template(place, id, number));
    found.map(Some).ok_or_else(|| {
        let name = name.as_ref().map(Text::to_string).or_else(|| id.as_ref().map(ToString::to_string));
        let about = id.as_ref().map(crate::fleet::TemplateId::raw);
        let gap = of.hidden(Section::Templates, about).map(|why| format!(": {why}")).unwrap_or_default();
        format!("its version of launch template {} is not known{gap}", name.unwrap_or_default())
    })
}

fn fields(sheet: &mut Sheet, pair: &Pair<'_>, one: &TemplateVersionFact, other: &TemplateVersionFact) {
    let mut put = |facet: &str, of: &dyn Fn(Of<'_>, &TemplateVersionFact) -> Said| {
        sheet.put(&pair.what(facet), Ok(of(pair.a, one)), Ok(of(pair.b, other)));
    };
    put("instance type", &|_, version| text(version.instance_type.as_ref()));
    put("security groups", &|_, version| match version.security_groups.len() {
        0 => Said::plain(NOT_SET),
        number => Said::plain(format!("{number}, by count")),
    });
    put("IAM profile", &|of, version| {
        // A version may name the profile by ARN or by name.
        let name =
            version.iam_profile.as_ref().map(|profile| profile.raw().rsplit('/').next().unwrap_or_default());
        name.map_or_else(|| Said::plain(NOT_SET), |name| of.named(name))
    });
    put("key pair", &|of, version| {
        version.key_name.as_ref().map_or_else(|| Said::plain(NOT_SET), |name| of.named(name.raw()))
    });
    put("metadata options", &|_, version| metadata(version.metadata.as_ref()));
    put("EBS optimisation", &|_, version| {
        Said::plain(match version.ebs_optimized {
            Some(true) => "on",
            Some(false) => "off",
            None => NOT_SET,
        })
    });
    put("devices", &|_, version| {
        let words: Vec<String> = version
            .devices
            .iter()
            .map(|(device, deleted)| match deleted {
                Some(true) => format!("{device} deleted on termination"),
                Some(false) => format!("{device} kept on termination"),
                None => device.to_string(),
            })
            .collect();
        Said::plain(if words.is_empty() { NOT_SET.to_owned() } else { words.join(", ") })
    });
}

fn text(text: Option<&Text>) -> Said {
    Said::plain(text.map_or_else(|| NOT_SET.to_owned(), Text::to_string))
}

fn metadata(options: Option<&MetadataOptions>) -> Said {
    let Some(options) = options else { return Said::plain(NOT_SET) };
    let words: Vec<String> = [
        options.tokens.as_ref().map(|tokens| format!("tokens {tokens}")),
        options.hop_limit.map(|limit| format!("hop limit {limit}")),
        options.endpoint.as_ref().map(|endpoint| format!("endpoint {endpoint}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    Said::plain(if words.is_empty() { NOT_SET.to_owned() } else { words.join(", ") })
}
