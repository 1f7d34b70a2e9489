//! The group a deployment makes where none is without traffic: like the live one, behind the target groups that wait
//! beside those of the live one with weight 0 and have no group, or behind new ones.
//!
//! Its name follows from theirs, and theirs from those of the live one, so that what is planned, resumed and judged is
//! the same group; it is planned with as though it were there, without instances. A target group that is to be made
//! stands in the plan under an ARN of that kind, for which the engine puts the true one once it is there.

use std::sync::Arc;

use super::{Move, Writes};
use crate::fleet::{
    Cluster, Fleet, GroupId, GroupName, LaunchSource, Section, Seen, ServerGroup, TargetGroup,
    TargetGroupArn, TemplateRef, TemplateVersion, Text, WantedSource, clean,
};
use crate::plan::{
    Call, CreateGroup, CreateTargetGroup, DeleteGroup, DeleteTargetGroup, Expected, Intent, ModifyAttributes,
    Refusal, Resource, State, TargetGroupState, TemplateNumber,
};

/// The fleet as it would be with the group that an intent makes, empty; `None` where it makes none.
pub(in crate::plan) fn prospect(fleet: &Fleet, cluster: &Cluster, intent: &Intent) -> Option<Fleet> {
    let Intent::Deploy { group, .. } = intent else { return None };
    let takes = |group: &Arc<ServerGroup>| group.live;
    if cluster.group(group).is_some() || !cluster.groups.iter().all(takes) {
        return None;
    }
    let new = to_be(fleet, cluster).ok().filter(|new| new.id.name == *group)?;
    let mut with = fleet.clone();
    let live = live(cluster).ok()?;
    for (own, arn) in live.target_groups.iter().zip(&new.target_groups) {
        let own = fleet.target_groups.get(own)?;
        let behind = with.target_groups.entry(arn.clone()).or_insert_with(|| without_targets(own, arn));
        behind.groups.push(group.clone());
    }
    let own = with.clusters.iter_mut().find(|other| other.id == cluster.id)?;
    for weight in own.traffic.iter_mut().flat_map(|source| &mut source.weights) {
        if new.target_groups.contains(&weight.target_group) {
            weight.groups.push(group.clone());
        }
    }
    own.groups.push(Arc::new(new));
    Some(with)
}

/// A target group that is to be made like another.
fn without_targets(like: &TargetGroup, arn: &TargetGroupArn) -> TargetGroup {
    TargetGroup {
        arn: arn.clone(),
        name: arn.name(),
        load_balancers: Vec::new(),
        groups: Vec::new(),
        sources: Vec::new(),
        live: false,
        health: like.health.as_ref().map(|seen| Seen { at: seen.at, value: Vec::new() }),
        metrics: None,
        ..like.clone()
    }
}

/// The group to make for a cluster whose groups all take traffic.
///
/// # Errors
/// It cannot be like the live one, or a name is taken.
pub(super) fn to_be(fleet: &Fleet, cluster: &Cluster) -> Result<ServerGroup, Refusal> {
    let refuse = |why: String, remedy: &str| Err(Refusal::new(why, remedy));
    if let Some(gap) = [Section::Groups, Section::TargetGroups]
        .into_iter()
        .find_map(|section| fleet.gap(&cluster.id.place, section, None))
    {
        return refuse(format!("{} is missing: {}", gap.what, gap.why), "observe again");
    }
    let live = live(cluster)?;
    let behind = waiting(fleet, cluster, live)?;
    let from = &live.id.name;
    if let Some(status) = &live.status {
        return refuse(format!("{from}, which it would be like, is going away: {status}"), BY_HAND);
    }
    if let Some(owner) = &live.operator {
        return refuse(format!("{from}, which it would be like, belongs to {owner}"), BY_HAND);
    }
    let LaunchSource::Template(template) = &live.source else {
        return refuse(format!("{from} launches from no launch template of its own"), BY_HAND);
    };
    let number = match (&template.version, live.wants.first().map(|wanted| &wanted.source)) {
        (TemplateVersion::Number(number), _)
        | (_, Some(WantedSource::Template { number: Some(number), .. })) => *number,
        _ => {
            return refuse(
                format!("which launch template version {from} launches from could not be read"),
                "observe again, with the permission ec2:DescribeLaunchTemplateVersions",
            );
        }
    };
    let name = name_of(live, &behind);
    let shares = cluster.traffic.iter().flat_map(|source| &source.weights);
    let shares = shares.map(|weight| &weight.target_group).any(|arn| behind.contains(arn));
    let taken = |group: &Arc<ServerGroup>| group.id.name == name && group.id.place == cluster.id.place;
    if fleet.clusters.iter().flat_map(|cluster| &cluster.groups).any(taken) {
        return refuse(format!("the group to make would be called {name}, and that name is taken"), BY_HAND);
    }
    if let Some(why) = cannot_be_called(&name) {
        return refuse(format!("the group to make would be called {name}: {why}"), BY_HAND);
    }
    if !cluster.would_have(&name, shares) {
        return refuse(
            format!(
                "the group to make would be called {name}, and the configuration finds no such group of {}",
                cluster.id.name
            ),
            "let a pattern of the cluster's `groups` match that name, or make a group by hand",
        );
    }
    let source =
        LaunchSource::Template(TemplateRef { version: TemplateVersion::Number(number), ..template.clone() });
    Ok(ServerGroup {
        id: GroupId { name, ..live.id.clone() },
        min: 0,
        desired: 0,
        source,
        refresh: None,
        last_refresh: None,
        refreshes_known: true,
        policies: Some(Vec::new()),
        schedules: Some(Vec::new()),
        target_groups: behind,
        instances: Vec::new(),
        live: false,
        suspended: Vec::new(),
        status: None,
        operator: None,
        created_at: None,
        ..live.clone()
    })
}

