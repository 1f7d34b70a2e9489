//! `flightdeck plan`: works a plan out and prints it. Nothing is changed.

use std::fmt::Write as _;

use super::args::{Percents, PlanVerb};
use super::documents;
use super::exit::End;
use super::session::{self, Session};
use super::{drill, groups, quarantine, rebuild, refresh};
use crate::app::planning::{capacity, wait_words};
use crate::app::words;
use crate::fleet::{Action, Cluster, ClusterId, Fleet, GroupName, ImageId, Scope, SourceArn};
use crate::plan::{
    Answer, Call, Intent, Percent, Plan, Policy, Refusal, Stepped, find_cluster, idle_group, plan,
};
use crate::runtime::machine;

/// Observes, plans, prints; ends with 3 where a guard blocks.
pub(super) fn run(session: &Session, verb: &PlanVerb, json: bool) -> Result<(), End> {
    let observed = session.observe()?;
    let all = &observed.observation.fleet;
    // The look at everything may have taken longer than a decision's facts may be old.
    let look = |id: &ClusterId| session.look(&Scope::Cluster(id.clone()));
    let (intent, fleet) = match verb {
        PlanVerb::Replace(args) if args.chooses() => {
            let fleet = look(&groups::cluster_of(args, all)?.id)?;
            let (intent, left_out) = groups::chosen(args, &fleet, &session.judge(&fleet))?;
            for says in &left_out {
                documents::tell(says);
            }
            (intent, fleet)
        }
        _ => {
            let intent = intent(verb, all, &session.settings.plan)?;
            let fleet = look(intent.cluster())?;
            (intent, fleet)
        }
    };
    let history = observed.history.with_claims(session.claims(&[intent.cluster().place.clone()]));
    let plan = plan(&intent, &fleet, &history, &session.settings.plan, session.now())?;
    if json { documents::print(&plan) } else { documents::print_text(&in_words(&plan)) }
        .map_err(session::unwritable)?;
    session::tell_gaps(&fleet.gaps);
    match plan.guards.iter().find(|guard| guard.verdict == Answer::Block) {
        None => Ok(()),
        Some(guard) => {
            documents::tell(&format!("flightdeck: guard {} blocks it: {}", guard.name, guard.why));
            Err(End::Blocked)
        }
    }
}

/// What the words mean in this fleet.
fn intent(verb: &PlanVerb, fleet: &Fleet, policy: &Policy) -> Result<Intent, Refusal> {
    match verb {
        PlanVerb::Shift { target, to: (group, percent), steps, bake, source } => {
            let cluster = find_cluster(fleet, target)?;
            Ok(Intent::Shift {
                cluster: cluster.id.clone(),
                to: side(cluster, group),
                percent: share(percent, "write the share the group is to have, such as `=25`")?,
                steps: stepped(steps.as_ref(), *bake, policy.bake(&cluster.id))?,
                source: parse_source(source.as_deref())?,
            })
        }
        PlanVerb::Switch { target, to, source } => {
            let cluster = find_cluster(fleet, target)?;
            Ok(Intent::Switch {
                cluster: cluster.id.clone(),
                to: side(cluster, to),
                source: parse_source(source.as_deref())?,
            })
        }
        PlanVerb::Rollback { target, source } => Ok(Intent::Rollback {
            cluster: find_cluster(fleet, target)?.id.clone(),
            of: None,
            source: parse_source(source.as_deref())?,
        }),
        PlanVerb::Deploy { target, image, to, steps, bake, retire, source } => {
            let cluster = find_cluster(fleet, target)?;
            let group = match to {
                Some(to) => side(cluster, to),
                None => idle_group(fleet, cluster)?,
            };
            Ok(Intent::Deploy {
                cluster: cluster.id.clone(),
                group,
                image: ImageId::new(image.as_str()),
                steps: stepped(steps.as_ref(), *bake, policy.bake(&cluster.id))?,
                retire: *retire,
                source: parse_source(source.as_deref())?,
            })
        }
        PlanVerb::Refresh(args) => refresh::intent(args, fleet),
        PlanVerb::Replace(args) => groups::replace(args, fleet),
        PlanVerb::Scale(args) => groups::scale(args, fleet),
        PlanVerb::Quarantine(args) => quarantine::quarantine(args, fleet),
        PlanVerb::Release { instance } => quarantine::release(instance, fleet),
        PlanVerb::Terminate { instance } => quarantine::terminate(instance, fleet),
        PlanVerb::Cancel(args) => groups::cancel(args, fleet),
        PlanVerb::RollbackRefresh(args) => groups::rollback_refresh(args, fleet),
        PlanVerb::Rebuild(args) => rebuild::rebuild(args, fleet, policy),
        PlanVerb::Mark(args) => rebuild::mark(args, fleet),
        PlanVerb::Drill(args) => drill::intent(args, fleet, machine::any_number()),
    }
}

/// How shares on the way are written.
const SHARES: &str = "write shares such as 5,25,50,100";

/// The steps that were asked for; the usual ones, and the cluster's own time, where nothing more is said.
pub(super) fn stepped(
    steps: Option<&Option<Percents>>,
    bake: Option<u64>,
    usual: u64,
) -> Result<Option<Stepped>, Refusal> {
    let Some(at) = steps else { return Ok(None) };
    let at = match at {
        Some(at) => at.0.iter().map(|one| share(one, SHARES)).collect::<Result<_, _>>()?,
        None => Stepped::default().at,
    };
    Ok(Some(Stepped { at, bake: bake.unwrap_or(usual) }))
}

