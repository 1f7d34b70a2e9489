//! What replacing several instances needs to know before it can be planned: of which group, which ones, how many at once,
//! and whether others are launched first. What is meant but cannot be replaced where it stands is counted here.

use super::Reaction;
use super::form::{self, Choice, Form};
use super::refresh::{groups, subject};
use crate::app::screens::Screen;
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{ClusterId, GroupName, InstanceId};
use crate::plan::{self, Batches, Intent, Refusal};

/// Which instances are replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those that are marked on the screen, else the selected one.
    Chosen,
    /// All of the group of which this rule found something, by the rule's name.
    Found(&'static str),
}

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplaceField {
    /// The server group.
    Group,
    /// Which instances.
    Which,
    /// How many together.
    AtOnce,
    /// Whether others are launched first.
    First,
}

/// The form.
#[derive(Debug)]
pub struct ReplaceForm {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its server groups.
    pub group: Choice<GroupName>,
    /// Which instances; those of the group that are chosen only where some are.
    pub which: Choice<Which>,
    /// How many are ended together, as it is typed.
    pub at_once: TextField,
    /// Whether as many are launched before the first is ended.
    pub launch_first: bool,
    /// The field that is typed or chosen now.
    pub focus: ReplaceField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
    chosen: Vec<InstanceId>,
}

impl ReplaceForm {
    /// Asks about the instances that are marked, else the group of the selected one.
    ///
    /// # Errors
    /// Why there is nothing to be replaced.
    pub fn new(model: &Model) -> Result<Self, String> {
        let (cluster, _) = subject(model).ok_or("no cluster is selected")?;
        let chosen: Vec<InstanceId> = match model.screen() {
            Screen::Cluster(screen) if screen.marks.count() > 0 => screen.marks.ids().cloned().collect(),
            Screen::Cluster(screen) => screen.list.selected().cloned().into_iter().collect(),
            _ => Vec::new(),
        };
        let mut group = groups(model, cluster)?;
        let has = |name: &GroupName, id: &InstanceId| {
            cluster.group(name).is_some_and(|group| group.instances.iter().any(|one| one.id == *id))
        };
        if let Some(first) = chosen.first() {
            group.at = group.options.iter().position(|(name, _)| has(name, first)).unwrap_or(group.at);
        }
        let mut form = Self {
            cluster: cluster.id.clone(),
            group,
            which: Choice::new(Vec::new(), 0),
            at_once: TextField::new("1".to_owned()),
            launch_first: false,
            focus: ReplaceField::Which,
            refusal: None,
            chosen,
        };
        form.renew(model);
        Ok(form)
    }

    fn intent(&mut self, model: &Model) -> Result<Intent, Refusal> {
        let batches = Batches { at_once: self.number()?, launch_first: self.launch_first };
        let seen = model.observation.as_ref();
        let of = seen.zip(seen.and_then(|seen| seen.fleet.cluster(&self.cluster)));
        let of = of.and_then(|(seen, cluster)| Some((seen, cluster.group(self.group.chosen()?)?)));
        let (seen, group) =
            of.ok_or_else(|| Refusal::new("the newest look does not show the group", "esc, and look again"))?;
        let instances = match self.which.chosen() {
            Some(Which::Found(rule)) => plan::choose(group, plan::Choice::Found(rule), &seen.judgement)?.0,
            _ => self.chosen.clone(),
        };
        plan::replacement(&seen.fleet, Some(&self.cluster), instances, batches)
    }

    fn number(&mut self) -> Result<usize, Refusal> {
        let typed = self.at_once.text().trim();
        typed.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
            self.focus = ReplaceField::AtOnce;
            Refusal::new(format!("`{typed}` is no number of instances"), "type a whole number from 1")
        })
    }
}

impl Form for ReplaceForm {
    type Field = ReplaceField;

