//! A plan to be confirmed: its steps with their calls, how far it reaches, what the guards say, what has to be typed.

use super::{Lines, WIDEST, asks, key, labelled, popup, write};
use crate::app::dialogs::{Confirm, Stage};
use crate::app::{Area, Session, planning, words};
use crate::fleet::{Cluster, SourceArn};
use crate::keymap::{Action, Context};
use crate::plan::{Answer, Intent, Outcome, Plan, Resource, Step};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::{Look, glyphs};

/// Columns of the labels on the left.
const LABEL: usize = 7;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Confirm) {
    let columns = WIDEST.min(body.width).saturating_sub(4);
    let plan = &dialog.plan;
    let cluster = look.model.observation.as_ref().and_then(|seen| seen.fleet.cluster(plan.intent.cluster()));
    let mut page = pages(plan, cluster, columns, true);
    let mut foot = foot(look, dialog, columns);
    if page.len() + foot.len() + 3 > usize::from(body.height) && dialog.stage == Stage::Asking {
        // Nobody confirms what a guard warns of without having had it in sight: it stands where nothing scrolls.
        page = pages(plan, cluster, columns, false);
        foot.splice(..0, warnings(plan, columns));
    }
    let wanted = u16::try_from(page.len() + foot.len()).unwrap_or(u16::MAX).saturating_add(3);
    let area = body.middle(columns + 4, wanted);
    let right = bound_to(look, plan);
    let title =
        look.model.observation.as_ref().map_or_else(String::new, |seen| planning::title(plan, &seen.fleet));
    let inside = popup(canvas, look, area, &title, &right);
    scrolled(canvas, look, inside, &page, &foot, dialog.scroll);
}

/// Where a plan acts, with the name of the account in words where it is production.
pub(super) fn bound_to(look: &Look<'_>, plan: &Plan) -> Vec<Piece> {
    let mut right = vec![piece("account ", Role::Dim)];
    if let Some(name) = look.model.production(&plan.account) {
        right.push(piece(format!("{name} "), Role::ProductionBadge));
    }
    right.push(piece(format!("{} · {}", words::account(&plan.account), plan.region), Role::Text));
    right
}

/// What has to be typed is always in sight; the plan is scrolled where it is longer than the rest.
pub(super) fn scrolled(
    canvas: &mut Canvas<'_>,
    look: &Look<'_>,
    mut inside: Area,
    page: &Lines,
    foot: &Lines,
    scroll: u16,
) {
    let foot_area = inside.cut_bottom(u16::try_from(foot.len()).unwrap_or(u16::MAX));
    write(canvas, foot_area, foot);
    let room = usize::from(inside.height.saturating_sub(1));
    let hidden = page.len().saturating_sub(room);
    let top = usize::from(scroll).min(hidden);
    write(canvas, Area { height: inside.height.saturating_sub(1), ..inside }, &page[top..]);
    if hidden > 0 {
        let (down, up) =
            (key(look, Context::Text, Action::PageDown), key(look, Context::Text, Action::PageUp));
        let says = format!("lines {}–{} of {}: {down}, {up}", top + 1, top + room, page.len());
        canvas.text(inside.cut_bottom(1), 0, &says, Role::Warning);
    }
}

fn label(text: &str) -> Piece {
    piece(format!("{:LABEL$}", format!("{text} ")), Role::Dim)
}

/// All there is to read of a plan.
pub(super) fn page(plan: &Plan, cluster: Option<&Cluster>, columns: u16) -> Lines {
    pages(plan, cluster, columns, true)
}

