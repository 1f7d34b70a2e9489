//! The simulated fleet with a fuse in every wire: a run can be cut off before or after anything that it writes or
//! sends, and things can happen at their moment. Time passes by waiting alone.

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::engine::{Company, Helm, Journal, JournalStore, Ports, Until, execute, read_claims};
use crate::fleet::{
    Action, Actions, ClusterId, Fleet, GroupName, Identity, Naming, Place, Scope, SourceArn, TargetState,
    Watched,
};
use crate::plan::{
    Approval, ApprovedPlan, Call, Claim, Event, History, Intent, Outcome, Percent, Plan, Policy, Progress,
    Receipt, Record, Refusal, Resource, SessionId, State, Stepped, Who, plan,
};
use crate::provider::demo::{Demo, Foreign, Options, watched_clusters};
use crate::provider::{
    Clock, Created, Entries, EntryName, Failure, FailureKind, Observer, Operator, Register,
};

/// What happens at its moment.
type Happening = (Duration, Box<dyn FnOnce() + Send>);

/// A clock that is moved by waiting.
#[derive(Default)]
pub(super) struct Hand {
    passed: Mutex<Duration>,
    happenings: Mutex<Vec<Happening>>,
}

impl Hand {
    pub(super) fn pass(&self, time: Duration) {
        let now = {
            let mut passed = self.passed.lock().unwrap();
            *passed += time;
            *passed
        };
        let due: Vec<Happening> =
            self.happenings.lock().unwrap().extract_if(.., |(at, _)| *at <= now).collect();
        for (_, happens) in due {
            happens();
        }
    }
}

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-05T03:00:00Z".parse().unwrap();
        start + jiff::SignedDuration::try_from(self.monotonic()).unwrap()
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        self.pass(time);
    }
}

/// Where a run is cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Before,
    After,
}

/// Counts everything that a run writes or sends, and cuts it off at one of them.
#[derive(Default)]
pub(super) struct Fuse {
    touched: AtomicUsize,
    blows: Mutex<Option<(usize, Side)>>,
    dead: AtomicBool,
}

impl Fuse {
    fn enter(&self) -> Option<Side> {
        let nth = self.touched.fetch_add(1, Ordering::SeqCst);
        let side = self.blows.lock().unwrap().filter(|(at, _)| *at == nth).map(|(_, side)| side);
        if side == Some(Side::Before) {
            self.dead.store(true, Ordering::SeqCst);
        }
        side
    }

    fn leave(&self, side: Option<Side>) {
        if side.is_some() {
            self.dead.store(true, Ordering::SeqCst);
        }
    }

    fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    async fn stop_if_dead(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    async fn through<T>(&self, work: impl Future<Output = T>) -> T {
        self.stop_if_dead().await;
        let side = self.enter();
        self.stop_if_dead().await;
        let done = work.await;
        self.leave(side);
        self.stop_if_dead().await;
        done
    }
}

/// A journal in memory that outlives its writer.
pub(super) struct Paper {
    pub(super) bytes: Arc<Mutex<Vec<u8>>>,
    fuse: Arc<Fuse>,
    full: Arc<AtomicBool>,
}

impl JournalStore for Paper {
    fn load(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes.lock().unwrap().clone())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let cut = || io::Error::other("cut off");
        if self.fuse.is_dead() {
            return Err(cut());
        }
        if self.full.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        }
        let side = self.fuse.enter();
        if side == Some(Side::Before) {
            return Err(cut());
        }
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        self.fuse.leave(side);
        Ok(())
    }
}

/// One home: a journal, and the wires to the account.
pub(super) struct Home {
    pub(super) journal: Mutex<Journal>,
    pub(super) paper: Arc<Mutex<Vec<u8>>>,
    pub(super) fuse: Arc<Fuse>,
    pub(super) helm: Arc<Helm>,
    /// Whether the disk is full.
    pub(super) full: Arc<AtomicBool>,
    pub(super) session: SessionId,
    /// What becomes of calls of the register from now on.
    pub(super) store_fails: Mutex<Option<FailureKind>>,
    /// Whether the store and STS never answer.
    pub(super) hangs: AtomicBool,
    /// Whether they begin to after something was created.
    pub(super) hangs_after_create: AtomicBool,
    pub(super) told: Mutex<Vec<Progress>>,
    pub(super) who: Who,
}

impl Home {
    pub(super) fn new(name: &str) -> Self {
        Self::with(name, Arc::default())
    }

