//! `update(&mut Model, Message, at) -> Vec<Effect>`: what each message changes.

use jiff::Timestamp;

use super::dialogs::{Dialog, SETTLING};
use super::{Area, Effect, Message, Model, Observation, Session, Tone, Trouble, act};
use crate::fleet::Identity;
use crate::keymap::{Action, Context, Key, Lookup};

/// Takes a message that came at this time, and says what has to be done outside.
pub fn update(model: &mut Model, message: Message, at: Timestamp) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.now = at;
    lapse(model);
    model.forget_notice();
    model.operations.retain(|operation| !operation.is_over(at));
    match message {
        Message::Key { key, repeat } => take_key(model, key, repeat, &mut effects),
        Message::Paste(text) => take_paste(model, &text),
        Message::Resize { width, height } => model.size = Area::of_size(width, height),
        Message::Observed(observation) => {
            observed(model, observation);
            model.relist_silent();
        }
        Message::ObserveFailed(trouble) => {
            failed(model, trouble);
            model.relist_silent();
        }
        Message::Identity(identity) => proved(model, identity),
        Message::Calls(calls) => model.calls = calls,
        Message::Progress(progress) => {
            let operation = model.operations.iter_mut().find(|operation| operation.id == progress.operation);
            if let Some(operation) = operation {
                operation.take(progress);
            }
        }
        Message::Ended { operation, outcome } => {
            if let Some(operation) = model.operations.iter_mut().find(|known| known.id == operation) {
                operation.ended = Some((at, outcome));
                operation.told = None;
            }
            model.relist();
        }
        Message::Journal(history) => {
            model.history = history;
            if let Some(observation) = &mut model.observation {
                observation.relight(&model.history, &model.policy, at);
            }
            model.relist();
        }
        Message::Asked { place, asked } => {
            model.waiting.insert(place, asked);
            model.relist();
        }
        Message::Bookkeeping { place, unread } => model.unread.take(place, unread),
        Message::Tail { epoch, heard } => model.hear(epoch, *heard, at),
        Message::Tick | Message::Resumed => {}
        Message::Noted { text, failed } => model.say(if failed { Tone::Bad } else { Tone::Good }, text),
    }
    refresh_dialogs(model, &mut effects);
    model.fit();
    let watch = model.wanted_watch();
    if watch != model.watch {
        model.watch = watch.clone();
        effects.push(Effect::Watch(watch));
    }
    model.follow(&mut effects);
    model.revision += 1;
    effects
}

/// Dialogs look at the world again: none shows a plan of yesterday.
fn refresh_dialogs(model: &mut Model, effects: &mut Vec<Effect>) {
    for at in (0..model.dialogs.len()).rev() {
        let later = model.dialogs.split_off(at + 1);
        let Some(mut dialog) = model.dialogs.pop() else { continue };
        let stays = dialog.popup_mut().refresh(model, effects);
        model.dialogs.extend(stays.then_some(dialog));
        model.dialogs.extend(later);
    }
}

/// Ends an armed session whose time has run out.
fn lapse(model: &mut Model) {
    if model.session.has_lapsed(model.now) {
        model.session = Session::Safe;
        model.say(Tone::Good, "the armed time is over: SAFE again, nothing can be written");
    }
}

fn take_key(model: &mut Model, key: Key, repeat: bool, effects: &mut Vec<Effect>) {
    if stops(model, key) {
        model.pending.clear();
        return act::act(model, Action::HoldAll, effects);
    }
    let context = model.context();
    let is_open = is_open(model, repeat);
    if context == Context::Text && model.pending.is_empty() && key.typed().is_some() {
        if is_open {
            type_key(model, key);
        }
        return;
    }
    model.pending.push(key);
    match model.keymap.lookup(context, &model.pending) {
        Lookup::Action(action) => {
            model.pending.clear();
            let leaves = matches!(action, Action::Back | Action::Quit | Action::Suspend);
            let can_be_seen = model.layout().is_some();
            if (is_open && can_be_seen) || leaves {
                act::act(model, action, effects);
            }
        }
        Lookup::Pending(_) => {}
        Lookup::None => {
            let alone = model.pending.len() == 1;
            model.pending.clear();
            if alone && is_open {
                type_key(model, key);
            }
        }
    }
}

/// Whether a key stops everything: it is heard in the middle of a chord, by a dialog that is deaf yet, when it is held
/// down and where the screen is too small. Only where any letter may be typed it is one.
fn stops(model: &Model, key: Key) -> bool {
    let top = model.dialogs.last().map(Dialog::popup);
    let context = match top {
        Some(dialog) if !dialog.takes_any_letter() => Context::Dialog,
        _ => model.context(),
    };
    model.keymap.lookup(context, &[key]) == Lookup::Action(Action::HoldAll)
}

/// Whether keys are taken now: a dialog that confirms is deaf at first, and to held keys always.
fn is_open(model: &Model, repeat: bool) -> bool {
    let Some(since) = model.dialogs.last().and_then(|dialog| dialog.popup().confirms_since()) else {
        return true;
    };
    !repeat && model.now.duration_since(since) >= SETTLING
}

fn type_key(model: &mut Model, key: Key) {
    if model.layout().is_none() {
        return;
    }
    if let Some(mut dialog) = model.dialogs.pop() {
        dialog.popup_mut().key(key, model);
        model.dialogs.push(dialog);
    }
}

fn take_paste(model: &mut Model, text: &str) {
    let Some(mut dialog) = model.dialogs.pop() else { return };
    if dialog.popup().confirms_since().is_some() {
        model.say(Tone::Bad, "a confirmation is typed, not pasted: nothing was taken");
    } else {
        dialog.popup_mut().paste(text, model);
    }
    model.dialogs.push(dialog);
}

fn observed(model: &mut Model, observation: Box<Observation>) {
    let is_older = |held: &Observation| held.fleet.observed_at > observation.fleet.observed_at;
    if model.observation.as_deref().is_some_and(is_older) {
        return;
    }
    if let Some(identity) = observation.fleet.identity.clone() {
        proved(model, identity);
    }
    if model.trouble.take().is_some() && model.observation.is_some() {
        model.say(Tone::Good, "the fleet answers again");
    }
    model.observation = Some(observation);
    model.derive();
    if let Some(name) = model.opens.take() {
        act::open_by_name(model, &name);
    }
}

fn failed(model: &mut Model, trouble: Trouble) {
    let since = model.trouble.as_ref().map_or(model.now, |(_, since)| *since);
    model.trouble = Some((trouble, since));
}

/// Another account behind the same cockpit ends everything that was armed or asked for the first one.
fn proved(model: &mut Model, identity: Identity) {
    let is_another = model.identity.as_ref().is_some_and(|known| known.account != identity.account);
    if is_another {
        if matches!(model.session, Session::Armed { .. }) {
            model.session = Session::Safe;
        }
        model.dialogs.retain(|dialog| dialog.popup().confirms_since().is_none());
        model.say(Tone::Bad, "the credentials belong to another account now: SAFE again");
    }
    model.identity = Some(identity);
}
