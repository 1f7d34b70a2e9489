use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::plan::{Call, TemplateChanges};
use crate::provider::aws::replay::{Answer, Replay};
use crate::provider::aws::testing::{IMAGE, StillClock, TEMPLATE, every_call, linked_sdks, reader};

/// What a request has no field for: AWS alone decides it.
const AWS_ALONE: [&str; 4] = [
    "/networkInterfaceSet/item/ipv6AddressesSet/item/isPrimaryIpv6",
    "/metadataOptions/state",
    "/operator/managed",
    "/operator/hiddenByDefault",
];

/// Everything the SDK can read of a version's data, from its own sources: as XML, and value by path.
#[derive(Default)]
struct Everything {
    xml: String,
    values: Vec<(String, String)>,
}

impl Everything {
    /// Writes a shape with all its fields, each value another, and one item to each list.
    fn write(&mut self, serde: &Path, shape: &str, path: &str) {
        let text = std::fs::read_to_string(serde.join(format!("shape_{shape}.rs"))).unwrap();
        for field in text.split("s.matches(\"").skip(1) {
            let name = field.split('"').next().unwrap();
            let path = format!("{path}/{name}");
            let nested = field.split("crate::protocol_serde::shape_").nth(1);
            write!(self.xml, "<{name}>").unwrap();
            if let Some(nested) = nested {
                self.write(serde, nested.split("::").next().unwrap(), &path);
            } else {
                let n = self.values.len() + 10;
                let value = if field.contains("<bool as") {
                    "true".into()
                } else if field.contains("<f64 as") {
                    format!("{n}.5")
                } else if field.contains("<i32 as") || field.contains("<i64 as") {
                    n.to_string()
                } else if field.contains("DateTime::from_str") {
                    format!("2031-01-01T00:00:00.{n:03}Z")
                } else {
                    format!("v{n}")
                };
                self.xml += &value;
                self.values.push((path, value));
            }
            write!(self.xml, "</{name}>").unwrap();
        }
    }
}

fn versions(items: &str) -> Answer {
    Answer::ok(format!(
        "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet>{items}</launchTemplateVersionSet>\
         </DescribeLaunchTemplateVersionsResponse>"
    ))
}

fn version(number: i64, description: &str, data: &str) -> String {
    format!(
        "<item><launchTemplateId>{TEMPLATE}</launchTemplateId><versionNumber>{number}</versionNumber>{description}\
         <launchTemplateData>{data}</launchTemplateData></item>"
    )
}

fn make(changes: TemplateChanges) -> CreateTemplateVersion {
    let all = every_call().into_iter().find_map(|call| match call {
        Call::CreateLaunchTemplateVersion(create) => Some(create),
        _ => None,
    });
    CreateTemplateVersion { changes, ..all.unwrap() }
}

fn image() -> TemplateChanges {
    TemplateChanges { image: Some(IMAGE.into()), instance_type: None }
}

/// Makes a version from one with this data, which is answered in these words.
async fn made(
    changes: TemplateChanges,
    data: String,
    answer: &'static str,
) -> (Result<Receipt, Trouble>, Replay) {
    let replay = Replay::new(move |asked| match asked.action() {
        "DescribeLaunchTemplateVersions" => versions(&version(6, "", &data)),
        _ => Answer::ok(answer),
    });
    let http = aws_smithy_runtime_api::client::http::SharedHttpClient::new(replay.clone());
    let meter = crate::provider::aws::meter::Meter::new(std::sync::Arc::new(StillClock));
    let factory = crate::provider::aws::factory::Factory::fixed(http, &["eu-west-1"]);
    let clients = factory.clients(&"eu-west-1".into(), crate::provider::aws::factory::Lane::Write, &meter);
    (create(&clients, &"eu-west-1".into(), &make(changes)).await, replay)
}

const MADE: &str = "<CreateLaunchTemplateVersionResponse><launchTemplateVersion><versionNumber>7</versionNumber>\
                    </launchTemplateVersion></CreateLaunchTemplateVersionResponse>";