    fn fields(&self) -> Vec<ReplaceField> {
        use ReplaceField::{AtOnce, First, Group, Which as What};
        match self.which.chosen() {
            // They have their group already.
            Some(Which::Chosen) => vec![What, AtOnce, First],
            _ => vec![Group, What, AtOnce, First],
        }
    }

    fn focus(&mut self) -> &mut ReplaceField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        (self.focus == ReplaceField::AtOnce).then_some(&mut self.at_once)
    }

    fn turn(&mut self, forward: bool, model: &Model) {
        match self.focus {
            ReplaceField::Group => {
                self.group.turn(forward);
                self.renew(model);
            }
            ReplaceField::Which => self.which.turn(forward),
            ReplaceField::First => self.launch_first = !self.launch_first,
            ReplaceField::AtOnce => {}
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

    /// Counts anew what is tainted and what is behind.
    fn renew(&mut self, model: &Model) {
        let Some(seen) = &model.observation else { return };
        let cluster = seen.fleet.cluster(&self.cluster);
        let Some(group) = cluster.and_then(|cluster| cluster.group(self.group.chosen()?)) else { return };
        let mut options = Vec::new();
        match self.chosen.as_slice() {
            [] => {}
            [one] => options.push((Which::Chosen, one.to_string())),
            several => options.push((Which::Chosen, format!("the {} marked", several.len()))),
        }
        for rule in ["tainted", "behind"] {
            let words = match plan::choose(group, plan::Choice::Found(rule), &seen.judgement) {
                Ok((meant, left_out)) => {
                    let left_out = match left_out.len() {
                        0 => String::new(),
                        count => format!(", {} not in service left out", words::count(count, "other")),
                    };
                    format!("all {rule} ({}{left_out})", meant.len())
                }
                Err(_) => format!("all {rule} (none in service)"),
            };
            options.push((Which::Found(rule), words));
        }
        self.which.renew(options);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::Person;

    fn form(person: &Person) -> &ReplaceForm {
        match person.model.dialogs.last() {
            Some(Dialog::Replace(form)) => form,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_selected_instance_is_replaced_with_its_successor_launched_first() {
        let mut person = Person::new();
        person.press("j j enter j m x");
        assert_eq!(form(&person).which.chosen(), Some(&Which::Chosen));
        person.press("shift-tab space enter");
        let Some(Dialog::Confirm(confirm)) = person.model.dialogs.last() else {
            panic!("{:?}", form(&person))
        };
        let Intent::Replace { instances, batches, .. } = &confirm.plan.intent else {
            panic!("{:?}", confirm.plan.intent)
        };
        assert_eq!((instances.len(), *batches), (1, Batches { at_once: 1, launch_first: true }));
    }

    #[test]
    fn all_that_is_behind_is_meant_of_the_chosen_group_and_nothing_where_nothing_is() {
        let mut person = Person::new();
        person.press("j j enter j m x");
        person.press("up");
        assert_eq!(form(&person).which.chosen(), Some(&Which::Found("behind")));
        person.press("tab backspace 2 enter");
        match person.model.dialogs.last() {
            Some(Dialog::Confirm(confirm)) => {
                let Intent::Replace { instances, batches, .. } = &confirm.plan.intent else { panic!() };
                assert!(instances.len() > 1, "{instances:?}");
                assert_eq!(batches.at_once, 2);
            }
            other => panic!("{other:?}"),
        }
        person.press("esc m x down enter");
        let refusal = form(&person).refusal.as_ref().expect("nothing is tainted");
        assert!(refusal.why.contains("is tainted"), "{refusal:?}");
    }

    #[test]
    fn none_at_once_is_said_at_its_field() {
        let mut person = Person::new();
        person.press("j j enter j m x tab backspace 0 tab enter");
        let form = form(&person);
        assert_eq!(form.focus, ReplaceField::AtOnce);
        assert!(form.refusal.as_ref().unwrap().why.contains("`0` is no number"));
    }
}