    /// A home with the journal of another one.
    pub(super) fn with(name: &str, paper: Arc<Mutex<Vec<u8>>>) -> Self {
        let (fuse, full): (Arc<Fuse>, Arc<AtomicBool>) = Default::default();
        let store = Paper { bytes: paper.clone(), fuse: fuse.clone(), full: full.clone() };
        Self {
            journal: Mutex::new(Journal::open(Box::new(store)).unwrap()),
            paper,
            fuse,
            helm: Arc::default(),
            full,
            session: SessionId::new(name),
            store_fails: Mutex::default(),
            hangs: AtomicBool::new(false),
            hangs_after_create: AtomicBool::new(false),
            told: Mutex::default(),
            who: Who { principal: format!("arn:aws:iam::1:user/{name}").as_str().into(), host: name.into() },
        }
    }

    pub(super) fn records(&self) -> Vec<Arc<Record>> {
        self.journal.lock().unwrap().history().records().to_vec()
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.records().iter().map(|record| record.event).collect()
    }

    pub(super) fn says(&self) -> Vec<String> {
        let mut says: Vec<String> = self.told.lock().unwrap().iter().map(|told| told.says.clone()).collect();
        says.dedup();
        says
    }
}

/// The wires between a home and the account.
pub(super) struct Wires<'a> {
    site: &'a Site,
    home: &'a Home,
}

impl Wires<'_> {
    async fn store(&self) -> Result<(), Failure> {
        self.home.fuse.stop_if_dead().await;
        if self.home.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        match *self.home.store_fails.lock().unwrap() {
            Some(kind) => Err(Failure::new(kind, "PutParameter", "the store does not answer", "look")),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Observer for Wires<'_> {
    async fn identity(&self) -> Result<Identity, Failure> {
        self.store().await?;
        self.site.demo.identity().await
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        self.home.fuse.stop_if_dead().await;
        self.site.log("look");
        if self.site.looks_fail.load(Ordering::SeqCst) {
            return Err(Failure::new(FailureKind::Throttled, "look", "too many calls", "wait"));
        }
        self.site.demo.observe(scope).await
    }

    async fn state(&self, place: &Place, resource: &Resource) -> Result<State, Failure> {
        self.home.fuse.stop_if_dead().await;
        self.site.log("read");
        self.site.watch_the_group();
        self.site.demo.state(place, resource).await
    }

    async fn entries(&self, place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        self.store().await?;
        self.site.demo.entries(place, names).await
    }

    async fn entries_under(&self, place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        self.store().await?;
        self.site.demo.entries_under(place, prefix).await
    }

    fn calls_last_minute(&self) -> u32 {
        0
    }
}

#[async_trait]
impl Operator for Wires<'_> {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        self.site.log("apply");
        self.site.watch_the_floor(call);
        self.site.watch_the_group();
        self.home.fuse.through(self.site.demo.apply(place, call)).await
    }
}

#[async_trait]
impl Register for Wires<'_> {
    async fn create(&self, place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure> {
        self.store().await?;
        self.site.log("create");
        let created = self.home.fuse.through(self.site.demo.create(place, name, value)).await;
        self.home.hangs.fetch_or(self.home.hangs_after_create.load(Ordering::SeqCst), Ordering::SeqCst);
        created
    }

    async fn put(&self, place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure> {
        self.store().await?;
        self.site.log("put");
        self.home.fuse.through(self.site.demo.put(place, name, value)).await
    }

    async fn delete(&self, place: &Place, name: &EntryName) -> Result<(), Failure> {
        self.store().await?;
        self.home.fuse.through(self.site.demo.delete(place, name)).await
    }
}

#[async_trait]
impl Clock for Wires<'_> {
    fn now(&self) -> Timestamp {
        self.site.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.site.clock.monotonic()
    }

    async fn sleep(&self, time: Duration) {
        self.home.fuse.stop_if_dead().await;
        self.site.clock.sleep(time).await;
        // Whatever happened meanwhile may have been the end.
        self.home.fuse.stop_if_dead().await;
    }
}

/// An account with its fleet, and one cluster in it.
pub(super) struct Site {
    pub(super) demo: Arc<Demo>,
    pub(super) clock: Arc<Hand>,
    pub(super) policy: Policy,
    pub(super) cluster: ClusterId,
    pub(super) source: SourceArn,
    pub(super) looks_fail: AtomicBool,
    pub(super) log: Mutex<Vec<String>>,
    /// Healthy targets that carried the traffic when the test began; half of them is the floor.
    floor: usize,
    /// A group that keeps so many healthy targets all the time.
    kept: Mutex<Option<(GroupName, usize)>>,
    below: Mutex<Vec<String>>,
}

impl Site {
    /// A calm fleet; the cluster is `orders` with 90 % on blue and 10 % on green.
    pub(super) fn new() -> Self {
        Self::of("orders", Options { lively: false, instances: 24, ..Options::default() })
    }

