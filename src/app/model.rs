//! Everything the cockpit knows and shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::dialogs::Dialog;
use super::following::Following;
use super::screens::{Fleet, Screen, Seen};
use super::{Area, Layout, Observation, Operation, Session, Trouble, Unread, Watch};
use crate::fleet::{AccountId, ClusterId, Identity, Place, Text};
use crate::keymap::{Context, Key, Keymap};
use crate::plan::{Asked, Course, History, Known, Policy, Truth};

/// A notice is taken away after this long.
const NOTICE_LIFE: SignedDuration = SignedDuration::from_secs(12);

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Which keys say what.
    pub keymap: Arc<Keymap>,
    /// What may be planned, and which accounts are production.
    pub policy: Arc<Policy>,
    /// Read-only, or safe.
    pub session: Session,
    /// Whether the fleet is simulated.
    pub demo: bool,
    /// What is being looked at, in words, before anything was seen: profile and regions.
    pub looking_at: String,
    /// The filter of the fleet screen to begin with.
    pub filter: Option<String>,
    /// The cluster to open with the first look, by its name or `name@region`.
    pub cluster: Option<String>,
    /// The machine, as it calls itself: for the journal.
    pub host: Text,
    /// Columns of the terminal.
    pub width: u16,
    /// Rows of the terminal.
    pub height: u16,
}

/// What a sentence on the screen is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Something went well, or is merely said.
    Good,
    /// Something failed or was refused.
    Bad,
}

/// A sentence for the person in front of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What it is about.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// When it was said.
    pub at: Timestamp,
}

/// The model.
#[derive(Debug)]
pub struct Model {
    /// Moves when something visible changed.
    pub revision: u64,
    /// The time of the newest message.
    pub now: Timestamp,
    /// The terminal.
    pub size: Area,
    /// Which keys say what.
    pub keymap: Arc<Keymap>,
    /// What may be planned.
    pub policy: Arc<Policy>,
    /// Whether it may write.
    pub session: Session,
    /// Whether the fleet is simulated.
    pub demo: bool,
    /// What is being looked at, before anything was seen.
    pub looking_at: String,
    /// The machine.
    pub host: Text,
    /// When the session began.
    pub began_at: Timestamp,
    /// Who we are, as STS proved it.
    pub identity: Option<Identity>,
    /// The newest look; `None` until one came back.
    pub observation: Option<Box<Observation>>,
    /// Why the newest look saw nothing, and since when that is so.
    pub trouble: Option<(Trouble, Timestamp)>,
    /// The journal, and what the shared bookkeeping tells.
    pub history: Arc<History>,
    /// Calls sent in the last minute.
    pub calls: u32,
    /// Operations of this cockpit, oldest first.
    pub operations: Vec<Operation>,
    /// Where the shared bookkeeping could not be read.
    pub unread: Unread,
    /// Plans that wait for a second person, place by place.
    pub waiting: BTreeMap<Place, Vec<Asked>>,
    /// Operations of everybody, as far as they are known, newest first.
    pub known: Vec<Known>,
    /// Screens, the fleet first; the last is seen.
    pub screens: Vec<Screen>,
    /// Dialogs over the screen; the last has the keys.
    pub dialogs: Vec<Dialog>,
    /// Keys of a chord that is not complete.
    pub pending: Vec<Key>,
    /// The newest word.
    pub notice: Option<Notice>,
    /// The number of the newest known operation of each cluster that runs or can be taken up.
    pub(super) open: BTreeMap<ClusterId, usize>,
    /// The cluster that is opened with the first look.
    pub(super) opens: Option<String>,
    /// What was last asked to be watched.
    pub(super) watch: Watch,
    /// What is followed.
    pub(super) following: Following,
}

impl Model {
    /// A model that has seen nothing yet.
    pub fn new(setup: Setup, at: Timestamp) -> Self {
        let fleet = Fleet::new(setup.filter.as_deref());
        let mut model = Self {
            revision: 1,
            now: at,
            size: Area::of_size(setup.width, setup.height),
            keymap: setup.keymap,
            policy: setup.policy,
            session: setup.session,
            demo: setup.demo,
            looking_at: setup.looking_at,
            host: setup.host,
            began_at: at,
            identity: None,
            observation: None,
            trouble: None,
            history: Arc::default(),
            calls: 0,
            operations: Vec::new(),
            unread: Unread::default(),
            waiting: BTreeMap::new(),
            known: Vec::new(),
            open: BTreeMap::new(),
            screens: vec![Screen::Fleet(fleet)],
            dialogs: Vec::new(),
            pending: Vec::new(),
            notice: None,
            opens: setup.cluster,
            watch: Watch::default(),
            following: Following::default(),
        };
        model.fit();
        model
    }

    /// Whether something on the screen ages or counts down, so that [`Message::Tick`](super::Message::Tick) is
    /// wanted once a second.
    pub fn needs_tick(&self) -> bool {
        self.observation.is_some()
            || self.trouble.is_some()
            || self.notice.is_some()
            || !self.dialogs.is_empty()
    }

