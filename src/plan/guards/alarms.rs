//! No traffic is moved while an alarm that the cluster's configuration names has gone off. Where none is named, nothing
//! is asked. The way back is not held by what it is to end.

use super::{Check, Guard, Scene};
use crate::fleet::{AlarmState, Section, Text};
use crate::plan::gates::in_alarm;
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Policy};

pub(super) const GUARD: Guard = Guard { name: "alarms", overridable: true, check: Check::Any(check) };

fn check(subject: &Scene<'_>) -> (Answer, String) {
    let names = subject.policy.alarms(&subject.cluster.id);
    if names.is_empty() {
        return (Answer::Pass, "no alarms are configured".into());
    }
    if subject.kind == Kind::Back {
        return (Answer::Pass, "alarms do not hold the way back".into());
    }
    let said: Vec<(Answer, String)> = names.iter().map(|name| alarm(subject, name)).collect();
    let worst = said.iter().map(|(answer, _)| *answer).max().unwrap_or(Answer::Pass);
    let why: Vec<String> =
        said.into_iter().filter(|(answer, _)| *answer == worst).map(|(_, why)| why).collect();
    (worst, why.join(", "))
}

fn alarm(subject: &Scene<'_>, name: &Text) -> (Answer, String) {
    let place = &subject.cluster.id.place;
    let Some(seen) = subject.fleet.alarm(place, name) else {
        let why = subject
            .fleet
            .gap(place, Section::Alarms, None)
            .map_or_else(|| "it was not asked for yet: observe again".to_owned(), |gap| gap.why.clone());
        return (Answer::Block, format!("the state of alarm {name} is unknown: {why}"));
    };
    let age = subject.at.duration_since(seen.at).unsigned_abs();
    if age > Policy::FRESH {
        let (age, limit) = (age.as_secs(), Policy::FRESH.as_secs());
        return (
            Answer::Block,
            format!("the state of alarm {name} is {age} s old and may be {limit} s: observe again"),
        );
    }
    match &seen.value.state {
        AlarmState::Ok => (Answer::Pass, format!("{name} is OK")),
        AlarmState::Alarm => (Answer::Block, in_alarm(name, &seen.value)),
        // AWS refuses to start a refresh then [guide: rollback].
        AlarmState::InsufficientData if subject.kind == Kind::Replace => {
            (Answer::Block, format!("alarm {name} has not enough data: AWS starts no refresh by it"))
        }
        AlarmState::InsufficientData => (Answer::Warn, format!("alarm {name} has not enough data")),
        AlarmState::NotThere => (
            Answer::Block,
            format!(
                "there is no alarm {name} in {place}: mend `alarms` of this cluster in the configuration"
            ),
        ),
        AlarmState::Other(word) => {
            (Answer::Block, format!("alarm {name} says {word}, which flightdeck does not know"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::read_at;
    use crate::plan::gates::tests::{naming, set_alarm};
    use crate::plan::tests::{Orders, back, orders, record, shift};
    use crate::plan::{Event, History, plan};

    fn says(orders: &Orders, policy: &Policy, seconds: i64) -> (Answer, String) {
        let at = read_at() + jiff::SignedDuration::from_secs(seconds);
        let plan = plan(&shift(25), &orders.world.fleet(), &History::default(), policy, at).unwrap();
        let finding = plan.guards.into_iter().find(|finding| finding.name == "alarms").unwrap();
        (finding.verdict, finding.why)
    }

    #[test]
    fn an_alarm_blocks_and_one_without_data_warns() {
        let two = naming(&["errors", "slow"]);
        for (state, answer, why) in [
            (AlarmState::Ok, Answer::Pass, "errors is OK, slow is OK"),
            (AlarmState::Alarm, Answer::Block, "alarm slow is in ALARM: Threshold Crossed: 7 > 5"),
            (AlarmState::InsufficientData, Answer::Warn, "alarm slow has not enough data"),
            (
                AlarmState::NotThere,
                Answer::Block,
                "there is no alarm slow in 123456789012 eu-west-1: mend `alarms` of this cluster in the \
                 configuration",
            ),
            (
                AlarmState::Other("SLEEPING".into()),
                Answer::Block,
                "alarm slow says SLEEPING, which flightdeck does not know",
            ),
        ] {
            let mut orders = orders(90, 10);
            set_alarm(&mut orders, "errors", AlarmState::Ok);
            set_alarm(&mut orders, "slow", state);
            assert_eq!(says(&orders, &two, 0), (answer, why.to_owned()));
        }
    }

    #[test]
    fn an_unknown_or_old_state_blocks() {
        let one = naming(&["errors"]);
        let mut orders = orders(90, 10);
        let unasked = "the state of alarm errors is unknown: it was not asked for yet: observe again";
        assert_eq!(says(&orders, &one, 0), (Answer::Block, unasked.to_owned()));
        orders.world.gap(Section::Alarms, None);
        let denied = "the state of alarm errors is unknown: not allowed";
        assert_eq!(says(&orders, &one, 0), (Answer::Block, denied.to_owned()));
        set_alarm(&mut orders, "errors", AlarmState::Ok);
        let old = "the state of alarm errors is 11 s old and may be 10 s: observe again";
        assert_eq!(says(&orders, &one, 11), (Answer::Block, old.to_owned()));
    }

    #[test]
    fn an_alarm_never_holds_the_way_back() {
        let mut orders = orders(50, 50);
        set_alarm(&mut orders, "errors", AlarmState::Alarm);
        let history = History::new(vec![record(&orders, "p-1", "shift", Event::Intended, (100, 0))]);
        let plan = plan(&back(), &orders.world.fleet(), &history, &naming(&["errors"]), read_at()).unwrap();
        let finding = plan.guards.iter().find(|finding| finding.name == "alarms").unwrap();
        assert_eq!(finding.verdict, Answer::Pass);
    }

    #[test]
    fn no_alarms_configured_passes_whatever_cloudwatch_says() {
        let mut orders = orders(90, 10);
        set_alarm(&mut orders, "errors", AlarmState::Alarm);
        for policy in [Policy::default(), naming(&[])] {
            assert_eq!(says(&orders, &policy, 0), (Answer::Pass, "no alarms are configured".to_owned()));
        }
    }
}
