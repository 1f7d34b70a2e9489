//! What a refresh needs to know before it can be planned: which group, to which image or template version, and
//! whether it stops for a while on its way.

use super::Reaction;
use super::form::{self, Choice, Form};
use crate::app::screens::Screen;
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{
    Availability, Cluster, ClusterId, Fleet, GroupName, Image, ImageId, ServerGroup, TemplateVersionFact,
    WantedSource,
};
use crate::plan::{Half, Intent, Knobs, RefreshTo, Refusal, half_finished};

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefreshField {
    /// The server group.
    Group,
    /// The image or template version it goes to.
    To,
    /// Whether instances that match already stay.
    Matching,
    /// Shares at which it stops for a while.
    Checkpoints,
}

impl RefreshField {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Group, Self::To, Self::Matching, Self::Checkpoints];
}

/// The form.
#[derive(Debug)]
pub struct RefreshForm {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its server groups.
    pub group: Choice<GroupName>,
    /// Template versions of the group and images of its family, the newest first; of a group that is half replaced
    /// first the two ways out.
    pub to: Choice<RefreshTo>,
    /// Whether instances that match already stay.
    pub matching_stay: bool,
    /// Shares at which it stops, as they are typed; empty for none.
    pub checkpoints: TextField,
    /// The field that is typed or chosen now.
    pub focus: RefreshField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
}

impl RefreshForm {
    /// Asks about the group of the selected instance.
    ///
    /// # Errors
    /// Why there is nothing to be refreshed.
    pub fn new(model: &Model) -> Result<Self, String> {
        let (cluster, fleet) = subject(model).ok_or("no cluster is selected")?;
        let mut form = Self {
            cluster: cluster.id.clone(),
            group: groups(model, cluster)?,
            to: Choice::new(Vec::new(), 0),
            matching_stay: true,
            checkpoints: TextField::default(),
            focus: RefreshField::To,
            refusal: None,
        };
        form.aim(fleet, cluster);
        Ok(form)
    }

    /// What the chosen group can go to; first of all the newest.
    fn aim(&mut self, fleet: &Fleet, cluster: &Cluster) {
        let group = cluster.groups.iter().find(|group| Some(&group.id.name) == self.group.chosen());
        let options = group.map(|group| goals(fleet, group)).unwrap_or_default();
        self.to = Choice::new(options, 0);
    }

    fn intent(&mut self) -> Result<Intent, Refusal> {
        let none = |what: &str| Refusal::new(format!("there is no {what}"), "esc, and look at another group");
        let group = self.group.chosen().cloned().ok_or_else(|| none("server group"))?;
        let to = self
            .to
            .chosen()
            .cloned()
            .ok_or_else(|| none("template version or image that this group could go to"))?;
        let checkpoints = shares(self.checkpoints.text()).ok_or_else(|| {
            self.focus = RefreshField::Checkpoints;
            Refusal::new(
                format!("`{}` are no shares to stop at", self.checkpoints.text().trim()),
                "type ascending percentages such as 25,50, or nothing",
            )
        })?;
        // That they stay is the default.
        let skip_matching = (!self.matching_stay).then_some(false);
        let knobs = Knobs { checkpoints, skip_matching, ..Knobs::default() };
        Ok(Intent::Refresh { cluster: self.cluster.clone(), group, to, knobs })
    }
}

/// Percentages 1–100 in ascending order, the last always 100 so that everything is replaced; nothing for nothing.
fn shares(text: &str) -> Option<Vec<i32>> {
    const ALL: i32 = 100;
    let words =
        text.split([',', ' ', ';']).map(|word| word.trim_end_matches('%')).filter(|word| !word.is_empty());
    let mut shares = words.map(|word| word.parse().ok()).collect::<Option<Vec<i32>>>()?;
    if shares.last().is_some_and(|last| *last < ALL) {
        shares.push(ALL);
    }
    let sound = shares.iter().all(|share| (1..=ALL).contains(share)) && shares.is_sorted_by(|a, b| a < b);
    sound.then_some(shares)
}

pub(super) fn subject(model: &Model) -> Option<(&Cluster, &Fleet)> {
    let fleet = &model.observation.as_ref()?.fleet;
    Some((fleet.cluster(model.screen().view().subject()?)?, fleet))
}

/// The groups of a cluster, the selected instance's first of all.
///
/// # Errors
/// It has none.
pub(super) fn groups(model: &Model, cluster: &Cluster) -> Result<Choice<GroupName>, String> {
    let groups: Vec<(GroupName, String)> = cluster
        .groups
        .iter()
        .map(|group| {
            let side = words::side(&cluster.id.name, &group.id.name);
            let count = words::count(group.instances.len(), "instance");
            (group.id.name.clone(), format!("{side} ({count})"))
        })
        .collect();
    if groups.is_empty() {
        return Err(format!("{} has no server group", cluster.id.name));
    }
    let selected = selected_group(model, cluster);
    let at = groups.iter().position(|(name, _)| Some(name) == selected).unwrap_or(0);
    Ok(Choice::new(groups, at))
}

/// The group of the selected instance.
pub(in crate::app) fn selected_group<'a>(model: &Model, cluster: &'a Cluster) -> Option<&'a GroupName> {
    let Screen::Cluster(screen) = model.screen() else { return None };
    let selected = screen.list.selected()?;
    let mut groups = cluster.groups.iter();
    let group = groups.find(|group| group.instances.iter().any(|instance| instance.id == *selected))?;
    Some(&group.id.name)
}