#[tokio::test]
async fn a_new_version_carries_everything_that_the_sdk_can_read_of_its_source() {
    let mut all = Everything::default();
    all.write(&linked_sdks()["aws-sdk-ec2"].join("protocol_serde"), "response_launch_template_data", "");
    assert!(all.values.len() > 140, "only {} values found", all.values.len());
    let (receipt, replay) = made(image(), all.xml, MADE).await;
    receipt.unwrap();
    let sent = replay.asked().pop().unwrap();
    let mut sent: Vec<(&str, &str)> = sent
        .fields
        .iter()
        .filter_map(|(name, value)| Some((value.as_str(), name.strip_prefix("LaunchTemplateData.")?)))
        .collect();
    sent.sort_unstable();
    let unwritable = |path: &String| AWS_ALONE.contains(&path.as_str());
    let alone = all.values.iter().filter(|(path, _)| unwritable(path)).count();
    assert_eq!(alone, AWS_ALONE.len());
    let kept = all.values.iter().filter(|(path, _)| !unwritable(path));
    let changed = |path: &str| path == "/imageId";
    let mut kept: Vec<(&str, &str)> = kept
        .map(|(path, value)| (if changed(path) { IMAGE } else { value.as_str() }, path.as_str()))
        .collect();
    kept.sort_unstable();
    // Each value but the flags is another: none is left out, and none stands elsewhere twice.
    let values = |of: &[(&str, &str)]| of.iter().map(|(value, _)| (*value).to_owned()).collect::<Vec<_>>();
    assert_eq!(values(&sent), values(&kept), "sent {sent:#?} of {kept:#?}");
}

#[tokio::test]
async fn snapshots_of_block_devices_and_user_data_are_carried() {
    let data = "<imageId>ami-old</imageId><userData>c2VjcmV0</userData><blockDeviceMappingSet><item>\
                <deviceName>/dev/xvda</deviceName><ebs><snapshotId>snap-1</snapshotId><volumeSize>8</volumeSize>\
                </ebs></item></blockDeviceMappingSet>";
    let (receipt, replay) = made(image(), data.into(), MADE).await;
    receipt.unwrap();
    let sent = replay.asked().pop().unwrap();
    assert_eq!(sent.field("SourceVersion"), "");
    assert_eq!(sent.field("LaunchTemplateData.BlockDeviceMapping.1.Ebs.SnapshotId"), "snap-1");
    assert_eq!(sent.field("LaunchTemplateData.UserData"), "c2VjcmV0");
    assert_eq!(sent.field("LaunchTemplateData.ImageId"), IMAGE);
    assert_eq!(replay.asked()[0].field("LaunchTemplateVersion.1"), "6");
}

#[tokio::test]
async fn a_type_is_not_set_beside_properties_that_choose_one() {
    let other = || TemplateChanges { image: None, instance_type: Some("m7g.xlarge".into()) };
    let (receipt, replay) = made(other(), "<instanceType>m7g.large</instanceType>".into(), MADE).await;
    receipt.unwrap();
    assert_eq!(replay.asked()[1].field("LaunchTemplateData.InstanceType"), "m7g.xlarge");
    let properties = "<instanceRequirements><vCpuCount><min>2</min></vCpuCount></instanceRequirements>";
    let (refused, replay) = made(other(), properties.into(), MADE).await;
    assert_eq!(refused.unwrap_err().kind(), FailureKind::Refused);
    assert_eq!(replay.count("CreateLaunchTemplateVersion"), 0);
}

#[tokio::test]
async fn an_answer_that_names_no_version_may_have_made_one() {
    let (lost, _) = made(image(), String::new(), "<CreateLaunchTemplateVersionResponse/>").await;
    assert!(lost.unwrap_err().failure.maybe_applied);
}

#[tokio::test]
async fn a_template_is_told_by_its_newest_versions_and_their_descriptions() {
    let (clients, replay) = reader(|asked| {
        let ours = "<versionDescription>ours</versionDescription>";
        match asked.field("LaunchTemplateVersion.1") {
            "$Latest" => versions(&version(30, ours, "")),
            _ => versions(&(version(31, ours, "") + &version(30, "", ""))),
        }
    });
    let found = read(&clients, &"eu-west-1".into(), &TEMPLATE.into()).await.unwrap();
    let descriptions = [(31, "ours".into()), (30, "".into())].into();
    assert_eq!(found, TemplateState { latest: 31, descriptions });
    assert_eq!(replay.asked()[1].field("MinVersion"), "11");
}
