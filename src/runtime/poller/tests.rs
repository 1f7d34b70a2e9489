//! The clock is paused and runs ahead whenever everybody waits: minutes of looking take no time.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::{sleep, timeout};

use super::*;
use crate::fleet::{Identity, Place};
use crate::plan::{Resource, State};
use crate::provider::{Entries, EntryName};
use crate::runtime::cycle::Arrival;

/// A cloud that takes its time, and fails when told to.
struct Slow {
    began: Instant,
    takes: Duration,
    /// The same for one cluster.
    cluster_takes: Duration,
    /// How many looks from now on fail, and how.
    fails: Mutex<(u32, FailureKind)>,
    /// The second from which it is another account that answers what is asked from then on.
    moves: u64,
    /// What every look sees, where nothing ever changes.
    still: Option<Arc<Fleet>>,
    /// Second and scope of each look as it begins; `late` where its answer came.
    log: Mutex<Vec<String>>,
}

impl Slow {
    fn new(takes: u64) -> Arc<Self> {
        Arc::new(Self {
            began: clock::monotonic(),
            takes: Duration::from_secs(takes),
            cluster_takes: Duration::from_secs(takes),
            fails: Mutex::new((0, FailureKind::Unreachable)),
            moves: u64::MAX,
            still: None,
            log: Mutex::default(),
        })
    }

    fn failing(times: u32, kind: FailureKind) -> Arc<Self> {
        let cloud = Self::new(0);
        *cloud.fails.lock().unwrap() = (times, kind);
        cloud
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn note(&self, what: &str) {
        let second = self.began.elapsed().as_secs();
        self.log.lock().unwrap().push(format!("{second} {what}"));
    }
}

#[async_trait]
impl Observer for Slow {
    async fn identity(&self) -> Result<Identity, Failure> {
        Err(failure(FailureKind::Unsupported))
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        let what = match scope {
            Scope::Complete => "everything".to_owned(),
            Scope::Background { first } if first.is_empty() => "background".to_owned(),
            Scope::Background { first } => format!("background, {} first", first[0].name),
            Scope::Cluster(id) | Scope::Traffic(id) => id.name.to_string(),
        };
        self.note(&what);
        let account = if self.began.elapsed().as_secs() < self.moves { "1" } else { "2" };
        let takes = if matches!(scope, Scope::Cluster(_)) { self.cluster_takes } else { self.takes };
        sleep(takes).await;
        if takes > Duration::ZERO {
            self.note(&format!("{what} answered"));
        }
        let mut fails = self.fails.lock().unwrap();
        if fails.0 > 0 {
            fails.0 -= 1;
            return Err(failure(fails.1));
        }
        if let Some(fleet) = &self.still {
            return Ok(Arc::clone(fleet));
        }
        let identity = Identity { account: account.into(), arn: "arn:aws:iam::1:user/ann".into() };
        Ok(Arc::new(Fleet { identity: Some(identity), ..Fleet::empty(Timestamp::UNIX_EPOCH) }))
    }

    async fn state(&self, _place: &Place, _resource: &Resource) -> Result<State, Failure> {
        Err(failure(FailureKind::Unsupported))
    }

    async fn entries(&self, _place: &Place, _names: &[EntryName]) -> Result<Entries, Failure> {
        Ok(Entries { server_time: None, found: std::collections::BTreeMap::new() })
    }

    async fn entries_under(&self, _place: &Place, _prefix: &EntryName) -> Result<Entries, Failure> {
        Ok(Entries { server_time: None, found: std::collections::BTreeMap::new() })
    }

    fn calls_last_minute(&self) -> u32 {
        0
    }
}

fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, "observe", "no answer", "wait")
}

fn cluster(name: &str) -> ClusterId {
    ClusterId { place: Place { account: "1".into(), region: "eu-west-1".into() }, name: name.into() }
}

fn closely(names: &[&str]) -> Ask {
    let closely = names.iter().map(|name| cluster(name)).collect();
    Ask::Watch(Watch { first: Vec::new(), closely })
}

