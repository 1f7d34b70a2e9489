//! What a shift or a rollback needs to know before it can be planned: which listener or rule where there are several,
//! which group, how many percent.

use super::{Confirm, Dialog, Popup, Reaction};
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{Cluster, ClusterId, GroupName, SourceArn};
use crate::keymap::{Action, Context, Key};
use crate::plan::{Intent, Percent, Refusal};

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormField {
    /// The listener or rule.
    Source,
    /// The server group.
    Group,
    /// Its share after.
    Percent,
}

/// A choice among things that have names of their own.
#[derive(Clone, Debug)]
pub struct Choice<K> {
    /// Each with its words.
    pub options: Vec<(K, String)>,
    /// The chosen one.
    pub at: usize,
}

impl<K: PartialEq> Choice<K> {
    fn new(options: Vec<(K, String)>, at: usize) -> Self {
        Self { options, at }
    }

    fn chosen(&self) -> Option<&K> {
        self.options.get(self.at).map(|(key, _)| key)
    }

    fn turn(&mut self, forward: bool) {
        let len = self.options.len().max(1);
        self.at = (self.at + if forward { 1 } else { len - 1 }) % len;
    }

    /// Takes new options; what was chosen stays chosen.
    fn renew(&mut self, options: Vec<(K, String)>) {
        let still = options.iter().position(|(key, _)| Some(key) == self.chosen());
        self.at = still.unwrap_or(0);
        self.options = options;
    }
}

/// The form.
#[derive(Debug)]
pub struct ShiftForm {
    /// Whether it is about a rollback: then only the listener or rule is asked.
    pub back: bool,
    /// The cluster.
    pub cluster: ClusterId,
    /// Listeners and rules.
    pub source: Choice<SourceArn>,
    /// Server groups with their present share.
    pub group: Choice<GroupName>,
    /// The share after, as it is typed.
    pub percent: TextField,
    /// The field that is typed or chosen now.
    pub focus: FormField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
}

impl ShiftForm {
    /// Asks about a cluster; the listener or rule that is on the screen is chosen first.
    pub fn new(cluster: &Cluster, source: Option<&SourceArn>, back: bool) -> Self {
        let sources = sources(cluster);
        let at = sources.iter().position(|(arn, _)| Some(arn) == source).unwrap_or(0);
        let mut form = Self {
            back,
            cluster: cluster.id.clone(),
            source: Choice::new(sources, at),
            group: Choice::new(Vec::new(), 0),
            percent: TextField::default(),
            focus: if back { FormField::Source } else { FormField::Percent },
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

    /// The fields it shows, in order.
    pub fn fields(&self) -> Vec<FormField> {
        let several = self.source.options.len() > 1;
        let mut fields = Vec::new();
        if several || self.back {
            fields.push(FormField::Source);
        }
        if !self.back {
            fields.extend([FormField::Group, FormField::Percent]);
        }
        fields
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

    fn turn_field(&mut self, forward: bool) {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let next = (at + if forward { 1 } else { fields.len() - 1 }) % fields.len();
        self.focus = fields[next];
    }

    fn turn_choice(&mut self, forward: bool, model: &Model) {
        match self.focus {
            FormField::Source => self.source.turn(forward),
            FormField::Group => self.group.turn(forward),
            FormField::Percent => {}
        }
        self.refusal = None;
        self.renew(model);
    }

    fn renew(&mut self, model: &Model) {
        let cluster = model.observation.as_ref().and_then(|seen| seen.fleet.cluster(&self.cluster));
        if let Some(cluster) = cluster {
            self.source.renew(sources(cluster));
            let groups = self.groups(cluster);
            self.group.renew(groups);
        }
    }

    fn intent(&self) -> Result<Intent, Refusal> {
        let source = self.source.chosen().cloned().filter(|_| self.source.options.len() > 1);
        let cluster = self.cluster.clone();
        if self.back {
            return Ok(Intent::Rollback { cluster, of: None, source });
        }
        let percent: Percent = self
            .percent
            .text()
            .parse()
            .map_err(|why: String| Refusal::new(why, "type the share that the group shall have"))?;
        let to =
            self.group.chosen().cloned().ok_or_else(|| {
                Refusal::new("the cluster has no server group", "there is nothing to shift to")
            })?;
        Ok(Intent::Shift { cluster, to, percent, steps: None, source })
    }
}

fn sources(cluster: &Cluster) -> Vec<(SourceArn, String)> {
    cluster.traffic.iter().map(|source| (source.arn.clone(), source.label.to_string())).collect()
}

impl Popup for ShiftForm {
    fn context(&self) -> Context {
        Context::Text
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }

    fn act(&mut self, action: Action, model: &mut Model, _effects: &mut Vec<Effect>) -> Reaction {
        match action {
            Action::Back => return Reaction::Close,
            Action::NextField => self.turn_field(true),
            Action::PreviousField => self.turn_field(false),
            Action::MoveDown => self.turn_choice(true, model),
            Action::MoveUp => self.turn_choice(false, model),
            Action::Accept => match self.intent().and_then(|intent| Confirm::new(model, &intent)) {
                Ok(confirm) => return Reaction::Become(Box::new(Dialog::Confirm(confirm))),
                Err(refusal) => self.refusal = Some(refusal),
            },
            _ => {}
        }
        Reaction::Stay
    }

    fn key(&mut self, key: Key, _model: &mut Model) {
        // A number can only mean the percentage, wherever the cursor is.
        if key.typed().is_some_and(|c| c.is_ascii_digit()) && !self.back {
            self.focus = FormField::Percent;
        }
        if self.focus == FormField::Percent && self.percent.key(key) {
            self.refusal = None;
        }
    }

    fn paste(&mut self, text: &str, _model: &mut Model) {
        if self.focus == FormField::Percent {
            self.percent.paste(text);
            self.refusal = None;
        }
    }

    fn refresh(&mut self, model: &mut Model) -> bool {
        self.renew(model);
        true
    }
}
