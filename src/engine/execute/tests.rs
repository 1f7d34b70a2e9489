//! An approved plan against a small cloud that lies, loses answers and is changed by others.

mod crash;
mod deploy;
mod drills;
mod groups;
mod properties;
mod quarantine;
mod rebuild;
mod refreshes;
mod replaced;
mod site;
mod stand_up;
mod steering;
mod trouble;
mod verbs;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use jiff::SignedDuration;

use super::*;
use crate::engine::{Company, JournalStore};
use crate::fleet::builders::read_at;
use crate::fleet::{Action, Identity, Place, Scope, TargetGroupArn, TargetState, Text};
use crate::plan::tests::{Orders, back, orders, shift};
use crate::plan::{Approval, Call, History, Intent, Receipt, Resource, State, Truth, Who, plan};
use crate::provider::{Created, Entries, Entry, EntryName, Failure, FailureKind};

/// What the cloud does with the next write.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Mood {
    Sound,
    /// Refuses.
    Denies,
    /// Applies and loses the answer.
    LosesTheAnswer,
    /// Never gets the call.
    LosesTheCall,
    /// Applies, and somebody else writes right after.
    IsOverwritten,
    /// Is changed by somebody else between the last look and the write.
    MovesAfterTheLook,
}

struct Cloud {
    orders: Mutex<Orders>,
    mood: Mutex<Mood>,
    account: Text,
    now: Mutex<Timestamp>,
    store: Mutex<BTreeMap<EntryName, Entry>>,
    /// Everything in the order it happened: `read`, `look`, `apply`, `journal EVENT`.
    log: Arc<Mutex<Vec<String>>>,
}

impl Cloud {
    fn new(orders: Orders) -> Self {
        Self {
            orders: Mutex::new(orders),
            mood: Mutex::new(Mood::Sound),
            account: "123456789012".into(),
            now: Mutex::new(read_at()),
            store: Mutex::default(),
            log: Arc::default(),
        }
    }

    fn note(&self, what: &str) {
        self.log.lock().unwrap().push(what.into());
    }

    fn entered(&self, meant: impl Fn(&EntryName) -> bool) -> Entries {
        let store = self.store.lock().unwrap();
        let found = store.iter().filter(|(name, _)| meant(name));
        let found = found.map(|(name, entry)| (name.clone(), entry.clone())).collect();
        Entries { server_time: Some(self.now()), found }
    }

    fn writes(&self) -> usize {
        self.log.lock().unwrap().iter().filter(|what| *what == "apply").count()
    }

    fn set(&self, actions: Actions) {
        let mut orders = self.orders.lock().unwrap();
        orders.world.facts.listeners.values_mut().next().unwrap().value[0].actions = actions;
    }

    fn weights(&self) -> Vec<u32> {
        let orders = self.orders.lock().unwrap();
        let listener = &orders.world.facts.listeners.values().next().unwrap().value[0];
        listener.actions.iter().flat_map(Action::weights).map(|(_, weight)| weight).collect()
    }

    /// The world as it is now: everything was just read.
    fn fleet(&self) -> Fleet {
        let orders = self.orders.lock().unwrap();
        let mut facts = orders.world.facts.clone();
        let now = *self.now.lock().unwrap();
        facts.groups.as_mut().unwrap().at = now;
        facts.instances.as_mut().unwrap().at = now;
        facts.listeners.values_mut().for_each(|seen| seen.at = now);
        facts.rules.values_mut().for_each(|seen| seen.at = now);
        facts.target_health.values_mut().for_each(|seen| seen.at = now);
        crate::fleet::assemble(&[facts], &orders.world.naming, None, now)
    }
}

#[async_trait]
impl Observer for Cloud {
    async fn identity(&self) -> Result<Identity, Failure> {
        Ok(Identity { account: self.account.raw().into(), arn: "arn:aws:iam::1:user/ann".into() })
    }

