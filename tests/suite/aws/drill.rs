//! Drills by the program, on the rig: an instance lost and replaced, a zone emptied and given back, each with its
//! report; and nothing sent where and when no drill is allowed.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::person::{answer, at_orders, press_until};
use super::refresh::{GROUP, group, rig};
use super::{Desk, changed, changes};
use crate::command::Ran;
use crate::home::Home;
use crate::rig::Rig;

/// Time in which a drill of one instance ends, where a second is five minutes.
const ENDED: Duration = Duration::from_mins(3);

/// Drills of `orders`, at any hour.
const ALWAYS: &str = "[[cluster]]\nname = \"orders\"\ndrills = { hours = \"always\" }\n";

/// Plans by a configuration.
fn plan(desk: &Desk<'_>, config: &str, words: &[&str]) -> Ran {
    desk.run(&[&["--config", config, "plan", "drill", GROUP], words, &["--json"]].concat())
}

/// Plans and runs a drill to its end; its report.
fn drill(rig: &Rig, desk: &Desk<'_>, words: &[&str]) -> Value {
    let config = desk.keep("drills.toml", ALWAYS);
    let planned = plan(desk, &config, words);
    assert_eq!(planned.code, 0, "{}{}", planned.out, planned.err);
    let file = desk.keep("plan.json", &planned.out);
    rig.forget();
    let applied = desk.run(&["--config", &config, "apply", &file, "--confirm", "orders drill"]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    let journal = desk.done(&["journal", "--json"]).json();
    let last = journal["records"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["event"], "done");
    assert!(last["result"].as_str().unwrap().contains("; drill: whole again after "), "{last:#}");
    let known = desk.done(&["operations", "--json"]).json();
    assert_eq!(known["operations"][0]["report"], last["report"], "{known:#}");
    last["report"].clone()
}

/// The zones the group's instances in service stand in, in order, and the subnets it launches in.
fn spread(rig: &Rig) -> (Vec<String>, String) {
    let group = group(rig);
    let members = group["Instances"].as_array().unwrap().iter();
    let in_service = members.filter(|one| one["LifecycleState"] == "InService");
    let mut zones: Vec<String> =
        in_service.map(|one| one["AvailabilityZone"].as_str().unwrap().to_owned()).collect();
    zones.sort();
    (zones, group["VPCZoneIdentifier"].as_str().unwrap().to_owned())
}

#[test]
fn a_drill_loses_an_instance_and_ends_with_its_report() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let report = drill(&rig, &desk, &[]);
    assert_eq!(changed(&rig), ["TerminateInstanceInAutoScalingGroup"]);
    let lost = changes(&rig)[0].params["InstanceId"].as_str().unwrap().to_owned();
    assert!(rig.members(GROUP).contains(&lost.as_str()));
    assert_eq!(spread(&rig).0.len(), 4);
    assert_eq!(report["healthy_before"], 4);
    assert!(report["replaced_seconds"].is_u64() && report["lowest_healthy"].is_u64(), "{report:#}");
}

#[test]
fn a_drill_is_asked_for_run_and_reported_by_keys() {
    let rig = Rig::own();
    rig.tell("run", &json!({ "factor": 300 }));
    let home = Home::empty();
    let config = home.path().join("drills.toml");
    std::fs::write(&config, ALWAYS).unwrap();
    let mut terminal = at_orders(&rig, &["--config", config.to_str().unwrap()]);
    terminal.send("X");
    terminal.wait_for("one healthy instance, at random");
    rig.forget();
    terminal.send("\r");
    terminal.wait_for("Drill orders-blue: lose i-");
    answer(&mut terminal, &rig.account()[8..]);
    terminal.wait_for("✔");
    answer(&mut terminal, "orders drill");
    terminal.wait_for("ARMED");
    press_until(&mut terminal, "o", "operations ·");
    assert!(terminal.shows("✔ done", ENDED), "{}", terminal.text());
    terminal.wait_for("drill: whole again after ");
    assert_eq!(changed(&rig), ["TerminateInstanceInAutoScalingGroup"]);
    terminal.send("q");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_zone_is_emptied_for_a_time_and_given_back() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let (zones, subnets) = spread(&rig);
    let zone = zones[0].clone();
    assert!(zones.last() != Some(&zone), "two zones at least: {zones:?}");
    let report = drill(&rig, &desk, &["--zone", &zone, "--for", "1m"]);
    assert_eq!(changed(&rig), ["UpdateAutoScalingGroup"; 2]);
    let sent: Vec<String> = changes(&rig)
        .iter()
        .map(|request| request.params["VPCZoneIdentifier"].as_str().unwrap().to_owned())
        .collect();
    assert!(subnets.contains(&sent[0]) && sent[0].len() < subnets.len(), "{sent:?} of {subnets}");
    let sorted = |listed: &str| {
        let mut ids: Vec<&str> = listed.split(',').collect();
        ids.sort_unstable();
        ids.join(",")
    };
    let (left, back) = spread(&rig);
    assert!(left.len() == 4 && !left.contains(&zone), "nothing came back yet: {left:?}");
    assert_eq!(sorted(&back), sorted(&subnets));
    assert!(report["replaced_seconds"].is_u64(), "{report:#}");
}

#[test]
fn no_drill_is_sent_where_or_when_the_configuration_allows_none() {
    let rig = rig();
    let desk = Desk::at(&rig);
    let elsewhere = desk.keep("elsewhere.toml", &ALWAYS.replace("orders", "reports"));
    let allowed = desk.keep("drills.toml", ALWAYS);
    let planned = plan(&desk, &allowed, &[]);
    let file = desk.keep("plan.json", &planned.out);
    // A day that is neither yesterday nor today nor tomorrow, whichever day it is.
    let made: Timestamp = planned.json()["created_at"].as_str().unwrap().parse().unwrap();
    let today = made.to_zoned_datetime(TimeZone::UTC).date().weekday();
    let day = today.wrapping_add(3);
    let day = &format!("{day:?}")[..3];
    let hours = ALWAYS.replace("always", &format!("{day} 10:00-16:00"));
    let later = desk.keep("later.toml", &hours);
    rig.forget();
    for (config, why) in [(&elsewhere, "no drill is allowed in orders"), (&later, "are allowed")] {
        let refused = plan(&desk, config, &[]);
        assert_eq!(refused.code, 3, "{}{}", refused.out, refused.err);
        assert!(refused.err.contains("guard drill-allowed blocks it"), "{}", refused.err);
        assert!(refused.out.contains(why), "{}", refused.out);
        let applied = desk.run(&["--config", config, "apply", &file, "--confirm", "orders drill"]);
        assert_eq!(applied.code, 3, "{}{}", applied.out, applied.err);
    }
    assert!(changed(&rig).is_empty(), "{:?}", changed(&rig));
}
