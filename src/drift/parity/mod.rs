//! Parity: in what two clusters differ, role by role, such as staging and production.
//!
//! The live side is held against the live side and the idle one against the idle one, whatever they are called. What
//! has to differ by environment is no difference: names of groups, ids of images and security groups, accounts,
//! regions, and a cluster's own name within other names. What is not known is equal to nothing, and says why.
//! Each file holds one kind of facet: [`images`], [`launch`], [`standing`], [`traffic`].

mod images;
mod launch;
mod partner;
mod standing;
#[cfg(test)]
mod tests;
mod traffic;

use std::cmp::Ordering;

use serde::Serialize;

use super::Judgement;
use crate::fleet::{Cluster, ClusterId, Fleet, Gap, Section, ServerGroup};

pub use partner::{Likeness, partners};

/// Two clusters held against each other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// In what they differ.
    pub differences: Vec<Difference>,
    /// What is equal.
    pub same: Vec<Equal>,
    /// What could not be compared.
    pub unknown: Vec<Untold>,
}

/// Something in which they differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// What it is, such as `image (live)`.
    pub what: String,
    /// What it is in the first.
    pub a: String,
    /// What it is in the second.
    pub b: String,
    /// What follows from it, where more can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Something that is equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Equal {
    /// What it is.
    pub what: String,
    /// What it is in both; the words of each where only names differ.
    pub value: String,
}

/// Something that could not be compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Untold {
    /// What it is.
    pub what: String,
    /// Which fact is missing, of which cluster, and what is known of the other.
    pub why: String,
}

/// Holds two clusters against each other.
pub fn compare(fleet: &Fleet, judgement: &Judgement, a: &Cluster, b: &Cluster) -> Comparison {
    let [name_a, name_b] = labels(&a.id, &b.id);
    let (a, b) = (Of { fleet, judgement, cluster: a }, Of { fleet, judgement, cluster: b });
    let mut sheet = Sheet { names: [name_a, name_b], comparison: Comparison::default() };
    sheet.put("server groups", a.count_of_groups(), b.count_of_groups());
    match (a.ranked(), b.ranked()) {
        (Ok(of_a), Ok(of_b)) => {
            for (at, (one, other)) in of_a.iter().zip(&of_b).enumerate() {
                let pair = Pair { a, b, one, other, role: role((a, &of_a), (b, &of_b), at) };
                images::compare(&mut sheet, &pair);
                launch::compare(&mut sheet, &pair);
                standing::compare(&mut sheet, &pair);
            }
        }
        (of_a, of_b) => sheet.put(
            "what the sides are",
            of_a.map(|_| Said::plain("known")),
            of_b.map(|_| Said::plain("known")),
        ),
    }
    traffic::compare(&mut sheet, a, b);
    images::spread(&mut sheet, a, b);
    sheet.comparison
}

/// What two clusters are called beside each other: by name, and by as much of their place as tells them apart.
pub fn labels(a: &ClusterId, b: &ClusterId) -> [String; 2] {
    [a, b].map(|id| {
        if a.name != b.name {
            id.name.to_string()
        } else if a.place.region == b.place.region {
            format!("{}@{}", id.name, id.place.account)
        } else {
            format!("{}@{}", id.name, id.place.region)
        }
    })
}

/// What one cluster has of something, or why that is not known.
type Told = Result<Said, String>;

/// What one cluster has of something.
#[derive(Clone, Debug)]
struct Said {
    /// For people.
    words: String,
    /// What is compared: the words without what has to differ.
    key: String,
}

impl Said {
    fn plain(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { key: words.clone(), words }
    }
}

/// Takes what was found.
struct Sheet {
    names: [String; 2],
    comparison: Comparison,
}

impl Sheet {
    fn put(&mut self, what: &str, a: Told, b: Told) {
        self.put_with(what, a, b, || None);
    }

    fn put_with(&mut self, what: &str, a: Told, b: Told, why: impl FnOnce() -> Option<String>) {
        let what = what.to_owned();
        match (a, b) {
            (Ok(a), Ok(b)) if a.key == b.key => {
                let value = if a.words == b.words { a.words } else { format!("{} / {}", a.words, b.words) };
                self.comparison.same.push(Equal { what, value });
            }
            (Ok(a), Ok(b)) => {
                self.comparison.differences.push(Difference { what, a: a.words, b: b.words, why: why() });
            }
            (Err(a), Err(b)) if a == b => {
                self.comparison.unknown.push(Untold { what, why: format!("of both: {a}") });
            }
            (a, b) => {
                let each = [a, b].into_iter().zip(&self.names).map(|(told, name)| match told {
                    Ok(said) => format!("{name} has {}", said.words),
                    Err(why) => format!("{name}: {why}"),
                });
                let why = each.collect::<Vec<_>>().join("; ");
                self.comparison.unknown.push(Untold { what, why });
            }
        }
    }

    /// Something of one side alone could not be told.
    fn untold(&mut self, what: &str, of: usize, why: &str) {
        let why = format!("{}: {why}", self.names[of]);
        self.comparison.unknown.push(Untold { what: what.to_owned(), why });
    }
}

