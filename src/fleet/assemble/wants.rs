//! What a group would launch: templates by `$Latest`, `$Default` or number, overrides, old launch configurations,
//! SSM parameters. What cannot be told says why.

use std::collections::{BTreeMap, HashMap};

use crate::fleet::{
    Facts, ImageId, LaunchSource, OverrideFact, Place, TemplateId, TemplateRef, TemplateVersion,
    TemplateVersionFact, Text, Wanted, WantedSource,
};

/// An image given by a parameter of Systems Manager, resolved at each launch [ec2: DescribeLaunchTemplateVersions].
const BY_PARAMETER: &str = "resolve:ssm:";

/// Launch template versions of a place, found by id or by name.
pub(super) struct Templates<'a> {
    versions: BTreeMap<&'a TemplateId, Vec<&'a TemplateVersionFact>>,
    ids: HashMap<&'a Text, &'a TemplateId>,
}

impl<'a> Templates<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let mut templates = Self { versions: BTreeMap::new(), ids: HashMap::new() };
        for version in facts.templates.iter().flat_map(|seen| &seen.value) {
            templates.versions.entry(&version.id).or_default().push(version);
            templates.ids.insert(&version.name, &version.id);
        }
        for versions in templates.versions.values_mut() {
            versions.sort_by_key(|version| version.number);
            versions.dedup_by_key(|version| version.number);
        }
        templates
    }

    pub(super) fn into_versions(
        self,
        place: &Place,
    ) -> impl Iterator<Item = ((Place, TemplateId), Vec<TemplateVersionFact>)> {
        self.versions
            .into_iter()
            .map(|(id, versions)| ((place.clone(), id.clone()), versions.into_iter().cloned().collect()))
    }

    /// The template's id, given or found by its name.
    pub(super) fn id(&self, template: &TemplateRef) -> Option<TemplateId> {
        template.id.clone().or_else(|| self.ids.get(template.name.as_ref()?).map(|&id| id.clone()))
    }

    fn version(&self, template: &TemplateRef) -> Option<&'a TemplateVersionFact> {
        let versions = self.versions.get(&self.id(template)?)?;
        let is_meant = |version: &&TemplateVersionFact| match template.version {
            TemplateVersion::Latest => version.is_latest,
            TemplateVersion::Default => version.is_default,
            TemplateVersion::Number(number) => version.number == number,
        };
        versions.iter().copied().find(is_meant)
    }
}

/// Everything a launch source would launch: the base first, never empty.
pub(super) fn of(source: &LaunchSource, templates: &Templates<'_>, facts: &Facts) -> Vec<Wanted> {
    match source {
        LaunchSource::Template(template) => vec![by_template(template, templates)],
        LaunchSource::Mixed { base, overrides } => {
            let own = overrides.iter().filter_map(|entry| by_override(entry, base, templates));
            std::iter::once(by_template(base, templates)).chain(own).collect()
        }
        LaunchSource::Configuration(name) => vec![by_configuration(name, facts)],
        LaunchSource::Unknown => vec![unknown(
            WantedSource::Unknown,
            "the group names neither a launch template nor a launch configuration that we know".into(),
        )],
    }
}

fn by_template(template: &TemplateRef, templates: &Templates<'_>) -> Wanted {
    let found = templates.version(template);
    let number = match template.version {
        TemplateVersion::Number(number) => Some(number),
        _ => found.map(|version| version.number),
    };
    let source = WantedSource::Template {
        id: templates.id(template),
        name: template.name.clone().or_else(|| found.map(|version| version.name.clone())),
        version: template.version.clone(),
        number,
    };
    match found {
        None => {
            let why = format!("no answer told {}", said(template));
            unknown(source, why)
        }
        Some(TemplateVersionFact { image: Some(image), resolved_image, .. }) => {
            by_image(image, resolved_image.as_ref(), source)
        }
        Some(_) => unknown(source, format!("{} sets no image", said(template))),
    }
}

/// The entry of an override with an image or a template of its own; the others launch what the base says.
fn by_override(entry: &OverrideFact, base: &TemplateRef, templates: &Templates<'_>) -> Option<Wanted> {
    if entry.template.is_none() && entry.image.is_none() {
        return None;
    }
    let mut wanted = by_template(entry.template.as_ref().unwrap_or(base), templates);
    if let Some(image) = &entry.image {
        wanted = by_image(image, None, wanted.source);
    }
    wanted.instance_type.clone_from(&entry.instance_type);
    Some(wanted)
}

fn by_configuration(name: &Text, facts: &Facts) -> Wanted {
    let source = WantedSource::Configuration(name.clone());
    let found = facts.launch_configurations.as_ref().and_then(|seen| seen.value.get(name));
    match found {
        None => unknown(source, format!("no answer told launch configuration {name}")),
        Some(configuration) => match &configuration.image {
            None => unknown(source, format!("launch configuration {name} names no image")),
            Some(image) => known(image.clone(), source, false),
        },
    }
}

fn by_image(image: &Text, resolved: Option<&ImageId>, source: WantedSource) -> Wanted {
    let Some(parameter) = image.raw().strip_prefix(BY_PARAMETER) else {
        return known(ImageId::new(image.raw()), source, false);
    };
    match resolved {
        Some(image) => known(image.clone(), source, true),
        None => Wanted {
            by_parameter: true,
            ..unknown(source, format!("no answer told the image in parameter {}", Text::new(parameter)))
        },
    }
}

fn known(image: ImageId, source: WantedSource, by_parameter: bool) -> Wanted {
    Wanted { image: Some(image), instance_type: None, source, by_parameter, unknown: None }
}

fn unknown(source: WantedSource, why: String) -> Wanted {
    Wanted { image: None, instance_type: None, source, by_parameter: false, unknown: Some(why) }
}

/// A template and its version in words.
fn said(template: &TemplateRef) -> String {
    let name = match (&template.name, &template.id) {
        (Some(name), _) => name.to_string(),
        (None, Some(id)) => id.to_string(),
        (None, None) => "without a name".into(),
    };
    match template.version {
        TemplateVersion::Latest => format!("version $Latest of launch template {name}"),
        TemplateVersion::Default => format!("version $Default of launch template {name}"),
        TemplateVersion::Number(number) => format!("version {number} of launch template {name}"),
    }
}
