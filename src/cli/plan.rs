//! `flightdeck plan`: works a plan out and prints it. Nothing is changed.

use std::fmt::Write as _;

use super::args::PlanVerb;
use super::documents;
use super::exit::End;
use super::session::{self, Session};
use crate::fleet::{Action, Fleet, Scope, SourceArn};
use crate::plan::{Answer, Call, Intent, Percent, Plan, Refusal, find_cluster, plan};

/// Observes, plans, prints; ends with 3 where a guard blocks.
pub(super) fn run(session: &Session, verb: &PlanVerb, json: bool) -> Result<(), End> {
    let observed = session.observe()?;
    let intent = intent(verb, &observed.observation.fleet)?;
    // The look at everything may have taken longer than a decision's facts may be old.
    let fleet = session.look(&Scope::Cluster(intent.cluster().clone()))?;
    let plan = plan(&intent, &fleet, &observed.history, &session.settings.plan, session.now())?;
    if json { documents::print(&plan) } else { documents::print_text(&words(&plan)) }
        .map_err(session::unwritable)?;
    session::tell_gaps(&fleet);
    match plan.guards.iter().find(|guard| guard.verdict == Answer::Block) {
        None => Ok(()),
        Some(guard) => {
            documents::tell(&format!("flightdeck: guard {} blocks it: {}", guard.name, guard.why));
            Err(End::Blocked)
        }
    }
}

/// What the words mean in this fleet.
fn intent(verb: &PlanVerb, fleet: &Fleet) -> Result<Intent, Refusal> {
    match verb {
        PlanVerb::Shift { target, to: (group, percent), source } => {
            let cluster = find_cluster(fleet, target)?;
            let percent: Percent = percent.parse().map_err(|why: String| {
                Refusal::new(why, "write the share the group is to have, such as `=25`")
            })?;
            // A side may be named without the cluster's name in front, as the screen does.
            let whole = format!("{}-{group}", cluster.id.name.raw());
            let named = |name: &str| cluster.groups.iter().find(|known| known.id.name.raw() == name);
            let to = named(group)
                .or_else(|| named(&whole))
                .map_or_else(|| group.as_str().into(), |g| g.id.name.clone());
            Ok(Intent::Shift {
                cluster: cluster.id.clone(),
                to,
                percent,
                steps: None,
                source: parse_source(source.as_deref())?,
            })
        }
        PlanVerb::Rollback { target, source } => Ok(Intent::Rollback {
            cluster: find_cluster(fleet, target)?.id.clone(),
            of: None,
            source: parse_source(source.as_deref())?,
        }),
    }
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
pub(super) fn words(plan: &Plan) -> String {
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
            line(format!("     waits {} s at least, until {}", wait.seconds, wait.until));
        }
    }
    let healthy = plan.reach.lowest_healthy.map_or_else(|| "unknown".to_string(), |count| count.to_string());
    line(format!(
        "  reach  {} instances · {} % of requests move · lowest healthy {healthy} · about {} s",
        plan.reach.instances, plan.reach.percent, plan.reach.seconds
    ));
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
    format!("{} {} {}   {}", call.service(), call.operation(), call.source(), weights.join(" · "))
}
