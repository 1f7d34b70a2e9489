//! What a drill needs to know before it can be planned: which group, what it loses, for how long, and when to stop.
//! Which instance is lost is chosen at random when the plan is made, and named by it.

use super::Reaction;
use super::form::{self, Choice, Form};
use super::refresh::{groups, subject};
use crate::app::{Effect, Model, TextField};
use crate::fleet::{Cluster, ClusterId, GroupName, Zone};
use crate::plan::{Exercise, Intent, Refusal, choose_for_drill, drill_floor, duration, no_drill};

/// Times a zone may be empty, in seconds.
const TIMES: [u64; 4] = [300, 600, 1_800, 3_600];
/// Which of them is offered first.
const USUAL: usize = 1;

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DrillField {
    /// The server group.
    Group,
    /// What it loses.
    Loses,
    /// For how long, where that is a zone.
    Time,
    /// The fewest healthy instances with which it goes on.
    Stop,
}

/// The form.
#[derive(Debug)]
pub struct DrillForm {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its server groups.
    pub group: Choice<GroupName>,
    /// What is lost: a zone, or else an instance.
    pub loses: Choice<Option<Zone>>,
    /// For how long a zone is.
    pub time: Choice<u64>,
    /// The fewest healthy instances with which it goes on, as it is typed; empty for the usual.
    pub stop: TextField,
    /// How many those are where nothing is typed.
    pub floor: usize,
    /// When drills of the cluster are allowed, in words; `None`: at no time.
    pub hours: Option<String>,
    /// The field that is typed or chosen now.
    pub focus: DrillField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
}

impl DrillForm {
    /// Asks about the group of the selected instance. A cluster in which no drill is allowed is told how to allow them.
    ///
    /// # Errors
    /// There is no group.
    pub fn new(model: &Model) -> Result<Self, String> {
        let (cluster, _) = subject(model).ok_or("no cluster is selected")?;
        let hours = model.policy.drills(&cluster.id).map(ToString::to_string);
        let refusal = hours.is_none().then(|| no_drill(&cluster.id));
        let times = TIMES.map(|seconds| (seconds, duration(seconds)));
        let mut form = Self {
            cluster: cluster.id.clone(),
            group: groups(model, cluster)?,
            loses: Choice::new(Vec::new(), 0),
            time: Choice::new(times.into(), USUAL),
            stop: TextField::default(),
            floor: 0,
            hours,
            focus: DrillField::Loses,
            refusal,
        };
        form.aim(model, cluster);
        Ok(form)
    }

    /// What the chosen group can lose; a group of one zone none of its zones.
    fn aim(&mut self, model: &Model, cluster: &Cluster) {
        let mut options = vec![(None, "one healthy instance, at random".to_owned())];
        if let Some(group) = self.group.chosen().and_then(|name| cluster.group(name)) {
            let several = group.zones.len() > 1;
            let zones = group.zones.iter().filter(|_| several);
            options.extend(zones.map(|zone| (Some(zone.clone()), format!("all of {zone}, for a time"))));
            self.floor = drill_floor(group, None, model.policy.min_healthy(&cluster.id));
        }
        self.loses.renew(options);
    }

    fn intent(&mut self, model: &Model) -> Result<Intent, Refusal> {
        if self.hours.is_none() {
            return Err(no_drill(&self.cluster));
        }
        let none = || Refusal::new("there is no server group", "esc, and look again");
        let name = self.group.chosen().cloned().ok_or_else(none)?;
        let (cluster, _) = subject(model).ok_or_else(none)?;
        let group = cluster.group(&name).ok_or_else(none)?;
        let typed = self.stop.text().trim();
        let stop_below = match typed {
            "" => None,
            _ => Some(typed.parse().map_err(|_| {
                self.focus = DrillField::Stop;
                Refusal::new(
                    format!("`{typed}` is no number of instances"),
                    "type one such as 2, or nothing for the usual",
                )
            })?),
        };
        let exercise = match (self.loses.chosen(), self.time.chosen()) {
            (Some(Some(zone)), Some(seconds)) => Exercise::Empty { zone: zone.clone(), seconds: *seconds },
            _ => Exercise::Replace { instance: choose_for_drill(group, at_random(model))? },
        };
        Ok(Intent::Drill { cluster: self.cluster.clone(), group: name, exercise, stop_below })
    }
}

