use super::*;
use crate::plan::{Call, CodeBuild, ImageBuilder, Program};
use crate::provider::aws::replay::Answer;
use crate::provider::aws::testing::{BUILD, PIPELINE, build, reader};

fn place() -> Place {
    Place { account: "123456789012".into(), region: "eu-west-1".into() }
}

fn checked(builder: Builder, change: impl Fn(&mut StartBuild)) -> Result<(), String> {
    let Call::StartBuild(mut start) = build(builder) else { unreachable!() };
    change(&mut start);
    check(&place(), &start)
}

#[test]
fn what_aws_does_not_build_or_not_there_is_refused() {
    let program = Program {
        program: "packer".into(),
        arguments: Vec::new(),
        folder: None,
        environment: [].into(),
        aws_environment: false,
    };
    assert_eq!(checked(Builder::Packer(program.clone()), |_| {}).unwrap_err(), NOT_HERE);
    assert_eq!(checked(Builder::Command(program), |_| {}).unwrap_err(), NOT_HERE);
    let project = |name: &str, variable: &str| {
        Builder::CodeBuild(CodeBuild {
            project: name.into(),
            source_version: None,
            environment: [(variable.to_owned(), "x".to_owned())].into(),
            image_variable: None,
        })
    };
    assert_eq!(checked(project("images", "BASE_1"), |_| {}), Ok(()));
    for (name, variable) in [
        ("", "A"),
        ("a b", "A"),
        ("-x", "A"),
        ("images", ""),
        ("images", "1A"),
        ("images", "A B"),
        ("images", "FLIGHTDECK_BUILD"),
        ("images", "CODEBUILD_X"),
    ] {
        assert!(checked(project(name, variable), |_| {}).is_err(), "{name} {variable}");
    }
    let pipeline = |arn: &str| Builder::ImageBuilder(ImageBuilder { pipeline: arn.into() });
    assert_eq!(checked(pipeline(PIPELINE), |_| {}), Ok(()));
    for (from, to) in [
        ("eu-west-1", "us-east-1"),
        ("123456789012", "999999999999"),
        ("image-pipeline/", "image-recipe/"),
        ("orders", "a/b"),
        ("orders", ""),
    ] {
        assert!(checked(pipeline(&PIPELINE.replace(from, to)), |_| {}).is_err(), "{to}");
    }
    assert!(checked(pipeline(PIPELINE), |start| start.build = "b 1".into()).is_err());
}

fn log(events: &str, next: &str) -> Answer {
    Answer::ok(format!(r#"{{"events":[{events}],"nextForwardToken":"{next}"}}"#))
}

#[tokio::test]
async fn a_log_begins_with_its_newest_lines_and_goes_on_by_its_token() {
    let (clients, replay) = reader(|asked| match (asked.action(), asked.field("nextToken")) {
        ("ListBuildsForProject", _) => Answer::ok(r#"{"ids":["images:1"]}"#),
        ("BatchGetBuilds", _) => Answer::ok(format!(
            r#"{{"builds":[{{"buildStatus":"STOPPED","logs":{{"groupName":"/g","streamName":"s"}},
            "environment":{{"type":"LINUX_CONTAINER","image":"i","computeType":"c","environmentVariables":[{{"name":"FLIGHTDECK_BUILD","value":"{BUILD}"}}]}}}}]}}"#
        )),
        (_, "") => log(r#"{"timestamp":1730775600000,"message":"one\n"},{"message":"two\nthree"}"#, "f/1"),
        _ => log("", "f/1"),
    });
    let key = BuildKey { id: BUILD.into(), by: BuiltBy::CodeBuild("images".into()) };
    let region = place().region;
    let first = follow(&clients, &region, &key, &Cursor::default()).await.unwrap();
    let lines: Vec<String> = first.lines.iter().map(|line| line.text.to_string()).collect();
    assert_eq!((lines.join(" "), first.ended), ("one two three".into(), false));
    assert!(first.lines[0].at.is_some() && first.lines[1].at.is_none());
    let asked = replay.asked().pop().unwrap();
    assert_eq!([asked.field("logGroupName"), asked.field("startFromHead")], ["/g", "false"]);
    let second = follow(&clients, &region, &key, &first.next).await.unwrap();
    assert_eq!((second.lines.len(), second.ended), (0, true));
    let gone_on = replay.asked().into_iter().rfind(|asked| asked.action() == "GetLogEvents").unwrap();
    assert_eq!([gone_on.field("nextToken"), gone_on.field("startFromHead")], ["f/1", "true"]);
}

#[tokio::test]
async fn a_log_that_is_not_there_yet_is_empty() {
    let (clients, _) = reader(|asked| match asked.action() {
        "ListImagePipelineImages" => Answer::ok(format!(
            r#"{{"imageSummaryList":[{{"arn":"a:image/orders/1.0.0/3","tags":{{"flightdeck:build":"{BUILD}"}}}}]}}"#
        )),
        "GetImage" => Answer::ok(r#"{"image":{"state":{"status":"BUILDING"}}}"#),
        "GetLogEvents" => {
            assert_eq!(
                [asked.field("logGroupName"), asked.field("logStreamName")],
                ["/aws/imagebuilder/orders", "1.0.0/3"]
            );
            Answer::json_error(400, "ResourceNotFoundException")
        }
        _ => Answer::ok("{}"),
    });
    let key = BuildKey { id: BUILD.into(), by: BuiltBy::ImageBuilder(PIPELINE.into()) };
    let tail = follow(&clients, &place().region, &key, &Cursor::default()).await.unwrap();
    assert_eq!(tail, Tail::default());
}