/// One of the two clusters, with what is known of it.
#[derive(Clone, Copy)]
struct Of<'a> {
    fleet: &'a Fleet,
    judgement: &'a Judgement,
    cluster: &'a Cluster,
}

/// Server groups of the same role.
struct Pair<'a> {
    a: Of<'a>,
    b: Of<'a>,
    one: &'a ServerGroup,
    other: &'a ServerGroup,
    role: String,
}

impl Pair<'_> {
    /// What a facet is called here.
    fn what(&self, facet: &str) -> String {
        if self.role.is_empty() { facet.to_owned() } else { format!("{facet} ({})", self.role) }
    }

    /// Compares what a facet tells of each.
    fn put<'s>(&'s self, sheet: &mut Sheet, facet: &str, of: impl Fn(Of<'s>, &'s ServerGroup) -> Told) {
        sheet.put(&self.what(facet), of(self.a, self.one), of(self.b, self.other));
    }
}

impl<'a> Of<'a> {
    /// Why something of a section cannot be relied on; `None` where nothing is missing.
    fn hidden(&self, section: Section, about: Option<&str>) -> Option<String> {
        self.fleet.gap(&self.cluster.id.place, section, about).map(said)
    }

    /// Fails where a section, or what it says of one thing, could not be read.
    fn read(&self, section: Section, about: Option<&str>) -> Result<(), String> {
        self.hidden(section, about).map_or(Ok(()), Err)
    }

    /// A name without what has to differ: the cluster's own name, its region, its account.
    fn neutral(&self, name: &str) -> String {
        let id = &self.cluster.id;
        let words = [
            (id.name.raw(), "‹cluster›"),
            (id.place.region.raw(), "‹region›"),
            (id.place.account.raw(), "‹account›"),
        ];
        words.iter().fold(name.to_owned(), |name, (word, stands_for)| without(&name, word, stands_for))
    }

    /// A name that differs by environment in what has to differ.
    fn named(&self, name: &str) -> Said {
        Said { words: crate::fleet::clean(name).into_owned(), key: self.neutral(name) }
    }

    /// Whether a group serves: it takes traffic, or its cluster works without a load balancer.
    fn serves(&self, group: &ServerGroup) -> bool {
        group.live || self.cluster.traffic.is_empty()
    }

    fn count_of_groups(&self) -> Told {
        self.read(Section::Groups, None)?;
        Ok(Said::plain(self.cluster.groups.len().to_string()))
    }

    /// Its groups, the one with the largest share of the traffic first; equal ones by the names they have beside the
    /// cluster's.
    fn ranked(&self) -> Result<Vec<&'a ServerGroup>, String> {
        let mut groups: Vec<(f64, String, &ServerGroup)> = self
            .cluster
            .groups
            .iter()
            .map(|group| {
                let share = self.cluster.traffic.iter().map(|source| source.group_percent(&group.id.name));
                (share.sum(), self.neutral(group.id.name.raw()), group.as_ref())
            })
            .collect();
        if groups.len() > 1
            && let Some(why) = traffic::hidden(*self)
        {
            return Err(format!("which of its groups takes the traffic is not known: {why}"));
        }
        groups.sort_by(|(a, a_name, _), (b, b_name, _)| {
            b.partial_cmp(a).unwrap_or(Ordering::Equal).then_with(|| a_name.cmp(b_name))
        });
        Ok(groups.into_iter().map(|(.., group)| group).collect())
    }
}

/// What the two groups of one rank are called; nothing where each cluster has only one.
fn role((a, of_a): (Of<'_>, &[&ServerGroup]), (b, of_b): (Of<'_>, &[&ServerGroup]), at: usize) -> String {
    if of_a.len() == 1 && of_b.len() == 1 {
        return String::new();
    }
    let serves =
        |of: Of<'_>, groups: &[&ServerGroup], at: usize| groups.get(at).is_some_and(|group| of.serves(group));
    let of = |at: usize| match (serves(a, of_a, at), serves(b, of_b, at)) {
        (true, true) => "live",
        (false, false) if at > 0 => "idle",
        _ if at == 0 => "first",
        _ => "other",
    };
    let before = (0..at).filter(|before| of(*before) == of(at)).count();
    if before == 0 { of(at).to_owned() } else { format!("{} {}", of(at), before + 1) }
}

/// A gap as a reason.
fn said(gap: &Gap) -> String {
    format!("{} could not be read: {}", gap.what, gap.why)
}

/// A text in which a whole word stands for something else.
fn without(text: &str, word: &str, stands_for: &str) -> String {
    if word.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in text.match_indices(word) {
        let end = at + found.len();
        let stands_alone =
            !text[..at].ends_with(char::is_alphanumeric) && !text[end..].starts_with(char::is_alphanumeric);
        if stands_alone {
            out.push_str(&text[from..at]);
            out.push_str(stands_for);
            from = end;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// A count with its noun.
fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// Words one after the other, or that there is none.
fn list(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
