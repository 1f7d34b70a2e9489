//! How the image an instance runs stands to the one its group wants.
//!
//! While a refresh runs there are two lists, the saved and the refreshing: what matches either is as it should be.
//! Whatever matches neither is compared with where the group is going.

use std::cmp::Ordering;

use super::subject::Subject;
use super::view::sentence;
use crate::fleet::{
    Image, ImageId, RefreshStatus, Section, ServerGroup, Text, Wanted, WantedSource, candidates,
};

/// How an instance's image stands to what its group wants.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Relation<'a> {
    /// It is in no group, or in one that is not known.
    NoGroup,
    /// It runs what is wanted.
    Wanted,
    /// It runs an older version; by how many, 0 for an older build of the same.
    Older(Pair<'a>),
    /// It runs a newer version; by how many, 0 for a newer build of the same.
    Newer(Pair<'a>),
    /// It cannot be told.
    Unknown(Missing<'a>),
}

/// Two images of one family.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pair<'a> {
    /// What runs.
    pub running: &'a Image,
    /// What should.
    pub wanted: &'a Image,
    /// Versions between them.
    pub versions: usize,
}

/// What is missing to tell.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Missing<'a> {
    /// Which image it runs.
    Running,
    /// Which image its group wants.
    Wanted(&'a Wanted),
    /// Everything about the image it runs.
    RunningImage(&'a ImageId),
    /// Everything about the image its group wants.
    WantedImage(&'a ImageId),
    /// The tags of the image it runs.
    Tags(&'a ImageId),
    /// Which of two images is the newer.
    Order(&'a Image, &'a Image),
}

impl<'a> Relation<'a> {
    /// Compares; `image` tells of an image of the instance's place.
    pub(super) fn of(
        group: &'a ServerGroup,
        running: Option<&'a ImageId>,
        kind: Option<&Text>,
        image: impl Fn(&ImageId) -> Option<&'a Image>,
    ) -> Self {
        let Some(running) = running else { return Self::Unknown(Missing::Running) };
        let refresh = group.refresh.as_ref();
        let refreshing = refresh.map_or(&[][..], |refresh| &refresh.wants);
        let lists = [group.wants.as_slice(), refreshing];
        let is_wanted =
            |wants: &&[Wanted]| candidates(wants, kind).any(|wanted| wanted.image.as_ref() == Some(running));
        if lists.iter().any(is_wanted) {
            return Self::Wanted;
        }
        // What cannot be told may be the very image that runs.
        let untold = |wants: &&'a [Wanted]| candidates(wants, kind).find(|wanted| wanted.image.is_none());
        if let Some(wanted) = lists.iter().find_map(untold) {
            return Self::Unknown(Missing::Wanted(wanted));
        }
        let goes_on = |status: &RefreshStatus| {
            !matches!(status, RefreshStatus::Cancelling | RefreshStatus::RollbackInProgress)
        };
        let goal = refresh.filter(|refresh| goes_on(&refresh.fact.status)).map_or(&group.wants, |r| &r.wants);
        let wanted = candidates(goal, kind).next();
        let Some(wanted_id) = wanted.and_then(|wanted| wanted.image.as_ref()) else { return Self::NoGroup };
        match (image(running), image(wanted_id)) {
            (None, _) => Self::Unknown(Missing::RunningImage(running)),
            (_, None) => Self::Unknown(Missing::WantedImage(wanted_id)),
            (Some(running), Some(wanted)) => Self::between(running, wanted),
        }
    }

    fn between(running: &'a Image, wanted: &'a Image) -> Self {
        let unknown = Self::Unknown(Missing::Order(running, wanted));
        if running.family.is_none() || running.family != wanted.family {
            return unknown;
        }
        let (Some(ran), Some(want)) = (running.rank, wanted.rank) else { return unknown };
        let pair = Pair { running, wanted, versions: ran.abs_diff(want) };
        let by_date = || running.created_at.zip(wanted.created_at).map(|(ran, want)| ran.cmp(&want));
        match ran.cmp(&want) {
            Ordering::Less => Self::Older(pair),
            Ordering::Greater => Self::Newer(pair),
            Ordering::Equal => match by_date() {
                Some(Ordering::Less) => Self::Older(pair),
                Some(Ordering::Greater) => Self::Newer(pair),
                _ => unknown,
            },
        }
    }
}

impl Pair<'_> {
    /// Both images as a person tells them apart.
    pub fn labels(&self) -> (String, String) {
        let (running, wanted) = (self.running.label().to_string(), self.wanted.label().to_string());
        if running == wanted {
            (format!("{running} ({})", self.running.id), format!("{wanted} ({})", self.wanted.id))
        } else {
            (running, wanted)
        }
    }
}

/// `1 version`, `3 versions`.
pub(super) fn versions(count: usize) -> String {
    if count == 1 { "1 version".into() } else { format!("{count} versions") }
}

/// What a refresh has to do with an instance that does not run what is wanted, as a sentence to add.
pub(super) fn refresh_note(group: &ServerGroup) -> &'static str {
    match &group.refresh {
        Some(refresh) if refresh.fact.status != RefreshStatus::Cancelling => {
            " The refresh under way is to replace it."
        }
        None if !group.refreshes_known => " Whether a refresh is replacing it could not be read.",
        _ => "",
    }
}

impl Missing<'_> {
    /// What is missing, in words.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Running => "the image it runs",
            Self::Wanted(_) => "the image its group wants",
            Self::RunningImage(_) => "facts of the image it runs",
            Self::WantedImage(_) => "facts of the image its group wants",
            Self::Tags(_) => "the tags of its image",
            Self::Order(..) => "which of its image and the one wanted is newer",
        }
    }

    /// Why it is missing, in a sentence.
    pub(super) fn why(&self, subject: &Subject<'_>) -> String {
        let place = subject.place();
        match self {
            Self::Running => place.why_missing(Section::Instances, subject.instance.id.raw()),
            Self::Wanted(wanted) => {
                let section = match wanted.source {
                    WantedSource::Configuration(_) => Section::LaunchConfigurations,
                    _ => Section::Templates,
                };
                let reason = wanted.unknown.as_deref().unwrap_or("no answer of AWS told it");
                match place.any_gap(section) {
                    Some(gap) => format!("{} {}", sentence(reason), sentence(&gap.why)),
                    None => sentence(reason),
                }
            }
            Self::RunningImage(id) | Self::WantedImage(id) => {
                format!("Nothing is known of {id}. {}", place.why_missing(Section::Images, id.raw()))
            }
            Self::Tags(id) => match place.any_gap(Section::Images) {
                Some(gap) => format!("The tags of {id} are not known. {}", sentence(&gap.why)),
                None => format!("The tags of {id} are not known: DescribeImages does not return it."),
            },
            Self::Order(running, wanted) => order(running, wanted),
        }
    }
}

