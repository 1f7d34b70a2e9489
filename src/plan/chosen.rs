//! Which instances a replacement means: named ones, or those of a group that something is found of. An empty or a
//! surprising selection means nothing, never everything (promise 19); what is left out is said, with the reason.

use super::{Batches, Intent, Refusal, nearest};
use crate::drift::Judgement;
use crate::fleet::{Cluster, ClusterId, Fleet, Instance, InstanceId, ServerGroup};

/// By what instances of a group are chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// All of which this rule found something, by the rule's name.
    Found(&'static str),
    /// So many, the oldest first.
    Oldest(usize),
}

/// Chooses instances of a group, and tells of those that are meant but cannot be replaced where they stand.
///
/// # Errors
/// Nothing is meant, or more than there is.
pub fn choose(
    group: &ServerGroup,
    choice: Choice,
    judgement: &Judgement,
) -> Result<(Vec<InstanceId>, Vec<String>), Refusal> {
    let name = &group.id.name;
    let mut left_out = Vec::new();
    let mut meant: Vec<&Instance> = group.instances.iter().collect();
    if let Choice::Found(rule) = choice {
        meant.retain(|one| judgement.of(&one.id).iter().any(|finding| finding.rule.as_str() == rule));
    }
    meant.retain(|one| {
        let lifecycle = one.membership.as_ref().map(|member| member.lifecycle.clone());
        if lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.raw() == "InService") {
            return true;
        }
        let is = lifecycle.map_or_else(|| "of unknown state".into(), |lifecycle| lifecycle.to_string());
        left_out.push(format!("{} is left out: it is {is}, not in service", one.id));
        false
    });
    let refusal = match choice {
        Choice::Found(rule) if meant.is_empty() => {
            let others =
                if left_out.is_empty() { String::new() } else { format!("; {}", left_out.join("; ")) };
            Some(format!("no instance of {name} in service is {rule}{others}"))
        }
        Choice::Oldest(0) => Some("0 instances are none".into()),
        Choice::Oldest(count) => {
            meant.retain(|one| one.launched_at.is_some());
            meant.sort_by_key(|one| (one.launched_at, &one.id));
            let there = meant.len();
            meant.truncate(count);
            (there < count)
                .then(|| format!("{name} has {there} instances in service of known age, not {count}"))
        }
        Choice::Found(_) => None,
    };
    match refusal {
        Some(why) => Err(Refusal::new(why, "nothing is meant by that: name what is to be replaced")),
        None => Ok((meant.into_iter().map(|one| one.id.clone()).collect(), left_out)),
    }
}

/// The intent to replace these, which have to be of one group; where a group serves several clusters, as of this one.
///
/// # Errors
/// None is named, one is in no group, or not all are in the same.
pub fn replacement(
    fleet: &Fleet,
    as_of: Option<&ClusterId>,
    instances: Vec<InstanceId>,
    batches: Batches,
) -> Result<Intent, Refusal> {
    let holders = |id: &InstanceId| -> Option<(&Cluster, &ServerGroup)> {
        let of = |cluster| holder(cluster, id).map(|group| (cluster, group));
        as_of.and_then(|id| fleet.cluster(id)).and_then(of).or_else(|| fleet.clusters.iter().find_map(of))
    };
    let mut found: Option<(&Cluster, &ServerGroup)> = None;
    for id in &instances {
        let Some((cluster, group)) = holders(id) else {
            let groups = fleet.clusters.iter().flat_map(|cluster| &cluster.groups);
            let ids = groups.flat_map(|group| &group.instances).map(|instance| instance.id.to_string());
            return Err(Refusal::new(
                format!("{id} is in no server group: nothing would replace it"),
                nearest::remedy(&id.to_string(), ids, "instances of groups are"),
            ));
        };
        match found {
            Some((_, first)) if first.id != group.id => {
                return Err(Refusal::new(
                    format!("{id} is of {}, and others are of {}", group.id.name, first.id.name),
                    "replace the instances of one group at a time",
                ));
            }
            Some(_) => {}
            None => found = Some((cluster, group)),
        }
    }
    let (cluster, group) = found
        .ok_or_else(|| Refusal::new("no instance is named", "name the instances that are to be replaced"))?;
    Ok(Intent::Replace { cluster: cluster.id.clone(), group: group.id.name.clone(), instances, batches })
}

fn holder<'a>(cluster: &'a Cluster, id: &InstanceId) -> Option<&'a ServerGroup> {
    let mut groups = cluster.groups.iter().map(|group| &**group);
    groups.find(|group| group.instances.iter().any(|instance| instance.id == *id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::{Policy, judge};
    use crate::fleet::builders::read_at;
    use crate::plan::tests::{Orders, orders};

    fn blue(orders: &Orders) -> (std::sync::Arc<ServerGroup>, Judgement) {
        let fleet = orders.world.fleet();
        let judgement = judge(&fleet, &Policy::default(), read_at());
        let group = fleet.clusters[0].group(&"orders-blue".into()).unwrap().clone();
        (group, judgement)
    }

    #[test]
    fn of_nothing_found_nothing_is_meant() {
        let (group, judgement) = blue(&orders(100, 0));
        for choice in [Choice::Found("tainted"), Choice::Oldest(0), Choice::Oldest(1_000)] {
            assert!(choose(&group, choice, &judgement).is_err(), "{choice:?}");
        }
    }

    #[test]
    fn what_is_tainted_is_chosen_and_what_cannot_be_replaced_is_left_out_with_the_reason() {
        let mut orders = orders(100, 0);
        let ids: Vec<InstanceId> =
            orders.world.group_mut("orders-blue").members.iter().map(|member| member.id.clone()).collect();
        for id in &ids[..2] {
            let tags = &mut orders.world.instance_mut(id.raw()).tags;
            tags.insert("flightdeck:tainted".into(), "by ann".into());
        }
        orders.world.group_mut("orders-blue").members[1].lifecycle = "Standby".into();
        let (group, judgement) = blue(&orders);
        let (chosen, left_out) = choose(&group, Choice::Found("tainted"), &judgement).unwrap();
        assert_eq!(chosen, ids[..1]);
        assert_eq!(left_out, [format!("{} is left out: it is Standby, not in service", ids[1])]);
    }

    #[test]
    fn the_oldest_are_chosen_by_their_launch() {
        let mut orders = orders(100, 0);
        let ids: Vec<InstanceId> =
            orders.world.group_mut("orders-blue").members.iter().map(|member| member.id.clone()).collect();
        let launched = |hours: i64| Some(read_at() - jiff::SignedDuration::from_hours(hours));
        for (age, id) in (1..).zip(&ids) {
            orders.world.instance_mut(id.raw()).launched_at = launched(age);
        }
        let (group, judgement) = blue(&orders);
        let (chosen, _) = choose(&group, Choice::Oldest(2), &judgement).unwrap();
        let last: Vec<InstanceId> = ids.iter().rev().take(2).cloned().collect();
        assert_eq!(chosen, last);
    }

    #[test]
    fn instances_of_two_groups_are_not_replaced_by_one_plan() {
        let mut orders = orders(50, 50);
        let mut first = |name: &str| orders.world.group_mut(name).members[0].id.clone();
        let ids = vec![first("orders-blue"), first("orders-green")];
        let refusal = replacement(&orders.world.fleet(), None, ids, Batches::default()).unwrap_err();
        assert!(refusal.why.contains("orders-green, and others are of orders-blue"), "{}", refusal.why);
        assert!(replacement(&orders.world.fleet(), None, Vec::new(), Batches::default()).is_err());
    }
}
