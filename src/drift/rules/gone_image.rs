//! `gone-image`: an image that can no longer be launched. Only a confirmed one is gone.

use super::orphan_image::known_image;
use crate::drift::{Findings, Rule, Severity, Subject};
use crate::fleet::{Availability, Section};

pub(super) struct GoneImage;

impl Rule for GoneImage {
    fn name(&self) -> &'static str {
        "gone-image"
    }

    fn about(&self) -> &'static str {
        "runs an image that is deregistered, disabled or no longer allowed"
    }

    fn severity(&self) -> Severity {
        Severity::Critical
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(image) = known_image(subject, findings) else { return };
        match &image.availability {
            Availability::Available | Availability::Pending => {}
            Availability::Gone(how) => {
                let why = format!(
                    "No instance can be launched from {} ({}) any more: it is {how}.",
                    image, image.id
                );
                findings.found(subject, "available".into(), how.to_string(), why);
            }
            Availability::Unknown => {
                findings.unknown(subject, "whether its image is still available", || {
                    let section = if image.described { Section::ImageMetadata } else { Section::Images };
                    subject.place().why_missing(section, image.id.raw())
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};

    #[test]
    fn only_a_confirmed_image_is_gone() {
        for (state, allowed, expected) in [
            ("available", None, vec![]),
            ("pending", None, vec![]),
            ("deregistered", None, vec!["deregistered for available"]),
            ("disabled", None, vec!["disabled for available"]),
            ("available", Some(false), vec!["not allowed for available"]),
            ("levitating", None, vec![]),
        ] {
            let mut world = orders("ami-2");
            let image = world.image("ami-2", "orders-2.0");
            (image.state, image.allowed) = (state.into(), allowed);
            world.member("orders-blue", "i-1", "ami-2");
            assert_eq!(found(&world, "gone-image"), expected, "{state}");
            assert_eq!(found(&world, "unknown").len(), usize::from(state == "levitating"), "{state}");
        }
    }

    #[test]
    fn an_image_that_was_not_returned_is_unknown_and_not_gone() {
        let mut world = orders("ami-2");
        world.facts.images.as_mut().unwrap().value.remove(&"ami-2".into());
        world.member("orders-blue", "i-1", "ami-2");
        assert!(found(&world, "gone-image").is_empty());
        assert_eq!(whys(&world, "unknown"), ["Nothing is known of ami-2. No answer of AWS told it."]);
    }
}
