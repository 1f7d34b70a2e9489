//! Does what a user said. What only one screen or dialog knows is theirs; what concerns the whole cockpit is here.

use super::dialogs::{
    Arm, Change, CompareImages, Confirm, DeployForm, Dialog, DrillForm, FilterLine, Gaps, Help, IgnoreForm,
    Leave, MarkForm, Palette, Partner, QuarantineForm, Reaction, RebuildForm, RefreshForm, ReplaceForm,
    ScaleForm, Second, ShiftForm, SteerDialog, selected_group,
};
use super::screens::{Activity, BuildLog, Cluster, Compare, Images, Operations, Screen, Step};
use super::{Effect, Model, Operation, Session, Subject, Tone, applies};
use crate::fleet::{self, ClusterId, GroupName, ImageId, InstanceId, Place, Scope};
use crate::keymap::Action;
use crate::plan::{self, Batches, Intent, Steer};

/// Does what was said, in the dialog on top or else on the screen.
pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Suspend => return effects.push(Effect::Suspend),
        Action::Quit => return quit(model, effects),
        Action::HoldAll => return model.hold_all(effects),
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
        Reaction::Compare(a, b) => {
            if matches!(model.screen(), Screen::Compare(_)) {
                model.screens.pop();
            }
            open(model, Screen::Compare(Compare::new(a, b)));
        }
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
        Action::Operations => {
            let about = model.screen().view().subject().cloned();
            open(model, Screen::Operations(Operations::new(&model.known, about.as_ref())));
        }
        Action::Pause | Action::StepNow | Action::Hold | Action::Abort | Action::Resume => {
            steer(model, action, effects);
        }
        Action::Rollback if matches!(model.screen(), Screen::Operations(_)) => steer(model, action, effects),
        Action::Approve => {
            let Screen::Operations(screen) = model.screen() else { return };
            let asked = screen.selected(&model.known).and_then(|one| model.asked(&one.id));
            let dialog = asked.map(|asked| Dialog::Second(Second::new(model, asked)));
            model.dialogs.extend(dialog);
        }
        Action::Log => {
            if let Ok(log) = build_log(model) {
                open(model, Screen::BuildLog(Box::new(log)));
            }
        }
        Action::Activity => open(model, Screen::Activity(Activity::default())),
        Action::Images => open_images(model),
        Action::CompareImages => {
            model.dialogs.extend(CompareImages::new(model).ok().map(Dialog::CompareImages));
        }
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
        Action::Shift => plan_change(model, Change::Shift, effects),
        Action::Switch => plan_change(model, Change::Switch, effects),
        Action::Rollback => plan_change(model, Change::Rollback, effects),
        Action::Refresh | Action::Scale | Action::Deploy | Action::Drill | Action::ReplaceSeveral => {
            // What is decided here is decided on fresh facts.
            let subject = model.screen().view().subject().cloned();
            effects.extend(subject.map(|id| Effect::Observe(Scope::Cluster(id))));
            let form = match action {
                Action::Refresh => RefreshForm::new(model).map(Dialog::Refresh),
                Action::ReplaceSeveral => ReplaceForm::new(model).map(Dialog::Replace),
                Action::Drill => DrillForm::new(model).map(Dialog::Drill),
                Action::Deploy => DeployForm::new(model).map(Dialog::Deploy),
                _ => ScaleForm::new(model).map(Dialog::Scale),
            };
            model.dialogs.extend(form.ok());
        }
        Action::CancelRefresh | Action::RollbackRefresh => {
            if let Ok((cluster, group)) = refreshing(model) {
                let intent = match action {
                    Action::CancelRefresh => Intent::CancelRefresh { cluster, group },
                    _ => Intent::RollbackRefresh { cluster, group },
                };
                confirm(model, &intent, effects);
            }
        }
        Action::Quarantine | Action::Rebuild | Action::MarkBad => ask(model, action, effects),
        Action::Replace => {
            if let Ok(intent) = replace(model) {
                confirm(model, &intent, effects);
            }
        }
        Action::Arm => arm_or_disarm(model),
        Action::Help => model.dialogs.push(Dialog::Help(Help::new(model))),
        Action::Ignore => model.dialogs.extend(IgnoreForm::new(model).ok().map(Dialog::Ignore)),
        Action::Palette => model.dialogs.push(Dialog::Palette(Palette::new(model))),
        Action::Compare => model.dialogs.extend(Partner::new(model).ok().map(Dialog::Partner)),
        Action::Gaps => model.dialogs.push(Dialog::Gaps(Gaps::new(model))),
        Action::MarkAll | Action::MarkTainted | Action::MarkBehind | Action::MarkOldest => {
            let marked = |screen: &Screen| match screen {
                Screen::Cluster(screen) => screen.marks.count(),
                _ => 0,
            };
            let before = marked(model.screen());
            let (screen, seen) = model.screen_and_seen();
            let _no_other = screen.view_mut().act(action, &seen);
            if marked(model.screen()) == before {
                model.say(Tone::Good, format!("{}: no further instance is meant", action.name()));
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

/// Opens the images with the one that the selected instance runs.
fn open_images(model: &mut Model) {
    let about = running(model);
    open(model, Screen::Images(Images::new(about)));
}

/// Asks what a change needs to know, while what it is about is looked at afresh.
fn ask(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let form = match action {
        Action::Quarantine => QuarantineForm::new(model).map(Dialog::Quarantine),
        Action::Rebuild => RebuildForm::new(model).map(Dialog::Rebuild),
        _ => MarkForm::new(model).map(Dialog::Mark),
    };
    let Ok(dialog) = form else { return };
    effects.extend(dialog.popup().cluster().cloned().map(|id| Effect::Observe(Scope::Cluster(id))));
    model.dialogs.push(dialog);
}

/// Tells the selected operation something: at once what only stops it, after a question what goes on or back. What was
/// left half done is taken up, or taken back, by a plan of its own.
fn steer(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let Screen::Operations(screen) = model.screen() else { return };
    let Some(one) = screen.selected(&model.known) else { return };
    let (id, cluster) = (one.id.clone(), one.cluster.clone());
    let own = model.own(&id).filter(|own| own.runs());
    let asked = |steer| SteerDialog::new(model, &id, steer).map(Dialog::Steer);
    let dialog = match (action, own) {
        (Action::Pause, Some(own)) => {
            let steer = if own.is_paused() { Steer::Continue } else { Steer::Pause };
            return model.steer(&id, steer, effects);
        }
        (Action::Hold, Some(_)) => return model.steer(&id, Steer::Hold, effects),
        (Action::StepNow, Some(_)) => asked(Steer::StepNow),
        (Action::Abort, Some(_)) => asked(Steer::Abort),
        (Action::Resume, None) => return confirm(model, &Intent::Resume { cluster, operation: id }, effects),
        (Action::Abort | Action::Rollback, None) => {
            return confirm(model, &Intent::Rollback { cluster, of: Some(id), source: None }, effects);
        }
        _ => None,
    };
    model.dialogs.extend(dialog);
}

/// The image that the selected instance runs, or the one that is shown.
fn running(model: &Model) -> Option<(Place, ImageId)> {
    let id = match model.screen() {
        Screen::Cluster(screen) => screen.list.selected()?,
        Screen::Instance(screen) => &screen.id,
        _ => return None,
    };
    let (.., instance) = model.observation.as_ref()?.fleet.find_instance(id)?;
    Some((instance.place.clone(), instance.running.as_ref()?.image.clone()))
}

/// The log of the build that the selected operation runs, or ran last.
///
/// # Errors
/// None is selected, or it builds nothing.
pub(super) fn build_log(model: &Model) -> Result<BuildLog, String> {
    let Screen::Operations(screen) = model.screen() else { return Err("no operation is selected".into()) };
    let one = screen.selected(&model.known).ok_or("no operation is selected")?;
    let step = model.own(&one.id).map_or(one.step, Operation::step);
    BuildLog::new(one, step)
}

/// What replaces the instances that are marked; else the one that is selected, or shown.
///
/// # Errors
/// None is, or they are in no server group, or not in the same.
pub(super) fn replace(model: &Model) -> Result<Intent, String> {
    let ids: Vec<InstanceId> = match model.screen() {
        Screen::Cluster(screen) if screen.marks.count() > 0 => screen.marks.ids().cloned().collect(),
        Screen::Cluster(screen) => screen.list.selected().cloned().into_iter().collect(),
        Screen::Instance(screen) => vec![screen.id.clone()],
        _ => Vec::new(),
    };
    let seen = model.observation.as_ref().filter(|_| !ids.is_empty()).ok_or("no instance is selected")?;
    plan::replacement(&seen.fleet, model.screen().view().subject(), ids, Batches::default())
        .map_err(|refusal| refusal.to_string())
}

/// The group whose refresh is meant: that of the selected instance, else the only one with a refresh under way.
///
/// # Errors
/// None is under way, or several are.
pub(super) fn refreshing(model: &Model) -> Result<(ClusterId, GroupName), String> {
    let id = model.screen().view().subject();
    let cluster = id.and_then(|id| model.observation.as_ref()?.fleet.cluster(id));
    let cluster = cluster.ok_or("no cluster is selected")?;
    let selected = selected_group(model, cluster);
    let mut under_way = cluster.groups.iter().filter(|group| group.refresh.is_some());
    let found = |group: &fleet::ServerGroup| Ok((cluster.id.clone(), group.id.name.clone()));
    if let Some(group) = under_way.clone().find(|group| Some(&group.id.name) == selected) {
        return found(group);
    }
    match (under_way.next(), under_way.next()) {
        (Some(only), None) => found(only),
        (Some(_), Some(_)) => {
            Err("refreshes of several groups are under way: select an instance of one".into())
        }
        (None, _) => Err(format!("no instance refresh of {} is under way", cluster.id.name)),
    }
}

/// Plans and asks, or says why no plan can be made.
fn confirm(model: &mut Model, intent: &Intent, effects: &mut Vec<Effect>) {
    // What is decided here is decided on fresh facts.
    effects.push(Effect::Observe(Scope::Cluster(intent.cluster().clone())));
    match Confirm::new(model, intent) {
        Ok(confirm) => model.dialogs.push(Dialog::Confirm(confirm)),
        Err(refusal) => model.say(Tone::Bad, refusal.to_string()),
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
fn plan_change(model: &mut Model, change: Change, effects: &mut Vec<Effect>) {
    let Some(observation) = model.observation.as_deref() else { return };
    let Some(cluster) = model.screen().view().subject().and_then(|id| observation.fleet.cluster(id)) else {
        return;
    };
    let shown = match model.screen() {
        Screen::Cluster(screen) => screen.source(cluster).map(|(_, source)| source.arn.clone()),
        _ => None,
    };
    let id = cluster.id.clone();
    let is_under_way = model.running().find(|own| own.cluster == id && own.has_more_to_send());
    if let (Change::Rollback, Some(own)) = (change, is_under_way) {
        // What is still on its way goes back by itself; a second operation would only be in its way.
        let dialog = SteerDialog::new(model, &own.id.clone(), Steer::Abort).map(Dialog::Steer);
        return model.dialogs.extend(dialog);
    }
    let form = ShiftForm::new(cluster, shown.as_ref(), change, model.policy.bake(&id));
    let intent = match change {
        Change::Shift => None,
        Change::Switch => {
            other_side(cluster).map(|to| Intent::Switch { cluster: id.clone(), to, source: None })
        }
        Change::Rollback => Some(Intent::Rollback { cluster: id.clone(), of: None, source: None }),
    };
    let several = cluster.traffic.len() > 1;
    // What is decided here is decided on fresh facts.
    effects.push(Effect::Observe(Scope::Cluster(id)));
    match intent.map(|intent| Confirm::new(model, &intent)) {
        Some(Ok(confirm)) => model.dialogs.push(Dialog::Confirm(confirm)),
        Some(Err(refusal)) if !several => model.say(Tone::Bad, refusal.to_string()),
        _ => model.dialogs.push(Dialog::Shift(form)),
    }
}

/// The one group that a switch can mean: of one listener or rule and two groups, the one that has less.
fn other_side(cluster: &fleet::Cluster) -> Option<GroupName> {
    let [source] = cluster.traffic.as_slice() else { return None };
    let [one, other] = cluster.groups.as_slice() else { return None };
    let (one, other) = (&one.id.name, &other.id.name);
    let less = if source.group_percent(one) <= source.group_percent(other) { one } else { other };
    Some(less.clone())
}

/// Leaves; while an operation runs it asks first.
fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.running().next().is_none() {
        return effects.push(Effect::Quit);
    }
    if !matches!(model.dialogs.last(), Some(Dialog::Leave(_))) {
        model.dialogs.push(Dialog::Leave(Leave::new(model)));
    }
}
