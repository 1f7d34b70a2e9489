//! What ten refreshes at once ask of AWS while this program follows them: the real engine on the simulated fleet, by a
//! clock that goes to whatever is due next.
//!
//! Counted as the AWS room sends it: a group's state is two requests (`DescribeAutoScalingGroups`,
//! `DescribeInstanceRefreshes`), a lease is proven or renewed by one. A look at a whole cluster is told apart.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;
use flightdeck::engine::{Company, Helm, Journal, Ports, Until, execute};
use flightdeck::fleet::{Fleet, Identity, Naming, Place, Scope};
use flightdeck::plan::{
    Approval, ApprovedPlan, Call, History, Intent, Knobs, Outcome, Policy, Receipt, RefreshTo, Resource,
    SessionId, State, Who, plan,
};
use flightdeck::provider::demo::{Demo, Options};
use flightdeck::provider::{Clock, Created, Entries, EntryName, Failure, Observer, Operator, Register};
use flightdeck::runtime::journal::JournalFile;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

/// Operations at once.
const AT_ONCE: usize = 10;

/// When the refreshes are all under way.
const BEGUN: Duration = Duration::from_mins(2);

/// As long as is counted.
const COUNTED: Duration = Duration::from_mins(10);

/// Requests of one read of a group.
const OF_A_GROUP: u32 = 2;

/// A clock that goes to what is due next when nobody has anything else to do.
#[derive(Default)]
struct Due {
    passed: Mutex<Duration>,
    sleepers: Mutex<BTreeMap<(Duration, usize), Waker>>,
    named: AtomicUsize,
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Due {
    /// Goes on to the next moment at which somebody wakes. `false`: nobody sleeps.
    fn go_on(&self) -> bool {
        let Some(((at, _), waker)) = open(&self.sleepers).pop_first() else { return false };
        let mut passed = open(&self.passed);
        *passed = at.max(*passed);
        drop(passed);
        waker.wake();
        true
    }
}

#[async_trait]
impl Clock for Due {
    fn now(&self) -> Timestamp {
        let begin = Timestamp::from_second(1_760_000_000).unwrap_or_default();
        begin.saturating_add(SignedDuration::try_from(self.monotonic()).unwrap_or_default()).unwrap_or(begin)
    }

    fn monotonic(&self) -> Duration {
        *open(&self.passed)
    }

