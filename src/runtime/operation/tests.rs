//! Operations on the simulated fleet, on a paused clock.

use super::*;
use crate::app::Message;
use crate::fleet::{Cluster, Fleet, Naming, Scope};
use crate::plan::{Approval, Event, History, Intent, Policy, Steer, Truth, Who, plan};
use crate::provider::demo::{Demo, Options};
use crate::runtime::cycle::Arrival;
use crate::runtime::running::Running;
use crate::runtime::testing::Paused;

struct Site {
    demo: Arc<Demo>,
    hangar: Hangar,
    arrivals: mpsc::Receiver<Arrival>,
    home: tempfile::TempDir,
}

impl Site {
    /// A calm simulated fleet and an empty home.
    fn new(may_write: bool) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Paused::new());
        let options = Options { lively: false, ..Options::default() };
        let demo = Arc::new(Demo::new(options, Naming::default(), Arc::clone(&clock)));
        let home = tempfile::tempdir().unwrap();
        let (queue, arrivals) = mpsc::channel(1000);
        let hangar = Hangar {
            observer: demo.clone(),
            operator: may_write.then(|| demo.clone() as Arc<dyn Operator>),
            register: may_write.then(|| demo.clone() as Arc<dyn Register>),
            session: SessionId::new("session-1"),
            company: Arc::default(),
            ledger: Arc::new(Ledger::new(home.path().join("state"), !may_write)),
            policy: Arc::default(),
            clock,
            queue,
            asks: mpsc::unbounded_channel().0,
        };
        Self { demo, hangar, arrivals, home }
    }

    async fn fleet(&self) -> Arc<Fleet> {
        self.demo.observe(&Scope::Complete).await.unwrap()
    }

    /// Approved plans that move one side of so many clusters to 20 %.
    async fn plans(&self, count: usize) -> Vec<ApprovedPlan> {
        let fleet = self.fleet().await;
        let at = self.hangar.clock.now();
        let plans = fleet.clusters.iter().filter_map(|cluster| shift(cluster, &fleet, at));
        let plans: Vec<ApprovedPlan> = plans.take(count).collect();
        assert_eq!(plans.len(), count, "so many clusters of the demo can be shifted");
        plans
    }

    /// Everything that was told, and how each operation ended.
    fn told(&mut self) -> (Vec<Truth>, Vec<Outcome>, usize) {
        let (mut truths, mut ends, mut records) = (Vec::new(), Vec::new(), 0);
        while let Ok(arrival) = self.arrivals.try_recv() {
            match arrival {
                Arrival::Message(Message::Progress(progress)) => {
                    assert!(ends.is_empty(), "nothing is told after the end");
                    truths.push(progress.truth);
                }
                Arrival::Message(Message::Ended { outcome, .. }) => ends.push(outcome),
                other => panic!("{other:?}"),
            }
            records = self.hangar.ledger.history().records().len();
        }
        truths.dedup();
        (truths, ends, records)
    }
}