    async fn observe(&self, _scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        self.note("look");
        let fleet = self.fleet();
        if *self.mood.lock().unwrap() == Mood::MovesAfterTheLook {
            self.set(reweighted(&fleet.clusters[0].traffic[0].actions, &[60, 40]));
        }
        Ok(Arc::new(fleet))
    }

    async fn state(&self, _place: &Place, _resource: &Resource) -> Result<State, Failure> {
        self.note("read");
        let orders = self.orders.lock().unwrap();
        Ok(State::Actions(orders.world.facts.listeners.values().next().unwrap().value[0].actions.clone()))
    }

    async fn entries(&self, _place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        Ok(self.entered(|name| names.contains(name)))
    }

    async fn entries_under(&self, _place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        Ok(self.entered(|name| name.is_under(prefix)))
    }

    fn calls_last_minute(&self) -> u32 {
        0
    }
}

#[async_trait]
impl Operator for Cloud {
    async fn apply(&self, _place: &Place, call: &Call) -> Result<Receipt, Failure> {
        self.note("apply");
        let failure = |kind, maybe_applied| {
            Err(Failure { maybe_applied, ..Failure::new(kind, "ModifyListener", "it went wrong", "look") })
        };
        let mood = *self.mood.lock().unwrap();
        if !matches!(mood, Mood::Denies | Mood::LosesTheCall) {
            self.set(call.actions().clone());
        }
        match mood {
            Mood::Denies => failure(FailureKind::Denied, false),
            Mood::LosesTheAnswer | Mood::LosesTheCall => failure(FailureKind::TimedOut, true),
            Mood::IsOverwritten => {
                let actions = call.actions().clone();
                self.set(reweighted(&actions, &[1, 1]));
                Ok(Receipt { request_id: Some("r-1".into()), actions })
            }
            Mood::Sound | Mood::MovesAfterTheLook => {
                Ok(Receipt { request_id: Some("r-1".into()), actions: call.actions().clone() })
            }
        }
    }
}

#[async_trait]
impl Register for Cloud {
    async fn create(&self, place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure> {
        if self.store.lock().unwrap().contains_key(name) {
            return Ok(Created::Exists);
        }
        self.put(place, name, value).await.map(|_version| Created::Yes)
    }

    async fn put(&self, _place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure> {
        self.note("put");
        let mut store = self.store.lock().unwrap();
        let version = store.get(name).map_or(0, |entry| entry.version) + 1;
        let entry = Entry { value: value.into(), version, modified_at: self.now() };
        store.insert(name.clone(), entry);
        Ok(version)
    }

    async fn delete(&self, _place: &Place, name: &EntryName) -> Result<(), Failure> {
        self.store.lock().unwrap().remove(name);
        Ok(())
    }
}

#[async_trait]
impl Clock for Cloud {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.now().duration_since(Timestamp::UNIX_EPOCH).unsigned_abs()
    }

    async fn sleep(&self, time: Duration) {
        let mut now = self.now.lock().unwrap();
        *now += SignedDuration::try_from(time).unwrap();
    }
}

/// A journal that writes into the cloud's log, so that the order can be seen.
struct Paper {
    log: Arc<Mutex<Vec<String>>>,
    /// The append that fails, from 1.
    fails_at: Option<usize>,
    appended: usize,
}

impl JournalStore for Paper {
    fn load(&mut self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.appended += 1;
        if self.fails_at == Some(self.appended) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        }
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let event = text.split("\"event\":\"").nth(1).unwrap().split('"').next().unwrap();
        self.log.lock().unwrap().push(format!("journal {event}"));
        Ok(())
    }
}

fn reweighted(actions: &Actions, weights: &[i32]) -> Actions {
    let mut actions = actions.clone();
    for action in &mut actions {
        let tuples = action.forward_config.iter_mut().flat_map(|config| &mut config.target_groups);
        for (tuple, weight) in tuples.zip(weights) {
            tuple.weight = Some(*weight);
        }
    }
    actions
}

/// Nothing here ever waits for anything outside, so a future is done when it is polled.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

