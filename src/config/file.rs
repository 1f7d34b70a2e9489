//! What `config.toml` says. A setting it may hold is asked for here, and stands in `example.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::de::DeValue;

use super::document::{self, Item, Parsed, Section};
use super::mistakes::Fault;
use super::{ColorChoice, ReadOnly, families, freezes, ignores, instead, pattern, values, watching};
use crate::drift::{RuleName, RuleSetting, Severity};
use crate::fleet::{AccountId, ClusterNaming, ClusterSelector, Naming, Region};
use crate::plan::LeaseStore;
use crate::{drift, plan};

/// Times between two looks that make sense: less is a storm, more is a picture of yesterday.
pub(super) const REFRESH: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);
/// Budgets that make sense: AWS throttles long before the upper one.
const CALLS_PER_MINUTE: RangeInclusive<u32> = 1..=600;
/// Never to zero; no side has more targets than a target group may hold
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>).
const MIN_HEALTHY: RangeInclusive<usize> = 1..=1000;

/// Ages that make sense: an instance younger than an hour has hardly come up.
const MAX_AGE: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(3650 * 24);

/// Times a bake may last: none at all, or up to a day.
const BAKE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(24);
/// Times an old side may be kept: none at all, or up to a month.
const KEEP_WARM: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(30 * 24);
/// Where the lease may be kept.
const LEASES: [(&str, LeaseStore); 2] = [("ssm", LeaseStore::Ssm), ("none", LeaseStore::None)];

/// What a file says; what it leaves out is left to the layers beside it.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) profile: Option<String>,
    pub(super) regions: Vec<Region>,
    pub(super) endpoint_url: Option<String>,
    pub(super) account: Option<AccountId>,
    pub(super) read_only: ReadOnly,
    pub(super) refresh: Option<Duration>,
    pub(super) calls_per_minute: Option<u32>,
    pub(super) theme: Option<(Range<usize>, String)>,
    pub(super) keymap: Option<(Range<usize>, String)>,
    pub(super) color: Option<ColorChoice>,
    pub(super) log: Option<String>,
    pub(super) account_names: BTreeMap<AccountId, String>,
    pub(super) naming: Naming,
    pub(super) drift: drift::Policy,
    pub(super) plan: plan::Policy,
}

/// Reads a file, and tells everything wrong with it.
pub(super) fn read(text: &str) -> (Said, Vec<Fault>) {
    let mut said = Said::default();
    let faults = document::read(text, |file| said.read(file));
    (said, faults)
}

impl Said {
    fn read(&mut self, file: &mut Section<'_>) {
        self.profile = file.read("profile", values::text);
        file.set(&mut self.regions, "regions", values::list(values::region));
        self.endpoint_url = file.read("endpoint_url", values::endpoint);
        self.account = file.read("account", values::account);
        file.set(&mut self.read_only, "read_only", read_only);
        self.refresh = file.read("refresh", values::duration(REFRESH));
        self.calls_per_minute = file.read("calls_per_minute", values::number(CALLS_PER_MINUTE));
        self.theme = file.read("theme", placed);
        self.keymap = file.read("keymap", placed);
        self.color = file.read("color", values::one_of(&ColorChoice::WORDS));
        self.log = file.read("log", values::text);
        file.section("naming", |naming| self.read_naming(naming));
        file.section("plan", |plan| {
            plan.set(&mut self.plan.min_healthy, "min_healthy", values::number(MIN_HEALTHY));
            plan.set(&mut self.plan.lease, "lease", values::one_of(&LEASES));
        });
        file.section("drift", |drift| {
            drift.set(&mut self.drift.phoenix_age, "max_age", values::duration(MAX_AGE));
            read_rules(drift, &mut self.drift.rules);
        });
        let sample = "\"123456789012\" = { name = \"…\" }";
        file.named("accounts", sample, values::account_id, |id, account| self.read_account(id, account));
        let mut seen = BTreeSet::new();
        file.sections("cluster", |cluster| self.read_cluster(cluster, &mut seen));
        let (families, recipes) = families::read(file);
        self.naming.families = families;
        self.plan.recipes = recipes;
        self.plan.freezes = freezes::read(file);
        self.drift.ignores = ignores::read(file);
    }

    fn read_naming(&mut self, naming: &mut Section<'_>) {
        let texts = || values::list(values::text);
        naming.set(&mut self.naming.cluster_tags, "cluster_tags", texts());
        naming.set(&mut self.naming.version_tags, "version_tags", texts());
        if let Some(expression) = naming.read("version_pattern", pattern::on_versions) {
            self.naming.version_pattern = Some(expression);
        }
        naming.set(&mut self.naming.family_tags, "family_tags", texts());
        naming.set(&mut self.naming.parent_tags, "parent_tags", texts());
        let provenance = &mut self.naming.provenance;
        naming.set(&mut provenance.revision, "revision_tags", texts());
        naming.set(&mut provenance.builder, "builder_tags", texts());
        naming.set(&mut provenance.build, "build_tags", texts());
        naming.set(&mut provenance.built_at, "built_at_tags", texts());
    }

