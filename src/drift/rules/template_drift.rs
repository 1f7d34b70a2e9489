//! `template-drift`: another setting than the template version it was launched from gives it.
//!
//! Only what that version sets is compared. Instance types that overrides choose are no drift, tags are none, and
//! user data is not read here.

use std::fmt::Display;

use crate::drift::{Findings, Rule, Severity, Subject};
use crate::fleet::{
    InstanceFact, LaunchSource, MetadataOptions, Section, SecurityGroupId, TemplateVersion,
    TemplateVersionFact, Text,
};

pub(super) struct TemplateDrift;

impl Rule for TemplateDrift {
    fn name(&self) -> &'static str {
        "template-drift"
    }

    fn about(&self) -> &'static str {
        "differs from the template version it was launched from, in a field which that sets"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(facts) = &subject.instance.facts else { return };
        let Some(version) = launched_from(subject, findings) else { return };
        let mut comparison = Comparison { subject, findings, version };
        if !subject.group().is_some_and(|group| group.group.overrides_types()) {
            comparison.text("type", version.instance_type.as_ref(), facts.instance_type.as_ref());
        }
        comparison.security_groups(&facts.security_groups);
        comparison.profile(facts);
        if let Some(set) = version.key_name.as_ref().filter(|set| Some(*set) != facts.key_name.as_ref()) {
            comparison.differs("key pair", set, or_none(facts.key_name.as_ref()));
        }
        comparison.metadata(facts.metadata.as_ref());
        comparison.flag("EBS optimisation", version.ebs_optimized, facts.ebs_optimized);
        comparison.devices(facts);
    }
}

/// The version an instance was launched from; where it should be known and is not, that is written down.
fn launched_from<'a>(subject: &Subject<'a>, findings: &mut Findings) -> Option<&'a TemplateVersionFact> {
    let Some(template) = &subject.instance.launched_from else {
        let by_template = subject.group().is_some_and(|group| {
            matches!(group.group.source, LaunchSource::Template(_) | LaunchSource::Mixed { .. })
        });
        if by_template {
            findings.unknown(subject, "the template version it was launched from", || {
                "Neither its group nor its tags tell it.".into()
            });
        }
        return None;
    };
    let TemplateVersion::Number(number) = template.version else { return None };
    if subject.template.is_none() {
        findings.unknown(subject, "what the template version it was launched from sets", || {
            let name = template.name.as_ref().map(Text::to_string);
            let id = template.id.as_ref().map(ToString::to_string);
            let name = name.or(id).unwrap_or_default();
            let about = template.id.as_ref().map_or("", |id| id.raw());
            let why = subject.place().why_missing(Section::Templates, about);
            format!("Version {number} of {name} is not known. {why}")
        });
    }
    subject.template
}

struct Comparison<'a, 'b> {
    subject: &'b Subject<'a>,
    findings: &'b mut Findings,
    version: &'a TemplateVersionFact,
}

impl Comparison<'_, '_> {
    fn differs(&mut self, field: &str, expected: impl Display, actual: impl Display) {
        let TemplateVersionFact { name, number, .. } = self.version;
        let why = format!(
            "It has {field} {actual}; version {number} of {name}, which it was launched from, sets {expected}."
        );
        self.findings.found(self.subject, format!("{field} {expected}"), format!("{field} {actual}"), why);
    }

    fn untold(&mut self, field: &str) {
        self.findings.unknown(self.subject, field, || format!("EC2 does not tell its {field}."));
    }

    /// A field that EC2 always tells.
    fn text(&mut self, field: &str, set: Option<&Text>, has: Option<&Text>) {
        match (set, has) {
            (Some(_), None) => self.untold(field),
            (Some(set), Some(has)) if set != has => self.differs(field, set, has),
            _ => {}
        }
    }

    fn flag(&mut self, field: &str, set: Option<bool>, has: Option<bool>) {
        let word = |on: bool| if on { "on" } else { "off" };
        match (set, has) {
            (Some(_), None) => self.untold(field),
            (Some(set), Some(has)) if set != has => self.differs(field, word(set), word(has)),
            _ => {}
        }
    }

    /// Their order means nothing.
    fn security_groups(&mut self, has: &[SecurityGroupId]) {
        let set = &self.version.security_groups;
        let is_same =
            set == has || set.iter().all(|id| has.contains(id)) && has.iter().all(|id| set.contains(id));
        if !set.is_empty() && !is_same {
            self.differs("security groups", list(set), list(has));
        }
    }