/// Polls for so many seconds and tells the poller things meanwhile, each after a time from the one before.
async fn poll(
    cloud: &Arc<Slow>,
    seconds: u64,
    asks: Vec<(u64, Ask)>,
) -> (watch::Receiver<Option<Arc<Fleet>>>, u32) {
    let (ask, asked) = mpsc::unbounded_channel();
    let (newest, seen) = watch::channel(None);
    let (queue, mut arrivals) = mpsc::channel(1000);
    let observer: Arc<dyn Observer> = cloud.clone();
    let poller =
        Poller::new(observer, Duration::from_secs(10), asked, newest, mpsc::unbounded_channel().0, queue);
    let tell = async {
        for (after, what) in asks {
            sleep(Duration::from_secs(after)).await;
            ask.send(what).unwrap();
        }
        pending::<()>().await;
    };
    let both = async { tokio::join!(poller.run(), tell) };
    assert!(timeout(Duration::from_secs(seconds), both).await.is_err(), "a poller never ends by itself");
    let mut troubles = 0;
    while let Ok(arrival) = arrivals.try_recv() {
        assert!(matches!(arrival, Arrival::Message(Message::ObserveFailed(_))), "{arrival:?}");
        troubles += 1;
    }
    (seen, troubles)
}

#[tokio::test(start_paused = true)]
async fn everything_is_looked_at_first_and_then_what_the_budget_allows() {
    let cloud = Slow::new(0);
    let watch = Ask::Watch(Watch { first: vec![cluster("orders")], closely: [].into() });
    let (seen, troubles) = poll(&cloud, 35, vec![(15, watch)]).await;
    assert_eq!(
        cloud.log(),
        ["0 everything", "10 background", "20 background, orders first", "30 background, orders first"]
    );
    assert!(seen.borrow().is_some());
    assert_eq!(troubles, 0);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_saw_nothing_new_is_handed_on_only_after_a_failure() {
    let still = Some(Arc::new(Fleet::empty(Timestamp::UNIX_EPOCH)));
    let cloud = Arc::new(Slow { still, ..Arc::into_inner(Slow::new(0)).unwrap() });
    let (_ask, asked) = mpsc::unbounded_channel();
    let (newest, mut seen) = watch::channel(None);
    let (queue, _arrivals) = mpsc::channel(1000);
    let poller = Poller::new(
        cloud.clone(),
        Duration::from_secs(10),
        asked,
        newest,
        mpsc::unbounded_channel().0,
        queue,
    );
    let watched = async {
        seen.changed().await.unwrap();
        sleep(Duration::from_secs(15)).await;
        assert!(!seen.has_changed().unwrap());
        *cloud.fails.lock().unwrap() = (1, FailureKind::Unreachable);
        sleep(Duration::from_secs(10)).await;
        assert!(seen.has_changed().unwrap());
        assert_eq!(cloud.log(), ["0 everything", "10 background", "20 background", "22 background"]);
    };
    tokio::select! {
        () = poller.run() => panic!("a poller never ends by itself"),
        () = watched => {}
    }
}

#[tokio::test(start_paused = true)]
async fn the_timer_never_starts_a_look_while_one_is_under_way() {
    let cloud = Slow::new(25);
    poll(&cloud, 60, vec![]).await;
    assert_eq!(
        cloud.log(),
        [
            "0 everything",
            "25 everything answered",
            "25 background",
            "50 background answered",
            "50 background"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn observing_now_gives_up_a_smaller_look_which_never_answers() {
    let cloud = Slow::new(6);
    poll(&cloud, 20, vec![(12, Ask::Look(Scope::Complete))]).await;
    assert_eq!(
        cloud.log(),
        ["0 everything", "6 everything answered", "10 background", "12 everything", "18 everything answered"]
    );
}

#[tokio::test(start_paused = true)]
async fn observing_now_waits_for_a_look_at_everything_that_is_under_way() {
    let cloud = Slow::new(6);
    poll(&cloud, 15, vec![(3, Ask::Look(Scope::Complete))]).await;
    assert_eq!(cloud.log(), ["0 everything", "6 everything answered", "10 background"]);
}

#[tokio::test(start_paused = true)]
async fn another_account_gives_up_what_was_asked_of_the_one_before() {
    let slow = Arc::into_inner(Slow::new(8)).unwrap();
    let cloud = Arc::new(Slow { moves: 11, cluster_takes: Duration::from_secs(4), ..slow });
    let (seen, _) = poll(&cloud, 19, vec![(12, closely(&["orders"]))]).await;
    let mut log = cloud.log();
    // What begins together begins in any order.
    log[5..].sort();
    assert_eq!(
        log,
        [
            "0 everything",
            "8 everything answered",
            "10 background",
            "12 orders",
            "16 orders answered",
            "16 everything",
            "16 orders"
        ]
    );
    assert_eq!(seen.borrow().as_ref().unwrap().identity.as_ref().unwrap().account, "2".into());
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_and_tried_again_later_and_later() {
    let cloud = Slow::failing(6, FailureKind::Unreachable);
    let (seen, troubles) = poll(&cloud, 100, vec![]).await;
    let log = cloud.log();
    let tries: Vec<&str> = log.iter().filter_map(|line| line.strip_suffix(" everything")).collect();
    assert_eq!(tries, ["0", "2", "6", "14", "30", "60", "90"]);
    assert!(seen.borrow().is_some());
    assert_eq!(troubles, 6);
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_person_is_tried_again_every_half_a_minute() {
    let cloud = Slow::failing(2, FailureKind::NoCredentials);
    poll(&cloud, 65, vec![]).await;
    assert_eq!(cloud.log(), ["0 everything", "30 everything", "60 everything"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_observing_now_does_not_wait() {
    let cloud = Slow::failing(5, FailureKind::Unreachable);
    poll(&cloud, 21, vec![(20, Ask::Look(Scope::Complete))]).await;
    assert_eq!(cloud.log().last().unwrap(), "20 everything");
}

#[tokio::test(start_paused = true)]
async fn what_is_planned_is_looked_at_closely_whatever_else_is_under_way() {
    let cloud = Slow::new(7);
    poll(&cloud, 16, vec![(1, closely(&["orders"])), (9, closely(&[]))]).await;
    let begun: Vec<String> = cloud.log().into_iter().filter(|line| !line.ends_with("answered")).collect();
    assert_eq!(begun, ["0 everything", "1 orders", "8 orders", "10 background"]);
}

#[tokio::test(start_paused = true)]
async fn facts_of_what_is_planned_never_get_older_than_a_guard_takes() {
    let cloud = Slow::new(0);
    poll(&cloud, 10, vec![(1, closely(&["orders", "web"]))]).await;
    let of = |name: &str| {
        let log = cloud.log();
        log.iter().filter_map(|line| line.strip_suffix(name)?.trim().parse().ok()).collect::<Vec<u64>>()
    };
    assert_eq!(of("orders"), [1, 5, 9]);
    assert_eq!(of("web"), [1, 5, 9]);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_asked_for_once_is_looked_at_once_also_after_the_look_under_way() {
    let cloud = Slow::new(2);
    let once = || Ask::Look(Scope::Cluster(cluster("orders")));
    poll(&cloud, 9, vec![(3, once()), (1, once())]).await;
    let orders: Vec<String> = cloud.log().into_iter().filter(|line| line.ends_with("orders")).collect();
    assert_eq!(orders, ["3 orders", "5 orders"]);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_left_the_fleet_is_no_trouble() {
    let cloud = Slow::new(0);
    let (_, troubles) = {
        *cloud.fails.lock().unwrap() = (0, FailureKind::NotFound);
        let later = Arc::clone(&cloud);
        let polled = poll(&cloud, 9, vec![(2, Ask::Look(Scope::Cluster(cluster("orders"))))]);
        let vanish = async move {
            sleep(Duration::from_secs(1)).await;
            later.fails.lock().unwrap().0 = 1;
        };
        tokio::join!(polled, vanish).0
    };
    assert_eq!(cloud.log(), ["0 everything", "2 orders"]);
    assert_eq!(troubles, 0);
}

#[test]
fn attempts_come_at_most_half_a_minute_apart() {
    assert_eq!(retry_after(1), FIRST_RETRY);
    assert_eq!(retry_after(u32::MAX), LONGEST_RETRY);
}
