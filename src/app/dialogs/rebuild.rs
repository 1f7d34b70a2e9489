//! What a rebuild needs to know before it can be planned: which family, whether what stands on it too, which version and
//! revision, and what is done with the image when it is there.

use super::Reaction;
use super::form::{self, Choice, Form};
use crate::app::screens::Screen;
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{Cluster, ClusterId, Fleet, GroupName, Image, Place, Text};
use crate::plan::{
    Author, Intent, Knobs, RefreshTo, Refusal, Stepped, duration, idle_group, image_to_carry, stands_on,
};

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RebuildField {
    /// The family.
    Family,
    /// Whether everything that stands on it is built too.
    Chain,
    /// The version of its image.
    Version,
    /// The revision of its source.
    Revision,
    /// What is done with the image.
    Then,
    /// Of a deployment: how it gets the traffic.
    Traffic,
    /// Of a deployment: what becomes of the old side.
    Old,
}

/// What is done with an image when it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// It is deployed to this cluster.
    Deploy(ClusterId),
    /// This group is refreshed to it.
    Refresh(ClusterId, GroupName),
}

/// The form.
#[derive(Debug)]
pub struct RebuildForm {
    /// What stands for the family where nothing is done with its image.
    pub cluster: ClusterId,
    /// Families that can be built here.
    pub family: Choice<Text>,
    /// Whether what stands on it is built too.
    pub chain: Choice<bool>,
    /// The version, as it is typed; empty for the next one.
    pub version: TextField,
    /// The revision, as it is typed; empty for the recipe's own.
    pub revision: TextField,
    /// What is done with the image.
    pub then: Choice<Then>,
    /// Whether the traffic moves in steps.
    pub traffic: Choice<bool>,
    /// Whether the old side ends at last.
    pub old: Choice<bool>,
    /// The field that is typed or chosen now.
    pub focus: RebuildField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
}

impl RebuildForm {
    /// Asks about the family of the image that is selected, or that the cluster runs.
    ///
    /// # Errors
    /// Why there is nothing to rebuild.
    pub fn new(model: &Model) -> Result<Self, String> {
        let fleet = &model.observation.as_ref().ok_or("nothing has been seen yet")?.fleet;
        let image = image(model).ok_or("no image is selected, and no cluster that runs one")?;
        let (place, image) = image;
        let wanted = image.family.as_ref().map(|family| family.name.clone());
        let here = |family: &Text| {
            fleet.images.iter().any(|((at, _), one)| {
                *at == place && one.family.as_ref().is_some_and(|of| of.name == *family)
            })
        };
        let recipes = model.policy.recipes.iter().map(|recipe| Text::new(&recipe.family));
        let families: Vec<(Text, String)> =
            recipes.filter(here).map(|family| (family.clone(), family.to_string())).collect();
        if families.is_empty() {
            return Err("nothing says how images are built: give a [[family]] a `build`".into());
        }
        let at = families.iter().position(|(family, _)| Some(family) == wanted.as_ref());
        let Some(at) = at else {
            let name = wanted.map_or_else(|| image.to_string(), |family| family.to_string());
            return Err(format!(
                "nothing says how images of {name} are built: give its [[family]] a `build`"
            ));
        };
        let mut form = Self {
            cluster: ClusterId::of_family(place, &families[at].0),
            family: Choice::new(families, at),
            chain: Choice::new(Vec::new(), 0),
            version: TextField::default(),
            revision: TextField::default(),
            then: Choice::new(Vec::new(), 0),
            traffic: Choice::new(Vec::new(), 0),
            old: Choice::new(Vec::new(), 0),
            focus: RebuildField::Chain,
            refusal: None,
        };
        form.adapt(model);
        // Whoever asks from a cluster wants the image there.
        if let Screen::Cluster(_) = model.screen() {
            let own = model.screen().view().subject().cloned().map(Then::Deploy);
            let at = form.then.options.iter().position(|(then, _)| Some(then) == own.as_ref());
            form.then.at = at.unwrap_or(0);
            form.adapt(model);
        }
        Ok(form)
    }

    /// Fits the later choices to the earlier ones.
    fn adapt(&mut self, model: &Model) {
        let Some(fleet) = model.observation.as_ref().map(|seen| &seen.fleet) else { return };
        let Some(family) = self.family.chosen().cloned() else { return };
        let place = self.cluster.place.clone();
        self.cluster = ClusterId::of_family(place.clone(), &family);
        let above = stands_on(fleet, &model.policy, &place, &family);
        let names: Vec<String> = above.iter().map(ToString::to_string).collect();
        let mut chain = vec![(false, "it alone".to_owned())];
        if !above.is_empty() {
            chain.push((true, format!("and what stands on it: {}", names.join(", "))));
        }
        self.chain.renew(chain);
        let mut built = vec![family];
        built.extend(above.into_iter().filter(|_| self.chain.chosen() == Some(&true)));
        let mut then = vec![(Then::Nothing, "nothing".to_owned())];
        let here = fleet.clusters.iter().filter(|cluster| cluster.id.place == place);
        for cluster in here.filter(|cluster| runs(fleet, cluster).is_some_and(|one| built.contains(&one))) {
            let name = &cluster.id.name;
            if idle_group(fleet, cluster).is_ok() {
                then.push((Then::Deploy(cluster.id.clone()), format!("deploy to {name}")));
            }
            then.extend(cluster.groups.iter().filter(|group| !group.instances.is_empty()).map(|group| {
                let side = words::side(name, &group.id.name);
                let refresh = Then::Refresh(cluster.id.clone(), group.id.name.clone());
                (refresh, format!("refresh {side} of {name}"))
            }));
        }
        self.then.renew(then);
        let (bake, warm) = match self.then.chosen() {
            Some(Then::Deploy(id)) => (model.policy.bake(id), model.policy.keep_warm(id)),
            _ => (Stepped::BAKE, 0),
        };
        let steps = Stepped::SHARES.map(|share| share.to_string()).join(", ");
        self.traffic.renew(vec![
            (true, format!("in steps {steps} %, each watched for {}", duration(bake))),
            (false, format!("all in one call, then watched for {}", duration(bake))),
        ]);
        self.old.renew(vec![
            (false, "stays up".to_owned()),
            (true, format!("ends after {}, and when it has settled", duration(warm))),
        ]);
    }

