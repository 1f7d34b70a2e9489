//! What a deployment needs to know before it can be planned: which side, which image, how it gets the traffic, and what
//! becomes of the old side.

use super::Reaction;
use super::form::{self, Choice, Form};
use super::refresh::{images, subject};
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{Cluster, ClusterId, Fleet, GroupName, ImageId};
use crate::plan::{Intent, Refusal, Stepped, duration, idle_groups};

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeployField {
    /// The side that takes no traffic.
    Group,
    /// The image it gets.
    Image,
    /// How it gets the traffic.
    Traffic,
    /// What becomes of the old side.
    Old,
}

impl DeployField {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Group, Self::Image, Self::Traffic, Self::Old];
}

/// The form.
#[derive(Debug)]
pub struct DeployForm {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its groups that take no traffic.
    pub group: Choice<GroupName>,
    /// Images of the family that runs, the newest first.
    pub image: Choice<ImageId>,
    /// Whether the traffic moves in steps.
    pub traffic: Choice<bool>,
    /// Whether the old side ends at last.
    pub old: Choice<bool>,
    /// The field that is chosen now.
    pub focus: DeployField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
    bake: u64,
}

impl DeployForm {
    /// Asks about the cluster that is shown or selected.
    ///
    /// # Errors
    /// Why there is nothing to deploy, or nothing to deploy to.
    pub fn new(model: &Model) -> Result<Self, String> {
        let (cluster, fleet) = subject(model).ok_or("no cluster is selected")?;
        let idle = idle_groups(fleet, cluster).map_err(|refusal| refusal.why)?;
        let side = |name: GroupName| {
            let new = if cluster.group(&name).is_none() { ", which is made" } else { "" };
            let words = format!("{}{new}", words::side(&cluster.id.name, &name));
            (name, words)
        };
        let (bake, warm) = (model.policy.bake(&cluster.id), model.policy.keep_warm(&cluster.id));
        let steps = Stepped::SHARES.map(|share| share.to_string()).join(", ");
        let traffic = vec![
            (true, format!("in steps {steps} %, each watched for {}", duration(bake))),
            (false, format!("all in one call, then watched for {}", duration(bake))),
        ];
        let old = vec![
            (false, "stays up".to_owned()),
            (true, format!("ends after {}, and when it has settled", duration(warm))),
        ];
        Ok(Self {
            cluster: cluster.id.clone(),
            group: Choice::new(idle.into_iter().map(side).collect(), 0),
            image: Choice::new(runnable(fleet, cluster), 0),
            traffic: Choice::new(traffic, 0),
            old: Choice::new(old, 0),
            focus: DeployField::Image,
            refusal: None,
            bake,
        })
    }

    fn intent(&self) -> Result<Intent, Refusal> {
        let none = |what: &str| Refusal::new(format!("there is no {what}"), "esc, or name one headless");
        let stepped = self.traffic.chosen() == Some(&true);
        Ok(Intent::Deploy {
            cluster: self.cluster.clone(),
            group: self.group.chosen().cloned().ok_or_else(|| none("side without traffic"))?,
            image: self.image.chosen().cloned().ok_or_else(|| none("image of the family that runs"))?,
            steps: stepped.then(|| Stepped { bake: self.bake, ..Stepped::default() }),
            retire: self.old.chosen() == Some(&true),
            source: None,
        })
    }
}

/// Images that could be deployed, the newest first, with what runs them now.
fn runnable(fleet: &Fleet, cluster: &Cluster) -> Vec<(ImageId, String)> {
    let live = cluster.groups.iter().find(|group| group.live);
    let images = live.map(|group| images(fleet, group)).unwrap_or_default();
    let runs = |id: &ImageId| {
        cluster.groups.iter().find(|group| {
            group.instances.iter().any(|one| one.running.as_ref().is_some_and(|it| it.image == *id))
        })
    };
    images
        .into_iter()
        .map(|image| {
            let now = runs(&image.id)
                .map(|group| format!(", which {} runs", words::side(&cluster.id.name, &group.id.name)));
            (image.id.clone(), format!("{image}{}", now.unwrap_or_default()))
        })
        .collect()
}

impl Form for DeployForm {
    type Field = DeployField;

    fn fields(&self) -> Vec<DeployField> {
        DeployField::ALL.to_vec()
    }

    fn focus(&mut self) -> &mut DeployField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        None
    }

    fn turn(&mut self, forward: bool, _model: &Model) {
        match self.focus {
            DeployField::Group => self.group.turn(forward),
            DeployField::Image => self.image.turn(forward),
            DeployField::Traffic => self.traffic.turn(forward),
            DeployField::Old => self.old.turn(forward),
        }
    }

    fn refusal(&mut self) -> &mut Option<Refusal> {
        &mut self.refusal
    }

    fn accept(&mut self, model: &Model, _effects: &mut Vec<Effect>) -> Result<Reaction, Refusal> {
        form::plan(model, &self.intent()?)
    }

    fn plans_for(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::Person;

    #[test]
    fn the_form_leads_to_the_plan_of_a_deployment_to_the_side_without_traffic() {
        let mut person = Person::new();
        // `orders` with all of its traffic on one side.
        person.press("j j");
        person.shift_behind_the_back(&[100, 0]);
        person.look();
        person.press("D tab down tab down enter");
        let Some(Dialog::Confirm(confirm)) = person.model.dialogs.last() else {
            panic!("{:?}", person.model.dialogs)
        };
        let Intent::Deploy { group, steps, retire, .. } = &confirm.plan.intent else { panic!() };
        assert!(steps.is_none() && *retire);
        let fleet = &person.model.observation.as_ref().unwrap().fleet;
        let cluster = fleet.cluster(confirm.plan.intent.cluster()).unwrap();
        assert!(!cluster.group(group).unwrap().live);
    }
}
