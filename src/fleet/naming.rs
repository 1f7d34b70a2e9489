//! How clusters, versions, families and parents are read from names and tags. Built by `config`; the default needs
//! no configuration at all.

use regex::Regex;

use super::{AccountId, ClusterId, ClusterName, ImageFact, Region, Text};

/// A cluster given by configuration.
#[derive(Clone, Debug)]
pub struct ClusterNaming {
    /// Its name.
    pub name: String,
    /// Matches the whole name of a group that belongs to it.
    pub groups: Vec<Regex>,
    /// Only in this account, where given.
    pub account: Option<String>,
    /// Only in this region, where given.
    pub region: Option<String>,
}

/// A family of images given by configuration. What it says nothing of is read as everywhere.
#[derive(Clone, Debug, Default)]
pub struct FamilyNaming {
    /// Its name.
    pub name: String,
    /// Only images of this account, where given.
    pub owner: Option<AccountId>,
    /// Matches the whole name of an image that belongs to it; any name where there is none.
    pub names: Vec<Regex>,
    /// Tags that an image of it has.
    pub tags: Vec<(String, String)>,
    /// Tags that give the version.
    pub version_tags: Vec<String>,
    /// Pattern on the name that gives the version: its capture `version`, else its first capture.
    pub version_pattern: Option<Regex>,
    /// Tags that name the parent, by id.
    pub parent_tags: Vec<String>,
    /// Tags that give the source revision.
    pub revision_tags: Vec<String>,
    /// Tags that name the builder.
    pub builder_tags: Vec<String>,
}

impl FamilyNaming {
    /// Whether an image belongs to it.
    pub fn matches(&self, image: &ImageFact) -> bool {
        let name = image.name.as_ref().map_or("", Text::raw);
        let has = |key: &str, value: &str| image.tags.get(key).is_some_and(|tag| tag.raw() == value);
        self.owner.as_ref().is_none_or(|owner| image.owner.as_ref() == Some(owner))
            && (self.names.is_empty() || self.names.iter().any(|pattern| pattern.is_match(name)))
            && self.tags.iter().all(|(key, value)| has(key, value))
    }
}

/// Tags that tell where an image comes from; of several the first present wins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenanceTags {
    /// The source revision it was built of.
    pub revision: Vec<String>,
    /// What or who built it.
    pub builder: Vec<String>,
    /// The build.
    pub build: Vec<String>,
    /// When it was built.
    pub built_at: Vec<String>,
}

impl Default for ProvenanceTags {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self {
            revision: list(&["SourceRevision", "Revision", "GitCommit", "flightdeck:revision"]),
            builder: list(&["Builder", "flightdeck:builder"]),
            build: list(&["BuildId", "flightdeck:build"]),
            built_at: list(&["BuildTime", "BuildDate"]),
        }
    }
}

/// Which clusters something is said of: those of a name, anywhere or in one place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ClusterSelector {
    /// Their name.
    pub name: ClusterName,
    /// Only in this account, where given.
    pub account: Option<AccountId>,
    /// Only in this region, where given.
    pub region: Option<Region>,
}

impl ClusterSelector {
    /// Whether a cluster is meant.
    pub fn matches(&self, cluster: &ClusterId) -> bool {
        self.name == cluster.name
            && self.account.as_ref().is_none_or(|account| *account == cluster.place.account)
            && self.region.as_ref().is_none_or(|region| *region == cluster.place.region)
    }
}

/// What CloudWatch is asked of a cluster when it is looked at alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watched {
    /// Alarms by name; `None`: nothing is said of them.
    pub alarms: Option<Vec<Text>>,
    /// Whether metrics of its target groups are wanted.
    pub metrics: bool,
}

/// The rules of naming.
#[derive(Clone, Debug)]
pub struct Naming {
    /// Clusters by configuration; they come before everything else.
    pub clusters: Vec<ClusterNaming>,
    /// Tags of a group that name its cluster, the first present wins.
    pub cluster_tags: Vec<String>,
    /// Tags of an image that give its version, the first present wins.
    pub version_tags: Vec<String>,
    /// Pattern on an image's name: its capture `version`, else its first capture.
    pub version_pattern: Option<Regex>,
    /// Tags of an image that give its family.
    pub family_tags: Vec<String>,
    /// Tags of an image that name its parent, by id.
    pub parent_tags: Vec<String>,
    /// Families by configuration; they come before everything else.
    pub families: Vec<FamilyNaming>,
    /// Tags of an image that tell where it comes from.
    pub provenance: ProvenanceTags,
    /// What is watched of which clusters; of alarms the first that says something counts.
    pub watched: Vec<(ClusterSelector, Watched)>,
}

impl Naming {
    /// What is watched of a cluster; nothing, unless the configuration says so.
    pub fn watched(&self, cluster: &ClusterId) -> Watched {
        let of = || self.watched.iter().filter(|(selector, _)| selector.matches(cluster)).map(|(_, own)| own);
        Watched { alarms: of().find_map(|own| own.alarms.clone()), metrics: of().any(|own| own.metrics) }
    }
}

/// A version at the end of an image's name (`orders-1.42.0`, `base_2024-11-03`, `web-v12`).
const VERSION_AT_THE_END: &str = r"[-_ ]v?(?P<version>\d+(?:[._-]\d+)*(?:-(?:alpha|beta|rc|pre)[.\d]*)?)$";

impl Default for Naming {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self {
            clusters: Vec::new(),
            cluster_tags: list(&["flightdeck:cluster", "Cluster", "Application", "app"]),
            version_tags: list(&["Version", "version", "flightdeck:version"]),
            version_pattern: Regex::new(VERSION_AT_THE_END).ok(),
            family_tags: list(&["Family", "flightdeck:family"]),
            parent_tags: list(&["ParentImage", "BaseImage", "flightdeck:parent"]),
            families: Vec::new(),
            provenance: ProvenanceTags::default(),
            watched: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_pattern_finds_a_version_at_the_end_of_a_name() {
        let pattern = Naming::default().version_pattern.unwrap();
        let version = |name: &str| pattern.captures(name).map(|c| c["version"].to_string());
        assert_eq!(version("orders-1.42.0").as_deref(), Some("1.42.0"));
        assert_eq!(version("base-2024-11-03").as_deref(), Some("2024-11-03"));
        assert_eq!(version("web-v12").as_deref(), Some("12"));
        assert_eq!(version("web-1.2.0-rc1").as_deref(), Some("1.2.0-rc1"));
        assert_eq!(version("golden"), None);
    }
}
