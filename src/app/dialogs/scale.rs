//! What another size needs to know before it can be planned: which group, how many, between which bounds; or another
//! instance type, which is a launch template version and a refresh.

use super::Reaction;
use super::form::{self, Choice, Form};
use super::refresh::{groups, subject};
use crate::app::{Effect, Model, TextField};
use crate::fleet::{Cluster, ClusterId, Fleet, GroupName, LaunchSource, ServerGroup, Text, WantedSource};
use crate::plan::{Intent, Knobs, RefreshTo, Refusal};

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScaleField {
    /// The server group.
    Group,
    /// Its wanted size.
    Desired,
    /// Its smallest size.
    Min,
    /// Its largest size.
    Max,
    /// Another instance type.
    Type,
}

impl ScaleField {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Group, Self::Desired, Self::Min, Self::Max, Self::Type];
}

/// The form.
#[derive(Debug)]
pub struct ScaleForm {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its server groups.
    pub group: Choice<GroupName>,
    /// The wanted size, as it is typed.
    pub desired: TextField,
    /// The smallest size, as it is typed.
    pub min: TextField,
    /// The largest size, as it is typed.
    pub max: TextField,
    /// Another instance type, as it is typed; empty for the one of now.
    pub kind: TextField,
    /// The instance type of now, where one is known.
    pub runs: Option<Text>,
    /// Whether sizes count units that are not instances.
    pub units: bool,
    /// The field that is typed or chosen now.
    pub focus: ScaleField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
    sizes: (i32, i32, i32),
}

impl ScaleForm {
    /// Asks about the group of the selected instance.
    ///
    /// # Errors
    /// Why there is nothing to be scaled.
    pub fn new(model: &Model) -> Result<Self, String> {
        let (cluster, fleet) = subject(model).ok_or("no cluster is selected")?;
        let mut form = Self {
            cluster: cluster.id.clone(),
            group: groups(model, cluster)?,
            desired: TextField::default(),
            min: TextField::default(),
            max: TextField::default(),
            kind: TextField::default(),
            runs: None,
            units: false,
            focus: ScaleField::Desired,
            refusal: None,
            sizes: (0, 0, 0),
        };
        form.fill(fleet, cluster);
        Ok(form)
    }

    /// What the chosen group has now.
    fn fill(&mut self, fleet: &Fleet, cluster: &Cluster) {
        let Some(group) = self.group.chosen().and_then(|name| cluster.group(name)) else { return };
        self.sizes = (group.desired, group.min, group.max);
        self.desired = TextField::new(group.desired.to_string());
        self.min = TextField::new(group.min.to_string());
        self.max = TextField::new(group.max.to_string());
        self.units = group.weighted;
        self.runs = launches(fleet, group);
    }

    fn intent(&mut self) -> Result<Intent, Refusal> {
        let group = self.group.chosen().cloned();
        let group = group.ok_or_else(|| Refusal::new("there is no server group", "esc"))?;
        let cluster = self.cluster.clone();
        let (desired, min, max) = (
            number(&self.desired, ScaleField::Desired, &mut self.focus)?,
            number(&self.min, ScaleField::Min, &mut self.focus)?,
            number(&self.max, ScaleField::Max, &mut self.focus)?,
        );
        let wanted = Text::new(self.kind.text().trim());
        if !wanted.is_empty() {
            if (desired, min, max) != self.sizes {
                return Err(Refusal::new(
                    "a size and a type are two changes",
                    "leave the sizes as they are, or the type empty: one after the other",
                ));
            }
            let to = RefreshTo::Type(wanted);
            return Ok(Intent::Refresh { cluster, group, to, knobs: Knobs::default() });
        }
        let (_, now_min, now_max) = self.sizes;
        let min = (min != now_min).then_some(min);
        let max = (max != now_max).then_some(max);
        Ok(Intent::Scale { cluster, group, desired, min, max })
    }
}

fn number(field: &TextField, name: ScaleField, focus: &mut ScaleField) -> Result<i32, Refusal> {
    let typed = field.text().trim();
    typed.parse().map_err(|_| {
        *focus = name;
        Refusal::new(format!("`{typed}` is no size"), "type a whole number such as 4")
    })
}

/// The instance type that a group launches, by its launch template; of a mixed-instances policy none is told.
fn launches(fleet: &Fleet, group: &ServerGroup) -> Option<Text> {
    let LaunchSource::Template(_) = &group.source else { return None };
    let WantedSource::Template { id: Some(id), number: Some(number), .. } = &group.wants.first()?.source
    else {
        return None;
    };
    fleet.template(&group.id.place, id, *number)?.instance_type.clone()
}

impl Form for ScaleForm {
    type Field = ScaleField;

    fn fields(&self) -> Vec<ScaleField> {
        ScaleField::ALL.to_vec()
    }

    fn focus(&mut self) -> &mut ScaleField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        match self.focus {
            ScaleField::Group => None,
            ScaleField::Desired => Some(&mut self.desired),
            ScaleField::Min => Some(&mut self.min),
            ScaleField::Max => Some(&mut self.max),
            ScaleField::Type => Some(&mut self.kind),
        }
    }

    fn turn(&mut self, forward: bool, model: &Model) {
        if self.focus == ScaleField::Group {
            self.group.turn(forward);
            if let Some((cluster, fleet)) = subject(model) {
                self.fill(fleet, cluster);
            }
        }
    }

    fn refusal(&mut self) -> &mut Option<Refusal> {
        &mut self.refusal
    }

    fn accept(&mut self, model: &Model, _effects: &mut Vec<Effect>) -> Result<Reaction, Refusal> {
        let intent = self.intent()?;
        form::plan(model, &intent)
    }

    fn plans_for(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Model;
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::Person;

    fn form(model: &Model) -> &ScaleForm {
        match model.dialogs.last() {
            Some(Dialog::Scale(form)) => form,
            other => panic!("{other:?}"),
        }
    }

    fn planned(person: &Person) -> &Intent {
        match person.model.dialogs.last() {
            Some(Dialog::Confirm(confirm)) => &confirm.plan.intent,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn another_size_leads_to_its_plan_and_bounds_go_along_only_where_they_change() {
        let mut person = Person::new();
        person.press("j j enter S");
        let now = form(&person.model).desired.text().to_owned();
        assert_eq!(now, "9");
        person.press("backspace 8 enter");
        let Intent::Scale { desired, min, max, .. } = planned(&person) else { panic!() };
        assert_eq!((*desired, *min, *max), (8, None, None));
    }

    #[test]
    fn another_type_is_planned_as_a_refresh_and_not_beside_another_size() {
        let mut person = Person::new();
        person.press("j j enter S shift-tab shift-tab");
        assert_eq!(form(&person.model).focus, ScaleField::Type);
        person.types("m7g.xlarge");
        person.press("enter");
        assert!(matches!(planned(&person), Intent::Refresh { to: RefreshTo::Type(_), .. }));
        person.press("esc S backspace 8 tab tab tab");
        person.types("m7g.xlarge");
        person.press("enter");
        assert!(form(&person.model).refusal.as_ref().unwrap().why.contains("two changes"));
    }

    #[test]
    fn what_is_no_number_is_said_at_its_field() {
        let mut person = Person::new();
        person.press("j j enter S tab backspace");
        person.types("few");
        person.press("tab enter");
        let form = form(&person.model);
        assert_eq!(form.focus, ScaleField::Min);
        assert!(form.refusal.as_ref().unwrap().why.contains("`few` is no size"));
    }
}
