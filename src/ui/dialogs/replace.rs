//! What replacing several instances needs to know first.

use super::form::{Form, chosen, draw as draw_form, typed};
use super::{Lines, key};
use crate::app::Area;
use crate::app::dialogs::{Form as _, ReplaceField, ReplaceForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::Canvas;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &ReplaceForm) {
    let fields: Lines = form
        .fields()
        .into_iter()
        .map(|field| {
            let here = field == form.focus;
            match field {
                ReplaceField::Group => {
                    let options = form.group.options.iter().map(|(_, words)| words.as_str());
                    chosen("group", here, options, form.group.at)
                }
                ReplaceField::Which => {
                    let options = form.which.options.iter().map(|(_, words)| words.as_str());
                    chosen("which", here, options, form.which.at)
                }
                ReplaceField::AtOnce => typed("at once", here, &form.at_once, ""),
                ReplaceField::First => {
                    let options = ["ended, then launched", "as many are launched first"];
                    chosen("order", here, options.into_iter(), usize::from(form.launch_first))
                }
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
    let title = format!("Replace instances of {}", form.cluster.name);
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields);
}
