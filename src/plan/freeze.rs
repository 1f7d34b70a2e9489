//! Freeze windows: times in which nothing is changed, once or every week.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::fleet::{ClusterId, ClusterSelector};

/// A time in which nothing is changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Freeze {
    /// Why, in a few words.
    pub why: String,
    /// When.
    pub when: Window,
    /// Which clusters it holds; an empty list holds all.
    pub clusters: Vec<ClusterSelector>,
}

/// When a freeze holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Window {
    /// Once.
    Once {
        /// From this instant on.
        from: Timestamp,
        /// Until this one, which is free again.
        until: Timestamp,
    },
    /// Every week, by the clocks of a time zone. It may run over the end of a week; from and until being equal is the
    /// whole week.
    Weekly {
        /// From this moment on.
        from: Moment,
        /// Until this one, which is free again.
        until: Moment,
        /// Whose clocks.
        zone: TimeZone,
    },
}

/// A moment of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The day.
    pub day: Weekday,
    /// The time of that day, to the second.
    pub time: Time,
}

/// Seconds of a day of clocks that are not changed.
const DAY: i64 = 24 * 60 * 60;

/// Seconds of a week.
const WEEK: i64 = 7 * DAY;

impl Freeze {
    /// Whether it holds a cluster at any instant from one to another, both included.
    pub fn holds(&self, cluster: &ClusterId, from: Timestamp, until: Timestamp) -> bool {
        let meant = self.clusters.is_empty() || self.clusters.iter().any(|one| one.matches(cluster));
        meant && self.when.touches(from, until)
    }
}

impl Window {
    /// Whether any instant from one to another, both included, is within.
    pub(super) fn touches(&self, first: Timestamp, last: Timestamp) -> bool {
        match self {
            Self::Once { from, until } => first < *until && last >= *from,
            Self::Weekly { from, until, zone } => {
                let now = zone.to_datetime(first);
                let now = Moment { day: now.weekday(), time: now.time() }.second();
                let since = (now - from.second()).rem_euclid(WEEK);
                let length = match (until.second() - from.second()).rem_euclid(WEEK) {
                    0 => WEEK,
                    length => length,
                };
                // Within it now, or it begins again before the end.
                since < length || last.duration_since(first) >= SignedDuration::from_secs(WEEK - since)
            }
        }
    }
}

impl Moment {
    /// Seconds since Monday's midnight.
    fn second(self) -> i64 {
        let time = self.time;
        i64::from(self.day.to_monday_zero_offset()) * DAY
            + i64::from(time.hour()) * 3_600
            + i64::from(time.minute()) * 60
            + i64::from(time.second())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;
    use crate::plan::tests::id;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn freeze(when: Window) -> Freeze {
        Freeze { why: "holidays".into(), when, clusters: Vec::new() }
    }

    #[test]
    fn a_freeze_holds_from_its_beginning_until_just_before_its_end() {
        let once = freeze(Window::Once { from: at("2026-12-24T12:00Z"), until: at("2026-12-27T00:00Z") });
        for (from, until, holds) in [
            ("2026-12-24T11:59:59Z", "2026-12-24T11:59:59Z", false),
            ("2026-12-24T11:59:59Z", "2026-12-24T12:00Z", true),
            ("2026-12-24T12:00Z", "2026-12-24T12:00Z", true),
            ("2026-12-26T23:59:59Z", "2026-12-26T23:59:59Z", true),
            ("2026-12-27T00:00Z", "2026-12-27T01:00Z", false),
        ] {
            assert_eq!(once.holds(&id(), at(from), at(until)), holds, "{from} {until}");
        }
    }

    #[test]
    fn a_weekly_freeze_runs_over_the_end_of_the_week_by_the_clocks_of_its_zone() {
        let weekly = freeze(Window::Weekly {
            from: Moment { day: Weekday::Friday, time: time(16, 0, 0, 0) },
            until: Moment { day: Weekday::Monday, time: time(8, 0, 0, 0) },
            zone: TimeZone::fixed(jiff::tz::offset(2)),
        });
        // 2026-11-20 is a Friday.
        for (from, until, holds) in [
            ("2026-11-20T13:59:59Z", "2026-11-20T13:59:59Z", false),
            ("2026-11-20T13:59:59Z", "2026-11-20T14:00Z", true),
            ("2026-11-20T14:00Z", "2026-11-20T14:00Z", true),
            ("2026-11-22T12:00Z", "2026-11-22T12:00Z", true),
            ("2026-11-23T05:59:59Z", "2026-11-23T05:59:59Z", true),
            ("2026-11-23T06:00Z", "2026-11-23T06:00Z", false),
            ("2026-11-23T06:00Z", "2026-12-23T06:00Z", true),
        ] {
            assert_eq!(weekly.holds(&id(), at(from), at(until)), holds, "{from} {until}");
        }
    }

    #[test]
    fn a_freeze_of_other_clusters_holds_nobody_else() {
        let own = ClusterSelector { name: "search".into(), account: None, region: None };
        let always = Window::Once { from: Timestamp::MIN, until: Timestamp::MAX };
        let freeze = Freeze { clusters: vec![own], ..freeze(always) };
        assert!(!freeze.holds(&id(), at("2026-11-20T14:00Z"), at("2026-11-20T14:00Z")));
    }
}