struct Ran {
    outcome: Outcome,
    truths: Vec<Truth>,
    log: Vec<String>,
    history: History,
}

fn approved(cloud: &Cloud, intent: &Intent, history: &History) -> ApprovedPlan {
    let plan = plan(intent, &cloud.fleet(), history, &Policy::default(), read_at()).unwrap();
    let approval = Approval {
        phrase: plan.confirm.phrase.clone(),
        reason: Some("incident 7".into()),
        overrides: Vec::new(),
        who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
    };
    plan.approve(approval, read_at()).unwrap()
}

fn run_with(cloud: &Cloud, approved: ApprovedPlan, journal: &Mutex<Journal>, until: Until) -> Ran {
    let mut truths = Vec::new();
    let ports = Ports {
        observer: cloud,
        operator: cloud,
        register: Some(cloud),
        journal,
        clock: cloud,
        helm: &Helm::default(),
        company: &Company::default(),
        session: &SessionId::new("session-1"),
        claims: &[],
    };
    let policy = Policy::default();
    let mut tell = |progress: Progress| truths.push(progress.truth);
    let outcome = block_on(execute(approved, ports, &policy, until, &mut tell));
    truths.dedup();
    Ran {
        outcome,
        truths,
        log: cloud.log.lock().unwrap().clone(),
        history: journal.lock().unwrap().history().clone(),
    }
}

fn journal(cloud: &Cloud, fails_at: Option<usize>) -> Mutex<Journal> {
    let paper = Paper { log: cloud.log.clone(), fails_at, appended: 0 };
    Mutex::new(Journal::open(Box::new(paper)).unwrap())
}

fn run(cloud: &Cloud, until: Until) -> Ran {
    let approved = approved(cloud, &shift(25), &History::default());
    run_with(cloud, approved, &journal(cloud, None), until)
}

#[test]
fn a_shift_is_written_down_sent_once_read_back_and_watched_until_it_settles() {
    let cloud = Cloud::new(orders(90, 10));
    let ran = run(&cloud, Until::Settled);
    assert_eq!(ran.outcome, Outcome::Done { says: "settled, no request counts".into() });
    assert_eq!(cloud.weights(), [75, 25]);
    assert_eq!(ran.truths, [Truth::Wanted, Truth::Written, Truth::ReadBack, Truth::Settled]);
    assert_eq!(
        ran.log[..12],
        [
            "look",
            "put",
            "put",
            "journal started",
            "read",
            "journal intended",
            "put",
            "apply",
            "journal applied",
            "read",
            "journal read-back",
            "put"
        ]
    );
    assert_eq!(ran.log[ran.log.len() - 2..], ["journal done", "put"]);
    assert!(*cloud.now.lock().unwrap() - read_at() >= jiff::Span::new().seconds(30).try_into().unwrap());
}

#[test]
fn without_waiting_it_ends_when_what_was_written_reads_back() {
    let cloud = Cloud::new(orders(90, 10));
    let ran = run(&cloud, Until::ReadBack);
    assert_eq!(ran.outcome, Outcome::Done { says: "what was written reads back".into() });
    assert_eq!(*ran.truths.last().unwrap(), Truth::ReadBack);
}

#[test]
fn nothing_is_sent_before_its_intent_is_durable() {
    for fails_at in [1, 2] {
        let cloud = Cloud::new(orders(90, 10));
        let approved = approved(&cloud, &shift(25), &History::default());
        let ran = run_with(&cloud, approved, &journal(&cloud, Some(fails_at)), Until::ReadBack);
        let Outcome::Refused { why, .. } = ran.outcome else { panic!("{:?}", ran.outcome) };
        assert!(why.contains("no space left"), "{why}");
        assert_eq!(cloud.writes(), 0, "append {fails_at}");
    }
}

