//! What a verb works with: settings, a provider, a clock, the journal.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;

use super::args::Global;
use super::documents;
use super::exit::End;
use crate::app::screens::matching;
use crate::app::{Fields, Filter, Observation, Subject};
use crate::config::{self, Environment, Flags, Settings};
use crate::drift::{self, judge};
use crate::engine::{Journal, read_claims};
use crate::fleet::{ClusterId, ClusterName, Fleet, Gap, Identity, Place, Scope};
use crate::plan::{Claim, History, Refusal, find_cluster};
use crate::provider::demo::{self, Demo};
use crate::provider::{Clock, Observer, Operator, Register};
use crate::runtime::cockpit::Cloud;
use crate::runtime::files::read_text;
use crate::runtime::ignores;
use crate::runtime::journal::JournalFile;
use crate::runtime::{self, clock::RealClock};

/// One run of the program.
pub(super) struct Session {
    pub settings: Settings,
    /// Whether the fleet is a simulated one, made anew for this run.
    pub demo: bool,
    clock: Arc<RealClock>,
    tokio: tokio::runtime::Runtime,
    observer: Arc<dyn Observer>,
    /// Never made where the session is read-only.
    operator: Option<Arc<dyn Operator>>,
    register: Option<Arc<dyn Register>>,
}

/// One look with what was judged of it.
pub(super) struct Observed {
    pub observation: Observation,
    pub history: History,
}

/// What `--cluster` and `--filter` leave to be told of: the rows that the Fleet screen would show.
pub(super) struct Selection(Option<BTreeSet<Subject>>);

impl Selection {
    /// These rows alone.
    pub fn of(rows: impl IntoIterator<Item = Subject>) -> Self {
        Self(Some(rows.into_iter().collect()))
    }

    /// Whether nothing is left to be told of.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Whether this cluster is told of.
    pub fn has(&self, cluster: &ClusterId) -> bool {
        self.0.as_ref().is_none_or(|rows| rows.contains(&Subject::Cluster(cluster.clone())))
    }

    /// Whether instances in no group of this place are told of.
    pub fn has_ungrouped(&self, place: &Place) -> bool {
        self.0.as_ref().is_none_or(|rows| rows.contains(&Subject::Ungrouped(place.clone())))
    }
}

/// What `--cluster` and `--filter` leave of records and operations.
pub(super) struct RowSelection<'a> {
    cluster: Option<&'a str>,
    filter: Filter,
}

impl RowSelection<'_> {
    /// Whether a row about this cluster is told of.
    pub fn has(&self, cluster: &ClusterId, row: &dyn Fields) -> bool {
        let named = |wanted: &str| {
            let ClusterId { place, name } = cluster;
            wanted == name.raw() || wanted == format!("{}@{}", name.raw(), place.region.raw())
        };
        self.cluster.is_none_or(named) && self.filter.matches(row)
    }
}

/// What `--cluster` and `--filter` leave of rows that need no look at the fleet.
pub(super) fn row_selection(settings: &Settings) -> Result<RowSelection<'_>, End> {
    let filter = Filter::parse(settings.filter.as_deref().unwrap_or_default())
        .map_err(|why| End::Usage(format!("--filter: {why}")))?;
    Ok(RowSelection { cluster: settings.cluster.as_ref().map(ClusterName::raw), filter })
}

impl Session {
    /// Points at a cloud; nothing is asked of it yet.
    pub fn new(global: &Global, settings: Settings) -> Result<Self, End> {
        let clock = Arc::new(RealClock);
        let Cloud { observer, operator, register } = provider(global, &settings, &clock)?();
        let tokio =
            runtime::machine::tasks().map_err(|error| End::Error(format!("cannot start: {error}")))?;
        Ok(Self { settings, demo: global.demo, clock, tokio, observer, operator, register })
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub fn observer(&self) -> &dyn Observer {
        self.observer.as_ref()
    }

    /// Waits for something to be done.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.tokio.block_on(future)
    }

    /// Writes what other cockpits read, where there is such a store.
    pub fn register(&self) -> Option<&dyn Register> {
        self.register.as_deref()
    }

    /// What can change things.
    pub fn operator(&self) -> Result<Arc<dyn Operator>, End> {
        self.operator.clone().ok_or_else(|| {
            End::Refused(Refusal::new(
                "this session is read-only: nothing in it can write",
                "run it without --read-only, and without read_only in the configuration",
            ))
        })
    }