/// What to do where it cannot be made.
const BY_HAND: &str =
    "make one beside the live one, empty and with a target group of its own, or refresh the live one";

/// The group with most of the traffic of any listener or rule.
fn live(cluster: &Cluster) -> Result<&ServerGroup, Refusal> {
    let share = |group: &ServerGroup| {
        let shares = cluster.traffic.iter().map(|source| source.group_percent(&group.id.name));
        shares.fold(0.0, f64::max)
    };
    let groups = cluster.groups.iter().map(|group| &**group).filter(|group| share(group) > 0.0);
    groups.max_by(|a, b| share(a).total_cmp(&share(b))).ok_or_else(|| {
        Refusal::new(format!("no group of {} takes traffic", cluster.id.name), "scale one up first")
    })
}

/// Why AWS takes no group of that name [autoscaling: CreateAutoScalingGroup]; `None` where it does.
fn cannot_be_called(name: &GroupName) -> Option<&'static str> {
    let name = name.raw();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Some("a name has 1 to 255 characters");
    }
    let odd = |one: char| one == ':' || !(' '..='~').contains(&one);
    name.contains(odd).then_some("a name has printable ASCII characters and no colon")
}

/// Most characters of a group's name [autoscaling: CreateAutoScalingGroup].
const LONGEST_NAME: usize = 255;

/// The target groups without a group that stand with weight 0 beside those of the live one: one for each of them.
fn waiting(fleet: &Fleet, cluster: &Cluster, live: &ServerGroup) -> Result<Vec<TargetGroupArn>, Refusal> {
    let kind = |arn: &TargetGroupArn| fleet.target_groups.get(arn).map(|group| &group.target_type);
    let mut behind: Vec<TargetGroupArn> = Vec::new();
    for own in &live.target_groups {
        let beside = cluster
            .traffic
            .iter()
            .filter(|source| source.weights.iter().any(|weight| weight.target_group == *own))
            .flat_map(|source| &source.weights)
            .filter(|weight| weight.weight == 0 && weight.groups.is_empty());
        let mut free: Vec<&TargetGroupArn> = beside
            .map(|weight| &weight.target_group)
            .filter(|arn| kind(arn).is_some() && kind(arn) == kind(own) && !behind.contains(arn))
            .collect();
        free.dedup();
        match free[..] {
            [only] => behind.push(only.clone()),
            [] => behind.push(made_or_found(fleet, cluster, own)?),
            _ => {
                return Err(Refusal::new(
                    format!(
                        "{} target groups without a group stand beside {} with weight 0",
                        free.len(),
                        own.name()
                    ),
                    BY_HAND,
                ));
            }
        }
    }
    if behind.is_empty() {
        return Err(Refusal::new(format!("{} has no target group", live.id.name), BY_HAND));
    }
    Ok(behind)
}

