//! An image as a filter looks at it.

use crate::app::{Fields, Filter, Observation, images};
use crate::fleet::{Base, Image, Kin, Text};

/// Which images of a tree a filter shows, by the numbers of tree and node.
pub(super) fn matching<'a>(
    observation: &'a Observation,
    filter: &'a Filter,
) -> impl Fn(usize, usize) -> bool + 'a {
    move |tree, node| {
        let lineage = &observation.lineage;
        let image = lineage.trees.get(tree).and_then(|tree| tree.nodes.get(node)).map(|node| node.image);
        let found = image.and_then(|at| Some((at, lineage.images.get(at)?)));
        found.is_some_and(|(at, kin)| {
            let image = || lineage.image(&observation.fleet, at);
            filter.is_empty() || filter.matches(&Searched { observation, at, kin, image: image() })
        })
    }
}

struct Searched<'a> {
    observation: &'a Observation,
    at: usize,
    kin: &'a Kin,
    image: Option<&'a Image>,
}

/// Fields that an image has.
const FIELDS: [&str; 13] = [
    "name", "image", "family", "version", "owner", "revision", "builder", "state", "drift", "group",
    "region", "account", "tag",
];

impl Fields for Searched<'_> {
    fn any(&self, field: Option<&str>, check: &mut dyn FnMut(&str) -> bool) -> bool {
        let Self { observation, at, kin, image } = *self;
        let mut check = |text: Option<&Text>| text.is_some_and(|text| check(text.raw()));
        let word = |word: &str| Some(Text::new(word));
        let mut one = |field: &str| match field {
            "name" => check(image.and_then(|image| image.name.as_ref())),
            "image" => {
                check(word(kin.id.raw()).as_ref())
                    || image.is_some_and(|image| {
                        check(image.version.as_ref()) || check(word(&image.of_family()).as_ref())
                    })
            }
            "family" => check(image.and_then(|image| Some(&image.family.as_ref()?.name))),
            "version" => check(image.and_then(|image| image.version.as_ref())),
            "owner" => check(image.and_then(|image| word(image.owner.as_ref()?.raw())).as_ref()),
            "revision" => check(image.and_then(|image| image.provenance.revision.as_ref())),
            "builder" => check(image.and_then(|image| image.provenance.builder.as_ref())),
            "state" => {
                let state = images::ImageState::of(image, observation.fleet.observed_at);
                check(word(&state.word()).as_ref())
            }
            "drift" => drift(observation, at, image).any(|rule| check(word(rule).as_ref())),
            "group" => kin.uses.iter().any(|one| check(word(one.group.name.raw()).as_ref())),
            "region" => check(word(kin.place.region.raw()).as_ref()),
            "account" => check(word(kin.place.account.raw()).as_ref()),
            "tag" => image.is_some_and(|image| {
                let mut tags = image.tags.iter();
                tags.any(|(key, value)| check(word(&format!("{}={}", key.raw(), value.raw())).as_ref()))
            }),
            _ => false,
        };
        match field {
            Some(field) => one(field),
            None => FIELDS.iter().any(|field| one(field)),
        }
    }
}

/// What the rules on bases and provenance would say of what runs it.
fn drift(observation: &Observation, at: usize, image: Option<&Image>) -> impl Iterator<Item = &'static str> {
    let base = match observation.lineage.base(at) {
        Base::Older { .. } => Some("base-stale"),
        Base::Unknown(_) => Some("unknown"),
        Base::None | Base::Newest => None,
    };
    let traced = image.filter(|image| image.described && !image.provenance.is_traceable());
    base.into_iter().chain(traced.map(|_| "untraceable"))
}
