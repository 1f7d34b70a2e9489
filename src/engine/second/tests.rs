//! Two persons, one plan, and a store between them.

use super::*;
use crate::engine::lease::tests::{Store, some_plan, who};
use crate::plan::Approval;

fn confirmed() -> ApprovedPlan {
    let plan = some_plan();
    let phrase = plan.confirm.phrase.clone();
    let reason = Some("ticket 7 {{of many}}".into());
    let approval = Approval { phrase, reason, overrides: Vec::new(), who: who("ann") };
    let at = plan.created_at;
    plan.approve(approval, at).unwrap()
}

fn waiting(store: &Store, plan: &Plan) -> Vec<Asked> {
    store.block_on(read_asked(store, &plan.place(), crate::provider::Clock::now(store))).unwrap()
}

fn heard(store: &Store, plan: &Plan) -> Said {
    store.block_on(said(store, plan, &who("ann"))).unwrap()
}

#[test]
fn a_plan_waits_until_another_person_says_yes_to_its_digest() {
    let store = Store::default();
    let approved = confirmed();
    let plan = approved.plan();
    assert!(waiting(&store, plan).is_empty());
    store.block_on(ask(store.desk(), &approved)).unwrap();
    assert_eq!(heard(&store, plan), Said::Nothing);

    let asked = waiting(&store, plan).remove(0);
    assert_eq!((&*asked.plan, &asked.who), (plan, &who("ann")));
    assert_eq!(asked.reason.as_ref().map(Text::raw), Some("ticket 7 {{of many}}"));
    let yes = |name: &str, phrase: &str| store.block_on(approve(store.desk(), &asked, &who(name), phrase));
    let phrase = plan.confirm.phrase.as_str();
    assert!(yes("ann", phrase).unwrap_err().why.contains("the second person is another one"));
    assert!(yes("bob", "yes").unwrap_err().why.contains("the phrase is not the one"));
    assert_eq!(heard(&store, plan), Said::Nothing);
    yes("bob", phrase).unwrap();
    assert_eq!(heard(&store, plan), Said::Yes(who("bob")));
    assert!(yes("carl", phrase).unwrap_err().why.contains("was approved already"));
    assert_eq!(waiting(&store, plan)[0].approved_by, Some(who("bob")));

    store.block_on(withdraw(store.desk(), plan));
    assert!(waiting(&store, plan).is_empty());
    assert_eq!(heard(&store, plan), Said::Nothing);
}

#[test]
fn a_yes_to_another_digest_or_by_the_first_person_is_none() {
    let store = Store::default();
    let plan = some_plan();
    let name = yes(&plan.cluster, &plan.id);
    let plant = |schema: u64, name_of: &str, digest: &str| {
        let Who { principal, host } = who(name_of);
        let said = Yes { schema, principal, host, digest: digest.into(), at: plan.created_at };
        store.plant(&name, &flat(&said).unwrap());
    };
    let other = |says: &str| {
        let Said::Other(refusal) = heard(&store, &plan) else { panic!("it is no yes") };
        assert!(refusal.why.contains(says), "{refusal}");
    };
    plant(SCHEMA, "bob", "0000");
    other("approved another plan");
    plant(SCHEMA, "ann", &plan.digest);
    other("cannot be both persons");
    plant(SCHEMA + 1, "bob", &plan.digest);
    other("this program knows 1");
    store.plant(&name, "yes!");
    other("cannot be read");
    plant(SCHEMA, "bob", &plan.digest);
    assert_eq!(heard(&store, &plan), Said::Yes(who("bob")));
}

#[test]
fn nobody_waits_longer_than_an_hour() {
    let store = Store::default();
    let approved = confirmed();
    store.block_on(ask(store.desk(), &approved)).unwrap();
    let asked = waiting(&store, approved.plan()).remove(0);
    store.pass(std::time::Duration::from_secs(3_601));
    assert!(waiting(&store, approved.plan()).is_empty());
    let late = store.block_on(approve(store.desk(), &asked, &who("bob"), &asked.plan.confirm.phrase));
    assert!(late.unwrap_err().why.contains("waited for a second person until"));
}

#[test]
fn a_plan_with_a_missing_or_altered_piece_is_not_offered() {
    let store = Store::default();
    let approved = confirmed();
    let plan = approved.plan();
    store.block_on(ask(store.desk(), &approved)).unwrap();
    let first = piece(&plan.cluster, &plan.id, 1);
    let whole = store.entry(&first).unwrap().value;
    store.plant(&first, &whole[4..]);
    assert!(waiting(&store, plan).is_empty());
    store.plant(&first, &whole);
    assert_eq!(waiting(&store, plan).len(), 1);
}
