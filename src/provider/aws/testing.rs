//! What the tests of this room share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::factory::{Clients, Factory, Lane};
use super::meter::Meter;
use super::replay::{Answer, Asked, Replay};
use crate::fleet::{GroupName, ImageId};
use crate::plan::{
    Alarms, BuildKey, Builder, BuiltBy, Call, CodeBuild, CreateGroup, CreateTags, CreateTargetGroup,
    CreateTemplateVersion, DeleteGroup, DeleteTargetGroup, Desired, DetachInstances, EnterStandby,
    ExitStandby, ImageBuilder, ModifyAttributes, OfGroup, Preferences, Protected, SetDesiredCapacity,
    Standby, StartBuild, StartRefresh, StopBuild, Strategy, Subnets, Tag, TagImage, TemplateChanges,
    TemplateNumber, TerminateInGroup, TerminateInstances, UpdateGroup,
};
use crate::provider::Clock;

/// A clock that stands still.
pub(super) struct StillClock;

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
    }

    async fn sleep(&self, _: Duration) {}
}

/// A clock that is moved by hand.
#[derive(Clone, Default)]
pub(super) struct HandClock(Arc<AtomicI64>);

impl HandClock {
    /// Lets seconds pass.
    pub(super) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now().as_second()).unwrap_or(0))
    }

    async fn sleep(&self, _: Duration) {}
}

/// The sources of every linked SDK client, by its name.
pub(super) fn linked_sdks() -> BTreeMap<String, PathBuf> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let sdk = |package: &serde_json::Value| {
        let name = package["name"].as_str().unwrap();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        name.starts_with("aws-sdk-").then(|| (name.to_owned(), manifest.with_file_name("src")))
    };
    metadata["packages"].as_array().unwrap().iter().filter_map(sdk).collect()
}

/// STS's answer.
pub(super) fn who(account: &str) -> Answer {
    Answer::ok(format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
         <Arn>arn:aws:iam::{account}:user/me</Arn><UserId>u</UserId></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    ))
}

