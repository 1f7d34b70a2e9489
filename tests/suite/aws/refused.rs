//! What is refused before anything is sent: plans that no longer fit the world, and words that cannot be meant.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flightdeck::fleet::{Naming, Scope};
use flightdeck::plan::{History, Intent, Percent, Policy, plan};
use flightdeck::provider::demo::{Demo, Options};
use flightdeck::provider::{Clock, Observer as _};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::json;

use super::{Desk, changes};
use crate::command::Ran;
use crate::rig::Rig;

#[test]
fn a_plan_is_refused_where_it_does_not_fit_the_world() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = desk.plan(&["shift", "checkout", "--to", "green=40"]);
    rig.forget();

    let phrase = desk.run(&["apply", &shift.file, "--confirm", "checkout 41"]);
    assert_refused(&phrase, "`checkout 40`");
    let text = shift.plan.to_string();
    for (was, becomes) in [("\"Weight\":40", "\"Weight\":99"), ("\"created_at\":\"20", "\"created_at\":\"30")]
    {
        let edited = text.replacen(was, becomes, 1);
        assert_ne!(edited, text);
        let file = desk.keep("edited.json", &edited);
        assert_refused(&desk.run(&["apply", &file, "--confirm", shift.phrase()]), "edited");
    }
    let newer = desk.keep("newer.json", &text.replacen("plan.v1", "plan.v2", 1));
    assert_refused(&desk.run(&["apply", &newer, "--confirm", shift.phrase()]), "flightdeck.plan.v2");

    let foreign = Rig::own();
    let ran = Desk::at(&foreign).apply(&shift);
    assert_refused(&ran, "the plan is for");
    assert!(changes(&foreign).is_empty(), "{:?}", changes(&foreign));

    // Somebody else is faster.
    let side = |name: &str, weight: i32| json!({ "TargetGroupArn": rig.id("target_groups", name), "Weight": weight });
    let forward = json!({ "TargetGroups": [side("checkout-blue", 80), side("checkout-green", 20)] });
    let actions = json!([{ "Type": "forward", "ForwardConfig": forward }]);
    rig.call("elbv2", "modify_rule", &json!({ "RuleArn": rig.id("rules", "checkout"), "Actions": actions }));
    assert_refused(&desk.apply(&shift), "the world moved");

    assert!(changes(&rig).is_empty(), "{:?}", changes(&rig));
    assert!(desk.events().is_empty(), "what never began is no operation");
}

#[test]
fn a_plan_runs_once_and_only_while_it_is_fresh() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    assert_eq!(desk.apply(&shift).code, 0);
    rig.forget();
    assert_refused(&desk.apply(&shift), "a plan runs once");

    let file = desk.keep("old.json", &plan_of_long_ago());
    assert_refused(&desk.run(&["apply", &file, "--confirm", "orders 25"]), "expired");
    assert!(changes(&rig).is_empty(), "{:?}", changes(&rig));
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_can() {
    let rig = Rig::shared();
    let desk = Desk::at(rig);
    let refund = rig.id("rules", "payments-refunds");
    for (words, says) in [
        ("shift ordres --to green=25", "did you mean `orders`"),
        ("shift orders --to gren=25", "orders-green"),
        ("shift orders --to green=101", "0 to 100"),
        ("shift orders --to green=-1", "0 to 100"),
        ("shift orders --to green=10", "already has 10 %"),
        ("shift orders --to checkout-green=5", "checkout"),
        ("shift ingest --to green=50", "network load balancer"),
        ("shift search --to search-v001=10", "no listener or rule"),
        ("shift payments --to green=10", refund),
        ("shift payments --to green=10 --source nonsense", "not the ARN of a listener or of a rule"),
        ("rollback orders", "no record"),
    ] {
        let words: Vec<_> = words.split(' ').collect();
        let ran = desk.run(&[&["plan", "--json"], &words[..]].concat());
        assert_refused(&ran, says);
        assert_eq!(ran.json()["schema"], "flightdeck.refusal.v1", "{words:?}");
    }
    let one = desk.plan(&["shift", "payments", "--to", "green=10", "--source", refund]);
    assert_eq!(one.input()["RuleArn"], refund);
}

#[track_caller]
fn assert_refused(ran: &Ran, says: &str) {
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(says), "{says:?} is not in {}", ran.err);
}

/// A plan of the simulated fleet, made long ago.
fn plan_of_long_ago() -> String {
    let at: Timestamp = "2024-11-05T03:00:00Z".parse().unwrap();
    let demo = Demo::new(Options::default(), Naming::default(), Arc::new(Standing(at)));
    let fleet = demo.observe(&Scope::Complete).now_or_never().unwrap().unwrap();
    let orders = fleet.clusters.iter().find(|cluster| cluster.id.name.raw() == "orders").unwrap();
    let intent = Intent::Shift {
        cluster: orders.id.clone(),
        to: "orders-green".into(),
        percent: "25".parse::<Percent>().unwrap(),
        steps: None,
        source: None,
    };
    let plan = plan(&intent, &fleet, &History::default(), &Policy::default(), at).unwrap();
    serde_json::to_string(&plan).unwrap()
}

/// A clock that stands still.
struct Standing(Timestamp);

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
    }

    async fn sleep(&self, _: Duration) {}
}
