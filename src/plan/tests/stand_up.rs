//! A deployment where no group is without traffic: what may be made, and what may be deleted again.

use super::*;
use crate::fleet::{ClusterNaming, ScheduleFact};

/// `orders` with a target group that waits with weight 0 and has no group.
fn without_green() -> Orders {
    let mut orders = orders(100, 0);
    orders.world.facts.groups.as_mut().unwrap().value.retain(|group| group.name.raw() != "orders-green");
    orders
}

fn deploy() -> Intent {
    retiring(false)
}

fn retiring(retire: bool) -> Intent {
    let (cluster, group) = (id(), "orders-green".into());
    Intent::Deploy { cluster, group, image: "ami-1".into(), steps: None, retire, source: None }
}

fn why(orders: &Orders) -> String {
    let fleet = orders.world.fleet();
    idle_group(&fleet, fleet.cluster(&id()).unwrap()).unwrap_err().why
}

#[test]
fn a_group_is_made_first_and_what_it_does_not_get_is_said() {
    let mut orders = without_green();
    orders.world.group_mut("orders-blue").suspended = vec!["AZRebalance".into()];
    let plan = planned(&orders, &deploy(), &History::default()).unwrap();
    assert!(matches!(first_call(&plan), Call::CreateAutoScalingGroup(_)), "{:#?}", plan.steps);
    let notes = plan.notes.join("; ");
    for missing in ["notifications", "collected metrics", "warm pool", "suspended in orders-blue"] {
        assert!(notes.contains(missing), "{missing}: {notes}");
    }
}

#[test]
fn nothing_is_made_like_a_group_that_goes_away_or_is_not_ours() {
    let mut orders = without_green();
    orders.world.group_mut("orders-blue").status = Some("Delete in progress".into());
    assert!(why(&orders).contains("is going away"), "{}", why(&orders));
    let mut orders = without_green();
    orders.world.group_mut("orders-blue").operator = Some("eks.amazonaws.com".into());
    assert!(why(&orders).contains("belongs to eks"), "{}", why(&orders));
}

#[test]
fn nothing_is_made_under_a_name_that_the_configuration_does_not_find() {
    let naming = |pattern: &str| crate::fleet::Naming {
        clusters: vec![ClusterNaming {
            name: "orders".into(),
            groups: vec![regex::Regex::new(pattern).unwrap()],
            account: None,
            region: None,
        }],
        ..crate::fleet::Naming::default()
    };
    let idle = |pattern: &str| {
        let facts = [without_green().world.facts];
        let fleet = crate::fleet::assemble(&facts, &naming(pattern), None, read_at());
        idle_group(&fleet, fleet.cluster(&id()).unwrap())
    };
    assert_eq!(idle("orders-(blue|green)"), Ok("orders-green".into()));
    let refused = idle("orders-blue").unwrap_err();
    assert!(refused.why.contains("the configuration finds no such group"), "{refused}");
}

#[test]
fn a_group_is_deleted_again_only_while_it_takes_no_traffic_and_is_ours() {
    let plan = planned(&without_green(), &deploy(), &History::default()).unwrap();
    let delete = plan.way_back_from(1).unwrap().clone();
    assert!(matches!(delete, Call::DeleteAutoScalingGroup(_)), "{delete:?}");
    let says = |orders: &Orders| {
        let policy = Policy::default();
        let found =
            check_way_back((&plan, &delete), &orders.world.fleet(), &History::default(), &policy, read_at());
        found.into_iter().find(|finding| finding.name == "group-changeable").unwrap()
    };
    assert_eq!(says(&orders(100, 0)).verdict, Answer::Pass);
    let live = says(&orders(99, 1));
    assert_eq!(live.verdict, Answer::Block);
    assert!(live.why.contains("takes traffic: it is not deleted"), "{}", live.why);
    for change in [
        (|group: &mut crate::fleet::GroupFact| group.operator = Some("eks.amazonaws.com".into()))
            as fn(&mut crate::fleet::GroupFact),
        |group| group.status = Some("Delete in progress".into()),
    ] {
        let mut orders = orders(100, 0);
        change(orders.world.group_mut("orders-green"));
        assert_eq!(says(&orders).verdict, Answer::Block);
    }
}

#[test]
fn what_fights_the_end_of_the_old_side_is_named_where_it_ends() {
    let mut orders = without_green();
    orders.world.facts.schedules.as_mut().unwrap().value.push(ScheduleFact {
        group: "orders-blue".into(),
        name: "morning".into(),
        recurrence: Some("0 6 * * *".into()),
        time_zone: None,
        starts_at: None,
        min: Some(2),
        desired: None,
        max: None,
    });
    orders.world.facts.policies = None;
    let notes = |intent: &Intent| planned(&orders, intent, &History::default()).unwrap().notes.join("|");
    let ends = notes(&retiring(true));
    assert!(ends.contains("scheduled action morning of orders-blue sets min 2 at 0 6 * * * (UTC)"), "{ends}");
    assert!(ends.contains("scaling policies of orders-blue were not read"), "{ends}");
    let stays = notes(&deploy());
    assert!(!stays.contains("morning") && !stays.contains("were not read"), "{stays}");
}
