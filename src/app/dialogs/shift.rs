//! What a change of traffic needs to know before it can be planned: which listener or rule where there are several,
//! which group, how many percent, at once or in steps.

use jiff::SignedDuration;

use super::Reaction;
use super::form::{self, Choice, Form};
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{Cluster, ClusterId, GroupName, SourceArn};
use crate::keymap::Key;
use crate::plan::{self, Intent, Percent, Refusal, Stepped};

/// What the form leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// One group gets a share.
    Shift,
    /// One group gets everything.
    Switch,
    /// What was before comes back.
    Rollback,
}

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormField {
    /// The listener or rule.
    Source,
    /// The server group.
    Group,
    /// Its share after.
    Percent,
    /// At once, or in steps.
    Steps,
    /// Shares on the way.
    Shares,
    /// Time each step is watched.
    Bake,
}

/// The form.
#[derive(Debug)]
pub struct ShiftForm {
    /// What it leads to.
    pub change: Change,
    /// The cluster.
    pub cluster: ClusterId,
    /// Listeners and rules.
    pub source: Choice<SourceArn>,
    /// Server groups with their present share.
    pub group: Choice<GroupName>,
    /// The share after, as it is typed.
    pub percent: TextField,
    /// Whether it goes there in steps.
    pub stepped: bool,
    /// Shares on the way, as they are typed.
    pub shares: TextField,
    /// Time each step is watched, as it is typed.
    pub bake: TextField,
    /// The field that is typed or chosen now.
    pub focus: FormField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
}

impl ShiftForm {
    /// Asks about a cluster; the listener or rule that is on the screen is chosen first. `bake`: seconds that each step
    /// is watched unless something else is typed.
    pub fn new(cluster: &Cluster, source: Option<&SourceArn>, change: Change, bake: u64) -> Self {
        let shares: Vec<String> = Stepped::SHARES.iter().map(ToString::to_string).collect();
        let sources = sources(cluster);
        let at = sources.iter().position(|(arn, _)| Some(arn) == source).unwrap_or(0);
        let mut form = Self {
            change,
            cluster: cluster.id.clone(),
            source: Choice::new(sources, at),
            group: Choice::new(Vec::new(), 0),
            percent: TextField::default(),
            stepped: false,
            shares: TextField::new(shares.join(",")),
            bake: TextField::new(plan::duration(bake)),
            focus: match change {
                Change::Shift => FormField::Percent,
                Change::Switch => FormField::Group,
                Change::Rollback => FormField::Source,
            },
            refusal: None,
        };
        let groups = form.groups(cluster);
        // Whoever has the least is most likely meant.
        let share = |name: &GroupName| {
            cluster.traffic.get(form.source.at).map_or(0.0, |source| source.group_percent(name))
        };
        let least = (0..groups.len()).min_by(|a, b| share(&groups[*a].0).total_cmp(&share(&groups[*b].0)));
        form.group = Choice::new(groups, least.unwrap_or(0));
        form
    }

    fn groups(&self, cluster: &Cluster) -> Vec<(GroupName, String)> {
        let source = cluster.traffic.get(self.source.at);
        let names = cluster.groups.iter().map(|group| &group.id.name);
        names
            .map(|name| {
                let side = words::side(&cluster.id.name, name);
                let share = source.map_or(0.0, |source| source.group_percent(name));
                (name.clone(), format!("{side} (now {})", words::percent(share)))
            })
            .collect()
    }

    fn intent(&mut self) -> Result<Intent, Refusal> {
        let source = self.source.chosen().cloned().filter(|_| self.source.options.len() > 1);
        let cluster = self.cluster.clone();
        if self.change == Change::Rollback {
            return Ok(Intent::Rollback { cluster, of: None, source });
        }
        let to =
            self.group.chosen().cloned().ok_or_else(|| {
                Refusal::new("the cluster has no server group", "there is nothing to shift to")
            })?;
        if self.change == Change::Switch {
            return Ok(Intent::Switch { cluster, to, source });
        }
        let percent = parsed(self.percent.text()).map_err(|why| {
            self.focus = FormField::Percent;
            Refusal::new(why, "type the share that the group shall have")
        })?;
        let steps = if self.stepped { Some(self.steps()?) } else { None };
        Ok(Intent::Shift { cluster, to, percent, steps, source })
    }

