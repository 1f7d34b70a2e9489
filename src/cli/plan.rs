//! `flightdeck plan`: works a plan out and prints it. Nothing is changed.

use std::fmt::Write as _;

use super::args::PlanVerb;
use super::documents;
use super::exit::End;
use super::session::{self, Session};
use crate::fleet::{Action, Cluster, Fleet, GroupName, Scope, SourceArn};
use crate::plan::{
    Answer, Call, Intent, Percent, Plan, Policy, Refusal, Stepped, Wait, WaitFor, find_cluster, plan,
};

/// Observes, plans, prints; ends with 3 where a guard blocks.
pub(super) fn run(session: &Session, verb: &PlanVerb, json: bool) -> Result<(), End> {
    let observed = session.observe()?;
    let intent = intent(verb, &observed.observation.fleet, &session.settings.plan)?;
    let history = observed.history.with_claims(session.claims(&[intent.cluster().place.clone()]));
    // The look at everything may have taken longer than a decision's facts may be old.
    let fleet = session.look(&Scope::Cluster(intent.cluster().clone()))?;
    let plan = plan(&intent, &fleet, &history, &session.settings.plan, session.now())?;
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
fn intent(verb: &PlanVerb, fleet: &Fleet, policy: &Policy) -> Result<Intent, Refusal> {
    match verb {
        PlanVerb::Shift { target, to: (group, percent), steps, bake, source } => {
            let cluster = find_cluster(fleet, target)?;
            let stepped = steps.as_ref().map(|at| {
                let usual = Stepped::default();
                let at = at.as_ref().map_or(Ok(usual.at), |at| at.0.iter().map(|one| share(one)).collect());
                Ok::<_, Refusal>(Stepped { at: at?, bake: bake.unwrap_or(policy.bake(&cluster.id)) })
            });
            Ok(Intent::Shift {
                cluster: cluster.id.clone(),
                to: side(cluster, group),
                percent: share(percent)?,
                steps: stepped.transpose()?,
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
    }
}

fn share(percent: &str) -> Result<Percent, Refusal> {
    percent
        .parse()
        .map_err(|why: String| Refusal::new(why, "write the share the group is to have, such as `=25`"))
}

/// A side may be named without the cluster's name in front, as the screen does.
fn side(cluster: &Cluster, group: &str) -> GroupName {
    let whole = format!("{}-{group}", cluster.id.name.raw());
    let named = |name: &str| cluster.groups.iter().find(|known| known.id.name.raw() == name);
    named(group).or_else(|| named(&whole)).map_or_else(|| group.into(), |known| known.id.name.clone())
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
            line(format!("     {}", wait_words(wait)));
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

fn wait_words(wait: &Wait) -> String {
    let Wait { seconds, until, what, late } = wait;
    match what {
        WaitFor::Settled | WaitFor::Bake => {
            format!("waits {seconds} s at least, until {until}; else {}", late.word())
        }
        WaitFor::Healthy | WaitFor::Person => {
            format!("waits {seconds} s at most, until {until}; then {}", late.word())
        }
    }
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
