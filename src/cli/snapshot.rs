//! `flightdeck snapshot`: one observation, as a document or as a table.

use std::cmp::Ordering;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::documents::{self, GapDocument};
use super::exit::End;
use super::seen;
use super::session::{self, Selection, Session};
use crate::app::words;
use crate::drift::{Judgement, Summary};
use crate::fleet::version::compare;
use crate::fleet::{
    AccountId, Cluster, ClusterName, Fleet, Gap, GroupName, ImageId, Instance, InstanceId, InstanceState,
    Place, PolicyFact, RefreshId, Region, ScheduleFact, Section, ServerGroup, SourceArn, TargetGroupArn,
    TemplateId, TemplateVersion, Text, TrafficSource, Wanted, WantedSource, Zone,
};
use crate::plan::{History, Light, Policy, light};

/// Schema of the document.
const SCHEMA: &str = "flightdeck.snapshot.v1";

#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema: &'static str,
    observed_at: Timestamp,
    account: Option<&'a AccountId>,
    accounts: Vec<&'a AccountId>,
    regions: Vec<&'a Region>,
    clusters: Vec<ClusterDocument<'a>>,
    unmanaged: Vec<InstanceDocument<'a>>,
    /// Instances whose group is not known, because groups could not be read.
    unplaced: Vec<InstanceDocument<'a>>,
    gaps: Vec<GapDocument<'a>>,
}

#[derive(Serialize)]
struct ClusterDocument<'a> {
    name: &'a ClusterName,
    account: &'a AccountId,
    region: &'a Region,
    seen_at: Option<Timestamp>,
    traffic: Vec<TrafficDocument<'a>>,
    rollback: Light,
    groups: Vec<GroupDocument<'a>>,
}

#[derive(Serialize)]
struct TrafficDocument<'a> {
    source: &'a SourceArn,
    label: &'a Text,
    default: bool,
    sticky_seconds: Option<i32>,
    weights: Vec<WeightDocument<'a>>,
}

#[derive(Serialize)]
struct WeightDocument<'a> {
    target_group: &'a TargetGroupArn,
    group: Option<&'a GroupName>,
    weight: u32,
    percent: f64,
}

#[derive(Serialize)]
struct GroupDocument<'a> {
    name: &'a GroupName,
    min: i32,
    desired: i32,
    max: i32,
    live: bool,
    wanted: Option<WantedDocument<'a>>,
    refresh: Option<RefreshDocument<'a>>,
    policies: Option<Vec<PolicyDocument<'a>>>,
    scheduled_actions: Option<Vec<ScheduleDocument<'a>>>,
    instances: Vec<InstanceDocument<'a>>,
}

#[derive(Serialize)]
struct PolicyDocument<'a> {
    name: &'a Text,
    does: String,
    acts: bool,
}

#[derive(Serialize)]
struct ScheduleDocument<'a> {
    name: &'a Text,
    does: String,
}

#[derive(Serialize)]
struct WantedDocument<'a> {
    image: Option<ImageDocument<'a>>,
    template: Option<TemplateDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_type: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
    /// Further overrides; `None` inside of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<Vec<WantedDocument<'a>>>,
}

#[derive(Serialize)]
struct TemplateDocument<'a> {
    id: Option<&'a TemplateId>,
    name: Option<&'a Text>,
    version: String,
}

#[derive(Serialize)]
struct RefreshDocument<'a> {
    id: &'a RefreshId,
    status: String,
    percent: Option<i32>,
    wanted: Option<WantedDocument<'a>>,
}

#[derive(Serialize)]
struct ImageDocument<'a> {
    id: &'a ImageId,
    name: Option<&'a Text>,
    version: Option<&'a Text>,
    parent: Option<&'a ImageId>,
}

#[derive(Serialize)]
struct InstanceDocument<'a> {
    id: &'a InstanceId,
    image: Option<ImageDocument<'a>>,
    zone: Option<&'a Zone>,
    #[serde(rename = "type")]
    instance_type: Option<&'a Text>,
    state: Option<String>,
    lifecycle: Option<&'a Text>,
    health: HealthDocument<'a>,
    launched_at: Option<Timestamp>,
    drift: Vec<DriftDocument<'a>>,
}