fn share(percent: &str, remedy: &str) -> Result<Percent, Refusal> {
    percent.parse().map_err(|why: String| Refusal::new(why, remedy))
}

/// A side may be named without the cluster's name in front, as the screen does.
fn side(cluster: &Cluster, group: &str) -> GroupName {
    let names = || cluster.groups.iter().map(|known| &known.id.name);
    let mut called = names().filter(|name| words::side(&cluster.id.name, name) == group);
    let only = called.next().filter(|_| called.next().is_none());
    names().find(|name| name.raw() == group).or(only).cloned().unwrap_or_else(|| group.into())
}

fn parse_source(arn: Option<&str>) -> Result<Option<SourceArn>, Refusal> {
    arn.map(|arn| {
        SourceArn::parse(arn).ok_or_else(|| {
            Refusal::new(
                format!("`{}` is not the ARN of a listener or of a rule", crate::fleet::clean(arn)),
                "leave --source out: where several carry the cluster's traffic, they are listed",
            )
        })
    })
    .transpose()
}

/// A plan for people.
pub(super) fn in_words(plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line(format!(
        "{} {}   account {} · {}   plan {}",
        plan.verb, plan.cluster, plan.account, plan.region, plan.id
    ));
    for step in &plan.steps {
        line(format!("  {}  {}", step.n, step.does));
        if let Some(call) = &step.call {
            line(format!("     call  {}", call_words(call)));
        }
        if let Some(undo) = &step.undo {
            line(format!("     undo  {}", call_words(undo)));
        }
        if let Some(wait) = &step.wait {
            line(format!("     wait  {} · {}", wait_words(wait), wait.until));
        }
    }
    if plan.intent.cluster().family().is_some() {
        line(format!("  reach  images alone, no instance and no traffic · at most {} s", plan.reach.seconds));
    } else {
        let healthy =
            plan.reach.lowest_healthy.map_or_else(|| "unknown".to_string(), |count| count.to_string());
        line(format!(
            "  reach  {} instances · {} % of requests move · lowest healthy {healthy} · about {} s",
            plan.reach.instances, plan.reach.percent, plan.reach.seconds
        ));
    }
    if let Some(says) = capacity(plan) {
        line(format!("  health {says}"));
    }
    for guard in &plan.guards {
        let (glyph, word) = match guard.verdict {
            Answer::Pass => ('✔', "pass "),
            Answer::Warn => ('!', "warn "),
            Answer::Block => ('✘', "block"),
        };
        line(format!("  {glyph} {word} {}: {}", guard.name, guard.why));
    }
    for note in &plan.notes {
        line(format!("  note  {note}"));
    }
    line(format!("  confirm with  {}", plan.confirm.phrase));
    text
}

fn call_words(call: &Call) -> String {
    let weights: Vec<String> = call
        .actions()
        .iter()
        .flat_map(Action::weights)
        .map(|(arn, weight)| format!("{} {weight}", arn.name()))
        .collect();
    let says = if call.source().is_some() { weights.join(" · ") } else { call.says() };
    format!("{} {} {}   {says}", call.service(), call.operation(), call.resource())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::World;
    use crate::plan::tests::orders;

    /// A cluster `orders` with groups of these names.
    fn cluster(groups: &[&str]) -> Cluster {
        let mut world = World::new();
        world.template("lt", 1, "ami-1");
        for name in groups {
            let tags = &mut world.group(name, "lt").tags;
            tags.insert("flightdeck:cluster".into(), "orders".into());
        }
        world.fleet().clusters.remove(0)
    }

    #[test]
    fn a_side_is_named_as_the_screen_names_it_or_in_full() {
        let orders = cluster(&["orders-blue", "orders_v7", "v8", "orders-v8"]);
        for (said, meant) in [
            ("blue", "orders-blue"),
            ("v7", "orders_v7"),
            ("orders_v7", "orders_v7"),
            ("v8", "v8"),
            ("orders-v8", "orders-v8"),
            ("green", "green"),
        ] {
            assert_eq!(side(&orders, said), meant.into(), "{said}");
        }
        let twice = cluster(&["orders-v7", "orders_v7"]);
        assert_eq!(side(&twice, "v7"), "v7".into(), "two are called so: neither is meant");
    }

    #[test]
    fn impossible_shares_on_the_way_are_refused_with_how_they_are_written() {
        let orders = orders(90, 10);
        let verb = PlanVerb::Shift {
            target: "orders".into(),
            to: ("green".into(), "25".into()),
            steps: Some(Some(crate::cli::args::Percents(vec!["5".into(), "300".into()]))),
            bake: None,
            source: None,
        };
        let refusal = intent(&verb, &orders.world.fleet(), &Policy::default()).unwrap_err();
        assert_eq!(refusal.remedy, SHARES);
    }

    #[test]
    fn a_wait_says_in_one_sentence_how_long_it_is_and_what_becomes_of_it() {
        let orders = orders(90, 10);
        let stepped = Stepped { bake: 150, ..Stepped::default() };
        let intent = crate::plan::tests::stepped(50, stepped);
        let history = crate::plan::History::default();
        let at = crate::fleet::builders::read_at();
        let plan = plan(&intent, &orders.world.fleet(), &history, &Policy::default(), at).unwrap();
        let text = in_words(&plan);
        assert!(text.contains("wait  2 min 30 s; else it "), "{text}");
    }
}
