//! The page of an instance, part by part.

use jiff::Timestamp;

use crate::app::summary::image_label;
use crate::app::{Observation, words};
use crate::drift::{RuleName, Severity};
use crate::fleet::{
    self, Fleet, ImageSource, InstanceFact, MetadataOptions, ServerGroup, TemplateRef, TemplateVersion,
    TemplateVersionFact, Text, Verdict, Wanted, WantedSource,
};

/// One part of the page.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// Begins a section.
    Title(&'static str),
    /// A fact beside what the group wants.
    Fact {
        /// What it is.
        name: &'static str,
        /// As it is; empty where it is not known.
        is: String,
        /// As the group wants it; `None` where the group does not say.
        wants: Option<String>,
        /// Whether the two differ.
        differs: bool,
    },
    /// A point in time.
    Moment {
        /// What happened.
        name: &'static str,
        /// When; `None` where it is not known.
        at: Option<Timestamp>,
    },
    /// Something that drifted.
    Finding {
        /// The rule.
        rule: RuleName,
        /// How bad it is.
        severity: Severity,
        /// What ought to be.
        expected: String,
        /// What is.
        actual: String,
        /// Why, in one sentence.
        why: String,
    },
    /// What one source says of its health.
    Health {
        /// Who says it.
        source: String,
        /// In the source's own word.
        word: String,
        /// In ours.
        verdict: Verdict,
        /// Why, where it says so.
        reason: String,
    },
    /// A tag.
    Tag(Text, Text),
    /// A sentence.
    Says(String),
}

/// Everything there is to say of an instance.
pub(super) fn page(
    observation: &Observation,
    group: Option<&ServerGroup>,
    instance: &fleet::Instance,
) -> Vec<Part> {
    let mut parts = vec![Part::Title("drift")];
    let findings = observation.findings(&instance.id).iter().map(|finding| Part::Finding {
        rule: finding.rule,
        severity: finding.severity,
        expected: finding.expected.clone(),
        actual: finding.actual.clone(),
        why: finding.why.clone(),
    });
    parts.extend(findings);
    if parts.len() == 1 {
        parts.push(Part::Says("– nothing differs from what is wanted".into()));
    }
    parts.extend(observation.ignored(&instance.id).into_iter().map(|says| Part::Says(format!("– {says}"))));
    parts.push(Part::Title("facts"));
    parts.extend(facts(&observation.fleet, group, instance));
    parts.push(Part::Title("health"));
    parts.extend(health(instance));
    parts.push(Part::Title("tags"));
    match instance.facts.as_ref() {
        None => parts.push(Part::Says("? unknown: EC2's answer does not have this instance".into())),
        Some(facts) if facts.tags.is_empty() => parts.push(Part::Says("– none".into())),
        Some(facts) => {
            parts.extend(facts.tags.iter().map(|(key, value)| Part::Tag(key.clone(), value.clone())));
        }
    }
    parts
}

fn facts(fleet: &Fleet, group: Option<&ServerGroup>, instance: &fleet::Instance) -> Vec<Part> {
    let wanted = group.and_then(|group| {
        let saved = group.wanted_for(instance.instance_type.as_ref());
        group
            .refresh
            .as_ref()
            .and_then(|refresh| refresh.wanted_for(instance.instance_type.as_ref()))
            .or(saved)
    });
    let template = wanted.and_then(|wanted| match &wanted.source {
        WantedSource::Template { id: Some(id), number: Some(number), .. } => {
            fleet.template(&instance.place, id, *number)
        }
        _ => None,
    });
    let image = |id: &fleet::ImageId| {
        let label = image_label(fleet, &instance.place, id);
        let id = id.to_string();
        if label == id { id } else { format!("{label}  {id}") }
    };
    let running = instance.running.as_ref();
    let is_image = running.map(|running| {
        let source = match running.source {
            ImageSource::Ec2 => "",
            ImageSource::Group => "  (says its group)",
            ImageSource::RootVolume => "  (root volume replaced)",
        };
        (image(&running.image), source)
    });
    let wants_image = wanted.map(|wanted| match (&wanted.image, &wanted.unknown) {
        (Some(id), _) => image(id),
        (None, Some(why)) => format!("? {why}"),
        (None, None) => "?".into(),
    });
    let image_differs =
        running.zip(wanted.and_then(|wanted| wanted.image.as_ref())).map(|(a, b)| a.image != *b);
    let mut parts = vec![
        Part::Fact {
            name: "image",
            is: is_image.map_or_else(String::new, |(image, source)| format!("{image}{source}")),
            wants: wants_image,
            differs: image_differs.unwrap_or(false),
        },
        template_fact(instance.launched_from.as_ref(), wanted),
    ];
    let has = instance.facts.as_deref();
    parts.push(fact(
        "type",
        instance.instance_type.as_ref().map(Text::to_string),
        wanted
            .and_then(|wanted| wanted.instance_type.as_ref())
            .or_else(|| template?.instance_type.as_ref())
            .map(Text::to_string),
    ));
    parts.extend(template_facts(has, template));
    parts.push(fact("zone", instance.zone.as_ref().map(ToString::to_string), None));
    parts.push(fact("state", Some(words::state(instance)), None));
    parts.push(Part::Moment { name: "launched", at: instance.launched_at });
    parts.push(fact("address", has.and_then(|facts| facts.private_ip.as_ref()).map(Text::to_string), None));
    parts.push(fact("group", group.map(|group| group.id.name.to_string()), None));
    if instance.membership.as_ref().is_some_and(|membership| membership.protected) {
        parts.push(fact("protected", Some("from scale-in".into()), None));
    }
    parts
}

