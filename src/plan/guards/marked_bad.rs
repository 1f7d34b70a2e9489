//! A side that runs an image marked as bad (tag `flightdeck:bad`) gets no traffic; on the way back it is a warning.

use super::{Check, Guard, Subject};
use crate::plan::Answer;
use crate::plan::verbs::Kind;

pub(super) const GUARD: Guard = Guard { name: "marked-bad", overridable: true, check: Check::Traffic(check) };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    if subject.remade {
        return (
            Answer::Pass,
            format!("the image that is to come is judged by itself: judged before step {}", subject.step),
        );
    }
    let place = &subject.cluster.id.place;
    for side in subject.sides.images(&subject.change.gaining()) {
        for image in side.known.iter().filter_map(|id| subject.fleet.image(place, id)) {
            if let Some(why) = image.marked_bad() {
                let verdict = if subject.kind == Kind::Back { Answer::Warn } else { Answer::Block };
                let why = if why.is_empty() { "no reason given".into() } else { why.to_string() };
                return (verdict, format!("{} runs {image}, which is marked as bad: {why}", side.group));
            }
        }
    }
    (Answer::Pass, "no side that gains runs an image marked as bad".into())
}
