use super::*;
use crate::fleet::{InstanceFact, InstanceId, InstanceState, Tags, TargetFact, TemplateVersionFact};
use crate::provider::FailureKind;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn kept() -> Kept {
    Kept::new("123456789012".into(), "eu-west-1".into())
}

fn instance(id: &str, state: InstanceState) -> InstanceFact {
    InstanceFact {
        id: id.into(),
        image: None,
        instance_type: None,
        zone: None,
        subnet: None,
        state,
        launched_at: None,
        private_ip: None,
        security_groups: Vec::new(),
        iam_profile: None,
        key_name: None,
        metadata: None,
        ebs_optimized: None,
        devices: BTreeMap::new(),
        tags: Tags::new(),
    }
}

fn running(ids: &[&str]) -> Answer {
    Answer::Instances(ids.iter().map(|id| instance(id, InstanceState::Running)).collect())
}

fn by_id(ids: &[&str]) -> Task {
    Task::InstancesById(ids.iter().map(InstanceId::new).collect())
}

fn states(kept: &Kept) -> Vec<(String, InstanceState)> {
    let seen = kept.facts.instances.as_ref().unwrap();
    let mut states: Vec<_> = seen.value.iter().map(|i| (i.id.to_string(), i.state.clone())).collect();
    states.sort_by(|a, b| a.0.cmp(&b.0));
    states
}

fn version(number: i64, image: &str, is_default: bool) -> TemplateVersionFact {
    TemplateVersionFact {
        id: "lt-1".into(),
        name: "web".into(),
        number,
        is_default,
        is_latest: false,
        image: Some(image.into()),
        resolved_image: None,
        instance_type: None,
        security_groups: Vec::new(),
        iam_profile: None,
        key_name: None,
        metadata: None,
        ebs_optimized: None,
        devices: BTreeMap::new(),
    }
}

fn denied() -> Failure {
    Failure {
        action: Some("ec2:DescribeLaunchTemplateVersions".into()),
        ..Failure::new(FailureKind::Denied, "ask", "the role lacks it", "")
    }
}

#[test]
fn a_list_that_was_asked_for_earlier_does_not_undo_what_was_read_after_it() {
    let mut kept = kept();
    kept.take_in(&Task::Instances, running(&["i-1", "i-2", "i-3"]), at(0));
    let stopped = Answer::Instances(vec![instance("i-1", InstanceState::Stopped)]);
    kept.take_in(&by_id(&["i-1", "i-2"]), stopped, at(20));
    // The list was begun before and came to its end after.
    kept.take_in(&Task::Instances, running(&["i-1", "i-2", "i-3", "i-4"]), at(10));
    let now = states(&kept);
    assert_eq!(now[0], ("i-1".into(), InstanceState::Stopped));
    assert_eq!(now.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["i-1", "i-3", "i-4"]);
    assert_eq!(kept.facts.read_at(Section::Instances, "i-1", at(10)), at(20));
    assert_eq!(kept.facts.read_at(Section::Instances, "i-3", at(10)), at(10));
    // A newer list tells the truth about all of them again.
    kept.take_in(&Task::Instances, running(&["i-1", "i-2"]), at(30));
    assert_eq!(states(&kept).len(), 2);
    assert!(kept.facts.read_again.is_empty());
}

#[test]
fn an_older_answer_about_one_thing_is_dropped() {
    let mut kept = kept();
    let health = |id: &str| {
        Answer::Health(vec![TargetFact {
            id: id.into(),
            port: None,
            state: crate::fleet::TargetState::Healthy,
            reason: None,
            description: None,
            shifted_away: false,
        }])
    };
    let task = Task::Health("arn:tg".into());
    kept.take_in(&task, health("i-new"), at(20));
    kept.take_in(&task, health("i-old"), at(10));
    let seen = &kept.facts.target_health[&"arn:tg".into()];
    assert_eq!((seen.at, &seen.value[0].id), (at(20), &"i-new".into()));
}

