//! `base-stale`: an image whose base or application base has a newer version.
//!
//! A chain that could not be followed to its end is unknown, unless a newer version is known nearer by.

use super::orphan_image::known_image;
use crate::drift::{Findings, Missing, Rule, Severity, Subject};
use crate::fleet::{Base, Image, Section, Unsure};

pub(super) struct BaseStale;

impl Rule for BaseStale {
    fn name(&self) -> &'static str {
        "base-stale"
    }

    fn about(&self) -> &'static str {
        "runs an image whose base or application base has a newer version"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(image) = known_image(subject, findings) else { return };
        match subject.base {
            Some(Base::Older { on, newest }) => {
                if let Some((on, newest)) = subject.numbered(*on).zip(subject.numbered(*newest)) {
                    older(subject, findings, image, on, newest);
                }
            }
            Some(Base::Unknown(unsure)) => unknown(subject, findings, image, unsure),
            Some(Base::None | Base::Newest) | None => {}
        }
    }
}

fn older(subject: &Subject<'_>, findings: &mut Findings, image: &Image, on: &Image, newest: &Image) {
    let newer = match on.created_at.zip(newest.created_at).map(|(on, newest)| newest.duration_since(on)) {
        Some(time) if time.as_hours() >= 48 => format!("{} days newer", time.as_hours() / 24),
        Some(time) if time.as_hours() >= 2 => format!("{} hours newer", time.as_hours()),
        _ => "newer".into(),
    };
    let (expected, actual) = (newest.of_family(), on.of_family());
    let why = format!("It runs {image} ({}), built on {actual}; {expected} is {newer}.", image.id);
    findings.found(subject, expected, actual, why);
}

fn unknown(subject: &Subject<'_>, findings: &mut Findings, image: &Image, unsure: &Unsure) {
    let place = subject.place();
    let called = |at: &usize| {
        subject
            .numbered(*at)
            .map_or_else(|| "its base".into(), |base| format!("{} ({})", base.of_family(), base.id))
    };
    match unsure {
        // The image itself: that its tags are not known says the same.
        Unsure::Parent(at) if subject.numbered(*at).is_some_and(|base| base.id == image.id) => {
            findings.missing(subject, &Missing::Tags(&image.id));
        }
        Unsure::Parent(at) => findings.unknown(subject, "what its base is built on", || {
            let why = place.why_missing(Section::Images, "");
            format!("It is built on {}, whose tags are not known. {why}", called(at))
        }),
        Unsure::Unseen(id) => findings.unknown(subject, "what its image is built on", || {
            let elsewhere = image.source.as_ref().and_then(|(source, region)| {
                region.as_ref().filter(|there| source == id && **there != subject.instance.place.region)
            });
            if let Some(region) = elsewhere {
                return format!("It was copied from {id} in {region}, of which nothing is known.");
            }
            format!("Nothing is known of its base {id}. {}", place.why_missing(Section::Images, id.raw()))
        }),
        Unsure::Loop(at) => findings.unknown(subject, "what its image is built on", || {
            format!("Its bases go round in a circle: {} is built on itself.", called(at))
        }),
        Unsure::Order(at) => findings.unknown(subject, "whether its base has a newer version", || {
            format!("It is built on {}: the versions of that family give no order.", called(at))
        }),
        Unsure::Unread(at) => findings.unknown(subject, "whether its base has a newer version", || {
            let why = place.why_missing(Section::Images, "");
            format!("It is built on {}, and not every image could be read. {why}", called(at))
        }),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::Section;
    use crate::fleet::builders::{World, ago};

    /// `orders-2.0` on `nginx-1.0` on `base-1.0`.
    fn world() -> World {
        let mut world = orders("ami-2");
        for (id, name, parent, days) in [
            ("ami-2", "orders-2.0", Some("ami-n1"), 1),
            ("ami-n1", "nginx-1.0", Some("ami-b1"), 30),
            ("ami-b1", "base-1.0", None, 40),
        ] {
            let image = world.image(id, name);
            image.created_at = Some(ago(SignedDuration::from_hours(24 * days)));
            image.tags.extend(parent.map(|parent| ("ParentImage".into(), parent.into())));
        }
        world.member("orders-blue", "i-1", "ami-2");
        world
    }

    #[test]
    fn a_newer_base_or_application_base_makes_what_runs_stale() {
        assert!(found(&world(), "base-stale").is_empty());
        let mut world = world();
        world.image("ami-b2", "base-1.1").created_at = Some(ago(SignedDuration::from_hours(24 * 36)));
        assert_eq!(found(&world, "base-stale"), ["base 1.0 for base 1.1"]);
        assert_eq!(
            whys(&world, "base-stale"),
            ["It runs 2.0 (ami-2), built on base 1.0; base 1.1 is 4 days newer."]
        );
        world.image("ami-n2", "nginx-1.1");
        assert_eq!(found(&world, "base-stale"), ["nginx 1.0 for nginx 1.1"], "the nearest one is named");
        assert!(found(&world, "unknown").is_empty());
    }

    #[test]
    fn a_base_that_was_not_read_is_unknown_and_never_counted_as_fine() {
        let mut unseen = world();
        unseen.facts.images.as_mut().unwrap().value.remove(&"ami-b1".into());
        assert!(found(&unseen, "base-stale").is_empty());
        assert_eq!(
            whys(&unseen, "unknown"),
            ["Nothing is known of its base ami-b1. No answer of AWS told it."]
        );
        unseen.gap(Section::Images, None);
        assert_eq!(whys(&unseen, "unknown"), ["Nothing is known of its base ami-b1. Not allowed."]);
        unseen.image("ami-n2", "nginx-1.1");
        assert_eq!(found(&unseen, "base-stale"), ["nginx 1.0 for nginx 1.1"], "what is known is said");
        assert!(whys(&unseen, "unknown").is_empty());
    }

    #[test]
    fn a_copy_whose_original_was_not_looked_at_is_unknown() {
        let mut world = world();
        let copy = world.image("ami-2", "orders-2.0");
        (copy.source, copy.source_region) = (Some("ami-far".into()), Some("us-east-1".into()));
        assert_eq!(
            whys(&world, "unknown"),
            ["It was copied from ami-far in us-east-1, of which nothing is known."]
        );
    }

    #[test]
    fn where_not_every_image_was_read_no_base_is_the_newest() {
        let mut world = world();
        world.gap(Section::Images, None);
        assert_eq!(found(&world, "unknown"), ["unknown for whether its base has a newer version"]);
        assert_eq!(
            whys(&world, "unknown"),
            ["It is built on base 1.0 (ami-b1), and not every image could be read. Not allowed."]
        );
    }

    #[test]
    fn bases_that_go_round_in_a_circle_are_unknown() {
        let mut world = world();
        world.image("ami-b1", "base-1.0").tags.insert("BaseImage".into(), "ami-n1".into());
        assert_eq!(found(&world, "unknown"), ["unknown for what its image is built on"]);
        assert!(whys(&world, "unknown")[0].contains("go round in a circle"));
    }

    #[test]
    fn an_image_that_names_no_base_has_none_that_is_stale() {
        let mut world = orders("ami-2");
        world.member("orders-blue", "i-1", "ami-2");
        assert!(found(&world, "base-stale").is_empty() && found(&world, "unknown").is_empty());
    }
}