/// Clients that read, and what they ask.
pub(super) fn reader(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (Clients, Replay) {
    let replay = Replay::new(answers);
    let http = aws_smithy_runtime_api::client::http::SharedHttpClient::new(replay.clone());
    let meter = Meter::new(Arc::new(StillClock));
    let factory = Factory::fixed(http, &["eu-west-1"]);
    (factory.clients(&"eu-west-1".into(), Lane::Asked, &meter), replay)
}

/// Ids as AWS makes them.
pub(super) const INSTANCE: &str = "i-0123456789abcdef0";
pub(super) const TEMPLATE: &str = "lt-0123456789abcdef0";
pub(super) const IMAGE: &str = "ami-0123456789abcdef0";

pub(super) const PIPELINE: &str = "arn:aws:imagebuilder:eu-west-1:123456789012:image-pipeline/orders";
/// A build.
pub(super) const BUILD: &str = "b-0123456789ab";

/// Starts a build.
pub(super) fn build(builder: Builder) -> Call {
    Call::StartBuild(Box::new(StartBuild {
        revision: None,
        build: BUILD.into(),
        family: "orders".into(),
        version: "1.43.0".into(),
        image: ImageId::to_be(&"orders".into()),
        parent: None,
        builder,
        limit: 7_200,
    }))
}

/// Stops a build.
pub(super) fn stop(by: BuiltBy) -> Call {
    Call::StopBuild(StopBuild { build: BuildKey { id: BUILD.into(), by } })
}

/// The closed list of calls, one of each kind.
pub(super) fn every_call() -> Vec<Call> {
    let group = || GroupName::new("orders-blue");
    let number = || TemplateNumber { id: TEMPLATE.into(), version: 7 };
    vec![
        Call::ModifyListener { listener: "l".into(), actions: Vec::new() },
        Call::ModifyRule { rule: "r".into(), actions: Vec::new() },
        Call::CreateTargetGroup(CreateTargetGroup {
            name: "orders-green".into(),
            like: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders-blue/1".into(),
        }),
        Call::ModifyTargetGroupAttributes(ModifyAttributes {
            target_group: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/g/1".into(),
            attributes: vec![Tag { key: "slow_start.duration_seconds".into(), value: "30".into() }],
        }),
        Call::DeleteTargetGroup(DeleteTargetGroup {
            target_group: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/g/1".into(),
        }),
        Call::StartInstanceRefresh(Box::new(StartRefresh {
            group: group(),
            strategy: Strategy::Rolling,
            desired: Desired::LaunchTemplate(number()),
            preferences: Preferences {
                min_healthy_percentage: 95,
                max_healthy_percentage: 115,
                instance_warmup: Some(61),
                checkpoint_percentages: vec![25, 100],
                checkpoint_delay: Some(62),
                bake_time: Some(63),
                skip_matching: true,
                auto_rollback: true,
                scale_in_protected_instances: Protected::Ignore,
                standby_instances: Standby::Ignore,
                alarm_specification: Some(Alarms { alarms: vec!["5xx".into()] }),
            },
        })),
        Call::CancelInstanceRefresh(OfGroup { group: group() }),
        Call::RollbackInstanceRefresh(OfGroup { group: group() }),
        Call::UpdateAutoScalingGroup(UpdateGroup {
            group: group(),
            min: Some(1),
            max: Some(9),
            desired: Some(4),
            template: Some(number()),
            subnets: Some(Subnets::new(&[
                "subnet-0123456789abcdef0".into(),
                "subnet-0123456789abcdef1".into(),
            ])),
        }),
        Call::SetDesiredCapacity(SetDesiredCapacity { group: group(), desired: 4 }),
        Call::TerminateInstanceInAutoScalingGroup(TerminateInGroup {
            instance: INSTANCE.into(),
            decrement: false,
        }),
        Call::EnterStandby(EnterStandby::new(group(), INSTANCE.into(), true)),
        Call::ExitStandby(ExitStandby::new(group(), INSTANCE.into())),
        Call::DetachInstances(DetachInstances::new(group(), INSTANCE.into(), false)),
        Call::CreateAutoScalingGroup(CreateGroup {
            group: GroupName::new("orders-green"),
            like: group(),
            template: number(),
            max: 9,
            target_groups: vec!["arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/g/1".into()],
        }),
        Call::DeleteAutoScalingGroup(DeleteGroup { group: group() }),
        Call::CreateLaunchTemplateVersion(CreateTemplateVersion {
            template: TEMPLATE.into(),
            source: 6,
            description: "orders 1.43.0".into(),
            changes: TemplateChanges { image: Some(IMAGE.into()), instance_type: None },
            token: "token-1".into(),
        }),
        Call::CreateTags(CreateTags::new(
            INSTANCE.into(),
            [("flightdeck:quarantine".into(), "why & who".into())],
        )),
        Call::TagImage(TagImage::new(IMAGE.into(), [("flightdeck:bad".into(), "why & who".into())])),
        Call::TerminateInstances(TerminateInstances::new(INSTANCE.into())),
        build(Builder::CodeBuild(CodeBuild {
            project: "images".into(),
            source_version: Some("v1.43.0".into()),
            environment: [("BASE".to_owned(), IMAGE.to_owned())].into(),
            image_variable: Some("AMI".into()),
        })),
        build(Builder::ImageBuilder(ImageBuilder { pipeline: PIPELINE.into() })),
        stop(BuiltBy::CodeBuild("images".into())),
        stop(BuiltBy::ImageBuilder(PIPELINE.into())),
    ]
}

/// A small fleet as AWS would tell of it: cluster `web` with groups `web-blue` and `web-green` of `size` instances
/// each, behind one listener; `extra` more target groups that belong to nobody.
#[derive(Clone)]
pub(super) struct World {
    pub(super) size: usize,
    pub(super) extra: usize,
    pub(super) account: &'static str,
}

impl Default for World {
    fn default() -> Self {
        Self { size: 2, extra: 0, account: "123456789012" }
    }
}

const ELB: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

/// The ARN of a target group of the world.
pub(super) fn target_group(name: &str) -> String {
    format!("{ELB}:targetgroup/{name}/1")
}

impl World {
    fn colours() -> [&'static str; 2] {
        ["blue", "green"]
    }

    fn ids(&self, colour: &str) -> impl Iterator<Item = String> {
        (0..self.size).map(move |n| format!("i-{colour}-{n}"))
    }

    /// One instance as EC2 tells of it.
    pub(super) fn instance(id: &str) -> String {
        format!(
            "<item><instanceId>{id}</instanceId><imageId>ami-1</imageId><instanceType>m7g.large</instanceType>\
             <instanceState><code>16</code><name>running</name></instanceState>\
             <launchTime>2026-01-01T00:00:00.000Z</launchTime>\
             <placement><availabilityZone>eu-west-1a</availabilityZone></placement></item>"
        )
    }

    /// A page of instances.
    pub(super) fn instances(items: &str, next: &str) -> Answer {
        Answer::ok(format!(
            "<DescribeInstancesResponse><reservationSet><item><instancesSet>{items}</instancesSet></item>\
             </reservationSet><nextToken>{next}</nextToken></DescribeInstancesResponse>"
        ))
    }

    /// A group as Auto Scaling tells of it.
    pub(super) fn group(&self, colour: &str) -> String {
        let members: Vec<String> = self
            .ids(colour)
            .map(|id| {
                format!(
                    "<member><InstanceId>{id}</InstanceId><AvailabilityZone>eu-west-1a</AvailabilityZone>\
                     <LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus>\
                     <ProtectedFromScaleIn>false</ProtectedFromScaleIn><LaunchTemplate>\
                     <LaunchTemplateId>lt-1</LaunchTemplateId><Version>3</Version></LaunchTemplate></member>"
                )
            })
            .collect();
        let members = members.concat();
        let size = self.size;
        format!(
            "<member><AutoScalingGroupName>web-{colour}</AutoScalingGroupName><MinSize>0</MinSize>\
             <MaxSize>{size}</MaxSize><DesiredCapacity>{size}</DesiredCapacity><LaunchTemplate>\
             <LaunchTemplateId>lt-1</LaunchTemplateId><Version>4</Version></LaunchTemplate>\
             <TargetGroupARNs><member>{}</member></TargetGroupARNs><Instances>{members}</Instances></member>",
            target_group(&format!("web-{colour}"))
        )
    }

    /// A page of groups.
    pub(super) fn groups(members: &str, next: &str) -> Answer {
        Answer::ok(format!(
            "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups>{members}\
             </AutoScalingGroups><NextToken>{next}</NextToken></DescribeAutoScalingGroupsResult>\
             </DescribeAutoScalingGroupsResponse>"
        ))
    }

    /// Launch template versions.
    pub(super) fn versions<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Answer {
        let items: Vec<String> = numbers
            .into_iter()
            .map(|number| {
                format!(
                    "<item><launchTemplateId>lt-1</launchTemplateId><launchTemplateName>web</launchTemplateName>\
                     <versionNumber>{number}</versionNumber><defaultVersion>true</defaultVersion>\
                     <launchTemplateData><imageId>ami-1</imageId></launchTemplateData></item>"
                )
            })
            .collect();
        let items = items.concat();
        Answer::ok(format!(
            "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>{items}\
             </launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>"
        ))
    }

    fn elb(operation: &str, result: &str) -> Answer {
        Answer::ok(format!(
            "<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
        ))
    }

    fn forward() -> String {
        let tuples = Self::colours().map(|colour| {
            let arn = target_group(&format!("web-{colour}"));
            format!("<member><TargetGroupArn>{arn}</TargetGroupArn><Weight>50</Weight></member>")
        });
        format!(
            "<member><Type>forward</Type><Order>1</Order><ForwardConfig><TargetGroups>{}</TargetGroups>\
             </ForwardConfig></member>",
            tuples.concat()
        )
    }

    /// Answers whatever is asked.
    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        match asked.action() {
            "GetCallerIdentity" => Self::elb(
                "GetCallerIdentity",
                &format!("<Account>{0}</Account><Arn>arn:aws:iam::{0}:user/me</Arn>", self.account),
            ),
            "DescribeInstances" => {
                let all = Self::colours().into_iter().flat_map(|colour| self.ids(colour));
                let named: Vec<&String> = asked
                    .fields
                    .iter()
                    .filter(|(k, _)| k.starts_with("InstanceId."))
                    .map(|(_, v)| v)
                    .collect();
                let items =
                    all.filter(|id| named.is_empty() || named.contains(&id)).map(|id| Self::instance(&id));
                Self::instances(&items.collect::<String>(), "")
            }
            "DescribeAutoScalingGroups" => {
                Self::groups(&Self::colours().map(|colour| self.group(colour)).concat(), "")
            }
            "DescribeLoadBalancers" => Self::elb(
                "DescribeLoadBalancers",
                &format!(
                    "<LoadBalancers><member><LoadBalancerArn>{ELB}:loadbalancer/app/web/1</LoadBalancerArn>\
                     <LoadBalancerName>web</LoadBalancerName><Type>application</Type></member></LoadBalancers>"
                ),
            ),
            "DescribeListeners" => Self::elb(
                "DescribeListeners",
                &format!(
                    "<Listeners><member><ListenerArn>{ELB}:listener/app/web/1/1</ListenerArn>\
                     <LoadBalancerArn>{ELB}:loadbalancer/app/web/1</LoadBalancerArn><Port>80</Port>\
                     <Protocol>HTTP</Protocol><DefaultActions>{}</DefaultActions></member></Listeners>",
                    Self::forward()
                ),
            ),
            "DescribeRules" => Self::elb(
                "DescribeRules",
                &format!(
                    "<Rules><member><RuleArn>{ELB}:listener-rule/app/web/1/1/1</RuleArn><Priority>default</Priority>\
                     <IsDefault>true</IsDefault><Actions>{}</Actions></member></Rules>",
                    Self::forward()
                ),
            ),
            "DescribeTargetGroups" => {
                let own = Self::colours().map(|colour| format!("web-{colour}"));
                let all = own.into_iter().chain((0..self.extra).map(|n| format!("extra-{n}")));
                let members = all.map(|name| {
                    format!(
                        "<member><TargetGroupArn>{}</TargetGroupArn><TargetGroupName>{name}</TargetGroupName>\
                         <TargetType>instance</TargetType></member>",
                        target_group(&name)
                    )
                });
                let members: String = members.collect();
                Self::elb("DescribeTargetGroups", &format!("<TargetGroups>{members}</TargetGroups>"))
            }
            "DescribeTargetHealth" => {
                let colour = Self::colours().into_iter().find(|c| asked.field("TargetGroupArn").contains(c));
                let targets = colour.into_iter().flat_map(|colour| self.ids(colour)).map(|id| {
                    format!(
                        "<member><Target><Id>{id}</Id><Port>80</Port></Target>\
                         <TargetHealth><State>healthy</State></TargetHealth></member>"
                    )
                });
                let targets: String = targets.collect();
                let all = format!("<TargetHealthDescriptions>{targets}</TargetHealthDescriptions>");
                Self::elb("DescribeTargetHealth", &all)
            }
            "DescribeLaunchTemplateVersions" => {
                let numbered = asked.fields.iter().filter(|(k, _)| k.starts_with("LaunchTemplateVersion."));
                let numbers = numbered.map(|(_, v)| if v.starts_with('$') { "4" } else { v.as_str() });
                Self::versions(numbers)
            }
            "DescribeImages" => Answer::ok(
                "<DescribeImagesResponse><imagesSet><item><imageId>ami-1</imageId><name>web-1.0.0</name>\
                 <imageOwnerId>123456789012</imageOwnerId><imageState>available</imageState></item></imagesSet>\
                 </DescribeImagesResponse>",
            ),
            operation => Self::elb(operation, ""),
        }
    }
}
