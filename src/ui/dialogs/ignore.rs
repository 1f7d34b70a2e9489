//! Lets findings of one rule rest in one cluster.

use super::form::{Form, chosen, draw as draw_form, typed};
use super::key;
use crate::app::Area;
use crate::app::dialogs::{IgnoreField, IgnoreForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::Canvas;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &IgnoreForm) {
    let fields = IgnoreField::ALL.map(|field| {
        let here = field == form.focus;
        match field {
            IgnoreField::Rule => {
                chosen("rule", here, form.rule.options.iter().map(|(_, words)| words.as_str()), form.rule.at)
            }
            IgnoreField::Until => typed("until", here, &form.until, "  a date, or a time from now"),
            IgnoreField::Reason => typed("why", here, &form.reason, ""),
        }
    });
    let next = key(look, Context::Text, Action::NextField);
    let says = format!("for all instances of the cluster; it counts again by itself · {next} next field");
    let title = format!("Ignore a finding in {}", form.cluster.name);
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields.into());
}
