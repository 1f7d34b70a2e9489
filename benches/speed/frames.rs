//! A key to its frame, as the cockpit's loop goes: the message, then the drawing. The terminal is left out.
//!
//! The worst a key can meet is a new look at the fleet that stands before it in the queue.

use std::sync::Arc;
use std::time::Duration;

use flightdeck::app::{self, Message, Model, Observation, Session, Setup};
use flightdeck::drift::{self, judge};
use flightdeck::fleet::{ClusterNaming, Naming, assemble};
use flightdeck::keymap::Keymap;
use flightdeck::plan::{History, Policy};
use flightdeck::provider::Clock;
use flightdeck::provider::demo::Demo;
use flightdeck::theme::{Depth, Theme};
use flightdeck::ui;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use regex::Regex;

use super::measure::{Runs, Times, Told, demo, row, time};

/// What a person does, again and again: moves, sorts, looks for drift, types a filter and takes it back.
const KEYS: &str = "j j j ctrl-d k G g n N > > < ctrl-d / o backspace b l u e backspace backspace d esc g \
                    / i m a g e : 1 . 2 space ! z o n e : a enter / ctrl-u enter > > > > j j";
/// Keys between two looks.
const KEYS_A_LOOK: usize = 7;
const ROUNDS: usize = 6;

pub fn run(instances: usize, runs: Runs) {
    let as_found = Naming::default();
    session("the fleet screen", instances, &as_found, "", runs);
    session("a cluster of it", instances, &as_found, "j j enter", runs);
    session("one cluster of half of it", instances, &all_in_one(), "enter", runs);
}

/// Every group of a place in one cluster.
pub fn all_in_one() -> Naming {
    let groups = Regex::new(".*").into_iter().collect();
    let cluster = ClusterNaming { name: "everything".to_owned(), groups, account: None, region: None };
    Naming { clusters: vec![cluster], ..Naming::default() }
}

fn session(what: &str, instances: usize, naming: &Naming, open: &str, runs: Runs) {
    let clock = Told::new();
    let demo = demo(instances, &clock);
    let mut cockpit = Cockpit::new(&clock);
    cockpit.take(look(&demo, naming, &clock));
    open.split_whitespace().for_each(|name| cockpit.take(key(name)));
    let (mut alone, mut behind_a_look) = (Vec::new(), Vec::new());
    for _ in 0..runs.of(ROUNDS) {
        for (number, name) in KEYS.split_whitespace().enumerate() {
            clock.pass(1);
            if number % KEYS_A_LOOK == 0 {
                let look = look(&demo, naming, &clock);
                behind_a_look.push(cockpit.answer([look, key(name)]));
            } else {
                alone.push(cockpit.answer([key(name)]));
            }
        }
    }
    row(&format!("key to frame, {what}"), instances, &Times::new(alone));
    row(&format!("key behind a new look to frame, {what}"), instances, &Times::new(behind_a_look));
}

/// A new look at a world that has gone on, judged and summed up: another thread's work.
pub fn look(demo: &Demo, naming: &Naming, clock: &Told) -> Message {
    let at = clock.now();
    let fleet = Arc::new(assemble(&demo.facts(), naming, None, at));
    let judgement = Arc::new(judge(&fleet, &drift::Policy::default(), at));
    let observation = Observation::new(fleet, judgement, &History::default(), &Policy::default(), at);
    Message::Observed(Box::new(observation))
}

fn key(name: &str) -> Message {
    Message::Key { key: name.parse().expect("a key of the script"), repeat: false }
}

/// The model and its screen.
struct Cockpit {
    model: Model,
    theme: Theme,
    screen: Terminal<TestBackend>,
    clock: Arc<Told>,
}

impl Cockpit {
    fn new(clock: &Arc<Told>) -> Self {
        const SIZE: (u16, u16) = (160, 50);
        let (width, height) = SIZE;
        let setup = Setup {
            keymap: Arc::new(Keymap::default()),
            policy: Arc::default(),
            session: Session::Safe,
            demo: true,
            looking_at: "the simulated fleet".to_owned(),
            filter: None,
            cluster: None,
            host: "bench".into(),
            width,
            height,
        };
        let screen = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
        let theme = Theme::shipped("dark", Depth::TrueColor).expect("a shipped theme");
        Self { model: Model::new(setup, clock.now()), theme, screen, clock: Arc::clone(clock) }
    }

    fn take(&mut self, message: Message) {
        let _effects = app::update(&mut self.model, message, self.clock.now());
    }

    fn answer<const N: usize>(&mut self, messages: [Message; N]) -> Duration {
        let at = self.clock.now();
        // As in the loop, where a task of its own lets go of what is outdated.
        let seen = self.model.observation.as_ref();
        let _outdated = seen.map(|seen| (Arc::clone(&seen.fleet), Arc::clone(&seen.judgement)));
        let answer = || {
            for message in messages {
                self.take(message);
            }
            let (model, theme) = (&self.model, &self.theme);
            self.screen.draw(|frame| ui::draw(frame, model, theme, at, &TimeZone::UTC)).expect("it is drawn");
        };
        time(answer).0
    }
}
