//! Does what a user said. What only one screen or dialog knows is theirs; what concerns the whole cockpit is here.

use super::dialogs::{Dialog, FilterLine, Reaction};
use super::screens::{Activity, Cluster, Screen, Step};
use super::{Effect, Model, Subject, Tone, applies};
use crate::fleet::Scope;
use crate::keymap::Action;

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
        Reaction::Over(other) => model.dialogs.extend([dialog, *other]),
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

fn back(model: &mut Model) {
    if model.screens.len() > 1 {
        model.screens.pop();
        model.derive();
    }
}

fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    let _running = model.running().count();
    effects.push(Effect::Quit);
}
