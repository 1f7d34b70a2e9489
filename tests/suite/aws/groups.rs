//! A group scaled and an instance replaced by the program, on the rig: each call once, and followed until the group is
//! whole.

use std::time::Duration;

use serde_json::json;

use super::person::{answer, at_orders, press_until};
use super::refresh::{GROUP, group, rig};
use super::{Desk, changed};
use crate::rig::Rig;

/// Time in which two instances are replaced one after the other, where a second is five minutes.
const REPLACED: Duration = Duration::from_mins(3);

/// The first two instances of the group, marked as entered by a person.
fn tainted(rig: &Rig) -> Vec<String> {
    let ids: Vec<String> = rig.members(GROUP)[..2].iter().map(|id| (*id).to_owned()).collect();
    let tags = json!([{ "Key": "flightdeck:tainted", "Value": "by ann" }]);
    rig.call("ec2", "create_tags", &json!({ "Resources": ids, "Tags": tags }));
    ids
}

/// The group is as large as before, and these are gone.
fn assert_replaced(rig: &Rig, ids: &[String], size: usize) {
    assert_eq!(changed(rig), ["TerminateInstanceInAutoScalingGroup"; 2]);
    let after = group(rig);
    let members = after["Instances"].as_array().unwrap();
    assert_eq!(members.len(), size);
    let is_there = |id: &String| members.iter().any(|member| member["InstanceId"] == id.as_str());
    assert!(!ids.iter().any(is_there), "{members:?}");
}

#[test]
fn a_group_is_given_a_size_by_one_call_and_waited_for() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let before = group(&rig);
    let more = before["DesiredCapacity"].as_i64().unwrap() + 1;
    let most = before["MaxSize"].as_i64().unwrap().max(more);
    let (more_words, most_words) = (more.to_string(), most.to_string());
    let plan = desk.plan(&["scale", GROUP, &more_words, "--max", &most_words]);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig).len(), 1, "{:?}", changed(&rig));
    let after = group(&rig);
    assert_eq!(after["DesiredCapacity"], more);
    assert_eq!(after["Instances"].as_array().unwrap().len(), usize::try_from(more).unwrap());
}

#[test]
fn an_instance_is_replaced_by_one_call_and_the_group_is_whole_again() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let id = rig.members(GROUP)[0].to_owned();
    let size = group(&rig)["Instances"].as_array().unwrap().len();
    let plan = desk.plan(&["replace", &id]);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["TerminateInstanceInAutoScalingGroup"]);
    let after = group(&rig);
    let members = after["Instances"].as_array().unwrap();
    assert_eq!(members.len(), size);
    assert!(members.iter().all(|member| member["InstanceId"] != id.as_str()), "{members:?}");
}

#[test]
fn what_is_tainted_is_chosen_named_by_the_plan_and_replaced_one_by_one() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let nobody = desk.run(&["plan", "replace", "--all-tainted", "--group", GROUP]);
    assert_eq!(nobody.code, 3, "an empty selection means nothing: {}{}", nobody.out, nobody.err);
    let (ids, size) = (tainted(&rig), group(&rig)["Instances"].as_array().unwrap().len());
    let plan = desk.plan(&["replace", "--all-tainted", "--group", GROUP]);
    let mut named: Vec<String> = serde_json::from_value(plan.plan["intent"]["instances"].clone()).unwrap();
    named.sort_unstable();
    let mut wanted = ids.clone();
    wanted.sort_unstable();
    assert_eq!(named, wanted);
    rig.forget();
    let applied = desk.apply(&plan);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_replaced(&rig, &ids, size);
}

#[test]
fn what_is_tainted_is_marked_counted_and_replaced_one_by_one_by_keys() {
    let rig = Rig::own();
    rig.tell("run", &json!({ "factor": 300 }));
    let (ids, size) = (tainted(&rig), group(&rig)["Instances"].as_array().unwrap().len());
    let mut terminal = at_orders(&rig, &[]);
    terminal.send("mt");
    terminal.wait_for("2 selected");
    terminal.send("x");
    terminal.wait_for("Replace 2 instances");
    rig.forget();
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "orders replace 2");
    terminal.wait_for("ARMED");
    press_until(&mut terminal, "o", "operations ·");
    assert!(terminal.shows("✔ done", REPLACED), "{}", terminal.text());
    assert_replaced(&rig, &ids, size);
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}
