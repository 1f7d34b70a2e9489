//! The loop: one queue, one order. Take what came, stamp it, record it, let the model change, do what it asks for,
//! draw.
//!
//! Keys that come before the terminal has taken the picture they would answer are passed on as held ones: on a slow
//! line nobody confirms what was not seen.
//!
//! Its rule: nothing here waits for anything but the queue, the terminal and the next moment at which the picture
//! changes by itself. At rest it sleeps. What an effect does stands in `hands`; what a message means is `app`'s.

use std::future::pending;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::clock::{self, Pace};
use super::ending::Ending;
use super::hands::Hands;
use super::input::{Input, Stroke};
use super::recorder::Recorder;
use super::signals;
use super::stage::Stage;
use crate::app::dialogs::SETTLING;
use crate::app::{self, Message, Model};
use crate::provider::Clock;
use crate::theme::Theme;
use crate::ui;

/// How often what ages on the screen is drawn again.
const TICK: Duration = Duration::from_secs(1);

/// Something that came for the loop.
#[derive(Debug)]
pub(super) enum Arrival {
    /// From the terminal.
    Input(Input),
    /// From the system.
    Signal(signals::Notice),
    /// From a task.
    Message(Message),
}

/// The way into the queue.
pub(super) type Queue = mpsc::Sender<Arrival>;

/// How much may wait in the queue before whoever fills it waits too.
pub(super) const QUEUE: usize = 256;

impl From<Input> for Arrival {
    fn from(input: Input) -> Self {
        Self::Input(input)
    }
}

impl From<signals::Notice> for Arrival {
    fn from(notice: signals::Notice) -> Self {
        Self::Signal(notice)
    }
}

impl From<Message> for Arrival {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

/// The loop and everything it holds.
pub(super) struct Cycle<S> {
    pub(super) model: Model,
    pub(super) theme: Theme,
    pub(super) zone: TimeZone,
    pub(super) stage: S,
    pub(super) arrivals: mpsc::Receiver<Arrival>,
    pub(super) hands: Hands,
    pub(super) recorder: Box<dyn Recorder>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) drawing: Drawing,
}

/// What the screen shows, and since when.
#[derive(Debug)]
pub(super) struct Drawing {
    pace: Pace,
    /// Revision of the model that was drawn last.
    revision: Option<u64>,
    /// When that was, by the clock of messages.
    drawn_at: Option<Timestamp>,
    /// Since when a question has been asked that the screen shows, and since when it shows it.
    question: Option<(Timestamp, Instant)>,
    /// When something that ages was last brought up to date.
    refreshed: Instant,
    /// Whether the shell has the terminal.
    away: bool,
}

impl Drawing {
    /// Nothing was drawn yet.
    pub(super) fn new() -> Self {
        Self {
            pace: Pace::default(),
            revision: None,
            drawn_at: None,
            question: None,
            refreshed: clock::monotonic(),
            away: false,
        }
    }

    /// The terminal has taken the frame that was drawn last.
    fn arrived(&mut self, asks_since: Option<Timestamp>) {
        let Some(since) = asks_since.filter(|since| self.drawn_at >= Some(*since)) else { return };
        if self.question.is_none_or(|(known, _)| known != since) {
            self.question = Some((since, clock::monotonic()));
        }
    }

    /// Whether a question that was asked then could not be read yet.
    fn is_unread(&self, since: Timestamp) -> bool {
        let shown = self.question.filter(|(known, _)| *known == since);
        shown.is_none_or(|(_, shown)| shown.elapsed() < SETTLING.unsigned_abs())
    }
}

enum Turn {
    Arrived(Option<Arrival>),
    Settled(Result<(), String>),
    FrameDue,
    Tick,
}

impl<S: Stage> Cycle<S> {
    /// Draws the first frame, and only then lets anything else begin; runs until something ends the program.
    pub(super) async fn run(mut self) -> Ending {
        let ending = match self.draw() {
            ControlFlow::Continue(()) => {
                self.hands.begin();
                self.turn_until_the_end().await
            }
            ControlFlow::Break(ending) => ending,
        };
        tracing::info!("{ending}");
        ending
    }

    async fn turn_until_the_end(&mut self) -> Ending {
        loop {
            let taken = match self.next().await {
                Turn::Arrived(Some(arrival)) => self.take_all(arrival),
                // The loop itself holds a way into the queue.
                Turn::Arrived(None) => ControlFlow::Break(Ending::Quit),
                Turn::Settled(Err(why)) => ControlFlow::Break(Ending::TerminalLost(why)),
                Turn::Settled(Ok(())) | Turn::FrameDue => ControlFlow::Continue(()),
                Turn::Tick => self.tick(),
            };
            let drawn = match taken {
                ControlFlow::Continue(()) => self.draw(),
                ControlFlow::Break(ending) => ControlFlow::Break(ending),
            };
            if let ControlFlow::Break(ending) = drawn {
                return ending;
            }
        }
    }

