//! The cockpit from its start to its end: takes the terminal, sets the loop going, and gives everything back.
//!
//! Its rule: the main thread does nothing but wait for the end. So the program ends in time also where the loop hangs:
//! whoever sees that it must end, and that the loop does not, tells the main thread.

use std::io;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::runtime::{Handle, Runtime};
use tokio::time::timeout;
use tracing::level_filters::LevelFilter;

use super::clock::RealClock;
use super::cycle::{Arrival, Cycle, Drawing, QUEUE, Queue};
use super::ending::Ending;
use super::files::StateFolder;
use super::hands::Hands;
use super::ledger::Ledger;
use super::logging::{self, Log, LoggingError};
use super::recorder::Unrecorded;
use super::running::Running;
use super::stage::Stage;
use super::terminal::{self, Enhancements, Screen, TerminalError};
use super::{clock, input, machine, signals};
use crate::app::{Message, Model, Session, Setup};
use crate::config::{ReadOnly, Settings};
use crate::fleet::Text;
use crate::provider::{Clock, Observer, Operator, Register};
use crate::theme::Depth;
use crate::{drift, plan};

/// How long the journal may take to note that operations were left.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What a cockpit is made of.
pub struct Cockpit {
    /// What it was told.
    pub settings: Settings,
    /// Whether the fleet is simulated.
    pub demo: bool,
    /// Opens the cloud. Called once, after the first frame, where it may take its time; must fail nowhere: whatever
    /// is wrong with the cloud, each look says it, and the cockpit tries again.
    pub cloud: Box<dyn FnOnce() -> Cloud + Send>,
}

/// A cloud as one session has it.
pub struct Cloud {
    /// Looks.
    pub observer: Arc<dyn Observer>,
    /// Changes. `None` in a read-only session: there is nothing in it that could.
    pub operator: Option<Arc<dyn Operator>>,
    /// Writes what other cockpits read. `None` in a read-only session, and where there is no such store.
    pub register: Option<Arc<dyn Register>>,
}