/// Versions of the group's template, the newest first, then images of its family that no version names.
fn goals(fleet: &Fleet, group: &ServerGroup) -> Vec<(RefreshTo, String)> {
    let place = &group.id.place;
    let Some(wanted) = group.wants.first() else { return Vec::new() };
    let (template, saved) = match &wanted.source {
        WantedSource::Template { id: Some(id), number, .. } => (id, *number),
        _ => return Vec::new(),
    };
    let versions = fleet.templates.get(&(place.clone(), template.clone())).map_or(&[][..], Vec::as_slice);
    let image_of = |version: &TemplateVersionFact| {
        version
            .resolved_image
            .clone()
            .or_else(|| version.image.as_ref().map(|text| ImageId::from(text.raw())))
    };
    let words = |id: &ImageId| fleet.image(place, id).map_or_else(|| id.to_string(), ToString::to_string);
    let mut numbered: Vec<&TemplateVersionFact> = versions.iter().collect();
    numbered.sort_by_key(|version| std::cmp::Reverse(version.number));
    let half = half_finished(group);
    let (finish, back) = (half.as_ref().map(Half::finish), half.as_ref().and_then(Half::go_back));
    let mut goals: Vec<(RefreshTo, String)> = numbered
        .iter()
        .map(|version| {
            let image = image_of(version).as_ref().map_or_else(|| "image unknown".into(), words);
            let to = RefreshTo::Version(version.number);
            let says = match &to {
                to if Some(to) == finish.as_ref() => ", which finishes what is half done",
                to if Some(to) == back.as_ref() => ", which goes back",
                _ if Some(version.number) == saved => ", which the group launches now",
                _ => "",
            };
            (to, format!("version {} with {image}{says}", version.number))
        })
        .collect();
    // The two ways out of what is half done come first.
    goals.sort_by_key(|(to, _)| match to {
        to if Some(to) == finish.as_ref() => 0,
        to if Some(to) == back.as_ref() => 1,
        _ => 2,
    });
    let named: Vec<ImageId> = numbered.iter().filter_map(|version| image_of(version)).collect();
    let images = images(fleet, group)
        .into_iter()
        .filter(|image| !named.contains(&image.id))
        .map(|image| (RefreshTo::Image(image.id.clone()), format!("image {image}, by a new version")));
    goals.extend(images);
    goals
}

/// Images of the group's family that can be launched and nobody marked as bad, the newest first.
pub(super) fn images<'a>(fleet: &'a Fleet, group: &ServerGroup) -> Vec<&'a Image> {
    let place = &group.id.place;
    let wanted = group.wants.first().and_then(|wanted| wanted.image.as_ref());
    let family = wanted.and_then(|id| fleet.image(place, id)?.family.as_ref());
    let mut images: Vec<&Image> = fleet
        .images
        .iter()
        .filter(|((at, _), image)| at == place && family.is_some() && image.family.as_ref() == family)
        .map(|(_, image)| image)
        .filter(|image| image.availability == Availability::Available && image.marked_bad().is_none())
        .collect();
    images.sort_by_key(|image| std::cmp::Reverse(image.rank));
    images
}

impl Form for RefreshForm {
    type Field = RefreshField;

    fn fields(&self) -> Vec<RefreshField> {
        RefreshField::ALL.to_vec()
    }

    fn focus(&mut self) -> &mut RefreshField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        (self.focus == RefreshField::Checkpoints).then_some(&mut self.checkpoints)
    }

    fn turn(&mut self, forward: bool, model: &Model) {
        match self.focus {
            RefreshField::Group => {
                self.group.turn(forward);
                if let Some((cluster, fleet)) = subject(model) {
                    self.aim(fleet, cluster);
                }
            }
            RefreshField::To => self.to.turn(forward),
            RefreshField::Matching => self.matching_stay = !self.matching_stay,
            RefreshField::Checkpoints => {}
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
    use crate::app::dialogs::Dialog;
    use crate::app::fixture::Person;

    #[test]
    fn checkpoints_are_typed_as_ascending_shares_and_everything_is_replaced_at_last() {
        let typed = ["", "50", "25, 50", "20 % 100", "100"].map(shares);
        let sound = [vec![], vec![50, 100], vec![25, 50, 100], vec![20, 100], vec![100]];
        assert_eq!(typed, sound.map(Some));
        assert_eq!(["50,25", "0", "101", "half", "50,50"].map(shares), [None, None, None, None, None]);
    }

    #[test]
    fn the_form_leads_to_the_plan_of_a_refresh_of_the_selected_group() {
        let mut person = Person::new();
        person.press("j j enter f");
        let Some(Dialog::Refresh(form)) = person.model.dialogs.last() else {
            panic!("{:?}", person.model.dialogs)
        };
        assert!(!form.to.options.is_empty());
        let group = form.group.chosen().cloned();
        person.press("enter");
        let Some(Dialog::Confirm(confirm)) = person.model.dialogs.last() else {
            panic!("{:?}", person.model.dialogs)
        };
        assert_eq!(confirm.plan.verb, "refresh");
        assert_eq!(confirm.plan.intent.group(), group.as_ref());
    }
}
