//! The way back of a cluster whose old side is not up: the group that takes the traffic goes back by itself. A refresh
//! that runs is taken back by AWS; one that stopped half-way, or came to its end, by another to the last good version.

use super::{Draft, Given, Kind, refresh, refresh_ends};
use crate::fleet::{Availability, ImageId};
use crate::plan::light::last_good;
use crate::plan::{Knobs, Refusal, TemplateNumber, half_finished};

/// Goes back without the old side; `instead`: why that is not there, for the plan.
///
/// # Errors
/// No group takes traffic, or nothing earlier can be launched.
pub(super) fn draft(given: Given<'_>, instead: String) -> Result<Draft<'_>, Refusal> {
    let cluster = given.cluster;
    let live = || cluster.groups.iter().filter(|group| group.live || cluster.traffic.is_empty());
    if let Some(group) = live().find(|group| group.refresh.is_some()) {
        let mut draft = refresh_ends::taken_back(given, &group.id.name)?;
        draft.notes.insert(0, instead);
        return Ok(draft);
    }
    let half = live().find_map(|group| {
        let half = half_finished(group)?;
        let to = half.go_back()?;
        launches(given, &half.back?).then_some((group, to))
    });
    let (name, to, why) = if let Some((group, to)) = half {
        (&group.id.name, to, "its refresh stopped half-way".to_owned())
    } else {
        let (group, image, to) = last_good(given.fleet, cluster).map_err(|why| {
            Refusal::new(format!("{instead}, and {why}"), "refresh a group to the version you want")
        })?;
        (&group.id.name, to, format!("{image} is the newest earlier image, and still exists"))
    };
    let mut draft = refresh::draft(given, name, &to, &Knobs::default())?;
    draft.kind = Kind::Back;
    draft.phrase = "back".into();
    draft.notes.insert(0, format!("{instead}: {name} itself goes back; {why}"));
    Ok(draft)
}

/// Whether the image of a version can be launched, as far as is known.
fn launches(given: Given<'_>, version: &TemplateNumber) -> bool {
    let (fleet, place) = (given.fleet, &given.cluster.id.place);
    let fact = fleet.template(place, &version.id, version.version);
    let named = fact.and_then(|fact| {
        fact.resolved_image.clone().or_else(|| fact.image.as_ref().map(|image| ImageId::new(image.raw())))
    });
    let image = named.and_then(|id| fleet.image(place, &id));
    image.is_some_and(|image| image.availability == Availability::Available && image.marked_bad().is_none())
}
