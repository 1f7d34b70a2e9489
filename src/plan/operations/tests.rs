use super::*;
use crate::fleet::builders::read_at;
use crate::plan::tests::{back, orders, shift};
use crate::plan::{Policy, RECORD_SCHEMA, SessionId, plan};

fn after(seconds: i64) -> Timestamp {
    read_at() + SignedDuration::from_secs(seconds)
}

fn ann() -> Who {
    Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() }
}

fn bob() -> Who {
    Who { principal: "arn:aws:iam::1:user/bob".into(), host: "desk".into() }
}

/// A plan to shift `orders`, under this id.
fn shifting(id: &str) -> Plan {
    let policy = Policy::default();
    let world = orders(90, 10).world;
    Plan {
        id: OperationId::new(id),
        ..plan(&shift(25), &world.fleet(), &History::default(), &policy, read_at()).unwrap()
    }
}

/// A plan that goes on with another operation, or takes it back.
fn following(id: &str, verb: &str, of: &str) -> Plan {
    let first = shifting(id);
    let cluster = first.intent.cluster().clone();
    let operation = OperationId::new(of);
    let intent = match verb {
        "resume" => Intent::Resume { cluster, operation },
        _ => Intent::Rollback { cluster, of: Some(operation), source: None },
    };
    Plan { verb: verb.into(), intent, ..first }
}

/// Records of one operation, one every second from `from`.
fn records(plan: &Plan, from: i64, events: &[(Event, u32)]) -> Vec<Record> {
    let told = events.iter().zip(from..).map(|((event, step), second)| Record {
        schema: RECORD_SCHEMA,
        at: after(second),
        operation: plan.id.clone(),
        event: *event,
        who: ann(),
        why: None,
        verb: plan.verb.clone(),
        cluster: plan.intent.cluster().clone(),
        digest: plan.digest.clone(),
        step: *step,
        of: 2,
        plan: (*event == Event::Started).then(|| Box::new(plan.clone())),
        overrides: Vec::new(),
        epoch: None,
        call: None,
        request_id: None,
        resource: None,
        before: None,
        after: None,
        result: None,
        report: None,
    });
    told.collect()
}

fn claim(plan: &Plan, second: i64, stand: Stand, hold: Hold) -> Claim {
    Claim {
        cluster: plan.intent.cluster().clone(),
        epoch: 1,
        who: bob(),
        session: SessionId::new("s-1"),
        operation: plan.id.clone(),
        verb: plan.verb.clone(),
        step: 1,
        of: 2,
        stand,
        says: "baking".into(),
        since: after(second),
        updated_at: after(second + 1),
        hold,
        plan: Some(Box::new(plan.clone())),
    }
}

fn alive() -> Hold {
    Hold::Alive { until: after(60) }
}

const BEGUN: [(Event, u32); 3] = [(Event::Started, 0), (Event::Intended, 1), (Event::Applied, 1)];

fn begun_and(end: Event) -> Vec<(Event, u32)> {
    [&BEGUN[..], &[(end, 0)]].concat()
}

fn known(records: &[Vec<Record>], claims: &[Claim], second: i64) -> Vec<Known> {
    operations(&History::new(records.concat()), claims, after(second))
}

fn only(records: &[Vec<Record>], claims: &[Claim], second: i64) -> Known {
    let [one] = <[Known; 1]>::try_from(known(records, claims, second)).unwrap();
    one
}

#[test]
fn every_end_in_the_journal_is_told() {
    for (end, state) in [
        (Event::Done, KnownState::Done),
        (Event::RolledBack, KnownState::RolledBack),
        (Event::Failed, KnownState::Failed),
    ] {
        let one = only(&[records(&shifting("op-1"), 0, &begun_and(end))], &[], 600);
        assert_eq!((one.state, one.step, one.of), (state, 1, 2));
        assert_eq!((one.started_at, one.updated_at), (after(0), after(3)));
        assert!(one.ways_out.is_empty() && one.holder == ann() && one.plan.is_some());
    }
}

