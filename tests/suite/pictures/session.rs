//! A person before the cockpit on the simulated fleet: keys go in, time passes as told, a screen comes out.
//!
//! What `runtime` does with tasks and a terminal is done here by hand, second by second, so that the same keys give
//! the same screens.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use flightdeck::app::{self, Effect, Message, Model, Observation, Setup, Watch};
use flightdeck::drift::{self, judge};
use flightdeck::engine::{Company, Helm, Journal, JournalStore, Ports, Until, execute};
use flightdeck::fleet::{Naming, Scope};
use flightdeck::keymap::{Code, Key, Keymap};
use flightdeck::plan::{ApprovedPlan, OperationId, Outcome, Policy, Progress, SessionId};
use flightdeck::provider::demo::{Demo, Options};
use flightdeck::provider::{Clock, Observer};
use flightdeck::theme::Theme;
use flightdeck::ui;
use futures_util::FutureExt as _;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// Seconds between two looks in the background, and between two at what is planned or running.
const INTERVAL: u64 = 10;
const CLOSELY: u64 = 5;

/// A clock that moves as it is told.
struct Hand(Mutex<Timestamp>);

impl Hand {
    fn moves(&self, time: SignedDuration) {
        *self.0.lock().unwrap() += time;
    }
}

#[async_trait]
impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
    }

    async fn sleep(&self, time: Duration) {
        let end = self.now() + SignedDuration::try_from(time).unwrap();
        // Nobody wakes it: whoever moves the clock asks again.
        poll_fn(|_| if self.now() < end { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

/// A journal that is kept nowhere.
struct Paper(Vec<u8>);

impl JournalStore for Paper {
    fn load(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// An operation under way.
struct Running {
    id: OperationId,
    run: Pin<Box<dyn Future<Output = Outcome>>>,
    told: Arc<Mutex<Vec<Progress>>>,
}

/// A cockpit, the fleet it looks at, and the person before it.
pub struct Session {
    model: Model,
    demo: Arc<Demo>,
    clock: Arc<Hand>,
    journal: Arc<Mutex<Journal>>,
    watch: Watch,
    running: Option<Running>,
    seconds: u64,
}

impl Session {
    /// Opens the cockpit; the first look is back.
    pub fn open(session: app::Session, policy: Policy, (width, height): (u16, u16)) -> Self {
        let began: Timestamp = "2026-03-14T03:07:00Z".parse().unwrap();
        let clock = Arc::new(Hand(Mutex::new(began)));
        let setup = Setup {
            keymap: Arc::new(Keymap::default()),
            policy: Arc::new(policy),
            session,
            demo: true,
            looking_at: "the simulated fleet".into(),
            filter: None,
            cluster: None,
            host: "laptop".into(),
            width,
            height,
        };
        let demo = Demo::new(Options::default(), Naming::default(), clock.clone());
        let mut opened = Self {
            model: Model::new(setup, began),
            demo: Arc::new(demo),
            clock,
            journal: Arc::new(Mutex::new(Journal::open(Box::new(Paper(Vec::new()))).unwrap())),
            watch: Watch::default(),
            running: None,
            seconds: 0,
        };
        opened.look(&Scope::Complete);
        opened.wait(3);
        opened
    }

    /// Presses keys, named as in a key file, with spaces between them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.tell(Message::Key { key: key.parse().unwrap(), repeat: false });
        }
        self
    }

    /// Types a text letter by letter.
    pub fn types(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.tell(Message::Key { key: Key::from(Code::Char(letter)), repeat: false });
        }
        self
    }

    /// Lets seconds pass.
    pub fn wait(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            self.clock.moves(SignedDuration::from_secs(1));
            self.seconds += 1;
            self.go_on();
            if self.seconds.is_multiple_of(CLOSELY) {
                for cluster in self.watch.closely.clone() {
                    self.look(&Scope::Cluster(cluster));
                }
            }
            if self.seconds.is_multiple_of(INTERVAL) {
                self.look(&Scope::Background { first: self.watch.first.clone() });
            }
            self.tell(Message::Calls(self.demo.calls_last_minute()));
            self.tell(Message::Tick);
        }
        self
    }

    /// What the screen shows.
    pub fn buffer(&self, theme: &Theme) -> Buffer {
        let size = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        let at = self.clock.now();
        terminal.draw(|frame| ui::draw(frame, &self.model, theme, at, &TimeZone::UTC)).unwrap();
        terminal.backend().buffer().clone()
    }

    fn tell(&mut self, message: Message) {
        for effect in app::update(&mut self.model, message, self.clock.now()) {
            match effect {
                Effect::Observe(scope) => self.look(&scope),
                Effect::Watch(watch) => self.watch = watch,
                Effect::Execute(approved) => self.execute(*approved),
                Effect::Approve { .. } => panic!("nobody was asked as a second person"),
                Effect::Steer(..) => panic!("nobody told an operation anything"),
                Effect::Follow(_) => panic!("nobody opened a log"),
                Effect::Ignore(_) => panic!("nothing is kept here"),
                Effect::Suspend | Effect::Quit => panic!("nobody asked to leave"),
            }
        }
    }

    fn look(&mut self, scope: &Scope) {
        let at = self.clock.now();
        let fleet = self.demo.observe(scope).now_or_never().unwrap().unwrap();
        let judgement = Arc::new(judge(&fleet, &drift::Policy::default(), at));
        let observation = Observation::new(fleet, judgement, &self.model.history, &self.model.policy, at);
        self.tell(Message::Observed(Box::new(observation)));
    }

    fn execute(&mut self, approved: ApprovedPlan) {
        let id = approved.plan().id.clone();
        let told = Arc::new(Mutex::new(Vec::new()));
        let (demo, clock, journal) = (self.demo.clone(), self.clock.clone(), self.journal.clone());
        let (policy, tells) = (self.model.policy.clone(), told.clone());
        let run = Box::pin(async move {
            let ports = Ports {
                observer: &*demo,
                operator: &*demo,
                register: Some(&*demo),
                journal: &journal,
                clock: &*clock,
                helm: &Helm::default(),
                company: &Company::default(),
                session: &SessionId::new("session-1"),
                claims: &[],
            };
            let mut tell = |progress| tells.lock().unwrap().push(progress);
            execute(approved, ports, &policy, Until::Settled, &mut tell).await
        });
        self.running = Some(Running { id, run, told });
        self.go_on();
    }

    /// Lets an operation go on as far as it can without time passing.
    fn go_on(&mut self) {
        let Some(running) = &mut self.running else { return };
        let ended = running.run.as_mut().now_or_never();
        let (operation, told) = (running.id.clone(), std::mem::take(&mut *running.told.lock().unwrap()));
        for progress in told {
            self.tell(Message::Progress(progress));
        }
        let history = Arc::new(self.journal.lock().unwrap().history().clone());
        self.tell(Message::Journal(history));
        if let Some(outcome) = ended {
            self.running = None;
            self.tell(Message::Ended { operation, outcome });
        }
    }
}
