//! Images: version, family, order within the family, and whether they can still be launched.
//!
//! "Not returned" is not "deregistered": an image is gone only where an answer says so.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use regex::Regex;

use crate::fleet::{
    Availability, Facts, FamilyId, Image, ImageFact, ImageId, ImageMetadataFact, Naming, Provenance, Tags,
    Text, version,
};

/// The images of a place, by id: those that DescribeImages returned, and those that only an instance's image
/// metadata tells of.
pub(super) fn of(facts: &Facts, naming: &Naming) -> Vec<Image> {
    let mut told: HashMap<&ImageId, &ImageMetadataFact> = HashMap::new();
    for metadata in facts.image_metadata.iter().flat_map(|seen| seen.value.values()) {
        if let Some(id) = &metadata.image {
            told.entry(id).or_insert(metadata);
        }
    }
    let mut images: BTreeMap<&ImageId, Image> = facts
        .images
        .iter()
        .flat_map(|seen| &seen.value)
        .map(|(id, fact)| (id, by_description(fact, told.get(id).copied(), naming)))
        .collect();
    for (id, metadata) in told {
        images.entry(id).or_insert_with(|| by_metadata(id, metadata, naming));
    }
    let mut images: Vec<Image> = images.into_values().collect();
    rank(&mut images);
    images
}

fn by_description(fact: &ImageFact, metadata: Option<&ImageMetadataFact>, naming: &Naming) -> Image {
    let allowed = fact.allowed.or_else(|| metadata?.allowed);
    let own = naming.families.iter().find(|family| family.matches(fact));
    let first = |own: Option<&[String]>, general: &[String]| {
        let keys = own.unwrap_or_default().iter().chain(general);
        keys.into_iter().find_map(|key| tag(&fact.tags, key))
    };
    let told = &naming.provenance;
    let parent = first(own.map(|own| own.parent_tags.as_slice()), &naming.parent_tags).map(ImageId::new);
    let mut image = Image {
        id: fact.id.clone(),
        name: fact.name.clone(),
        owner: fact.owner.clone(),
        family: None,
        version: None,
        rank: None,
        parent: parent.or_else(|| fact.source.clone()),
        source: fact.source.clone().map(|source| (source, fact.source_region.clone())),
        provenance: Provenance {
            revision: first(own.map(|own| own.revision_tags.as_slice()), &told.revision).map(Text::new),
            builder: first(own.map(|own| own.builder_tags.as_slice()), &told.builder).map(Text::new),
            build: first(None, &told.build).map(Text::new),
            built_at: first(None, &told.built_at).map(Text::new),
        },
        described: true,
        availability: availability(&fact.state, allowed),
        created_at: fact.created_at,
        deprecated_at: fact.deprecated_at,
        architecture: fact.architecture.clone(),
        devices: fact.devices.clone(),
        tags: fact.tags.clone(),
    };
    if let Some(own) = own {
        let full = image.name.as_ref().map_or("", Text::raw);
        let by_tag = own.version_tags.iter().find_map(|key| tag(&image.tags, key));
        let by_name = || Some(in_name(full, own.version_pattern.as_ref())?.1);
        image.version = by_tag.or_else(by_name).map(Text::new);
        image.family = Some(FamilyId { owner: image.owner.clone(), name: own.name.as_str().into() });
    }
    name(&mut image, naming);
    image
}

fn by_metadata(id: &ImageId, fact: &ImageMetadataFact, naming: &Naming) -> Image {
    let state = fact.state.as_ref();
    let mut image = Image {
        id: id.clone(),
        name: fact.name.clone(),
        owner: fact.owner.clone(),
        family: None,
        version: None,
        rank: None,
        parent: None,
        source: None,
        provenance: Provenance::default(),
        described: false,
        availability: state.map_or(Availability::Unknown, |state| availability(state, fact.allowed)),
        created_at: fact.created_at,
        deprecated_at: None,
        architecture: None,
        devices: Vec::new(),
        tags: Tags::new(),
    };
    name(&mut image, naming);
    image
}