#[test]
fn a_held_operation_has_its_ways_out() {
    let one = only(&[records(&shifting("op-1"), 0, &begun_and(Event::Held))], &[], 5);
    assert_eq!(one.state, KnownState::Held);
    assert_eq!(one.ways_out, [WayOut::Resume, WayOut::Abort, WayOut::Rollback]);
}

#[test]
fn without_an_end_and_without_a_claim_it_is_abandoned_once_the_life_of_a_lease_is_over() {
    let told = [records(&shifting("op-1"), 0, &BEGUN)];
    assert_eq!(only(&told, &[], 61).state, KnownState::Running);
    assert!(only(&told, &[], 61).ways_out.is_empty());
    let one = only(&told, &[], 62);
    assert_eq!(one.state, KnownState::Abandoned);
    assert_eq!(one.ways_out, [WayOut::Resume, WayOut::Abort, WayOut::Rollback]);
    assert_eq!(one.why, "its holder is gone; last heard: a call was written and not read back yet");
}

#[test]
fn a_call_that_failed_is_not_the_end_of_its_operation() {
    let told =
        records(&shifting("op-1"), 0, &[(Event::Started, 0), (Event::Intended, 1), (Event::Failed, 1)]);
    assert_eq!(only(&[told], &[], 5).state, KnownState::Running);
}

#[test]
fn a_colleague_with_an_empty_home_sees_who_when_and_at_what_step() {
    let plan = shifting("op-1");
    let running = only(&[], &[claim(&plan, 0, Stand::Running, alive())], 600);
    assert_eq!((running.state, running.ways_out.len()), (KnownState::Running, 0));
    let gone = only(&[], &[claim(&plan, 0, Stand::Running, Hold::Lapsed)], 600);
    assert_eq!(gone.state, KnownState::Abandoned);
    assert_eq!((gone.holder, gone.step, gone.of, gone.started_at), (bob(), 1, 2, after(0)));
    assert_eq!(gone.ways_out, [WayOut::Resume, WayOut::Adopt, WayOut::Abort, WayOut::Rollback]);
    let held = only(&[], &[claim(&plan, 0, Stand::Held, Hold::Released)], 600);
    assert_eq!((held.state, held.why.as_str()), (KnownState::Held, "baking"));
    let done = only(&[], &[claim(&plan, 0, Stand::Done, Hold::Released)], 600);
    assert_eq!((done.state, done.ways_out.len()), (KnownState::Done, 0));
}

#[test]
fn a_claim_says_more_than_a_journal_without_an_end_and_nothing_beside_one_with() {
    let plan = shifting("op-1");
    let silent = [records(&plan, 0, &BEGUN)];
    assert_eq!(only(&silent, &[claim(&plan, 100, Stand::Running, alive())], 600).state, KnownState::Running);
    let gone = only(&silent, &[claim(&plan, 100, Stand::Running, Hold::Lapsed)], 5);
    assert_eq!((gone.state, gone.updated_at), (KnownState::Abandoned, after(101)));
    assert!(!gone.ways_out.contains(&WayOut::Adopt), "it was begun here");
    let ended = [records(&plan, 0, &begun_and(Event::Held))];
    let held = only(&ended, &[claim(&plan, 100, Stand::Running, alive())], 600);
    assert_eq!((held.state, held.updated_at), (KnownState::Held, after(3)));
}

