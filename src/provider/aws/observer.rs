//! Looks at AWS: four scopes of looking over what is kept between looks.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::future::join_all;

use super::bookkeeping::{self, AwsRegister};
use super::builds;
use super::connection::Connection;
use super::due::{BUDGET, Background, CLAIMS};
use super::factory::{Clients, Factory, Lane, Settings};
use super::groups;
use super::images;
use super::instances;
use super::kept::Kept;
use super::look::{Look, Report, Walks};
use super::meter::{Login, Meter};
use super::needs::{self, Part, Parts};
use super::operator::AwsOperator;
use super::target_groups;
use super::task::Task;
use super::templates;
use super::traffic;
use super::wall::Wall;
use super::watching;
use crate::fleet::{
    AccountId, ClusterId, Cursor, Fleet, Identity, Naming, Place, Region, Scope, Tail, assemble,
};
use crate::plan::{BuildKey, Resource, State};
use crate::provider::{Clock, Entries, EntryName, Failure, FailureKind, Observer};

/// AWS, as one session sees it.
pub struct Aws {
    connection: Arc<Connection>,
    naming: Naming,
    /// Calls that somebody waits for.
    asked: Meter,
    /// Looks in the background: these have the budget, but for what is left to claims.
    idle: Meter,
    /// Reads of what other cockpits do.
    claims: Meter,
    known: Mutex<Known>,
    background: tokio::sync::Mutex<Background>,
}

/// What is known of the account.
#[derive(Default)]
struct Known {
    who: Option<(Option<Login>, Identity)>,
    kept: BTreeMap<Region, Arc<Mutex<Kept>>>,
    fleet: Option<Arc<Fleet>>,
}

/// One region of a look.
struct At {
    region: Region,
    clients: Clients,
    kept: Arc<Mutex<Kept>>,
}

impl Aws {
    /// A session that is pointed somewhere. Nothing is asked, and nothing read, before the first look.
    pub fn new(settings: Settings, naming: Naming, clock: Arc<dyn Clock>) -> Self {
        Self::over(Connection::new(settings, clock), naming)
    }

    pub(super) fn over(connection: Connection, naming: Naming) -> Self {
        let meter = || Meter::new(Arc::clone(&connection.clock));
        Self {
            naming,
            asked: meter(),
            idle: meter(),
            claims: meter(),
            known: Mutex::default(),
            background: tokio::sync::Mutex::default(),
            connection: Arc::new(connection),
        }
    }

    /// The operator over the same connection. A read-only session never calls this.
    pub fn operator(&self) -> AwsOperator {
        AwsOperator::new(Arc::clone(&self.connection))
    }

    /// The register over the same connection. A read-only session never calls this.
    pub fn register(&self) -> AwsRegister {
        AwsRegister::new(Arc::clone(&self.connection))
    }

    /// The clients that read bookkeeping. They have a part of the budget; what they take beyond it, looks spare.
    async fn bookkeeping(&self, place: &Place) -> Result<Clients, Failure> {
        let factory = self.connection.factory().await?;
        Ok(factory.clients_behind(Wall::Reads, &place.region, Lane::Bookkeeping, &self.claims))
    }