/// The target group that is to be made beside another; where one of its name is there and nobody uses it, that one.
fn made_or_found(fleet: &Fleet, cluster: &Cluster, own: &TargetGroupArn) -> Result<TargetGroupArn, Refusal> {
    let refuse = |why: String| Err(Refusal::new(why, BY_HAND));
    let like = fleet.target_groups.get(own);
    let Some((like, _)) = like.and_then(|like| Some((like, like.attributes.as_ref()?))) else {
        return refuse(format!("the attributes of target group {} could not be read", own.name()));
    };
    let name = name_beside(own.name().raw());
    if let Some(why) = no_target_group(&name) {
        return refuse(format!("the target group to make would be called {}: {why}", clean(&name)));
    }
    match fleet.target_group_named(&cluster.id.place, &Text::new(&name)) {
        None => Ok(own.to_be(&name)),
        Some(found)
            if found.groups.is_empty()
                && found.load_balancers.is_empty()
                && found.sources.is_empty()
                && found.target_type == like.target_type =>
        {
            Ok(found.arn.clone())
        }
        Some(_) => refuse(format!("the target group to make would be called {name}, and that name is taken")),
    }
}

/// The other colour or the next version: `orders-blue` and `orders-green`, `orders-v7` and `orders-v8`.
fn name_beside(own: &str) -> String {
    let mut parts: Vec<String> = own.split('-').map(str::to_owned).collect();
    let other = |part: &str| match part {
        "blue" => Some("green"),
        "green" => Some("blue"),
        _ => None,
    };
    let mut coloured = parts.iter_mut().filter(|part| other(part).is_some());
    if let (Some(colour), None) = (coloured.next(), coloured.next()) {
        if let Some(other) = other(colour) {
            *colour = other.to_owned();
        }
        return parts.join("-");
    }
    let version = parts.last().and_then(|last| last.strip_prefix('v')?.parse::<u64>().ok());
    match (version, parts.last_mut()) {
        (Some(version), Some(last)) => *last = format!("v{}", version.saturating_add(1)),
        _ => parts.push("v2".to_owned()),
    }
    parts.join("-")
}

/// Why AWS takes no target group of that name [elbv2: CreateTargetGroup]; `None` where it does.
fn no_target_group(name: &str) -> Option<&'static str> {
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if name.is_empty() || name.len() > LONGEST_TARGET_GROUP {
        return Some("a name has 1 to 32 characters");
    }
    if !fits || name.starts_with('-') || name.ends_with('-') {
        return Some("a name has letters, digits and hyphens, and neither begins nor ends with a hyphen");
    }
    name.starts_with("internal-").then_some("no name begins with internal-")
}

/// Most characters of a target group's name [elbv2: CreateTargetGroup].
const LONGEST_TARGET_GROUP: usize = 32;

/// The calls that make the target groups which are not there yet, with the attributes of those they are like.
pub(super) fn target_groups(fleet: &Fleet, new: &ServerGroup, like: &ServerGroup) -> Vec<Move> {
    let pairs = like.target_groups.iter().zip(&new.target_groups).filter(|(_, new)| new.is_to_be());
    let mut moves = Vec::new();
    for (own, arn) in pairs {
        let (name, from) = (arn.name(), own.name());
        let resource = Resource::TargetGroup(name.clone());
        moves.push(Move {
            does: format!("make target group {name} like {from}"),
            writes: Writes::Call {
                call: Box::new(Call::CreateTargetGroup(CreateTargetGroup {
                    name: name.clone(),
                    like: own.clone(),
                })),
                expects: Expected { resource: resource.clone(), state: State::Absent },
                undo: Some(Box::new(Call::DeleteTargetGroup(DeleteTargetGroup {
                    target_group: arn.clone(),
                }))),
            },
            waits: Vec::new(),
        });
        let written = fleet.target_groups.get(own).and_then(|own| own.attributes.as_ref());
        let written = written.map(|all| all.written.clone()).unwrap_or_default();
        let modify = ModifyAttributes::like(arn.clone(), &written);
        if !modify.attributes.is_empty() {
            moves.push(Move {
                does: format!("give {name} the attributes of {from}"),
                writes: Writes::Call {
                    call: Box::new(Call::ModifyTargetGroupAttributes(modify)),
                    expects: Expected {
                        resource,
                        state: State::TargetGroup(TargetGroupState::of(arn.clone())),
                    },
                    undo: None,
                },
                waits: Vec::new(),
            });
        }
    }
    moves
}

/// The live one's name with what its target group's name differs in (`orders-blue-tg`, `orders-green-tg`), else the
/// name of the target group.
fn name_of(live: &ServerGroup, behind: &[TargetGroupArn]) -> GroupName {
    let first = |arns: &[TargetGroupArn]| arns.first().map(TargetGroupArn::name).unwrap_or_default();
    name_like(live.id.name.raw(), first(&live.target_groups).raw(), first(behind).raw())
}