/// Why there is no cockpit.
#[derive(Debug, thiserror::Error)]
pub enum CockpitError {
    /// There is no terminal for it.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// The system gives it no threads or no signals.
    #[error("the cockpit cannot start: {0}; close other programs and try again")]
    System(#[from] io::Error),
}

/// What tasks begin with, after the first frame.
pub(super) struct Opening {
    pub(super) cloud: Box<dyn FnOnce() -> Cloud + Send>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) drift: Arc<drift::Policy>,
    pub(super) policy: Arc<plan::Policy>,
    pub(super) interval: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

/// Opens the cockpit on this terminal and returns when it has ended, with the terminal given back.
///
/// # Errors
/// Where it cannot start. Nothing is left changed then.
pub fn run(cockpit: Cockpit) -> Result<Ending, CockpitError> {
    let (overdue, ended) = mpsc::channel();
    let runtime = machine::tasks()?;
    let (queue, arrivals) = tokio::sync::mpsc::channel(QUEUE);
    // Before the terminal is taken: no signal may end the program without giving it back.
    signals::watch(&queue, &overdue)?;
    // Depth was settled by the configuration; crossterm would read NO_COLOR again, over an explicit --color.
    crossterm::style::force_color_output(cockpit.settings.depth != Depth::None);
    let mut screen = Screen::enter(Enhancements::for_terminal(&cockpit.settings.terminal))?;
    screen.set_title(&Text::new(format!("flightdeck · {}", looking_at(&cockpit.settings, cockpit.demo))));
    let panicked = overdue.clone();
    terminal::on_panic(move |what| {
        // Without a listener the program is ending already.
        let _ending = panicked.send(Ending::Panic(what));
    });
    let begun = begin(cockpit, screen, runtime, (queue, arrivals), &overdue);
    // The panic hook holds a sender for ever, so somebody always can.
    let ended = begun.map(|begun| (begun, ended.recv().unwrap_or(Ending::Quit)));
    terminal::restore();
    let (Begun { runtime, running, log: _written }, ending) = ended?;
    let why = format!("flightdeck ended here: {ending}");
    runtime.block_on(async {
        // A disk that hangs must not hold up the end; the terminal is given back already.
        let _overdue = timeout(LAST_WORDS, running.leave(why, clock::now())).await;
    });
    runtime.shutdown_background();
    Ok(ending)
}

/// What lives as long as the cockpit.
struct Begun {
    runtime: Runtime,
    running: Arc<Running>,
    log: Result<Log, LoggingError>,
}

/// Starts the threads. Whoever of them sees the end, tells it.
fn begin(
    cockpit: Cockpit,
    screen: Screen,
    runtime: Runtime,
    (queue, arrivals): (Queue, tokio::sync::mpsc::Receiver<Arrival>),
    ended: &mpsc::Sender<Ending>,
) -> Result<Begun, CockpitError> {
    let (log_file, state) = (cockpit.settings.log.clone(), cockpit.settings.state.clone());
    let tasks = runtime.handle().clone();
    let clock = Arc::new(RealClock);
    let cycle = assemble(cockpit, screen, arrivals, &queue, tasks.clone(), clock);
    let running = Arc::clone(&cycle.hands.running);
    let own_end = ended.clone();
    std::thread::Builder::new().name("cockpit".to_owned()).spawn(move || {
        let ending = tasks.block_on(cycle.run());
        // As above.
        let _ending = own_end.send(ending);
    })?;
    input::start(queue.clone(), ended.clone())?;
    let log = start_log(log_file.as_deref(), &state);
    if let Err(error) = &log {
        // A full queue has worse to tell.
        let _full = queue.try_send(Message::Noted { text: error.to_string(), failed: true }.into());
    }
    Ok(Begun { runtime, running, log })
}

/// Puts the loop together; nothing of it runs yet.
pub(super) fn assemble<S: Stage>(
    cockpit: Cockpit,
    stage: S,
    arrivals: tokio::sync::mpsc::Receiver<Arrival>,
    queue: &Queue,
    tasks: Handle,
    clock: Arc<dyn Clock>,
) -> Cycle<S> {
    let Cockpit { settings, demo, cloud } = cockpit;
    let policy = Arc::new(settings.plan.clone());
    let read_only = settings.read_only.is_on();
    let size = stage.size();
    let setup = Setup {
        looking_at: looking_at(&settings, demo),
        keymap: Arc::new(settings.keymap),
        policy: Arc::clone(&policy),
        session: session(settings.read_only),
        demo,
        filter: settings.filter,
        cluster: settings.cluster.map(|name| name.raw().to_owned()),
        host: machine::host().into(),
        width: size.width,
        height: size.height,
    };
    let ledger = Arc::new(Ledger::new(settings.state, read_only));
    let interval = settings.refresh;
    let drift = Arc::new(settings.drift);
    let opening = Opening { cloud, ledger, drift, policy, interval, clock: Arc::clone(&clock) };
    Cycle {
        model: Model::new(setup, clock.now()),
        theme: settings.theme,
        zone: TimeZone::system(),
        stage,
        arrivals,
        hands: Hands::new(tasks, opening, queue.clone()),
        recorder: Box::new(Unrecorded),
        clock,
        drawing: Drawing::new(),
    }
}

fn session(read_only: ReadOnly) -> Session {
    match read_only {
        ReadOnly::No => Session::Safe,
        ReadOnly::Flag => Session::ReadOnly { why: "it was started so".to_owned() },
        ReadOnly::Locked => Session::ReadOnly { why: "the configuration locks it".to_owned() },
    }
}

/// What is looked at, in words, before anything of it is known.
fn looking_at(settings: &Settings, demo: bool) -> String {
    if demo {
        return "the simulated fleet".to_owned();
    }
    let access = &settings.access;
    let profile = access.profile.as_ref().map(|profile| format!("profile {}", crate::fleet::clean(profile)));
    let regions: Vec<String> = access.regions.iter().map(ToString::to_string).collect();
    let place = if regions.is_empty() { "the default region".to_owned() } else { regions.join(" ") };
    format!("{} · {place}", profile.unwrap_or_else(|| "the default profile".to_owned()))
}

fn start_log(named: Option<&Path>, state: &Path) -> Result<Log, LoggingError> {
    match named {
        Some(path) => logging::start_at(path, LevelFilter::INFO),
        None => logging::start(&StateFolder::open(state)?, LevelFilter::INFO),
    }
}