    /// Waits for whatever comes first.
    async fn next(&mut self) -> Turn {
        let is_idle = self.stage.idle();
        if is_idle {
            self.drawing.arrived(self.asks_since());
        }
        let settled = self.stage.settled();
        let wants_frame = self.wants_frame() && is_idle;
        let frame_due = self.drawing.pace.wait(clock::monotonic().into_std());
        let tick_due = (self.model.needs_tick() && !self.drawing.away).then(|| self.drawing.refreshed + TICK);
        let tick = async {
            match tick_due {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::select! {
            // What came goes before what is drawn.
            biased;
            arrival = self.arrivals.recv() => Turn::Arrived(arrival),
            settled = settled, if !is_idle => Turn::Settled(settled),
            () = sleep(frame_due), if wants_frame => Turn::FrameDue,
            () = tick => Turn::Tick,
        }
    }

    /// Takes what came and what waits behind it. What comes meanwhile waits for the next turn, so that a flood cannot
    /// keep frames from being drawn.
    fn take_all(&mut self, first: Arrival) -> ControlFlow<Ending> {
        let waiting = self.arrivals.len();
        self.take(first)?;
        for _ in 0..waiting {
            let Ok(arrival) = self.arrivals.try_recv() else { break };
            self.take(arrival)?;
        }
        ControlFlow::Continue(())
    }

    fn take(&mut self, arrival: Arrival) -> ControlFlow<Ending> {
        match arrival {
            Arrival::Message(message) => self.update(message),
            Arrival::Input(Input::Key { stroke: Stroke::Release, .. } | Input::Focus(_)) => {
                ControlFlow::Continue(())
            }
            Arrival::Input(Input::Key { key, stroke }) => {
                let is_blind = self.asks_since().is_some_and(|since| self.drawing.is_unread(since));
                self.update(Message::Key { key, repeat: stroke == Stroke::Repeat || is_blind })
            }
            Arrival::Input(Input::Paste(text)) => self.update(Message::Paste(text)),
            Arrival::Input(Input::Lost(why)) => ControlFlow::Break(Ending::TerminalLost(why)),
            Arrival::Signal(signals::Notice::End(signal)) => ControlFlow::Break(Ending::Signal(signal)),
            Arrival::Signal(signals::Notice::Resized) => self.resized(),
            Arrival::Signal(signals::Notice::Suspend) => self.suspend(),
            Arrival::Signal(signals::Notice::Continued) => self.resume(),
        }
    }

    /// Since when the dialog on top asks for a confirmation, where it does.
    fn asks_since(&self) -> Option<Timestamp> {
        self.model.dialogs.last()?.popup().confirms_since()
    }

    fn update(&mut self, message: Message) -> ControlFlow<Ending> {
        let at = self.clock.now();
        self.recorder.record(&message, at);
        let seen = self.model.observation.as_ref().filter(|_| matches!(message, Message::Observed(_)));
        // A large fleet takes longer to be taken apart than a key may wait for its frame.
        let outdated = seen.map(|seen| (Arc::clone(&seen.fleet), Arc::clone(&seen.judgement)));
        let effects = app::update(&mut self.model, message, at);
        self.hands.discard(outdated);
        for effect in effects {
            self.perform(effect)?;
        }
        ControlFlow::Continue(())
    }

    fn tick(&mut self) -> ControlFlow<Ending> {
        self.drawing.refreshed = clock::monotonic();
        let calls = self.hands.calls();
        if calls != self.model.calls {
            self.update(Message::Calls(calls))?;
        }
        self.update(Message::Tick)
    }

    fn resized(&mut self) -> ControlFlow<Ending> {
        let size = self.stage.size();
        if let Err(error) = self.stage.resize(size) {
            return ControlFlow::Break(Ending::TerminalLost(error.to_string()));
        }
        self.update(Message::Resize { width: size.width, height: size.height })
    }

    /// Gives the terminal to the shell and stops; goes on with [`resume`](Self::resume).
    pub(super) fn suspend(&mut self) -> ControlFlow<Ending> {
        self.drawing.away = true;
        match self.stage.suspend() {
            Ok(()) => ControlFlow::Continue(()),
            Err(no_shell) => {
                self.resume()?;
                self.update(Message::Noted { text: no_shell.to_string(), failed: true })
            }
        }
    }

    fn resume(&mut self) -> ControlFlow<Ending> {
        if let Err(error) = self.stage.resume() {
            return ControlFlow::Break(Ending::TerminalLost(error.to_string()));
        }
        self.drawing.away = false;
        self.resized()?;
        self.update(Message::Resumed)
    }

    fn wants_frame(&self) -> bool {
        !self.drawing.away && self.drawing.revision != Some(self.model.revision)
    }

    /// Draws, where there is something new, the terminal has taken the frame before, and it is time.
    fn draw(&mut self) -> ControlFlow<Ending> {
        let now = clock::monotonic();
        let may = self.stage.idle() && self.drawing.pace.wait(now.into_std()).is_zero();
        if !may || !self.wants_frame() {
            return ControlFlow::Continue(());
        }
        let at = self.clock.now();
        let (model, theme, zone) = (&self.model, &self.theme, &self.zone);
        if let Err(error) = self.stage.draw(|frame| ui::draw(frame, model, theme, at, zone)) {
            return ControlFlow::Break(Ending::TerminalLost(error.to_string()));
        }
        let drawing = &mut self.drawing;
        drawing.revision = Some(self.model.revision);
        drawing.drawn_at = Some(at);
        drawing.refreshed = now;
        drawing.pace.drew(clock::monotonic().into_std());
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests;