#[test]
fn the_numbers_behind_latest_and_default_move_and_versions_stay() {
    let mut kept = kept();
    kept.take_in(&Task::TemplatesWritten, Answer::Templates(vec![version(3, "ami-3", true)]), at(0));
    let moved = vec![version(3, "ami-3", true), version(4, "ami-4", false)];
    kept.take_in(&Task::TemplatesWritten, Answer::Templates(moved), at(10));
    let flags = |kept: &mut Kept| -> Vec<(i64, bool, bool)> {
        let facts = kept.lend();
        let all = facts.templates.as_ref().unwrap().value.iter();
        let flags = all.map(|v| (v.number, v.is_default, v.is_latest)).collect();
        kept.give_back(facts);
        flags
    };
    assert_eq!(flags(&mut kept), [(3, true, false), (4, false, true)]);
    let both = vec![version(4, "ami-4", true)];
    kept.take_in(&Task::TemplatesResolved, Answer::Templates(both), at(20));
    assert_eq!(flags(&mut kept), [(3, false, false), (4, true, true)]);
    assert!(!kept.templates.need_written());
}

#[test]
fn what_a_version_says_is_kept_though_its_list_was_overtaken() {
    let mut kept = kept();
    kept.take_in(&Task::TemplatesResolved, Answer::Templates(vec![version(4, "ami-4", true)]), at(10));
    assert!(kept.templates.need_written());
    kept.take_in(&Task::TemplatesWritten, Answer::Templates(vec![version(4, "ami-4", true)]), at(9));
    assert!(!kept.templates.need_written());
    assert_eq!(kept.templates.seen_at, Some(at(10)));
}

#[test]
fn an_image_by_parameter_is_resolved_as_of_now_and_a_denial_matters_only_where_there_is_one() {
    let mut kept = kept();
    kept.take_in(&Task::TemplatesWritten, Answer::Templates(vec![version(1, "ami-1", true)]), at(0));
    kept.note(&Task::TemplatesResolved, &denied(), false);
    let gaps = |kept: &mut Kept| {
        let facts = kept.lend();
        let gaps = facts.gaps.clone();
        kept.give_back(facts);
        gaps
    };
    assert_eq!(gaps(&mut kept), []);
    let by_parameter = vec![version(2, "resolve:ssm:/golden/web", true)];
    kept.take_in(&Task::TemplatesWritten, Answer::Templates(by_parameter), at(10));
    let told = gaps(&mut kept);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].action.as_deref(), Some("ssm:GetParameters"));
    assert_eq!(told[0].about, Some("lt-1".into()));
    kept.take_in(&Task::TemplatesResolved, Answer::Templates(vec![version(2, "ami-9", true)]), at(20));
    assert_eq!(gaps(&mut kept), []);
    let facts = kept.lend();
    let found = facts.templates.unwrap().value.into_iter().find(|v| v.number == 2).unwrap();
    assert_eq!(found.resolved_image, Some("ami-9".into()));
    assert_eq!(found.image, Some("resolve:ssm:/golden/web".into()));
}

#[test]
fn a_gap_goes_when_what_it_hid_is_read_or_gone() {
    let mut kept = kept();
    let gaps = |kept: &Kept| kept.gaps.len();
    let failure = Failure::new(FailureKind::TimedOut, "ask", "no answer", "");
    kept.note(&Task::Rules("arn:l".into()), &failure, false);
    kept.note(&by_id(&["i-1"]), &failure, false);
    assert_eq!(gaps(&kept), 2);
    kept.take_in(&Task::Rules("arn:other".into()), Answer::Rules(Vec::new()), at(0));
    assert_eq!(gaps(&kept), 2, "another listener's rules tell nothing of this one's");
    kept.take_in(&by_id(&["i-1", "i-2"]), running(&["i-2"]), at(0));
    assert_eq!(gaps(&kept), 1);
    kept.take_in(&Task::LoadBalancers, Answer::LoadBalancers(Vec::new()), at(0));
    assert_eq!(gaps(&kept), 0, "no listener, no rules");
}

#[test]
fn a_thing_is_named_in_a_gap_as_a_person_knows_it() {
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:";
    for (about, name) in [
        (format!("{arn}targetgroup/orders-blue/73e2"), "orders-blue"),
        (format!("{arn}loadbalancer/app/web/50dc"), "web"),
        (format!("{arn}listener/app/web/50dc/f2f7"), "web"),
        ("orders-blue".to_owned(), "orders-blue"),
        ("arn:odd".to_owned(), "arn:odd"),
    ] {
        assert_eq!(short(&about.as_str().into()).to_string(), name);
    }
}
