//! What a rule is given: one instance, where it stands, and what is known around it.

use std::time::Duration;

use jiff::Timestamp;

use super::relation::Relation;
use super::view::{GroupView, PlaceView, TargetView, View};
use crate::fleet::{Base, Image, Instance, TargetGroupArn, TemplateVersionFact};

/// Where an instance stands.
#[derive(Clone, Copy)]
pub enum Standing<'a> {
    /// In a server group.
    InGroup(&'a GroupView<'a>),
    /// In no group.
    Unmanaged,
    /// Its group is not known.
    Unplaced,
}

/// One instance to judge.
pub struct Subject<'a> {
    /// The instance.
    pub instance: &'a Instance,
    /// Where it stands.
    pub standing: Standing<'a>,
    /// The image it runs, where it is known.
    pub image: Option<&'a Image>,
    /// How what that is built on stands, where it is known.
    pub base: Option<&'a Base>,
    /// How that stands to what its group wants.
    pub relation: Relation<'a>,
    /// The template version it was launched from, where that is known.
    pub template: Option<&'a TemplateVersionFact>,
    /// Now.
    pub at: Timestamp,
    /// Age from which it is long-lived.
    pub phoenix_age: Duration,
    pub(super) place: &'a PlaceView<'a>,
    pub(super) view: &'a View<'a>,
}

impl<'a> Subject<'a> {
    /// Its server group.
    pub fn group(&self) -> Option<&'a GroupView<'a>> {
        match self.standing {
            Standing::InGroup(group) => Some(group),
            Standing::Unmanaged | Standing::Unplaced => None,
        }
    }

    /// The lifecycle state in its group, in AWS's words.
    pub fn lifecycle(&self) -> Option<&'a str> {
        self.instance.membership.as_ref().map(|membership| membership.lifecycle.raw())
    }

    /// What is known of its account and region.
    pub(super) fn place(&self) -> &'a PlaceView<'a> {
        self.place
    }

    /// A target group.
    pub fn target(&self, arn: &TargetGroupArn) -> Option<&'a TargetView<'a>> {
        let own = self.group().and_then(|group| group.targets.iter().find(|target| target.group.arn == *arn));
        own.copied().or_else(|| self.view.target(arn))
    }

    /// An image by its number among those of the fleet.
    pub(super) fn numbered(&self, number: usize) -> Option<&'a Image> {
        self.view.numbered(number)
    }
}