#[test]
fn a_journal_that_fails_after_the_call_holds_and_says_so() {
    let cloud = Cloud::new(orders(90, 10));
    let approved = approved(&cloud, &shift(25), &History::default());
    let ran = run_with(&cloud, approved, &journal(&cloud, Some(3)), Until::ReadBack);
    assert!(matches!(ran.outcome, Outcome::Held { .. }), "{:?}", ran.outcome);
    assert_eq!(cloud.writes(), 1);
}

#[test]
fn a_change_by_somebody_else_before_the_write_is_refused_and_nothing_is_sent() {
    let cloud = Cloud::new(orders(90, 10));
    let approved = approved(&cloud, &shift(25), &History::default());
    let now = reweighted(&cloud.fleet().clusters[0].traffic[0].actions, &[80, 20]);
    cloud.set(now);
    let ran = run_with(&cloud, approved, &journal(&cloud, None), Until::ReadBack);
    let Outcome::Refused { why, .. } = ran.outcome else { panic!("{:?}", ran.outcome) };
    assert!(why.contains("the world moved"), "{why}");
    assert_eq!(cloud.writes(), 0);
    assert_eq!(cloud.weights(), [80, 20]);
}

#[test]
fn what_is_replaced_is_read_again_just_before_the_write() {
    let cloud = Cloud::new(orders(90, 10));
    let approved = approved(&cloud, &shift(25), &History::default());
    *cloud.mood.lock().unwrap() = Mood::MovesAfterTheLook;
    let ran = run_with(&cloud, approved, &journal(&cloud, None), Until::ReadBack);
    let Outcome::Refused { why, .. } = ran.outcome else { panic!("{:?}", ran.outcome) };
    assert!(why.contains("orders-blue 60 orders-green 40"), "{why}");
    assert_eq!((cloud.writes(), cloud.weights()), (0, vec![60, 40]));
}

#[test]
fn a_change_by_somebody_else_after_the_write_holds_and_shows_both() {
    let cloud = Cloud::new(orders(90, 10));
    *cloud.mood.lock().unwrap() = Mood::IsOverwritten;
    let ran = run(&cloud, Until::ReadBack);
    let Outcome::Held { why, .. } = ran.outcome else { panic!("{:?}", ran.outcome) };
    assert!(why.contains("orders-blue 1 orders-green 1"), "{why}");
    assert!(why.contains("orders-blue 75 orders-green 25"), "{why}");
    assert_eq!(cloud.writes(), 1, "a foreign change is not fought");
}

#[test]
fn a_lost_answer_is_read_back_and_never_sent_again() {
    let cloud = Cloud::new(orders(90, 10));
    *cloud.mood.lock().unwrap() = Mood::LosesTheAnswer;
    let ran = run(&cloud, Until::ReadBack);
    assert!(matches!(ran.outcome, Outcome::Done { .. }), "{:?}", ran.outcome);
    assert_eq!(cloud.writes(), 1);
}

#[test]
fn a_lost_call_leaves_the_state_before_and_no_record_to_go_back_to() {
    let cloud = Cloud::new(orders(90, 10));
    *cloud.mood.lock().unwrap() = Mood::LosesTheCall;
    let ran = run(&cloud, Until::ReadBack);
    let Outcome::Failed { why, .. } = &ran.outcome else { panic!("{:?}", ran.outcome) };
    assert!(why.contains("nothing was changed"), "{why}");
    assert_eq!((cloud.writes(), cloud.weights()), (1, vec![90, 10]));
    assert!(ran.history.changes(back().cluster()).next().is_none());
}

#[test]
fn a_denied_call_changes_nothing_and_says_why() {
    let cloud = Cloud::new(orders(90, 10));
    *cloud.mood.lock().unwrap() = Mood::Denies;
    let ran = run(&cloud, Until::ReadBack);
    assert!(
        matches!(&ran.outcome, Outcome::Failed { why, .. } if why.contains("it went wrong")),
        "{:?}",
        ran.outcome
    );
    assert_eq!(cloud.writes(), 1);
}