    fn profile(&mut self, facts: &InstanceFact) {
        let Some(set) = &self.version.iam_profile else { return };
        if !facts.iam_profile.as_ref().is_some_and(|has| is_same_profile(set.raw(), has.raw())) {
            self.differs("IAM profile", set, or_none(facts.iam_profile.as_ref()));
        }
    }

    fn metadata(&mut self, has: Option<&MetadataOptions>) {
        let Some(set) = &self.version.metadata else { return };
        let field = |of: fn(&MetadataOptions) -> Option<&Text>| has.and_then(of);
        self.text("metadata tokens", set.tokens.as_ref(), field(|options| options.tokens.as_ref()));
        self.text("metadata endpoint", set.endpoint.as_ref(), field(|options| options.endpoint.as_ref()));
        match (set.hop_limit, has.and_then(|options| options.hop_limit)) {
            (Some(_), None) => self.untold("metadata hop limit"),
            (Some(set), Some(has)) if set != has => {
                self.differs("metadata hop limit", set, has);
            }
            _ => {}
        }
    }

    /// Devices that the image or a person added are none of the version's.
    fn devices(&mut self, facts: &InstanceFact) {
        for (device, set) in &self.version.devices {
            let word = |deleted| if deleted { "deleted on termination" } else { "kept on termination" };
            match (set, facts.devices.get(device)) {
                (_, None) if facts.devices.is_empty() => self.untold("devices"),
                (_, None) => self.differs(&format!("device {device}"), "attached", "missing"),
                (Some(set), Some(has)) if set != has => {
                    self.differs(&format!("device {device}"), word(*set), word(*has));
                }
                _ => {}
            }
        }
    }
}

/// A version may name the profile by ARN or by name; an instance has its ARN.
fn is_same_profile(set: &str, has: &str) -> bool {
    set == has || (!set.starts_with("arn:") && has.rsplit('/').next() == Some(set))
}

fn list(ids: &[SecurityGroupId]) -> String {
    let mut words: Vec<String> = ids.iter().map(ToString::to_string).collect();
    words.sort();
    if words.is_empty() { "none".into() } else { words.join(", ") }
}