/// Any number: what is left of the instant at which a person pressed a key.
fn at_random(model: &Model) -> usize {
    usize::try_from(model.now.as_microsecond()).unwrap_or(0)
}

impl Form for DrillForm {
    type Field = DrillField;

    fn fields(&self) -> Vec<DrillField> {
        let zone = matches!(self.loses.chosen(), Some(Some(_)));
        let fields = [DrillField::Group, DrillField::Loses, DrillField::Time, DrillField::Stop];
        fields.into_iter().filter(|field| *field != DrillField::Time || zone).collect()
    }

    fn focus(&mut self) -> &mut DrillField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        (self.focus == DrillField::Stop).then_some(&mut self.stop)
    }

    fn turn(&mut self, forward: bool, model: &Model) {
        match self.focus {
            DrillField::Group => {
                self.group.turn(forward);
                if let Some((cluster, _)) = subject(model) {
                    self.aim(model, cluster);
                }
            }
            DrillField::Loses => self.loses.turn(forward),
            DrillField::Time => self.time.turn(forward),
            DrillField::Stop => {}
        }
    }

    fn refusal(&mut self) -> &mut Option<Refusal> {
        &mut self.refusal
    }

    fn accept(&mut self, model: &Model, _effects: &mut Vec<Effect>) -> Result<Reaction, Refusal> {
        let intent = self.intent(model)?;
        form::plan(model, &intent)
    }

    fn plans_for(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Session;
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::{Person, drilling};
    use crate::plan::Answer;

    /// Somebody with the form of `orders` open.
    fn asked() -> Person {
        let mut person = Person::before(Session::Safe, drilling());
        person.look();
        person.press("j j enter X");
        person
    }

    fn form(person: &Person) -> &DrillForm {
        match person.model.dialogs.last() {
            Some(Dialog::Drill(form)) => form,
            other => panic!("{other:?}"),
        }
    }

    fn planned(person: &Person) -> &Intent {
        match person.model.dialogs.last() {
            Some(Dialog::Confirm(confirm)) => {
                let allowed = confirm.plan.guards.iter().find(|guard| guard.name == "drill-allowed");
                assert_eq!(allowed.unwrap().verdict, Answer::Pass);
                &confirm.plan.intent
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_instance_is_chosen_when_the_plan_is_made_and_named_by_it() {
        let mut person = asked();
        person.press("enter");
        let Intent::Drill { group, exercise: Exercise::Replace { instance }, stop_below, .. } =
            planned(&person)
        else {
            panic!("{:?}", planned(&person))
        };
        assert!(instance.raw().starts_with(&format!("i-{group}-")), "{instance} of {group}");
        assert_eq!(*stop_below, None);
    }

    #[test]
    fn a_zone_is_emptied_for_the_time_that_is_chosen() {
        let mut person = asked();
        assert!(!form(&person).fields().contains(&DrillField::Time), "an instance is lost for good");
        person.press("down tab up tab 2 enter");
        let Intent::Drill { exercise, stop_below, .. } = planned(&person) else { panic!() };
        assert_eq!(*exercise, Exercise::Empty { zone: "eu-west-1a".into(), seconds: TIMES[0] });
        assert_eq!(*stop_below, Some(2));
    }

    #[test]
    fn what_is_no_number_is_said_at_its_field() {
        let mut person = asked();
        person.press("tab");
        person.types("few");
        person.press("enter");
        let form = form(&person);
        assert!(form.refusal.as_ref().unwrap().why.contains("`few` is no number"));
    }

    #[test]
    fn where_no_drill_is_allowed_the_form_says_how_to_allow_them_and_leads_nowhere() {
        let mut person = Person::new();
        person.press("j j enter X");
        for _ in 0..2 {
            let refusal = form(&person).refusal.as_ref().unwrap();
            assert_eq!(refusal.why, "no drill is allowed in orders");
            assert!(refusal.remedy.contains("write drills = { hours ="), "{}", refusal.remedy);
            person.press("enter");
        }
    }
}
