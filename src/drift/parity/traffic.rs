//! Traffic: which listeners and rules there are, how they share it out, and the settings of the target groups.
//!
//! A source is found again by its port and conditions: load balancers, priorities and target groups have names of
//! their own in each environment.

use std::collections::BTreeMap;

use super::{Of, Said, Sheet, Told, list};
use crate::fleet::{
    Cluster, LoadBalancerKind, Section, ServerGroup, TargetGroup, TargetGroupAttributes, Text, TrafficSource,
};

/// What must be read to know what sends to whom.
const SECTIONS: [Section; 4] =
    [Section::LoadBalancers, Section::Listeners, Section::Rules, Section::TargetGroups];

pub(super) fn compare(sheet: &mut Sheet, a: Of<'_>, b: Of<'_>) {
    sheet.put("listeners and rules", sources(a), sources(b));
    if hidden(a).is_none() && hidden(b).is_none() {
        for (name, one, other) in paired(a, b) {
            let mut put = |facet: &str, of: &dyn Fn(&TrafficSource) -> String| {
                let what = format!("{facet} ({name})");
                sheet.put(&what, Ok(Said::plain(of(one))), Ok(Said::plain(of(other))));
            };
            put("weights", &weights);
            put("stickiness to a side", &stickiness);
            put("actions", &actions);
        }
    }
    settings(sheet, a, b);
}

/// Why it is not known what carries the traffic of a cluster. What is missing of another one's is not counted.
pub(super) fn hidden(of: Of<'_>) -> Option<String> {
    let names = |cluster: &Cluster, about: &str| {
        cluster.traffic.iter().any(|source| {
            [source.load_balancer.raw(), source.listener.raw(), source.arn.raw()].contains(&about)
        })
    };
    let here = |other: &&Cluster| other.id.place == of.cluster.id.place && other.id != of.cluster.id;
    let gap = of.fleet.gaps.iter().find(|gap| {
        let about = gap.about.as_ref().map(Text::raw);
        let of_another = about.is_some_and(|about| {
            !names(of.cluster, about)
                && of.fleet.clusters.iter().filter(here).any(|other| names(other, about))
        });
        gap.place == of.cluster.id.place && SECTIONS.contains(&gap.section) && !of_another
    })?;
    Some(super::said(gap))
}

fn sources(of: Of<'_>) -> Told {
    if let Some(why) = hidden(of) {
        return Err(why);
    }
    let mut all: Vec<(String, String)> =
        of.cluster.traffic.iter().map(|source| (key(of, source), words(source))).collect();
    all.sort();
    let (keys, words): (Vec<String>, Vec<String>) = all.into_iter().unzip();
    Ok(Said { words: list(&words), key: list(&keys) })
}

/// What a source is, without the names of an environment: its kind, its port, its conditions.
fn key(of: Of<'_>, source: &TrafficSource) -> String {
    of.neutral(&words(source))
}

fn words(source: &TrafficSource) -> String {
    let kind = match &source.kind {
        LoadBalancerKind::Application => "application",
        LoadBalancerKind::Network => "network",
        LoadBalancerKind::Gateway => "gateway",
        LoadBalancerKind::Other(_) => "other",
    };
    format!("{kind} {}", short(source))
}

/// A label without the load balancer's name and a rule's priority: `:443 path /api/*`.
fn short(source: &TrafficSource) -> String {
    let label = source.label.to_string();
    let port = label.find(" :").map_or(0, |at| at + 1);
    let rest = &label[port..];
    let rest = if port == 0 {
        rest.strip_prefix(&source.load_balancer.name().to_string()).unwrap_or(rest)
    } else {
        rest
    };
    let Some((before, rule)) = rest.split_once("rule ") else { return rest.trim().to_owned() };
    let conditions = rule.split_once(' ').map_or("any request", |(_, conditions)| conditions);
    format!("{before}{conditions}").trim().to_owned()
}

/// Sources of both that are the same by their key; where each has but one, those two.
fn paired<'a>(a: Of<'a>, b: Of<'a>) -> Vec<(String, &'a TrafficSource, &'a TrafficSource)> {
    if let ([one], [other]) = (a.cluster.traffic.as_slice(), b.cluster.traffic.as_slice()) {
        return vec![(short(one), one, other)];
    }
    let mut left: Vec<&TrafficSource> = b.cluster.traffic.iter().collect();
    let mut pairs = Vec::new();
    for one in &a.cluster.traffic {
        if let Some(at) = left.iter().position(|other| key(a, one) == key(b, other)) {
            pairs.push((short(one), one, left.remove(at)));
        }
    }
    pairs
}

/// The shares, largest first: which side has which is a matter of names.
fn weights(source: &TrafficSource) -> String {
    let mut weights: Vec<u32> = source.weights.iter().map(|side| side.weight).collect();
    weights.sort_unstable_by_key(|weight| std::cmp::Reverse(*weight));
    let total = source.total();
    let share = |weight: u32| {
        let share = if total == 0 { 0.0 } else { f64::from(weight) * 100.0 / f64::from(total) };
        format!("{share:.0} %")
    };
    weights.into_iter().map(share).collect::<Vec<_>>().join(" + ")
}

