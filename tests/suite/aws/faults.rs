//! Writes under faults that the SDK believes, injected by microburst in front of moto: answers cut on the way after
//! the call was applied, connections reset before it arrived, throttling in the service's own words, late answers.

use serde_json::{Value, json};

use super::{Desk, changed, cluster};
use crate::command::run_in;
use crate::rig::Rig;
use crate::rig::beside::Faults;

#[test]
fn a_write_whose_answer_is_cut_late_or_refused_goes_out_once_and_is_looked_up() {
    let rig = Rig::own();
    let port = rig.environment()[0].1.rsplit_once(':').unwrap().1.parse().unwrap();
    let faults = Faults::in_front_of(port);
    let mut environment = rig.environment();
    environment[0].1 = format!("http://127.0.0.1:{}", faults.port());
    // The first requests take seconds: the models of the services are loaded.
    run_in(&Desk::at(&rig).home, &environment, &["snapshot", "--json"]);
    let goals = [25, 40, 55, 60, 70];
    let cases: [(Value, bool); 5] = [
        (json!({ "response": { "abort_frac": 0.3 } }), true),
        (json!({ "response": { "truncate_frac": 0.5 } }), true),
        (json!({ "latency": 1500 }), true),
        (json!({ "reset": true }), false),
        (json!({ "error": { "code": "Throttling" } }), false),
    ];
    let mut green = 10;
    for (goal, (mut fault, applied)) in goals.into_iter().zip(cases) {
        let desk = Desk::at(&rig);
        let config = desk.keep("alone.toml", "[[cluster]]\nname = \"orders\"\nlease = \"none\"\n");
        let shift = desk.plan(&["shift", "orders", "--to", &format!("green={goal}"), "--config", &config]);
        rig.forget();
        fault["service"] = "elbv2".into();
        fault["operation"] = "ModifyListener".into();
        let before = faults.fired();
        faults.rule(&fault);
        let apply = ["apply", &shift.file, "--confirm", shift.phrase(), "--config", &config];
        let ran = run_in(&desk.home, &environment, &apply);
        faults.heal();
        assert_eq!(faults.fired() - before, 1, "{fault}: {}", ran.err);
        let sent = changed(&rig);
        assert_eq!(sent.len(), usize::from(applied), "{fault}: {sent:?}");
        assert_eq!(ran.code, i32::from(!applied), "{fault}: {}", ran.err);
        if applied {
            green = goal;
        }
        let snapshot = desk.done(&["snapshot", "--json"]).json();
        assert_eq!(cluster(&snapshot, "orders")["traffic"][0]["weights"][1]["weight"], green, "{fault}");
    }
}
