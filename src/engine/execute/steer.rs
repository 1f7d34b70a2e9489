//! A person's orders, and waiting in such a way that one is taken at once.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::{Run, Stop, words};
use crate::plan::{Course, Event, Refusal, Steer, Truth};

/// How long an order waits at most before it is taken.
const SLICE: Duration = Duration::from_millis(250);

impl Run<'_> {
    /// Takes the order that waits, if any, and writes it down. `true`: the present wait ends now.
    ///
    /// # Errors
    /// It is told to stop: to hold where it is, or to go back.
    pub(super) fn heed(&mut self) -> Result<bool, Stop> {
        let Some(order) = self.ports.helm.take() else { return Ok(false) };
        if self.begun {
            // An order to stop is obeyed whether or not it can be written down.
            let written = self.record(self.step, Event::Steered, |record| {
                record.result = Some(words::order(order).into());
            });
            if let (Err(error), false) = (written, matches!(order, Steer::Hold | Steer::Abort)) {
                return Err(self.stop(words::unwritten(&error)));
            }
        }
        match order {
            Steer::Pause => {
                self.paused.get_or_insert(self.ports.clock.monotonic());
                self.say(Truth::Wanted, "paused by a person", None);
                Ok(false)
            }
            Steer::Continue => {
                self.paused = None;
                self.say(Truth::Wanted, "goes on", None);
                Ok(false)
            }
            Steer::StepNow => {
                self.paused = None;
                Ok(true)
            }
            Steer::Hold if self.sent => {
                Err(Stop::Held(Refusal::new("a person told it to hold", self.ways_out())))
            }
            // It is on its way.
            Steer::Abort if self.course == Course::Back => Ok(false),
            Steer::Abort if self.sent => Err(Stop::Back("a person told it to abort".into())),
            Steer::Hold | Steer::Abort => {
                Err(Stop::Refused(Refusal::new("it was stopped before anything was sent", "make a new plan")))
            }
        }
    }

    /// Waits, in slices. `true`: a person ended it.
    ///
    /// # Errors
    /// As [`Run::heed`].
    pub(super) async fn rest(&mut self, time: Duration) -> Result<bool, Stop> {
        let clock = self.ports.clock;
        let until = clock.monotonic() + time;
        loop {
            if self.heed()? {
                return Ok(true);
            }
            let left = until.saturating_sub(clock.monotonic());
            if left.is_zero() {
                return Ok(false);
            }
            self.keep(clock.sleep(left.min(SLICE))).await;
            self.still_ours()?;
        }
    }

    /// Waits for an answer; an order to stop breaks it off.
    ///
    /// # Errors
    /// As [`Run::heed`].
    pub(super) async fn attend<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        let clock = self.ports.clock;
        let mut work = pin!(work);
        loop {
            match self.keep(select(work.as_mut(), clock.sleep(SLICE))).await {
                Either::Left((answer, _)) => return Ok(answer),
                Either::Right(_) if self.ports.helm.stops() => drop(self.heed()?),
                Either::Right(_) => self.still_ours()?,
            }
        }
    }
}
