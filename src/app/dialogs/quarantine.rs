//! What setting an instance aside needs to know before it can be planned: how, whether another comes in its place, and
//! why. Of one that is set aside already it asks what becomes of it.

use super::Reaction;
use super::form::{self, Choice, Form};
use crate::app::screens::Screen;
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{ClusterId, GroupName, Instance, InstanceId};
use crate::plan::{Aside, Author, Intent, Refusal, standing};

/// What becomes of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It is set aside.
    Aside(Aside),
    /// It goes back into service.
    Release,
    /// It is ended.
    Terminate,
}

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuarantineField {
    /// What becomes of it.
    Deed,
    /// Whether another comes in its place.
    Replacement,
    /// Why.
    Reason,
}

/// The form.
#[derive(Debug)]
pub struct QuarantineForm {
    /// The cluster.
    pub cluster: ClusterId,
    /// The group that has the instance, or had it.
    pub group: GroupName,
    /// The instance.
    pub instance: InstanceId,
    /// Why, by whom and since when it is in quarantine, where it is.
    pub says: Option<String>,
    /// What can become of it.
    pub deed: Choice<Deed>,
    /// Whether another comes in its place.
    pub replacement: bool,
    /// Why, as it is typed.
    pub reason: TextField,
    /// The field that is typed or chosen now.
    pub focus: QuarantineField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
}

impl QuarantineForm {
    /// Asks about the instance that is selected, or shown.
    ///
    /// # Errors
    /// Why nothing can become of it.
    pub fn new(model: &Model) -> Result<Self, String> {
        let id = match model.screen() {
            Screen::Cluster(screen) => screen.list.selected(),
            Screen::Instance(screen) => Some(&screen.id),
            _ => None,
        };
        let (id, seen) = id.zip(model.observation.as_ref()).ok_or("no instance is selected")?;
        let (cluster, group) = standing(&seen.fleet, id).map_err(|refusal| refusal.why)?;
        let (_, _, instance) = seen.fleet.find_instance(id).ok_or("the newest look does not show it")?;
        let deeds = deeds(instance);
        let sets_aside = matches!(deeds.first(), Some((Deed::Aside(_), _)));
        Ok(Self {
            cluster,
            group,
            instance: id.clone(),
            says: instance.quarantine().map(ToString::to_string),
            deed: Choice::new(deeds, 0),
            replacement: true,
            reason: TextField::default(),
            focus: if sets_aside { QuarantineField::Reason } else { QuarantineField::Deed },
            refusal: None,
        })
    }

    fn intent(&mut self, model: &Model) -> Result<Intent, Refusal> {
        let by = || match &model.identity {
            Some(identity) => Ok(Author { who: words::principal(&identity.arn).into(), at: model.now }),
            None => Err(Refusal::new("who asks is not proven yet, and the tag says it", "wait a moment")),
        };
        let (cluster, group, instance) = (self.cluster.clone(), self.group.clone(), self.instance.clone());
        match self.deed.chosen() {
            Some(Deed::Aside(_)) if self.reason.text().trim().is_empty() => {
                self.focus = QuarantineField::Reason;
                Err(Refusal::new("no reason is given", "say why it is set aside: its tag tells it"))
            }
            Some(Deed::Aside(how)) => Ok(Intent::Quarantine {
                cluster,
                group,
                instance,
                how: *how,
                replacement: self.replacement,
                reason: self.reason.text().into(),
                by: by()?,
            }),
            Some(Deed::Release) => Ok(Intent::Release { cluster, group, instance, by: by()? }),
            Some(Deed::Terminate) => Ok(Intent::Terminate { cluster, group, instance }),
            None => Err(Refusal::new("nothing can become of it now", "esc, and look again")),
        }
    }
}

/// What can become of an instance, the mildest first.
fn deeds(instance: &Instance) -> Vec<(Deed, String)> {
    let mut deeds = Vec::new();
    let (member, marked) = (instance.membership.is_some(), instance.quarantine().is_some());
    if member && !instance.stands_by() {
        deeds.push((Deed::Aside(Aside::Standby), "stands by in its group: it can come back".to_owned()));
        deeds.push((Deed::Aside(Aside::Detach), "leaves its group for good".to_owned()));
    }
    if member && (marked || instance.stands_by()) {
        deeds.push((Deed::Release, "goes back into service".to_owned()));
    }
    if marked && (!member || instance.stands_by()) {
        deeds.push((Deed::Terminate, "is ended for good".to_owned()));
    }
    deeds
}

impl Form for QuarantineForm {
    type Field = QuarantineField;

    fn fields(&self) -> Vec<QuarantineField> {
        use QuarantineField::{Deed as What, Reason, Replacement};
        match self.deed.chosen() {
            Some(Deed::Aside(_)) => vec![What, Replacement, Reason],
            _ => vec![What],
        }
    }

    fn focus(&mut self) -> &mut QuarantineField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        (self.focus == QuarantineField::Reason).then_some(&mut self.reason)
    }

    fn turn(&mut self, forward: bool, _model: &Model) {
        match self.focus {
            QuarantineField::Deed => self.deed.turn(forward),
            QuarantineField::Replacement => self.replacement = !self.replacement,
            QuarantineField::Reason => {}
        }
    }

    fn refusal(&mut self) -> &mut Option<Refusal> {
        &mut self.refusal
    }

    fn accept(&mut self, model: &Model, _effects: &mut Vec<Effect>) -> Result<Reaction, Refusal> {
        self.intent(model).and_then(|intent| form::plan(model, &intent))
    }

    fn plans_for(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }

    fn is_free_text(&self) -> bool {
        self.focus == QuarantineField::Reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::Person;

    fn form(person: &Person) -> &QuarantineForm {
        match person.model.dialogs.last() {
            Some(Dialog::Quarantine(form)) => form,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_form_asks_why_and_leads_to_the_plan_of_a_quarantine_of_the_selected_instance() {
        let mut person = Person::new();
        person.press("j j enter j Q enter");
        assert!(form(&person).refusal.is_some(), "without a reason nothing is planned");
        let id = form(&person).instance.clone();
        person.press("I N C - 7 enter");
        let Some(Dialog::Confirm(confirm)) = person.model.dialogs.last() else {
            panic!("{:?}", person.model.dialogs)
        };
        let Intent::Quarantine { instance, how: Aside::Standby, replacement: true, reason, .. } =
            &confirm.plan.intent
        else {
            panic!("{:?}", confirm.plan.intent)
        };
        assert_eq!((instance, reason), (&id, &"INC-7".into()));
    }

    #[test]
    fn the_way_and_the_replacement_are_chosen() {
        let mut person = Person::new();
        person.press("j j enter j Q x shift-tab down shift-tab down enter");
        let Some(Dialog::Confirm(confirm)) = person.model.dialogs.last() else {
            panic!("{:?}", form(&person))
        };
        let chosen =
            matches!(confirm.plan.intent, Intent::Quarantine { how: Aside::Detach, replacement: false, .. });
        assert!(chosen, "{:?}", confirm.plan.intent);
    }
}
