//! The screen before anything was seen: what is being looked at, or why nothing can be, and what to do.

use crate::app::measure::wrap;
use crate::app::{Area, words};
use crate::theme::Role;
use crate::ui::canvas::Canvas;
use crate::ui::{Look, glyphs};

/// Columns beyond which a sentence is hard to read.
const READABLE: u16 = 76;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area) {
    let model = look.model;
    let columns = READABLE.min(body.width.saturating_sub(2));
    let mut says: Vec<(String, Role)> = Vec::new();
    let mut paragraph = |text: &str, role| {
        if !text.is_empty() {
            says.extend(wrap(text, columns).into_iter().map(|line| (line, role)));
            says.push((String::new(), role));
        }
    };
    match &model.trouble {
        None => {
            paragraph(&format!("Looking at {}", model.looking_at), Role::Title);
            let since = words::ago(model.began_at, look.at);
            paragraph(&format!("{} the first look is under way, for {since}", glyphs::MOVING), Role::Dim);
        }
        Some((trouble, since)) => {
            paragraph(&format!("{} Could not {}", glyphs::BAD, trouble.what), Role::Error);
            paragraph(&trouble.why, Role::Text);
            paragraph(&trouble.remedy, Role::Title);
            if trouble.offers_demo {
                paragraph(
                    "Without an account: `flightdeck --demo` opens the same cockpit on a simulated fleet.",
                    Role::Text,
                );
            }
            let ago = words::ago(*since, look.at);
            paragraph(
                &format!("Looked at {}, for {ago}, trying again by itself.", model.looking_at),
                Role::Dim,
            );
        }
    }
    let mut area = body.middle(columns, u16::try_from(says.len()).unwrap_or(u16::MAX));
    for (line, role) in says {
        canvas.text(area.cut_top(1), 0, &line, role);
    }
}
