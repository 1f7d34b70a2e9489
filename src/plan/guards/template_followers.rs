//! A new version of a launch template is for the group that goes to it. What follows the same template by `$Latest`
//! would launch it untested the next time it grows or replaces an instance; where that side takes traffic, it is
//! stopped.

use super::{Check, Guard, OnGroup};
use crate::fleet::{LaunchSource, ServerGroup, TemplateId, TemplateRef, TemplateVersion};
use crate::plan::verbs::Kind;
use crate::plan::{Answer, Call};

pub(super) const GUARD: Guard =
    Guard { name: "template-followers", overridable: true, check: Check::Versioned(check) };

fn check(subject: &OnGroup<'_>) -> (Answer, String) {
    let Some(Call::CreateLaunchTemplateVersion(create)) = subject.call else {
        return (Answer::Pass, "no launch template gets a version".into());
    };
    let own = &subject.group.id;
    let mut others: Vec<&ServerGroup> = (subject.fleet.clusters.iter())
        .flat_map(|cluster| &cluster.groups)
        .map(|group| &**group)
        .filter(|group| group.id.place == own.place && group.id != *own)
        .filter(|group| follows(&group.source, &create.template))
        .collect();
    others.sort_by_key(|group| !group.live);
    let Some(first) = others.first() else {
        return (Answer::Pass, format!("no other group follows {} by $Latest", create.template));
    };
    let names: Vec<String> = others.iter().map(|group| group.id.name.to_string()).collect();
    let verdict = if first.live && subject.kind != Kind::Back { Answer::Block } else { Answer::Warn };
    let traffic = if first.live { ", which takes traffic," } else { "" };
    (
        verdict,
        format!(
            "{}{traffic} launches whatever is the $Latest of {}, and would launch this version untested: \
             refresh it to a number first",
            names.join(", "),
            create.template
        ),
    )
}

/// Whether something that launches by this takes the newest version of the template.
fn follows(source: &LaunchSource, template: &TemplateId) -> bool {
    let newest = |of: &TemplateRef| of.id.as_ref() == Some(template) && of.version == TemplateVersion::Latest;
    match source {
        LaunchSource::Template(of) => newest(of),
        LaunchSource::Mixed { base, overrides } => {
            newest(base) || overrides.iter().filter_map(|one| one.template.as_ref()).any(newest)
        }
        LaunchSource::Configuration(_) | LaunchSource::Unknown => false,
    }
}