    pub fn identity(&self) -> Result<Identity, End> {
        Ok(self.wait(self.observer.identity())?)
    }

    pub fn look(&self, scope: &Scope) -> Result<Arc<Fleet>, End> {
        Ok(self.wait(self.observer.observe(scope))?)
    }

    /// Observes everything, judges it, and reads the journal.
    pub fn observe(&self) -> Result<Observed, End> {
        let fleet = self.look(&Scope::Complete)?;
        let judgement = Arc::new(self.judge(&fleet));
        let history = self.history();
        let observation = Observation::new(fleet, judgement, &history, &self.settings.plan, self.now());
        Ok(Observed { observation, history })
    }

    /// Judges a look.
    pub fn judge(&self, fleet: &Fleet) -> drift::Judgement {
        judge(fleet, &self.drift(), self.now())
    }

    /// What is judged: what the configuration says, without what the screen ignores.
    fn drift(&self) -> drift::Policy {
        let mut policy = self.settings.drift.clone();
        match ignores::read(&self.settings.state) {
            Ok(ignores) => policy.ignores.extend(ignores),
            Err(why) => documents::tell(&format!("no finding is ignored from the screen: {why}")),
        }
        policy
    }

    /// The places that are watched.
    pub fn places(&self) -> Result<Vec<Place>, End> {
        Ok(self.wait(self.observer.places())?)
    }

    /// What colleagues wrote down in these places. Where it cannot be read that is said, and the journal has to do.
    pub fn claims(&self, places: &[Place]) -> Vec<Claim> {
        let mut claims = Vec::new();
        let places = if self.settings.plan.keeps_leases() { places } else { &[] };
        for place in places {
            match self.wait(read_claims(self.observer(), place)) {
                Ok(found) => claims.extend(found),
                Err(failure) => documents::tell(&format!(
                    "what others do in {place} is not known: {failure}; only the own journal tells of operations there"
                )),
            }
        }
        claims
    }

    /// What the journal tells. Looking goes on without it, and says so: only what a rollback restores hangs on it.
    pub fn history(&self) -> History {
        match journal_to_read(&self.settings) {
            Ok(journal) => {
                tell_damage(&journal);
                journal.history().clone()
            }
            Err(end) => {
                documents::tell(&format!("{end}; nothing tells what was before"));
                History::default()
            }
        }
    }

    /// What is to be told of.
    ///
    /// # Errors
    /// No cluster of that name, or a filter that cannot be read.
    pub fn selection(&self, observed: &Observed) -> Result<Selection, End> {
        let observation = &observed.observation;
        let cluster = self.settings.cluster.as_ref().map(|name| find_cluster(&observation.fleet, name.raw()));
        let cluster = cluster.transpose()?.map(|cluster| &cluster.id);
        let filter = Filter::parse(self.settings.filter.as_deref().unwrap_or_default())
            .map_err(|why| End::Usage(format!("--filter: {why}")))?;
        if cluster.is_none() && filter.is_empty() {
            return Ok(Selection(None));
        }
        let rows = matching(observation, &filter).map(|summary| &summary.subject);
        Ok(Selection(Some(
            rows.filter(|row| cluster.is_none() || row.cluster() == cluster).cloned().collect(),
        )))
    }

    /// What `--cluster` and `--filter` leave of rows that need no look at the fleet.
    ///
    /// # Errors
    /// A filter that cannot be read.
    pub fn row_selection(&self) -> Result<RowSelection<'_>, End> {
        row_selection(&self.settings)
    }

    /// The journal, as its one writer.
    pub fn journal_to_write(&self) -> Result<Journal, End> {
        let file = JournalFile::to_write(&self.settings.state).map_err(|error| {
            Refusal::new(
                format!("nothing is sent, because the journal cannot be written: {error}"),
                "one cockpit writes at a time; mend the state folder or close the other one",
            )
        })?;
        Journal::open(Box::new(file)).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &io::Error) -> End {
    End::Error(format!("the journal cannot be read: {error}"))
}

