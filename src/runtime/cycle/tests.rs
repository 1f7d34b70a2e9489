//! The loop with a terminal that a test plays, on a paused clock that runs ahead whenever everybody waits.

use std::path::Path;
use std::sync::Mutex;

use jiff::Timestamp;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use ratatui::{Frame, Terminal};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::*;
use crate::config::{self, Environment, Flags};
use crate::fleet::Naming;
use crate::keymap::{Code, Key};
use crate::provider::demo::{Demo, Options};
use crate::runtime::cockpit::{Cloud, Cockpit, assemble};
use crate::runtime::ending::EndSignal;
use crate::runtime::signals::{NoShell, Notice};
use crate::runtime::terminal::TerminalError;
use crate::runtime::testing::Paused;

/// What a played terminal shows and does.
#[derive(Clone)]
struct Played {
    /// Second and picture of each frame.
    frames: Arc<Mutex<Vec<(f64, String)>>>,
    /// Whether it takes frames at once; an error where it takes none any more.
    takes: watch::Sender<Result<bool, String>>,
    /// Whether a shell could bring the program back.
    has_shell: bool,
    began: Instant,
    log: Arc<Mutex<Vec<&'static str>>>,
}

struct PlayedTerminal {
    played: Played,
    under_way: bool,
    canvas: Terminal<TestBackend>,
}

impl Played {
    fn new() -> Self {
        Self {
            frames: Arc::default(),
            takes: watch::Sender::new(Ok(true)),
            has_shell: true,
            began: clock::monotonic(),
            log: Arc::default(),
        }
    }

    /// From now on it takes frames at once, none for now, or none any more.
    fn takes(&self, takes: Result<bool, String>) {
        let _before = self.takes.send_replace(takes);
    }

    fn frames(&self) -> usize {
        self.frames.lock().unwrap().len()
    }

    fn shows(&self) -> String {
        self.frames.lock().unwrap().last().map_or_else(String::new, |(_, picture)| picture.clone())
    }
}

impl Stage for PlayedTerminal {
    fn size(&self) -> Size {
        Size::new(100, 24)
    }

    fn resize(&mut self, size: Size) -> Result<(), TerminalError> {
        self.canvas = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        Ok(())
    }

    fn idle(&self) -> bool {
        !self.under_way || *self.played.takes.borrow() == Ok(true)
    }

    fn settled(&self) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let mut takes = self.played.takes.subscribe();
        async move { takes.wait_for(|takes| *takes != Ok(false)).await.unwrap().clone().map(drop) }
    }

    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), TerminalError> {
        self.canvas.draw(draw).unwrap();
        self.under_way = true;
        let picture = self.canvas.backend().to_string();
        self.played.frames.lock().unwrap().push((self.played.began.elapsed().as_secs_f64(), picture));
        Ok(())
    }

    fn suspend(&mut self) -> Result<(), NoShell> {
        self.played.log.lock().unwrap().push("stopped");
        if self.played.has_shell { Ok(()) } else { Err(NoShell) }
    }

    fn resume(&mut self) -> Result<(), TerminalError> {
        self.played.log.lock().unwrap().push("taken again");
        Ok(())
    }
}

struct Session {
    cycle: Cycle<PlayedTerminal>,
    queue: Queue,
    played: Played,
    _home: tempfile::TempDir,
}

impl Session {
    /// A cockpit on a simulated fleet, on a terminal that is played.
    fn new(played: &Played) -> Self {
        let home = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(Paused::new());
        let (seen, world_clock) = (played.clone(), Arc::clone(&clock));
        let cloud = Box::new(move || {
            assert!(seen.frames() > 0, "nothing begins before the first frame");
            let demo = Arc::new(Demo::new(Options::default(), Naming::default(), world_clock));
            Cloud { observer: demo.clone(), operator: Some(demo.clone()), register: Some(demo) }
        });
        let cockpit = Cockpit { settings: settings(home.path()), demo: true, cloud };
        let (queue, arrivals) = mpsc::channel(QUEUE);
        let canvas = Terminal::new(TestBackend::new(100, 24)).unwrap();
        let stage = PlayedTerminal { played: played.clone(), under_way: false, canvas };
        let cycle = assemble(cockpit, stage, arrivals, &queue, Handle::current(), clock);
        Self { cycle, queue, played: played.clone(), _home: home }
    }

