//! Whether an action applies now, and if not, why: help and palette show the reason, and pressing the key says it.

use super::dialogs::{
    CompareImages, DeployForm, DrillForm, IgnoreForm, MarkForm, Partner, QuarantineForm, RebuildForm,
    RefreshForm, ReplaceForm, ScaleForm,
};
use super::screens::Screen;
use super::{Model, Session, WayBack, words};
use crate::fleet::LoadBalancerKind;
use crate::keymap::{Action, Context};
use crate::plan::{Course, KnownState, Steer, WayOut};

/// Tells whether an action applies on the screen that is seen.
///
/// # Errors
/// The reason why it does not, as a short sentence.
pub fn applies(model: &Model, action: Action) -> Result<(), String> {
    let context = model.screen().view().context();
    if !action.applies_in(context) {
        return Err(format!("it means nothing on the {context} screen"));
    }
    match action {
        Action::Mark if matches!(model.screen(), Screen::Images(_)) => image_selected(model),
        Action::Open
        | Action::Mark
        | Action::MarkAll
        | Action::MarkTainted
        | Action::MarkBehind
        | Action::MarkOldest => selected(model),
        Action::Unmark => marked(model),
        Action::CompareImages => CompareImages::new(model).map(drop),
        Action::Shift => has_traffic(model).and_then(|()| is_free(model, action)),
        Action::Switch => {
            has_traffic(model).and_then(|()| is_free(model, action)).and_then(|()| can_switch(model))
        }
        Action::Log => super::act::build_log(model).map(drop),
        Action::NextBuild | Action::PreviousBuild => several_builds(model),
        Action::Approve => may_approve(model),
        Action::Pause | Action::StepNow | Action::Hold | Action::Abort | Action::Resume => {
            may_steer(model, action)
        }
        Action::Rollback if context == Context::Operations => may_steer(model, action),
        Action::Rollback if is_without_traffic(model) => {
            is_free(model, action).and_then(|()| can_go_back(model))
        }
        Action::Rollback => {
            has_traffic(model).and_then(|()| is_free(model, action)).and_then(|()| can_go_back(model))
        }
        Action::Refresh => RefreshForm::new(model).map(drop).and_then(|()| is_free(model, action)),
        Action::Deploy => DeployForm::new(model).map(drop).and_then(|()| is_free(model, action)),
        Action::Drill => DrillForm::new(model).map(drop).and_then(|()| is_free(model, action)),
        Action::Scale => ScaleForm::new(model).map(drop).and_then(|()| is_free(model, action)),
        Action::CancelRefresh | Action::RollbackRefresh => {
            super::act::refreshing(model).map(drop).and_then(|()| may_end_refresh(model))
        }
        Action::Replace => super::act::replace(model).map(drop).and_then(|()| is_free(model, action)),
        Action::ReplaceSeveral => ReplaceForm::new(model).map(drop).and_then(|()| is_free(model, action)),
        Action::Quarantine => QuarantineForm::new(model).map(drop).and_then(|()| is_free(model, action)),
        Action::Rebuild => RebuildForm::new(model).map(drop).and_then(|()| is_free(model, action)),
        Action::MarkBad => MarkForm::new(model).map(drop),
        Action::Ignore => IgnoreForm::new(model).map(drop),
        Action::Compare => Partner::new(model).map(drop),
        Action::Arm => may_arm(model),
        Action::NextSource | Action::PreviousSource => several_sources(model),
        Action::Gaps => match &model.observation {
            Some(observation) if observation.fleet.gaps.is_empty() => Err("everything could be read".into()),
            _ => observed(model),
        },
        Action::NextDrift | Action::PreviousDrift | Action::SortNext | Action::SortReverse => observed(model),
        _ => Ok(()),
    }
}