    /// The screen that is seen.
    pub fn screen(&self) -> &Screen {
        // The fleet is never left, so there is always one.
        &self.screens[self.screens.len() - 1]
    }

    /// Where keys go.
    pub fn context(&self) -> Context {
        self.dialogs.last().map_or_else(|| self.screen().view().context(), |dialog| dialog.popup().context())
    }

    /// Lays the screen out; `None` where the terminal is too small.
    pub fn layout(&self) -> Option<Layout> {
        let trouble = self.trouble.as_ref().filter(|_| self.shows_trouble());
        let rows = trouble.map_or(0, |(trouble, _)| 1 + u16::from(!trouble.remedy.is_empty()));
        let notices = rows + u16::from(self.notice.is_some());
        Layout::of(self.size, notices)
    }

    /// Whether trouble stands above the footer: with nothing observed yet it has the whole screen.
    pub fn shows_trouble(&self) -> bool {
        self.trouble.is_some() && self.observation.is_some()
    }

    /// The account that credentials belong to, as far as it is known.
    pub fn account(&self) -> Option<&AccountId> {
        let identity = self.identity.as_ref();
        let observed = || self.observation.as_ref()?.fleet.places.first().map(|place| &place.account);
        identity.map(|identity| &identity.account).or_else(observed)
    }

    /// The name of an account marked as production.
    pub fn production(&self, account: &AccountId) -> Option<&str> {
        self.policy.production.get(account.raw()).map(String::as_str)
    }

    /// What is production of what is on the screen, by name: the account, or else the cluster.
    pub fn production_name(&self) -> Option<String> {
        if let Some(name) = self.account().and_then(|account| self.production(account)) {
            return Some(name.to_owned());
        }
        let planned = self.dialogs.iter().find_map(|dialog| dialog.popup().cluster());
        // On the fleet screen the subject is merely the selected row among others.
        let is_fleet = matches!(self.screen(), Screen::Fleet(_));
        let opened = if is_fleet { None } else { self.screen().view().subject() };
        let cluster = planned.or(opened).filter(|id| self.policy.is_production(id))?;
        Some(cluster.name.to_string())
    }

    /// Whether what is on the screen belongs to production.
    pub fn is_production(&self) -> bool {
        self.production_name().is_some()
    }

    /// Operations that run now.
    pub fn running(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| operation.runs())
    }

    /// The newest operation on a cluster, running or just ended.
    pub fn operation_on(&self, cluster: &ClusterId) -> Option<&Operation> {
        self.operations.iter().rev().find(|operation| operation.cluster == *cluster)
    }

    /// The operation that another one on this cluster has to wait for. The way back waits for writes only: it does
    /// not wait until what it takes back has settled.
    pub fn in_the_way(&self, cluster: &ClusterId, way_back: bool) -> Option<&Operation> {
        self.running().filter(|operation| operation.cluster == *cluster).find(|operation| {
            !way_back || operation.truth < Truth::ReadBack || operation.course() == Course::Back
        })
    }

    /// Says something.
    pub(super) fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.notice = Some(Notice { tone, text: text.into(), at: self.now });
    }

    /// Takes away what has been said long enough.
    pub(super) fn forget_notice(&mut self) {
        let over = |notice: &Notice| self.now.duration_since(notice.at) >= NOTICE_LIFE;
        if self.notice.as_ref().is_some_and(over) {
            self.notice = None;
        }
    }

    /// Tells lists how much of them can be seen.
    pub(super) fn fit(&mut self) {
        let Some(layout) = self.layout() else { return };
        let (screen, seen) = self.screen_and_seen();
        screen.view_mut().fit(&seen, layout.body);
        for dialog in &mut self.dialogs {
            dialog.popup_mut().fit(layout.body);
        }
    }

    /// Derives the rows of the screen that is seen: after it was opened, and after what it shows has changed.
    pub(super) fn derive(&mut self) {
        let (screen, seen) = self.screen_and_seen();
        screen.view_mut().derive(&seen);
    }

    /// The screen that is seen, to be changed, and what it may look at meanwhile.
    pub(super) fn screen_and_seen(&mut self) -> (&mut Screen, Seen<'_>) {
        let last = self.screens.len() - 1;
        let seen = Seen {
            observation: self.observation.as_deref(),
            history: &self.history,
            operations: &self.operations,
            known: &self.known,
            open: &self.open,
        };
        (&mut self.screens[last], seen)
    }

    /// What screens may look at.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            observation: self.observation.as_deref(),
            history: &self.history,
            operations: &self.operations,
            known: &self.known,
            open: &self.open,
        }
    }

    /// What matters to the person in front of it. Where an operation of this cockpit runs, its own looks are shown.
    pub(super) fn wanted_watch(&self) -> Watch {
        let planned = self.dialogs.iter().filter_map(|dialog| dialog.popup().cluster()).cloned();
        let closely: BTreeSet<ClusterId> = planned.collect();
        Watch { first: self.screen().view().clusters(), closely }
    }
}
