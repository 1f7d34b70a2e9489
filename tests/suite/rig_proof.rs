//! Proves the rig itself, by plain HTTP: what stands on it is only as good as this.
//!
//! What the extension plays is our idea of AWS (`tests/rig/behaviour`).

mod actions;
mod refreshes;

use serde_json::{Value, json};

use crate::rig::{REGION, Rig, Server, exchange};

/// The usual deregistration delay of a target group.
const DEREGISTRATION_DELAY_S: u32 = 300;

/// One signed query as the SDK would send it: status and body.
fn query(rig: &Rig, service: &str, version: &str, form: &str) -> (u16, String) {
    let environment = rig.environment();
    let value = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()).unwrap();
    let endpoint = value("AWS_ENDPOINT_URL");
    let credential = format!("{}/20260101/{REGION}/{service}/aws4_request", value("AWS_ACCESS_KEY_ID"));
    let body = format!("{form}&Version={version}");
    let headers = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n"
    );
    let port = endpoint.rsplit_once(':').unwrap().1.parse().unwrap();
    exchange(port, "POST", "/", &headers, &body).unwrap()
}

fn ec2(rig: &Rig, form: &str) -> (u16, String) {
    query(rig, "ec2", "2016-11-15", form)
}

fn elbv2(rig: &Rig, form: &str) -> (u16, String) {
    query(rig, "elasticloadbalancing", "2015-12-01", form)
}

/// One call of EC2 Auto Scaling: status and body.
fn scaling(rig: &Rig, form: &str) -> (u16, String) {
    query(rig, "autoscaling", "2011-01-01", form)
}

/// The words of a refusal, `Code: message`; panics where there is none.
fn refused(rig: &Rig, form: &str) -> String {
    let (status, body) = scaling(rig, form);
    assert_eq!(status, 400, "{form}: {body}");
    format!("{}: {}", between(&body, "<Code>", "</Code>"), between(&body, "<Message>", "</Message>"))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let found = text.split_once(start).and_then(|(_, rest)| rest.split_once(end));
    found.unwrap_or_else(|| panic!("no {start} in {text}")).0
}

fn advance(rig: &Rig, seconds: u32) {
    rig.tell("clock", &json!({ "advance": seconds }));
}

fn group(rig: &Rig, name: &str) -> Value {
    let found =
        rig.call("autoscaling", "describe_auto_scaling_groups", &json!({ "AutoScalingGroupNames": [name] }));
    found["AutoScalingGroups"][0].clone()
}

/// How many of a group's instances are in this lifecycle state, on this version of their launch template.
fn members(rig: &Rig, name: &str, state: &str, version: &str) -> usize {
    let group = group(rig, name);
    let instances = group["Instances"].as_array().unwrap().iter();
    instances
        .filter(|one| one["LifecycleState"] == state && one["LaunchTemplate"]["Version"] == version)
        .count()
}