    pub(super) fn of(cluster: &str, options: Options) -> Self {
        let clock: Arc<Hand> = Arc::default();
        let watched = watched_clusters()
            .into_iter()
            .map(|(selector, own)| (selector, Watched { alarms: own.alarms, metrics: false }));
        let naming = Naming { watched: watched.collect(), ..Naming::default() };
        let demo = Arc::new(Demo::new(options, naming, clock.clone()));
        let fleet = now(demo.observe(&Scope::Complete)).unwrap();
        let found = fleet.clusters.iter().find(|found| found.id.name.raw() == cluster).unwrap();
        let (id, traffic) = (found.id.clone(), &found.traffic[0]);
        let largest = traffic.weights.iter().max_by_key(|weight| weight.weight).unwrap();
        let healthy = fleet.target_groups[&largest.target_group].healthy().unwrap();
        Self {
            demo,
            clock,
            policy: Policy::default(),
            cluster: id,
            source: traffic.arn.clone(),
            looks_fail: AtomicBool::new(false),
            log: Mutex::default(),
            floor: healthy.div_ceil(2),
            kept: Mutex::default(),
            below: Mutex::default(),
        }
    }

    pub(super) fn log(&self, what: &str) {
        self.log.lock().unwrap().push(what.into());
    }

    /// Lets something happen so many seconds from now.
    pub(super) fn after(&self, seconds: u64, happens: impl FnOnce() + Send + 'static) {
        let at = self.clock.monotonic() + Duration::from_secs(seconds);
        self.clock.happenings.lock().unwrap().push((at, Box::new(happens)));
    }

    pub(super) fn place(&self) -> Place {
        self.cluster.place.clone()
    }

    pub(super) fn fleet(&self) -> Arc<Fleet> {
        now(self.demo.observe(&Scope::Complete)).unwrap();
        now(self.demo.observe(&Scope::Cluster(self.cluster.clone()))).unwrap()
    }

    pub(super) fn actions(&self) -> Actions {
        now(self.demo.actions(&self.place(), &self.source)).unwrap()
    }

    pub(super) fn weights(&self) -> Vec<u32> {
        self.actions().iter().flat_map(Action::weights).map(|(_, weight)| weight).collect()
    }

    /// How many calls took effect.
    pub(super) fn applied(&self) -> usize {
        self.demo.sent().iter().filter(|sent| sent.applied).count()
    }

    /// Somebody else writes these weights now.
    pub(super) fn meddling(&self, weights: &[i32]) -> Foreign {
        Foreign::Actions { source: self.source.clone(), actions: reweighted(&self.actions(), weights) }
    }

    /// Notes a call that would leave too little: it must be healthy where traffic goes.
    fn watch_the_floor(&self, call: &Call) {
        let facts = self.demo.facts();
        let actions = if call.source().is_some() { call.actions().clone() } else { self.actions() };
        let healthy: usize = actions
            .iter()
            .flat_map(Action::weights)
            .filter(|(_, weight)| *weight > 0)
            .filter_map(|(arn, _)| facts.iter().find_map(|facts| facts.target_health.get(&arn)))
            .flat_map(|seen| &seen.value)
            .filter(|target| target.state == TargetState::Healthy)
            .count();
        if healthy < self.floor.max(1) {
            self.below.lock().unwrap().push(format!("{call:?} leaves {healthy} healthy targets"));
        }
    }

    /// From now on a group is to keep so many healthy targets, whenever it is looked at.
    pub(super) fn keep(&self, group: &GroupName, healthy: usize) {
        *self.kept.lock().unwrap() = Some((group.clone(), healthy));
    }

    /// Notes a moment at which the group that is to be kept had too little.
    fn watch_the_group(&self) {
        let kept = self.kept.lock().unwrap().clone();
        let Some((name, least)) = kept else { return };
        let facts = self.demo.facts();
        let groups = facts.iter().filter_map(|facts| facts.groups.as_ref()).flat_map(|seen| &seen.value);
        let arns: Vec<_> =
            groups.filter(|group| group.name == name).flat_map(|group| &group.target_groups).collect();
        let healthy = facts
            .iter()
            .flat_map(|facts| arns.iter().filter_map(|arn| facts.target_health.get(*arn)))
            .flat_map(|seen| &seen.value)
            .filter(|target| target.state == TargetState::Healthy)
            .count();
        if healthy < least {
            let at = self.clock.monotonic();
            self.below.lock().unwrap().push(format!("{healthy} healthy in {name} at {at:?}, not {least}"));
        }
    }

