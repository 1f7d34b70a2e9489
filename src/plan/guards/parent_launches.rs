//! The image that another is built on can be launched, and nobody marked it as bad. One that the same plan builds is
//! judged when it is there. Unknown is not good.

use super::{Check, Guard, OnImage};
use crate::fleet::Availability;
use crate::plan::{Answer, StartBuild};

pub(super) const GUARD: Guard =
    Guard { name: "parent-launches", overridable: true, check: Check::Build(check) };

fn check(subject: &OnImage<'_>, start: &StartBuild) -> (Answer, String) {
    let family = &start.family;
    let Some(id) = &start.parent else {
        return (Answer::Warn, format!("what {family} is built on is not known here: its builder chooses"));
    };
    if id.is_to_be() {
        return (Answer::Pass, format!("what {family} is built on is built first"));
    }
    let Some(image) = subject.fleet.image(&subject.cluster.id.place, id) else {
        return (Answer::Block, format!("{id}, which {family} is built on, is not there, or was not seen"));
    };
    if let Some(why) = image.marked_bad() {
        let why = if why.is_empty() { "no reason given".into() } else { why.to_string() };
        return (Answer::Block, format!("{family} is built on {image}, which is marked as bad: {why}"));
    }
    match &image.availability {
        Availability::Available => (Answer::Pass, format!("{family} is built on {image} ({id})")),
        Availability::Gone(why) => {
            (Answer::Block, format!("{image} ({id}), which {family} is built on, is gone: {why}"))
        }
        Availability::Pending => (Answer::Block, format!("{image} ({id}) is not finished yet")),
        Availability::Unknown => {
            (Answer::Block, format!("whether {image} ({id}) can be launched could not be read"))
        }
    }
}
