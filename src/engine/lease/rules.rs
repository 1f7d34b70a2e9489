//! What a lease allows, decided on what was read and on the time that passed. Nothing is asked here: the same functions
//! serve the real store and the model that searches for two writers.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::{DEADLINE, LIFE};
use crate::plan::Refusal;

/// Why a holder may not write any more.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the lease is lost: {why}")]
pub struct LeaseLost {
    /// Why, in one sentence.
    pub why: String,
    /// Whether somebody else was seen to have it; else it merely could not be proven or renewed.
    pub to_somebody: bool,
}

impl LeaseLost {
    /// Nobody can tell any more that it is held.
    pub(in crate::engine) fn unproven(why: impl fmt::Display) -> Self {
        Self { why: why.to_string(), to_somebody: false }
    }

    /// Somebody else has it, or has written over it.
    pub(super) fn taken(why: impl fmt::Display) -> Self {
        Self { why: why.to_string(), to_somebody: true }
    }

    /// As a refusal, with the way out.
    pub fn refusal(&self) -> Refusal {
        Refusal::new(self.to_string(), "look who holds the cluster now, then resume it or roll it back")
    }
}

/// What a holder knows of its lease.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Grip {
    /// Its epoch.
    pub epoch: u64,
    /// The version its head had after the last write that is known to have succeeded.
    pub version: u64,
    /// When that write began, by the holder's own clock.
    pub began: Duration,
}

/// What the store showed of the holder's epoch and of the one after it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Sight {
    /// The version of the holder's own head.
    pub mine: Option<u64>,
    /// Whether the next epoch is there.
    pub next: bool,
}

/// What a sight proves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Proof {
    /// The newest epoch is the holder's, and nobody else wrote its head.
    Mine,
    /// The store shows less than the holder knows to be there: it has to be asked again.
    Stale,
    /// The next epoch is there.
    Overtaken,
    /// Somebody else wrote the holder's head, or deleted it.
    Stranger,
}

/// What became of a write whose answer was lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Fate {
    /// It was applied.
    Applied,
    /// It is not there, or not there yet.
    NotYet,
    /// Something else is there.
    Stranger,
}

impl Grip {
    /// The grip of whoever created an epoch by a request that began then.
    pub(super) fn taken(epoch: u64, began: Duration) -> Self {
        Self { epoch, version: 1, began }
    }

    /// Whether the holder may still write, by its own clock.
    pub(super) fn is_in_time(&self, now: Duration) -> bool {
        now.saturating_sub(self.began) < DEADLINE
    }

    /// The grip after a write that began then and returned this version; `None` where somebody wrote in between.
    pub(super) fn renewed(self, version: u64, began: Duration) -> Option<Self> {
        (version == self.version + 1).then_some(Self { version, began, ..self })
    }

    /// What a sight proves.
    pub(super) fn proof(&self, sight: Sight) -> Proof {
        match sight {
            Sight { next: true, .. } => Proof::Overtaken,
            Sight { mine: Some(version), .. } if version == self.version => Proof::Mine,
            Sight { mine: Some(version), .. } if version < self.version && version > 0 => Proof::Stale,
            Sight { .. } => Proof::Stranger,
        }
    }

    /// What became of a write whose answer was lost: `version` is what the head has now, `same` whether it says what
    /// was to be written.
    pub(super) fn fate(&self, version: Option<u64>, same: bool) -> Fate {
        match version {
            Some(version) if version <= self.version => Fate::NotYet,
            Some(version) if version == self.version + 1 && same => Fate::Applied,
            _ => Fate::Stranger,
        }
    }
}

/// What somebody who wants the lease sees of the newest epoch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Newest {
    /// Whether it was given back.
    pub released: bool,
    /// Whether it is of the very session that asks.
    pub ours: bool,
    /// Whether a schema wrote it that this program does not know.
    pub newer_schema: bool,
    /// Its age.
    pub age: Age,
}

/// How old the last renewal of a lease is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Age {
    /// By the store's clock.
    Told(Duration),
    /// The store told no time: it was watched that long, by the own clock, and did not change.
    Watched(Duration),
}

