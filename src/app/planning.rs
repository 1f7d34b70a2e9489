//! What plans are called on a screen. The plans themselves are `plan`'s.

use super::summary::{image_label, side_image};
use super::words;
use crate::fleet::{Action, Cluster, Fleet, GroupName, ImageId, TargetGroupArn};
use crate::plan::{self, Call, Exercise, Intent, Plan, RefreshTo, Wait, WaitFor};

/// Where a plan leads: the image of the side that gets everything, else the side's name; the weights where sides share it.
pub fn goal_of(plan: &Plan, fleet: &Fleet, cluster: &Cluster) -> String {
    let call = plan.steps.iter().rev().find_map(|step| step.call.as_ref());
    let made = plan.steps.iter().find_map(|step| match &step.call {
        Some(Call::CreateLaunchTemplateVersion(create)) => create.changes.image.as_ref(),
        _ => None,
    });
    if let Some(image) = made {
        return image_label(fleet, &cluster.id.place, &ImageId::new(image.raw()));
    }
    if let Some(Call::StartInstanceRefresh(start)) = call {
        let fact =
            start.desired.template().and_then(|to| fleet.template(&cluster.id.place, &to.id, to.version));
        let image = fact.and_then(|fact| {
            fact.resolved_image.clone().or_else(|| fact.image.as_ref().map(|image| ImageId::new(image.raw())))
        });
        return image.map_or_else(|| "before".into(), |image| image_label(fleet, &cluster.id.place, &image));
    }
    let weights = call.into_iter().flat_map(Call::actions).flat_map(Action::weights);
    let mut serving = weights.filter(|(_, weight)| *weight > 0);
    let (Some((arn, _)), Some(call)) = (serving.next(), call) else { return "before".into() };
    if serving.next().is_some() {
        // Sides that share the traffic are no single image.
        return weights_words(call, Some(cluster));
    }
    let group = cluster.groups.iter().find(|group| group.target_groups.contains(&arn));
    let image = group.and_then(|group| side_image(fleet, &[group]).runs);
    image.unwrap_or_else(|| {
        group.map_or_else(|| arn.name().to_string(), |group| words::side(&cluster.id.name, &group.id.name))
    })
}

/// What a target group is called within its cluster: by its server group, where it has one of its own.
fn side_of(cluster: Option<&Cluster>, arn: &TargetGroupArn) -> String {
    let group: Option<(&Cluster, &GroupName)> = cluster.and_then(|cluster| {
        let mut groups = cluster.groups.iter().filter(|group| group.target_groups.contains(arn));
        match (groups.next(), groups.next()) {
            (Some(only), None) => Some((cluster, &only.id.name)),
            _ => None,
        }
    });
    group.map_or_else(|| arn.name().to_string(), |(cluster, group)| words::side(&cluster.id.name, group))
}

/// What a call writes: the weights side by side (`blue 75 green 25`), else its own words.
pub fn weights_words(call: &Call, cluster: Option<&Cluster>) -> String {
    if call.source().is_none() {
        return call.says();
    }
    let weights = call.actions().iter().flat_map(Action::weights);
    weights.map(|(arn, weight)| format!("{} {weight}", side_of(cluster, &arn))).collect::<Vec<_>>().join(" ")
}

/// How long a wait takes, and what becomes of it where it does not come: `2 min; else it rolls back`.
pub fn wait_words(wait: &Wait) -> String {
    let time = plan::duration(wait.seconds);
    let about = match wait.what {
        WaitFor::Bake => "",
        WaitFor::Settled => "about ",
        WaitFor::Healthy
        | WaitFor::Person
        | WaitFor::Refreshed
        | WaitFor::Replaced
        | WaitFor::Sized
        | WaitFor::Aside
        | WaitFor::Emptied
        | WaitFor::Built => "at most ",
    };
    format!("{about}{time}; else it {}", wait.late.word())
}

