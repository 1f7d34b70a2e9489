//! A cluster that asks for two persons.

use super::*;
use crate::engine::Desk;
use crate::engine::second::approve;
use crate::fleet::ClusterSelector;
use crate::plan::{Asked, ClusterPolicy, Course};

fn careful() -> Policy {
    let selector = ClusterSelector { name: "orders".into(), account: None, region: None };
    let own = ClusterPolicy { two_people: true, ..ClusterPolicy::default() };
    Policy { clusters: vec![(selector, own)], ..Policy::default() }
}

fn confirmed(cloud: &Cloud) -> ApprovedPlan {
    let plan = plan(&shift(25), &cloud.fleet(), &History::default(), &careful(), read_at()).unwrap();
    let approval = Approval {
        phrase: plan.confirm.phrase.clone(),
        reason: None,
        overrides: Vec::new(),
        who: Who { principal: "arn:aws:iam::1:user/ann".into(), host: "laptop".into() },
    };
    plan.approve(approval, read_at()).unwrap()
}

fn run_careful(cloud: &Cloud, approved: ApprovedPlan) -> (Outcome, History) {
    let (outcome, history, _) = run_told(cloud, approved);
    (outcome, history)
}

fn run_told(cloud: &Cloud, approved: ApprovedPlan) -> (Outcome, History, Vec<Course>) {
    let mut told = Vec::new();
    let journal = journal(cloud, None);
    let ports = Ports {
        observer: cloud,
        operator: cloud,
        register: Some(cloud),
        journal: &journal,
        clock: cloud,
        helm: &Helm::default(),
        company: &Company::default(),
        session: &SessionId::new("session-1"),
        claims: &[],
    };
    let policy = careful();
    let mut tell = |progress: Progress| told.push(progress.course);
    let outcome = block_on(execute(approved, ports, &policy, Until::ReadBack, &mut tell));
    let history = journal.lock().unwrap().history().clone();
    (outcome, history, told)
}

#[test]
fn without_a_second_person_nothing_is_sent_for_an_hour_and_then_it_is_refused() {
    let cloud = Cloud::new(orders(90, 10));
    let (outcome, history, told) = run_told(&cloud, confirmed(&cloud));
    assert!(told.iter().all(|course| *course == Course::Unapproved), "{told:?}");
    let Outcome::Refused { why, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(why, "no second person approved it within 60 min");
    assert_eq!(cloud.writes(), 0);
    assert!(history.records().is_empty());
    assert!(cloud.entered(|_| true).found.is_empty(), "nothing is left lying about");
}

#[test]
fn with_the_yes_of_another_person_it_runs_and_the_journal_names_both() {
    let cloud = Cloud::new(orders(90, 10));
    let approved = confirmed(&cloud);
    let ann = approved.approval().who.clone();
    let bob = Who { principal: "arn:aws:iam::1:user/bob".into(), host: "desktop".into() };
    let asked = Asked {
        plan: Box::new(approved.plan().clone()),
        who: ann.clone(),
        reason: None,
        overrides: Vec::new(),
        asked_at: read_at(),
        approved_by: None,
    };
    let desk = Desk { observer: &cloud, register: &cloud, clock: &cloud };
    block_on(approve(desk, &asked, &bob, &asked.plan.confirm.phrase)).unwrap();
    let (outcome, history) = run_careful(&cloud, approved);
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(cloud.weights(), [75, 25]);
    let started = &history.records()[0];
    assert_eq!((started.event, &started.who), (Event::Started, &ann));
    assert_eq!(started.result.as_deref(), Some("approved by arn:aws:iam::1:user/bob on desktop"));
}
