//! `orphan-image`: an image of no known family.
//!
//! Only an image whose tags were read can be called an orphan.

use crate::drift::{Findings, Missing, Rule, Severity, Subject};

pub(super) struct OrphanImage;

impl Rule for OrphanImage {
    fn name(&self) -> &'static str {
        "orphan-image"
    }

    fn about(&self) -> &'static str {
        "runs an image of no known family"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(image) = known_image(subject, findings) else { return };
        if image.family.is_some() {
            return;
        }
        if !image.described {
            findings.missing(subject, &Missing::Tags(&image.id));
            return;
        }
        let label = image.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        let actual = format!("{}{label}", image.id);
        let why = "Its image has no tag Family, and its name carries no version to tell one by.";
        findings.found(subject, "an image of a known family".into(), actual, why.into());
    }
}

/// The image an instance runs; where it is not known, that is written down.
pub(super) fn known_image<'a>(
    subject: &Subject<'a>,
    findings: &mut Findings,
) -> Option<&'a crate::fleet::Image> {
    if subject.image.is_none() {
        let running = subject.instance.running.as_ref();
        let missing = running.map_or(Missing::Running, |running| Missing::RunningImage(&running.image));
        findings.missing(subject, &missing);
    }
    subject.image
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::builders::World;
    use crate::fleet::{ImageMetadataFact, Section};

    fn world(name: &str) -> World {
        let mut world = orders("ami-2");
        world.image("ami-9", name);
        world.member("orders-blue", "i-1", "ami-9");
        world
    }

    #[test]
    fn an_image_without_a_family_is_an_orphan() {
        assert_eq!(
            found(&world("golden"), "orphan-image"),
            ["ami-9 (golden) for an image of a known family"]
        );
        assert!(found(&world("golden-1.0"), "orphan-image").is_empty());
        let mut tagged = world("golden");
        tagged.image("ami-9", "golden").tags = [("Family".into(), "golden".into())].into();
        assert!(found(&tagged, "orphan-image").is_empty());
    }

    #[test]
    fn an_image_that_could_not_be_read_is_unknown_and_no_orphan() {
        let mut world = world("golden");
        world.facts.images.as_mut().unwrap().value.remove(&"ami-9".into());
        world.gap(Section::Images, None);
        assert!(found(&world, "orphan-image").is_empty());
        assert_eq!(whys(&world, "unknown"), ["Nothing is known of ami-9. Not allowed."]);

        let told = ImageMetadataFact {
            image: Some("ami-9".into()),
            name: Some("golden".into()),
            state: Some("available".into()),
            owner: None,
            created_at: None,
            allowed: None,
        };
        world.facts.image_metadata.as_mut().unwrap().value.insert("i-1".into(), told);
        assert!(found(&world, "orphan-image").is_empty());
        assert!(whys(&world, "unknown").contains(&"The tags of ami-9 are not known. Not allowed.".into()));
    }
}
