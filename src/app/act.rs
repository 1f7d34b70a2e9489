//! Does what a user said. What only one screen or dialog knows is theirs; what concerns the whole cockpit is here.

use super::dialogs::{Arm, Confirm, Dialog, FilterLine, Gaps, Help, Leave, Palette, Reaction, ShiftForm};
use super::screens::{Activity, Cluster, Screen, Step};
use super::{Effect, Model, Session, Subject, Tone, applies};
use crate::fleet::Scope;
use crate::keymap::Action;
use crate::plan::{self, Intent};

/// Does what was said, in the dialog on top or else on the screen.
pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Suspend => return effects.push(Effect::Suspend),
        Action::Quit => return quit(model, effects),
        _ => {}
    }
    match model.dialogs.pop() {
        Some(mut dialog) => {
            let reaction = dialog.popup_mut().act(action, model, effects);
            react(model, dialog, reaction, effects);
        }
        None => act_on_screen(model, action, effects),
    }
}

fn react(model: &mut Model, dialog: Dialog, reaction: Reaction, effects: &mut Vec<Effect>) {
    match reaction {
        Reaction::Stay => model.dialogs.push(dialog),
        Reaction::Close => {}
        Reaction::Become(other) => model.dialogs.push(*other),
        Reaction::Then(action) => act_on_screen(model, action, effects),
        Reaction::Open(cluster) => open(model, Screen::Cluster(Cluster::new(Subject::Cluster(cluster)))),
    }
}

fn act_on_screen(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if let Err(reason) = applies(model, action) {
        return model.say(Tone::Bad, format!("{}: {reason}", action.name()));
    }
    if let Some(step) = Step::of(action) {
        let (screen, _) = model.screen_and_seen();
        return screen.view_mut().step(step);
    }
    match action {
        Action::Back => back(model),
        Action::Activity => open(model, Screen::Activity(Activity::default())),
        Action::ObserveNow => {
            model.say(Tone::Good, "looking at everything now");
            effects.push(Effect::Observe(Scope::Complete));
        }
        Action::Filter => {
            if let Some(filter) = model.screen().view().filter() {
                let line = FilterLine::new(filter.clone());
                model.dialogs.push(Dialog::Filter(line));
            }
        }
        Action::Shift => plan_change(model, false, effects),
        Action::Rollback => plan_change(model, true, effects),
        Action::Arm => arm_or_disarm(model),
        Action::Help => model.dialogs.push(Dialog::Help(Help::new(model))),
        Action::Palette => model.dialogs.push(Dialog::Palette(Palette::new(model))),
        Action::Gaps => model.dialogs.push(Dialog::Gaps(Gaps::new(model))),
        _ => {
            let (screen, seen) = model.screen_and_seen();
            if let Some(next) = screen.view_mut().act(action, &seen) {
                open(model, next);
            }
        }
    }
}

fn open(model: &mut Model, screen: Screen) {
    model.screens.push(screen);
    model.derive();
}

/// Opens the cluster that was asked for when the cockpit was started.
pub(super) fn open_by_name(model: &mut Model, name: &str) {
    let Some(observation) = model.observation.as_deref() else { return };
    match plan::find_cluster(&observation.fleet, name).map(|cluster| cluster.id.clone()) {
        Ok(id) => open(model, Screen::Cluster(Cluster::new(Subject::Cluster(id)))),
        Err(refusal) => model.say(Tone::Bad, refusal.to_string()),
    }
}

fn back(model: &mut Model) {
    if model.screens.len() > 1 {
        model.screens.pop();
        model.derive();
    }
}

fn arm_or_disarm(model: &mut Model) {
    match (&model.session, model.identity.as_ref()) {
        (Session::Armed { .. }, _) => {
            model.session = Session::Safe;
            model.say(Tone::Good, "SAFE: nothing can be written");
        }
        (Session::Safe, Some(identity)) => {
            let arm = Arm::new(model, identity.account.clone());
            model.dialogs.push(Dialog::Arm(arm));
        }
        _ => {}
    }
}

/// Opens what a change of traffic begins with: a form where something has to be chosen, else the plan itself.
fn plan_change(model: &mut Model, back: bool, effects: &mut Vec<Effect>) {
    let Some(observation) = model.observation.as_deref() else { return };
    let Some(cluster) = model.screen().view().subject().and_then(|id| observation.fleet.cluster(id)) else {
        return;
    };
    let shown = match model.screen() {
        Screen::Cluster(screen) => screen.source(cluster).map(|(_, source)| source.arn.clone()),
        _ => None,
    };
    // What is decided here is decided on fresh facts.
    effects.push(Effect::Observe(Scope::Cluster(cluster.id.clone())));
    let form = ShiftForm::new(cluster, shown.as_ref(), back);
    if !back {
        return model.dialogs.push(Dialog::Shift(form));
    }
    let intent = Intent::Rollback { cluster: cluster.id.clone(), of: None, source: None };
    match (Confirm::new(model, &intent), cluster.traffic.len()) {
        (Ok(confirm), _) => model.dialogs.push(Dialog::Confirm(confirm)),
        (Err(_), 2..) => model.dialogs.push(Dialog::Shift(form)),
        (Err(refusal), _) => model.say(Tone::Bad, refusal.to_string()),
    }
}

/// Leaves; while an operation runs it asks first.
fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.running().next().is_none() {
        return effects.push(Effect::Quit);
    }
    if !matches!(model.dialogs.last(), Some(Dialog::Leave(_))) {
        model.dialogs.push(Dialog::Leave(Leave::new(model.now)));
    }
}
