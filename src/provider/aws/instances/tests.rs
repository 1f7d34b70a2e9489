use super::*;
use crate::provider::aws::replay::Answer;
use crate::provider::aws::testing::{INSTANCE, World, reader};

fn member(lifecycle: &str) -> Answer {
    let member = format!(
        "<member><InstanceId>{INSTANCE}</InstanceId><AutoScalingGroupName>web</AutoScalingGroupName>\
         <LifecycleState>{lifecycle}</LifecycleState></member>"
    );
    let member = if lifecycle.is_empty() { String::new() } else { member };
    Answer::ok(format!(
        "<DescribeAutoScalingInstancesResponse><DescribeAutoScalingInstancesResult><AutoScalingInstances>{member}\
         </AutoScalingInstances></DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>"
    ))
}

async fn look(lifecycle: &'static str, known: Answer) -> Result<InstanceMark, Failure> {
    let (clients, replay) = reader(move |asked| match asked.action() {
        "DescribeAutoScalingInstances" => member(lifecycle),
        _ => known.clone(),
    });
    let found = read(&clients, &"eu-west-1".into(), &INSTANCE.into()).await;
    assert_eq!(replay.count("DescribeAutoScalingInstances"), 1);
    found
}

#[tokio::test]
async fn an_instance_is_told_by_its_group_its_states_and_our_tags() {
    let tags = "<tagSet><item><key>flightdeck:quarantine</key><value>leaks</value></item>\
                <item><key>Name</key><value>web</value></item></tagSet></item>";
    let known = World::instances(&World::instance(INSTANCE).replace("</item>", tags), "");
    let found = look("Standby", known).await.unwrap();
    let mark = InstanceMark {
        group: Some("web".into()),
        lifecycle: Some("Standby".into()),
        state: Some("running".into()),
        tags: [("flightdeck:quarantine".into(), "leaks".into())].into(),
    };
    assert_eq!(found, mark);
}

#[tokio::test]
async fn an_instance_that_is_gone_is_no_failure() {
    let gone = || Answer::ec2_error(400, "InvalidInstanceID.NotFound");
    assert_eq!(look("", gone()).await, Ok(InstanceMark::default()));
    assert_eq!(look("", World::instances("", "")).await, Ok(InstanceMark::default()));
    let leaving = look("Terminating", gone()).await.unwrap();
    assert_eq!((leaving.lifecycle, leaving.state), (Some("Terminating".into()), None));
}

#[tokio::test]
async fn an_instance_that_cannot_be_read_is_not_taken_for_gone() {
    for code in ["UnauthorizedOperation", "RequestLimitExceeded", "InternalError"] {
        look("InService", Answer::ec2_error(400, code)).await.unwrap_err();
    }
}