    /// Runs the loop while a person does something; how it ended. A person who just leaves quits.
    async fn with<P>(self, person: P) -> Ending
    where
        P: AsyncFnOnce(&Queue, &Played),
    {
        let Self { cycle, queue, played, _home } = self;
        let person = async {
            person(&queue, &played).await;
            let _ended = queue.send(key('q')).await;
        };
        tokio::join!(cycle.run(), person).0
    }
}

fn settings(home: &Path) -> config::Settings {
    let variables = |name: &str| match name {
        "HOME" => Some(home.into()),
        "TERM" => Some("xterm-256color".into()),
        _ => None,
    };
    config::load(&Flags::default(), &Environment::of(variables), &|_| Ok(None)).unwrap()
}

fn stroke(letter: char, stroke: Stroke) -> Arrival {
    Input::Key { key: Key::from(Code::Char(letter)), stroke }.into()
}

fn key(letter: char) -> Arrival {
    stroke(letter, Stroke::Press)
}

async fn seconds(seconds: f64) {
    sleep(Duration::from_secs_f64(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn the_cockpit_opens_at_once_and_shows_the_fleet_when_it_is_seen() {
    let ending = Session::new(&Played::new())
        .with(async |_, played| {
            seconds(1.5).await;
            assert!(played.frames.lock().unwrap()[0].1.contains("Looking at the simulated fleet"));
            assert!(played.shows().contains("orders"), "{}", played.shows());
        })
        .await;
    assert_eq!(ending, Ending::Quit);
}

#[tokio::test(start_paused = true)]
async fn at_rest_there_is_at_most_one_frame_a_second_and_the_looks_between() {
    Session::new(&Played::new())
        .with(async |_, played| {
            seconds(5.0).await;
            let before = played.frames();
            seconds(60.0).await;
            let drawn = played.frames() - before;
            assert!((55..=66).contains(&drawn), "{drawn} frames in a minute");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn keys_that_come_together_are_answered_with_one_frame() {
    Session::new(&Played::new())
        .with(async |queue, played| {
            seconds(2.5).await;
            let before = played.frames();
            for _ in 0..50 {
                queue.try_send(key('j')).unwrap();
            }
            seconds(0.02).await;
            assert_eq!(played.frames() - before, 1);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_keeps_no_frame_from_being_drawn() {
    Session::new(&Played::new())
        .with(async |queue, played| {
            seconds(2.5).await;
            let before = played.frames();
            for _ in 0..100 {
                queue.send(key('j')).await.unwrap();
                seconds(0.001).await;
            }
            let drawn = played.frames() - before;
            assert!((10..=14).contains(&drawn), "{drawn} frames in 100 ms");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_takes_nothing_gets_no_frame_and_keys_are_heard_all_the_same() {
    let ending = Session::new(&Played::new())
        .with(async |queue, played| {
            seconds(2.5).await;
            played.takes(Ok(false));
            queue.send(key('j')).await.unwrap();
            seconds(0.1).await;
            let before = played.frames();
            queue.send(key('j')).await.unwrap();
            seconds(10.0).await;
            assert_eq!(played.frames(), before);
            played.takes(Ok(true));
            seconds(0.01).await;
            assert_eq!(played.frames(), before + 1);
            played.takes(Ok(false));
        })
        .await;
    assert_eq!(ending, Ending::Quit);
}

#[tokio::test(start_paused = true)]
async fn nobody_confirms_what_the_terminal_has_not_shown_yet() {
    async fn type_digits(queue: &Queue) {
        for letter in "9012".chars() {
            queue.send(key(letter)).await.unwrap();
        }
        queue.send(Input::Key { key: Key::from(Code::Enter), stroke: Stroke::Press }.into()).await.unwrap();
        seconds(0.1).await;
    }

    Session::new(&Played::new())
        .with(async |queue, played| {
            seconds(2.5).await;
            played.takes(Ok(false));
            queue.send(key('a')).await.unwrap();
            seconds(5.0).await;
            type_digits(queue).await;
            played.takes(Ok(true));
            seconds(0.2).await;
            type_digits(queue).await;
            assert!(!played.shows().contains("ARMED"), "{}", played.shows());
            seconds(0.1).await;
            type_digits(queue).await;
            assert!(played.shows().contains("ARMED"), "{}", played.shows());
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_gone_ends_it_whoever_notices() {
    let writer = Session::new(&Played::new())
        .with(async |queue, played| {
            seconds(2.5).await;
            played.takes(Ok(false));
            queue.send(key('j')).await.unwrap();
            seconds(0.1).await;
            played.takes(Err("broken pipe".to_owned()));
            seconds(0.1).await;
        })
        .await;
    assert_eq!(writer, Ending::TerminalLost("broken pipe".to_owned()));
    let reader = Session::new(&Played::new())
        .with(async |queue, _| queue.send(Input::Lost("it hung up".to_owned()).into()).await.unwrap())
        .await;
    assert_eq!(reader, Ending::TerminalLost("it hung up".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_it() {
    for signal in EndSignal::ALL {
        let ending = Session::new(&Played::new())
            .with(async |queue, _| queue.send(Notice::End(signal).into()).await.unwrap())
            .await;
        assert_eq!(ending, Ending::Signal(signal));
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_shell_has_the_terminal_nothing_is_drawn() {
    Session::new(&Played::new())
        .with(async |queue, played| {
            seconds(2.5).await;
            queue.send(Notice::Suspend.into()).await.unwrap();
            seconds(0.1).await;
            let before = played.frames();
            seconds(60.0).await;
            assert_eq!(played.frames(), before);
            queue.send(Notice::Continued.into()).await.unwrap();
            seconds(0.1).await;
            assert_eq!(played.frames(), before + 1);
            assert_eq!(*played.log.lock().unwrap(), ["stopped", "taken again"]);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn without_a_shell_it_stays_and_says_why() {
    let played = Played { has_shell: false, ..Played::new() };
    Session::new(&played)
        .with(async |queue, played| {
            seconds(2.5).await;
            queue.send(Notice::Suspend.into()).await.unwrap();
            seconds(0.1).await;
            assert!(played.shows().contains("ctrl-z does nothing here"), "{}", played.shows());
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_let_go_says_nothing() {
    let ending = Session::new(&Played::new())
        .with(async |queue, played| {
            seconds(2.5).await;
            let before = played.frames();
            queue.send(stroke('q', Stroke::Release)).await.unwrap();
            queue.send(Input::Focus(true).into()).await.unwrap();
            seconds(0.1).await;
            assert_eq!(played.frames(), before);
            queue.send(Notice::End(EndSignal::Terminate).into()).await.unwrap();
        })
        .await;
    assert_eq!(ending, Ending::Signal(EndSignal::Terminate));
}

#[tokio::test(start_paused = true)]
async fn everything_is_recorded_before_the_model_takes_it() {
    #[derive(Clone, Default)]
    struct Tape(Arc<Mutex<Vec<(String, Timestamp)>>>);

    impl Recorder for Tape {
        fn record(&mut self, message: &Message, at: Timestamp) {
            let name = format!("{message:?}").split([' ', '(']).next().unwrap_or_default().to_owned();
            self.0.lock().unwrap().push((name, at));
        }
    }

    let tape = Tape::default();
    let mut session = Session::new(&Played::new());
    session.cycle.recorder = Box::new(tape.clone());
    session
        .with(async |queue, _| {
            queue.send(key('j')).await.unwrap();
            seconds(3.5).await;
        })
        .await;
    let tape = tape.0.lock().unwrap().clone();
    assert_eq!(tape.first().unwrap().0, "Key");
    for name in ["Identity", "Observed", "Tick", "Calls"] {
        assert!(tape.iter().any(|(recorded, _)| recorded == name), "{name} is missing in {tape:?}");
    }
    assert_eq!(tape.last().unwrap().0, "Key", "the one that left");
    assert!(tape.is_sorted_by_key(|(_, at)| *at));
}
