//! Holding a lease: renewed beside everything, and nothing on its strength once it may be somebody else's.

use super::*;

#[test]
fn a_note_is_record_and_renewal_in_one_write() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.pass(Duration::from_secs(40));
    let before = store.writes();
    store.block_on(lease.note(3, Stand::Running, "step 3 intended")).unwrap();
    assert_eq!(store.writes(), before + 1);
    store.pass(Duration::from_secs(40));
    lease.still().unwrap();
    let [claim] = &seen(&store)[..] else { panic!("one claim") };
    assert_eq!((claim.step, claim.says.as_str()), (3, "step 3 intended"));
    assert!(claim.is_alive());
}

#[test]
fn a_holder_stops_at_45_s_of_its_own_clock_counted_from_the_beginning_of_its_last_renewal() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.fate(&[Fate::Slow(10)]);
    store.block_on(lease.note(1, Stand::Running, "bakes")).unwrap();
    store.pass(Duration::from_millis(34_999));
    lease.still().unwrap();
    store.pass(Duration::from_millis(1));
    assert!(lease.still().is_err());
    let before = store.writes();
    assert!(store.block_on(lease.prove()).is_err());
    assert!(store.block_on(lease.note(2, Stand::Running, "goes on")).is_err());
    assert!(store.block_on(lease.release(Stand::Held, "holds")).is_err());
    assert_eq!(store.writes(), before, "nothing is written after it");
}

#[test]
fn an_answer_that_comes_after_the_deadline_renews_nothing() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.fate(&[Fate::Slow(46)]);
    assert!(store.block_on(lease.note(1, Stand::Running, "bakes")).is_err());
}

#[test]
fn whatever_takes_long_is_done_beside_the_renewals() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    let done = store.block_on(lease.beside(async {
        store.sleep(Duration::from_mins(10)).await;
        "baked"
    }));
    assert_eq!(done, "baked");
    lease.still().unwrap();
    store.block_on(lease.prove()).unwrap();
    let renewals = Duration::from_mins(10).as_secs() / RENEWAL.as_secs();
    let entry = store.entry(&head(1)).unwrap();
    assert!((renewals - 1..=renewals + 1).contains(&entry.version), "{}", entry.version);
}

#[test]
fn short_slices_renew_as_well_as_one_long_wait() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.fate(&[Fate::Slow(3); 100]);
    for _ in 0..2400 {
        store.block_on(lease.beside(store.sleep(Duration::from_millis(250))));
        lease.still().unwrap();
    }
    store.block_on(lease.prove()).unwrap();
}

#[test]
fn a_future_that_is_always_ready_starves_no_renewal() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    for _ in 0..100 {
        store.pass(Duration::from_secs(5));
        store.block_on(lease.beside(async {}));
        lease.still().unwrap();
    }
}

#[test]
fn a_renewal_that_fails_is_tried_again_until_the_deadline() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.fate(&[Fate::Refused; 20]);
    store.block_on(lease.beside(store.sleep(Duration::from_secs(44))));
    lease.still().unwrap();

    store.with(|state| state.fates.clear());
    let mut lease = {
        drop(lease);
        store.pass(LIFE);
        take(&store, "ann").unwrap()
    };
    store.fate(&[Fate::Refused; 200]);
    store.block_on(lease.beside(store.sleep(Duration::from_mins(1))));
    assert!(lease.still().unwrap_err().why.contains("45 s"));
}

#[test]
fn a_lost_answer_of_a_renewal_is_looked_up_and_never_taken_for_a_stranger() {
    for fate in [Fate::Unanswered, Fate::Lost] {
        let store = Store::default();
        let mut lease = take(&store, "ann").unwrap();
        store.fate(&[fate]);
        store.block_on(lease.note(1, Stand::Running, "bakes")).unwrap();
        store.block_on(lease.prove()).unwrap();
        assert_eq!(store.entry(&head(1)).unwrap().version, 2, "{fate:?}");
    }
}

#[test]
fn a_network_that_is_gone_for_a_while_does_not_cost_the_lease() {
    for fate in [Fate::Unanswered, Fate::Lost] {
        let store = Store::default();
        let mut lease = take(&store, "ann").unwrap();
        store.fate(&[fate; 3]);
        store.with(|state| state.unreadable = true);
        store.block_on(lease.beside(store.sleep(Duration::from_secs(20))));
        store.with(|state| {
            state.unreadable = false;
            state.fates.clear();
        });
        store.block_on(lease.prove()).unwrap_or_else(|lost| panic!("{fate:?}: {lost}"));
        store.block_on(lease.note(1, Stand::Running, "goes on")).unwrap();
    }
}

#[test]
fn somebody_else_who_writes_my_head_or_deletes_it_takes_it_from_me() {
    type Deed = fn(&Store);
    let deeds: [Deed; 2] = [
        |store| store.plant(&head(1), "{}"),
        |store| drop(store.with(|state| state.entries.remove(&head(1)))),
    ];
    for deed in deeds {
        let store = Store::default();
        let mut lease = take(&store, "ann").unwrap();
        deed(&store);
        assert!(store.block_on(lease.prove()).unwrap_err().why.contains("somebody else"));
        let mut lease = {
            drop(lease);
            store.pass(LIFE);
            take(&store, "ann").unwrap()
        };
        store.plant(&head(lease.epoch()), "{}");
        assert!(store.block_on(lease.note(1, Stand::Running, "goes on")).is_err());
        assert!(lease.still().is_err());
    }
}

#[test]
fn a_store_that_cannot_be_read_proves_nothing() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.with(|state| state.unreadable = true);
    let lost = store.block_on(lease.prove()).unwrap_err();
    assert!(lost.why.contains("cannot be proven") && lost.why.contains("no connection"), "{lost}");
    assert!(!lost.refusal().remedy.is_empty());
}

#[test]
fn a_stale_holder_finds_the_next_epoch_before_it_writes() {
    let store = Store::default();
    let mut ann = take(&store, "ann").unwrap();
    // Its clock stood still: a lease that looks fresh by every clock but the store's.
    let text = store.entry(&head(1)).unwrap().value;
    store.plant(&head(2), &text.replace("ann", "ben"));
    let lost = store.block_on(ann.prove()).unwrap_err();
    assert!(lost.why.contains("user/ben on bens-laptop took the cluster over"), "{lost}");
}

#[test]
fn a_renewal_under_way_survives_what_it_was_beside() {
    let store = Store::default();
    let mut lease = take(&store, "ann").unwrap();
    store.pass(RENEWAL);
    store.fate(&[Fate::Slow(5)]);
    store.block_on(lease.beside(store.sleep(Duration::from_millis(250))));
    assert_eq!(store.entry(&head(1)).unwrap().version, 1);
    store.block_on(lease.note(1, Stand::Running, "goes on")).unwrap();
    assert_eq!(store.entry(&head(1)).unwrap().version, 3);
}
