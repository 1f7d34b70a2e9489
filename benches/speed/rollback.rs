//! From the confirmed phrase of a rollback to its request: what the program itself takes, the journal's disk included.
//!
//! The simulated fleet answers at once, so no waiting for AWS is in it; what its own looks take is.

use std::sync::Mutex;
use std::time::Instant;

use async_trait::async_trait;
use flightdeck::engine::{Company, Helm, Journal, Ports, Until, execute};
use flightdeck::fleet::{Place, Scope};
use flightdeck::plan::{
    Approval, ApprovedPlan, Call, History, Intent, OperationId, Policy, Receipt, SessionId, Who, plan,
};
use flightdeck::provider::demo::Demo;
use flightdeck::provider::{Clock, Failure, Observer, Operator};
use flightdeck::runtime::journal::JournalFile;
use futures_util::FutureExt as _;

use super::measure::{Runs, Times, Told, demo, now, row};

const TIMES: usize = 50;

/// The wire: notes when a request arrives.
struct Wire<'a> {
    demo: &'a Demo,
    arrived: Mutex<Option<Instant>>,
}

#[async_trait]
impl Operator for Wire<'_> {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        self.arrived.lock().expect("one thread").get_or_insert_with(now);
        self.demo.apply(place, call).await
    }
}

pub fn run(instances: usize, runs: Runs) {
    let times: Option<Vec<_>> = (0..runs.of(TIMES)).map(|_| once(instances)).collect();
    match times {
        Some(times) => row("a rollback, from its phrase to its request", instances, &Times::new(times)),
        None => println!("a rollback: nothing can be rolled back"),
    }
}

/// Shifts something in a world of its own, and takes the time of going back.
fn once(instances: usize) -> Option<std::time::Duration> {
    let clock = Told::new();
    let demo = demo(instances, &clock);
    let home = tempfile::tempdir().ok()?;
    let journal = Journal::open(Box::new(JournalFile::to_write(home.path()).ok()?)).ok()?;
    let journal = Mutex::new(journal);
    let fleet = demo.observe(&Scope::Complete).now_or_never()?.ok()?;
    let moved = fleet.clusters.iter().find_map(|cluster| {
        let shifts = cluster.groups.iter().filter_map(|group| {
            Some(Intent::Shift {
                cluster: cluster.id.clone(),
                to: group.id.name.clone(),
                percent: "50".parse().ok()?,
                steps: None,
                source: None,
            })
        });
        shifts.into_iter().find_map(|intent| {
            let approved = approved(&intent, &demo, &clock, &History::default())?;
            carry_out(approved, &demo, &clock, &journal)?;
            Some((cluster.id.clone(), journal.lock().ok()?.history().records().first()?.operation.clone()))
        })
    });
    let (cluster, operation): (_, OperationId) = moved?;
    clock.pass(60);
    let history = journal.lock().ok()?.history().clone();
    let intent = Intent::Rollback { cluster, of: Some(operation), source: None };
    let approved = approved(&intent, &demo, &clock, &history)?;
    let begin = now();
    Some(carry_out(approved, &demo, &clock, &journal)?.duration_since(begin))
}

fn approved(intent: &Intent, demo: &Demo, clock: &Told, history: &History) -> Option<ApprovedPlan> {
    let fleet = demo.observe(&Scope::Cluster(intent.cluster().clone())).now_or_never()?.ok()?;
    let plan = plan(intent, &fleet, history, &Policy::default(), clock.now()).ok()?;
    let approval = Approval {
        phrase: plan.confirm.phrase.clone(),
        reason: None,
        overrides: Vec::new(),
        who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
    };
    plan.approve(approval, clock.now()).ok()
}

/// Runs it until it reads back, and tells when its request arrived.
fn carry_out(approved: ApprovedPlan, demo: &Demo, clock: &Told, journal: &Mutex<Journal>) -> Option<Instant> {
    let wire = Wire { demo, arrived: Mutex::default() };
    let ports = Ports {
        observer: demo,
        operator: &wire,
        register: Some(demo),
        journal,
        clock,
        helm: &Helm::default(),
        company: &Company::default(),
        session: &SessionId::new("session-1"),
        claims: &[],
    };
    execute(approved, ports, &Policy::default(), Until::ReadBack, &mut |_| {}).now_or_never()?;
    wire.arrived.into_inner().ok()?
}
