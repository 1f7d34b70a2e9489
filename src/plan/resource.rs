//! What calls write to, and what is there by identity: as far as calls overwrite it or rely on it.
//!
//! The same [`State`] is what an observer reads, what a step expects, and what a record tells of before and after.
//! What an observer reads is whole; what a step expects names only what its call overwrites or relies on.

mod built;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use built::{BuildPhase, BuildState, ImageMark};

use super::change;
use super::{BuildKey, Subnets, TemplateNumber};
use crate::fleet::{
    Actions, Cluster, Fleet, GroupName, ImageId, Instance, InstanceId, LaunchSource, Place, RefreshId,
    Section, ServerGroup, SourceArn, Tags, TargetGroupArn, TemplateId, TemplateRef, TemplateVersion, Text,
    same_actions,
};

/// What a call writes to. In JSON a listener or a rule is its plain ARN, everything else says what it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// An Auto Scaling group, with its refreshes.
    Group(GroupName),
    /// A target group, by its name: what AWS calls it is known only once it is there.
    TargetGroup(Text),
    /// A launch template.
    Template(TemplateId),
    /// An instance, in a group or in none.
    Instance(InstanceId),
    /// An image.
    Image(ImageId),
    /// A build of an image.
    Build(BuildKey),
    /// A listener or a rule.
    #[serde(untagged)]
    Source(SourceArn),
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(arn) => arn.fmt(f),
            Self::Group(name) => name.fmt(f),
            Self::TargetGroup(name) => write!(f, "target group {name}"),
            Self::Template(id) => id.fmt(f),
            Self::Instance(id) => id.fmt(f),
            Self::Image(id) => f.write_str(&id.says()),
            Self::Build(key) => write!(f, "build {}", key.id),
        }
    }
}

/// What is there. In JSON the actions of a listener or a rule are their plain list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// An Auto Scaling group.
    Group(GroupState),
    /// A target group.
    TargetGroup(TargetGroupState),
    /// A launch template.
    Template(TemplateState),
    /// An instance.
    Instance(InstanceMark),
    /// An image.
    Image(ImageMark),
    /// A build of an image.
    Build(BuildState),
    /// Nothing: there is no such group, target group or build.
    Absent,
    /// The actions of a listener or a rule.
    #[serde(untagged)]
    Actions(Actions),
}

/// Sizes of a group, in capacity units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Smallest.
    pub min: i32,
    /// Wanted.
    pub desired: i32,
    /// Largest.
    pub max: i32,
}

/// What a group launches from, by its saved configuration.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Saved {
    /// A launch template version by its number.
    Template(TemplateNumber),
    /// Anything else, in words that change whenever it does: `lt-1 $Latest`, a mixed-instances policy.
    Other(Text),
}

/// The newest refresh of a group, under way or ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Newest {
    /// AWS knows of none.
    None,
    /// This one.
    Refresh(RefreshMark),
}

/// A refresh. Of what is expected only the id counts: it goes on by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshMark {
    /// Its id.
    pub id: RefreshId,
    /// Its status in AWS's word; empty in what is expected.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub status: Text,
    /// The launch template version it goes to; `None`: the group's own configuration, or a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TemplateNumber>,
    /// How much is replaced and warm, 0–100; runs back to 0 in a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<i32>,
    /// Instances still to be replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_update: Option<i32>,
    /// Why it is where it is, in AWS's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

impl RefreshMark {
    /// A refresh of which nothing is known or expected but its id.
    pub fn of(id: RefreshId) -> Self {
        Self { id, status: Text::default(), to: None, percent: None, to_update: None, reason: None }
    }
}

/// A group. An observer tells all of it; of what is expected, `None` and an empty map mean "whatever it is".
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupState {
    /// Its sizes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Sizes>,
    /// What it launches from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<Saved>,
    /// The subnets it launches in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnets: Option<Subnets>,
    /// Its newest refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Newest>,
    /// Its instances, each with its lifecycle state in AWS's words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<InstanceId, Text>,
    /// Whether it is being deleted. Of what is expected: `false` means "whatever it is".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
}

/// A target group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroupState {
    /// What AWS calls it.
    pub arn: TargetGroupArn,
    /// Whether a load balancer sends to it. Of what is expected: `false` means "whatever it is".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
    /// Its attributes. Of what is expected: empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: Tags,
}

impl TargetGroupState {
    /// One of which nothing is known or expected but what AWS calls it.
    pub fn of(arn: TargetGroupArn) -> Self {
        Self { arn, used: false, attributes: Tags::new() }
    }
}