fn health(rig: &Rig, target_group: &str) -> String {
    let arn = rig.id("target_groups", target_group).replace(':', "%3A").replace('/', "%2F");
    elbv2(rig, &format!("Action=DescribeTargetHealth&TargetGroupArn={arn}")).1
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn the_seeded_fleet_answers_in_its_own_account() {
    let rig = Rig::shared();
    let (status, identity) = query(rig, "sts", "2011-06-15", "Action=GetCallerIdentity");
    assert_eq!(status, 200);
    assert!(identity.contains(&format!("<Account>{}</Account>", rig.account())), "{identity}");
    let (_, instances) = ec2(rig, "Action=DescribeInstances");
    for instance in rig.members("orders-blue") {
        assert!(instances.contains(instance), "{instance} is missing");
    }
}

#[test]
fn a_group_launches_from_its_own_template_version_over_all_zones() {
    let rig = Rig::shared();
    let green = rig.members("orders-green")[0];
    let (_, instance) = ec2(rig, &format!("Action=DescribeInstances&InstanceId.1={green}"));
    assert!(instance.contains("<key>aws:ec2launchtemplate:version</key><value>2</value>"), "{instance}");
    assert!(instance.contains(rig.id("images", "orders-1.43.0")), "{instance}");
    let (_, all) = ec2(rig, "Action=DescribeInstances");
    assert!(all.contains("<availabilityZone>us-east-1a<") && all.contains("<availabilityZone>us-east-1b<"));
}

#[test]
fn a_target_set_to_draining_is_reported() {
    let rig = Rig::own();
    assert_eq!(count(&health(&rig, "orders-blue"), "<State>healthy</State>"), 4);
    let first = rig.members("orders-blue")[0];
    rig.tell("targets", &json!({ "group": "orders-blue", "instances": [first], "state": "draining" }));
    let told = health(&rig, "orders-blue");
    assert_eq!(count(&told, "<State>draining</State>"), 1, "{told}");
    assert_eq!(count(&told, "<Reason>Target.DeregistrationInProgress</Reason>"), 1, "{told}");
    assert_eq!(count(&told, "<State>healthy</State>"), 3, "{told}");
}

#[test]
fn a_group_in_no_action_is_unused_and_one_with_weight_zero_is_checked() {
    let rig = Rig::shared();
    assert_eq!(count(&health(rig, "reports-green"), "<Reason>Target.NotInUse</Reason>"), 2);
    assert_eq!(count(&health(rig, "checkout-green"), "<State>healthy</State>"), 3);
}

#[test]
fn a_new_instance_is_pending_then_initial_then_healthy_as_time_is_moved() {
    let rig = Rig::own();
    rig.tell("delays", &json!({ "instance_pending": 30, "target_initial": 20 }));
    let grow = json!({ "AutoScalingGroupName": "orders-green", "DesiredCapacity": 5 });
    rig.call("autoscaling", "set_desired_capacity", &grow);
    assert_eq!(count(&ec2(&rig, "Action=DescribeInstances").1, "<name>pending</name>"), 1);
    assert_eq!(count(&health(&rig, "orders-green"), "<member>"), 4);

    rig.tell("clock", &json!({ "advance": 30 }));
    assert_eq!(count(&ec2(&rig, "Action=DescribeInstances").1, "<name>pending</name>"), 0);
    assert_eq!(count(&health(&rig, "orders-green"), "<State>initial</State>"), 1);

    rig.tell("clock", &json!({ "advance": 20 }));
    assert_eq!(count(&health(&rig, "orders-green"), "<State>healthy</State>"), 5);
}

#[test]
fn a_terminated_instance_is_no_target_any_more() {
    let rig = Rig::own();
    let first = rig.members("orders-green")[0].to_owned();
    let terminate = json!({ "InstanceId": first, "ShouldDecrementDesiredCapacity": true });
    rig.call("autoscaling", "terminate_instance_in_auto_scaling_group", &terminate);
    assert_eq!(count(&health(&rig, "orders-green"), "<State>draining</State>"), 1);
    advance(&rig, DEREGISTRATION_DELAY_S);
    let left = health(&rig, "orders-green");
    assert!(!left.contains(&first), "{left}");
    assert_eq!(count(&left, "<State>healthy</State>"), 3, "{left}");
}

#[test]
fn the_log_names_every_request_and_says_which_change_something() {
    let rig = Rig::own();
    ec2(&rig, "Action=DescribeInstances");
    ec2(&rig, "Action=RunInstances&DryRun=true&MinCount=1&MaxCount=1");
    ec2(&rig, "Action=BrandNewOperation");
    let log = rig.log();
    let said: Vec<_> = log.iter().map(|request| (request.action(), request.mutating)).collect();
    let expected = [("DescribeInstances", false), ("RunInstances", true), ("BrandNewOperation", true)];
    assert_eq!(said, expected.map(|(operation, mutating)| (format!("ec2:{operation}"), mutating)));
    assert_eq!(log[2].status, Some(500));
    assert_eq!(log[1].params["MaxCount"], "1");
    rig.forget();
    assert!(rig.log().is_empty());
}

#[test]
fn an_account_sees_nothing_of_another() {
    let (one, other) = (Rig::own(), Rig::own());
    ec2(&one, "Action=DescribeInstances");
    assert_eq!((one.log().len(), other.log().len()), (1, 0));
    let (_, seen) = ec2(&other, "Action=DescribeInstances");
    assert!(!seen.contains(one.members("orders-blue")[0]));
}

#[test]
fn a_fault_is_delivered_in_the_shape_of_its_service_and_as_often_as_told() {
    let rig = Rig::own();
    rig.fault(&json!({ "operation": "DescribeInstances", "kind": "denied" }));
    let (status, body) = ec2(&rig, "Action=DescribeInstances");
    assert_eq!(status, 403);
    assert!(body.contains("<Response><Errors><Error><Code>UnauthorizedOperation</Code>"), "{body}");
    assert!(body.contains("not authorized to perform: ec2:DescribeInstances"), "{body}");
    assert_eq!(ec2(&rig, "Action=DescribeInstances").0, 200);

    rig.fault(&json!({ "service": "elasticloadbalancing", "kind": "throttled", "count": null }));
    for _ in 0..3 {
        let (status, body) = elbv2(&rig, "Action=DescribeLoadBalancers");
        assert_eq!(status, 400);
        assert!(body.contains("<Type>Sender</Type><Code>Throttling</Code>"), "{body}");
    }
    rig.heal();
    assert_eq!(elbv2(&rig, "Action=DescribeLoadBalancers").0, 200);
}

#[test]
fn an_answer_can_be_dropped_after_the_call_was_applied() {
    let rig = Rig::own();
    let image = rig.id("images", "legacy").to_owned();
    rig.fault(&json!({ "operation": "DeregisterImage", "kind": "drop", "apply": true }));
    let (status, _) = ec2(&rig, &format!("Action=DeregisterImage&ImageId={image}"));
    assert_eq!(status, 0, "no answer");
    assert_eq!(rig.log()[0].status, None);
    let (_, images) = ec2(&rig, "Action=DescribeImages");
    assert!(!images.contains(&image), "{images}");
}

#[test]
fn a_list_is_given_in_small_pages_with_empty_ones_between() {
    let rig = Rig::own();
    rig.tell("paging", &json!({ "size": 4, "empty_pages": true }));
    let (mut groups, mut empty, mut token) = (0, 0, String::new());
    loop {
        let (_, page) = elbv2(&rig, &format!("Action=DescribeTargetGroups{token}"));
        let listed = count(&page, "<TargetGroupName>");
        assert!(listed <= 4, "{listed} on a page");
        groups += listed;
        empty += usize::from(listed == 0);
        let Some((_, rest)) = page.split_once("<NextMarker>") else { break };
        token = format!("&Marker={}", rest.split_once('<').unwrap().0);
    }
    assert_eq!((groups, empty), (10, 2));
}

#[test]
fn actions_are_given_back_whole_but_for_the_secret() {
    let rig = Rig::shared();
    let listener = rig.id("listeners", "edge");
    let found = rig.call("elbv2", "describe_listeners", &json!({ "ListenerArns": [listener] }));
    let actions = &found["Listeners"][0]["DefaultActions"];
    assert_eq!(actions[0]["AuthenticateOidcConfig"]["ClientId"], "orders");
    assert!(actions[0]["AuthenticateOidcConfig"].get("ClientSecret").is_none(), "{actions}");
    assert_eq!(actions[1]["ForwardConfig"]["TargetGroups"][0]["Weight"], 90);
    let sticky = &actions[1]["ForwardConfig"]["TargetGroupStickinessConfig"];
    assert_eq!(*sticky, json!({ "Enabled": true, "DurationSeconds": 3600 }));
}

#[test]
fn plain_moto_has_the_log_and_the_fleet_but_nothing_of_the_extension() {
    let rig = Rig::plain();
    assert_eq!(count(&health(&rig, "reports-green"), "<State>healthy</State>"), 2);
    let (status, page) = ec2(&rig, "Action=DescribeInstanceImageMetadata");
    assert_eq!(status, 500);
    assert!(page.contains("<!doctype html>"), "{page}");
    assert_eq!(rig.log().len(), 2);
}

#[test]
fn a_server_ends_when_it_is_let_go() {
    let server = Server::start(&[]);
    let port = server.port();
    assert_eq!(exchange(port, "GET", "/rig", "", "").unwrap().0, 200);
    drop(server);
    assert!(exchange(port, "GET", "/rig", "", "").is_err());
}
