//! Taking a lease: one of many, and only from the dead.

use super::*;

#[test]
fn whoever_comes_second_sees_who_since_when_and_at_what_step() {
    let store = Store::default();
    let mut ann = take(&store, "ann").unwrap();
    store.block_on(ann.note(2, Stand::Running, "bakes 25 %")).unwrap();
    let Err(refused) = take(&store, "ben") else { panic!("two holders") };
    let NotTaken::Held(claim) = &refused else { panic!("{refused}") };
    assert_eq!((claim.who.clone(), claim.step, claim.says.as_str()), (who("ann"), 2, "bakes 25 %"));
    assert_eq!(claim.since, read_at());
    let says = refused.to_string();
    assert!(says.contains("user/ann on anns-laptop since") && says.contains("step 2 of"), "{says}");
    assert!(refused.refusal().remedy.contains("60 s"), "{}", refused.refusal());
}

#[test]
fn a_dead_holder_blocks_others_for_60_s_and_no_longer() {
    let store = Store::default();
    let mut ann = take(&store, "ann").unwrap();
    store.pass(Duration::from_millis(59_999));
    assert!(matches!(take(&store, "ben"), Err(NotTaken::Held(_))));
    store.pass(Duration::from_millis(1));
    let ben = take(&store, "ben").unwrap();
    assert_eq!((ann.epoch(), ben.epoch()), (1, 2));
    assert!(store.entry(&head(1)).is_some(), "the newest epoch is never deleted to take over");
    let lost = store.block_on(ann.prove()).unwrap_err();
    assert!(lost.why.contains("45 s"), "{lost}");
}

#[test]
fn of_many_who_see_the_same_dead_holder_one_takes_over() {
    for faulty in [Fate::Well, Fate::Unanswered] {
        let store = Store::default();
        drop(take(&store, "ann").unwrap());
        store.pass(LIFE);
        let names: Vec<String> = (0..8).map(|n| format!("taker{n}")).collect();
        store.fate(&[faulty; 8]);
        let (plan, who) = (some_plan(), who("taker"));
        let sessions: Vec<SessionId> = names.iter().map(SessionId::new).collect();
        let takers = sessions.iter().map(|session| Lease::take(store.desk(), &plan, &who, session));
        let taken = store.block_on(futures_util::future::join_all(takers));
        let winners = taken.iter().filter(|taken| taken.is_ok()).count();
        assert_eq!(winners, 1, "{faulty:?}");
        assert!(store.entry(&head(3)).is_none(), "{faulty:?}");
    }
}

#[test]
fn a_released_lease_is_free_at_once_and_its_record_stays() {
    let store = Store::default();
    let ann = take(&store, "ann").unwrap();
    store.block_on(ann.release(Stand::Held, "an alarm went off")).unwrap();
    let before = seen(&store);
    assert_eq!((before[0].hold, before[0].stand), (Hold::Released, Stand::Held));
    assert_eq!(take(&store, "ben").unwrap().epoch(), 2);
}

#[test]
fn the_list_is_a_hint_and_what_was_just_written_is_found_all_the_same() {
    let store = Store::default();
    let first = take(&store, "ann").unwrap();
    store.block_on(first.release(Stand::Done, "settled")).unwrap();
    let _second = take(&store, "ann").unwrap();
    let shown = store.with(|state| state.entries.remove(&head(2))).unwrap();
    // The list does not show epoch 2 yet: GetParameters does.
    let listed = store.read(|name| name.is_under(&names::lease(&cluster()))).unwrap();
    assert_eq!(super::super::prune::newest(&listed), 1);
    store.with(|state| state.entries.insert(head(2), shown));
    assert!(matches!(take(&store, "ben"), Err(NotTaken::Held(claim)) if claim.epoch == 2));
}

#[test]
fn a_store_that_tells_no_time_is_watched_for_60_s() {
    let store = Store::default();
    let mut ann = take(&store, "ann").unwrap();
    store.with(|state| state.timeless = true);
    let begun = store.monotonic();
    let ben = take(&store, "ben").unwrap();
    assert!(store.monotonic() >= begun + LIFE);
    drop(ben);
    assert!(store.block_on(ann.prove()).is_err());
}