    fn read_account(&mut self, id: AccountId, account: &mut Section<'_>) {
        let production = account.read("production", values::boolean).unwrap_or_default();
        if !account.has("name") {
            account.wrong(format!("account {id} has no name"), "write name = \"…\" below it");
        }
        let Some(name) = account.read("name", values::text) else { return };
        if production {
            self.plan.production.insert(id.raw().to_owned(), name.clone());
        }
        self.account_names.insert(id, name);
    }

    fn read_cluster(&mut self, cluster: &mut Section<'_>, seen: &mut BTreeSet<ClusterSelector>) {
        let has_name = cluster.has("name");
        let name = cluster.read("name", values::text);
        let groups = cluster.read("groups", values::list(pattern::on_groups)).unwrap_or_default();
        let account = cluster.read("account", values::account);
        let region = cluster.read("region", values::region);
        let mut judged = drift::ClusterPolicy {
            phoenix_age: cluster.read("max_age", values::duration(MAX_AGE)),
            ..drift::ClusterPolicy::default()
        };
        read_rules(cluster, &mut judged.rules);
        let mut planned = plan::ClusterPolicy {
            production: cluster.read("production", values::boolean).unwrap_or_default(),
            min_healthy: cluster.read("min_healthy", values::number(MIN_HEALTHY)),
            max_replaced: cluster.read("max_replaced", values::number(MIN_HEALTHY)),
            bake: cluster.read("bake", values::seconds(BAKE)),
            keep_warm: cluster.read("keep_warm", values::seconds(KEEP_WARM)),
            manual_gate: cluster.read("manual_gate", values::boolean).unwrap_or_default(),
            require_reason: cluster.read("require_reason", values::boolean).unwrap_or_default(),
            two_people: cluster.read("two_people", values::boolean).unwrap_or_default(),
            lease: cluster.read("lease", values::one_of(&LEASES)),
            drills: super::drills::read(cluster),
            ..plan::ClusterPolicy::default()
        };
        watching::read(cluster, &mut planned);
        if planned.two_people && planned.lease.unwrap_or(self.plan.lease) == LeaseStore::None {
            let what = "two people cannot meet where there is no lease";
            cluster.wrong(what, "two people need lease = \"ssm\": the plan waits there for the second one");
        }
        if !has_name {
            cluster.wrong("a cluster has no name", "write name = \"…\" below it");
        }
        let Some(name) = name else { return };
        let selector = ClusterSelector { name: name.as_str().into(), account, region };
        if !seen.insert(selector.clone()) {
            let what = format!("the cluster `{name}` is written twice");
            cluster.wrong(what, "put what is said of it in one, or give each its account or region");
        }
        if !groups.is_empty() {
            let account = selector.account.as_ref().map(|account| account.raw().to_owned());
            let region = selector.region.as_ref().map(|region| region.raw().to_owned());
            self.naming.clusters.push(ClusterNaming { name, groups, account, region });
        }
        self.drift.clusters.push((selector.clone(), judged));
        self.plan.clusters.push((selector, planned));
    }
}

fn read_rules(section: &mut Section<'_>, rules: &mut BTreeMap<RuleName, RuleSetting>) {
    let severities = Severity::ALL.map(|severity| (severity.word(), severity));
    section.named("rules", "behind = { enabled = false }", rule_name, |name, rule| {
        let on = rule.read("enabled", values::boolean);
        let severity = rule.read("severity", values::one_of(&severities));
        rules.insert(name, RuleSetting { on, severity });
    });
}

pub(super) fn rule_name(word: &str) -> Result<RuleName, (String, String)> {
    let names = drift::RULES.iter().map(|rule| rule.name());
    word.parse().map_err(|_| (format!("no rule is called `{word}`"), instead(word, names)))
}

fn read_only(item: Item<'_>) -> Parsed<ReadOnly> {
    match item.value.get_ref() {
        DeValue::Boolean(false) => Ok(ReadOnly::No),
        DeValue::Boolean(true) => Ok(ReadOnly::Flag),
        DeValue::String(word) if word == "locked" => Ok(ReadOnly::Locked),
        DeValue::String(word) => {
            item.wrong(format!("`read_only` cannot be `{word}`"), "write true, false, or \"locked\"")
        }
        _ => item.not_a("true, false or \"locked\"", "write read_only = true"),
    }
}

fn placed(item: Item<'_>) -> Parsed<(Range<usize>, String)> {
    Ok((item.value.span(), values::text(item)?))
}
