//! Words and numbers as a person reads them: accounts, times that passed, short names of sides.

use jiff::{SignedDuration, Timestamp};

use crate::fleet::{AccountId, ClusterName, GroupName, Instance, InstanceState, Text, Verdict};
use crate::plan::Who;

/// An account id in groups of four digits, `1234-5678-9012`; anything else as it is.
pub fn account(id: &AccountId) -> String {
    let text = id.to_string();
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..])
    } else {
        text
    }
}

/// The name of a group without the cluster's in front: `blue` for `orders-blue` in `orders`.
pub fn side(cluster: &ClusterName, group: &GroupName) -> String {
    let (cluster, name) = (cluster.to_string(), group.to_string());
    let rest = name.strip_prefix(&cluster).map(|rest| rest.trim_start_matches(['-', '_', '.']));
    match rest {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => name,
    }
}

/// Who somebody is: the end of the principal's ARN.
pub fn person(who: &Who) -> String {
    principal(&who.principal)
}

/// What a principal is called: the end of its ARN.
pub fn principal(arn: &Text) -> String {
    let arn = arn.to_string();
    arn.rsplit(['/', ':']).next().map(str::to_owned).unwrap_or(arn)
}

/// How long ago something was, as short as can be: `3 s`, `4 min`, `2 h`, `9 d`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    span(now.duration_since(then))
}

/// A time span, as short as can be.
pub fn span(time: SignedDuration) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match time.as_secs().max(0) {
        s if s < 2 * MINUTE => format!("{s} s"),
        s if s < 2 * HOUR => format!("{} min", s / MINUTE),
        s if s < 2 * DAY => format!("{} h", s / HOUR),
        s => format!("{} d", s / DAY),
    }
}

/// A time that is left, counted down: `24:10`, `0:09`.
pub fn countdown(left: SignedDuration) -> String {
    // A second that has begun is still shown, so that the last thing on the screen is 0:01.
    let seconds = left.as_secs().max(0) + i64::from(left.subsec_nanos() > 0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A count with its noun: `1 gap`, `3 gaps`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(number)) }
}

/// A number in groups of three digits: `100,000`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share as it is said: whole percents, `<1 %` and `>99 %` rather than a rounded lie.
pub fn percent(share: f64) -> String {
    if share > 0.0 && share < 1.0 {
        "<1 %".into()
    } else if share > 99.0 && share < 100.0 {
        ">99 %".into()
    } else {
        format!("{share:.0} %")
    }
}

/// The state of an instance: EC2's word, and the group's beside it where that says more.
pub fn state(instance: &Instance) -> String {
    let ec2 = match &instance.state {
        None => "not in EC2's answer".to_owned(),
        Some(InstanceState::Pending) => "pending".into(),
        Some(InstanceState::Running) => "running".into(),
        Some(InstanceState::Stopping) => "stopping".into(),
        Some(InstanceState::Stopped) => "stopped".into(),
        Some(InstanceState::ShuttingDown) => "shutting-down".into(),
        Some(InstanceState::Terminated) => "terminated".into(),
        Some(InstanceState::Other(word)) => word.to_string(),
    };
    match instance.membership.as_ref().map(|membership| &membership.lifecycle) {
        Some(lifecycle) if lifecycle.raw() != "InService" => format!("{ec2} {lifecycle}"),
        _ => ec2,
    }
}

/// One word for all sources of health.
pub fn health(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "healthy",
        Verdict::Starting => "starting",
        Verdict::Leaving => "leaving",
        Verdict::Unhealthy => "unhealthy",
        Verdict::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_called_by_what_tells_it_from_the_others() {
        for (cluster, group, side_name) in [
            ("orders", "orders-blue", "blue"),
            ("orders", "orders", "orders"),
            ("orders", "web-v012", "web-v012"),
            ("orders", "orders_v7", "v7"),
        ] {
            assert_eq!(side(&cluster.into(), &group.into()), side_name);
        }
    }

    #[test]
    fn no_share_is_rounded_to_none_or_all() {
        assert_eq!(
            [0.0, 0.1, 33.4, 99.9, 100.0].map(percent),
            ["0 %", "<1 %", "33 %", ">99 %", "100 %"].map(String::from)
        );
    }

    #[test]
    fn times_and_numbers_are_short() {
        let secs = SignedDuration::from_secs;
        assert_eq!(
            [3, 119, 240, 7_300, 900_000].map(|s| span(secs(s))),
            ["3 s", "119 s", "4 min", "2 h", "10 d"]
        );
        assert_eq!([1450, 9, -5].map(|s| countdown(secs(s))), ["24:10", "0:09", "0:00"]);
        assert_eq!([1, 1000, 100_000].map(thousands), ["1", "1,000", "100,000"]);
        assert_eq!(account(&"123456789012".into()), "1234-5678-9012");
        assert_eq!(account(&"demo".into()), "demo");
    }
}
