//! Builds of images: their phases, their logs, the images they leave, and how they end otherwise.

use super::groups::why;
use super::*;
use crate::fleet::{BuildId, Cursor, ImageFact, ImageId, Tail};
use crate::plan::{
    BuildPhase, BuildState, Builder, CodeBuild, ImageBuilder, Program, StartBuild, State, StopBuild,
};

/// Longer than any build and the wait for its image.
const LONG: i64 = 6 * 60;

fn eu() -> Place {
    Place { account: seed::ACCOUNT.into(), region: "eu-west-1".into() }
}

fn program() -> Program {
    let arguments = vec!["build".into(), ".".into()];
    let (folder, environment) = (None, std::collections::BTreeMap::default());
    Program { program: "packer".into(), arguments, folder, environment, aws_environment: false }
}

fn build(id: &str, builder: Builder) -> StartBuild {
    StartBuild {
        revision: None,
        build: id.into(),
        family: "orders".into(),
        version: "9.0.0".into(),
        image: "image-of-this-plan".into(),
        parent: None,
        builder,
        limit: 3600,
    }
}

fn packer(id: &str) -> StartBuild {
    build(id, Builder::Packer(program()))
}

fn begin(demo: &Demo, start: &StartBuild, fate: BuildFate) {
    demo.weather(|weather| weather.builds.push_back(fate));
    now(demo.apply(&eu(), &Call::StartBuild(Box::new(start.clone())))).unwrap();
}

fn state(demo: &Demo, start: &StartBuild) -> BuildState {
    let State::Build(state) = now(demo.state(&eu(), &Resource::Build(start.key()))).unwrap() else {
        unreachable!()
    };
    state
}

fn images(demo: &Demo) -> std::collections::BTreeMap<ImageId, ImageFact> {
    let facts = demo.facts().into_iter().find(|facts| facts.place == eu()).unwrap();
    facts.images.unwrap().value
}

fn tail(demo: &Demo, start: &StartBuild, from: &Cursor) -> Tail {
    now(demo.follow(&eu(), &start.key(), from)).unwrap()
}

/// Second by second to its end: what it does, one after the other.
fn phases(demo: &Demo, clock: &Hand, start: &StartBuild) -> (Vec<String>, i64) {
    let mut all: Vec<String> = Vec::new();
    for second in 0..LONG {
        let state = state(demo, start);
        if state.phase != BuildPhase::Running {
            return (all, second);
        }
        let says = state.says.to_string();
        if all.last() != Some(&says) {
            all.push(says);
        }
        clock.pass(1);
    }
    panic!("{} does not end", start.build)
}

#[test]
fn a_build_goes_through_its_phases_and_leaves_an_image_of_its_own() {
    let (demo, clock) = calm();
    let parent = images(&demo)
        .into_values()
        .find(|image| image.name.as_ref().is_some_and(|name| name.raw() == "nginx-base-1.10.0"));
    let parent = parent.unwrap().id;
    let start = StartBuild { parent: Some(parent.clone()), ..packer("b-1") };
    let before = images(&demo);
    begin(&demo, &start, BuildFate::Well);
    let (phases, seconds) = phases(&demo, &clock, &start);
    assert_eq!(
        phases,
        [
            "amazon-ebs: Prevalidating",
            "amazon-ebs: Launching a source AWS instance",
            "amazon-ebs: Provisioning with scripts of orders",
            "amazon-ebs: Stopping the source instance",
            "amazon-ebs: Creating AMI orders-9.0.0",
            "amazon-ebs: Waiting for AMI to become ready",
        ]
    );
    assert!((120..=300).contains(&seconds), "{seconds}");
    let ended = state(&demo, &start);
    assert_eq!((ended.phase, ended.since), (BuildPhase::Succeeded, Some(super::start())));
    let all = images(&demo);
    let image = &all[ended.image.as_ref().unwrap()];
    assert_eq!(all.len(), before.len() + 1);
    assert!(image.id.raw().starts_with("ami-0") && !before.contains_key(&image.id));
    assert_eq!(image.name, Some("orders-9.0.0".into()));
    assert_eq!((&image.state, &image.architecture), (&"available".into(), &Some("arm64".into())));
    assert_eq!(image.owner, Some(seed::ACCOUNT.into()));
    for (tag, value) in [("Family", "orders"), ("Version", "9.0.0"), ("ParentImage", parent.raw())] {
        assert_eq!(image.tags.get(tag), Some(&value.into()), "{tag}");
    }
    assert!(image.created_at.is_some_and(|at| at > super::start()));
}