#[derive(Serialize)]
struct HealthDocument<'a> {
    ec2: Option<String>,
    group: Option<&'a Text>,
    targets: Vec<TargetDocument<'a>>,
}

#[derive(Serialize)]
struct TargetDocument<'a> {
    target_group: &'a TargetGroupArn,
    port: Option<i32>,
    state: String,
    reason: Option<&'a Text>,
}

#[derive(Serialize)]
struct DriftDocument<'a> {
    rule: crate::drift::RuleName,
    severity: crate::drift::Severity,
    expected: &'a str,
    actual: &'a str,
    why: &'a str,
}

/// What the documents of one fleet are made from.
pub(super) struct View<'a> {
    fleet: &'a Fleet,
    judgement: &'a Judgement,
    history: &'a History,
    policy: &'a Policy,
}

impl<'a> View<'a> {
    pub(super) fn new(
        fleet: &'a Fleet,
        judgement: &'a Judgement,
        history: &'a History,
        policy: &'a Policy,
    ) -> Self {
        Self { fleet, judgement, history, policy }
    }

    /// The whole document, of one cluster where one is named.
    pub(super) fn document(&'a self, selection: &Selection) -> Document<'a> {
        let shown = |cluster: &&Cluster| selection.has(&cluster.id);
        let places = &self.fleet.places;
        let mut accounts: Vec<_> = places.iter().map(|place| &place.account).collect();
        accounts.dedup();
        let mut regions: Vec<_> = places.iter().map(|place| &place.region).collect();
        regions.sort();
        regions.dedup();
        let loose = |instances: &'a [Instance]| {
            instances
                .iter()
                .filter(|instance| selection.has_ungrouped(&instance.place))
                .map(|instance| self.instance(instance))
                .collect()
        };
        Document {
            schema: SCHEMA,
            observed_at: self.fleet.observed_at,
            account: self
                .fleet
                .identity
                .as_ref()
                .map(|who| &who.account)
                .or_else(|| accounts.first().copied()),
            accounts,
            regions,
            clusters: self.fleet.clusters.iter().filter(shown).map(|cluster| self.cluster(cluster)).collect(),
            unmanaged: loose(&self.fleet.unmanaged),
            unplaced: loose(&self.fleet.unplaced),
            gaps: seen::gaps(self.fleet, selection).into_iter().map(GapDocument::from).collect(),
        }
    }

