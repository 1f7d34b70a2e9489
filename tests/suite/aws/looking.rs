//! Looking changes nothing: whatever a read-only session is asked to do, AWS is asked for reads alone.

use super::{Desk, changes, front_door};
use crate::rig::Rig;

#[test]
fn no_headless_verb_of_a_read_only_session_sends_a_change() {
    let rig = Rig::own();
    let desk = Desk::at(&rig);
    let before = front_door(&rig);
    let shift = desk.plan(&["shift", "orders", "--to", "green=25"]);
    assert_eq!(desk.apply(&shift).code, 0);
    let back = desk.plan(&["rollback", "orders"]);
    rig.forget();

    let apply = &["apply", &back.file, "--confirm", back.phrase(), "--reason", "test", "--wait", "settled"];
    let verbs: &[(&[&str], i32)] = &[
        (&["snapshot"], 0),
        (&["snapshot", "--json"], 0),
        (&["drift", "--fail-on", "critical"], 0),
        (&["drift", "--json"], 1),
        (&["plan", "shift", "orders", "--to", "green=50"], 0),
        (&["plan", "shift", "checkout", "--to", "green=50", "--json"], 0),
        (&["plan", "rollback", "orders"], 0),
        (apply, 3),
        (&["journal"], 0),
        (&["journal", "--json"], 0),
        (&["journal", "verify"], 0),
        (&["keys"], 0),
        (&["themes"], 0),
        (&["rules"], 0),
        (&["config", "--example"], 0),
        (&["iam-policy", "viewer"], 0),
        (&["iam-policy", "operator"], 0),
    ];
    for (verb, code) in verbs {
        let ran = desk.run(&[&["--read-only"], *verb].concat());
        assert_eq!(ran.code, *code, "{verb:?}: {}{}", ran.out, ran.err);
    }
    for locked in ["true", "\"locked\""] {
        let config = desk.keep("config.toml", &format!("read_only = {locked}\n"));
        let refused = desk.run(&[&["--config", &config], &apply[..]].concat());
        assert_eq!(refused.code, 3, "{}", refused.err);
        assert!(refused.err.contains("read-only"), "{}", refused.err);
    }
    assert!(rig.log().len() > 100, "it looked: {}", rig.log().len());
    assert!(changes(&rig).is_empty(), "{:?}", changes(&rig));

    // The very same plan is sent where the session may write.
    assert_eq!(desk.apply(&back).code, 0);
    assert_eq!((changes(&rig).len(), front_door(&rig)), (1, before));
}