#[test]
fn a_store_that_tells_no_time_and_changes_meanwhile_is_held() {
    let store = Store::default();
    let mut ann = take(&store, "ann").unwrap();
    store.with(|state| state.timeless = true);
    let (plan, ben, session) = (some_plan(), who("ben"), SessionId::new("ben"));
    let taken = store.block_on(async {
        let taking = Lease::take(store.desk(), &plan, &ben, &session);
        ann.beside(taking).await
    });
    assert!(matches!(taken, Err(NotTaken::Held(_))));
}

#[test]
fn a_lost_answer_is_read_back_and_counts_as_what_became_of_it() {
    for (fates, taken) in [
        (vec![Fate::Unanswered], true),
        (vec![Fate::Well, Fate::Unanswered], true),
        (vec![Fate::Lost], true),
        (vec![Fate::Refused], false),
        (vec![Fate::Well, Fate::Refused], false),
        (vec![Fate::Well, Fate::Lost], false),
    ] {
        let store = Store::default();
        store.fate(&fates);
        let lease = take(&store, "ann");
        assert_eq!(lease.is_ok(), taken, "{fates:?}");
        if let Ok(mut lease) = lease {
            assert_eq!(lease.epoch(), 1, "{fates:?}");
            store.block_on(lease.prove()).unwrap();
        }
    }
}

#[test]
fn a_store_that_cannot_be_reached_gives_no_lease() {
    let store = Store::default();
    store.with(|state| state.unreadable = true);
    let Err(refused) = take(&store, "ann") else { panic!("a lease out of nothing") };
    assert!(matches!(refused, NotTaken::Unreachable(_)));
    assert!(refused.to_string().contains("no connection"), "{refused}");
    assert_eq!(store.writes(), 0);
}

#[test]
fn a_lease_of_a_newer_program_counts_as_held_however_old_it_is() {
    let store = Store::default();
    store.plant(&head(1), r#"{"schema":2,"released":true}"#);
    store.pass(LIFE * 100);
    let Err(refused) = take(&store, "ann") else { panic!("it was taken") };
    assert!(matches!(refused, NotTaken::Newer { schema: 2, .. }), "{refused}");
    assert!(refused.refusal().remedy.contains("version of flightdeck"), "{refused}");
    let [claim] = &seen(&store)[..] else { panic!("one claim") };
    assert!(claim.is_alive() && claim.says.contains("schema 2"), "{claim:?}");
}

#[test]
fn a_head_that_cannot_be_read_holds_the_lease_until_it_is_old() {
    let store = Store::default();
    store.plant(&head(1), "garbage");
    assert!(matches!(take(&store, "ann"), Err(NotTaken::Unreachable(_))));
    store.pass(LIFE);
    assert_eq!(take(&store, "ann").unwrap().epoch(), 2);
}

#[test]
fn a_session_takes_over_from_itself() {
    let store = Store::default();
    let mut shift = take(&store, "ann").unwrap();
    let mut rollback = take(&store, "ann").unwrap();
    store.block_on(rollback.prove()).unwrap();
    let lost = store.block_on(shift.prove()).unwrap_err();
    assert!(lost.why.contains("user/ann on anns-laptop took the cluster over"), "{lost}");
}

#[test]
fn epochs_are_kept_for_a_week_and_the_newest_two_for_ever() {
    let store = Store::default();
    for _ in 0..4 {
        let lease = take(&store, "ann").unwrap();
        store.block_on(lease.release(Stand::Done, "settled")).unwrap();
    }
    store.pass(Duration::from_hours(24 * 7) + LIFE);
    let lease = take(&store, "ben").unwrap();
    assert_eq!(store.with(|state| state.log.iter().filter(|what| what.starts_with("delete")).count()), 0);
    store.block_on(lease.release(Stand::Done, "settled")).unwrap();
    let left = store.with(|state| state.entries.keys().map(ToString::to_string).collect::<Vec<_>>());
    let expected = ["lease/orders/4", "lease/orders/5", "plan/orders/4/1", "plan/orders/5/1"];
    assert_eq!(left, expected.map(|name| format!("/flightdeck/{name}")));
}