/// Tells what an action does now: its line of the table, and on what.
pub fn does_now(model: &Model, action: Action) -> String {
    if let (Action::Rollback, Screen::Operations(screen)) = (action, model.screen()) {
        return match screen.selected(&model.known) {
            Some(one) => format!("takes back {} {} of {}", one.verb, one.id, one.cluster.name),
            None => "takes back the selected operation".into(),
        };
    }
    let subject = model.screen().view().subject();
    let on = subject.map(|id| id.name.to_string());
    match (action, on) {
        (Action::Shift, Some(cluster)) => format!("{} of {cluster}", action.does()),
        (Action::Rollback, Some(cluster)) => {
            let to = way_back(model).and_then(|back| back.rollback.as_ref().ok());
            let to = to.map(|to| format!(" → {to}")).unwrap_or_default();
            format!("{}: {cluster}{to}", action.does())
        }
        (Action::Replace, _) => match model.screen() {
            Screen::Cluster(screen) if screen.marks.count() > 0 => {
                format!("replaces the {} selected", words::count(screen.marks.count(), "instance"))
            }
            _ => action.does().to_owned(),
        },
        (Action::Arm, _) => match (&model.session, model.account()) {
            (Session::Armed { .. }, _) => "disarms this session".into(),
            (_, Some(account)) => format!("arms this session for {}", words::account(account)),
            _ => action.does().to_owned(),
        },
        _ => action.does().to_owned(),
    }
}

fn way_back(model: &Model) -> Option<&WayBack> {
    model.observation.as_ref()?.summary(model.screen().view().subject()?)?.back.as_ref()
}

fn observed(model: &Model) -> Result<(), String> {
    if model.observation.is_some() { Ok(()) } else { Err("nothing has been seen yet".into()) }
}

fn selected(model: &Model) -> Result<(), String> {
    observed(model)?;
    let selected = match model.screen() {
        Screen::Fleet(screen) => screen.list.selected().is_some(),
        Screen::Cluster(screen) => screen.list.selected().is_some(),
        Screen::Operations(screen) => screen.list.selected().is_some(),
        Screen::Images(screen) => screen.list.selected().is_some(),
        _ => true,
    };
    if selected { Ok(()) } else { Err("no row is selected".into()) }
}

fn image_selected(model: &Model) -> Result<(), String> {
    selected(model)?;
    match model.screen() {
        Screen::Images(screen) if screen.is_image_selected() => Ok(()),
        _ => Err("only images are marked here".into()),
    }
}

fn marked(model: &Model) -> Result<(), String> {
    match model.screen() {
        Screen::Cluster(screen) if screen.marks.count() > 0 => Ok(()),
        Screen::Images(screen) if !screen.marked.is_empty() => Ok(()),
        _ => Err("nothing is marked".into()),
    }
}

fn has_traffic(model: &Model) -> Result<(), String> {
    observed(model)?;
    let Some(id) = model.screen().view().subject() else { return Err("no cluster is selected".into()) };
    let cluster = model.observation.as_ref().and_then(|observation| observation.fleet.cluster(id));
    let Some(cluster) = cluster else { return Err(format!("{} is not in the newest look", id.name)) };
    if cluster.traffic.is_empty() {
        return Err(format!("no listener or rule sends traffic to {}", id.name));
    }
    if cluster.traffic.iter().all(|source| source.kind != LoadBalancerKind::Application) {
        return Err("only listeners of application load balancers are written to for now".into());
    }
    Ok(())
}

/// One operation at a time per cluster.
fn is_free(model: &Model, action: Action) -> Result<(), String> {
    let subject = model.screen().view().subject();
    match subject.and_then(|id| model.in_the_way(id, action == Action::Rollback)) {
        Some(operation) => Err(format!("{} {} is not over yet", operation.verb, operation.id)),
        None => Ok(()),
    }
}

/// What this cockpit follows is let go first: AWS goes on with it, and nothing is done behind its back.
fn may_end_refresh(model: &Model) -> Result<(), String> {
    let subject = model.screen().view().subject();
    match subject.and_then(|id| model.in_the_way(id, false)) {
        Some(own) if own.verb == "refresh" => Err(format!(
            "refresh {} follows it here: abort it to go back, or hold it, which lets AWS go on, and then cancel",
            own.id
        )),
        Some(own) => Err(format!("{} {} is not over yet", own.verb, own.id)),
        None => Ok(()),
    }
}

/// A cluster that no load balancer serves: it can go back only by a refresh.
fn is_without_traffic(model: &Model) -> bool {
    let cluster =
        model.screen().view().subject().and_then(|id| model.observation.as_ref()?.fleet.cluster(id));
    cluster.is_some_and(|cluster| cluster.traffic.is_empty())
}