/// A launch template.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateState {
    /// The number behind `$Latest`.
    pub latest: i64,
    /// Descriptions of the newest versions, by number; a version without one has an empty text. Of what is expected:
    /// empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "pairs")]
    pub descriptions: BTreeMap<i64, Text>,
}

/// Numbers are no keys in JSON: the map is a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::fleet::Text;

    pub fn serialize<S: Serializer>(map: &BTreeMap<i64, Text>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<i64, Text>, D::Error> {
        Ok(Vec::<(i64, Text)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// An instance, as far as calls rely on it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceMark {
    /// The group that has it; `None`: no group does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// Its lifecycle state there in AWS's words: `InService`, `Standby`, `Terminating:Wait` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Text>,
    /// Its state in EC2's word; `None`: EC2 does not know it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text>,
    /// Its tags `flightdeck:*`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
}

impl State {
    /// Whether what was found is what is expected here, as far as anything is.
    pub fn holds_in(&self, found: &Self) -> bool {
        match (self, found) {
            (Self::Actions(expected), Self::Actions(found)) => same_actions(expected, found),
            (Self::Group(expected), Self::Group(found)) => expected.holds_in(found),
            (Self::Template(expected), Self::Template(found)) => expected.latest == found.latest,
            (Self::TargetGroup(expected), Self::TargetGroup(found)) => expected.arn == found.arn,
            (Self::Absent, Self::Absent) | (Self::Build(_), Self::Build(_)) => true,
            (Self::Image(expected), Self::Image(found)) => {
                let bad = crate::fleet::BAD_TAG;
                (expected.state.is_none() || expected.state == found.state)
                    && (expected.tags.is_empty() || expected.tags.get(bad) == found.tags.get(bad))
            }
            (Self::Instance(expected), Self::Instance(found)) => {
                expected.group == found.group
                    && expected.lifecycle == found.lifecycle
                    && expected.state == found.state
            }
            _ => false,
        }
    }

    /// The actions, where it is a listener's or a rule's.
    pub fn actions(&self) -> Option<&Actions> {
        match self {
            Self::Actions(actions) => Some(actions),
            _ => None,
        }
    }

    /// What is there, in words.
    pub fn says(&self) -> String {
        match self {
            Self::Actions(actions) => change::words(actions),
            Self::Group(group) => group.says(),
            Self::Template(template) => format!("newest version {}", template.latest),
            Self::Instance(mark) => mark.says(),
            Self::Image(mark) => mark.says(),
            Self::Build(build) => build.says(),
            Self::TargetGroup(group) => group.arn.to_string(),
            Self::Absent => "nothing of that name".into(),
        }
    }
}

impl GroupState {
    fn holds_in(&self, found: &Self) -> bool {
        fn fits<T: PartialEq>(expected: Option<&T>, found: Option<&T>) -> bool {
            expected.is_none() || expected == found
        }
        fits(self.sizes.as_ref(), found.sizes.as_ref())
            && fits(self.saved.as_ref(), found.saved.as_ref())
            && fits(self.subnets.as_ref(), found.subnets.as_ref())
            && fits(
                self.refresh.as_ref().map(Newest::id).as_ref(),
                found.refresh.as_ref().map(Newest::id).as_ref(),
            )
            && self.members.iter().all(|(id, lifecycle)| found.members.get(id) == Some(lifecycle))
    }

    fn says(&self) -> String {
        let mut words = Vec::new();
        if let Some(Sizes { min, desired, max }) = self.sizes {
            words.push(format!("min {min}, desired {desired}, max {max}"));
        }
        match &self.saved {
            Some(Saved::Template(TemplateNumber { id, version })) => {
                words.push(format!("{id} version {version}"));
            }
            Some(Saved::Other(text)) => words.push(text.to_string()),
            None => {}
        }
        words.extend(self.subnets.as_ref().map(|subnets| format!("launches in {subnets}")));
        match &self.refresh {
            Some(Newest::Refresh(RefreshMark { id, status, .. })) => {
                words.push(format!("refresh {id} {status}"));
            }
            Some(Newest::None) => words.push("no refresh".into()),
            None => {}
        }
        words.extend(self.deleting.then(|| "being deleted".into()));
        words.extend(self.members.iter().map(|(id, lifecycle)| format!("{id} {lifecycle}")));
        words.join(", ")
    }
}

impl Newest {
    /// The id of the newest refresh; `None` where AWS knows of none.
    pub fn id(&self) -> Option<&RefreshId> {
        match self {
            Self::None => None,
            Self::Refresh(mark) => Some(&mark.id),
        }
    }
}

impl InstanceMark {
    fn says(&self) -> String {
        let state = self.state.as_ref().map_or_else(|| "gone".into(), ToString::to_string);
        match (&self.group, &self.lifecycle) {
            (Some(group), Some(lifecycle)) => format!("{state}, {lifecycle} in {group}"),
            _ => format!("{state}, in no group"),
        }
    }
}

impl Saved {
    /// What a group launches from, by AWS's word: every observer says it in this way.
    pub fn of(source: &LaunchSource) -> Self {
        match source {
            LaunchSource::Template(TemplateRef {
                id: Some(id),
                version: TemplateVersion::Number(number),
                ..
            }) => Self::Template(TemplateNumber { id: id.clone(), version: *number }),
            LaunchSource::Template(template) => Self::Other(template_words(template).into()),
            LaunchSource::Mixed { base, overrides } => {
                let overrides = overrides.iter().map(|one| {
                    let template = one.template.as_ref().map(template_words).map(Text::from);
                    let parts = [&one.instance_type, &template, &one.image, &one.weighted_capacity];
                    parts.into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                });
                let words: Vec<String> = std::iter::once(template_words(base)).chain(overrides).collect();
                Self::Other(format!("mixed instances: {}", words.join("; ")).into())
            }
            LaunchSource::Configuration(name) => Self::Other(format!("launch configuration {name}").into()),
            LaunchSource::Unknown => Self::Other("unknown".into()),
        }
    }
}

fn template_words(template: &TemplateRef) -> String {
    let id = template.id.as_ref().map(ToString::to_string);
    let name = id.or_else(|| template.name.as_ref().map(ToString::to_string)).unwrap_or_default();
    match template.version {
        TemplateVersion::Latest => format!("{name} $Latest"),
        TemplateVersion::Default => format!("{name} $Default"),
        TemplateVersion::Number(number) => format!("{name} version {number}"),
    }
}

impl GroupState {
    /// A group as it was looked at.
    pub(super) fn seen(group: &ServerGroup) -> Self {
        let newest = group.refresh.as_ref().or(group.last_refresh.as_ref()).map(|refresh| {
            let fact = &refresh.fact;
            let to = fact.desired.as_ref().map(Saved::of).and_then(|saved| match saved {
                Saved::Template(number) => Some(number),
                Saved::Other(_) => None,
            });
            Newest::Refresh(RefreshMark {
                id: fact.id.clone(),
                status: fact.status.word().into(),
                to,
                percent: fact.percent,
                to_update: fact.to_update,
                reason: fact.reason.clone(),
            })
        });
        let members = group.instances.iter().filter_map(|instance| {
            Some((instance.id.clone(), instance.membership.as_ref()?.lifecycle.clone()))
        });
        Self {
            sizes: Some(Sizes { min: group.min, desired: group.desired, max: group.max }),
            saved: Some(Saved::of(&group.source)),
            subnets: Some(Subnets::new(&group.subnets)),
            refresh: newest.or_else(|| group.refreshes_known.then_some(Newest::None)),
            members: members.collect(),
            deleting: group.status.is_some(),
        }
    }
}

/// The newest version of a launch template; `None` where it was not read.
pub(super) fn latest(fleet: &Fleet, place: &Place, template: &TemplateId) -> Option<i64> {
    let versions = fleet.templates.get(&(place.clone(), template.clone()))?;
    versions.iter().rev().find(|version| version.is_latest).map(|version| version.number)
}

/// How flightdeck's own tags begin.
const OWN_TAGS: &str = "flightdeck:";

/// The tags of an instance that are flightdeck's own.
pub(super) fn own_tags(instance: &Instance) -> Tags {
    let all = instance.facts.iter().flat_map(|facts| &facts.tags);
    let own = all.filter(|(key, _)| key.raw().starts_with(OWN_TAGS));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What a look at a cluster tells of something; `None` where it does not show it, or not enough of it.
pub(super) fn seen(fleet: &Fleet, cluster: &Cluster, resource: &Resource) -> Option<State> {
    let place = &cluster.id.place;
    match resource {
        Resource::Source(arn) => {
            let source = cluster.traffic.iter().find(|source| source.arn == *arn)?;
            Some(State::Actions(source.actions.clone()))
        }
        Resource::Group(name) => Some(State::Group(GroupState::seen(cluster.group(name)?))),
        Resource::TargetGroup(name) => match fleet.target_group_named(place, name) {
            Some(found) => Some(State::TargetGroup(TargetGroupState {
                arn: found.arn.clone(),
                used: !found.load_balancers.is_empty(),
                attributes: found.attributes.as_ref().map(|all| all.written.clone()).unwrap_or_default(),
            })),
            None => fleet.gap(place, Section::TargetGroups, None).is_none().then_some(State::Absent),
        },
        Resource::Template(id) => {
            let latest = latest(fleet, place, id)?;
            Some(State::Template(TemplateState { latest, descriptions: BTreeMap::new() }))
        }
        Resource::Instance(id) => {
            let (_, _, instance) = fleet.find_instance(id)?;
            let membership = instance.membership.as_ref();
            Some(State::Instance(InstanceMark {
                group: membership.map(|membership| membership.group.clone()),
                lifecycle: membership.map(|membership| membership.lifecycle.clone()),
                state: instance.state.as_ref().map(|state| state.word().into()),
                tags: own_tags(instance),
            }))
        }
        Resource::Image(id) => {
            let image = fleet.image(place, id).filter(|image| image.described)?;
            Some(State::Image(ImageMark { state: None, tags: image.tags.clone() }))
        }
        // A look shows no builds: whoever builds is asked.
        Resource::Build(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(sizes: Option<Sizes>, refresh: Option<Newest>) -> State {
        State::Group(GroupState { sizes, refresh, ..GroupState::default() })
    }

    #[test]
    fn what_is_not_expected_may_be_anything() {
        let sizes = |desired| Some(Sizes { min: 1, desired, max: 9 });
        let found = group(sizes(4), Some(Newest::None));
        assert!(group(None, Some(Newest::None)).holds_in(&found));
        assert!(group(sizes(4), None).holds_in(&found));
        assert!(!group(sizes(5), None).holds_in(&found));
        let started = Newest::Refresh(RefreshMark::of("r-1".into()));
        assert!(!group(None, Some(Newest::None)).holds_in(&group(sizes(4), Some(started))));
    }

    #[test]
    fn an_expected_member_has_to_be_there_in_its_lifecycle_state() {
        let with = |lifecycle: &str| {
            let members = [("i-1".into(), lifecycle.into()), ("i-2".into(), "InService".into())].into();
            State::Group(GroupState { members, ..GroupState::default() })
        };
        let expected = State::Group(GroupState {
            members: [("i-1".into(), "InService".into())].into(),
            ..GroupState::default()
        });
        assert!(expected.holds_in(&with("InService")));
        assert!(!expected.holds_in(&with("Terminating")));
    }

    #[test]
    fn a_state_is_written_and_read_back_whole() {
        let to = TemplateNumber { id: "lt-1".into(), version: 7 };
        let state = State::Group(GroupState {
            sizes: Some(Sizes { min: 1, desired: 2, max: 3 }),
            saved: Some(Saved::Template(TemplateNumber { version: 6, ..to.clone() })),
            subnets: Some(Subnets::new(&["subnet-1".into(), "subnet-2".into()])),
            refresh: Some(Newest::Refresh(RefreshMark { to: Some(to), ..RefreshMark::of("r-1".into()) })),
            members: [("i-1".into(), "InService".into())].into(),
            deleting: true,
        });
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state, "{text}");
        let template =
            State::Template(TemplateState { latest: 7, descriptions: [(7, "ours".into())].into() });
        let text = serde_json::to_string(&template).unwrap();
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), template, "{text}");
    }

    #[test]
    fn listeners_and_actions_are_written_plainly() {
        let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/1/2";
        let listener = Resource::Source(SourceArn::parse(arn).unwrap());
        assert_eq!(serde_json::to_value(&listener).unwrap(), arn);
        assert_eq!(serde_json::from_value::<Resource>(arn.into()).unwrap(), listener);
        let group = Resource::Group("orders-blue".into());
        let json = serde_json::json!({ "group": "orders-blue" });
        assert_eq!(serde_json::to_value(&group).unwrap(), json);
        assert_eq!(serde_json::from_value::<Resource>(json).unwrap(), group);
        assert_eq!(serde_json::to_value(&State::Absent).unwrap(), "absent");
        assert_eq!(serde_json::from_str::<State>("\"absent\"").unwrap(), State::Absent);
        let actions = State::Actions(Vec::new());
        assert_eq!(serde_json::to_value(&actions).unwrap(), serde_json::json!([]));
        assert_eq!(serde_json::from_str::<State>("[]").unwrap(), actions);
    }
}
