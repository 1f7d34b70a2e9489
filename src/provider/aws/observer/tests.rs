use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jiff::Timestamp;

use super::*;
use crate::fleet::{InstanceState, Section, SourceArn, TargetState};
use crate::provider::aws::replay::{Answer, Asked, Replay};
use crate::provider::aws::testing::{HandClock, World, target_group};

fn aws(
    regions: &[&str],
    answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (Aws, Replay, HandClock) {
    let (replay, clock) = (Replay::new(answers), HandClock::default());
    let factory = Factory::fixed(SharedHttpClient::new(replay.clone()), regions);
    let connection = Connection::fixed(factory, Arc::new(clock.clone()));
    (Aws::over(connection, Naming::default()), replay, clock)
}

fn one(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (Aws, Replay, HandClock) {
    aws(&["eu-west-1"], answers)
}

async fn complete(aws: &Aws) -> Arc<Fleet> {
    aws.observe(&Scope::Complete).await.unwrap()
}

fn background() -> Scope {
    Scope::Background { first: Vec::new() }
}

#[tokio::test]
async fn a_complete_look_sees_the_whole_fleet() {
    let world = World::default();
    let (aws, replay, _) = one(move |asked| world.answer(asked));
    let fleet = complete(&aws).await;
    assert_eq!(fleet.gaps, []);
    assert_eq!(fleet.clusters.len(), 1);
    let cluster = &fleet.clusters[0];
    assert_eq!(cluster.id.name, "web".into());
    assert_eq!(cluster.groups.len(), 2);
    assert_eq!(cluster.instances().count(), 4);
    assert_eq!(cluster.traffic.len(), 1);
    assert_eq!(cluster.seen_at, Some(Timestamp::UNIX_EPOCH));
    assert!(fleet.target_groups.values().all(|group| group.healthy() == Some(2)));
    assert_eq!(fleet.identity.as_ref().unwrap().account, "123456789012".into());
    assert_eq!(aws.calls_last_minute(), u32::try_from(replay.asked().len()).unwrap());
}

#[tokio::test]
async fn a_list_is_walked_to_its_end_though_pages_are_short_or_empty() {
    let world = World::default();
    let (aws, replay, _) = one(move |asked| match (asked.action(), asked.field("NextToken")) {
        ("DescribeInstances", "") => World::instances(&World::instance("i-blue-0"), "two"),
        ("DescribeInstances", "two") => World::instances("", "three"),
        ("DescribeInstances", "three") => World::instances(&World::instance("i-green-1"), ""),
        ("DescribeAutoScalingGroups", "") => World::groups("", "more"),
        ("DescribeAutoScalingGroups", _) => World::groups(&world.group("blue"), ""),
        _ => world.answer(asked),
    });
    let fleet = complete(&aws).await;
    assert_eq!(fleet.gaps, []);
    let facts = aws.known().kept[&"eu-west-1".into()].lock().unwrap().facts.clone();
    let ids: Vec<String> = facts.instances.unwrap().value.iter().map(|i| i.id.to_string()).collect();
    assert_eq!(ids, ["i-blue-0", "i-green-1"]);
    assert_eq!(facts.groups.unwrap().value.len(), 1);
    assert_eq!((replay.count("DescribeInstances"), replay.count("DescribeAutoScalingGroups")), (3, 2));
    let first = replay.asked().into_iter().find(|asked| asked.action() == "DescribeInstances").unwrap();
    assert_eq!(first.field("MaxResults"), "1000");
}

#[tokio::test]
async fn a_token_that_comes_again_is_a_gap_and_no_endless_loop() {
    let world = World::default();
    let (aws, replay, _) = one(move |asked| match asked.action() {
        "DescribeInstances" => World::instances(&World::instance("i-blue-0"), "again"),
        _ => world.answer(asked),
    });
    let fleet = complete(&aws).await;
    assert_eq!(replay.count("DescribeInstances"), 2);
    let gap = fleet.gap(&fleet.places[0], Section::Instances, None).unwrap();
    assert!(gap.why.contains("over and over"), "{gap:?}");
}

#[tokio::test]
async fn a_denied_call_becomes_one_gap_that_names_the_iam_action() {
    let world = World::default();
    let (aws, replay, _) = one(move |asked| match asked.action() {
        "DescribeImages" => Answer::ec2_error(403, "UnauthorizedOperation"),
        "DescribeTargetHealth" => Answer::error(403, "AccessDenied"),
        _ => world.answer(asked),
    });
    let fleet = complete(&aws).await;
    let mut gaps: Vec<_> = fleet.gaps.iter().map(|gap| (gap.section, gap.action.as_deref())).collect();
    gaps.sort();
    assert_eq!(
        gaps,
        [
            (Section::Images, Some("ec2:DescribeImages")),
            (Section::TargetHealth, Some("elasticloadbalancing:DescribeTargetHealth")),
        ]
    );
    assert_eq!((replay.count("DescribeTargetHealth"), replay.count("DescribeImages")), (1, 1));
    assert_eq!(fleet.clusters[0].instances().count(), 4, "the rest is there");
}

#[tokio::test]
async fn a_gap_closes_when_the_permission_comes() {
    let (world, allowed) = (World::default(), Arc::new(AtomicBool::new(false)));
    let now_allowed = Arc::clone(&allowed);
    let (aws, ..) = one(move |asked| match asked.action() {
        "DescribeTargetHealth" if !now_allowed.load(Ordering::Relaxed) => Answer::error(403, "AccessDenied"),
        _ => world.answer(asked),
    });
    assert_eq!(complete(&aws).await.gaps.len(), 1);
    allowed.store(true, Ordering::Relaxed);
    assert_eq!(complete(&aws).await.gaps, []);
}

#[tokio::test]
async fn unknown_words_are_kept_and_missing_fields_stay_unknown() {
    let world = World::default();
    let (aws, ..) = one(move |asked| match asked.action() {
        "DescribeInstances" => World::instances(
            "<item><instanceId>i-blue-0</instanceId><instanceState><name>levitating</name></instanceState></item>\
             <item><imageId>ami-9</imageId></item>",
            "",
        ),
        "DescribeTargetHealth" => Answer::ok(
            "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member>\
             <Target><Id>i-blue-0</Id></Target><TargetHealth><State>dazed</State></TargetHealth></member><member>\
             </member></TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>",
        ),
        _ => world.answer(asked),
    });
    let fleet = complete(&aws).await;
    let facts = aws.known().kept[&"eu-west-1".into()].lock().unwrap().facts.clone();
    let instance = &facts.instances.unwrap().value[0];
    assert_eq!(instance.state, InstanceState::Other("levitating".into()));
    assert_eq!((&instance.image, &instance.zone, &instance.launched_at), (&None, &None, &None));
    let target = &facts.target_health[&target_group("web-blue").as_str().into()].value[0];
    assert_eq!(target.state, TargetState::Other("dazed".into()));
    let sections: Vec<Section> = fleet.gaps.iter().map(|gap| gap.section).collect();
    assert!(
        sections.contains(&Section::Instances) && sections.contains(&Section::TargetHealth),
        "{sections:?}"
    );
}

#[tokio::test]
async fn what_cannot_change_is_asked_once() {
    let world = World::default();
    let (aws, replay, clock) = one(move |asked| world.answer(asked));
    let numbered = |replay: &Replay| {
        replay.asked().iter().filter(|asked| asked.field("LaunchTemplateVersion.1") == "3").count()
    };
    complete(&aws).await;
    assert_eq!(numbered(&replay), 1, "instances run version 3, groups want version 4, which is the latest");
    for _ in 0..3 {
        clock.pass(600);
        complete(&aws).await;
        aws.observe(&background()).await.unwrap();
    }
    assert_eq!(numbered(&replay), 1);
}

#[tokio::test]
async fn an_idle_cockpit_costs_at_most_thirty_calls_a_minute_whatever_the_size() {
    let sizes: [(usize, &[&str]); 3] =
        [(0, &["eu-west-1"]), (200, &["eu-west-1"]), (50, &["eu-west-1", "us-east-1"])];
    for (extra, regions) in sizes {
        let world = World { extra, ..World::default() };
        let (aws, replay, clock) = aws(regions, move |asked| match asked.action() {
            "GetParametersByPath" => Answer::ok("{\"Parameters\":[]}"),
            _ => world.answer(asked),
        });
        let places = complete(&aws).await.places.clone();
        clock.pass(3600);
        // Calls of each second. A look comes each 10 s, and with it the turn of one place, as the runtime reads.
        let mut sent = Vec::new();
        for second in 0..600 {
            let before = replay.asked().len();
            if second % 10 == 0 {
                aws.observe(&background()).await.unwrap();
                let place = &places[second / 10 % places.len()];
                aws.entries_under(place, &EntryName::of(&["lease"])).await.unwrap();
            }
            sent.push(replay.asked().len() - before);
            clock.pass(1);
        }
        // The edge of a minute counts on both sides.
        let worst = sent.windows(61).map(|minute| minute.iter().sum::<usize>()).max().unwrap();
        assert!(worst <= 30, "{worst} calls in a minute with {extra} target groups more in {regions:?}");
        assert!(sent.iter().sum::<usize>() > 100, "it does look");
    }
}

#[tokio::test]
async fn what_is_on_the_screen_is_read_first_and_more_often() {
    let world = World { extra: 200, ..World::default() };
    let (aws, replay, clock) = one(move |asked| world.answer(asked));
    let first = vec![complete(&aws).await.clusters[0].id.clone()];
    let before = replay.asked().len();
    for _ in 0..30 {
        clock.pass(20);
        aws.observe(&Scope::Background { first: first.clone() }).await.unwrap();
    }
    let health = |name: &str| {
        let arn = target_group(name);
        let asked = replay.asked();
        asked[before..]
            .iter()
            .filter(|a| a.action() == "DescribeTargetHealth" && a.field("TargetGroupArn") == arn)
            .count()
    };
    assert!(health("web-blue") >= 20, "{}", health("web-blue"));
    assert!(health("extra-7") <= 2, "{}", health("extra-7"));
}

#[tokio::test]
async fn a_small_fleet_is_not_asked_more_often_than_it_is_worth() {
    let world = World::default();
    let (aws, replay, clock) = one(move |asked| world.answer(asked));
    complete(&aws).await;
    let before = replay.asked().len();
    for _ in 0..20 {
        aws.observe(&background()).await.unwrap();
        clock.pass(1);
    }
    assert_eq!(replay.asked().len(), before);
}

#[tokio::test]
async fn a_long_list_is_walked_over_several_looks_where_the_budget_is_short() {
    let world = World::default();
    let pages = 45;
    let (aws, _, clock) = one(move |asked| match asked.action() {
        "DescribeInstances" => {
            let page: usize = asked.field("NextToken").parse().unwrap_or(0);
            let next = if page + 1 < pages { (page + 1).to_string() } else { String::new() };
            World::instances(&World::instance(&format!("i-{page}")), &next)
        }
        _ => world.answer(asked),
    });
    complete(&aws).await;
    let seen = || aws.known().kept[&"eu-west-1".into()].lock().unwrap().facts.instances.clone().unwrap();
    assert_eq!(seen().value.len(), pages);
    clock.pass(3600);
    let begun = aws.connection.clock.now();
    aws.observe(&background()).await.unwrap();
    assert_eq!(seen().at, Timestamp::UNIX_EPOCH, "not at its end yet: the older list stays");
    for _ in 0..4 {
        clock.pass(65);
        aws.observe(&background()).await.unwrap();
    }
    assert_eq!((seen().at, seen().value.len()), (begun, pages));
}

#[tokio::test]
async fn one_cluster_is_read_fresh_and_completely_and_the_rest_is_left() {
    let world = World { extra: 50, ..World::default() };
    let (aws, replay, clock) = one(move |asked| world.answer(asked));
    let id = complete(&aws).await.clusters[0].id.clone();
    let before = replay.asked().len();
    clock.pass(100);
    let fleet = aws.observe(&Scope::Cluster(id.clone())).await.unwrap();
    let cluster = fleet.cluster(&id).unwrap();
    assert_eq!(cluster.seen_at, Some(aws.connection.clock.now()));
    assert_eq!(cluster.instances().count(), 4);
    let asked: Vec<Asked> = replay.asked()[before..].to_vec();
    let names = |action: &str| asked.iter().filter(|asked| asked.action() == action).count();
    assert_eq!(names("DescribeTargetHealth"), 2);
    assert_eq!(names("DescribeInstanceRefreshes"), 2);
    assert_eq!((names("DescribeLoadBalancers"), names("DescribeInstanceImageMetadata")), (0, 0));
    let instances = asked.iter().find(|asked| asked.action() == "DescribeInstances").unwrap();
    assert_eq!((instances.field("InstanceId.1"), instances.field("MaxResults")), ("i-blue-0", ""));
    assert!(asked.len() < 25, "{} calls", asked.len());
    let lists = fleet.ages[&(fleet.places[0].clone(), Section::Instances)];
    assert_eq!(lists, Timestamp::UNIX_EPOCH, "the list itself is as old as it was");
}

#[tokio::test]
async fn what_carries_traffic_is_read_in_one_round_of_the_load_balancer_alone() {
    let world = World { extra: 50, ..World::default() };
    let (aws, replay, clock) = one(move |asked| world.answer(asked));
    let id = complete(&aws).await.clusters[0].id.clone();
    let before = replay.asked().len();
    clock.pass(100);
    let now = aws.connection.clock.now();
    let fleet = aws.observe(&Scope::Traffic(id.clone())).await.unwrap();
    let mut asked: Vec<String> =
        replay.asked()[before..].iter().map(|asked| asked.action().to_owned()).collect();
    asked.sort();
    assert_eq!(asked, ["DescribeListeners", "DescribeRules", "DescribeTargetHealth", "DescribeTargetHealth"]);
    let groups = fleet.cluster(&id).unwrap().groups.iter().flat_map(|group| &group.target_groups);
    for arn in groups {
        assert_eq!(fleet.target_groups[arn].health.as_ref().unwrap().at, now, "{arn}");
    }
    assert_eq!(fleet.ages[&(fleet.places[0].clone(), Section::Groups)], Timestamp::UNIX_EPOCH);
}

#[tokio::test]
async fn an_instance_that_is_gone_leaves_the_cluster_at_a_fresh_look() {
    let (world, gone) = (World::default(), Arc::new(AtomicBool::new(false)));
    let now_gone = Arc::clone(&gone);
    let (aws, ..) = one(move |asked| {
        let by_id = !asked.field("InstanceId.1").is_empty();
        match asked.action() {
            "DescribeInstances" if now_gone.load(Ordering::Relaxed) && by_id => {
                Answer::ec2_error(400, "InvalidInstanceID.NotFound")
            }
            "DescribeInstances" if now_gone.load(Ordering::Relaxed) => {
                World::instances(&World::instance("i-blue-1"), "")
            }
            _ => world.answer(asked),
        }
    });
    let id = complete(&aws).await.clusters[0].id.clone();
    gone.store(true, Ordering::Relaxed);
    aws.observe(&Scope::Cluster(id)).await.unwrap();
    let facts = aws.known().kept[&"eu-west-1".into()].lock().unwrap().facts.clone();
    let ids: Vec<String> = facts.instances.unwrap().value.iter().map(|i| i.id.to_string()).collect();
    assert_eq!(ids, ["i-blue-1"]);
}

#[tokio::test]
async fn while_a_zone_is_disrupted_the_instances_of_sound_zones_are_seen() {
    let world = World::default();
    let (aws, ..) = one(move |asked| match asked.action() {
        "DescribeInstances" if asked.field("InstanceId.1").is_empty() => {
            Answer::ec2_error(500, "InternalError")
        }
        _ => world.answer(asked),
    });
    tokio::time::pause();
    let fleet = complete(&aws).await;
    let facts = aws.known().kept[&"eu-west-1".into()].lock().unwrap().facts.clone();
    assert_eq!(facts.instances.unwrap().value.len(), 4);
    assert!(fleet.gap(&fleet.places[0], Section::Instances, None).is_some(), "yet the list is not complete");
}

#[tokio::test]
async fn one_region_that_fails_is_a_gap_and_the_other_is_seen() {
    let world = World::default();
    let (replay, clock) = (Replay::new(move |asked| world.answer(asked)), HandClock::default());
    let factory = Factory::fixed(SharedHttpClient::new(replay.clone()), &["eu-west-1", "us-east-1"]);
    let aws = Aws::over(Connection::fixed(factory, Arc::new(clock)), Naming::default());
    let fleet = complete(&aws).await;
    assert_eq!(fleet.places.len(), 2);
    assert_eq!(fleet.clusters.len(), 2);
    assert_eq!(replay.count("GetCallerIdentity"), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_ends_the_look_soon_and_loses_nothing() {
    let (world, down) = (World { extra: 100, ..World::default() }, Arc::new(AtomicBool::new(false)));
    let is_down = Arc::clone(&down);
    let (aws, replay, clock) =
        one(move |asked| if is_down.load(Ordering::Relaxed) { Answer::Cut } else { world.answer(asked) });
    complete(&aws).await;
    down.store(true, Ordering::Relaxed);
    clock.pass(3600);
    tokio::time::pause();
    let before = replay.asked().len();
    let failure = aws.observe(&Scope::Complete).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(replay.asked().len() - before < 60, "{} attempts", replay.asked().len() - before);
    down.store(false, Ordering::Relaxed);
    let fleet = aws.observe(&background()).await.unwrap();
    assert_eq!(fleet.clusters.len(), 1);
}

#[tokio::test]
async fn throttling_in_the_background_makes_it_silent_for_a_while() {
    let (world, busy) = (World::default(), Arc::new(AtomicBool::new(false)));
    let is_busy = Arc::clone(&busy);
    let (aws, replay, clock) = one(move |asked| match asked.action() {
        "DescribeInstances" if is_busy.load(Ordering::Relaxed) => {
            Answer::ec2_error(503, "RequestLimitExceeded")
        }
        _ => world.answer(asked),
    });
    complete(&aws).await;
    busy.store(true, Ordering::Relaxed);
    clock.pass(300);
    let fleet = aws.observe(&background()).await.unwrap();
    assert!(fleet.gap(&fleet.places[0], Section::Instances, None).unwrap().why.contains("fewer calls"));
    let before = replay.asked().len();
    for _ in 0..5 {
        clock.pass(5);
        aws.observe(&background()).await.unwrap();
    }
    assert_eq!(replay.asked().len(), before, "silent");
    busy.store(false, Ordering::Relaxed);
    clock.pass(60);
    let fleet = aws.observe(&background()).await.unwrap();
    assert!(replay.asked().len() > before);
    assert_eq!(fleet.gaps, []);
}

#[tokio::test]
async fn another_account_makes_everything_seen_before_forgotten() {
    let proofs = Arc::new(AtomicUsize::new(0));
    let (world, count) = (World::default(), Arc::clone(&proofs));
    let (aws, ..) = one(move |asked| {
        let nth =
            if asked.action() == "GetCallerIdentity" { count.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let account = if nth == 0 { "123456789012" } else { "210987654321" };
        World { account, ..world.clone() }.answer(asked)
    });
    complete(&aws).await;
    assert_eq!(aws.identity().await.unwrap().account, "210987654321".into());
    assert!(aws.known().kept.is_empty() && aws.known().fleet.is_none());
    let fleet = aws.observe(&background()).await.unwrap();
    assert_eq!(fleet.places[0].account, "210987654321".into());
}

#[tokio::test]
async fn expired_credentials_end_the_look_with_their_own_word() {
    let (aws, ..) = one(|_| Answer::error(403, "ExpiredToken"));
    let failure = aws.observe(&Scope::Complete).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Expired);
    assert!(failure.may_pass());
}

#[tokio::test]
async fn the_actions_of_one_source_are_one_call() {
    let world = World::default();
    let (aws, replay, _) = one(move |asked| world.answer(asked));
    let fleet = complete(&aws).await;
    let source = &fleet.clusters[0].traffic[0];
    let before = replay.asked().len();
    let actions = aws.actions(&fleet.places[0], &source.arn).await.unwrap();
    assert_eq!(replay.asked().len() - before, 1);
    assert_eq!(actions, source.actions);
    let gone =
        SourceArn::parse("arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/x/9/9").unwrap();
    assert_eq!(aws.actions(&fleet.places[0], &gone).await.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn a_deleted_template_version_is_asked_for_once_and_hides_no_other() {
    let world = World::default();
    let (aws, replay, _) = one(move |asked| {
        let numbered = !asked.field("LaunchTemplateVersion.1").starts_with('$');
        match asked.action() {
            "DescribeInstances" => {
                let tagged = |id: &str, version: &str| {
                    World::instance(id).replace(
                        "</item>",
                        &format!(
                            "<tagSet><item><key>aws:ec2launchtemplate:id</key><value>lt-1</value></item><item>\
                             <key>aws:ec2launchtemplate:version</key><value>{version}</value></item></tagSet></item>"
                        ),
                    )
                };
                World::instances(&(tagged("i-blue-0", "1") + &tagged("i-blue-1", "2")), "")
            }
            "DescribeLaunchTemplateVersions" if asked.field("MinVersion") == "1" => {
                World::versions(["2", "3"])
            }
            "DescribeLaunchTemplateVersions" if numbered => {
                Answer::ec2_error(400, "InvalidLaunchTemplateId.VersionNotFound")
            }
            _ => world.answer(asked),
        }
    });
    let fleet = complete(&aws).await;
    let numbers: Vec<i64> = fleet.templates.values().flatten().map(|version| version.number).collect();
    assert_eq!(numbers, [2, 3, 4]);
    assert_eq!(fleet.gaps, []);
    let before = replay.count("DescribeLaunchTemplateVersions");
    complete(&aws).await;
    assert_eq!(replay.count("DescribeLaunchTemplateVersions") - before, 2, "the two lists alone");
}

/// A page of a list of Auto Scaling.
fn scaling_page(operation: &str, list: &str, members: &str, next: &str) -> Answer {
    Answer::ok(format!(
        "<{operation}Response><{operation}Result><{list}>{members}</{list}><NextToken>{next}</NextToken>\
         </{operation}Result></{operation}Response>"
    ))
}

/// A scaling policy or scheduled action of web-blue.
fn of_blue(kind: &str, name: &str, rest: &str) -> String {
    format!(
        "<member><AutoScalingGroupName>web-blue</AutoScalingGroupName><{kind}Name>{name}</{kind}Name>{rest}</member>"
    )
}

#[tokio::test]
async fn what_sets_the_size_of_a_group_by_itself_is_read_from_every_page() {
    let tracking = "<PolicyType>TargetTrackingScaling</PolicyType><TargetTrackingConfiguration>\
        <PredefinedMetricSpecification><PredefinedMetricType>ASGAverageCPUUtilization</PredefinedMetricType>\
        </PredefinedMetricSpecification><TargetValue>50</TargetValue></TargetTrackingConfiguration>\
        <Enabled>true</Enabled>";
    let step = "<PolicyType>StepScaling</PolicyType><Enabled>false</Enabled><Alarms><member>\
        <AlarmName>busy</AlarmName></member></Alarms>";
    let forecast = "<PolicyType>PredictiveScaling</PolicyType><Enabled>true</Enabled>\
        <PredictiveScalingConfiguration><MetricSpecifications/><Mode>ForecastOnly</Mode>\
        </PredictiveScalingConfiguration>";
    let night = "<Recurrence>0 22 * * *</Recurrence><TimeZone>Europe/Berlin</TimeZone><MinSize>1</MinSize>\
        <DesiredCapacity>2</DesiredCapacity>";
    let once = "<StartTime>2026-01-02T03:04:05Z</StartTime><MaxSize>9</MaxSize>";
    let world = World::default();
    let (aws, _, _) = one(move |asked| {
        let policies =
            |members: &str, next: &str| scaling_page("DescribePolicies", "ScalingPolicies", members, next);
        let actions = |members: &str, next: &str| {
            scaling_page("DescribeScheduledActions", "ScheduledUpdateGroupActions", members, next)
        };
        match (asked.action(), asked.field("NextToken")) {
            ("DescribePolicies", "") => policies(&of_blue("Policy", "cpu", tracking), "more"),
            ("DescribePolicies", _) => {
                policies(&(of_blue("Policy", "step", step) + &of_blue("Policy", "ahead", forecast)), "")
            }
            ("DescribeScheduledActions", "") => actions(&of_blue("ScheduledAction", "night", night), "more"),
            ("DescribeScheduledActions", _) => actions(&of_blue("ScheduledAction", "once", once), ""),
            _ => world.answer(asked),
        }
    });
    let fleet = complete(&aws).await;
    assert_eq!(fleet.gaps, []);
    let group = |name: &str| {
        let groups = &fleet.clusters[0].groups;
        groups.iter().find(|group| group.id.name.raw() == name).unwrap().clone()
    };
    let blue = group("web-blue");
    let policies: Vec<_> =
        blue.policies.iter().flatten().map(|policy| (policy.says(), policy.acts)).collect();
    let told = |says: &str, acts| (says.to_owned(), acts);
    assert_eq!(
        policies,
        [
            told("sets the size by a forecast", false),
            told("keeps ASGAverageCPUUtilization at 50", true),
            told("changes the size by steps on busy", false),
        ]
    );
    let actions: Vec<String> =
        blue.schedules.iter().flatten().map(crate::fleet::ScheduleFact::says).collect();
    assert_eq!(
        actions,
        ["sets min 1, desired 2 at 0 22 * * * (Europe/Berlin)", "sets max 9 at 2026-01-02T03:04:05Z"]
    );
    let green = group("web-green");
    assert_eq!((green.policies.as_deref(), green.schedules.as_deref()), (Some(&[][..]), Some(&[][..])));
}

#[tokio::test]
async fn what_sets_sizes_is_unknown_where_it_may_not_be_read() {
    let world = World::default();
    let (aws, _, _) = one(move |asked| match asked.action() {
        "DescribePolicies" | "DescribeScheduledActions" => Answer::error(403, "AccessDenied"),
        _ => world.answer(asked),
    });
    let fleet = complete(&aws).await;
    let mut missing: Vec<_> = fleet.gaps.iter().filter_map(|gap| gap.action.as_deref()).collect();
    missing.sort_unstable();
    assert_eq!(missing, ["autoscaling:DescribePolicies", "autoscaling:DescribeScheduledActions"]);
    assert!(
        fleet.clusters[0].groups.iter().all(|group| group.policies.is_none() && group.schedules.is_none())
    );
}