fn name_like(live: &str, own: &str, other: &str) -> GroupName {
    // The next version of a name without one.
    if let Some(version) = other.strip_prefix(own).filter(|version| version.starts_with('-')) {
        return GroupName::new(format!("{live}{version}"));
    }
    let parts = |name: &'_ str| name.split('-').map(str::to_owned).collect::<Vec<String>>();
    let (own, others) = (parts(own), parts(other));
    let mut differs = own.iter().zip(&others).filter(|(own, other)| own != other);
    if let (true, Some((from, to)), None) = (own.len() == others.len(), differs.next(), differs.next()) {
        let mut name = parts(live);
        let mut same = name.iter_mut().filter(|part| *part == from);
        if let (Some(part), None) = (same.next(), same.next()) {
            part.clone_from(to);
            return GroupName::new(name.join("-"));
        }
    }
    GroupName::new(other)
}

/// The call that makes it, which deleting it takes back.
pub(super) fn making(new: &ServerGroup, like: &GroupName, template: TemplateNumber) -> Move {
    let name = &new.id.name;
    Move {
        does: format!("make {name} like {like}, without instances"),
        writes: Writes::Call {
            call: Box::new(Call::CreateAutoScalingGroup(CreateGroup {
                group: name.clone(),
                like: like.clone(),
                template,
                max: new.max,
                target_groups: new.target_groups.clone(),
            })),
            expects: Expected { resource: Resource::Group(name.clone()), state: State::Absent },
            undo: Some(Box::new(Call::DeleteAutoScalingGroup(DeleteGroup { group: name.clone() }))),
        },
        waits: Vec::new(),
    }
}

/// What the group that is made has of the live one, and what it has not.
pub(super) fn notes(new: &ServerGroup, like: &ServerGroup) -> Vec<String> {
    let (name, from) = (&new.id.name, &like.id.name);
    let mut notes = vec![
        format!(
            "{name} gets the subnets, health check, termination policies, warm-up, protection of instances, hooks and tags \
             of {from}"
        ),
        format!(
            "not copied: scaling policies, scheduled actions, notifications, collected metrics and protection against \
             deletion; where {from} has a warm pool, it is refused when the group is made"
        ),
    ];
    if new.target_groups.iter().any(TargetGroupArn::is_to_be) {
        notes.push("a target group that is made gets the port, health check and attributes of the live one's, not its tags".into());
    }
    if !like.suspended.is_empty() {
        let suspended: Vec<String> = like.suspended.iter().map(ToString::to_string).collect();
        notes.push(format!("suspended in {from}, and not in {name}: {}", suspended.join(", ")));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_follows_from_the_target_groups() {
        let name = |live, own, other| name_like(live, own, other).to_string();
        assert_eq!(name("orders-blue", "orders-blue", "orders-green"), "orders-green");
        assert_eq!(name("orders-blue-v2", "orders-tg-blue", "orders-tg-green"), "orders-green-v2");
        assert_eq!(name("orders", "orders-a", "orders-b"), "orders-b");
        assert_eq!(name("orders-blue", "one", "orders-other"), "orders-other");
    }

    #[test]
    fn a_target_group_beside_another_has_the_other_colour_or_the_next_version() {
        for (own, beside) in [
            ("orders-blue", "orders-green"),
            ("green-orders", "blue-orders"),
            ("orders-v7", "orders-v8"),
            ("orders", "orders-v2"),
            ("blue-green", "blue-green-v2"),
        ] {
            assert_eq!(name_beside(own), beside);
        }
        assert_eq!(name_like("shop-blue", "tg-blue", "tg-green"), "shop-green".into());
        assert_eq!(name_like("shop", "orders", "orders-v2"), "shop-v2".into());
    }

    #[test]
    fn a_name_that_aws_takes_for_no_target_group_is_none() {
        let fits = |name: &str| no_target_group(name).is_none();
        assert!(fits("orders-green") && fits(&"g".repeat(32)));
        for bad in ["", "-orders", "orders-", "orders_green", "internal-orders", "grün"] {
            assert!(!fits(bad), "{bad}");
        }
        assert!(!fits(&"g".repeat(33)));
    }

    #[test]
    fn a_name_that_aws_takes_for_no_group_is_none() {
        let fits = |name: &str| cannot_be_called(&name.into()).is_none();
        assert!(fits("orders-green") && fits("orders_green v2 /x") && fits(&"g".repeat(255)));
        assert!(!fits("") && !fits(&"g".repeat(256)));
        assert!(!fits("orders:green") && !fits("orders\u{7}") && !fits("grün"));
    }
}
