//! Builds of images: what one is, how far it is, what it prints, and the image that it leaves.
//!
//! The course of a build is settled when it starts, from its name and the seed: later looks only ask how much of it
//! has passed. What the account must have meanwhile (a parent that is there, a name that is free) is asked when the
//! build needs it, as an event.

mod script;

use jiff::Timestamp;

use super::chance::Chance;
use super::life::Event;
use super::seed::ACCOUNT;
use super::weather::BuildFate;
use super::world::{Image, MINUTE, Moment, NEVER, Region, SECOND, World, time_of};
use crate::fleet::{BuildId, Cursor, ImageDevice, ImageFact, ImageId, Line, Tags, Tail, Text};
use crate::plan::{BuildKey, BuildPhase, BuildState, Builder, StartBuild};
use script::{Failing, Script};

/// A build takes so long.
const LENGTH: std::ops::Range<Moment> = 2 * MINUTE..5 * MINUTE;
/// One build of this many fails.
const FAILS: u32 = 8;
/// The image of a builder that does not wait for it is pending for so long after the build.
const PENDING: std::ops::Range<Moment> = 15 * SECOND..45 * SECOND;
/// A build that is stopped cleans up for so long.
const CLEANING: std::ops::Range<Moment> = 3 * SECOND..8 * SECOND;
/// The architecture of an image whose family and parent tell none.
const ARCHITECTURE: &str = "arm64";

/// A build, under way or ended.
pub(super) struct Build {
    start: StartBuild,
    /// When the world began.
    epoch: Timestamp,
    began: Moment,
    script: Script,
    end: End,
    /// When its machine is launched: its parent has to be there, and its name free.
    launches: Moment,
    /// When its image appears.
    appears: Moment,
    /// When its image can be launched from.
    ready: Moment,
    /// Whether it comes so far that it leaves an image.
    makes: bool,
    image: ImageId,
}

/// How and when a build ends.
struct End {
    at: Moment,
    phase: BuildPhase,
    says: Text,
}

impl Build {
    /// A build that starts now.
    pub(super) fn new(
        start: StartBuild,
        fate: Option<BuildFate>,
        (chance, epoch): (Chance, Timestamp),
        at: Moment,
    ) -> Self {
        let about = format!("build {}", start.build);
        let mut rng = chance.of(&about, 0);
        let (length, pending, part) = (rng.i64(LENGTH), rng.i64(PENDING), rng.i64(45..56));
        let fails_by_chance = rng.u32(..FAILS) == 0;
        let image = ImageId::new(chance.id("ami", &about, 1));
        let fate = fate.unwrap_or(if fails_by_chance { BuildFate::Fails } else { BuildFate::Well });
        let limit = at + Moment::try_from(start.limit).unwrap_or(NEVER / SECOND).min(NEVER / SECOND) * SECOND;
        let mut script = Script::write(&start, fate, &mut chance.of(&about, 2), (at, length));
        let waits_for_image = matches!(start.builder, Builder::Packer(_));
        let made = Text::new(format!("{image} is there"));
        let mut build = Self {
            epoch,
            began: at,
            launches: script.launches,
            appears: script.appears,
            ready: match (fate, waits_for_image) {
                (BuildFate::NeverReady, _) => NEVER,
                (_, true) => at + length,
                (_, false) => at + length + pending,
            },
            makes: true,
            end: End { at: at + length, phase: BuildPhase::Succeeded, says: made },
            script: Script::default(),
            image,
            start,
        };
        match fate {
            BuildFate::Fails => {
                let Failing { lines, why } = script::failing(&build.start, &mut rng);
                let fails = at + length * part / 100;
                script.cut(fails, lines);
                build.fails(fails, why);
            }
            BuildFate::Hangs => {
                script.cut(at + length * part / 100, Vec::new());
                build.fails(NEVER, "it hangs");
            }
            BuildFate::Well | BuildFate::NeverReady | BuildFate::Talks => {}
        }
        build.script = script;
        if build.end.at > limit {
            let minutes = build.start.limit / 60;
            let why = format!("it was not over after {minutes} minutes: it was stopped");
            build.script.cut(limit, vec![why.clone()]);
            build.fails(limit, why);
        }
        build
    }

