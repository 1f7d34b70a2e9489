//! Works tasks off: page by page, many at once within a limit, each finished answer into what is kept.
//!
//! A failed task leaves a gap and stops nothing else. What nobody may read, or the endpoint does not know, is asked
//! once and not once for each of its things; credentials that fail and an endpoint that is not there end the look.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;

use super::factory::Clients;
use super::kept::Kept;
use super::needs;
use super::task::{Answer, FILTER, Reply, Task, ask};
use super::trouble::Trouble;
use crate::fleet::{Region, Section};
use crate::provider::{Clock, Failure, FailureKind};

/// Calls in flight at once in one region: under what EC2 refills in a second, and enough to hide latency.
const AT_ONCE: usize = 16;

/// Failures to connect without a single answer after which a region is given up for this look.
const GIVE_UP: usize = 3;

/// A task on its way: what its pages told so far.
#[derive(Debug)]
pub(super) struct Walk {
    began: Timestamp,
    answer: Option<Answer>,
    next: Option<String>,
    tokens: HashSet<String>,
    odd: usize,
}

/// Tasks on their way.
pub(super) type Walks = HashMap<Task, Walk>;

/// How a look at one region went.
#[derive(Default, Debug)]
pub(super) struct Report {
    /// Calls that told something.
    pub(super) told: usize,
    /// Calls that AWS answered, be it with a refusal.
    pub(super) answered: usize,
    /// The first failure.
    pub(super) failure: Option<Failure>,
    /// The failure that ended the look: nothing else can succeed either.
    pub(super) ended: Option<Failure>,
    /// AWS asked for fewer calls.
    pub(super) throttled: bool,
    /// Sections that may not be read, or that the endpoint does not know.
    pub(super) closed: HashSet<Section>,
    connections_failed: usize,
    asked: HashSet<Task>,
    /// Sections of which something could be read.
    open: HashSet<Section>,
    /// Sections that are being tried with one thing first.
    trying: HashSet<Section>,
}

impl Report {
    /// Whether it makes sense to ask for more of a section.
    pub(super) fn may_go_on(&self, section: Section) -> bool {
        self.ended.is_none() && !self.closed.contains(&section)
    }

    /// Takes the next task from the queue. Of a section of which nothing was read yet only one thing is tried at
    /// first: where it may not be read, it is not asked for a hundred times.
    fn next(&mut self, queue: &mut VecDeque<Task>) -> Option<Task> {
        queue.retain(|task| task.resolves() || !self.closed.contains(&task.section()));
        let ready = queue.iter().position(|task| {
            task.about().is_none()
                || self.open.contains(&task.section())
                || !self.trying.contains(&task.section())
        })?;
        let task = queue.remove(ready)?;
        if task.about().is_some() && !self.open.contains(&task.section()) {
            self.trying.insert(task.section());
        }
        Some(task)
    }
}

/// Looks at one region.
pub(super) struct Look<'a> {
    pub(super) clients: &'a Clients,
    pub(super) region: &'a Region,
    pub(super) kept: &'a Mutex<Kept>,
    pub(super) clock: &'a dyn Clock,
    /// Calls that may still be made; `None`: as many as it takes.
    pub(super) allowance: Option<&'a AtomicU32>,
    /// Whether what a list leads to is asked for too.
    pub(super) follow: bool,
}