fn order(running: &Image, wanted: &Image) -> String {
    let both = format!("It runs {} ({}), wanted is {} ({})", running, running.id, wanted, wanted.id);
    match (&running.family, &wanted.family) {
        (Some(one), Some(other)) if one.name != other.name => {
            format!("{both}: they are of two families, {} and {}.", one.name, other.name)
        }
        (Some(one), Some(other)) if one != other => {
            format!("{both}: two owners make images of that name.")
        }
        (Some(_), Some(_)) => format!("{both}: their versions give no order."),
        _ => format!("{both}: not both are of a known family."),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::fleet::builders::{World, ago, template_ref};
    use crate::fleet::{LaunchSource, OverrideFact, TemplateVersion};

    fn relation(world: &World) -> String {
        let fleet = world.fleet();
        let group = &fleet.clusters[0].groups[0];
        let instance = &group.instances[0];
        let running = instance.running.as_ref().map(|running| &running.image);
        let image = |id: &ImageId| fleet.image(&instance.place, id);
        match Relation::of(group, running, instance.instance_type.as_ref(), image) {
            Relation::NoGroup => "no group".into(),
            Relation::Wanted => "wanted".into(),
            Relation::Older(pair) => format!("older by {}", pair.versions),
            Relation::Newer(pair) => format!("newer by {}", pair.versions),
            Relation::Unknown(missing) => format!("unknown: {}", missing.what()),
        }
    }

    fn world(running: &str) -> World {
        let mut world = World::new();
        for (id, name) in [("ami-1", "orders-1.0"), ("ami-2", "orders-2.0"), ("ami-3", "orders-3.0")] {
            world.image(id, name);
        }
        world.template("lt-1", 2, "ami-2");
        world.group("orders", "lt-1");
        world.member("orders", "i-1", running);
        world
    }

    #[test]
    fn images_of_one_family_are_older_or_newer() {
        for (running, expected) in [("ami-2", "wanted"), ("ami-1", "older by 1"), ("ami-3", "newer by 1")] {
            assert_eq!(relation(&world(running)), expected, "{running}");
        }
    }

    #[test]
    fn builds_of_one_version_are_ordered_by_date() {
        let mut world = world("ami-2b");
        world.image("ami-2b", "orders-2.0");
        assert_eq!(relation(&world), "unknown: which of its image and the one wanted is newer");
        world.image("ami-2", "orders-2.0").created_at = Some(ago(SignedDuration::from_hours(1)));
        for (hours, expected) in [(2, "older by 0"), (0, "newer by 0")] {
            world.image("ami-2b", "orders-2.0").created_at = Some(ago(SignedDuration::from_hours(hours)));
            assert_eq!(relation(&world), expected);
        }
    }

    #[test]
    fn while_a_refresh_runs_either_list_is_wanted_and_the_rest_is_compared_with_its_goal() {
        let goal = |world: &mut World, status| {
            world.template("lt-1", 3, "ami-3").is_default = false;
            world.facts.templates.as_mut().unwrap().value[0].is_default = true;
            world.refresh("orders", status).desired =
                Some(LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(3))));
        };
        for (running, status, expected) in [
            ("ami-1", RefreshStatus::InProgress, "older by 2"),
            ("ami-2", RefreshStatus::InProgress, "wanted"),
            ("ami-3", RefreshStatus::InProgress, "wanted"),
            ("ami-1", RefreshStatus::RollbackInProgress, "older by 1"),
            ("ami-3", RefreshStatus::RollbackInProgress, "wanted"),
            ("ami-3", RefreshStatus::Cancelled, "newer by 1"),
        ] {
            let mut world = world(running);
            goal(&mut world, status.clone());
            assert_eq!(relation(&world), expected, "{running} {status:?}");
        }
    }

    #[test]
    fn an_instance_is_compared_with_what_is_wanted_for_its_own_type() {
        let mut world = world("ami-3");
        let entry = |kind: &str, image: &str| OverrideFact {
            instance_type: Some(kind.into()),
            image: Some(image.into()),
            ..OverrideFact::default()
        };
        world.group_mut("orders").source = LaunchSource::Mixed {
            base: template_ref("lt-1", TemplateVersion::Default),
            overrides: vec![entry("m7g.large", "ami-3"), entry("m5.large", "ami-1")],
        };
        assert_eq!(relation(&world), "wanted");
        world.instance_mut("i-1").instance_type = Some("m5.large".into());
        assert_eq!(relation(&world), "newer by 2");
        world.instance_mut("i-1").instance_type = Some("c5.large".into());
        assert_eq!(relation(&world), "newer by 1");
    }

    #[test]
    fn an_override_by_attributes_may_be_meant_for_any_type() {
        let mut world = world("ami-3");
        world.group_mut("orders").source = LaunchSource::Mixed {
            base: template_ref("lt-1", TemplateVersion::Default),
            overrides: vec![OverrideFact { image: Some("ami-3".into()), ..OverrideFact::default() }],
        };
        assert_eq!(relation(&world), "wanted");
    }

    #[test]
    fn what_a_refresh_goes_to_may_be_what_runs_where_it_is_not_known() {
        let mut world = world("ami-3");
        world.refresh("orders", RefreshStatus::InProgress).desired =
            Some(LaunchSource::Template(template_ref("lt-1", TemplateVersion::Number(9))));
        assert_eq!(relation(&world), "unknown: the image its group wants");
    }

    #[test]
    fn what_cannot_be_told_says_what_is_missing() {
        let mut foreign = world("ami-9");
        assert_eq!(relation(&foreign), "unknown: facts of the image it runs");
        foreign.image("ami-9", "search-1.0");
        assert_eq!(relation(&foreign), "unknown: which of its image and the one wanted is newer");
        foreign.facts.templates = None;
        assert_eq!(relation(&foreign), "unknown: the image its group wants");
        foreign.facts.instances.as_mut().unwrap().value.clear();
        assert_eq!(relation(&foreign), "unknown: the image it runs");
    }
}