    /// It fails then, unless it has ended by that time.
    fn fails(&mut self, at: Moment, why: impl Into<Text>) {
        self.end = End { at, phase: BuildPhase::Failed, says: why.into() };
        self.makes = false;
    }

    fn has_ended(&self, now: Moment) -> bool {
        self.end.at <= now
    }

    /// How far it is.
    fn state(&self, now: Moment) -> BuildState {
        let since = Some(time_of(self.epoch, self.began));
        if !self.has_ended(now) {
            return BuildState::running(self.script.phase(now), since);
        }
        let ended = BuildState::ended(self.end.phase, self.end.says.clone(), since);
        let image = (self.end.phase == BuildPhase::Succeeded).then(|| self.image.clone());
        BuildState { image, ..ended }
    }

    /// The part of its log behind a cursor, which is the number of lines that were read.
    fn tail(&self, from: &Cursor, now: Moment) -> Tail {
        let printed = self.script.printed(now.min(self.end.at));
        let read = from.0.parse::<usize>().unwrap_or(0).min(printed.len());
        let new = &printed[read..];
        let passed_over = new.len().saturating_sub(Tail::MOST);
        let line =
            |(at, text): &(Moment, Text)| Line { at: Some(time_of(self.epoch, *at)), text: text.clone() };
        Tail {
            lines: new[passed_over..].iter().map(line).collect(),
            next: Cursor(printed.len().to_string()),
            dropped: passed_over as u64,
            ended: self.has_ended(now),
        }
    }

    /// Its tags, as far as the builder sets them.
    fn tags(&self) -> Tags {
        let StartBuild { family, version, parent, builder, .. } = &self.start;
        let mut tags = Tags::from([("Name".into(), self.name())]);
        if let Builder::ImageBuilder(of) = builder {
            // Image Builder knows no versions of ours.
            tags.insert("CreatedBy".into(), "EC2 Image Builder".into());
            tags.insert("Ec2ImageBuilderArn".into(), of.pipeline.clone());
            return tags;
        }
        tags.insert("Family".into(), family.clone());
        tags.insert("Version".into(), version.clone());
        if let Some(parent) = parent {
            tags.insert("ParentImage".into(), Text::new(parent.raw()));
        }
        tags
    }

    /// The name of its image.
    fn name(&self) -> Text {
        format!("{}-{}", self.start.family.raw(), self.start.version.raw()).into()
    }
}

impl Region {
    fn build(&self, key: &BuildKey) -> Option<&Build> {
        self.builds.get(&key.id).filter(|build| build.start.builder.key() == key.by)
    }

    /// How far a build is; `None` where nobody knows of it.
    pub(super) fn build_state(&self, key: &BuildKey, now: Moment) -> Option<BuildState> {
        Some(self.build(key)?.state(now))
    }

    /// The next part of a build's log.
    pub(super) fn log(&self, key: &BuildKey, from: &Cursor, now: Moment) -> Option<Tail> {
        Some(self.build(key)?.tail(from, now))
    }

    /// Why EC2 does not let the build go on when its machine is launched.
    fn hinders(&self, build: &Build) -> Option<String> {
        let there = |id: &&ImageId| self.images.get(*id).is_some_and(|image| !image.hidden);
        if let Some(parent) = build.start.parent.as_ref().filter(|parent| !there(parent)) {
            return Some(format!("InvalidAMIID.NotFound: the image id '[{parent}]' does not exist"));
        }
        let name = build.name();
        let same = self.images.values().find(|image| {
            let ours = image.fact.owner.as_ref().is_some_and(|owner| owner.raw() == ACCOUNT);
            ours && !image.hidden && image.fact.name.as_ref() == Some(&name)
        })?;
        Some(format!("the image name '{name}' is used by {} already", same.fact.id))
    }