/// What a plan does, in a title: `Shift orders: green 10 → 25 %`.
pub fn title(plan: &Plan, fleet: &Fleet) -> String {
    let cluster = fleet.cluster(plan.intent.cluster());
    match &plan.intent {
        Intent::Shift { to, percent, cluster: id, .. } => {
            let source = plan.steps.iter().find_map(|step| step.call.as_ref()?.source());
            let source =
                cluster.and_then(|c| c.traffic.iter().find(|known| Some(&known.arn) == source.as_ref()));
            let now = source.map_or_else(|| "?".into(), |source| format!("{:.0}", source.group_percent(to)));
            format!("Shift {}: {} {now} → {percent}", plan.cluster, words::side(&id.name, to))
        }
        Intent::Switch { to, cluster: id, .. } => {
            format!("Switch {} to {}", plan.cluster, words::side(&id.name, to))
        }
        Intent::Resume { operation, .. } => format!("Resume {operation} on {}", plan.cluster),
        Intent::Replace { group, instances, .. } => match instances.as_slice() {
            [only] => format!("Replace {only} of {group}"),
            several => format!("Replace {} instances of {group}", several.len()),
        },
        Intent::Rebuild { family, chain, then, .. } => {
            let chain = if *chain { " and what stands on it" } else { "" };
            let then = then.as_ref().map(|then| format!(", then {}", then.verb())).unwrap_or_default();
            format!("Rebuild {family}{chain}{then}")
        }
        Intent::Mark { image, bad: Some(_), .. } => format!("Mark {image} as bad"),
        Intent::Mark { image, bad: None, .. } => format!("Mark {image} as good again"),
        Intent::Quarantine { group, instance, .. } => format!("Quarantine {instance} of {group}"),
        Intent::Release { group, instance, .. } => format!("Release {instance} to {group}"),
        Intent::Terminate { group, instance, .. } => format!("Terminate {instance} of {group}"),
        Intent::Scale { group, desired, .. } => format!("Scale {group} to {desired}"),
        Intent::Deploy { group, cluster: id, .. } => {
            format!("Deploy {} to {}", plan.cluster, words::side(&id.name, group))
        }
        Intent::Refresh { group, to: RefreshTo::Type(wanted), .. } => format!("Scale {group} to {wanted}"),
        Intent::CancelRefresh { group, .. } => format!("Cancel the refresh of {group}"),
        Intent::RollbackRefresh { group, .. } => format!("Take the refresh of {group} back"),
        Intent::Drill { group, exercise, .. } => match exercise {
            Exercise::Replace { instance } => format!("Drill {group}: lose {instance}"),
            Exercise::Empty { zone, seconds } => {
                format!("Drill {group}: lose {zone} for {}", plan::duration(*seconds))
            }
        },
        Intent::Refresh { group, .. } => format!("Refresh {group} of {}", plan.cluster),
        Intent::Rollback { .. } => {
            let goal = cluster.map(|cluster| format!(" → {}", goal_of(plan, fleet, cluster)));
            format!("Roll back {}{}", plan.cluster, goal.unwrap_or_default())
        }
    }
}

/// Columns of the picture of a capacity.
const CURVE: usize = 40;

/// The healthy instances on the way of a plan, as a picture and in words: `▇▇▅▇▇ 12 → lowest 10 → 12 healthy`.
pub fn capacity(plan: &Plan) -> Option<String> {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let points = &plan.capacity;
    let (first, last) = (points.first()?, points.last()?);
    let (most, lowest) = (*points.iter().max()?, points.iter().min()?);
    // Of several points in one column the lowest is shown: it is never lost.
    let columns = points.chunks(points.len().div_ceil(CURVE)).filter_map(|chunk| chunk.iter().min());
    let bar = |point: &usize| BARS[(point * (BARS.len() - 1)).div_ceil(most.max(1))];
    let picture: String = columns.map(bar).collect();
    Some(format!("{picture} {first} → lowest {lowest} → {last} healthy"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::Person;

    #[test]
    fn a_capacity_is_a_picture_and_words_in_which_the_lowest_is_never_lost() {
        let mut person = Person::new();
        person.press("j j enter G x");
        let Some(Dialog::Confirm(confirm)) = person.model.dialogs.last() else { panic!("no plan") };
        let mut plan = (*confirm.plan).clone();
        assert_eq!(capacity(&plan).as_deref(), Some("█▇█ 6 → lowest 5 → 6 healthy"));
        plan.capacity = std::iter::repeat_n(100, 399).chain([0]).chain([100]).collect();
        let says = capacity(&plan).unwrap();
        assert!(says.ends_with(" 100 → lowest 0 → 100 healthy") && says.starts_with('█'), "{says}");
        assert!(says.chars().take_while(|c| !c.is_ascii_digit()).count() <= CURVE + 1, "{says}");
        plan.capacity.clear();
        assert_eq!(capacity(&plan), None);
    }
}