/// Reads flags, environment and configuration.
pub(super) fn settings(global: &Global) -> Result<Settings, End> {
    let mut settings = config::load(&Flags::from(global), &Environment::read(), &read_text)
        .map_err(|mistakes| End::Error(mistakes.to_string()))?;
    if global.demo {
        // Simulated changes are no part of the record of real ones.
        settings.state = settings.state.join("demo");
        settings.plan.clusters.extend(demo::watched_clusters());
        settings.naming.watched = settings.plan.watched();
        settings.plan.recipes.extend(demo::recipes());
    }
    Ok(settings)
}

/// The journal, to be read; another cockpit may be writing it.
pub(super) fn journal_to_read(settings: &Settings) -> Result<Journal, End> {
    let file = JournalFile::to_read(&settings.state, "this run only reads the journal");
    file.map_err(|error| End::Error(error.to_string()))
        .and_then(|file| Journal::open(Box::new(file)).map_err(|error| unreadable(&error)))
}

/// Sets a provider up. A simulated fleet of many instances takes its time.
pub(super) type Open = Box<dyn FnOnce() -> Cloud + Send>;

/// Finds the provider that is meant; a read-only session gets nothing that could write.
pub(super) fn provider(global: &Global, settings: &Settings, clock: &Arc<RealClock>) -> Result<Open, End> {
    if !global.demo {
        return real_provider(settings, clock);
    }
    let defaults = demo::Options::default();
    let options = demo::Options {
        seed: global.seed.unwrap_or(defaults.seed),
        instances: global.demo_instances.unwrap_or(defaults.instances),
        ..defaults
    };
    let (naming, clock, may_write) = (settings.naming.clone(), clock.clone(), !settings.read_only.is_on());
    Ok(Box::new(move || {
        let demo = Arc::new(Demo::new(options, naming, clock));
        Cloud {
            observer: demo.clone(),
            operator: may_write.then(|| demo.clone() as Arc<dyn Operator>),
            register: may_write.then_some(demo as Arc<dyn Register>),
        }
    }))
}

#[cfg(feature = "aws")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature there is no such provider")]
fn real_provider(settings: &Settings, clock: &Arc<RealClock>) -> Result<Open, End> {
    use crate::provider::aws::{Aws, Settings as Access};
    use crate::provider::build::Workshop;
    use crate::runtime::builds::BuildFolders;
    let access = Access {
        profile: settings.access.profile.clone(),
        profile_on_purpose: settings.access.profile_on_purpose,
        regions: settings.access.regions.iter().map(|region| region.raw().to_owned()).collect(),
        endpoint_url: settings.access.endpoint_url.clone(),
        pinned_account: settings.access.pinned_account.clone(),
    };
    let (naming, clock, may_write) = (settings.naming.clone(), clock.clone(), !settings.read_only.is_on());
    let builds = Arc::new(BuildFolders::new(&settings.state));
    Ok(Box::new(move || {
        let aws = Aws::new(access, naming, clock.clone());
        let operator = may_write.then(|| Arc::new(aws.operator()) as Arc<dyn Operator>);
        let register = may_write.then(|| Arc::new(aws.register()) as Arc<dyn Register>);
        let withheld = Environment::names_for_aws();
        let workshop = Arc::new(Workshop::new(Arc::new(aws), operator, builds, clock, withheld));
        Cloud {
            observer: workshop.clone(),
            operator: may_write.then_some(workshop as Arc<dyn Operator>),
            register,
        }
    }))
}

#[cfg(not(feature = "aws"))]
fn real_provider(_settings: &Settings, _clock: &Arc<RealClock>) -> Result<Open, End> {
    Err(built_without_aws())
}

/// The sentence of a program without the feature `aws`.
#[cfg(not(feature = "aws"))]
pub(super) fn built_without_aws() -> End {
    End::Error("this program was built without the feature `aws`; --demo shows the simulated fleet".into())
}

/// Stdout could not be written.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn unwritable(error: io::Error) -> End {
    End::Error(format!("cannot write the answer: {error}"))
}

/// Says which records cannot be trusted.
pub(super) fn tell_damage(journal: &Journal) {
    for damage in journal.damage() {
        documents::tell(&format!("journal line {}: {}", damage.line, damage.what));
    }
}

/// Says what could not be read.
pub(super) fn tell_gaps<'a>(gaps: impl IntoIterator<Item = &'a Gap>) {
    for gap in gaps {
        documents::tell(&format!("gap: {} in {}: {}", gap.what, gap.place, gap.why));
    }
}
