//! A group scaled and an instance replaced by the program, on the rig: each call once, and followed until the group is
//! whole.

use super::refresh::{GROUP, group, rig};
use super::{Desk, changed};

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
