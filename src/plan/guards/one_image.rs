//! A side that gains traffic runs one image; several are a warning.

use std::collections::BTreeSet;

use super::{Guard, Subject};
use crate::plan::Answer;

pub(super) const GUARD: Guard = Guard { name: "one-image-per-side", overridable: true, check };

fn check(subject: &Subject<'_>) -> (Answer, String) {
    let gaining = subject.draft.gaining();
    let mut labels = Vec::new();
    for group in &subject.cluster.groups {
        if !group.target_groups.iter().any(|arn| gaining.contains(arn)) {
            continue;
        }
        let unknown = group.instances.iter().filter(|instance| instance.running.is_none()).count();
        let images: BTreeSet<_> =
            group.instances.iter().filter_map(|instance| Some(&instance.running.as_ref()?.image)).collect();
        let name = &group.id.name;
        if unknown > 0 {
            return (Answer::Warn, format!("the image of {unknown} instances of {name} is unknown"));
        }
        if images.len() > 1 {
            return (Answer::Warn, format!("{name} runs {} different images", images.len()));
        }
        labels.extend(images.into_iter().map(|id| {
            subject
                .fleet
                .image(&group.id.place, id)
                .map_or_else(|| format!("{name} runs {id}"), |image| format!("{name} runs {image}"))
        }));
    }
    (Answer::Pass, if labels.is_empty() { "no side gains traffic".into() } else { labels.join(", ") })
}
