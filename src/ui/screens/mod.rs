//! One file a screen, mirroring `app::screens`.

mod activity;
mod build_log;
mod cluster;
mod compare;
mod fleet;
mod images;
mod instance;
mod operations;

use jiff::Timestamp;

use crate::app::Layout;
use crate::app::screens::Screen;
use crate::keymap::Action;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece, piece};

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout) {
    match look.model.screen() {
        Screen::Fleet(screen) => fleet::draw(canvas, look, layout, screen),
        Screen::Cluster(screen) => cluster::draw(canvas, look, layout, screen),
        Screen::Instance(screen) => instance::draw(canvas, look, layout, screen),
        Screen::Operations(screen) => operations::draw(canvas, look, layout, screen),
        Screen::Images(screen) => images::draw(canvas, look, layout, screen),
        Screen::Activity(screen) => activity::draw(canvas, look, layout, screen),
        Screen::Compare(screen) => compare::draw(canvas, look, layout, screen),
        Screen::BuildLog(screen) => build_log::draw(canvas, look, layout, screen),
    }
}

/// The frame of a panel: red around production.
fn border(look: &Look<'_>) -> Role {
    if look.model.is_production() { Role::BorderProduction } else { Role::Border }
}

/// The filter that holds, or how to set one.
fn filter_pieces(look: &Look<'_>) -> Vec<Piece> {
    let model = look.model;
    let Some(filter) = model.screen().view().filter() else { return Vec::new() };
    if filter.is_empty() {
        let key = model.keymap.chords(model.screen().view().context(), Action::Filter).next();
        return key.map_or_else(Vec::new, |key| {
            vec![piece(key.to_string(), Role::Key), piece(" filter ", Role::KeyLabel)]
        });
    }
    vec![piece("filter ", Role::KeyLabel), piece(format!("{} ", filter.text()), Role::Match)]
}

/// A time as people here say it, with the zone named.
fn local(look: &Look<'_>, at: Timestamp) -> String {
    at.to_zoned_datetime(look.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}