    fn steps(&mut self) -> Result<Stepped, Refusal> {
        let separators = [',', ' ', ';'];
        let shares = self.shares.text().split(separators).filter(|share| !share.is_empty());
        let at = shares.map(parsed).collect::<Result<Vec<Percent>, String>>().map_err(|why| {
            self.focus = FormField::Shares;
            Refusal::new(why, "type the shares on the way, such as 5,25,50,100")
        })?;
        let bake = seconds(self.bake.text()).ok_or_else(|| {
            self.focus = FormField::Bake;
            let typed = self.bake.text().trim().to_owned();
            Refusal::new(
                format!("`{typed}` is no time a step can be watched"),
                "type a time such as 90 s or 2 min",
            )
        })?;
        Ok(Stepped { at, bake })
    }
}

fn parsed(text: &str) -> Result<Percent, String> {
    text.parse()
}

/// Whole seconds of a time as a person types it: `120`, `90 s`, `2 min`, `1h`, and `0` for no bake at all. A bake of
/// more than a day is a slip.
fn seconds(text: &str) -> Option<u64> {
    const DAY: u64 = 24 * 60 * 60;
    let text = text.trim();
    let span = || {
        let time = text.parse::<SignedDuration>().ok().filter(|time| time.subsec_nanos() == 0)?;
        u64::try_from(time.as_secs()).ok()
    };
    let seconds = text.parse::<u64>().ok().or_else(span)?;
    (0..=DAY).contains(&seconds).then_some(seconds)
}

fn sources(cluster: &Cluster) -> Vec<(SourceArn, String)> {
    cluster.traffic.iter().map(|source| (source.arn.clone(), source.label.to_string())).collect()
}

impl Form for ShiftForm {
    type Field = FormField;

    fn fields(&self) -> Vec<FormField> {
        let several = self.source.options.len() > 1;
        let mut fields = Vec::new();
        if several || self.change == Change::Rollback {
            fields.push(FormField::Source);
        }
        if self.change != Change::Rollback {
            fields.push(FormField::Group);
        }
        if self.change == Change::Shift {
            fields.extend([FormField::Percent, FormField::Steps]);
            if self.stepped {
                fields.extend([FormField::Shares, FormField::Bake]);
            }
        }
        fields
    }

    fn focus(&mut self) -> &mut FormField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        match self.focus {
            FormField::Percent => Some(&mut self.percent),
            FormField::Shares => Some(&mut self.shares),
            FormField::Bake => Some(&mut self.bake),
            FormField::Source | FormField::Group | FormField::Steps => None,
        }
    }

    fn turn(&mut self, forward: bool, model: &Model) {
        match self.focus {
            FormField::Source => self.source.turn(forward),
            FormField::Group => self.group.turn(forward),
            FormField::Steps => self.stepped = !self.stepped,
            FormField::Percent | FormField::Shares | FormField::Bake => {}
        }
        self.renew(model);
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

    fn before_key(&mut self, key: Key) {
        let is_digit = key.typed().is_some_and(|c| c.is_ascii_digit());
        if is_digit && self.change == Change::Shift && self.typed().is_none() {
            // A number can only mean the percentage, wherever else the cursor is.
            self.focus = FormField::Percent;
        }
    }

    fn renew(&mut self, model: &Model) {
        let cluster = model.observation.as_ref().and_then(|seen| seen.fleet.cluster(&self.cluster));
        if let Some(cluster) = cluster {
            self.source.renew(sources(cluster));
            let groups = self.groups(cluster);
            self.group.renew(groups);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, ShiftForm, seconds};
    use crate::app::fixture::Person;

    #[test]
    fn a_bake_is_typed_as_people_write_times() {
        let typed = ["120", "90 s", "90s", "2 min", "2m", " 1h ", "2 minutes", "0", "0s"].map(seconds);
        assert_eq!(typed, [120, 90, 90, 120, 120, 3600, 120, 0, 0].map(Some));
        assert_eq!(
            ["", "soon", "-5", "-5 s", "1.5 s", "500ms", "2 weeks", "99999999999999999999"].map(seconds),
            [None; 8]
        );
    }

    #[test]
    fn the_bake_of_the_cluster_stands_in_the_form_exactly_as_it_is_configured() {
        let person = Person::new();
        let cluster = &person.model.observation.as_ref().unwrap().fleet.clusters[0];
        for bake in [0, 45, 120, 150, 3_600, 3_690, 86_400] {
            let form = ShiftForm::new(cluster, None, Change::Shift, bake);
            assert_eq!(seconds(form.bake.text()), Some(bake), "{}", form.bake.text());
        }
    }
}