/// Facts that a template version may set; what it leaves open is not compared.
fn template_facts(has: Option<&InstanceFact>, template: Option<&TemplateVersionFact>) -> Vec<Part> {
    let list = |ids: &[fleet::SecurityGroupId]| {
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.sort();
        (!ids.is_empty()).then(|| ids.join(" "))
    };
    let profile = |profile: &Text| {
        let text = profile.to_string();
        text.rsplit('/').next().map_or_else(|| text.clone(), str::to_owned)
    };
    let flag = |on: bool| if on { "yes" } else { "no" }.to_owned();
    vec![
        fact(
            "security groups",
            has.and_then(|facts| list(&facts.security_groups)),
            template.and_then(|template| list(&template.security_groups)),
        ),
        fact(
            "IAM profile",
            has.and_then(|facts| facts.iam_profile.as_ref()).map(profile),
            template.and_then(|template| template.iam_profile.as_ref()).map(profile),
        ),
        fact(
            "key pair",
            has.and_then(|facts| facts.key_name.as_ref()).map(Text::to_string),
            template.and_then(|template| template.key_name.as_ref()).map(Text::to_string),
        ),
        fact(
            "metadata",
            has.and_then(|facts| facts.metadata.as_ref()).map(metadata_word),
            template.and_then(|template| template.metadata.as_ref()).map(metadata_word),
        ),
        fact(
            "EBS optimised",
            has.and_then(|facts| facts.ebs_optimized).map(flag),
            template.and_then(|template| template.ebs_optimized).map(flag),
        ),
    ]
}

/// One side may know a template by its id alone and the other by its name.
fn template_fact(from: Option<&TemplateRef>, wanted: Option<&Wanted>) -> Part {
    let wants = wanted.and_then(wanted_template);
    let is_same = |from: &TemplateRef, wants: &TemplateRef| {
        let same_id = from.id.as_ref().zip(wants.id.as_ref()).map(|(a, b)| a == b);
        let same_name = from.name.as_ref().zip(wants.name.as_ref()).map(|(a, b)| a == b);
        same_id.or(same_name) == Some(true) && from.version == wants.version
    };
    let differs = from.zip(wants.as_ref()).is_some_and(|(from, wants)| !is_same(from, wants));
    let configuration = || match wanted.map(|wanted| &wanted.source) {
        Some(WantedSource::Configuration(name)) => Some(format!("launch configuration {name}")),
        _ => None,
    };
    Part::Fact {
        name: "template version",
        is: from.map_or_else(String::new, template_word),
        wants: wants.as_ref().map(template_word).or_else(configuration),
        differs,
    }
}

fn fact(name: &'static str, is: Option<String>, wants: Option<String>) -> Part {
    let differs = wants.is_some() && is.is_some() && is != wants;
    Part::Fact { name, is: is.unwrap_or_default(), wants, differs }
}

fn template_word(template: &TemplateRef) -> String {
    let name = template.name.as_ref().map(Text::to_string);
    let name = name.or_else(|| template.id.as_ref().map(ToString::to_string)).unwrap_or_default();
    match template.version {
        TemplateVersion::Latest => format!("{name} $Latest"),
        TemplateVersion::Default => format!("{name} $Default"),
        TemplateVersion::Number(number) => format!("{name} {number}"),
    }
}

fn wanted_template(wanted: &Wanted) -> Option<TemplateRef> {
    let WantedSource::Template { id, name, version, number } = &wanted.source else { return None };
    let version = number.map_or_else(|| version.clone(), TemplateVersion::Number);
    Some(TemplateRef { id: id.clone(), name: name.clone(), version })
}

fn metadata_word(options: &MetadataOptions) -> String {
    let tokens = options.tokens.as_ref().map(|tokens| format!("tokens {tokens}"));
    let hops = options.hop_limit.map(|hops| format!("hops {hops}"));
    let endpoint = options.endpoint.as_ref().map(|endpoint| format!("endpoint {endpoint}"));
    [tokens, hops, endpoint].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn health(instance: &fleet::Instance) -> Vec<Part> {
    let health = &instance.health;
    let word = |text: &Text| match text.raw().to_ascii_lowercase().as_str() {
        "ok" | "healthy" | "not-applicable" => Verdict::Healthy,
        "initializing" => Verdict::Starting,
        "impaired" | "unhealthy" => Verdict::Unhealthy,
        _ => Verdict::Unknown,
    };
    let mut parts = Vec::new();
    match &health.ec2 {
        Some(status) => {
            let reason = status.events.iter().map(Text::to_string).collect::<Vec<_>>().join(" · ");
            for (source, text) in [("EC2 system", &status.system), ("EC2 instance", &status.instance)] {
                parts.push(Part::Health {
                    source: source.into(),
                    word: text.to_string(),
                    verdict: word(text),
                    reason: reason.clone(),
                });
            }
        }
        None => parts.push(Part::Health {
            source: "EC2".into(),
            word: "unknown".into(),
            verdict: Verdict::Unknown,
            reason: "no status check was read".into(),
        }),
    }
    if let Some(text) = &health.group {
        parts.push(Part::Health {
            source: "group".into(),
            word: text.to_string(),
            verdict: word(text),
            reason: String::new(),
        });
    }
    for target in &health.targets {
        let port = target.port.map_or_else(String::new, |port| format!(":{port}"));
        let shifted = target.shifted_away.then(|| "shifted away on purpose".to_owned());
        let why = [&target.reason, &target.description].into_iter().flatten().map(Text::to_string);
        parts.push(Part::Health {
            source: format!("{}{port}", target.target_group.name()),
            word: target.state.word(),
            verdict: target.verdict(),
            reason: why.chain(shifted).collect::<Vec<_>>().join(" · "),
        });
    }
    parts
}
