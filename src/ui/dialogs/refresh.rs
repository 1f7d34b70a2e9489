//! What a refresh needs to know first.

use super::form::{Form, chosen, draw as draw_form, typed};
use super::key;
use crate::app::Area;
use crate::app::dialogs::{RefreshField, RefreshForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::Canvas;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &RefreshForm) {
    let fields = RefreshField::ALL.map(|field| {
        let here = field == form.focus;
        match field {
            RefreshField::Group => chosen(
                "group",
                here,
                form.group.options.iter().map(|(_, words)| words.as_str()),
                form.group.at,
            ),
            RefreshField::To => {
                chosen("to", here, form.to.options.iter().map(|(_, words)| words.as_str()), form.to.at)
            }
            RefreshField::Matching => {
                let options = ["already: they stay", "already: they are replaced too"].into_iter();
                chosen("match", here, options, usize::from(!form.matching_stay))
            }
            RefreshField::Checkpoints => {
                typed("stop at", here, &form.checkpoints, " % for a while; nothing for no stop")
            }
        }
    });
    let key = |action| key(look, Context::Text, action);
    let says = format!(
        "the plan is shown first, nothing is sent yet · {} next field · {} {} choose",
        key(Action::NextField),
        key(Action::MoveUp),
        key(Action::MoveDown)
    );
    let title = format!("Refresh {}", form.cluster.name);
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields.into());
}
