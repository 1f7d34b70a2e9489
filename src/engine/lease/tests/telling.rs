//! What others see of leases.

use super::*;
use crate::plan::Intent;

/// A released lease of a plan.
fn ran(store: &Store, plan: &Plan, stand: Stand) {
    let (who, session) = (who("ann"), SessionId::new("ann"));
    let lease = store.block_on(Lease::take(store.desk(), plan, &who, &session)).unwrap();
    store.block_on(lease.release(stand, "it ended")).unwrap();
}

fn after(plan: &Plan, seconds: i64, intent: Option<Intent>) -> Plan {
    let mut plan = plan.clone();
    plan.created_at += SignedDuration::from_secs(seconds);
    plan.expires_at += SignedDuration::from_secs(seconds);
    plan.intent = intent.unwrap_or(plan.intent);
    plan.sealed()
}

#[test]
fn a_half_done_operation_is_found_with_its_plan_when_its_lease_ends() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.block_on(lease.note(1, Stand::Running, "step 1 intended")).unwrap();
    drop(lease);
    assert!(
        matches!(seen(&store)[0].hold, Hold::Alive { until } if until == store.now() + SignedDuration::from_secs(60))
    );
    store.pass(LIFE);
    let [claim] = &seen(&store)[..] else { panic!("one claim") };
    assert!(claim.is_abandoned());
    assert_eq!(claim.plan.as_deref(), Some(&some_plan()));
    assert_eq!((claim.who.clone(), claim.step, claim.says.as_str()), (who("ann"), 1, "step 1 intended"));
    assert_eq!((claim.verb.as_str(), &claim.operation), ("shift", &some_plan().id));
}

#[test]
fn a_plan_that_is_not_whole_is_none_and_the_claim_stands() {
    let store = Store::default();
    let _lease = take(&store, "ann").unwrap();
    let chunk = names::chunk(&cluster(), 1, 1);
    let text = store.entry(&chunk).unwrap().value;
    for altered in [Some(text.replace('A', "B")), None] {
        store.with(|state| match &altered {
            Some(text) => state.entries.get_mut(&chunk).unwrap().value.clone_from(text),
            None => drop(state.entries.remove(&chunk)),
        });
        let [claim] = &seen(&store)[..] else { panic!("one claim") };
        assert_eq!((claim.plan.as_ref(), claim.operation.clone()), (None, some_plan().id));
    }
}

#[test]
fn an_older_operation_is_told_until_somebody_takes_it_over() {
    let first = some_plan();
    let resume = Intent::Resume { cluster: first.intent.cluster().clone(), operation: first.id.clone() };
    for (second, stand, told) in [
        (after(&first, 1, None), Stand::Done, 1),
        (after(&first, 1, None), Stand::Failed, 2),
        (after(&first, 1, Some(resume.clone())), Stand::Done, 1),
        (after(&first, 1, Some(resume)), Stand::Failed, 2),
    ] {
        let store = Store::default();
        ran(&store, &first, Stand::Held);
        ran(&store, &second, stand);
        let epochs: Vec<u64> = seen(&store).iter().map(|claim| claim.epoch).collect();
        assert_eq!(epochs.len(), told, "{} {stand:?}: {epochs:?}", second.verb);
        assert_eq!(epochs.last(), Some(&2));
    }
}

#[test]
fn whoever_was_gone_before_a_first_step_hides_nobody() {
    let (first, store) = (some_plan(), Store::default());
    ran(&store, &first, Stand::Held);
    let second = after(&first, 1, None);
    let (who, session) = (who("ben"), SessionId::new("ben"));
    drop(store.block_on(Lease::take(store.desk(), &second, &who, &session)).unwrap());
    store.pass(LIFE * 2);
    let epochs: Vec<u64> = seen(&store).iter().map(|claim| claim.epoch).collect();
    assert_eq!(epochs, [1, 2]);
}

#[test]
fn what_is_over_is_told_of_the_newest_epoch_only() {
    let store = Store::default();
    for n in 0..5 {
        ran(&store, &after(&some_plan(), n, None), Stand::Done);
    }
    let claims = seen(&store);
    assert_eq!(claims.iter().map(|claim| claim.epoch).collect::<Vec<_>>(), [5]);
    assert!(claims[0].plan.is_some());
}

#[test]
fn nobody_is_told_to_be_gone_by_a_store_that_tells_no_time() {
    let store = Store::default();
    let _lease = take(&store, "ann").unwrap();
    store.pass(LIFE * 10);
    store.with(|state| state.timeless = true);
    assert!(seen(&store)[0].is_alive());
}

#[test]
fn entries_that_are_no_heads_make_no_claims() {
    let store = Store::default();
    for (name, value) in [
        (head(1), "garbage"),
        (EntryName::of(&["lease", "orders", "x"]), "{}"),
        (EntryName::of(&["lease", "orders", "1", "deep"]), "{}"),
        (EntryName::of(&["other"]), "{}"),
    ] {
        store.plant(&name, value);
    }
    assert_eq!(claims(&store.read(|_| true).unwrap(), &some_plan().place()), []);
    assert_eq!(claims(&Entries { server_time: None, found: BTreeMap::new() }, &some_plan().place()), []);
}

#[test]
fn a_head_that_claims_a_plan_without_end_is_not_believed() {
    let store = Store::default();
    let _lease = take(&store, "ann").unwrap();
    let Entry { value, .. } = store.entry(&head(1)).unwrap();
    let super::super::head::Found::Known(found) = Head::read(&value) else { panic!("a head") };
    let endless = Head { chunks: usize::MAX, ..*found };
    store.plant(&head(1), &endless.written().unwrap());
    assert_eq!(seen(&store)[0].plan, None);
}