/// The same, with or without what guards warn of.
fn pages(plan: &Plan, cluster: Option<&Cluster>, columns: u16, warned: bool) -> Lines {
    let mut lines: Lines = Vec::new();
    if let Intent::Replace { instances, .. } = &plan.intent
        && instances.len() > 1
    {
        let ids: Vec<String> = instances.iter().map(ToString::to_string).collect();
        let says = format!("{} selected: {}", ids.len(), ids.join(", "));
        labelled(&mut lines, columns, &label("which"), &says, Role::Name);
    }
    if let Some(says) = planning::capacity(plan) {
        labelled(&mut lines, columns, &label("health"), &says, Role::Text);
    }
    // Of several calls each is undone by the one before it; what counts is where one call leads back to.
    let several = calls(plan) != 1;
    for step in &plan.steps {
        step_lines(&mut lines, step, cluster, columns, !several);
    }
    if let Some(call) = plan.way_back().filter(|_| several) {
        // Before it moves traffic only a refresh can be taken back, by AWS.
        let mixed = plan.way_back_from(0).is_none();
        let from = if mixed { "once traffic has moved" } else { "from any step" };
        let says = format!("{} · by one call, {from}", planning::weights_words(call, cluster));
        labelled(&mut lines, columns, &label("back"), &says, Role::Text);
    }
    labelled(&mut lines, columns, &label("reach"), &reach(plan), Role::Text);
    guards(&mut lines, plan, columns, warned);
    for note in &plan.notes {
        labelled(&mut lines, columns, &label("note"), note, Role::Text);
    }
    lines
}

fn step_lines(lines: &mut Lines, step: &Step, cluster: Option<&Cluster>, columns: u16, undo: bool) {
    labelled(lines, columns, &label(&format!("step {}", step.n)), &step.does, Role::Title);
    if let Some(call) = &step.call {
        let sticky = call.actions().iter().any(|action| {
            let config = action.forward_config.as_ref();
            config
                .and_then(|config| config.target_group_stickiness_config)
                .is_some_and(|sticky| sticky.enabled)
        });
        let sticky = if sticky { "  (stickiness kept)" } else { "" };
        let says = format!(
            "{} {} {}  {}{sticky}",
            call.service(),
            call.operation(),
            short_arn(&call.resource()),
            planning::weights_words(call, cluster)
        );
        labelled(lines, columns, &label("  call"), &says, Role::Text);
    }
    if let Some(undo) = step.undo.as_ref().filter(|_| undo) {
        labelled(lines, columns, &label("  undo"), &planning::weights_words(undo, cluster), Role::Dim);
    }
    if let Some(wait) = &step.wait {
        let says = format!("{} · {}", planning::wait_words(wait), wait.until);
        labelled(lines, columns, &label("  wait"), &says, Role::Dim);
    }
}

/// What a call writes to: of an ARN its end, which tells one from another.
fn short_arn(resource: &Resource) -> String {
    let text = resource.to_string();
    let kind = match resource {
        Resource::Source(SourceArn::Listener(_)) => "listener",
        Resource::Source(SourceArn::Rule(_)) => "rule",
        _ => return text,
    };
    text.rsplit('/').next().map_or_else(|| text.clone(), |end| format!("…/{kind}/{end}"))
}

fn calls(plan: &Plan) -> usize {
    plan.steps.iter().filter(|step| step.call.is_some()).count()
}

fn reach(plan: &Plan) -> String {
    let reach = &plan.reach;
    let lowest = reach.lowest_healthy.map_or_else(|| "unknown".into(), |count| count.to_string());
    let time = words::span(jiff::SignedDuration::from_secs(i64::try_from(reach.seconds).unwrap_or(i64::MAX)));
    let calls = match calls(plan) {
        _ if plan.way_back().is_none() && plan.builds().next().is_some() => {
            "an abort stops what builds".to_owned()
        }
        _ if plan.way_back().is_none() => "no call takes it back".to_owned(),
        _ if matches!(plan.intent, Intent::Replace { .. }) => "what is ended does not come back".to_owned(),
        0 => "no call, 1 to go back".to_owned(),
        1 => "1 call to go back".to_owned(),
        several => format!("{several} calls, 1 to go back"),
    };
    if plan.intent.cluster().family().is_some() {
        return format!("images alone, no instance and no traffic · at most {time} · {calls}");
    }
    if !plan.moves_traffic() && plan.intent.group().is_some() {
        let instances = words::count(reach.instances, "instance");
        return format!("{instances} replaced · lowest healthy {lowest} · about {time} · {calls}");
    }
    format!(
        "{} of requests move · {} · lowest healthy {lowest} · about {time} · {calls}",
        words::percent(reach.percent),
        words::count(reach.instances, "instance"),
    )
}