fn stickiness(source: &TrafficSource) -> String {
    match source.stickiness.map(|stickiness| stickiness.duration_seconds) {
        None => "off".to_owned(),
        Some(None) => "on".to_owned(),
        Some(Some(seconds)) => format!("{seconds} s"),
    }
}

/// The kinds of its actions: what they are set to holds names of an environment.
fn actions(source: &TrafficSource) -> String {
    source.actions.iter().map(|action| crate::fleet::clean(&action.kind)).collect::<Vec<_>>().join(", then ")
}

/// The settings of the target groups of the sides that have the same rank.
fn settings(sheet: &mut Sheet, a: Of<'_>, b: Of<'_>) {
    let (Ok(of_a), Ok(of_b)) = (a.ranked(), b.ranked()) else { return };
    for (at, (one, other)) in of_a.iter().zip(&of_b).enumerate() {
        let role = super::role((a, &of_a), (b, &of_b), at);
        let what = |facet: &str| if role.is_empty() { facet.to_owned() } else { format!("{facet} ({role})") };
        let (one, other) = (target_groups(a, one), target_groups(b, other));
        sheet.put(&what("target groups"), Ok(Said::plain(kinds(&one))), Ok(Said::plain(kinds(&other))));
        let several = one.len() > 1 || other.len() > 1;
        for (number, (one, other)) in one.iter().zip(&other).enumerate() {
            let name = if several { format!("target group {} ", number + 1) } else { "target group ".into() };
            match (attributes(a, one), attributes(b, other)) {
                (Ok(of_one), Ok(of_other)) => {
                    each_setting(sheet, (a, of_one), (b, of_other), |facet| what(&format!("{name}{facet}")));
                }
                (of_one, of_other) => {
                    let told = |told: Result<_, String>| told.map(|_| Said::plain("settings that are known"));
                    sheet.put(&what(&format!("{name}settings")), told(of_one), told(of_other));
                }
            }
        }
    }
}

fn target_groups<'a>(of: Of<'a>, group: &ServerGroup) -> Vec<&'a TargetGroup> {
    let mut all: Vec<&TargetGroup> =
        group.target_groups.iter().filter_map(|arn| of.fleet.target_groups.get(arn)).collect();
    all.sort_by_cached_key(|group| of.neutral(group.name.raw()));
    all
}

fn kinds(groups: &[&TargetGroup]) -> String {
    let kind = |group: &&TargetGroup| {
        group.target_type.as_ref().map_or_else(|| "unknown type".to_owned(), Text::to_string)
    };
    list(&groups.iter().map(kind).collect::<Vec<_>>())
}

fn attributes<'a>(of: Of<'a>, group: &'a TargetGroup) -> Result<&'a TargetGroupAttributes, String> {
    group.attributes.as_ref().ok_or_else(|| {
        let why = of.hidden(Section::TargetGroupAttributes, Some(group.arn.raw()));
        why.unwrap_or_else(|| format!("the settings of target group {} were not read", group.name))
    })
}

/// Attributes that stand among the settings with AWS's defaults already.
const TOLD: [&str; 4] = [
    "deregistration_delay.timeout_seconds",
    "slow_start.duration_seconds",
    "stickiness.",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
];

fn each_setting(
    sheet: &mut Sheet,
    (a, one): (Of<'_>, &TargetGroupAttributes),
    (b, other): (Of<'_>, &TargetGroupAttributes),
    what: impl Fn(&str) -> String,
) {
    let mut put = |facet: &str, of: &dyn Fn(&TargetGroupAttributes) -> String| {
        sheet.put(&what(facet), Ok(Said::plain(of(one))), Ok(Said::plain(of(other))));
    };
    put("deregistration delay", &|own| format!("{} s", own.deregistration_delay));
    put("slow start", &|own| match own.slow_start {
        0 => "off".to_owned(),
        seconds => format!("{seconds} s"),
    });
    put("stickiness", &|own| match (own.sticky, own.sticky_seconds) {
        (false, _) => "off".to_owned(),
        (true, None) => "on".to_owned(),
        (true, Some(seconds)) => format!("{seconds} s"),
    });
    put("fails open below", &|own| own.fail_open_below.to_string());
    let mut rest: BTreeMap<&Text, [Option<&Text>; 2]> = BTreeMap::new();
    for (at, own) in [one, other].into_iter().enumerate() {
        for (key, value) in &own.written {
            if !TOLD.iter().any(|told| key.raw().starts_with(told)) {
                rest.entry(key).or_default()[at] = Some(value);
            }
        }
    }
    for (key, [one, other]) in rest {
        let said = |of: Of<'_>, value: Option<&Text>| {
            value.map_or_else(|| Said::plain("not told"), |value| of.named(value.raw()))
        };
        sheet.put(&what(&key.to_string()), Ok(said(a, one)), Ok(said(b, other)));
    }
}
