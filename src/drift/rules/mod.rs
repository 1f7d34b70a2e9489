//! The rules, one file each. Adding one is a file here, a row in [`RULES`] and its tests.

mod ahead;
mod base_stale;
mod behind;
mod detached;
mod gone_image;
mod long_lived;
mod mixed;
mod orphan_image;
mod protected;
mod standby;
mod tainted;
mod template_drift;
#[cfg(test)]
mod testing;
mod traffic;
mod unknown;
mod unmanaged;
mod untraceable;

use super::{Rule, Subject};

/// A sentence about an instance that is set aside, after why it is in quarantine, where its tag says so.
fn in_quarantine(subject: &Subject<'_>, why: &str) -> String {
    let quarantine = subject.instance.quarantine();
    quarantine.map_or_else(|| why.to_owned(), |says| format!("In quarantine: {says}. {why}"))
}

/// Every rule. Of equally bad findings of an instance, the one of the earlier rule counts.
pub static RULES: &[&dyn Rule] = &[
    &behind::Behind,
    &ahead::Ahead,
    &mixed::Mixed,
    &orphan_image::OrphanImage,
    &gone_image::GoneImage,
    &base_stale::BaseStale,
    &untraceable::Untraceable,
    &template_drift::TemplateDrift,
    &tainted::Tainted,
    &unmanaged::Unmanaged,
    &long_lived::LongLived,
    &standby::Standby,
    &protected::Protected,
    &detached::Detached,
    &traffic::Traffic,
    &unknown::Unknown,
];
