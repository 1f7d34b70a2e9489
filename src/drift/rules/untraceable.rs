//! `untraceable`: an image with no provenance: neither a source revision nor a builder.
//!
//! Only an image whose tags were read can be called so.

use super::orphan_image::known_image;
use crate::drift::{Findings, Missing, Rule, Severity, Subject};

pub(super) struct Untraceable;

impl Rule for Untraceable {
    fn name(&self) -> &'static str {
        "untraceable"
    }

    fn about(&self) -> &'static str {
        "runs an image with no provenance"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn judge(&self, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(image) = known_image(subject, findings) else { return };
        if image.provenance.is_traceable() {
            return;
        }
        if !image.described {
            findings.missing(subject, &Missing::Tags(&image.id));
            return;
        }
        let why = format!(
            "No tag of {image} ({}) tells the source revision it was built of, and none what built it.",
            image.id
        );
        findings.found(subject, "a source revision or a builder".into(), "neither".into(), why);
    }
}

#[cfg(test)]
mod tests {
    use crate::drift::rules::testing::{found, orders, whys};
    use crate::fleet::builders::World;
    use crate::fleet::{ImageMetadataFact, Section, Tags};

    fn world(tags: &[(&str, &str)]) -> World {
        let mut world = orders("ami-2");
        let tags: Tags = tags.iter().map(|&(key, value)| (key.into(), value.into())).collect();
        world.image("ami-2", "orders-2.0").tags = tags;
        world.member("orders-blue", "i-1", "ami-2");
        world
    }

    #[test]
    fn an_image_with_neither_revision_nor_builder_is_untraceable() {
        for (tags, is_found) in [
            (&[][..], true),
            (&[("SourceRevision", " ")], true),
            (&[("BuildId", "7")], true),
            (&[("SourceRevision", "4f2a9c1")], false),
            (&[("flightdeck:revision", "4f2a9c1")], false),
            (&[("Builder", "packer")], false),
        ] {
            assert_eq!(found(&world(tags), "untraceable").len(), usize::from(is_found), "{tags:?}");
        }
        assert_eq!(
            whys(&world(&[]), "untraceable"),
            ["No tag of 2.0 (ami-2) tells the source revision it was built of, and none what built it."]
        );
    }

    #[test]
    fn an_image_whose_tags_were_not_read_is_unknown_and_not_untraceable() {
        let mut world = world(&[]);
        world.facts.images.as_mut().unwrap().value.remove(&"ami-2".into());
        world.gap(Section::Images, None);
        assert!(found(&world, "untraceable").is_empty());
        assert!(whys(&world, "unknown").contains(&"Nothing is known of ami-2. Not allowed.".into()));

        let told = ImageMetadataFact {
            image: Some("ami-2".into()),
            name: Some("orders-2.0".into()),
            state: Some("available".into()),
            owner: None,
            created_at: None,
            allowed: None,
        };
        world.facts.image_metadata.as_mut().unwrap().value.insert("i-1".into(), told);
        assert!(found(&world, "untraceable").is_empty());
        assert!(whys(&world, "unknown").contains(&"The tags of ami-2 are not known. Not allowed.".into()));
    }
}
