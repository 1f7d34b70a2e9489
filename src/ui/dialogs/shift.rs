//! What a change of traffic needs to know first.

use std::fmt::Write as _;

use super::form::{Form, chosen, draw as draw_form, typed};
use super::key;
use crate::app::Area;
use crate::app::dialogs::{Change, Form as _, FormField, ShiftForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::Canvas;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &ShiftForm) {
    let fields = form.fields().into_iter().map(|field| {
        let here = field == form.focus;
        match field {
            FormField::Source => chosen(
                "on",
                here,
                form.source.options.iter().map(|(_, words)| words.as_str()),
                form.source.at,
            ),
            FormField::Group => chosen(
                "group",
                here,
                form.group.options.iter().map(|(_, words)| words.as_str()),
                form.group.at,
            ),
            FormField::Percent => typed("to", here, &form.percent, " % of the traffic"),
            FormField::Steps => {
                let options = ["all at once", "in steps, each watched"].into_iter();
                chosen("how", here, options, usize::from(form.stepped))
            }
            FormField::Shares => typed("steps", here, &form.shares, " %, as far as they are on the way"),
            FormField::Bake => typed("watch", here, &form.bake, " each step, before the next"),
        }
    });
    let title = match form.change {
        Change::Shift => "Shift",
        Change::Switch => "Switch",
        Change::Rollback => "Roll back",
    };
    let title = format!("{title} {}", form.cluster.name);
    let frame =
        Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says: says(look, form) };
    draw_form(canvas, look, body, &frame, fields.collect());
}

/// What the keys do here.
fn says(look: &Look<'_>, form: &ShiftForm) -> String {
    let key = |action| key(look, Context::Text, action);
    let mut says = String::from("the plan is shown first, nothing is sent yet");
    if form.fields().len() > 1 {
        let _infallible = write!(says, " · {} next field", key(Action::NextField));
    }
    if matches!(form.focus, FormField::Source | FormField::Group | FormField::Steps) {
        let _infallible = write!(says, " · {} {} choose", key(Action::MoveUp), key(Action::MoveDown));
    }
    says
}
