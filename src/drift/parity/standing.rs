//! How a side stands: its size and what sets it, its health, a refresh under way, its drift.

use std::collections::BTreeMap;

use super::{Of, Pair, Said, Sheet, Told, count, list};
use crate::drift::RuleName;
use crate::fleet::{RefreshStatus, Section, ServerGroup, Text, Verdict};

pub(super) fn compare(sheet: &mut Sheet, pair: &Pair<'_>) {
    pair.put(sheet, "size", |_, group| Ok(size(group)));
    pair.put(sheet, "health", |of, group| health(of, group));
    pair.put(sheet, "zones", |_, group| Ok(Said::plain(count(group.zones.len(), "zone"))));
    pair.put(sheet, "suspended processes", |_, group| {
        let mut names: Vec<String> = group.suspended.iter().map(Text::to_string).collect();
        names.sort();
        Ok(Said::plain(list(&names)))
    });
    pair.put(sheet, "scaling policies", policies);
    pair.put(sheet, "scheduled actions", schedules);
    pair.put(sheet, "instance refresh", refresh);
    drift(sheet, pair);
}

fn size(group: &ServerGroup) -> Said {
    let units = if group.weighted { " units" } else { "" };
    Said::plain(format!("{} wanted, {}–{}{units}", group.desired, group.min, group.max))
}

/// Whether what a group wants is there and healthy: how many are short of it, so that a larger size is told once.
fn health(of: Of<'_>, group: &ServerGroup) -> Told {
    of.read(Section::Instances, None)?;
    let verdicts = || group.instances.iter().map(|instance| instance.health.verdict());
    let of_verdict = |wanted: Verdict| verdicts().filter(|verdict| *verdict == wanted).count();
    let (healthy, unknown) = (of_verdict(Verdict::Healthy), of_verdict(Verdict::Unknown));
    if unknown > 0 {
        return Err(format!("the health of {} is not known", count(unknown, "instance")));
    }
    let there = group.instances.len();
    // Capacity units are no instances: only what is there can be counted.
    let wanted = usize::try_from(group.desired).unwrap_or(0);
    let all = if group.weighted { there } else { wanted.max(there) };
    let key = if healthy == all { "all".to_owned() } else { (all - healthy).to_string() };
    Ok(Said { words: format!("{healthy} of {all} healthy"), key })
}

fn policies(of: Of<'_>, group: &ServerGroup) -> Told {
    of.read(Section::Policies, Some(group.id.name.raw()))?;
    let policies = group.policies.as_ref().ok_or("its scaling policies were not read")?;
    let mut all: Vec<(String, String)> = policies
        .iter()
        .map(|policy| {
            let off = if policy.acts { "" } else { " (does not act)" };
            let words = format!("{}{off}", policy.says());
            (of.neutral(&words), words)
        })
        .collect();
    all.sort();
    let (keys, words): (Vec<String>, Vec<String>) = all.into_iter().unzip();
    Ok(Said { words: list(&words), key: list(&keys) })
}

fn schedules(of: Of<'_>, group: &ServerGroup) -> Told {
    of.read(Section::Schedules, Some(group.id.name.raw()))?;
    let schedules = group.schedules.as_ref().ok_or("its scheduled actions were not read")?;
    let mut all: Vec<String> = schedules.iter().map(crate::fleet::ScheduleFact::says).collect();
    all.sort();
    Ok(Said::plain(list(&all)))
}

fn refresh(of: Of<'_>, group: &ServerGroup) -> Told {
    if !group.refreshes_known {
        let why = of.hidden(Section::Refreshes, Some(group.id.name.raw()));
        return Err(why.unwrap_or_else(|| "whether a refresh is under way is not known".to_owned()));
    }
    let Some(refresh) = &group.refresh else { return Ok(Said::plain("none under way")) };
    let word = match refresh.fact.status {
        RefreshStatus::RollbackInProgress => "going back",
        RefreshStatus::Cancelling => "being cancelled",
        _ => "under way",
    };
    let percent = refresh.fact.percent.map(|percent| format!(", {percent} %")).unwrap_or_default();
    Ok(Said { words: format!("{word}{percent}"), key: word.to_owned() })
}

/// Rule by rule, how many instances it found. All of one side are as many as all of the other.
fn drift(sheet: &mut Sheet, pair: &Pair<'_>) {
    let (a, b) = (found(pair.a, pair.one), found(pair.b, pair.other));
    for (at, found) in [&a, &b].into_iter().enumerate() {
        if let Some(why) = &found.untold {
            sheet.untold(&pair.what("drift"), at, why);
        }
    }
    let mut rules: Vec<RuleName> = a.rules.keys().chain(b.rules.keys()).copied().collect();
    rules.sort();
    rules.dedup();
    for rule in &rules {
        let said = |found: &Found, group: &ServerGroup| match found.rules.get(rule).copied().unwrap_or(0) {
            0 => Said::plain("none"),
            number if number == group.instances.len() => {
                Said { words: format!("all {number}"), key: "all".to_owned() }
            }
            number => Said::plain(count(number, "instance")),
        };
        let what = pair.what(&format!("drift: {rule}"));
        sheet.put(&what, Ok(said(&a, pair.one)), Ok(said(&b, pair.other)));
    }
    if rules.is_empty() && a.untold.is_none() && b.untold.is_none() {
        let none = || Ok(Said::plain("none"));
        sheet.put(&pair.what("drift"), none(), none());
    }
}

/// What was found of a group's instances.
#[derive(Default)]
struct Found {
    rules: BTreeMap<RuleName, usize>,
    /// What could not be judged.
    untold: Option<String>,
}

fn found(of: Of<'_>, group: &ServerGroup) -> Found {
    let mut found = Found::default();
    let mut untold = 0;
    let mut first = None;
    for instance in &group.instances {
        let mut rules: Vec<RuleName> = Vec::new();
        for finding in of.judgement.of(&instance.id) {
            if finding.rule == RuleName::UNKNOWN {
                first.get_or_insert_with(|| format!("{}: {}", finding.expected, finding.why));
            }
            if !rules.contains(&finding.rule) {
                rules.push(finding.rule);
            }
        }
        for rule in rules {
            if rule == RuleName::UNKNOWN {
                untold += 1;
            } else {
                *found.rules.entry(rule).or_default() += 1;
            }
        }
    }
    found.untold =
        first.map(|first| format!("{} could not be judged in full ({first})", count(untold, "instance")));
    found
}
