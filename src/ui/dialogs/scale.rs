//! What another size needs to know first.

use super::form::{Form, chosen, draw as draw_form, typed};
use super::key;
use crate::app::Area;
use crate::app::dialogs::{ScaleField, ScaleForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::Canvas;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &ScaleForm) {
    let counts = if form.units { " capacity units, which are not instances" } else { " instances" };
    let runs = form.runs.as_ref().map_or_else(|| "the present type".to_owned(), ToString::to_string);
    let fields = ScaleField::ALL.map(|field| {
        let here = field == form.focus;
        match field {
            ScaleField::Group => chosen(
                "group",
                here,
                form.group.options.iter().map(|(_, words)| words.as_str()),
                form.group.at,
            ),
            ScaleField::Desired => typed("size", here, &form.desired, counts),
            ScaleField::Min => typed("min", here, &form.min, ""),
            ScaleField::Max => typed("max", here, &form.max, ""),
            ScaleField::Type => {
                typed("type", here, &form.kind, &format!(" by a refresh; nothing for {runs}"))
            }
        }
    });
    let key = |action| key(look, Context::Text, action);
    let says =
        format!("the plan is shown first, nothing is sent yet · {} next field", key(Action::NextField));
    let title = format!("Scale {}", form.cluster.name);
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields.into());
}