#[test]
fn its_image_is_pending_before_it_is_available_and_the_next_look_shows_it() {
    let (demo, clock) = calm();
    let start = build(
        "b-2",
        Builder::CodeBuild(CodeBuild {
            project: "images".into(),
            source_version: None,
            environment: std::collections::BTreeMap::default(),
            image_variable: None,
        }),
    );
    let known = images(&demo);
    begin(&demo, &start, BuildFate::Well);
    let mut states = Vec::new();
    for _ in 0..LONG {
        let new = images(&demo).into_values().find(|image| !known.contains_key(&image.id));
        let word = new.map_or("none".to_owned(), |image| image.state.to_string());
        if states.last() != Some(&word) {
            states.push(word);
        }
        clock.pass(1);
    }
    assert_eq!(states, ["none", "pending", "available"]);
    let fleet = now(demo.observe(&Scope::Complete)).unwrap();
    let image = state(&demo, &start).image.unwrap();
    assert!(fleet.image(&eu(), &image).is_some_and(|image| image.described));
}

#[test]
fn every_builder_is_simulated_and_sets_the_tags_it_would_set() {
    let pipeline = ImageBuilder { pipeline: "arn:aws:imagebuilder:eu-west-1:1:image-pipeline/orders".into() };
    for (id, builder, family) in
        [("b-3", Builder::Command(program()), true), ("b-4", Builder::ImageBuilder(pipeline), false)]
    {
        let (demo, clock) = calm();
        let start = build(id, builder);
        begin(&demo, &start, BuildFate::Well);
        let (phases, _) = phases(&demo, &clock, &start);
        assert!(phases.len() >= 4, "{phases:?}");
        let image = images(&demo).remove(&state(&demo, &start).image.unwrap()).unwrap();
        assert_eq!(image.tags.contains_key("Family"), family);
    }
}

#[test]
fn the_same_question_at_the_same_time_has_the_same_answer_however_often_it_is_asked() {
    let ((often, a), (once, b)) = (calm(), calm());
    let start = packer("b-5");
    begin(&often, &start, BuildFate::Well);
    begin(&once, &start, BuildFate::Well);
    let (mut lines, mut from) = (Vec::new(), Cursor::default());
    for _ in 0..200 {
        a.pass(1);
        let part = tail(&often, &start, &from);
        assert_eq!(part, tail(&often, &start, &from));
        lines.extend(part.lines);
        from = part.next;
    }
    b.pass(200);
    let whole = tail(&once, &start, &Cursor::default());
    assert_eq!((&whole.lines, whole.dropped), (&lines, 0));
    assert!(lines.len() > 100 && lines.is_sorted_by_key(|line| line.at), "{}", lines.len());
    assert_eq!(state(&often, &start), state(&once, &start));
}

#[test]
fn a_log_is_given_in_parts_and_says_what_it_passed_over_and_when_it_ends() {
    let (demo, clock) = calm();
    let start = packer("b-6");
    begin(&demo, &start, BuildFate::Talks);
    clock.pass(LONG);
    let part = tail(&demo, &start, &Cursor::default());
    assert_eq!(part.lines.len(), Tail::MOST);
    assert!(part.dropped > 1_000 && part.ended, "{}", part.dropped);
    let rest = tail(&demo, &start, &part.next);
    assert!(rest.lines.is_empty() && rest.ended && rest.dropped == 0);
    assert!(part.lines.last().unwrap().text.raw().contains("finished"));
}

#[test]
fn a_failed_build_says_why_in_its_state_and_its_log_and_leaves_no_image() {
    let (demo, clock) = calm();
    let start = packer("b-7");
    let before = images(&demo);
    begin(&demo, &start, BuildFate::Fails);
    clock.pass(LONG);
    let ended = state(&demo, &start);
    assert_eq!((ended.phase, ended.image), (BuildPhase::Failed, None));
    assert!(!ended.says.is_empty());
    assert!(tail(&demo, &start, &Cursor::default()).ended);
    assert_eq!(images(&demo), before);
}