    fn intent(&self, model: &Model) -> Result<Intent, Refusal> {
        let Some(fleet) = model.observation.as_ref().map(|seen| &seen.fleet) else {
            return Err(Refusal::new("nothing has been seen yet", "wait a moment"));
        };
        let by = match &model.identity {
            Some(identity) => Author { who: words::principal(&identity.arn).into(), at: model.now },
            None => return Err(Refusal::new("who asks is not proven yet, and tags say it", "wait a moment")),
        };
        let family = self.family.chosen().cloned().unwrap_or_default();
        let chain = self.chain.chosen() == Some(&true);
        let carried = |cluster: &ClusterId| image_to_carry(fleet, cluster, &family, chain);
        let then = match self.then.chosen() {
            None | Some(Then::Nothing) => None,
            Some(Then::Deploy(id)) => {
                let cluster = fleet.cluster(id).ok_or_else(|| {
                    Refusal::new(format!("{} is not seen any more", id.name), "choose another")
                })?;
                let stepped = self.traffic.chosen() == Some(&true);
                Some(Intent::Deploy {
                    cluster: id.clone(),
                    group: idle_group(fleet, cluster)?,
                    image: carried(id),
                    steps: stepped.then(|| Stepped { bake: model.policy.bake(id), ..Stepped::default() }),
                    retire: self.old.chosen() == Some(&true),
                    source: None,
                })
            }
            Some(Then::Refresh(id, group)) => Some(Intent::Refresh {
                cluster: id.clone(),
                group: group.clone(),
                to: RefreshTo::Image(carried(id)),
                knobs: Knobs::default(),
            }),
        };
        let typed = |field: &TextField| {
            let text = field.text().trim();
            (!text.is_empty()).then(|| Text::new(text))
        };
        let cluster = then.as_ref().map_or_else(|| self.cluster.clone(), |then| then.cluster().clone());
        let (version, revision) = (typed(&self.version), typed(&self.revision));
        Ok(Intent::Rebuild { cluster, family, chain, version, revision, by, then: then.map(Box::new) })
    }
}

/// The image that is meant: the selected one, else the one that the cluster's live side runs.
fn image(model: &Model) -> Option<(Place, &Image)> {
    let seen = model.observation.as_deref()?;
    if let Screen::Images(screen) = model.screen() {
        let kin = seen.lineage.images.get(screen.selected(seen)?)?;
        return Some((kin.place.clone(), seen.fleet.image(&kin.place, &kin.id)?));
    }
    let cluster = seen.fleet.cluster(model.screen().view().subject()?)?;
    Some((cluster.id.place.clone(), image_of(&seen.fleet, cluster)?))
}

/// The image of a cluster's live side; where none is live, of any.
fn image_of<'a>(fleet: &'a Fleet, cluster: &Cluster) -> Option<&'a Image> {
    let live = cluster.groups.iter().filter(|group| group.live);
    let mut running = live.chain(&cluster.groups).flat_map(|group| &group.instances);
    running.find_map(|one| fleet.image(&cluster.id.place, &one.running.as_ref()?.image))
}

/// The family that a cluster runs.
fn runs(fleet: &Fleet, cluster: &Cluster) -> Option<Text> {
    image_of(fleet, cluster)?.family.as_ref().map(|family| family.name.clone())
}

impl Form for RebuildForm {
    type Field = RebuildField;

    fn fields(&self) -> Vec<RebuildField> {
        use RebuildField::{Chain, Family, Old, Revision, Then as After, Traffic, Version};
        let mut fields = vec![Family, Chain, Version, Revision, After];
        if matches!(self.then.chosen(), Some(Then::Deploy(_))) {
            fields.extend([Traffic, Old]);
        }
        fields
    }

    fn focus(&mut self) -> &mut RebuildField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        match self.focus {
            RebuildField::Version => Some(&mut self.version),
            RebuildField::Revision => Some(&mut self.revision),
            _ => None,
        }
    }

    fn turn(&mut self, forward: bool, model: &Model) {
        match self.focus {
            RebuildField::Family => self.family.turn(forward),
            RebuildField::Chain => self.chain.turn(forward),
            RebuildField::Then => self.then.turn(forward),
            RebuildField::Traffic => self.traffic.turn(forward),
            RebuildField::Old => self.old.turn(forward),
            RebuildField::Version | RebuildField::Revision => {}
        }
        self.adapt(model);
    }

    fn refusal(&mut self) -> &mut Option<Refusal> {
        &mut self.refusal
    }

    fn accept(&mut self, model: &Model, _effects: &mut Vec<Effect>) -> Result<Reaction, Refusal> {
        form::plan(model, &self.intent(model)?)
    }

    fn plans_for(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }

    fn renew(&mut self, model: &Model) {
        self.adapt(model);
    }

    fn is_free_text(&self) -> bool {
        matches!(self.focus, RebuildField::Version | RebuildField::Revision)
    }
}
