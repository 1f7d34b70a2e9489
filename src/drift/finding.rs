//! What a rule found, and the sheet on which rules write it down.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::policy::{Active, Settled};
use super::{Ignore, Missing, RULES, Rule, Severity, Subject, rule};
use crate::fleet::{AccountId, ClusterName, GroupName, InstanceId, Region};

/// The name of a rule that exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RuleName(&'static str);

impl RuleName {
    /// Instances of which something needed is not known.
    pub const UNKNOWN: Self = Self("unknown");

    /// The name as written.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Its position among the rules: of equally bad findings the one of the earlier rule counts.
    pub(super) fn position(self) -> usize {
        RULES.iter().position(|rule| rule.name() == self.0).unwrap_or(RULES.len())
    }

    pub(super) fn of(rule: &dyn Rule) -> Self {
        Self(rule.name())
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// A word that names no rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no rule is called {0}: `flightdeck rules` lists them")]
pub struct UnknownRule(pub String);

impl FromStr for RuleName {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        rule(name).map(Self::of).ok_or_else(|| UnknownRule(crate::fleet::clean(name).into_owned()))
    }
}

/// One deviation of one instance. Serialises as in `drift --json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// The cluster it was judged in; `None`: in none.
    pub cluster: Option<ClusterName>,
    /// The server group; `None`: in none.
    pub group: Option<GroupName>,
    /// The instance.
    pub instance: InstanceId,
    /// Which rule found it.
    pub rule: RuleName,
    /// How bad it is.
    pub severity: Severity,
    /// What should be, in words.
    pub expected: String,
    /// What is, in words.
    pub actual: String,
    /// One sentence.
    pub why: String,
    /// Why it does not count at present; `None`: it does.
    #[serde(skip)]
    pub ignored: Option<Arc<Ignore>>,
}

/// Findings as rules write them down, one subject at a time. Nothing is allocated for a subject without any.
pub struct Findings {
    pub(super) list: Vec<Finding>,
    /// Where the present subject's findings begin.
    begin: usize,
    rule: RuleName,
    severity: Severity,
    /// The severity of `unknown`, where that rule is on.
    unknown: Option<Severity>,
}

impl Findings {
    pub(super) fn new() -> Self {
        Self { list: Vec::new(), begin: 0, rule: RuleName::UNKNOWN, severity: Severity::Info, unknown: None }
    }

    /// Turns to the next subject; returns where its findings begin.
    pub(super) fn begin_subject(&mut self, settled: &Settled) -> usize {
        self.unknown = settled.unknown;
        self.begin = self.list.len();
        self.begin
    }

    /// Turns to a rule.
    pub(super) fn begin_rule(&mut self, rule: &Active) {
        (self.rule, self.severity) = (rule.name, rule.severity);
    }

    /// Writes down what the present rule found.
    pub fn found(&mut self, subject: &Subject<'_>, expected: String, actual: String, why: String) {
        self.push(subject, self.rule, self.severity, [expected, actual, why]);
    }

    /// The same where it is on purpose: never worse than info.
    pub fn on_purpose(&mut self, subject: &Subject<'_>, expected: String, actual: String, why: String) {
        self.push(subject, self.rule, self.severity.min(Severity::Info), [expected, actual, why]);
    }

    /// Writes down that the present rule could not judge: which fact is missing, and why. It stands under `unknown`,
    /// once, however many rules miss the same.
    pub fn unknown(&mut self, subject: &Subject<'_>, missing: &str, why: impl FnOnce() -> String) {
        let Some(severity) = self.unknown else { return };
        let is_same = |finding: &Finding| finding.rule == RuleName::UNKNOWN && finding.expected == missing;
        if !self.list[self.begin..].iter().any(is_same) {
            self.push(subject, RuleName::UNKNOWN, severity, [missing.into(), "unknown".into(), why()]);
        }
    }

    /// The same for what it takes to compare images. Where EC2 does not know the instance at all, that alone is said.
    pub(super) fn missing(&mut self, subject: &Subject<'_>, missing: &Missing<'_>) {
        if *missing != Missing::Running || subject.instance.facts.is_some() {
            self.unknown(subject, missing.what(), || missing.why(subject));
        }
    }

    fn push(&mut self, subject: &Subject<'_>, rule: RuleName, severity: Severity, words: [String; 3]) {
        let [expected, actual, why] = words;
        self.list.push(Finding {
            account: subject.instance.place.account.clone(),
            region: subject.instance.place.region.clone(),
            cluster: subject.group().map(|group| group.cluster.id.name.clone()),
            group: subject.group().map(|group| group.group.id.name.clone()),
            instance: subject.instance.id.clone(),
            rule,
            severity,
            expected,
            actual,
            why,
            ignored: None,
        });
    }
}
