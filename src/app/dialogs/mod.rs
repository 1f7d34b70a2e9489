//! Everything drawn over a screen, one file each: a stack, not modes. The last has the keys, the default answer is
//! No, and a dialog that waits for something outside holds the plan itself.
//!
//! What all of them must answer is [`Popup`]; a new dialog is a file here, a variant of [`Dialog`], and its mirror
//! in `ui`.

mod arm;
mod asks;
mod compare_images;
mod confirm;
mod deploy;
mod drill;
mod filter;
mod form;
mod gaps;
mod help;
mod ignore;
mod leave;
mod mark;
mod palette;
mod partner;
mod quarantine;
mod rebuild;
mod refresh;
mod replace;
mod scale;
mod second;
mod shift;
mod steer;

pub use arm::Arm;
pub use asks::{Ask, Asked, Asks};
pub use compare_images::{CompareImages, Compared};
pub use confirm::{Confirm, Stage};
pub use deploy::{DeployField, DeployForm};
pub use drill::{DrillField, DrillForm};
pub use filter::FilterLine;
pub use form::Form;
pub use gaps::Gaps;
pub use help::{Help, HelpRow};
pub use ignore::{IgnoreField, IgnoreForm};
pub use leave::{Going, Leave};
pub use mark::{MarkField, MarkForm};
pub use palette::{Item, Palette};
pub use partner::Partner;
pub use quarantine::{Deed, QuarantineField, QuarantineForm};
pub use rebuild::{RebuildField, RebuildForm};
pub(super) use refresh::selected_group;
pub use refresh::{RefreshField, RefreshForm};
pub use replace::{ReplaceField, ReplaceForm, Which};
pub use scale::{ScaleField, ScaleForm};
pub use second::Second;
pub use shift::{Change, FormField, ShiftForm};
pub use steer::SteerDialog;

use jiff::{SignedDuration, Timestamp};

use super::{Area, Effect, Model};
use crate::fleet::ClusterId;
use crate::keymap::{Action, Context, Key};

/// A dialog that confirms something takes no key for this long after it opened or its question changed: what was
/// typed before it could be read was not meant for it.
pub const SETTLING: SignedDuration = SignedDuration::from_millis(300);

/// Lines a page key scrolls.
const SCROLL: u16 = 4;
/// No plan has more lines.
const LONGEST: u16 = 400;

/// Scrolls a plan, where the action is one of a page key.
fn scroll(lines: &mut u16, action: Action) {
    match action {
        Action::PageDown | Action::HalfPageDown => *lines = lines.saturating_add(SCROLL).min(LONGEST),
        Action::PageUp | Action::HalfPageUp => *lines = lines.saturating_sub(SCROLL),
        _ => {}
    }
}

/// What becomes of a dialog after it was asked something.
#[derive(Debug)]
pub enum Reaction {
    /// It stays.
    Stay,
    /// It goes.
    Close,
    /// Another takes its place.
    Become(Box<Dialog>),
    /// It goes, and this is done as if it had been said on the screen.
    Then(Action),
    /// It goes, and this cluster is opened.
    Open(ClusterId),
    /// It goes, and these two are set side by side.
    Compare(ClusterId, ClusterId),
}

/// What every dialog answers.
pub trait Popup {
    /// Which keys it takes: letters, or actions.
    fn context(&self) -> Context;

    /// Takes the room it may have.
    fn fit(&mut self, _body: Area) {}

    /// The cluster it plans a change of.
    fn cluster(&self) -> Option<&ClusterId> {
        None
    }

    /// Since when it asks what it asks, where its answer confirms something: it then takes no paste, no held key,
    /// and no key at all before [`SETTLING`] is over.
    fn confirms_since(&self) -> Option<Timestamp> {
        None
    }

    /// Whether any letter belongs to what is typed in it: then also the key that stops everything is a letter.
    fn takes_any_letter(&self) -> bool {
        false
    }

    /// Whether an action is worth a hint: most dialogs ask nothing that yes or no would answer.
    fn offers(&self, action: Action) -> bool {
        !matches!(action, Action::Yes | Action::No)
    }

    /// Takes an action. The dialog is off the stack meanwhile.
    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> Reaction;

    /// Takes a key that says no action: a letter, or one that edits.
    fn key(&mut self, _key: Key, _model: &mut Model) {}

    /// Takes a text that was pasted.
    fn paste(&mut self, _text: &str, _model: &mut Model) {}

    /// The world was looked at again, or time has passed; `false` where it has nothing left to say.
    fn refresh(&mut self, _model: &mut Model, _effects: &mut Vec<Effect>) -> bool {
        true
    }
}

/// Writes the enum and what leads to the trait from one list.
macro_rules! dialogs {
    ($($(#[$doc:meta])* $name:ident($kind:ty),)+) => {
        /// A dialog.
        #[derive(Debug)]
        pub enum Dialog {
            $($(#[$doc])* $name($kind),)+
        }

        impl Dialog {
            /// What it answers.
            pub fn popup(&self) -> &dyn Popup {
                match self { $(Self::$name(dialog) => dialog,)+ }
            }

            /// What it answers, to be changed.
            pub(super) fn popup_mut(&mut self) -> &mut dyn Popup {
                match self { $(Self::$name(dialog) => dialog,)+ }
            }
        }
    };
}

dialogs! {
    /// The filter of the screen, being typed.
    Filter(FilterLine),
    /// What a shift or a rollback needs to know first.
    Shift(ShiftForm),
    /// What a refresh needs to know first.
    Refresh(RefreshForm),
    /// What another size needs to know first.
    Scale(ScaleForm),
    /// What setting an instance aside needs to know first.
    Quarantine(QuarantineForm),
    /// What a deployment needs to know first.
    Deploy(DeployForm),
    /// What a rebuild needs to know first.
    Rebuild(RebuildForm),
    /// What marking an image needs to know first.
    Mark(MarkForm),
    /// What a drill needs to know first.
    Drill(DrillForm),
    /// What replacing several instances needs to know.
    Replace(ReplaceForm),
    /// A plan, to be confirmed.
    Confirm(Confirm),
    /// A colleague's plan, to be approved by a second person.
    Second(Second),
    /// Lets a finding rest.
    Ignore(IgnoreForm),
    /// Arms the session.
    Arm(Arm),
    /// Every key of the screen.
    Help(Help),
    /// Every action and cluster by name.
    Palette(Palette),
    /// With which other cluster one is compared.
    Partner(Partner),
    /// What could not be read.
    Gaps(Gaps),
    /// Two images beside each other.
    CompareImages(CompareImages),
    /// Takes back what an operation did, or ends its wait?
    Steer(SteerDialog),
    /// Leaves although an operation runs?
    Leave(Leave),
}
