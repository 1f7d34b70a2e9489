//! What marking an image as bad needs to know first.

use super::form::{Form, chosen, draw as draw_form, typed};
use super::{Lines, key};
use crate::app::Area;
use crate::app::dialogs::{Form as _, MarkField, MarkForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::Canvas;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &MarkForm) {
    let fields: Lines = form
        .fields()
        .into_iter()
        .map(|field| {
            let here = field == form.focus;
            match field {
                MarkField::Deed => {
                    let options = form.deed.options.iter().map(|(_, words)| words.as_str());
                    chosen("it", here, options, form.deed.at)
                }
                MarkField::Reason => typed("why", here, &form.reason, ""),
            }
        })
        .collect();
    let key = |action| key(look, Context::Text, action);
    let since = form.says.as_ref().map(|says| format!("marked as bad: {says} · ")).unwrap_or_default();
    let says = format!(
        "{since}the plan is shown first, nothing is sent yet · {} next field · {} {} choose",
        key(Action::NextField),
        key(Action::MoveUp),
        key(Action::MoveDown)
    );
    let title = format!("Mark {} ({})", form.name, form.image);
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields);
}
