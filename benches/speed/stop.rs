//! The stop key while every call to AWS hangs: the whole program on a pseudo-terminal, with an operation that bakes on
//! a simulated fleet which then stops answering.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flightdeck::config::{self, Environment, Flags};
use flightdeck::fleet::{Fleet, Identity, Place, Scope};
use flightdeck::plan::{Call, Receipt, Resource, State};
use flightdeck::provider::demo::{Demo, Options};
use flightdeck::provider::{Created, Entries, EntryName, Failure, Observer, Operator, Register};
use flightdeck::runtime::clock::RealClock;
use flightdeck::runtime::cockpit::{self, Cloud, Cockpit};

use super::cockpit::Program;
use super::measure::{Runs, Times, now, row};

/// How this benchmark calls itself to be the program; then come its home and the file that makes calls hang.
pub const PLAYS: &str = "the-cockpit-whose-cloud-hangs";

const TIMES: usize = 30;
/// What the key is answered with.
const STOPPING: &str = "stopping 1 operation";
/// Longer than a dialog that confirms is deaf.
const READ: Duration = Duration::from_millis(500);
/// Until every look and every renewal that was under way is over, and others hang.
const HANGING: Duration = Duration::from_secs(2);

pub fn run(runs: Runs) {
    let times = (0..runs.of(TIMES)).map(|_| once()).collect();
    row("the stop key while every call hangs", Options::default().instances, &Times::new(times));
}

/// Begins a shift in steps, lets every call hang, and takes the time of the stop key's answer.
fn once() -> Duration {
    let home = tempfile::tempdir().expect("a temporary directory");
    let hangs = home.path().join("hangs");
    let (own, folder) =
        (std::env::current_exe().expect("this program"), home.path().to_string_lossy().into_owned());
    let mut program = Program::of(&own.to_string_lossy(), &[PLAYS, &folder, &hangs.to_string_lossy()], home);
    program.wait_for_data();
    let mut step = |keys: &str, shows: &str| {
        program.send(keys);
        program.wait_until(|screen| screen.contents().contains(shows))
    };
    step("/orders\r", "filter orders");
    step("\r", "INSTANCE");
    step("s", "% of the traffic");
    step("100\t\u{1b}[B", "in steps");
    step("\r", "ModifyListener");
    program.read_for(READ);
    let mut step = |keys: &str, shows: &str| {
        program.send(keys);
        program.wait_until(|screen| screen.contents().contains(shows))
    };
    step("9012\r", "✔");
    step("orders 100\r", "ARMED");
    step("o", "baking");
    std::fs::write(&hangs, "").expect("a file");
    program.read_for(HANGING);
    assert!(!program.shows(STOPPING), "nobody has pressed it yet");
    let sent = now();
    program.send("!");
    program.wait_until(|screen| screen.contents().contains(STOPPING)).duration_since(sent)
}

/// Is the program: the cockpit on a simulated fleet that answers until a file is there.
pub fn play(home: &Path, hangs: PathBuf) {
    let variables = |name: &str| match name {
        "HOME" => Some(home.into()),
        "TERM" => Some("xterm-256color".into()),
        _ => None,
    };
    let settings =
        config::load(&Flags::default(), &Environment::of(variables), &|_| Ok(None)).expect("settings");
    let naming = settings.naming.clone();
    let cloud = Box::new(move || {
        let demo = Demo::new(Options::default(), naming, Arc::new(RealClock));
        let cloud = Arc::new(Hanging { demo, hangs });
        Cloud { observer: cloud.clone(), operator: Some(cloud.clone()), register: Some(cloud) }
    });
    let _ending = cockpit::run(Cockpit { settings, demo: true, cloud });
}

/// A cloud that answers until a file is there, and then never.
struct Hanging {
    demo: Demo,
    hangs: PathBuf,
}

impl Hanging {
    async fn answers(&self) -> &Demo {
        if self.hangs.exists() {
            std::future::pending::<()>().await;
        }
        &self.demo
    }
}

#[async_trait]
impl Observer for Hanging {
    async fn identity(&self) -> Result<Identity, Failure> {
        self.answers().await.identity().await
    }

    async fn observe(&self, scope: &Scope) -> Result<Arc<Fleet>, Failure> {
        self.answers().await.observe(scope).await
    }

    async fn state(&self, place: &Place, resource: &Resource) -> Result<State, Failure> {
        self.answers().await.state(place, resource).await
    }

    async fn entries(&self, place: &Place, names: &[EntryName]) -> Result<Entries, Failure> {
        self.answers().await.entries(place, names).await
    }

    async fn entries_under(&self, place: &Place, prefix: &EntryName) -> Result<Entries, Failure> {
        self.answers().await.entries_under(place, prefix).await
    }

    fn calls_last_minute(&self) -> u32 {
        self.demo.calls_last_minute()
    }
}

#[async_trait]
impl Operator for Hanging {
    async fn apply(&self, place: &Place, call: &Call) -> Result<Receipt, Failure> {
        self.answers().await.apply(place, call).await
    }
}

#[async_trait]
impl Register for Hanging {
    async fn create(&self, place: &Place, name: &EntryName, value: &str) -> Result<Created, Failure> {
        self.answers().await.create(place, name, value).await
    }

    async fn put(&self, place: &Place, name: &EntryName, value: &str) -> Result<u64, Failure> {
        self.answers().await.put(place, name, value).await
    }

    async fn delete(&self, place: &Place, name: &EntryName) -> Result<(), Failure> {
        self.answers().await.delete(place, name).await
    }
}