impl Look<'_> {
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works off the tasks, those that were not worked off before in this look.
    pub(super) async fn work(&self, tasks: Vec<Task>, walks: &mut Walks, report: &mut Report) {
        let mut queue: VecDeque<Task> = VecDeque::new();
        add(&mut queue, tasks, report);
        let mut calls = FuturesUnordered::new();
        loop {
            while calls.len() < AT_ONCE
                && report.ended.is_none()
                && let Some(task) = report.next(&mut queue)
            {
                if !self.may_call() {
                    queue.clear();
                    break;
                }
                let began = self.clock.now();
                let walk = walks.entry(task.clone()).or_insert_with(|| Walk::new(began));
                let token = walk.next.clone();
                calls.push(async move {
                    let reply = ask(self.clients, self.region, &task, token).await;
                    (task, reply)
                });
            }
            let Some((task, reply)) = calls.next().await else { return };
            report.trying.remove(&task.section());
            match reply {
                Ok(reply) => {
                    report.told += 1;
                    report.answered += 1;
                    report.open.insert(task.section());
                    self.take(task, reply, walks, &mut queue, report);
                }
                Err(trouble) => {
                    walks.remove(&task);
                    self.fail(&task, &trouble, &mut queue, report);
                }
            }
            if report.ended.is_some() {
                return;
            }
        }
    }

    fn may_call(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.allowance
            .is_none_or(|left| left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok())
    }

    /// Takes a page: asks for the next one first of all, or hands over the whole.
    fn take(
        &self,
        task: Task,
        reply: Reply,
        walks: &mut Walks,
        queue: &mut VecDeque<Task>,
        report: &mut Report,
    ) {
        let Some(mut walk) = walks.remove(&task) else { return };
        let next = reply.next.clone();
        walk.add(reply);
        match next {
            Some(token) if walk.tokens.insert(token.clone()) => {
                walk.next = Some(token);
                walks.insert(task.clone(), walk);
                queue.push_front(task);
            }
            again => {
                let mut kept = self.kept();
                if let Some(answer) = walk.answer {
                    kept.take_in(&task, answer, walk.began);
                }
                if again.is_some() {
                    let why = "AWS gives the same page over and over: the list is incomplete";
                    kept.note(&task, &Failure::new(FailureKind::Other, "read a list", why, ""), false);
                } else if walk.odd > 0 {
                    let why = format!("{} entries came without what identifies them", walk.odd);
                    kept.note(&task, &Failure::new(FailureKind::Other, "read a list", why, ""), false);
                }
                if self.follow {
                    let next = needs::after(&kept, &task);
                    drop(kept);
                    add(queue, next, report);
                }
            }
        }
    }

    fn fail(&self, task: &Task, trouble: &Trouble, queue: &mut VecDeque<Task>, report: &mut Report) {
        let failure = &trouble.failure;
        report.failure.get_or_insert_with(|| failure.clone());
        report.answered += usize::from(!matches!(
            trouble.kind(),
            FailureKind::Unreachable | FailureKind::TimedOut | FailureKind::NoCredentials
        ));
        match trouble.kind() {
            FailureKind::NoCredentials | FailureKind::Expired | FailureKind::Configuration => {
                report.ended = Some(failure.clone());
            }
            FailureKind::Unreachable | FailureKind::TimedOut => {
                report.connections_failed += 1;
                if report.answered == 0 && report.connections_failed >= GIVE_UP {
                    report.ended = Some(failure.clone());
                }
            }
            FailureKind::Throttled => {
                report.throttled = true;
                if self.allowance.is_some() {
                    queue.clear();
                }
            }
            FailureKind::Denied | FailureKind::Unsupported if !task.resolves() => {
                report.closed.insert(task.section());
                self.kept().note(task, failure, true);
                return;
            }
            FailureKind::NotFound => {
                self.kept().drop_one(task);
                let others = instead(task);
                if !others.is_empty() {
                    add(queue, others, report);
                    return;
                }
            }
            _ => {}
        }
        self.kept().note(task, failure, false);
    }
}

/// Another way to ask where one of many things that were named is not there any more, and the whole call failed.
fn instead(task: &Task) -> Vec<Task> {
    match task {
        Task::InstancesById(ids) => {
            ids.chunks(FILTER).map(|ids| Task::InstancesFiltered(ids.to_vec())).collect()
        }
        Task::TargetGroupsByArn(_) => vec![Task::TargetGroups],
        Task::Versions(template, numbers) => match numbers.as_slice() {
            [first, .., last] => vec![Task::VersionsBetween(template.clone(), *first, *last)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn add(queue: &mut VecDeque<Task>, tasks: Vec<Task>, report: &mut Report) {
    queue.extend(tasks.into_iter().filter(|task| report.asked.insert(task.clone())));
}

impl Walk {
    fn new(began: Timestamp) -> Self {
        Self { began, answer: None, next: None, tokens: HashSet::new(), odd: 0 }
    }

    fn add(&mut self, reply: Reply) {
        self.odd += reply.odd;
        match &mut self.answer {
            Some(answer) => answer.extend(reply.answer),
            None => self.answer = Some(reply.answer),
        }
    }
}
