//! The guard of the way back: no call in the closed list removes an image, its snapshots, or a launch template version.

use serde_json::json;

use super::Call;

/// What would take away what a rollback needs, by service and operation.
const REMOVES: &[(&str, &str)] = &[
    ("ec2", "DeregisterImage"),
    ("ec2", "DisableImage"),
    ("ec2", "EnableImageDeprecation"),
    ("ec2", "EnableImageBlockPublicAccess"),
    ("ec2", "EnableAllowedImagesSettings"),
    ("ec2", "ReplaceImageCriteriaInAllowedImagesSettings"),
    ("ec2", "CancelImageLaunchPermission"),
    ("ec2", "ModifyImageAttribute"),
    ("ec2", "ResetImageAttribute"),
    ("ec2", "DeleteSnapshot"),
    ("ec2", "ModifySnapshotAttribute"),
    ("ec2", "ModifySnapshotTier"),
    ("ec2", "DeleteLaunchTemplate"),
    ("ec2", "DeleteLaunchTemplateVersions"),
    ("ec2", "ModifyLaunchTemplate"),
    ("ec2", "DeleteTags"),
    ("autoscaling", "DeleteLaunchConfiguration"),
    ("imagebuilder", "DeleteImage"),
    ("imagebuilder", "StartResourceStateUpdate"),
    ("ssm", "DeleteParameter"),
];

/// What operations on images and templates may begin with: all that only adds.
const ADDS: &[&str] = &["Create", "Copy", "Start", "Register", "Import"];

/// The things a way back rests on, as they stand in the names of operations.
const RESTS_ON: &[&str] = &["Image", "Snapshot", "LaunchTemplate", "LaunchConfiguration"];

/// Every operation in the list, as the code names it.
fn operations() -> Vec<&'static str> {
    let source = include_str!("../call.rs");
    let names = source.split_once("pub fn operation(").and_then(|(_, rest)| rest.split_once("\n    }\n"));
    let arms = names.map_or("", |(arms, _)| arms).lines();
    arms.filter_map(|line| line.split_once("=> \"")?.1.split_once('"')).map(|(name, _)| name).collect()
}

#[test]
fn no_call_removes_an_image_or_a_launch_template_version() {
    let operations = operations();
    assert!(operations.contains(&"CreateLaunchTemplateVersion"), "{operations:?}");
    assert!(operations.len() >= 19, "{operations:?}");
    for operation in operations {
        assert!(
            REMOVES.iter().all(|(_, removes)| *removes != operation),
            "{operation} takes a way back away"
        );
        let is_on_one = RESTS_ON.iter().any(|thing| operation.contains(thing));
        let only_adds = ADDS.iter().any(|adds| operation.starts_with(adds));
        assert!(!is_on_one || only_adds, "{operation} may take a way back away: say why it does not");
    }
    for (service, operation) in REMOVES {
        let written = json!({"service": service, "operation": operation, "input": {}});
        let error = serde_json::from_value::<Call>(written).unwrap_err().to_string();
        assert!(error.contains("not a call that flightdeck makes"), "{service} {operation}: {error}");
    }
}
