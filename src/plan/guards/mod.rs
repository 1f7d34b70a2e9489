//! One file a guard. Each looks at a draft and says pass, warn or block with one sentence, and fails closed on the
//! facts it names. They speak when a plan is made and again before its step is sent.

mod enough_healthy;
mod fresh_facts;
mod large_step;
mod one_image;
mod sticky;
mod target_groups;
mod weights;

use jiff::Timestamp;

use super::verbs::Draft;
use super::{Answer, Finding, Intent, Policy};
use crate::fleet::{Cluster, Fleet};

/// What a guard looks at.
pub(super) struct Subject<'a> {
    pub fleet: &'a Fleet,
    pub cluster: &'a Cluster,
    pub intent: &'a Intent,
    pub draft: &'a Draft<'a>,
    pub policy: &'a Policy,
    pub at: Timestamp,
}

/// A guard: its name and what it says.
pub(super) struct Guard {
    /// By which it is shown and overridden.
    pub name: &'static str,
    /// Its judgement.
    pub check: fn(&Subject<'_>) -> (Answer, String),
}

/// Every guard, in the order they are shown.
pub(super) static GUARDS: &[Guard] = &[
    enough_healthy::GUARD,
    fresh_facts::GUARD,
    target_groups::GUARD,
    weights::GUARD,
    one_image::GUARD,
    large_step::GUARD,
    sticky::GUARD,
];

/// What all guards say.
pub(super) fn ask(subject: &Subject<'_>) -> Vec<Finding> {
    GUARDS
        .iter()
        .map(|guard| {
            let (verdict, why) = (guard.check)(subject);
            Finding { name: guard.name.into(), verdict, why }
        })
        .collect()
}