#[test]
fn whoever_goes_on_with_an_operation_takes_its_ways_out() {
    for (verb, end, state) in [
        ("resume", Event::Done, KnownState::Done),
        ("resume", Event::RolledBack, KnownState::RolledBack),
        ("resume", Event::Held, KnownState::Held),
        ("rollback", Event::Done, KnownState::RolledBack),
        ("rollback", Event::Held, KnownState::Held),
    ] {
        let first = records(&shifting("op-1"), 0, &begun_and(Event::Held));
        let heir = records(&following("op-2", verb, "op-1"), 10, &begun_and(end));
        let all = known(&[first, heir], &[], 600);
        assert_eq!((all[0].id.to_string(), all[1].id.to_string()), ("op-2".into(), "op-1".into()));
        assert_eq!(all[1].state, state, "{verb} {end:?}");
        assert!(all[1].ways_out.is_empty() && all[1].why.contains(&format!("{verb} op-2 took it over")));
        assert_eq!(all[0].ways_out.is_empty(), end != Event::Held);
    }
}

#[test]
fn an_heir_that_came_to_nothing_leaves_the_ways_out_where_they_were() {
    let first = records(&shifting("op-1"), 0, &begun_and(Event::Held));
    let heir = records(&following("op-2", "resume", "op-1"), 10, &[(Event::Started, 0), (Event::Failed, 0)]);
    assert_eq!(known(&[first, heir], &[], 600)[1].ways_out.len(), 3);
}

#[test]
fn a_colleague_who_took_it_over_is_told_by_the_claim_alone() {
    let first = records(&shifting("op-1"), 0, &BEGUN);
    let adopted = claim(&following("op-2", "resume", "op-1"), 100, Stand::Running, alive());
    let all = known(&[first], &[adopted], 600);
    assert_eq!((all[0].state, all[1].state), (KnownState::Running, KnownState::Abandoned));
    assert!(all[1].ways_out.is_empty(), "{:?}", all[1]);
}

#[test]
fn a_mark_without_its_heir_closes_the_operation_too() {
    let told = records(&shifting("op-1"), 0, &[(Event::Started, 0), (Event::Held, 0), (Event::TakenOver, 0)]);
    let one = only(&[told], &[], 600);
    assert_eq!((one.state, one.ways_out.len()), (KnownState::Held, 0));
    assert_eq!(one.updated_at, after(1));
}

#[test]
fn a_later_change_of_the_same_listener_closes_what_was_half_done() {
    let first = records(&shifting("op-1"), 0, &begun_and(Event::Held));
    for (end, open) in [(Event::Done, 0), (Event::RolledBack, 3), (Event::Failed, 3)] {
        let later = records(&shifting("op-2"), 10, &begun_and(end));
        assert_eq!(known(&[first.clone(), later], &[], 600)[1].ways_out.len(), open, "{end:?}");
    }
    let refused = records(&shifting("op-2"), 10, &[(Event::Started, 0), (Event::Held, 0)]);
    assert_eq!(known(&[first.clone(), refused], &[], 600)[1].ways_out.len(), 3, "it wrote nothing");
    let later = records(&shifting("op-2"), 10, &begun_and(Event::Done));
    let taken_back = records(&following("op-3", "rollback", "op-2"), 20, &begun_and(Event::Done));
    assert_eq!(known(&[first.clone(), later, taken_back], &[], 600)[2].ways_out.len(), 3);
    let mut other = shifting("op-2");
    other.cluster = "search".into();
    let elsewhere: Vec<Record> = records(&other, 10, &begun_and(Event::Done))
        .into_iter()
        .map(|record| Record { cluster: ClusterId { name: "search".into(), ..record.cluster }, ..record })
        .collect();
    assert_eq!(known(&[first, elsewhere], &[], 600)[1].ways_out.len(), 3);
}

#[test]
fn a_rollback_of_the_cluster_names_no_operation_and_closes_what_it_went_behind() {
    let first = records(&shifting("op-1"), 0, &begun_and(Event::Held));
    let mut plan = shifting("op-2");
    plan.verb = "rollback".into();
    plan.intent = back();
    let all = known(&[first, records(&plan, 10, &begun_and(Event::Done))], &[], 600);
    assert!(all[1].ways_out.is_empty() && all[1].why.starts_with("rollback op-2 changed the same since"));
}
