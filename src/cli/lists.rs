//! Lists that need no account: keys, themes, rules, the sample configuration, IAM policies.

use super::args::IamRole;
use super::documents;
use super::exit::End;
use super::session;
use crate::config::Settings;

pub(super) fn keys(settings: &Settings) -> Result<(), End> {
    documents::print_text(&settings.keymap.table()).map_err(session::unwritable)
}

pub(super) fn themes(settings: &Settings) -> Result<(), End> {
    let depth = settings.depth;
    let shipped: Vec<(&str, crate::theme::Theme)> = crate::theme::SHIPPED
        .iter()
        .filter_map(|shipped| Some((shipped.name, crate::theme::Theme::shipped(shipped.name, depth)?)))
        .collect();
    let named: Vec<(&str, &crate::theme::Theme)> =
        shipped.iter().map(|(name, theme)| (*name, theme)).collect();
    documents::print_text(&crate::theme::listing(&named)).map_err(session::unwritable)
}

pub(super) fn rules(settings: &Settings) -> Result<(), End> {
    documents::print_text(&crate::drift::table(&settings.drift)).map_err(session::unwritable)
}

pub(super) fn config_example() -> Result<(), End> {
    documents::print_text(&crate::config::example()).map_err(session::unwritable)
}

#[cfg(feature = "aws")]
pub(super) fn iam_policy(role: IamRole) -> Result<(), End> {
    use crate::provider::aws::{PolicyFor, iam_policy};
    let who = match role {
        IamRole::Viewer => PolicyFor::Viewer,
        IamRole::Operator => PolicyFor::Operator,
    };
    documents::print(&iam_policy(who)).map_err(session::unwritable)
}

#[cfg(not(feature = "aws"))]
pub(super) fn iam_policy(_role: IamRole) -> Result<(), End> {
    Err(session::built_without_aws())
}