    /// An answer, with a failed login forgotten.
    async fn remembered<T>(&self, answer: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &answer {
            self.connection.forget_after(failure).await;
        }
        answer
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meter(&self, lane: Lane) -> &Meter {
        if lane == Lane::Idle { &self.idle } else { &self.asked }
    }

    async fn prove(&self, factory: &Factory, lane: Lane) -> Result<Identity, Failure> {
        let region = factory.home();
        let clients = factory.clients(region, lane, self.meter(lane));
        let identity = self.connection.who(&clients, region).await?;
        let login = self.meter(lane).login();
        let mut known = self.known();
        if known.who.as_ref().is_some_and(|(_, before)| before.account != identity.account) {
            // Another account: nothing of what was seen is true any more.
            known.kept.clear();
            known.fleet = None;
        }
        known.who = Some((login, identity.clone()));
        Ok(identity)
    }

    /// Who we are, proven anew only where the login changed.
    async fn who(&self, factory: &Factory, lane: Lane) -> Result<Identity, Failure> {
        let known = self.known().who.clone();
        match known {
            Some((login, identity))
                if [&self.asked, &self.idle, &self.claims]
                    .iter()
                    .all(|m| m.login().is_none() || m.login() == login) =>
            {
                Ok(identity)
            }
            _ => self.prove(factory, lane).await,
        }
    }

    fn regions(&self, factory: &Factory, account: &AccountId, lane: Lane) -> Vec<At> {
        let mut known = self.known();
        let at = |region: &Region| At {
            region: region.clone(),
            clients: factory.clients(region, lane, self.meter(lane)),
            kept: Arc::clone(
                known
                    .kept
                    .entry(region.clone())
                    .or_insert_with(|| Arc::new(Mutex::new(Kept::new(account.clone(), region.clone())))),
            ),
        };
        factory.regions().iter().map(at).collect()
    }

    async fn look(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        let factory = self.connection.factory().await?;
        let fleet = self.known().fleet.clone();
        match (scope, fleet) {
            (Scope::Background { first }, Some(fleet)) => {
                let identity = self.who(&factory, Lane::Idle).await?;
                let at = self.regions(&factory, &identity.account, Lane::Idle);
                self.in_background(&at, &fleet, first).await?;
                Ok(self.assembled(identity, &at))
            }
            (Scope::Cluster(id), Some(_)) if id.family().is_some() => {
                let identity = self.who(&factory, Lane::Asked).await?;
                let at = self.regions(&factory, &identity.account, Lane::Asked);
                self.at_images(&at, &id.place.region).await?;
                Ok(self.assembled(identity, &at))
            }
            (Scope::Cluster(id), Some(fleet)) if fleet.cluster(id).is_some() => {
                let identity = self.who(&factory, Lane::Asked).await?;
                let at = self.regions(&factory, &identity.account, Lane::Asked);
                self.at_cluster(&at, &fleet, id).await?;
                Ok(self.assembled(identity, &at))
            }
            (Scope::Traffic(id), Some(fleet)) if fleet.cluster(id).is_some() => {
                let identity = self.who(&factory, Lane::Asked).await?;
                let at = self.regions(&factory, &identity.account, Lane::Asked);
                self.at_traffic(&at, &fleet, id).await?;
                Ok(self.assembled(identity, &at))
            }
            _ => {
                let identity = self.who(&factory, Lane::Asked).await?;
                let at = self.regions(&factory, &identity.account, Lane::Asked);
                self.completely(&at).await?;
                Ok(self.assembled(identity, &at))
            }
        }
    }

    fn walker<'a>(&'a self, at: &'a At) -> Look<'a> {
        Look {
            clients: &at.clients,
            region: &at.region,
            kept: &at.kept,
            clock: &*self.connection.clock,
            allowance: None,
            follow: true,
        }
    }

    async fn completely(&self, at: &[At]) -> Result<(), Failure> {
        let reports = join_all(at.iter().map(|at| async {
            let look = self.walker(at);
            look.kept().forget_gaps();
            let (mut walks, mut report) = (Walks::new(), Report::default());
            look.work(Task::LISTS.to_vec(), &mut walks, &mut report).await;
            // While a zone is disrupted the list fails, and the ids of sound zones work [ec2: DescribeInstances].
            let missed = look.kept().facts.instances.is_none() && report.may_go_on(Task::Instances.section());
            if missed {
                let tasks = {
                    let kept = look.kept();
                    needs::by_zone(&kept, &needs::members(&kept, Part::All))
                };
                look.work(tasks, &mut walks, &mut report).await;
            }
            let tasks = needs::versions(&look.kept(), Part::All);
            look.work(tasks, &mut walks, &mut report).await;
            let tasks = needs::image_tasks(needs::foreign_images(&look.kept()));
            look.work(tasks, &mut walks, &mut report).await;
            if let Some(failure) = &report.ended {
                let mut kept = look.kept();
                for list in &Task::LISTS {
                    kept.note(list, failure, true);
                }
            }
            report
        }))
        .await;
        // A look in the background that is under way finds out by itself.
        if let Ok(mut background) = self.background.try_lock() {
            let now = self.connection.clock.now();
            for (at, report) in at.iter().zip(&reports) {
                background.close(&at.region, report.closed.iter().copied(), now);
            }
        }
        judged(&reports, |report| report.told)
    }

    async fn at_cluster(&self, at: &[At], fleet: &Fleet, id: &ClusterId) -> Result<(), Failure> {
        let Some(at) = at.iter().find(|at| at.region == id.place.region) else { return Ok(()) };
        let Some(cluster) = fleet.cluster(id) else { return Ok(()) };
        let parts = Parts::of(cluster);
        let look = self.walker(at);
        let (mut walks, mut report) = (Walks::new(), Report::default());
        let mut tasks = parts.tasks();
        tasks.extend(watching::tasks(&self.naming.watched(id), cluster, self.connection.clock.now()));
        look.work(tasks, &mut walks, &mut report).await;
        for next in [Parts::instances, Parts::versions, Parts::images] {
            let tasks = next(&parts, &look.kept());
            look.work(tasks, &mut walks, &mut report).await;
        }
        judged(&[report], |report| report.told)
    }

    /// The images of a region: those the account owns, and those that the fleet names.
    async fn at_images(&self, at: &[At], region: &Region) -> Result<(), Failure> {
        let Some(at) = at.iter().find(|at| at.region == *region) else { return Ok(()) };
        let look = self.walker(at);
        let (mut walks, mut report) = (Walks::new(), Report::default());
        look.work(vec![Task::OwnImages], &mut walks, &mut report).await;
        let tasks = needs::image_tasks(needs::foreign_images(&look.kept()));
        look.work(tasks, &mut walks, &mut report).await;
        judged(&[report], |report| report.told)
    }

    async fn at_traffic(&self, at: &[At], fleet: &Fleet, id: &ClusterId) -> Result<(), Failure> {
        let Some(at) = at.iter().find(|at| at.region == id.place.region) else { return Ok(()) };
        let Some(cluster) = fleet.cluster(id) else { return Ok(()) };
        let (mut walks, mut report) = (Walks::new(), Report::default());
        self.walker(at).work(Parts::of(cluster).traffic(), &mut walks, &mut report).await;
        judged(&[report], |report| report.told)
    }

    async fn in_background(&self, at: &[At], fleet: &Fleet, first: &[ClusterId]) -> Result<(), Failure> {
        let mut background = self.background.lock().await;
        let clock = &*self.connection.clock;
        let parts = |region: &Region, only: Option<&[ClusterId]>| {
            let here = fleet.clusters.iter().filter(|cluster| cluster.id.place.region == *region);
            Parts::together(
                here.filter(|cluster| only.is_none_or(|only| only.contains(&cluster.id))).map(Parts::of),
            )
        };
        let interest: Vec<(Parts, Parts)> =
            at.iter().map(|at| (parts(&at.region, Some(first)), parts(&at.region, None))).collect();
        while !background.is_paused(clock.now()) {
            let left = BUDGET.saturating_sub(self.idle.spent() + self.claims.spent().max(CLAIMS));
            let now = clock.now();
            let mut due: Vec<(f64, usize, Task)> = Vec::new();
            for (n, (at, (screen, clusters))) in at.iter().zip(&interest).enumerate() {
                let kept = at.kept.lock().unwrap_or_else(PoisonError::into_inner);
                let tasks = background.due(&at.region, &kept, screen, clusters, now);
                due.extend(tasks.into_iter().map(|(score, task)| (score, n, task)));
            }
            due.sort_by(|a, b| b.0.total_cmp(&a.0));
            due.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            if due.is_empty() {
                return Ok(());
            }
            let allowance = AtomicU32::new(left);
            let mut rounds: Vec<(&At, Vec<Task>, Walks)> = Vec::new();
            for (n, at) in at.iter().enumerate() {
                let tasks: Vec<Task> =
                    due.iter().filter(|(_, of, _)| *of == n).map(|(.., task)| task.clone()).collect();
                background.try_now(&at.region, &tasks, now);
                rounds.push((at, tasks, background.walks.remove(&at.region).unwrap_or_default()));
            }
            let allowance = &allowance;
            let ends = join_all(rounds.into_iter().map(|(at, tasks, mut walks)| async move {
                let look = Look { allowance: Some(allowance), follow: false, ..self.walker(at) };
                let mut report = Report::default();
                look.work(tasks, &mut walks, &mut report).await;
                (at, walks, report)
            }))
            .await;
            let mut reports = Vec::new();
            for (at, walks, report) in ends {
                background.walks.insert(at.region.clone(), walks);
                background.close(&at.region, report.closed.iter().copied(), now);
                reports.push(report);
            }
            background.throttled(reports.iter().any(|report| report.throttled), clock.now());
            judged(&reports, |report| report.answered)?;
        }
        Ok(())
    }

    /// The whole fleet as it is known now.
    fn assembled(&self, identity: Identity, at: &[At]) -> Arc<Fleet> {
        let mut kept: Vec<MutexGuard<'_, Kept>> =
            at.iter().map(|at| at.kept.lock().unwrap_or_else(PoisonError::into_inner)).collect();
        let facts: Vec<_> = kept.iter_mut().map(|kept| kept.lend()).collect();
        let fleet = Arc::new(assemble(&facts, &self.naming, Some(identity), self.connection.clock.now()));
        for (kept, facts) in kept.iter_mut().zip(facts) {
            kept.give_back(facts);
        }
        drop(kept);
        let mut known = self.known();
        let proven = known.who.as_ref().map(|(_, identity)| &identity.account);
        // A look that began under another account ends without a trace.
        if proven == fleet.identity.as_ref().map(|identity| &identity.account) {
            known.fleet = Some(Arc::clone(&fleet));
        }
        fleet
    }
}

/// Fails where there was nothing (of what is counted), or the login ran out. One region of several that does not
/// answer, or that is not enabled, is a gap.
fn judged(reports: &[Report], counted: impl Fn(&Report) -> usize) -> Result<(), Failure> {
    let mut failures = reports.iter().filter_map(|report| report.ended.as_ref().or(report.failure.as_ref()));
    let nothing = reports.iter().all(|report| counted(report) == 0);
    let expired = failures.clone().find(|failure| failure.kind == FailureKind::Expired);
    match expired.or(failures.next().filter(|_| nothing)) {
        Some(failure) => Err(failure.clone()),
        None => Ok(()),
    }
}

#[async_trait]
impl Observer for Aws {
    async fn identity(&self) -> Result<Identity, Failure> {
        let proven = async { self.prove(&self.connection.factory().await?, Lane::Asked).await }.await;
        if let Err(failure) = &proven {
            self.connection.forget_after(failure).await;
        }
        proven
    }

