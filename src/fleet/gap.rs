//! What could not be seen. A gap is part of the value: shown as unknown, never as empty.

use serde::Serialize;

use super::{Place, Section, Text};

/// Something that could not be read, and why.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Gap {
    /// Where.
    pub place: Place,
    /// Which part of the look.
    pub section: Section,
    /// ARN or name of the one thing that is missing; `None`: the whole section.
    pub about: Option<Text>,
    /// What could not be read, in words ("target health of orders-blue").
    pub what: String,
    /// Why, in one sentence, with the missing IAM action where permission was denied.
    pub why: String,
    /// The IAM action that is missing, such as `ec2:DescribeImages`.
    pub action: Option<String>,
}

impl Gap {
    /// Whether this gap hides the named thing in that section.
    pub fn hides(&self, place: &Place, section: Section, about: Option<&str>) -> bool {
        self.place == *place
            && self.section == section
            && match (&self.about, about) {
                (Some(gap), Some(wanted)) => gap.raw() == wanted,
                _ => true,
            }
    }
}