    async fn sleep(&self, time: Duration) {
        let until = self.monotonic().saturating_add(time);
        let name = self.named.fetch_add(1, Ordering::Relaxed);
        poll_fn(|context| {
            if self.monotonic() >= until {
                return Poll::Ready(());
            }
            open(&self.sleepers).insert((until, name), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// The wire to the simulated fleet, with a meter in it.
struct Metered {
    demo: Demo,
    clock: Arc<Due>,
    /// When, what, and by how many requests; a look is by none that is known.
    told: Mutex<Vec<(Duration, &'static str, u32)>>,
}

impl Metered {
    fn count(&self, what: &'static str, requests: u32) {
        open(&self.told).push((self.clock.monotonic(), what, requests));
    }
}

#[async_trait]
impl Observer for Metered {
    async fn identity(&self) -> Result<Identity, Failure> {
        self.count("identity", 1);
        self.demo.identity().await
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        self.count("looks", 0);
        self.demo.observe(scope).await
    }

    async fn state(&self, place: &Place, resource: &Resource) -> Result<State, Failure> {
        self.count("groups", OF_A_GROUP);
        self.demo.state(place, resource).await
    }

    async fn entries(&self, place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        self.count("leases", 1);
        self.demo.entries(place, names).await
    }

    async fn entries_under(&self, place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        self.count("leases", 1);
        self.demo.entries_under(place, prefix).await
    }

    fn calls_last_minute(&self) -> u32 {
        self.demo.calls_last_minute()
    }
}

#[async_trait]
impl Operator for Metered {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        self.count("changes", 1);
        self.demo.apply(place, call).await
    }
}

#[async_trait]
impl Register for Metered {
    async fn create(&self, place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure> {
        self.count("leases", 1);
        self.demo.create(place, name, value).await
    }

    async fn put(&self, place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure> {
        self.count("leases", 1);
        self.demo.put(place, name, value).await
    }

    async fn delete(&self, place: &Place, name: &EntryName) -> Result<(), Failure> {
        self.count("leases", 1);
        self.demo.delete(place, name).await
    }
}

/// Whether anybody was woken since the last time.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub fn run(instances: usize) {
    let clock = Arc::new(Due::default());
    let options = Options { instances, lively: false, ..Options::default() };
    let demo = Demo::new(options, Naming::default(), clock.clone());
    let metered = Metered { demo, clock: Arc::clone(&clock), told: Mutex::default() };
    let refreshes = refreshes(&metered);
    if refreshes.len() < AT_ONCE {
        return println!("{AT_ONCE} refreshes at once: only {} can be planned", refreshes.len());
    }
    let Some((_home, journal)) = journal() else { return println!("there is no place for a journal") };
    open(&metered.told).clear();
    let (company, helm) = (Company::default(), Helm::default());
    let (session, policy) = (SessionId::new("session-1"), Policy::default());
    let ports = Ports {
        observer: &metered,
        operator: &metered,
        register: Some(&metered),
        journal: &journal,
        clock: &*clock,
        helm: &helm,
        company: &company,
        session: &session,
        claims: &[],
    };
    let ended = Mutex::new(Vec::new());
    let runs = refreshes.into_iter().map(|approved| async {
        let outcome = execute(approved, ports, &policy, Until::Settled, &mut |_| {}).await;
        open(&ended).push((clock.monotonic(), outcome));
    });
    let mut all = pin!(join_all(runs));
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    while clock.monotonic() < BEGUN + COUNTED {
        if all.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            break;
        }
        while !bell.0.swap(false, Ordering::Relaxed) && clock.go_on() {}
    }
    for (at, outcome) in open(&ended).iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Done { .. })) {
        println!("one ended after {} s: {outcome:?}", at.as_secs());
    }
    tell(&open(&metered.told), open(&ended).iter().map(|(at, _)| *at).min());
}

/// Refreshes of as many clusters, approved.
fn refreshes(metered: &Metered) -> Vec<ApprovedPlan> {
    let Some(Ok(fleet)) = metered.demo.observe(&Scope::Complete).now_or_never() else { return Vec::new() };
    let at = metered.clock.now();
    let of_cluster = fleet.clusters.iter().filter_map(|cluster| {
        cluster.groups.iter().find_map(|group| {
            let intent = Intent::Refresh {
                cluster: cluster.id.clone(),
                group: group.id.name.clone(),
                to: RefreshTo::Version(1),
                // As slow as real instances are.
                knobs: Knobs { warmup: Some(600), skip_matching: Some(false), ..Knobs::default() },
            };
            let plan = plan(&intent, &fleet, &History::default(), &Policy::default(), at).ok()?;
            let approval = Approval {
                phrase: plan.confirm.phrase.clone(),
                reason: None,
                overrides: Vec::new(),
                who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
            };
            plan.approve(approval, at).ok()
        })
    });
    of_cluster.take(AT_ONCE).collect()
}

fn journal() -> Option<(tempfile::TempDir, Mutex<Journal>)> {
    let home = tempfile::tempdir().ok()?;
    let journal = Journal::open(Box::new(JournalFile::to_write(home.path()).ok()?)).ok()?;
    Some((home, Mutex::new(journal)))
}

/// Requests a minute from when all are under way, by what they are for, and the most in any minute of them.
fn tell(told: &[(Duration, &'static str, u32)], first_end: Option<Duration>) {
    let until = first_end.unwrap_or(BEGUN + COUNTED);
    let counted: Vec<_> = told.iter().filter(|(at, ..)| *at >= BEGUN && *at < until).collect();
    let minutes = until.saturating_sub(BEGUN).as_secs_f64() / 60.0;
    let mut by_kind: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, what, requests) in &counted {
        *by_kind.entry(what).or_default() += (*requests).max(1);
    }
    let within = |begin: Duration| {
        let minute = counted.iter().filter(|(at, ..)| *at >= begin && *at < begin + Duration::from_mins(1));
        minute.map(|(.., requests)| requests).sum::<u32>()
    };
    let most = counted.iter().map(|(at, ..)| within(*at)).max().unwrap_or(0);
    let kinds: Vec<String> = (by_kind.iter())
        .map(|(what, requests)| format!("{what} {:.1}", f64::from(*requests) / minutes))
        .collect();
    println!(
        "{AT_ONCE} refreshes at once, for {minutes:.0} min: {} requests a minute; {most} in the fullest minute",
        kinds.join(", ")
    );
}
