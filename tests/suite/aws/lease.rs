//! Leases in the account's own parameters: one writer, the dead are taken over, and whoever only looks writes none.

use std::thread;

use serde_json::{Value, json};

use super::{Desk, changed};
use crate::rig::{Request, Rig};

/// The head of the first epoch of a cluster's lease.
const HEAD: &str = "/flightdeck/lease/orders/1";

/// What was written into Systems Manager, in order.
fn written(rig: &Rig) -> Vec<Request> {
    rig.log().into_iter().filter(|request| request.service == "ssm" && request.mutating).collect()
}

/// What a colleague's cockpit wrote who took the lease and is gone.
fn somebody_holds(rig: &Rig) {
    let head = json!({
        "schema": 1, "principal": "arn:aws:iam::1:user/ben", "host": "bens-laptop", "session": "s-ben",
        "operation": "p-ben", "verb": "shift", "step": 2, "of": 4, "stand": "running", "says": "bakes",
        "since": "2026-01-01T00:00:00Z", "released": false, "chunks": 0, "sha256": "",
    });
    let put = json!({
        "Name": HEAD, "Value": head.to_string(), "Type": "String", "Tier": "Standard",
    });
    rig.call("ssm", "put_parameter", &put);
}

#[test]
fn an_operation_takes_the_lease_says_what_it_intends_and_gives_it_back() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    rig.forget();
    assert_eq!(desk.apply(&shift).code, 0);
    let log = rig.log();
    let sent: Vec<String> =
        log.iter().filter(|request| request.mutating).map(|request| request.operation.clone()).collect();
    let call = sent.iter().position(|sent| sent == "ModifyListener").expect("the call");
    assert!(call >= 3, "created, plan and intent are durable before the call: {sent:?}");
    for put in written(&rig) {
        assert_eq!(put.operation, "PutParameter");
        assert_eq!(put.params["Tier"], "Standard");
        assert!(put.params["Name"].as_str().unwrap().starts_with("/flightdeck/"), "{put:?}");
        assert!(put.params["Value"].as_str().unwrap().len() <= 4096);
    }
    let created = &written(&rig)[0];
    assert_eq!(
        (created.params["Name"].as_str(), created.params["Overwrite"].as_bool()),
        (Some(HEAD), Some(false))
    );
    let head: Value =
        serde_json::from_str(written(&rig).last().unwrap().params["Value"].as_str().unwrap()).unwrap();
    assert_eq!((&head["released"], &head["stand"]), (&json!(true), &json!("done")));
}

#[test]
fn of_many_who_begin_at_once_one_writes() {
    let rig = Rig::own();
    let desks: Vec<Desk<'_>> = (0..4).map(|_| Desk::at(&rig)).collect();
    let plans: Vec<_> =
        desks.iter().map(|desk| desk.plan(&["shift", "orders", "--to", "green=25"])).collect();
    rig.forget();
    let codes: Vec<i32> = thread::scope(|scope| {
        let runs: Vec<_> =
            desks.iter().zip(&plans).map(|(desk, plan)| scope.spawn(|| desk.apply(plan).code)).collect();
        runs.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(changed(&rig), ["ModifyListener"]);
}

#[test]
fn a_holder_that_is_gone_blocks_others_for_a_minute_and_no_longer() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    somebody_holds(&rig);
    let blocked = desk.run(&["plan", "shift", "orders", "--to", "green=25"]);
    assert_eq!(blocked.code, 3, "{}", blocked.err);
    rig.forget();
    let refused = desk.apply(&shift);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("user/ben on bens-laptop"), "{}", refused.err);
    assert_eq!(changed(&rig), [""; 0]);
    assert_eq!(written(&rig).len(), 0);

    rig.tell("clock", &json!({ "advance": 60 }));
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    let applied = desk.apply(&shift);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(changed(&rig), ["ModifyListener"]);
    let names: Vec<String> =
        written(&rig).iter().filter_map(|put| put.params["Name"].as_str().map(str::to_owned)).collect();
    assert_eq!(names[0], "/flightdeck/lease/orders/2", "the newest epoch is never deleted to take over");
    assert!(written(&rig).iter().all(|put| put.operation == "PutParameter"));
}

#[test]
fn without_the_store_nothing_is_sent() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    rig.forget();
    rig.fault(&json!({ "service": "ssm", "kind": "denied", "count": null }));
    let refused = desk.apply(&shift);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("ssm:GetParametersByPath"), "{}", refused.err);
    assert_eq!(changed(&rig), [""; 0]);
}

#[test]
fn whoever_only_looks_writes_no_parameter() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    rig.forget();
    desk.done(&["snapshot", "--json", "--read-only"]);
    let refused = desk.run(&["apply", &shift.file, "--confirm", shift.phrase(), "--read-only"]);
    assert_eq!(refused.code, 3);
    assert!(rig.log().iter().all(|request| !request.mutating));
}