    fn cluster(&'a self, cluster: &'a Cluster) -> ClusterDocument<'a> {
        ClusterDocument {
            name: &cluster.id.name,
            account: &cluster.id.place.account,
            region: &cluster.id.place.region,
            seen_at: cluster.seen_at,
            traffic: cluster.traffic.iter().map(traffic).collect(),
            rollback: light(self.fleet, cluster, self.history, self.policy),
            groups: cluster.groups.iter().map(|group| self.group(group)).collect(),
        }
    }

    fn group(&'a self, group: &'a ServerGroup) -> GroupDocument<'a> {
        let place = &group.id.place;
        GroupDocument {
            name: &group.id.name,
            min: group.min,
            desired: group.desired,
            max: group.max,
            live: group.live,
            wanted: self.wanted(place, &group.wants),
            refresh: group.refresh.as_ref().map(|refresh| RefreshDocument {
                id: &refresh.fact.id,
                status: refresh.fact.status.word(),
                percent: refresh.fact.percent,
                wanted: self.wanted(place, &refresh.wants),
            }),
            policies: group.policies.as_ref().map(|policies| {
                let one = |policy: &'a PolicyFact| PolicyDocument {
                    name: &policy.name,
                    does: policy.says(),
                    acts: policy.acts,
                };
                policies.iter().map(one).collect()
            }),
            scheduled_actions: group.schedules.as_ref().map(|actions| {
                let one =
                    |action: &'a ScheduleFact| ScheduleDocument { name: &action.name, does: action.says() };
                actions.iter().map(one).collect()
            }),
            instances: group.instances.iter().map(|instance| self.instance(instance)).collect(),
        }
    }

    /// The first wanted entry, with the further ones inside it.
    fn wanted(&'a self, place: &Place, wants: &'a [Wanted]) -> Option<WantedDocument<'a>> {
        let (first, others) = wants.split_first()?;
        let one = |wanted: &'a Wanted| WantedDocument {
            image: wanted.image.as_ref().map(|id| self.image(place, id)),
            template: template(&wanted.source),
            instance_type: wanted.instance_type.as_ref(),
            unknown: wanted.unknown.as_deref(),
            others: None,
        };
        Some(WantedDocument { others: Some(others.iter().map(one).collect()), ..one(first) })
    }

    fn image(&'a self, place: &Place, id: &'a ImageId) -> ImageDocument<'a> {
        let image = self.fleet.image(place, id);
        ImageDocument {
            id,
            name: image.and_then(|image| image.name.as_ref()),
            version: image.and_then(|image| image.version.as_ref()),
            parent: image.and_then(|image| image.parent.as_ref()),
        }
    }

    fn instance(&'a self, instance: &'a Instance) -> InstanceDocument<'a> {
        InstanceDocument {
            id: &instance.id,
            image: instance.running.as_ref().map(|running| self.image(&instance.place, &running.image)),
            zone: instance.zone.as_ref(),
            instance_type: instance.instance_type.as_ref(),
            state: instance.state.as_ref().map(InstanceState::word),
            lifecycle: instance.membership.as_ref().map(|membership| &membership.lifecycle),
            health: HealthDocument {
                ec2: instance.health.ec2.as_ref().map(|status| {
                    let (system, own) = (&status.system, &status.instance);
                    if system == own {
                        system.to_string()
                    } else {
                        format!("system {system}, instance {own}")
                    }
                }),
                group: instance.health.group.as_ref(),
                targets: instance
                    .health
                    .targets
                    .iter()
                    .map(|target| TargetDocument {
                        target_group: &target.target_group,
                        port: target.port,
                        state: target.state.word(),
                        reason: target.reason.as_ref(),
                    })
                    .collect(),
            },
            launched_at: instance.launched_at,
            drift: self
                .judgement
                .of(&instance.id)
                .iter()
                .map(|finding| DriftDocument {
                    rule: finding.rule,
                    severity: finding.severity,
                    expected: &finding.expected,
                    actual: &finding.actual,
                    why: &finding.why,
                })
                .collect(),
        }
    }
}

fn traffic(source: &TrafficSource) -> TrafficDocument<'_> {
    TrafficDocument {
        source: &source.arn,
        label: &source.label,
        default: source.default,
        sticky_seconds: source.stickiness.and_then(|stickiness| stickiness.duration_seconds),
        weights: source
            .weights
            .iter()
            .map(|weight| WeightDocument {
                target_group: &weight.target_group,
                group: weight.groups.first(),
                weight: weight.weight,
                percent: source.percent(&weight.target_group),
            })
            .collect(),
    }
}

fn template(source: &WantedSource) -> Option<TemplateDocument<'_>> {
    let WantedSource::Template { id, name, version, number } = source else { return None };
    Some(TemplateDocument {
        id: id.as_ref(),
        name: name.as_ref(),
        version: match (number, version) {
            (Some(number), _) | (None, TemplateVersion::Number(number)) => number.to_string(),
            (None, TemplateVersion::Latest) => "$Latest".into(),
            (None, TemplateVersion::Default) => "$Default".into(),
        },
    })
}

