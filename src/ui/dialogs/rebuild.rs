//! What a rebuild needs to know first.

use super::form::{Form, chosen, draw as draw_form, typed};
use super::{Lines, key};
use crate::app::Area;
use crate::app::dialogs::{Form as _, RebuildField, RebuildForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece};

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &RebuildForm) {
    fn line<K>(name: &str, here: bool, options: &[(K, String)], at: usize) -> Vec<Piece> {
        chosen(name, here, options.iter().map(|(_, words)| words.as_str()), at)
    }
    let fields: Lines = form
        .fields()
        .into_iter()
        .map(|field| {
            let here = field == form.focus;
            let empty = |text: &str, words: &'static str| if text.is_empty() { words } else { "" };
            match field {
                RebuildField::Family => line("family", here, &form.family.options, form.family.at),
                RebuildField::Chain => line("builds", here, &form.chain.options, form.chain.at),
                RebuildField::Version => {
                    typed("version", here, &form.version, empty(form.version.text(), " the next one"))
                }
                RebuildField::Revision => {
                    typed("source", here, &form.revision, empty(form.revision.text(), " as its recipe says"))
                }
                RebuildField::Then => line("then", here, &form.then.options, form.then.at),
                RebuildField::Traffic => line("traffic", here, &form.traffic.options, form.traffic.at),
                RebuildField::Old => line("old", here, &form.old.options, form.old.at),
            }
        })
        .collect();
    let key = |action| key(look, Context::Text, action);
    let says = format!(
        "the plan is shown first, nothing is sent yet · {} next field · {} {} choose",
        key(Action::NextField),
        key(Action::MoveUp),
        key(Action::MoveDown)
    );
    let family = form.cluster.family().unwrap_or_default();
    let title = format!("Rebuild {family}");
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields);
}
