use super::*;
use crate::fleet::Place;
use crate::provider::aws::replay::{Answer, Asked, Replay};
use crate::provider::aws::testing::{TEMPLATE, World, reader};

fn group(source: &str) -> String {
    format!(
        "<member><AutoScalingGroupName>web</AutoScalingGroupName><MinSize>1</MinSize><MaxSize>9</MaxSize>\
         <DesiredCapacity>2</DesiredCapacity>{source}<Instances><member><InstanceId>i-1</InstanceId>\
         <LifecycleState>InService</LifecycleState></member><member><InstanceId>i-2</InstanceId>\
         <LifecycleState>Terminating:Wait</LifecycleState></member></Instances></member>"
    )
}

fn template(version: &str) -> String {
    let version = if version.is_empty() { String::new() } else { format!("<Version>{version}</Version>") };
    format!("<LaunchTemplate><LaunchTemplateId>{TEMPLATE}</LaunchTemplateId>{version}</LaunchTemplate>")
}

fn refresh(id: &str, status: &str) -> String {
    format!(
        "<member><InstanceRefreshId>{id}</InstanceRefreshId><Status>{status}</Status>\
         <StatusReason>because</StatusReason><PercentageComplete>40</PercentageComplete>\
         <InstancesToUpdate>3</InstancesToUpdate><DesiredConfiguration>{}</DesiredConfiguration></member>",
        template("7")
    )
}

fn at(group: String, refreshes: String) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    move |asked| match asked.action() {
        "DescribeAutoScalingGroups" => World::groups(&group, ""),
        _ => Answer::ok(format!(
            "<DescribeInstanceRefreshesResponse><DescribeInstanceRefreshesResult><InstanceRefreshes>{refreshes}\
             </InstanceRefreshes></DescribeInstanceRefreshesResult></DescribeInstanceRefreshesResponse>"
        )),
    }
}

async fn look(group: String, refreshes: String) -> (Result<GroupState, Failure>, Replay) {
    let (clients, replay) = reader(at(group, refreshes));
    let place = Place { account: "123456789012".into(), region: "eu-west-1".into() };
    (read(&clients, &place.region, &"web".into()).await, replay)
}

fn number(version: i64) -> TemplateNumber {
    TemplateNumber { id: TEMPLATE.into(), version }
}

#[tokio::test]
async fn a_group_is_told_by_its_sizes_its_template_its_newest_refresh_and_its_members() {
    let refreshes = refresh("r-2", "InProgress") + &refresh("r-1", "Successful");
    let (found, replay) = look(group(&template("6")), refreshes).await;
    let mark = RefreshMark {
        status: "InProgress".into(),
        to: Some(number(7)),
        percent: Some(40),
        to_update: Some(3),
        reason: Some("because".into()),
        ..RefreshMark::of("r-2".into())
    };
    let whole = GroupState {
        sizes: Some(Sizes { min: 1, desired: 2, max: 9 }),
        saved: Some(Saved::Template(number(6))),
        subnets: Some(Subnets::default()),
        refresh: Some(Newest::Refresh(mark)),
        members: [("i-1".into(), "InService".into()), ("i-2".into(), "Terminating:Wait".into())].into(),
        deleting: false,
    };
    assert_eq!(found.unwrap(), whole);
    assert_eq!(replay.asked().len(), 2);
}

#[tokio::test]
async fn a_refresh_that_runs_is_the_newest_wherever_it_stands_in_the_list() {
    let refreshes = refresh("r-1", "Failed") + &refresh("r-2", "RollbackInProgress");
    let found = look(group(&template("6")), refreshes).await.0.unwrap();
    assert!(matches!(found.refresh, Some(Newest::Refresh(mark)) if mark.id == "r-2".into()));
    let ended = refresh("r-2", "Cancelled") + &refresh("r-1", "Successful");
    let found = look(group(&template("6")), ended).await.0.unwrap();
    assert!(matches!(found.refresh, Some(Newest::Refresh(mark)) if mark.id == "r-2".into()));
    let found = look(group(&template("6")), String::new()).await.0.unwrap();
    assert_eq!(found.refresh, Some(Newest::None));
}

#[tokio::test]
async fn only_a_number_is_a_template_that_leads_back() {
    let policy = |version: &str, kind: &str| {
        format!(
            "<MixedInstancesPolicy><LaunchTemplate><LaunchTemplateSpecification><LaunchTemplateId>{TEMPLATE}\
             </LaunchTemplateId><Version>{version}</Version></LaunchTemplateSpecification><Overrides><member>\
             <InstanceType>{kind}</InstanceType></member></Overrides></LaunchTemplate></MixedInstancesPolicy>"
        )
    };
    let mut seen = std::collections::BTreeSet::new();
    for source in [
        template("$Latest"),
        template("$Default"),
        policy("7", "m7g.large"),
        policy("7", "m7i.large"),
        policy("8", "m7g.large"),
        "<LaunchConfigurationName>old</LaunchConfigurationName>".into(),
    ] {
        let found = look(group(&source), String::new()).await.0.unwrap();
        let Some(Saved::Other(words)) = found.saved else { panic!("{source} is a number") };
        assert!(seen.insert(words.raw().to_owned()), "{words} is said of two");
    }
    let named = look(group(&template("")), String::new()).await.0.unwrap();
    assert_eq!(named.saved, Some(Saved::Other(format!("{TEMPLATE} $Default").into())));
}

#[tokio::test]
async fn a_group_that_is_gone_is_not_found() {
    let (found, _) = look(String::new(), String::new()).await;
    assert_eq!(found.unwrap_err().kind, FailureKind::NotFound);
}
