//! How an instance comes to be: what a group launches from, and the instance that results.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chance::Chance;
use super::world::{Boot, Duty, EVER, Group, Instance, Launch, Moment, Region};
use crate::fleet::{
    ImageId, LaunchSource, MetadataOptions, RefreshFact, RefreshStatus, Tags, TemplateRef, TemplateVersion,
    TemplateVersionFact, Text, Zone,
};

impl Region {
    /// A version of a launch template.
    pub(super) fn template(&self, named: &TemplateRef) -> Option<&TemplateVersionFact> {
        self.templates.get(named.id.as_ref()?)?.iter().find(|version| match named.version {
            TemplateVersion::Latest => version.is_latest,
            TemplateVersion::Default => version.is_default,
            TemplateVersion::Number(number) => version.number == number,
        })
    }

    /// What the `nth` launch from a source gives; `None` where nothing can be launched from it, as when its image is
    /// gone.
    pub(super) fn launch(&self, source: &LaunchSource, nth: u64) -> Option<Launch> {
        let launch = match source {
            LaunchSource::Template(named) => self.by_template(named)?,
            LaunchSource::Mixed { base, overrides } if overrides.is_empty() => self.by_template(base)?,
            LaunchSource::Mixed { base, overrides } => {
                let chosen = &overrides[usize::try_from(nth).unwrap_or(0) % overrides.len()];
                let mut launch = self.by_template(chosen.template.as_ref().unwrap_or(base))?;
                if let Some(instance_type) = &chosen.instance_type {
                    launch.instance_type = instance_type.clone();
                }
                if let Some(image) = &chosen.image {
                    launch.image = ImageId::new(image.raw());
                }
                launch.units = chosen.weighted_capacity.as_ref().and_then(|units| units.raw().parse().ok());
                launch
            }
            LaunchSource::Configuration(name) => {
                let configuration = self.configurations.get(name)?;
                Launch {
                    image: configuration.image.clone()?,
                    instance_type: configuration.instance_type.clone()?,
                    security_groups: vec!["sg-0a11c0de00000b00c".into()],
                    iam_profile: None,
                    key_name: Some("ops-2021".into()),
                    metadata: MetadataOptions {
                        tokens: Some("optional".into()),
                        hop_limit: Some(1),
                        endpoint: Some("enabled".into()),
                    },
                    ebs_optimized: false,
                    devices: BTreeMap::from([("/dev/xvda".into(), true)]),
                    template: None,
                    units: None,
                }
            }
            LaunchSource::Unknown => return None,
        };
        Some(launch)
    }

    /// Why EC2 would not launch this, in its words.
    pub(super) fn refusal(&self, launch: &Launch) -> Option<String> {
        let Some(image) = self.images.get(&launch.image).filter(|image| !image.hidden) else {
            return Some(format!("The image id '[{}]' does not exist", launch.image));
        };
        if image.fact.state.raw() != "available" {
            return Some(format!("The image '{}' is {}", launch.image, image.fact.state));
        }
        let wanted = architecture(launch.instance_type.raw());
        let built = image.fact.architecture.as_ref().filter(|built| built.raw() != wanted)?;
        Some(format!(
            "The architecture '{wanted}' of the specified instance type does not match the architecture '{built}' of \
             the specified AMI."
        ))
    }

    fn by_template(&self, named: &TemplateRef) -> Option<Launch> {
        let version = self.template(named)?;
        Some(Launch {
            image: version.resolved_image.clone()?,
            instance_type: version.instance_type.clone()?,
            security_groups: version.security_groups.clone(),
            iam_profile: version.iam_profile.clone(),
            key_name: version.key_name.clone(),
            metadata: version.metadata.clone().unwrap_or_default(),
            ebs_optimized: version.ebs_optimized.unwrap_or(true),
            devices: version
                .devices
                .iter()
                .map(|(name, on_end)| (name.clone(), on_end.unwrap_or(true)))
                .collect(),
            template: Some(TemplateRef {
                id: Some(version.id.clone()),
                name: Some(version.name.clone()),
                version: TemplateVersion::Number(version.number),
            }),
            units: None,
        })
    }
}

impl Group {
    /// What it launches from now: the refresh that goes forward, else its saved configuration.
    pub(super) fn source(&self) -> &LaunchSource {
        let forward = |refresh: &&RefreshFact| {
            !matches!(refresh.status, RefreshStatus::Cancelling | RefreshStatus::RollbackInProgress)
        };
        let desired = self.active_refresh().filter(forward).and_then(|refresh| refresh.desired.as_ref());
        desired.unwrap_or(&self.fact.source)
    }

    /// The refresh under way.
    pub(super) fn active_refresh(&self) -> Option<&RefreshFact> {
        self.refreshes.first().filter(|refresh| refresh.status.is_active() == Some(true))
    }

    /// The zone with the fewest of its instances.
    pub(super) fn thinnest_zone(&self) -> Option<Zone> {
        let here = |zone: &&Zone| {
            self.instances.iter().filter(|instance| instance.counts() && instance.zone == **zone).count()
        };
        self.fact.zones.iter().min_by_key(here).cloned()
    }

    /// The tags an instance is launched with.
    pub(super) fn launch_tags(&self, launch: &Launch) -> Tags {
        let mut tags = self.fact.tags.clone();
        tags.insert("Name".into(), Text::new(self.fact.name.raw()));
        tags.insert("aws:autoscaling:groupName".into(), Text::new(self.fact.name.raw()));
        if let Some(TemplateRef { id: Some(id), version: TemplateVersion::Number(number), .. }) =
            &launch.template
        {
            tags.insert("aws:ec2launchtemplate:id".into(), Text::new(id.raw()));
            tags.insert("aws:ec2launchtemplate:version".into(), Text::new(number.to_string()));
        }
        tags
    }
}

/// Graviton types have a `g` behind their generation: `m7g.large`, `c7gn.large`.
fn architecture(instance_type: &str) -> &'static str {
    let family = instance_type.split('.').next().unwrap_or_default();
    let options = family
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .trim_start_matches(|c: char| c.is_ascii_digit());
    if options.starts_with('g') { "arm64" } else { "x86_64" }
}

/// An instance as it is launched; `about` and `nth` make it unlike every other.
pub(super) fn instance(
    chance: Chance,
    (about, nth): (&str, u64),
    launched: Moment,
    zone: Zone,
    launch: Arc<Launch>,
    tags: Arc<Tags>,
) -> Instance {
    let mut rng = chance.of(about, nth);
    Instance {
        id: format!("i-0{:016x}", rng.u64(..)).as_str().into(),
        zone,
        address: rng.u32(..),
        launched,
        boot: Boot {
            running: rng.u32(6_000..15_000),
            answers: rng.u32(25_000..45_000),
            checked: rng.u32(60_000..110_000),
        },
        launch,
        tags,
        drained: None,
        ailment: None,
        duty: Duty::Service,
        duty_from: EVER,
        protected: false,
        shifted_away: false,
    }
}
