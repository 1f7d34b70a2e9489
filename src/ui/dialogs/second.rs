//! A colleague's plan, to be approved by a second person.

use super::confirm::{bound_to, page, scrolled};
use super::{Lines, WIDEST, asks, labelled, popup};
use crate::app::dialogs::Second;
use crate::app::{Area, Session, planning, words};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::{Look, glyphs};

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, dialog: &Second) {
    let columns = WIDEST.min(body.width).saturating_sub(4);
    let (asked, plan) = (&dialog.asked, &dialog.asked.plan);
    let cluster = look.model.observation.as_ref().and_then(|seen| seen.fleet.cluster(plan.intent.cluster()));
    let page = page(plan, cluster, columns);
    let mut foot: Lines = Vec::new();
    let why = asked.because();
    let says = format!(
        "{} on {} asks for a second person, {} ago{}{why}",
        words::person(&asked.who),
        asked.who.host,
        words::ago(asked.asked_at, look.at),
        if why.is_empty() { "" } else { ": " }
    );
    labelled(&mut foot, columns, &piece("? ", Role::Warning), &says, Role::Title);
    let bad = piece(format!("{} ", glyphs::BAD), Role::Error);
    if let Session::ReadOnly { why } = &look.model.session {
        labelled(
            &mut foot,
            columns,
            &bad,
            &format!("READ-ONLY: {why}. It cannot be approved here."),
            Role::Warning,
        );
    }
    foot.extend(asks(&dialog.asks, columns));
    if let Some(says) = &dialog.says {
        labelled(&mut foot, columns, &bad, says, Role::Error);
    }
    let wanted = u16::try_from(page.len() + foot.len()).unwrap_or(u16::MAX).saturating_add(3);
    let title =
        look.model.observation.as_ref().map_or_else(String::new, |seen| planning::title(plan, &seen.fleet));
    let right = bound_to(look, plan);
    let inside = popup(canvas, look, body.middle(columns + 4, wanted), &format!("Approve: {title}"), &right);
    scrolled(canvas, look, inside, &page, &foot, dialog.scroll);
}