/// There must be a group that does not have all the traffic already.
fn can_switch(model: &Model) -> Result<(), String> {
    let Some(id) = model.screen().view().subject() else { return Err("no cluster is selected".into()) };
    let cluster = model.observation.as_ref().and_then(|observation| observation.fleet.cluster(id));
    match cluster {
        Some(cluster) if cluster.groups.len() < 2 => {
            Err(format!("{} has one server group: there is nothing to switch to", id.name))
        }
        _ => Ok(()),
    }
}

/// Whether the selected operation takes this order: one that runs here, or one that was left half done.
fn may_steer(model: &Model, action: Action) -> Result<(), String> {
    let Screen::Operations(screen) = model.screen() else { return Err("no operation is selected".into()) };
    let Some(one) = screen.selected(&model.known) else { return Err("no operation is selected".into()) };
    let own = model.own(&one.id).filter(|own| own.runs());
    match (action, own) {
        (Action::Resume | Action::Rollback, Some(_)) => Err("it still runs: abort it to take it back".into()),
        (Action::StepNow, Some(own)) if own.waits_for().is_none() && !own.is_paused() => {
            Err("it waits for nothing that could end now".into())
        }
        (_, Some(own)) if matches!(own.told, Some(Steer::Hold | Steer::Abort)) => {
            Err(format!("it is {} already", own.word()))
        }
        (Action::Pause | Action::StepNow | Action::Abort, Some(own)) if own.course() == Course::Back => {
            Err("it is going back already".into())
        }
        (_, Some(_)) => Ok(()),
        (_, None) if one.state == KnownState::Running => Err(format!(
            "{} on {} holds it: only that cockpit steers it",
            words::person(&one.holder),
            one.holder.host
        )),
        (Action::Resume, None) if one.offers(WayOut::Resume) => Ok(()),
        (Action::Abort, None) if one.offers(WayOut::Abort) => Ok(()),
        (Action::Rollback, None) if one.offers(WayOut::Rollback) => Ok(()),
        (Action::Pause | Action::StepNow | Action::Hold, None) => {
            Err(format!("it does not run: it is {}", one.state.word().replace('-', " ")))
        }
        (_, None) => Err(format!("nothing of it is left to be done: {}", one.why)),
    }
}

/// A second person is another one than the first.
fn may_approve(model: &Model) -> Result<(), String> {
    let Screen::Operations(screen) = model.screen() else { return Err("no operation is selected".into()) };
    let Some(one) = screen.selected(&model.known) else { return Err("no operation is selected".into()) };
    let Some(asked) = model.asked(&one.id) else { return Err("it waits for no second person".into()) };
    match &model.identity {
        Some(identity) if identity.arn == asked.who.principal => {
            Err("it was confirmed by this login: the second person is another one".into())
        }
        _ => Ok(()),
    }
}

fn several_builds(model: &Model) -> Result<(), String> {
    match model.screen() {
        Screen::BuildLog(screen) if screen.builds.len() > 1 => Ok(()),
        _ => Err("the operation has one build".into()),
    }
}

fn can_go_back(model: &Model) -> Result<(), String> {
    if several_sources(model).is_ok() {
        // It is asked which one is meant.
        return Ok(());
    }
    match way_back(model).map(|back| &back.rollback) {
        Some(Err(why)) => Err(why.clone()),
        _ => Ok(()),
    }
}

fn may_arm(model: &Model) -> Result<(), String> {
    match &model.session {
        Session::ReadOnly { why } => Err(format!("this session is read-only: {why}")),
        Session::Safe if model.identity.is_none() => {
            Err("STS has not proved which account this is, so nothing can be armed".into())
        }
        Session::Safe | Session::Armed { .. } => Ok(()),
    }
}

fn several_sources(model: &Model) -> Result<(), String> {
    has_traffic(model)?;
    let id = model.screen().view().subject();
    let cluster = id.and_then(|id| model.observation.as_ref()?.fleet.cluster(id));
    if cluster.is_some_and(|cluster| cluster.traffic.len() > 1) {
        Ok(())
    } else {
        Err("only one listener or rule carries its traffic".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::stepped;

    #[test]
    fn a_rollback_on_the_operations_screen_names_the_operation_and_no_goal() {
        let mut person = stepped();
        assert!(does_now(&person.model, Action::Rollback).starts_with("rolls traffic back"));
        person.press("o");
        let id = person.model.operations[0].id.to_string();
        assert_eq!(does_now(&person.model, Action::Rollback), format!("takes back shift {id} of orders"));
    }
}
