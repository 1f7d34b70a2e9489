//! Facts of CloudWatch: alarms, and what load balancers count of target groups.

use jiff::Timestamp;

use crate::fleet::Text;

/// An alarm that was asked for by its name [cloudwatch: MetricAlarm, CompositeAlarm].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// Its state.
    pub state: AlarmState,
    /// AWS's reason for the state.
    pub reason: Option<Text>,
    /// Since when it is in that state.
    pub since: Option<Timestamp>,
    /// What it watches; `None` where there is no such alarm.
    pub kind: Option<AlarmKind>,
}

/// State of an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AlarmState {
    /// `OK`.
    Ok,
    /// `ALARM`.
    Alarm,
    /// `INSUFFICIENT_DATA`.
    InsufficientData,
    /// No alarm of that name is there.
    NotThere,
    /// A word we do not know.
    Other(Text),
}

/// What an alarm watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlarmKind {
    /// A metric.
    Metric,
    /// Other alarms.
    Composite,
}

impl Alarm {
    /// What is known of a name that no alarm has.
    pub fn not_there() -> Self {
        Self { state: AlarmState::NotThere, reason: None, since: None, kind: None }
    }
}

/// What a load balancer counted of one target group in the minutes before it was asked, as far as it had arrived in
/// CloudWatch; `None`: no point of that metric. It is late by a minute or more, and leaves out minutes without requests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metrics {
    /// Requests.
    pub requests: Option<u64>,
    /// Answers by targets that were 5xx; AWS leaves minutes without any out, so that none are 0 where there were
    /// requests.
    pub errors_5xx: Option<u64>,
    /// Time in milliseconds in which 99 of 100 requests were answered, in the worst minute.
    pub p99_ms: Option<u64>,
    /// Fewest healthy targets in the newest minute: those before tell of a side that was coming up.
    pub healthy_hosts: Option<u32>,
    /// When the newest minute with requests began.
    pub counted_at: Option<Timestamp>,
}

impl Metrics {
    /// Share of 5xx in percent, 0–100; `None` where no requests were counted.
    pub fn percent_5xx(&self) -> Option<f64> {
        let requests = self.requests.filter(|requests| *requests > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
        let share = self.errors_5xx? as f64 * 100.0 / requests as f64;
        Some(share)
    }
}
