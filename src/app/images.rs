//! Images in words: their state, how far what they are built on is behind, how two of them differ.

use jiff::{SignedDuration, Timestamp};

use super::{Observation, words};
use crate::fleet::{Availability, Base, Image, Lineage, Parent, Text, Unsure};

/// What may be done with an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImageState {
    /// Not yet to be launched.
    Pending,
    /// It can be launched.
    Available,
    /// It can be launched and is out of use since then.
    Deprecated,
    /// It was switched off.
    Disabled,
    /// It can never be launched again, for this reason.
    Gone(Text),
    /// No answer told.
    Unknown,
}

impl ImageState {
    /// The state at a time; `None` stands for an image that is only named.
    pub fn of(image: Option<&Image>, at: Timestamp) -> Self {
        let Some(image) = image else { return Self::Unknown };
        match &image.availability {
            Availability::Pending => Self::Pending,
            Availability::Available if image.deprecated_at.is_some_and(|then| then <= at) => Self::Deprecated,
            Availability::Available => Self::Available,
            Availability::Gone(why) if why.raw() == "disabled" => Self::Disabled,
            Availability::Gone(why) => Self::Gone(why.clone()),
            Availability::Unknown => Self::Unknown,
        }
    }

    /// One word; of one that is gone, why.
    pub fn word(&self) -> String {
        match self {
            Self::Pending => "pending".into(),
            Self::Available => "available".into(),
            Self::Deprecated => "deprecated".into(),
            Self::Disabled => "disabled".into(),
            Self::Gone(why) if why.raw() == "deregistered" => "gone".into(),
            Self::Gone(why) => why.to_string(),
            Self::Unknown => "unknown".into(),
        }
    }
}

/// What an image is called: family and version; the id of one that is only named.
pub fn called(observation: &Observation, at: usize) -> String {
    let id = || observation.lineage.images.get(at).map(|kin| kin.id.to_string());
    let image = observation.lineage.image(&observation.fleet, at);
    image.map(Image::of_family).or_else(id).unwrap_or_default()
}

/// By how much the base of an image is older than the newest of its family; `None` where it is the newest, or not
/// known.
pub fn behind(observation: &Observation, at: usize) -> Option<SignedDuration> {
    let Base::Older { on, newest } = observation.lineage.base(at) else { return None };
    Some(newer_by(observation, on, newest).unwrap_or_default())
}

/// By how much one image is younger than another.
pub fn newer_by(observation: &Observation, older: usize, newer: usize) -> Option<SignedDuration> {
    let made = |at: usize| observation.lineage.image(&observation.fleet, at)?.created_at;
    Some(made(newer)?.duration_since(made(older)?))
}

/// How what an image is built on stands, as a short sentence; `None` where it is built on nothing that it names.
pub fn base(observation: &Observation, at: usize) -> Option<Result<String, String>> {
    match observation.lineage.base(at) {
        Base::None => None,
        Base::Newest => Some(Ok("newest".into())),
        Base::Older { on, newest } => Some(Ok(newer(observation, on, newest))),
        Base::Unknown(unsure) => Some(Err(why_unknown(observation, at, &unsure))),
    }
}

/// `nginx-base 1.10.0 is 50 d newer`.
pub fn newer(observation: &Observation, older: usize, newest: usize) -> String {
    let called = called(observation, newest);
    match newer_by(observation, older, newest).filter(SignedDuration::is_positive) {
        Some(time) => format!("{called} is {} newer", words::span(time)),
        None => format!("{called} is newer"),
    }
}

fn why_unknown(observation: &Observation, at: usize, unsure: &Unsure) -> String {
    match unsure {
        Unsure::Parent(of) if observation.lineage.image(&observation.fleet, *of).is_none() => {
            "in no answer of EC2".into()
        }
        Unsure::Parent(of) if *of == at => "its tags were not read".into(),
        Unsure::Parent(of) => format!("tags of {} not read", called(observation, *of)),
        Unsure::Unseen(id) => format!("{id} is in no answer"),
        Unsure::Loop(of) => format!("{} is built on itself", called(observation, *of)),
        Unsure::Order(of) => format!("versions of {} give no order", called(observation, *of)),
        Unsure::Unread(_) => "not every image was read".into(),
    }
}

/// Where an image comes from, as far as its tags tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trace {
    /// Its source revision or its builder is known.
    Traceable,
    /// Its tags were read, and tell neither.
    Untraceable,
    /// It can no longer be launched.
    Gone,
    /// Its tags were not read.
    Unknown,
}

impl Trace {
    /// Of an image; `None` stands for one that is only named.
    pub fn of(image: Option<&Image>) -> Self {
        match image {
            Some(image) if matches!(image.availability, Availability::Gone(_)) => Self::Gone,
            Some(image) if image.provenance.is_traceable() => Self::Traceable,
            Some(image) if image.described => Self::Untraceable,
            Some(_) | None => Self::Unknown,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Traceable => "traceable",
            Self::Untraceable => "untraceable",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

/// Source revision, builder, build and time, as far as they are known.
pub fn provenance(image: &Image) -> Vec<String> {
    let told = &image.provenance;
    let fields = [
        ("revision", &told.revision),
        ("by", &told.builder),
        ("build", &told.build),
        ("built", &told.built_at),
    ];
    fields.into_iter().filter_map(|(word, value)| Some(format!("{word} {}", value.as_ref()?))).collect()
}

/// A line of the chain that an image is built on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// What it is called, or why the chain ends here.
    pub says: String,
    /// Where it comes from; `None` for a sentence about the end of the chain.
    pub trace: Option<Trace>,
    /// The newest version of its family, where that is another.
    pub newer: Option<String>,
}

/// What an image is built on, the nearest first, up to where it is not known any more.
pub fn chain(observation: &Observation, of: usize) -> Vec<Link> {
    /// Nobody reads further up.
    const MOST: usize = 8;
    let Lineage { ancestry, .. } = &*observation.lineage;
    let mut links: Vec<Link> = Vec::new();
    let mut last = of;
    for at in ancestry.chain(of).take(MOST) {
        let image = observation.lineage.image(&observation.fleet, at);
        let family =
            |at| observation.lineage.image(&observation.fleet, at).and_then(|one| one.family.as_ref());
        // A later version of it is what stands on it: that there is a newer one goes without saying.
        let is_continued = family(last).is_some() && family(last) == family(at);
        let newest = ancestry.newer.get(at).copied().flatten().filter(|_| !is_continued);
        links.push(Link {
            says: called(observation, at),
            trace: Some(Trace::of(image)),
            newer: newest.map(|newest| newer(observation, at, newest)),
        });
        last = at;
    }
    let end = match ancestry.parents.get(last) {
        Some(Parent::Unseen(id)) => Some(Link {
            says: id.to_string(),
            trace: Some(Trace::Unknown),
            newer: Some("in no answer of EC2".into()),
        }),
        Some(Parent::Loop(at)) => {
            Some(word(format!("built on {} again: a circle", called(observation, *at))))
        }
        Some(Parent::Untold) | None => Some(word("what it is built on was not read".into())),
        Some(Parent::Known(_)) => Some(word("and further up".into())),
        Some(Parent::None) if links.is_empty() => Some(word("names nothing that it is built on".into())),
        Some(Parent::None) => None,
    };
    links.extend(end);
    links
}

fn word(says: String) -> Link {
    Link { says, trace: None, newer: None }
}