    /// Nothing was ever sent that left too little.
    pub(super) fn assert_never_below_the_floor(&self) {
        let below: MutexGuard<'_, Vec<String>> = self.below.lock().unwrap();
        assert!(below.is_empty(), "{below:?}");
        for sent in self.demo.sent().iter().filter(|sent| sent.call.source().is_some()) {
            let total: u32 =
                sent.call.actions().iter().flat_map(Action::weights).map(|(_, weight)| weight).sum();
            assert!(total > 0, "all weights 0: {sent:?}");
        }
    }

    /// What the store of bookkeeping tells.
    pub(super) fn claims(&self) -> Vec<Claim> {
        now(read_claims(&*self.demo, &self.place())).unwrap()
    }

    pub(super) fn history(&self, home: &Home) -> History {
        home.journal
            .lock()
            .unwrap()
            .history()
            .clone()
            .with_claims(self.claims())
            .seen_by(home.session.clone())
    }

    pub(super) fn to(&self, percent: u8, steps: Option<Stepped>) -> Intent {
        Intent::Shift {
            cluster: self.cluster.clone(),
            to: GroupName::new(format!("{}-green", self.cluster.name.raw())),
            percent: Percent::new(percent).unwrap(),
            steps,
            source: None,
        }
    }

    pub(super) fn back(&self) -> Intent {
        Intent::Rollback { cluster: self.cluster.clone(), of: None, source: None }
    }

    pub(super) fn plan(&self, home: &Home, intent: &Intent) -> Result<Plan, Refusal> {
        plan(intent, &self.fleet(), &self.history(home), &self.policy, self.clock.now())
    }

    pub(super) fn approve(&self, home: &Home, plan: Plan, overrides: &[&str]) -> ApprovedPlan {
        self.approve_because(home, plan, overrides, Some("incident 7"))
    }

    pub(super) fn approve_because(
        &self,
        home: &Home,
        plan: Plan,
        overrides: &[&str],
        reason: Option<&str>,
    ) -> ApprovedPlan {
        let approval = Approval {
            phrase: plan.confirm.phrase.clone(),
            reason: reason.map(Into::into),
            overrides: overrides.iter().map(ToString::to_string).collect(),
            who: home.who.clone(),
        };
        plan.approve(approval, self.clock.now()).unwrap()
    }

    /// Plans, approves and runs.
    pub(super) fn run(&self, home: &Home, intent: &Intent) -> Outcome {
        let plan = self.plan(home, intent).unwrap_or_else(|refusal| panic!("{refusal}"));
        let approved = self.approve(home, plan, &[]);
        self.execute(home, approved).expect("it is not cut off")
    }

    /// Runs what was approved; `None` where it was cut off.
    pub(super) fn execute(&self, home: &Home, approved: ApprovedPlan) -> Option<Outcome> {
        self.execute_knowing(home, approved, &self.claims())
    }

    /// The same, where other cockpits told this when the plan was made.
    pub(super) fn execute_knowing(
        &self,
        home: &Home,
        approved: ApprovedPlan,
        claims: &[Claim],
    ) -> Option<Outcome> {
        let wires = Wires { site: self, home };
        let ports = Ports {
            observer: &wires,
            operator: &wires,
            register: Some(&wires),
            journal: &home.journal,
            clock: &wires,
            helm: &home.helm,
            company: &Company::default(),
            session: &home.session,
            claims,
        };
        let mut tell = |progress: Progress| home.told.lock().unwrap().push(progress);
        let run = pin!(execute(approved, ports, &self.policy, Until::Settled, &mut tell));
        match run.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => {
                assert!(home.fuse.is_dead(), "only a run that was cut off stays where it is");
                None
            }
        }
    }

    /// Runs it and cuts it off at the nth thing that it writes or sends.
    pub(super) fn cut_off(
        &self,
        home: &Home,
        approved: ApprovedPlan,
        nth: usize,
        side: Side,
    ) -> Option<Outcome> {
        *home.fuse.blows.lock().unwrap() = Some((nth, side));
        self.execute(home, approved)
    }
}

impl Fuse {
    /// How many things were written or sent.
    pub(super) fn touched(&self) -> usize {
        self.touched.load(Ordering::SeqCst)
    }
}

pub(super) fn reweighted(actions: &Actions, weights: &[i32]) -> Actions {
    let mut actions = actions.clone();
    for action in &mut actions {
        let tuples = action.forward_config.iter_mut().flat_map(|config| &mut config.target_groups);
        for (tuple, weight) in tuples.zip(weights) {
            tuple.weight = Some(*weight);
        }
    }
    actions
}

/// Shares of green, and the time each is watched.
pub(super) fn steps(shares: &[u8], bake: u64) -> Stepped {
    Stepped { at: shares.iter().filter_map(|share| Percent::new(*share)).collect(), bake }
}

/// Looks at a future that does not wait.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    use futures_util::FutureExt as _;
    future.now_or_never().expect("the simulated fleet answers at once")
}
