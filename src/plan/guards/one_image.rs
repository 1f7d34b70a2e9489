//! A side that gains traffic runs one image; several are a warning.

use super::{Check, Guard, Subject};
use crate::plan::Answer;

pub(super) const GUARD: Guard =
    Guard { name: "one-image-per-side", overridable: true, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    if subject.remade {
        return (
            Answer::Pass,
            format!("the side that gains is made ready first: judged before step {}", subject.step),
        );
    }
    let mut labels = Vec::new();
    for side in subject.sides.images(&subject.change.gaining()) {
        let name = side.group;
        if side.unknown > 0 {
            return (Answer::Warn, format!("the image of {} instances of {name} is unknown", side.unknown));
        }
        if side.known.len() > 1 {
            return (Answer::Warn, format!("{name} runs {} different images", side.known.len()));
        }
        labels.extend(side.known.iter().map(|id| {
            let image = subject.fleet.image(&subject.cluster.id.place, id);
            image.map_or_else(|| format!("{name} runs {id}"), |image| format!("{name} runs {image}"))
        }));
    }
    (Answer::Pass, if labels.is_empty() { "no side gains traffic".into() } else { labels.join(", ") })
}
