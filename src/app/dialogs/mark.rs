//! What marking an image as bad needs to know: why. Of one that is marked already it asks whether it is good after all.

use super::Reaction;
use super::form::{self, Choice, Form};
use crate::app::screens::Screen;
use crate::app::{Effect, Model, TextField, words};
use crate::fleet::{ClusterId, ImageId};
use crate::plan::{Author, Intent, Refusal};

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkField {
    /// Whether it is bad.
    Deed,
    /// Why.
    Reason,
}

/// The form.
#[derive(Debug)]
pub struct MarkForm {
    /// What stands for its family.
    pub cluster: ClusterId,
    /// The image.
    pub image: ImageId,
    /// What it is called.
    pub name: String,
    /// Why it is marked, where it is.
    pub says: Option<String>,
    /// Whether it is bad.
    pub deed: Choice<bool>,
    /// Why, as it is typed.
    pub reason: TextField,
    /// The field that is typed or chosen now.
    pub focus: MarkField,
    /// Why it cannot be planned so.
    pub refusal: Option<Refusal>,
}

impl MarkForm {
    /// Asks about the selected image.
    ///
    /// # Errors
    /// Why nothing can be marked.
    pub fn new(model: &Model) -> Result<Self, String> {
        let seen = model.observation.as_deref().ok_or("nothing has been seen yet")?;
        let Screen::Images(screen) = model.screen() else { return Err("no image is selected".into()) };
        let kin =
            screen.selected(seen).and_then(|at| seen.lineage.images.get(at)).ok_or("no image is selected")?;
        let image = seen.fleet.image(&kin.place, &kin.id).filter(|image| image.described);
        let image = image.ok_or("the newest look does not tell its tags")?;
        let family = image.family.as_ref().map_or_else(|| kin.id.raw().into(), |family| family.name.clone());
        let marked = image.marked_bad();
        let bad = (true, "is bad: no plan goes to it, and a rollback takes it last".to_owned());
        let good = (false, "is good, after all".to_owned());
        Ok(Self {
            cluster: ClusterId::of_family(kin.place.clone(), &family),
            image: kin.id.clone(),
            name: image.of_family(),
            says: marked.map(ToString::to_string),
            deed: Choice::new(if marked.is_some() { vec![good, bad] } else { vec![bad] }, 0),
            reason: TextField::default(),
            focus: if marked.is_some() { MarkField::Deed } else { MarkField::Reason },
            refusal: None,
        })
    }

    fn intent(&mut self, model: &Model) -> Result<Intent, Refusal> {
        let by = match &model.identity {
            Some(identity) => Author { who: words::principal(&identity.arn).into(), at: model.now },
            None => {
                return Err(Refusal::new("who asks is not proven yet, and the tag says it", "wait a moment"));
            }
        };
        let bad = self.deed.chosen() == Some(&true);
        if bad && self.reason.text().trim().is_empty() {
            self.focus = MarkField::Reason;
            return Err(Refusal::new("no reason is given", "say why it is bad: its tag tells it"));
        }
        let bad = bad.then(|| self.reason.text().trim().into());
        Ok(Intent::Mark { cluster: self.cluster.clone(), image: self.image.clone(), bad, by })
    }
}

impl Form for MarkForm {
    type Field = MarkField;

    fn fields(&self) -> Vec<MarkField> {
        match self.deed.chosen() {
            Some(true) => vec![MarkField::Deed, MarkField::Reason],
            _ => vec![MarkField::Deed],
        }
    }

    fn focus(&mut self) -> &mut MarkField {
        &mut self.focus
    }

    fn typed(&mut self) -> Option<&mut TextField> {
        (self.focus == MarkField::Reason).then_some(&mut self.reason)
    }

    fn turn(&mut self, forward: bool, _model: &Model) {
        if self.focus == MarkField::Deed {
            self.deed.turn(forward);
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
        self.focus == MarkField::Reason
    }
}
