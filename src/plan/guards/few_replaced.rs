//! A selection that is larger than anybody meant is stopped before it begins: a plan replaces at most so many named
//! instances of a group, half of them where the configuration says nothing (promise 19).

use super::{Check, Guard, OnGroup};
use crate::plan::{Answer, Intent};

pub(super) const GUARD: Guard =
    Guard { name: "few-replaced", overridable: true, check: Check::Replaced(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    let Intent::Replace { instances, .. } = subject.intent else {
        return (Answer::Pass, "no instances were chosen".into());
    };
    if subject.operation.is_some() {
        // The group is smaller or larger on the way.
        return (Answer::Pass, "how many are replaced was judged before the first".into());
    }
    let (chosen, count) = (instances.len(), subject.group.instances.len());
    let most = subject.policy.max_replaced(&subject.cluster.id, count);
    let name = &subject.group.id.name;
    if chosen > most {
        return (
            Answer::Block,
            format!(
                "{chosen} of {count} instances of {name} are selected, and one plan replaces {most} at most"
            ),
        );
    }
    (Answer::Pass, format!("{chosen} of {count} instances of {name}, {most} at most"))
}
