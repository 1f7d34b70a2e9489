//! Whether the images that a way back rests on will be there when it is needed: a rollback target that is gone is the
//! worst surprise, so it is told before.
//!
//! What is gone comes before what is not known, and that before what is only soon deprecated.

use jiff::{SignedDuration, Timestamp};

use crate::fleet::{
    Availability, Cluster, FamilyId, Fleet, Image, ImageId, Place, ServerGroup, TargetGroupArn,
};

/// How long before its deprecation an image is warned of: two weeks leave time to build and roll out another one, and
/// to be on holiday for one of them.
const DEPRECATION_NOTICE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How an image stands as something to go back to, the worst first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Standing {
    /// It can no longer be launched.
    Gone(String),
    /// Nobody knows.
    Unknown(String),
    /// It can be launched, and is about to be hidden from those who look for it.
    Deprecated(String),
}

impl Standing {
    /// `None`: it is there, and will be.
    fn of(fleet: &Fleet, place: &Place, id: &ImageId) -> Option<Self> {
        let Some(image) = fleet.image(place, id) else {
            return Some(Self::Unknown(format!("whether image {id} still exists is not known")));
        };
        match &image.availability {
            Availability::Gone(why) => Some(Self::Gone(format!("image {image} is {why}"))),
            Availability::Pending => Some(Self::Unknown(format!("image {image} is still being made"))),
            Availability::Unknown => {
                Some(Self::Unknown(format!("whether image {image} still exists is not known")))
            }
            Availability::Available => deprecation(image, fleet.observed_at).map(Self::Deprecated),
        }
    }

    fn says(self) -> String {
        match self {
            Self::Gone(says) | Self::Unknown(says) | Self::Deprecated(says) => says,
        }
    }
}

/// That an image is deprecated, or is within the time of notice.
fn deprecation(image: &Image, at: Timestamp) -> Option<String> {
    let deprecated =
        image.deprecated_at.filter(|deprecated| deprecated.duration_since(at) <= DEPRECATION_NOTICE)?;
    let day = deprecated.strftime("%Y-%m-%d");
    Some(if deprecated <= at {
        format!("image {image} is deprecated since {day}")
    } else {
        format!("image {image} is to be deprecated on {day}")
    })
}

/// Images of a family before a position that nobody marked as bad, the newest first.
pub(super) fn earlier<'a>(fleet: &'a Fleet, place: &Place, family: &FamilyId, rank: usize) -> Vec<&'a Image> {
    let here = fleet.images.iter().filter(|((at, _), _)| at == place).map(|(_, image)| image);
    let mut earlier: Vec<&Image> = here
        .filter(|image| image.family.as_ref() == Some(family) && image.rank.is_some_and(|other| other < rank))
        .filter(|image| image.marked_bad().is_none())
        .collect();
    earlier.sort_by_key(|image| std::cmp::Reverse(image.rank));
    earlier
}

/// That the newest of some images is not there; all of one version count together.
pub(super) fn newest_is_gone(earlier: &[&Image]) -> Option<String> {
    let newest = earlier.first()?;
    let mut same = earlier.iter().take_while(|image| image.rank == newest.rank);
    if same.any(|image| image.availability == Availability::Available) {
        return None;
    }
    Some(match &newest.availability {
        Availability::Gone(why) => format!("image {newest} is {why}"),
        _ => format!("whether image {newest} still exists is not known"),
    })
}

/// What may be missed by a refresh back to an image: it is soon deprecated, or is not the one that was before.
pub(super) fn of_image(fleet: &Fleet, group: &ServerGroup, image: &Image) -> Option<String> {
    let place = &group.id.place;
    let wanted = group.wants.first().and_then(|wanted| fleet.image(place, wanted.image.as_ref()?));
    let passed_over = wanted.and_then(|wanted| {
        let earlier = earlier(fleet, place, wanted.family.as_ref()?, wanted.rank?);
        let is_older = earlier.first().is_some_and(|newest| image.rank < newest.rank);
        newest_is_gone(&earlier)
            .filter(|_| is_older)
            .map(|gone| format!("{gone}, so that it goes back further"))
    });
    passed_over.or_else(|| deprecation(image, fleet.observed_at))
}

/// What may be missed on the sides that would take the traffic again: an image that they launch replacements from.
pub(super) fn of_sides<'a>(
    fleet: &Fleet,
    cluster: &Cluster,
    sides: impl IntoIterator<Item = &'a TargetGroupArn>,
) -> Option<String> {
    let sides: Vec<&TargetGroupArn> = sides.into_iter().collect();
    let groups =
        cluster.groups.iter().filter(|group| group.target_groups.iter().any(|arn| sides.contains(&arn)));
    groups.filter_map(|group| of_group(fleet, group)).min().map(Standing::says)
}