/// Whether a lease may be taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Taking {
    /// It may.
    Free,
    /// It may not: it is held.
    Held,
    /// It may not: only a newer program can tell.
    NewerSchema,
    /// Nobody knows yet: it has to be watched.
    Watch,
}

/// Whether the lease may be taken from the newest epoch.
pub(super) fn taking(newest: &Newest) -> Taking {
    let Newest { released, ours, newer_schema, age } = *newest;
    if newer_schema {
        return Taking::NewerSchema;
    }
    if released || ours {
        return Taking::Free;
    }
    match age {
        Age::Told(age) | Age::Watched(age) if age >= LIFE => Taking::Free,
        Age::Told(_) => Taking::Held,
        Age::Watched(_) => Taking::Watch,
    }
}

/// How long ago something was written, by the store's clock. A time in the future is no age.
pub(super) fn age(modified_at: Timestamp, server_time: Timestamp) -> Duration {
    Duration::try_from(server_time.duration_since(modified_at)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRIP: Grip = Grip { epoch: 7, version: 3, began: Duration::from_secs(100) };

    fn newest(age: Age) -> Newest {
        Newest { released: false, ours: false, newer_schema: false, age }
    }

    #[test]
    fn a_holder_writes_for_45_s_from_the_beginning_of_its_last_renewal() {
        assert!(GRIP.is_in_time(Duration::from_millis(144_999)));
        assert!(!GRIP.is_in_time(Duration::from_secs(145)));
        let renewed = GRIP.renewed(4, Duration::from_secs(115)).unwrap();
        assert!(
            renewed.is_in_time(Duration::from_secs(159)) && !renewed.is_in_time(Duration::from_secs(160))
        );
    }

    #[test]
    fn a_version_that_is_not_the_next_one_tells_of_a_stranger() {
        for version in [1, 3, 5] {
            assert_eq!(GRIP.renewed(version, GRIP.began), None, "{version}");
        }
        let sight = |mine, next| GRIP.proof(Sight { mine, next });
        assert_eq!(sight(Some(3), false), Proof::Mine);
        assert_eq!(sight(Some(3), true), Proof::Overtaken);
        assert_eq!(sight(Some(2), false), Proof::Stale);
        assert_eq!(sight(Some(4), false), Proof::Stranger);
        assert_eq!(sight(None, false), Proof::Stranger);
    }

    #[test]
    fn a_lost_answer_is_looked_up() {
        assert_eq!(GRIP.fate(Some(4), true), Fate::Applied);
        assert_eq!(GRIP.fate(Some(3), false), Fate::NotYet);
        assert_eq!(GRIP.fate(Some(4), false), Fate::Stranger);
        assert_eq!(GRIP.fate(Some(5), true), Fate::Stranger);
        assert_eq!(GRIP.fate(None, false), Fate::Stranger);
    }

    #[test]
    fn a_lease_is_taken_when_it_lapsed_or_was_given_back_and_not_before() {
        let told = |millis| taking(&newest(Age::Told(Duration::from_millis(millis))));
        assert_eq!((told(0), told(59_999), told(60_000)), (Taking::Held, Taking::Held, Taking::Free));
        let watched = |seconds| taking(&newest(Age::Watched(Duration::from_secs(seconds))));
        assert_eq!((watched(0), watched(59), watched(60)), (Taking::Watch, Taking::Watch, Taking::Free));
        let alive = newest(Age::Told(Duration::ZERO));
        assert_eq!(taking(&Newest { released: true, ..alive }), Taking::Free);
        assert_eq!(taking(&Newest { ours: true, ..alive }), Taking::Free);
        let old = newest(Age::Told(LIFE * 10));
        assert_eq!(taking(&Newest { newer_schema: true, ..old }), Taking::NewerSchema);
    }

    #[test]
    fn a_store_whose_clock_runs_behind_makes_nothing_old() {
        let then = Timestamp::UNIX_EPOCH;
        let later = then + Duration::from_secs(61);
        assert_eq!((age(then, later), age(later, then)), (Duration::from_secs(61), Duration::ZERO));
    }
}