fn or_none(text: Option<&Text>) -> String {
    text.map_or_else(|| "none".into(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::builders::{World, template_ref};
    use crate::fleet::{
        InstanceFact, LaunchSource, MetadataOptions, OverrideFact, Section, TemplateVersion,
        TemplateVersionFact,
    };

    const PROFILE: &str = "arn:aws:iam::123456789012:instance-profile/team/web";

    fn world(set: impl FnOnce(&mut TemplateVersionFact), has: impl FnOnce(&mut InstanceFact)) -> World {
        let mut world = orders("ami-2");
        set(&mut world.facts.templates.as_mut().unwrap().value[0]);
        world.member("orders-blue", "i-1", "ami-2");
        has(world.instance_mut("i-1"));
        world
    }

    #[test]
    fn what_a_version_leaves_open_is_no_drift() {
        let world = world(
            |_| {},
            |has| {
                has.key_name = Some("rescue".into());
                has.security_groups = vec!["sg-9".into()];
                has.iam_profile = Some(PROFILE.into());
                has.devices = [("/dev/sdx".into(), false)].into();
            },
        );
        assert!(found(&world, "template-drift").is_empty());
        assert!(found(&world, "unknown").is_empty());
    }

    #[test]
    fn what_a_version_sets_and_an_instance_has_is_no_drift() {
        let options = || {
            Some(MetadataOptions {
                tokens: Some("required".into()),
                hop_limit: Some(1),
                endpoint: Some("enabled".into()),
            })
        };
        let world = world(
            |set| {
                set.instance_type = Some("m7g.large".into());
                set.security_groups = vec!["sg-1".into(), "sg-2".into()];
                set.iam_profile = Some("web".into());
                set.key_name = Some("deploy".into());
                set.metadata = Some(MetadataOptions { endpoint: None, ..options().unwrap() });
                set.ebs_optimized = Some(true);
                set.devices = [("/dev/sda1".into(), Some(true)), ("/dev/sdb".into(), None)].into();
            },
            |has| {
                has.security_groups = vec!["sg-2".into(), "sg-1".into()];
                has.iam_profile = Some(PROFILE.into());
                has.key_name = Some("deploy".into());
                has.metadata = options();
                has.ebs_optimized = Some(true);
                has.devices = [("/dev/sda1".into(), true), ("/dev/sdb".into(), false)].into();
            },
        );
        assert!(found(&world, "template-drift").is_empty());
        assert!(found(&world, "unknown").is_empty());
    }

    #[test]
    fn each_field_that_differs_is_told() {
        let options = |tokens: &str, hop_limit| {
            Some(MetadataOptions {
                tokens: Some(tokens.into()),
                hop_limit: Some(hop_limit),
                endpoint: Some("enabled".into()),
            })
        };
        let world = world(
            |set| {
                set.instance_type = Some("m5.large".into());
                set.security_groups = vec!["sg-2".into(), "sg-1".into()];
                set.iam_profile = Some("arn:aws:iam::123456789012:instance-profile/web".into());
                set.key_name = Some("deploy".into());
                set.metadata = options("required", 1);
                set.ebs_optimized = Some(true);
                set.devices = [("/dev/sda1".into(), Some(true)), ("/dev/sdb".into(), None)].into();
            },
            |has| {
                has.security_groups = vec!["sg-1".into()];
                has.iam_profile = Some(PROFILE.into());
                has.metadata = options("optional", 2);
                has.ebs_optimized = Some(false);
                has.devices = [("/dev/sda1".into(), false)].into();
            },
        );
        assert_eq!(
            found(&world, "template-drift"),
            [
                "type m7g.large for type m5.large",
                "security groups sg-1 for security groups sg-1, sg-2",
                &format!(
                    "IAM profile {PROFILE} for IAM profile arn:aws:iam::123456789012:instance-profile/web"
                ),
                "key pair none for key pair deploy",
                "metadata tokens optional for metadata tokens required",
                "metadata hop limit 2 for metadata hop limit 1",
                "EBS optimisation off for EBS optimisation on",
                "device /dev/sda1 kept on termination for device /dev/sda1 deleted on termination",
                "device /dev/sdb missing for device /dev/sdb attached",
            ]
        );
        assert_eq!(
            whys(&world, "template-drift")[0],
            "It has type m7g.large; version 1 of lt-1-name, which it was launched from, sets m5.large."
        );
    }

    #[test]
    fn what_ec2_does_not_tell_is_unknown_and_no_drift() {
        let world = world(
            |set| {
                set.metadata =
                    Some(MetadataOptions { tokens: Some("required".into()), ..Default::default() });
                set.ebs_optimized = Some(true);
                set.devices = [("/dev/sda1".into(), Some(true))].into();
            },
            |_| {},
        );
        assert!(found(&world, "template-drift").is_empty());
        assert_eq!(
            found(&world, "unknown"),
            ["unknown for metadata tokens", "unknown for EBS optimisation", "unknown for devices",]
        );
    }

    #[test]
    fn a_type_that_overrides_choose_is_no_drift() {
        let mut world = world(|set| set.instance_type = Some("m5.large".into()), |_| {});
        world.group_mut("orders-blue").source = LaunchSource::Mixed {
            base: template_ref("lt-1", TemplateVersion::Default),
            overrides: vec![OverrideFact {
                instance_type: Some("c5.large".into()),
                ..OverrideFact::default()
            }],
        };
        assert!(found(&world, "template-drift").is_empty());
    }

    #[test]
    fn an_instance_is_compared_with_its_own_version_and_not_with_the_newest() {
        let mut world = world(|_| {}, |has| has.key_name = Some("old".into()));
        world.template("lt-1", 2, "ami-2").key_name = Some("new".into());
        assert!(found(&world, "template-drift").is_empty());
    }

    #[test]
    fn a_version_that_is_not_known_is_unknown() {
        let mut world = world(|_| {}, |_| {});
        world.group_mut("orders-blue").members[0].template =
            Some(template_ref("lt-1", TemplateVersion::Number(7)));
        world.gap(Section::Templates, None);
        assert_eq!(whys(&world, "unknown"), ["Version 7 of lt-1 is not known. Not allowed."]);
        world.group_mut("orders-blue").members[0].template = None;
        assert_eq!(whys(&world, "unknown"), ["Neither its group nor its tags tell it."]);
        world.group_mut("orders-blue").source = LaunchSource::Configuration("old".into());
        assert!(!found(&world, "unknown").iter().any(|text| text.contains("template")));
    }
}