/// The worst of what a group launches, and of what it runs.
fn of_group(fleet: &Fleet, group: &ServerGroup) -> Option<Standing> {
    let place = &group.id.place;
    let name = &group.id.name;
    let launches = group.wants.iter().filter_map(|wanted| match &wanted.image {
        Some(id) => Some(match Standing::of(fleet, place, id)? {
            Standing::Gone(says) => Standing::Gone(format!("{says}: {name} cannot launch replacements")),
            Standing::Unknown(says) => {
                Standing::Unknown(format!("{says}: {name} may not launch replacements"))
            }
            deprecated @ Standing::Deprecated(_) => deprecated,
        }),
        None => {
            Some(Standing::Unknown(format!("which image {name} would launch as replacement is not known")))
        }
    });
    let mut running: Vec<&ImageId> =
        group.instances.iter().filter_map(|one| one.running.as_ref().map(|running| &running.image)).collect();
    running.sort();
    running.dedup();
    let wants = |id: &ImageId| group.wants.iter().any(|wanted| wanted.image.as_ref() == Some(id));
    let runs =
        running.into_iter().filter(|id| !wants(id)).filter_map(|id| match Standing::of(fleet, place, id)? {
            Standing::Gone(says) => {
                Some(Standing::Gone(format!("{says}, and {name} runs it: what it loses does not come back")))
            }
            other => Some(other),
        });
    launches.chain(runs).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::{World, read_at};
    use crate::plan::{History, Light, LightKind, Policy, light};

    /// A group of its own, with two earlier images; the newest runs.
    fn batch() -> World {
        let mut world = World::new();
        for (number, image) in [(1, "ami-1"), (2, "ami-2"), (3, "ami-3")] {
            world.image(image, &format!("batch-1.{number}.0"));
            world.template("lt-batch", number, image);
        }
        world.group("batch", "lt-batch");
        world.member("batch", "i-1", "ami-3");
        world
    }

    /// Green takes all the traffic; blue is up with the image before.
    fn orders() -> World {
        let mut world = World::new();
        for (colour, image, version) in [("blue", "ami-1", "1.0.0"), ("green", "ami-2", "1.1.0")] {
            let (name, template) = (format!("orders-{colour}"), format!("lt-{colour}"));
            world.image(image, &format!("orders-{version}"));
            world.template(&template, 1, image);
            world.group(&name, &template);
            world.member(&name, &format!("i-{colour}"), image);
        }
        let (blue, green) =
            (world.target_group("blue", "orders-blue"), world.target_group("green", "orders-green"));
        world.listener("web", 443, &[(&blue, 0), (&green, 100)]);
        world
    }

    fn of(world: &World) -> Light {
        let fleet = world.fleet();
        light(&fleet, &fleet.clusters[0], &History::default(), &Policy::default())
    }

    fn days(days: i64) -> Timestamp {
        read_at() + SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn an_image_that_stays_is_no_warning() {
        for (world, kind) in [(batch(), LightKind::Image), (orders(), LightKind::Warm)] {
            let light = of(&world);
            assert_eq!((light.kind, light.warning), (kind, None), "{}", light.why);
        }
    }

    #[test]
    fn an_image_is_warned_of_two_weeks_before_it_is_deprecated_and_not_sooner() {
        for (kind, image, world) in
            [(LightKind::Image, "ami-2", batch as fn() -> World), (LightKind::Warm, "ami-1", orders)]
        {
            for (deprecated, warns) in
                [(15, None), (14, Some("to be deprecated on ")), (-1, Some("deprecated since "))]
            {
                let mut world = world();
                let name = world.facts.images.as_ref().unwrap().value[&image.into()].name.clone().unwrap();
                world.image(image, name.raw()).deprecated_at = Some(days(deprecated));
                let light = of(&world);
                assert_eq!(light.kind, kind);
                assert_eq!(light.warning.is_some(), warns.is_some(), "{light:?}");
                if let Some(warns) = warns {
                    assert!(light.warning.as_ref().unwrap().contains(warns), "{light:?}");
                    assert!(
                        light.why.contains(&format!("; but {}", light.warning.unwrap())),
                        "{}",
                        light.why
                    );
                }
            }
        }
    }

    #[test]
    fn a_warm_side_whose_image_is_gone_or_not_known_is_warm_and_says_that_it_launches_no_replacements() {
        for (state, says) in [
            ("deregistered", "image 1.0.0 is deregistered: orders-blue cannot launch replacements"),
            ("disabled", "image 1.0.0 is disabled: orders-blue cannot launch replacements"),
            (
                "transient",
                "whether image 1.0.0 still exists is not known: orders-blue may not launch replacements",
            ),
        ] {
            let mut world = orders();
            world.image("ami-1", "orders-1.0.0").state = state.into();
            let light = of(&world);
            assert_eq!((light.kind, light.warning.as_deref()), (LightKind::Warm, Some(says)));
        }
        let mut world = orders();
        world.facts.templates.as_mut().unwrap().value.retain(|version| version.id.raw() != "lt-blue");
        let warning = of(&world).warning;
        let says = "which image orders-blue would launch as replacement is not known";
        assert_eq!(warning.as_deref(), Some(says));
    }

    #[test]
    fn a_warm_side_that_wants_another_image_and_runs_one_that_is_gone_says_so() {
        let mut world = orders();
        world.template("lt-blue", 2, "ami-2");
        world.image("ami-1", "orders-1.0.0").state = "deregistered".into();
        let warning = of(&world).warning.unwrap();
        assert_eq!(
            warning,
            "image 1.0.0 is deregistered, and orders-blue runs it: what it loses does not come back"
        );
    }

    #[test]
    fn a_way_back_that_passes_over_an_image_that_is_gone_says_so() {
        let mut world = batch();
        world.image("ami-2", "batch-1.2.0").state = "deregistered".into();
        let light = of(&world);
        assert_eq!((light.kind, light.target.as_deref()), (LightKind::Image, Some("1.1.0")));
        assert_eq!(
            light.warning.as_deref(),
            Some("image 1.2.0 is deregistered, so that it goes back further")
        );
        world.image("ami-1", "batch-1.1.0").state = "disabled".into();
        let light = of(&world);
        assert_eq!(light.kind, LightKind::None);
        assert!(light.why.ends_with(": image 1.2.0 is deregistered"), "{}", light.why);
    }
}