/// The table for people: a line a cluster, then what was not seen.
pub(super) fn table(view: &View<'_>, selection: &Selection) -> String {
    let mut rows =
        vec![["CLUSTER", "REGION", "TRAFFIC", "IMAGES", "INSTANCES", "DRIFT", "BACK"].map(String::from)];
    for cluster in view.fleet.clusters.iter().filter(|cluster| selection.has(&cluster.id)) {
        let back = light(view.fleet, cluster, view.history, view.policy);
        let or_dash = |text: String| if text.is_empty() { "–".to_string() } else { text };
        let sources: Vec<String> = cluster.traffic.iter().map(shares).collect();
        rows.push([
            cluster.id.name.to_string(),
            cluster.id.place.region.to_string(),
            or_dash(sources.join("; ")),
            or_dash(images(view.fleet, cluster).join(", ")),
            cluster.instances().count().to_string(),
            or_dash(drift(view.judgement.clusters.get(&cluster.id))),
            format!("{:?}{}", back.kind, if back.warning.is_some() { " !" } else { "" }).to_lowercase(),
        ]);
    }
    if selection.is_empty() {
        return NO_MATCH.into();
    }
    let loose =
        |instances: &[Instance]| instances.iter().filter(|one| selection.has_ungrouped(&one.place)).count();
    let (unmanaged, unplaced) = (loose(&view.fleet.unmanaged), loose(&view.fleet.unplaced));
    let mut text = match (rows.len(), unmanaged + unplaced) {
        (1, 0) => seen::nothing_found(view.fleet),
        (1, _) => String::new(),
        _ => columns(&rows),
    };
    if unmanaged > 0 {
        let _infallible = writeln!(text, "{} in no group", words::count(unmanaged, "instance"));
    }
    if unplaced > 0 {
        let why = groups_gap(view.fleet).map_or_else(String::new, |gap| format!(": {}", gap.why));
        let count = words::count(unplaced, "instance");
        let _infallible = writeln!(text, "{count} of a group that is not known{why}");
    }
    text
}

/// What is said where `--cluster` and `--filter` leave nothing.
pub(super) const NO_MATCH: &str = "nothing matches --cluster and --filter\n";

/// The shares of one listener or rule.
fn shares(source: &TrafficSource) -> String {
    let share = |target_group: &TargetGroupArn| {
        format!("{} {:.0} %", target_group.name(), source.percent(target_group))
    };
    source.weights.iter().map(|weight| share(&weight.target_group)).collect::<Vec<_>>().join(", ")
}

/// The images that serve, each version once, the oldest first.
fn images(fleet: &Fleet, cluster: &Cluster) -> Vec<String> {
    let label =
        |id: &ImageId| fleet.image(&cluster.id.place, id).map_or_else(|| id.to_string(), ToString::to_string);
    let mut labels: Vec<String> = cluster.spread().into_iter().map(label).collect();
    labels.sort();
    labels.dedup();
    // What has no version has no place among versions.
    if labels.iter().all(|label| compare(label, label).is_some()) {
        labels.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
    }
    labels
}

/// How many drifted, and apart from them of how many something is not known.
fn drift(summary: Option<&Summary>) -> String {
    let (drifted, unknown) = summary.map_or((0, 0), |summary| (summary.drifted(), summary.unknown()));
    match (drifted, unknown) {
        (0, 0) => String::new(),
        (0, unknown) => format!("?{unknown}"),
        (drifted, 0) => drifted.to_string(),
        (drifted, unknown) => format!("{drifted} ?{unknown}"),
    }
}

/// Why the groups of a place are not known.
fn groups_gap(fleet: &Fleet) -> Option<&Gap> {
    fleet.gaps.iter().find(|gap| gap.section == Section::Groups)
}

/// Rows as aligned columns, by the width they take on a terminal.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    use unicode_width::UnicodeWidthStr;
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Observes once and prints it.
pub(super) fn run(session: &Session, json: bool) -> Result<(), End> {
    let observed = session.observe()?;
    let observation = &observed.observation;
    let view =
        View::new(&observation.fleet, &observation.judgement, &observed.history, &session.settings.plan);
    let selection = session.selection(&observed)?;
    if json {
        documents::print(&view.document(&selection))
    } else {
        documents::print_text(&table(&view, &selection))
    }
    .map_err(session::unwritable)?;
    session::tell_gaps(seen::gaps(&observation.fleet, &selection));
    seen::anything(&observation.fleet)
}