fn shift(cluster: &Cluster, fleet: &Fleet, at: jiff::Timestamp) -> Option<ApprovedPlan> {
    let approve = |to: &crate::fleet::GroupName| {
        let percent = "20".parse().unwrap();
        let intent =
            Intent::Shift { cluster: cluster.id.clone(), to: to.clone(), percent, steps: None, source: None };
        let plan = plan(&intent, fleet, &History::default(), &Policy::default(), at).ok()?;
        let who = Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() };
        let approval =
            Approval { phrase: plan.confirm.phrase.clone(), reason: None, overrides: Vec::new(), who };
        plan.approve(approval, at).ok()
    };
    cluster.groups.iter().find_map(|group| approve(&group.id.name))
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_told_step_by_step_until_it_has_settled() {
    let mut site = Site::new(true);
    let plan = site.plans(1).await.remove(0);
    site.hangar.clone().run(plan, Arc::default()).await;
    let (truths, ends, records) = site.told();
    assert_eq!(truths, [Truth::Wanted, Truth::Written, Truth::ReadBack, Truth::Settled]);
    assert!(matches!(&ends[..], [Outcome::Done { .. }]), "{ends:?}");
    let events: Vec<Event> =
        site.hangar.ledger.history().records().iter().map(|record| record.event).collect();
    assert_eq!(
        events,
        [Event::Started, Event::Intended, Event::Applied, Event::ReadBack, Event::Settled, Event::Done]
    );
    assert_eq!(records, 6, "the screens see every record");
    assert_eq!(site.demo.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_operations_run_at_once_and_their_records_are_one_whole_chain() {
    let mut site = Site::new(true);
    let mut plans = site.plans(2).await;
    let (first, second) = (plans.remove(0), plans.remove(0));
    let begun = site.hangar.clock.now();
    tokio::join!(
        site.hangar.clone().run(first, Arc::default()),
        site.hangar.clone().run(second, Arc::default())
    );
    let both = site.hangar.clock.now().duration_since(begun);
    assert!(both.as_secs() < 60, "one after the other they would settle in more than {both:?}");
    assert_eq!(site.demo.sent().len(), 2);
    let Site { hangar, home, .. } = &mut site;
    assert_eq!(hangar.ledger.history().records().len(), 12);
    let again = Ledger::new(home.path().join("state"), true);
    assert!(again.open().is_empty(), "nothing is damaged");
    assert_eq!(again.history().records().len(), 12);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_left_sends_nothing_more_and_the_journal_says_why() {
    let site = Site::new(true);
    let plan = site.plans(1).await.remove(0);
    let operation = plan.plan().id.clone();
    let running = Running::new(Arc::clone(&site.hangar.ledger));
    running.add(
        operation.clone(),
        Arc::default(),
        tokio::runtime::Handle::current().spawn(site.hangar.clone().run(plan, Arc::default())),
    );
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    running.leave("flightdeck ended here: ended by SIGTERM".to_owned(), site.hangar.clock.now()).await;
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    site.hangar.ledger.catch_up();
    let history = site.hangar.ledger.history();
    let last = history.records().last().unwrap();
    assert_eq!((last.event, &last.operation), (Event::Held, &operation));
    assert_eq!(last.result.as_deref(), Some("flightdeck ended here: ended by SIGTERM"));
    assert_eq!(history.records().iter().filter(|record| record.event == Event::Held).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_read_only_session_sends_nothing_whatever_was_approved() {
    let mut site = Site::new(false);
    let plan = site.plans(1).await.remove(0);
    site.hangar.clone().run(plan, Arc::default()).await;
    let (truths, ends, records) = site.told();
    assert!(matches!(&ends[..], [Outcome::Refused { why, .. }] if why == READ_ONLY), "{ends:?}");
    assert!(truths.is_empty() && records == 0 && site.demo.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_to_write_nothing_is_sent_and_the_reason_is_told() {
    let mut site = Site::new(true);
    let first = Ledger::new(site.home.path().join("state"), false);
    assert!(first.open().is_empty());
    let plan = site.plans(1).await.remove(0);
    site.hangar.clone().run(plan, Arc::default()).await;
    let (_, ends, _) = site.told();
    assert!(
        matches!(&ends[..], [Outcome::Refused { why, .. }] if why.contains("another flightdeck (process ")),
        "{ends:?}"
    );
    assert!(site.demo.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_told_to_hold_stops_where_it_is_and_gives_the_lease_back() {
    let mut site = Site::new(true);
    let plan = site.plans(1).await.remove(0);
    let (operation, place) = (plan.plan().id.clone(), plan.plan().place());
    let (running, helm) = (Running::new(Arc::clone(&site.hangar.ledger)), Arc::<Helm>::default());
    let run = site.hangar.clone().run(plan, Arc::clone(&helm));
    running.add(operation.clone(), helm, tokio::runtime::Handle::current().spawn(run));
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let claims = engine::read_claims(&*site.demo, &place).await.unwrap();
    assert!(claims.iter().any(|claim| claim.operation == operation && claim.is_alive()), "{claims:?}");
    running.steer(&operation, Steer::Hold);
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let (_, ends, _) = site.told();
    assert!(matches!(&ends[..], [Outcome::Held { .. }]), "{ends:?}");
    let claims = engine::read_claims(&*site.demo, &place).await.unwrap();
    assert!(claims.iter().all(|claim| claim.operation != operation || !claim.is_alive()), "{claims:?}");
    assert_eq!(site.demo.sent().len(), 1, "nothing is sent after it was told");
}
