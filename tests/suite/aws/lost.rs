//! Writes that are refused, or whose answer is lost: one request goes out, whatever becomes of it, and the end is the
//! plan or the state before.

use serde_json::{Value, json};

use super::{Desk, changes, cluster};
use crate::rig::Rig;

/// What becomes of one write, and what is told of it.
struct Fate {
    fault: Value,
    code: i32,
    says: &'static str,
    events: &'static [&'static str],
    /// Weight of the green side afterwards.
    green: u32,
}

#[test]
fn a_write_goes_out_once_whatever_becomes_of_it() {
    let rig = Rig::own();
    let fates = [
        Fate {
            fault: json!({ "kind": "throttled" }),
            code: 1,
            says: "failed: ModifyListener in us-east-1: AWS asks for fewer calls",
            events: &["started", "intended", "failed", "failed"],
            green: 10,
        },
        Fate {
            fault: json!({ "kind": "denied" }),
            code: 1,
            says: "the role lacks elasticloadbalancing:ModifyListener (see `flightdeck iam-policy operator`)",
            events: &["started", "intended", "failed", "failed"],
            green: 10,
        },
        Fate {
            fault: json!({ "kind": "error", "status": 400, "code": "Odd", "message": "it is odd" }),
            code: 1,
            says: "failed: ModifyListener in us-east-1: AWS answered 400: Odd: it is odd\n",
            events: &["started", "intended", "failed", "failed"],
            green: 10,
        },
        Fate {
            fault: json!({ "kind": "drop" }),
            code: 1,
            says: "nothing was changed",
            events: &["started", "intended", "failed", "failed"],
            green: 10,
        },
        Fate {
            fault: json!({ "kind": "drop", "apply": true }),
            code: 0,
            says: "done: what was written reads back",
            events: &["started", "intended", "read-back", "done"],
            green: 25,
        },
        Fate {
            fault: json!({ "kind": "error", "status": 500, "apply": true }),
            code: 0,
            says: "done: what was written reads back",
            events: &["started", "intended", "read-back", "done"],
            green: 40,
        },
    ];
    for fate in fates {
        let desk = Desk::at(&rig);
        let wanted = if fate.code == 0 { fate.green } else { 25 };
        let shift = desk.plan(&["shift", "orders", "--to", &format!("green={wanted}")]);
        rig.forget();
        let mut fault = fate.fault;
        fault["operation"] = "ModifyListener".into();
        // A second attempt would be met too.
        fault["count"] = Value::Null;
        rig.fault(&fault);
        let applied = desk.apply(&shift);
        rig.heal();
        let sent = changes(&rig);
        assert_eq!(sent.len(), 1, "{fault}: {sent:?}");
        assert_eq!(sent[0].operation, "ModifyListener");
        assert_eq!(applied.code, fate.code, "{fault}: {}", applied.err);
        assert!(applied.err.contains(fate.says), "{fault}: {}", applied.err);
        assert_eq!(desk.events(), fate.events, "{fault}");
        let snapshot = desk.done(&["snapshot", "--json"]).json();
        let weights = &cluster(&snapshot, "orders")["traffic"][0]["weights"];
        assert_eq!(weights[1]["weight"], fate.green, "{fault}");
    }
}