    async fn places(&self) -> Result<Vec<Place>, Failure> {
        let factory = self.connection.factory().await?;
        let Identity { account, .. } = self.who(&factory, Lane::Asked).await?;
        let place = |region: &Region| Place { account: account.clone(), region: region.clone() };
        Ok(factory.regions().iter().map(place).collect())
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        let seen = self.look(scope).await;
        if let Err(failure) = &seen {
            self.connection.forget_after(failure).await;
        }
        seen
    }

    async fn state(&self, place: &Place, resource: &Resource) -> Result<State, Failure> {
        let factory = self.connection.factory().await?;
        let (region, meter) = (&place.region, &self.asked);
        let clients = factory.clients(region, Lane::Asked, meter);
        let found = match resource {
            Resource::Source(source) => traffic::read(&clients, place, source).await.map(State::Actions),
            Resource::Group(name) => groups::read(&clients, region, name).await.map(State::Group),
            Resource::TargetGroup(name) => {
                target_groups::read(&clients, region, name).await.map(State::TargetGroup)
            }
            Resource::Template(id) => templates::read(&clients, region, id).await.map(State::Template),
            Resource::Instance(id) => instances::read(&clients, region, id).await.map(State::Instance),
            Resource::Image(id) => images::read(&clients, region, id).await.map(State::Image),
            Resource::Build(key) => builds::read(&clients, region, key).await.map(State::Build),
        };
        self.remembered(found).await
    }

    async fn entries(&self, place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        let clients = self.bookkeeping(place).await?;
        self.remembered(bookkeeping::named(&clients, &place.region, names).await).await
    }

    async fn entries_under(&self, place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        let clients = self.bookkeeping(place).await?;
        self.remembered(bookkeeping::under(&clients, &place.region, prefix).await).await
    }

    async fn follow(&self, place: &Place, build: &BuildKey, from: &Cursor) -> Result<Tail, Failure> {
        let factory = self.connection.factory().await?;
        let clients = factory.clients(&place.region, Lane::Asked, &self.asked);
        self.remembered(builds::follow(&clients, &place.region, build, from).await).await
    }

    fn calls_last_minute(&self) -> u32 {
        let meters = [&self.asked, &self.idle, &self.claims, &self.connection.writes];
        meters.iter().map(|meter| meter.last_minute()).sum()
    }
}

#[cfg(test)]
mod tests;
