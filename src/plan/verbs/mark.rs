//! `mark IMAGE`: a person says that an image is bad, and why, or that it is not after all. Every tool sees the tag, forward
//! plans refuse the image, and rollbacks take it last.

use super::{Draft, Given, Kind, Move, Writes};
use crate::fleet::{BAD_TAG, ImageId};
use crate::plan::recipe::word;
use crate::plan::{Author, Call, Expected, ImageMark, Reach, Refusal, Resource, State, TagImage};

/// What the tag says of an image that is not bad, after all.
const NOT_BAD: &str = "false";

pub(super) fn draft<'a>(
    given: Given<'a>,
    id: &ImageId,
    bad: Option<&crate::fleet::Text>,
    by: &Author,
) -> Result<Draft<'a>, Refusal> {
    let place = &given.cluster.id.place;
    let Some(image) = given.fleet.image(place, id).filter(|image| image.described) else {
        return Err(Refusal::new(
            format!("there is no image {id} in {place}, or it was not seen"),
            "name an image of this account and region, by its id",
        ));
    };
    let now = image.tags.get(BAD_TAG);
    if bad.is_none() && image.marked_bad().is_none() {
        return Err(Refusal::new(
            format!("{image} ({id}) is not marked as bad"),
            "there is nothing to take back",
        ));
    }
    let says = match bad {
        Some(why) if why.raw().trim().is_empty() => {
            return Err(Refusal::new("nothing says why it is bad", "give a reason or a ticket"));
        }
        Some(why) => format!("{why} (by {} at {:.0})", by.who, by.at),
        None => NOT_BAD.to_owned(),
    };
    let tag = |value: &str| Call::TagImage(TagImage::new(id.clone(), [(BAD_TAG.into(), value.into())]));
    let mark = ImageMark { state: None, tags: image.tags.clone() };
    let moves = vec![Move {
        does: match bad {
            Some(_) => format!("mark {image} ({id}) as bad: {says}"),
            None => format!("mark {image} ({id}) as good again"),
        },
        writes: Writes::Call {
            call: Box::new(tag(&says)),
            expects: Expected { resource: Resource::Image(id.clone()), state: State::Image(mark) },
            undo: Some(Box::new(tag(now.map_or(NOT_BAD, crate::fleet::Text::raw)))),
        },
        waits: Vec::new(),
    }];
    let running = given.fleet.instances().filter(|one| {
        one.place == *place && one.running.as_ref().is_some_and(|running| running.image == *id)
    });
    let count = running.count();
    let mut notes = Vec::new();
    if bad.is_some() {
        notes.push(format!(
            "{count} instances run it: they stay; no plan goes to it any more, and a rollback takes it last"
        ));
    }
    // What cannot be typed on every keyboard is not asked for.
    let version = image.version.as_ref().filter(|version| word("version", version.raw()).is_ok());
    let called = version.map_or_else(|| id.to_string(), ToString::to_string);
    Ok(Draft {
        source: None,
        group: None,
        kind: Kind::Replace,
        first: Vec::new(),
        moves,
        back: None,
        phrase: format!("{called} {}", if bad.is_some() { "bad" } else { "good" }),
        notes,
        reach: Some(Reach { instances: 0, percent: 0.0, lowest_healthy: None, seconds: 0, before: None }),
    })
}
