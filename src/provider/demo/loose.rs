//! Instances in no group, and images of no family: what every account collects.

use std::collections::BTreeMap;

use super::seed::{ACCOUNT, Stage};
use super::world::{DAY, Duty, HOUR, Image, Launch, MINUTE, Moment, time_of};
use crate::fleet::{ImageFact, ImageId, MetadataOptions, Tags};

/// A tag that tries to command the terminal: C1 and bidi controls, wide characters, an emoji, a zero-width joiner.
pub(super) const HOSTILE: &str =
    "Müller 日本語サーバー 👩\u{200d}🚀 \u{9b}31m\u{202e}exe.gnp\u{2066} \u{1b}]0;owned\u{7} שלום";

/// An image without any tag.
pub(super) fn odd_image(stage: &mut Stage, name: Option<&str>, days: Moment) -> ImageId {
    let about = format!("odd image {} {}", stage.region.place.region, name.unwrap_or_default());
    let id = ImageId::new(stage.chance.id("ami", &about, 0));
    let fact = ImageFact {
        id: id.clone(),
        name: name.map(Into::into),
        owner: Some(ACCOUNT.into()),
        state: "available".into(),
        created_at: Some(time_of(stage.start, -days * DAY)),
        deprecated_at: None,
        source: None,
        source_region: None,
        devices: Vec::new(),
        architecture: Some("x86_64".into()),
        allowed: Some(true),
        tags: Tags::new(),
    };
    stage.region.images.insert(id.clone(), Image { fact, hidden: false, bad: false });
    id
}

pub(super) fn eu(stage: &mut Stage, count: usize) {
    let unknown = odd_image(stage, None, 700);
    // Shared by another account once and private again: EC2 tells nothing but its id.
    stage.alter(&unknown, |image| {
        image.hidden = true;
        image.fact.owner = None;
    });
    let agent = odd_image(stage, Some("build-agent-14"), 90);
    let plain = |image: &ImageId| by_hand(image, "t3.small");
    let debug = stage
        .region
        .groups
        .iter()
        .find(|group| group.fact.name.raw() == "orders-blue")
        .and_then(|group| stage.region.launch(&group.fact.source, 0));
    for nth in 0..count {
        match nth {
            0 => stage.loose("bastion", 420 * DAY, plain(&unknown), &[("Team", "platform")]),
            1 => stage.loose(
                "orders-debug",
                9 * DAY,
                debug.clone().unwrap_or_else(|| plain(&agent)),
                &[
                    ("aws:autoscaling:groupName", "orders-blue"),
                    ("flightdeck:tainted", "detached for study, INC-2188"),
                ],
            ),
            2 => stage.loose(HOSTILE, 17 * DAY, plain(&agent), &[("Owner", HOSTILE)]),
            3 => stage.loose("jump-old", 1_100 * DAY, plain(&unknown), &[("Team", "platform")]),
            nth => {
                let age = DAY + Moment::try_from(nth).unwrap_or(0) * HOUR;
                stage.loose(&format!("build-agent-{nth}"), age, plain(&agent), &[("Team", "build")]);
            }
        }
    }
    if let Some(old) = stage.region.loose.get_mut(3) {
        old.duty = Duty::Stopped;
    }
}

pub(super) fn us(stage: &mut Stage, count: usize) {
    let image = odd_image(stage, Some("load-test-2.0"), 30);
    for nth in 0..count {
        let age = 35 * MINUTE + Moment::try_from(nth).unwrap_or(0) * HOUR;
        stage.loose(&format!("load-test-{nth}"), age, by_hand(&image, "c7i.4xlarge"), &[]);
    }
}

fn by_hand(image: &ImageId, instance_type: &str) -> Launch {
    Launch {
        image: image.clone(),
        instance_type: instance_type.into(),
        security_groups: vec!["sg-0a11c0de00000b00c".into()],
        iam_profile: None,
        key_name: Some("ops-2021".into()),
        metadata: MetadataOptions {
            tokens: Some("optional".into()),
            hop_limit: Some(1),
            endpoint: Some("enabled".into()),
        },
        ebs_optimized: false,
        devices: BTreeMap::from([("/dev/sda1".into(), true)]),
        template: None,
        units: None,
    }
}