#[test]
fn a_plan_for_another_account_is_never_sent() {
    let mut cloud = Cloud::new(orders(90, 10));
    let approved = approved(&cloud, &shift(25), &History::default());
    cloud.account = "999999999999".into();
    let ran = run_with(&cloud, approved, &journal(&cloud, None), Until::ReadBack);
    assert!(
        matches!(&ran.outcome, Outcome::Refused { why, .. } if why.contains("999999999999")),
        "{:?}",
        ran.outcome
    );
    assert_eq!(cloud.writes(), 0);
}

#[test]
fn guards_speak_again_before_the_write() {
    let cloud = Cloud::new(orders(90, 10));
    let approved = approved(&cloud, &shift(25), &History::default());
    {
        let mut orders = cloud.orders.lock().unwrap();
        let green: TargetGroupArn = orders.green.clone();
        for target in orders.world.targets_mut(&green) {
            target.state = TargetState::Unhealthy;
        }
    }
    let ran = run_with(&cloud, approved, &journal(&cloud, None), Until::ReadBack);
    assert!(
        matches!(&ran.outcome, Outcome::Refused { why, .. } if why.contains("enough-healthy-targets")),
        "{:?}",
        ran.outcome
    );
    assert_eq!(cloud.writes(), 0);
}

#[test]
fn a_plan_runs_once() {
    let cloud = Cloud::new(orders(90, 10));
    let approved = approved(&cloud, &shift(25), &History::default());
    let journal = journal(&cloud, None);
    run_with(&cloud, approved.clone(), &journal, Until::ReadBack);
    let before = journal.lock().unwrap().history().records().len();
    let ran = run_with(&cloud, approved, &journal, Until::ReadBack);
    assert!(
        matches!(&ran.outcome, Outcome::Refused { why, .. } if why.contains("runs once")),
        "{:?}",
        ran.outcome
    );
    assert_eq!(ran.history.records().len(), before);
    assert_eq!(cloud.writes(), 1);
}

#[test]
fn a_rollback_restores_the_recorded_actions() {
    let cloud = Cloud::new(orders(100, 0));
    let journal = journal(&cloud, None);
    let there = approved(&cloud, &shift(25), &History::default());
    run_with(&cloud, there, &journal, Until::ReadBack);
    assert_eq!(cloud.weights(), [75, 25]);
    let way_back = approved(&cloud, &back(), journal.lock().unwrap().history());
    let ran = run_with(&cloud, way_back, &journal, Until::ReadBack);
    assert!(matches!(ran.outcome, Outcome::Done { .. }), "{:?}", ran.outcome);
    assert_eq!(cloud.weights(), [100, 0]);
}

#[test]
fn a_way_back_takes_over_what_has_not_settled_yet() {
    let cloud = Cloud::new(orders(100, 0));
    let journal = journal(&cloud, None);
    let there = approved(&cloud, &shift(25), &History::default());
    run_with(&cloud, there.clone(), &journal, Until::ReadBack);
    let history = journal.lock().unwrap().history().clone();
    let way_back = approved(&cloud, &back(), &history);
    run_with(&cloud, way_back.clone(), &journal, Until::ReadBack);
    let history = journal.lock().unwrap().history().clone();
    let resource = &way_back.plan().steps[0].call.as_ref().unwrap().resource();
    assert_eq!(history.overtaken(&there.plan().id, resource).unwrap().operation, way_back.plan().id);
    assert!(history.overtaken(&way_back.plan().id, resource).is_none());
}

#[test]
fn targets_that_are_not_steady_keep_it_from_settling_until_the_deadline_holds_it() {
    let cloud = Cloud::new(orders(90, 10));
    {
        let mut orders = cloud.orders.lock().unwrap();
        let green = orders.green.clone();
        orders.world.targets_mut(&green)[0].state = TargetState::Initial;
    }
    let ran = run(&cloud, Until::Settled);
    let Outcome::Held { why, .. } = ran.outcome else { panic!("{:?}", ran.outcome) };
    assert!(why.contains("1 of 2 targets of orders-green are initial"), "{why}");
}

mod second;