/// Reads AWS's word [ec2: Image]; `transient` and words we do not know stay unknown.
fn availability(state: &Text, allowed: Option<bool>) -> Availability {
    match state.raw() {
        "available" if allowed == Some(false) => Availability::Gone("not allowed".into()),
        "available" => Availability::Available,
        "pending" => Availability::Pending,
        "deregistered" | "disabled" | "invalid" | "failed" | "error" => Availability::Gone(state.clone()),
        _ => Availability::Unknown,
    }
}

/// Finds version and family, as far as the configuration did not give them. A family needs a name of its own: a tag,
/// or an image name that carries a version.
fn name(image: &mut Image, naming: &Naming) {
    let by_tag = naming.version_tags.iter().find_map(|key| tag(&image.tags, key)).map(Text::new);
    let family = naming.family_tags.iter().find_map(|key| tag(&image.tags, key)).map(Text::new);
    let full = image.name.as_ref().map_or("", Text::raw);
    let pattern = naming.version_pattern.as_ref();
    let by_name = in_name(full, pattern);
    let version = image.version.take().or(by_tag).or_else(|| by_name.map(|(_, version)| version.into()));
    let family = family.or_else(|| {
        let rest = without(full, version.as_ref()?.raw());
        // What a build adds behind the version (a date, a build number) is no part of the family either.
        let rest = in_name(&rest, pattern).map_or(rest.as_str(), |(before, _)| before);
        (!rest.is_empty()).then(|| rest.into())
    });
    let family = family.map(|name| FamilyId { owner: image.owner.clone(), name });
    image.version = version;
    image.family = image.family.take().or(family);
}

/// Splits an image's name by a pattern: what stands before the version, and the version.
fn in_name<'a>(name: &'a str, pattern: Option<&Regex>) -> Option<(&'a str, &'a str)> {
    let found = pattern?.captures(name)?;
    let version = found.name("version").or_else(|| found.get(1))?;
    Some((&name[..found.get(0)?.start()], version.as_str()))
}

/// A name without its version and the separator before it; the whole name where it does not carry the version.
fn without(name: &str, version: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric();
    let stands_alone = |at: &usize| {
        let before = name[..*at].strip_suffix(['v', 'V']).unwrap_or(&name[..*at]);
        !before.ends_with(is_word) && !name[at + version.len()..].starts_with(is_word)
    };
    let Some(at) = name.match_indices(version).map(|(at, _)| at).filter(stands_alone).last() else {
        return name.to_owned();
    };
    let before = name[..at].strip_suffix(['v', 'V']).unwrap_or(&name[..at]);
    let before = before.trim_end_matches(['-', '_', ' ', '.', '/']);
    format!("{before}{}", &name[at + version.len()..])
}

fn tag<'a>(tags: &'a Tags, key: &str) -> Option<&'a str> {
    tags.get(key).map(|value| value.raw().trim()).filter(|value| !value.is_empty())
}

/// Gives every image its position in its family: by version, and where no version of the family can be ordered, by
/// the date it was made. What cannot be ordered has none.
fn rank(images: &mut [Image]) {
    let mut families: BTreeMap<FamilyId, Vec<&mut Image>> = BTreeMap::new();
    for image in images {
        if let Some(family) = image.family.clone() {
            families.entry(family).or_default().push(image);
        }
    }
    for family in families.into_values() {
        let (mut versioned, mut others): (Vec<_>, Vec<_>) =
            family.into_iter().partition(|image| by_version(image, image).is_some());
        if versioned.is_empty() {
            others.retain(|image| image.created_at.is_some());
            place(&mut others, |a, b| a.created_at.cmp(&b.created_at));
        } else {
            place(&mut versioned, |a, b| by_version(a, b).unwrap_or(Ordering::Equal));
        }
    }
}

fn by_version(a: &Image, b: &Image) -> Option<Ordering> {
    version::compare(a.version.as_ref()?.raw(), b.version.as_ref()?.raw())
}

/// Numbers images in order; equal ones share a position.
fn place(images: &mut [&mut Image], order: impl Fn(&Image, &Image) -> Ordering) {
    images.sort_by(|a, b| order(a, b));
    let mut position = 0;
    for index in 0..images.len() {
        if index > 0 && order(images[index - 1], images[index]).is_ne() {
            position += 1;
        }
        images[index].rank = Some(position);
    }
}