/// Those that pass share lines; each of the others has its own, with its reason.
fn guards(lines: &mut Lines, plan: &Plan, columns: u16, warned: bool) {
    let mut line = vec![label("guards")];
    for guard in plan.guards.iter().filter(|guard| guard.verdict == Answer::Pass) {
        let next = piece(format!("{} {}  ", glyphs::GOOD, guard.name.replace('-', " ")), Role::Healthy);
        if width_of(&line) + width_of(std::slice::from_ref(&next)) > columns {
            lines.push(std::mem::replace(&mut line, vec![label("")]));
        }
        line.push(next);
    }
    if line.len() > 1 {
        lines.push(line);
    }
    for guard in &plan.guards {
        let (glyph, role) = match guard.verdict {
            Answer::Pass => continue,
            Answer::Warn if !warned => continue,
            Answer::Warn => (glyphs::WARN, Role::Warning),
            Answer::Block => (glyphs::BAD, Role::Error),
        };
        let says = format!("{glyph} {}: {}", guard.name.replace('-', " "), guard.why);
        labelled(lines, columns, &label(""), &says, role);
    }
}

fn warnings(plan: &Plan, columns: u16) -> Lines {
    let mut lines = Lines::new();
    for guard in plan.guards.iter().filter(|guard| guard.verdict == Answer::Warn) {
        let says = format!("{}: {}", guard.name.replace('-', " "), guard.why);
        labelled(
            &mut lines,
            columns,
            &piece(format!("{} ", glyphs::WARN), Role::Warning),
            &says,
            Role::Warning,
        );
    }
    lines
}

fn foot(look: &Look<'_>, dialog: &Confirm, columns: u16) -> Lines {
    let plan = &dialog.plan;
    let mut lines: Lines = Vec::new();
    let bad = piece(format!("{} ", glyphs::BAD), Role::Error);
    match (&dialog.stage, &dialog.refusal, &look.model.session) {
        (Stage::Asking, Some(refusal), _) => {
            labelled(&mut lines, columns, &bad, &refusal.why, Role::Error);
            labelled(&mut lines, columns, &piece("  ", Role::Text), &refusal.remedy, Role::Text);
        }
        (Stage::Asking, None, Session::ReadOnly { why }) => {
            let says = format!("READ-ONLY: {why}. The plan can be seen and not run.");
            labelled(&mut lines, columns, &bad, &says, Role::Warning);
        }
        (Stage::Asking, None, _) => {
            if let Some(guard) = dialog.blocked_by() {
                let says =
                    format!("guard {} blocks it: it cannot go on like this", guard.name.replace('-', " "));
                labelled(&mut lines, columns, &bad, &says, Role::Error);
            }
            // It has to be read, whatever is scrolled away.
            for guard in plan.guards.iter().filter(|guard| guard.verdict == Answer::Block) {
                let says = format!("{}: {}", guard.name, guard.why);
                labelled(&mut lines, columns, &bad, &says, Role::Error);
            }
            lines.extend(asks(&dialog.asks, columns));
        }
        (Stage::Waiting(_), ..) => {
            let says = "confirmed: it is on its way, and goes on if this dialog is closed";
            labelled(
                &mut lines,
                columns,
                &piece(format!("{} ", glyphs::MOVING), Role::Moving),
                says,
                Role::Moving,
            );
        }
        (Stage::Ended(outcome), ..) => outcome_lines(&mut lines, columns, &bad, outcome),
    }
    if let Some(says) = &dialog.says {
        labelled(&mut lines, columns, &bad, says, Role::Error);
    }
    lines
}

fn outcome_lines(lines: &mut Lines, columns: u16, bad: &Piece, outcome: &Outcome) {
    let (what, why, remedy) = match outcome {
        Outcome::Done { says } => return labelled(lines, columns, &piece("", Role::Text), says, Role::Text),
        Outcome::Refused { why, remedy } => ("refused, nothing was sent", why, remedy),
        Outcome::Failed { why, remedy } => ("failed, nothing was changed", why, remedy),
        Outcome::RolledBack { why, remedy } => ("rolled back", why, remedy),
        Outcome::Held { why, remedy } => ("held", why, remedy),
    };
    labelled(lines, columns, bad, &format!("{what}: {why}"), Role::Error);
    labelled(lines, columns, &piece("  ", Role::Text), remedy, Role::Text);
}
