use super::*;
use crate::provider::aws::replay::{Answer, Replay};
use crate::provider::aws::testing::{BUILD, PIPELINE, reader};

const RUN: &str = "arn:aws:imagebuilder:eu-west-1:123456789012:image/orders/1.0.0/3";

async fn look(image: &str) -> (Result<BuildState, Failure>, Replay) {
    let image = format!(r#"{{"image":{{"arn":"{RUN}","dateCreated":"2024-11-05T03:00:00Z",{image}}}}}"#);
    let (clients, replay) = reader(move |asked| match asked.action() {
        "ListImagePipelineImages" => Answer::ok(format!(
            r#"{{"imageSummaryList":[{{"arn":"a","tags":{{"flightdeck:build":"b-0"}}}},
            {{"arn":"{RUN}","tags":{{"flightdeck:build":"{BUILD}"}}}}]}}"#
        )),
        "GetImage" => Answer::ok(image.clone()),
        "ListWorkflowExecutions" => Answer::ok(
            r#"{"workflowExecutions":[{"workflowExecutionId":"w-1","status":"COMPLETED"},
            {"workflowExecutionId":"w-2","status":"RUNNING"}]}"#,
        ),
        "ListWorkflowStepExecutions" => {
            assert_eq!(asked.field("workflowExecutionId"), "w-2");
            Answer::ok(
                r#"{"steps":[{"name":"LaunchBuildInstance","status":"COMPLETED"},
                {"name":"ApplyBuildComponents","status":"RUNNING"}]}"#,
            )
        }
        "GetImagePipeline" => Answer::ok(r#"{"imagePipeline":{"status":"ENABLED","consecutiveFailures":2}}"#),
        _ => Answer::json_error(400, "InvalidRequestException"),
    });
    (read(&clients, &"eu-west-1".into(), &BUILD.into(), &PIPELINE.into()).await, replay)
}

#[tokio::test]
async fn a_run_is_told_by_its_state_and_its_step() {
    let (found, replay) = look(r#""state":{"status":"BUILDING"}"#).await;
    let found = found.unwrap();
    assert_eq!(
        (found.phase, found.says),
        (BuildPhase::Running, "BUILDING: ApplyBuildComponents; 2 runs before it failed".into())
    );
    assert_eq!(found.since, Some("2024-11-05T03:00:00Z".parse().unwrap()));
    assert_eq!(replay.asked().len(), 5);
}

#[tokio::test]
async fn a_run_that_ended_well_tells_its_images_by_region() {
    let amis = r#""state":{"status":"AVAILABLE"},"outputResources":{"amis":[
        {"region":"us-east-1","image":"ami-2"},{"region":"eu-west-1","image":"ami-1"}]}"#;
    let found = look(amis).await.0.unwrap();
    assert_eq!((found.phase, found.image), (BuildPhase::Succeeded, Some("ami-1".into())));
    assert_eq!(found.copies, [("us-east-1".into(), "ami-2".into())].into());
    let two = amis.replace("us-east-1", "eu-west-1");
    assert_eq!(look(&two).await.0.unwrap().phase, BuildPhase::Failed);
    let none = look(r#""state":{"status":"AVAILABLE"}"#).await.0.unwrap();
    assert_eq!(none.says, "it ended well, but made no image in this region".into());
}

#[tokio::test]
async fn a_run_that_did_not_end_well_says_why() {
    for (state, phase, says) in [
        (r#"{"status":"FAILED","reason":"no\ndisk"}"#, BuildPhase::Failed, "no disk"),
        (r#"{"status":"CANCELLED"}"#, BuildPhase::Stopped, "cancelled"),
        (r#"{"status":"DELETED"}"#, BuildPhase::Failed, "its image was deleted"),
        (
            r#"{"status":"PONDERING"}"#,
            BuildPhase::Running,
            "PONDERING: ApplyBuildComponents; 2 runs before it failed",
        ),
    ] {
        let found = look(&format!(r#""state":{state}"#)).await.0.unwrap();
        assert_eq!((found.phase, found.says.to_string().as_str()), (phase, says));
    }
}

#[test]
fn the_log_is_where_the_image_says_or_image_builder_puts_it() {
    let stream = |told| stream_of(RUN, told).unwrap();
    assert_eq!(stream(None), ("/aws/imagebuilder/orders".into(), "1.0.0/3".into()));
    assert_eq!(stream(Some("/mine")), ("/mine".into(), "1.0.0/3".into()));
    assert_eq!(stream_of("odd", None), None);
}

#[test]
fn a_token_is_the_same_for_the_same_build_and_for_no_other() {
    let one = token("start", &BUILD.into());
    assert_eq!(one, token("start", &BUILD.into()));
    assert_ne!(one, token("stop", &BUILD.into()));
    assert_ne!(one, token("start", &"b-2".into()));
    let lengths: Vec<usize> = one.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
}