    /// The architecture of the newest image of a family, else of the parent.
    fn architecture(&self, build: &Build) -> Text {
        let of_family = |image: &&Image| {
            let tag = image.fact.tags.get("Family");
            tag == Some(&build.start.family) && image.fact.architecture.is_some()
        };
        let newest = self.images.values().filter(of_family).max_by_key(|image| image.fact.created_at);
        let parent = || self.images.get(build.start.parent.as_ref()?);
        let told = newest.or_else(parent).and_then(|image| image.fact.architecture.clone());
        told.unwrap_or_else(|| ARCHITECTURE.into())
    }

    /// The volumes of the newest image of a family.
    fn devices(&self, build: &Build) -> Vec<ImageDevice> {
        let of_family = |image: &&Image| image.fact.tags.get("Family") == Some(&build.start.family);
        let newest = self.images.values().filter(of_family).max_by_key(|image| image.fact.created_at);
        newest.map(|image| image.fact.devices.clone()).unwrap_or_default()
    }

    fn new_image(&self, build: &Build, at: Moment) -> Image {
        let fact = ImageFact {
            id: build.image.clone(),
            name: Some(build.name()),
            owner: Some(ACCOUNT.into()),
            state: "pending".into(),
            created_at: Some(time_of(build.epoch, at)),
            deprecated_at: None,
            source: build.start.parent.clone(),
            source_region: None,
            devices: self.devices(build),
            architecture: Some(self.architecture(build)),
            allowed: Some(true),
            tags: build.tags(),
        };
        Image { fact, hidden: false, bad: false }
    }
}

impl World {
    /// Starts a build whose name is free.
    pub(super) fn start_build(&mut self, region: usize, start: StartBuild, at: Moment) {
        let fate = self.next_build.take();
        let build = Build::new(start, fate, (self.chance, self.start), at);
        let id = build.start.build.clone();
        for moment in [build.launches, build.appears, build.ready] {
            if moment < NEVER {
                self.agenda.note(moment, Event::Build(region, id.clone()));
            }
        }
        self.regions[region].builds.insert(id, build);
    }

    /// Stops a build: it cleans up, and its image is gone. One that has ended stays as it ended.
    pub(super) fn stop_build(&mut self, region: usize, id: &BuildId, at: Moment) {
        let mut rng = self.chance.of(&format!("stop {id}"), 0);
        let here = &mut self.regions[region];
        let Some(build) = here.builds.get_mut(id).filter(|build| !build.has_ended(at)) else { return };
        if build.end.phase == BuildPhase::Stopped {
            return;
        }
        let over = at + rng.i64(CLEANING);
        build.script.stop(at, over);
        build.end = End { at: over, phase: BuildPhase::Stopped, says: "it was stopped".into() };
        build.makes = false;
        here.images.remove(&build.image);
    }

    /// A build needs something of its account, or gives it something.
    pub(super) fn build_goes_on(&mut self, region: usize, id: &BuildId, at: Moment) {
        let here = &mut self.regions[region];
        let Some(mut build) = here.builds.remove(id) else { return };
        let goes_on = !build.has_ended(at) && build.end.phase != BuildPhase::Stopped;
        if at == build.launches
            && goes_on
            && let Some(why) = here.hinders(&build)
        {
            build.script.cut(at, vec![format!("Error: {why}")]);
            build.fails(at, why);
        }
        if at == build.appears && goes_on && build.makes {
            let image = here.new_image(&build, at);
            here.images.insert(build.image.clone(), image);
        }
        if at == build.ready
            && let Some(image) = here.images.get_mut(&build.image).filter(|image| !image.hidden)
        {
            image.fact.state = "available".into();
        }
        here.builds.insert(id.clone(), build);
    }
}
