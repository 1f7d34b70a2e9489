//! The log of a build: parts of it that come, a key to its frame meanwhile, a filter typed over all that is kept, and
//! the memory that stays bounded. The terminal is left out.

use std::sync::Arc;
use std::time::Duration;

use flightdeck::app::screens::Screen;
use flightdeck::app::{self, Effect, Heard, Message, Model, Scrollback, Session, Setup};
use flightdeck::fleet::{Cursor, Line, Tail};
use flightdeck::keymap::Keymap;
use flightdeck::plan::{
    Asked, Builder, Call, History, Intent, Percent, Plan, Policy, Program, StartBuild, Who, plan,
};
use flightdeck::provider::Clock;
use flightdeck::theme::{Depth, Theme};
use flightdeck::ui;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::frames::look;
use super::measure::{Runs, Times, Told, demo, row, time};

/// Lines of a log that nobody reads to its end.
const LINES: usize = 1_000_000;
/// Instances of the fleet beside it.
const FLEET: usize = 60;
/// What a person does with it, again and again.
const KEYS: &str = "k k ctrl-u pageup g j ctrl-d G k G ctrl-u / e r r o r backspace enter g G k / ctrl-u / ( e r r \
                    | w a r n ) / enter g G / ctrl-u enter ctrl-u ctrl-d G";
/// Keys between two parts.
const KEYS_A_PART: usize = 3;
const ROUNDS: usize = 12;

pub fn run(runs: Runs) {
    let clock = Told::new();
    let mut cockpit = Cockpit::open(&clock);
    let before = resident();
    let mut parts = Vec::new();
    for from in (0..LINES).step_by(Tail::MOST) {
        clock.pass(1);
        let part = cockpit.part(from);
        parts.push(cockpit.answer([part]));
    }
    row(&format!("{} lines of a log to their frame", Tail::MOST), LINES, &Times::new(parts));
    let (mut alone, mut behind_a_part, mut from) = (Vec::new(), Vec::new(), LINES);
    for _ in 0..runs.of(ROUNDS) {
        for (number, name) in KEYS.split_whitespace().enumerate() {
            let key = Message::Key { key: name.parse().expect("a key of the script"), repeat: false };
            if number % KEYS_A_PART == 0 {
                clock.pass(1);
                let part = cockpit.part(from);
                from += Tail::MOST;
                behind_a_part.push(cockpit.answer([part, key]));
            } else {
                alone.push(cockpit.answer([key]));
            }
        }
    }
    row("key to frame, the log of a build", LINES, &Times::new(alone));
    row("key behind a part of it to frame", LINES, &Times::new(behind_a_part));
    let Screen::BuildLog(screen) = cockpit.model.screen() else { return };
    println!(
        "| of {from} lines: kept, bytes of text, memory more than before them | {LINES} | {} of {} | {} of {} | {} MiB |",
        screen.lines.count(),
        Scrollback::MOST_LINES,
        screen.lines.bytes(),
        Scrollback::MOST_BYTES,
        resident().saturating_sub(before),
    );
}

/// Memory of this process in MiB, where the system tells.
fn resident() -> u64 {
    const KIB_OF_A_MIB: u64 = 1024;
    let says = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = says.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / KIB_OF_A_MIB
}

/// The model with a log open, and its screen.
struct Cockpit {
    model: Model,
    theme: Theme,
    screen: Terminal<TestBackend>,
    clock: Arc<Told>,
    epoch: u64,
}

impl Cockpit {
    fn open(clock: &Arc<Told>) -> Self {
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
        let model = Model::new(setup, clock.now());
        let mut cockpit = Self { model, theme, screen, clock: Arc::clone(clock), epoch: 0 };
        let fleet = demo(FLEET, clock);
        cockpit.take(look(&fleet, &flightdeck::fleet::Naming::default(), clock));
        let asked = cockpit.building();
        let place = asked.plan.place();
        cockpit.take(Message::Asked { place, asked: vec![asked] });
        for key in ["o", "l"] {
            cockpit.take(Message::Key { key: key.parse().expect("a key"), repeat: false });
        }
        assert!(cockpit.epoch > 0, "a log is followed");
        cockpit
    }

    /// A plan of a colleague that builds an image.
    fn building(&self) -> Asked {
        let at = self.clock.now();
        let fleet = &self.model.observation.as_ref().expect("a look").fleet;
        let plans = fleet.clusters.iter().flat_map(|cluster| {
            cluster.groups.iter().filter_map(|group| {
                let intent = Intent::Shift {
                    cluster: cluster.id.clone(),
                    to: group.id.name.clone(),
                    percent: Percent::new(50)?,
                    steps: None,
                    source: None,
                };
                plan(&intent, fleet, &History::default(), &Policy::default(), at).ok()
            })
        });
        let mut plan: Plan = plans.take(1).next().expect("a plan");
        plan.steps[0].call = Some(Call::StartBuild(Box::new(build())));
        let who = Who { principal: "arn:aws:iam::1:user/bob".into(), host: "desk".into() };
        let (reason, overrides, approved_by) = (None, Vec::new(), None);
        Asked { plan: Box::new(plan), who, reason, overrides, asked_at: at, approved_by }
    }

    /// The next part of the log: lines as Packer prints them, some of them long.
    fn part(&self, from: usize) -> Message {
        let at = Some(self.clock.now());
        let line = |number: usize| {
            let mut text = format!("    amazon-ebs: ({number}/38): package-{number}.amzn2023.aarch64.rpm");
            match number % 97 {
                0 => text.push_str(" error: the mirror does not answer"),
                1 => text.push_str(&" sha256:0123456789abcdef".repeat(20)),
                _ => {}
            }
            Line { at, text: text.into() }
        };
        let lines = (from..from + Tail::MOST).map(line).collect();
        let part = Tail { lines, next: Cursor(from.to_string()), dropped: 0, ended: false };
        Message::Tail { epoch: self.epoch, heard: Box::new(Heard { part: Ok(part), state: None }) }
    }

    fn take(&mut self, message: Message) {
        for effect in app::update(&mut self.model, message, self.clock.now()) {
            if let Effect::Follow(Some(follow)) = effect {
                self.epoch = follow.epoch;
            }
        }
    }

    fn answer<const N: usize>(&mut self, messages: [Message; N]) -> Duration {
        let at = self.clock.now();
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

fn build() -> StartBuild {
    StartBuild {
        revision: None,
        build: "b-1".into(),
        family: "orders".into(),
        version: "9.0.0".into(),
        image: "image".into(),
        parent: None,
        builder: Builder::Packer(Program {
            program: "packer".into(),
            arguments: Vec::new(),
            folder: None,
            environment: std::collections::BTreeMap::default(),
            aws_environment: false,
        }),
        limit: 3600,
    }
}