#[test]
fn about_one_build_in_eight_fails_by_chance_and_some_log_is_hostile() {
    let (demo, clock) = calm();
    let builds: Vec<StartBuild> = (0..64)
        .map(|n| StartBuild { version: format!("9.{n}.0").into(), ..packer(&format!("b-c{n}")) })
        .collect();
    for start in &builds {
        now(demo.apply(&eu(), &Call::StartBuild(Box::new(start.clone())))).unwrap();
    }
    clock.pass(LONG);
    let failed = builds.iter().filter(|start| state(&demo, start).phase == BuildPhase::Failed).count();
    assert!((3..=16).contains(&failed), "{failed}");
    let hostile = |start: &&StartBuild| {
        tail(&demo, start, &Cursor::default()).lines.iter().any(|line| line.text.raw().contains('\u{202e}'))
    };
    let hostile = builds.iter().find(hostile).expect("a hostile log");
    let shown: String =
        tail(&demo, hostile, &Cursor::default()).lines.iter().map(|l| l.text.to_string()).collect();
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}', '\u{9b}']));
}

#[test]
fn a_stopped_build_cleans_up_and_leaves_no_image_even_if_it_was_there() {
    for seconds in [20, 100] {
        let (demo, clock) = calm();
        let start = packer("b-8");
        let before = images(&demo);
        begin(&demo, &start, BuildFate::Well);
        if seconds == 100 {
            while images(&demo) == before {
                clock.pass(1);
            }
        } else {
            clock.pass(seconds);
        }
        let stop = Call::StopBuild(StopBuild { build: start.key() });
        now(demo.apply(&eu(), &stop)).unwrap();
        let cleaning = state(&demo, &start);
        assert_eq!((cleaning.phase, cleaning.says), (BuildPhase::Running, "Cleaning up".into()));
        now(demo.apply(&eu(), &stop)).unwrap();
        clock.pass(10);
        assert_eq!(state(&demo, &start).phase, BuildPhase::Stopped);
        clock.pass(LONG);
        assert_eq!(images(&demo), before);
        assert!(tail(&demo, &start, &Cursor::default()).ended);
    }
}

#[test]
fn a_build_that_hangs_ends_with_its_time_and_an_image_may_never_become_ready() {
    let (demo, clock) = calm();
    let hangs = StartBuild { limit: 1200, ..packer("b-9") };
    begin(&demo, &hangs, BuildFate::Hangs);
    clock.pass(1100);
    assert_eq!(state(&demo, &hangs).phase, BuildPhase::Running);
    assert!(!tail(&demo, &hangs, &Cursor::default()).ended);
    clock.pass(200);
    let ended = state(&demo, &hangs);
    assert_eq!(ended.phase, BuildPhase::Failed);
    assert_eq!(ended.says.raw(), "it was not over after 20 minutes: it was stopped");
    let pending = packer("b-10");
    begin(&demo, &pending, BuildFate::NeverReady);
    clock.pass(24 * 3600);
    let image = state(&demo, &pending).image.unwrap();
    assert_eq!(images(&demo)[&image].state.raw(), "pending");
}

#[test]
fn a_build_on_a_parent_that_is_gone_or_under_a_name_that_is_taken_fails() {
    let (demo, clock) = calm();
    let parent = images(&demo).into_keys().next().unwrap();
    let orphan = StartBuild { parent: Some(parent.clone()), ..packer("b-11") };
    begin(&demo, &orphan, BuildFate::Well);
    assert!(demo.meddle(&eu(), &Foreign::Deregister { image: parent }));
    clock.pass(LONG);
    let says = state(&demo, &orphan).says;
    assert!(says.raw().starts_with("InvalidAMIID.NotFound"), "{says}");
    for (id, phase) in [("b-12", BuildPhase::Succeeded), ("b-13", BuildPhase::Failed)] {
        let start = packer(id);
        begin(&demo, &start, BuildFate::Well);
        clock.pass(LONG);
        assert_eq!(state(&demo, &start).phase, phase, "{id}");
    }
}

#[test]
fn a_build_is_started_once_and_only_what_is_there_is_stopped_asked_for_or_read() {
    let (demo, _) = calm();
    let start = packer("b-14");
    let unknown = StopBuild { build: start.key() };
    assert!(why(&demo, &eu(), &Call::StopBuild(unknown)).starts_with("ResourceNotFoundException"));
    begin(&demo, &start, BuildFate::Well);
    let again = Call::StartBuild(Box::new(start.clone()));
    assert!(why(&demo, &eu(), &again).contains("already exists"));
    let other = build("b-14", Builder::Command(program())).key();
    let nobody = BuildKey { id: BuildId::new("b-99"), ..start.key() };
    for key in [other, nobody] {
        let failure = now(demo.state(&eu(), &Resource::Build(key.clone()))).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        let failure = now(demo.follow(&eu(), &key, &Cursor::default())).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
    }
}
