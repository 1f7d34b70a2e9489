use super::*;
use crate::provider::FailureKind;
use crate::provider::aws::replay::{Answer, Replay};
use crate::provider::aws::testing::{BUILD, IMAGE, reader};

const OTHER: &str = "ami-0123456789abcdef1";

/// Reads a build as CodeBuild tells of it, with more variables than ours.
async fn look(told: &str, variables: &str, images: &[&str]) -> (Result<BuildState, Failure>, Replay) {
    let build = format!(
        r#"{{"builds":[{{"id":"images:1","environment":{{"type":"LINUX_CONTAINER",
        "image":"i","computeType":"c","environmentVariables":[]}}}},{{"id":"images:2",
        "startTime":1730775600,{told},"environment":{{"type":"LINUX_CONTAINER","image":"i","computeType":"c",
        "environmentVariables":[{{"name":"FLIGHTDECK_BUILD","value":"{BUILD}"}}{variables}]}}}}]}}"#
    );
    let images: Vec<String> =
        images.iter().map(|id| format!("<item><imageId>{id}</imageId></item>")).collect();
    let images = images.concat();
    let (clients, replay) = reader(move |asked| match asked.action() {
        "ListBuildsForProject" => Answer::ok(r#"{"ids":["images:2","images:1"]}"#),
        "BatchGetBuilds" => Answer::ok(build.clone()),
        _ => Answer::ok(format!(
            "<DescribeImagesResponse><imagesSet>{images}</imagesSet></DescribeImagesResponse>"
        )),
    });
    let region = Region::new("eu-west-1");
    (read(&clients, &region, &BUILD.into(), &"images".into()).await, replay)
}

const NAMED: &str = r#",{"name":"FLIGHTDECK_IMAGE_VARIABLE","value":"AMI"}"#;

fn exports(value: &str) -> String {
    format!(
        r#""buildStatus":"SUCCEEDED","exportedEnvironmentVariables":[{{"name":"AMI","value":"{value}"}}]"#
    )
}

#[tokio::test]
async fn a_build_is_told_by_its_phase_and_found_by_our_name_of_it() {
    let (found, replay) = look(r#""buildStatus":"IN_PROGRESS","currentPhase":"PRE_BUILD""#, "", &[]).await;
    let found = found.unwrap();
    assert_eq!((found.phase, found.says), (BuildPhase::Running, "PRE_BUILD".into()));
    assert_eq!(found.since.map(jiff::Timestamp::as_second), Some(1_730_775_600));
    let listed = &replay.asked()[0];
    assert_eq!([listed.field("projectName"), listed.field("sortOrder")], ["images", "DESCENDING"]);
    assert_eq!(replay.asked().len(), 2);
}

#[tokio::test]
async fn the_image_is_what_the_named_variable_exports() {
    let (found, _) = look(&exports(IMAGE), NAMED, &[OTHER]).await;
    assert_eq!(found.unwrap().image, Some(IMAGE.into()));
    let both = format!("us-east-1:{OTHER},eu-west-1:{IMAGE}");
    let found = look(&exports(&both), NAMED, &[]).await.0.unwrap();
    assert_eq!((found.phase, found.image), (BuildPhase::Succeeded, Some(IMAGE.into())));
    assert_eq!(found.copies, [("us-east-1".into(), OTHER.into())].into());
    for odd in [String::new(), "done".into(), format!("{IMAGE} {OTHER}"), format!("us-east-1:{OTHER}")] {
        let found = look(&exports(&odd), NAMED, &[]).await.0.unwrap();
        assert_eq!((found.phase, found.image), (BuildPhase::Failed, None), "{odd}");
    }
}

#[tokio::test]
async fn where_no_variable_is_named_the_image_is_the_tagged_one() {
    let (found, replay) = look(&exports(OTHER), "", &[IMAGE]).await;
    assert_eq!(found.unwrap().image, Some(IMAGE.into()));
    let asked = replay.asked().pop().unwrap();
    assert_eq!(
        [asked.field("Filter.1.Name"), asked.field("Filter.1.Value.1")],
        ["tag:flightdeck:build", BUILD]
    );
    for (images, why) in
        [(vec![], "no image here is tagged"), (vec![IMAGE, OTHER], "are tagged as its image")]
    {
        let found = look(&exports(OTHER), "", &images).await.0.unwrap();
        assert_eq!(found.phase, BuildPhase::Failed);
        assert!(found.says.to_string().contains(why), "{}", found.says);
    }
}

#[tokio::test]
async fn a_build_that_did_not_end_well_says_why() {
    let failed = r#""buildStatus":"FAILED","phases":[{"phaseType":"INSTALL","phaseStatus":"SUCCEEDED"},
        {"phaseType":"BUILD","phaseStatus":"FAILED","contexts":[{"statusCode":"COMMAND_EXECUTION_ERROR",
        "message":"Error while executing:\n make"}]}]"#;
    for (told, phase, says) in [
        (failed, BuildPhase::Failed, "BUILD failed: Error while executing: make"),
        (r#""buildStatus":"FAULT""#, BuildPhase::Failed, "CodeBuild gives no reason"),
        (r#""buildStatus":"TIMED_OUT""#, BuildPhase::Failed, "it took longer than it may"),
        (r#""buildStatus":"STOPPED""#, BuildPhase::Stopped, "stopped"),
        (r#""buildStatus":"PONDERING""#, BuildPhase::Running, "PONDERING"),
    ] {
        let found = look(told, "", &[]).await.0.unwrap();
        assert_eq!((found.phase, found.says.to_string().as_str()), (phase, says));
    }
}

#[tokio::test]
async fn a_build_that_is_not_found_is_absent_only_where_all_were_looked_through() {
    let missing = |next: &'static str| async move {
        let (clients, replay) = reader(move |asked| match asked.action() {
            "ListBuildsForProject" => Answer::ok(format!(r#"{{"ids":["images:1"]{next}}}"#)),
            _ => Answer::ok(r#"{"builds":[{"id":"images:1"}]}"#),
        });
        let region = Region::new("eu-west-1");
        let failure = read(&clients, &region, &BUILD.into(), &"images".into()).await.unwrap_err();
        (failure.kind, replay.count("ListBuildsForProject"))
    };
    assert_eq!(missing("").await, (FailureKind::NotFound, 1));
    assert_eq!(missing(r#","nextToken":"n""#).await, (FailureKind::Other, PAGES));
}
