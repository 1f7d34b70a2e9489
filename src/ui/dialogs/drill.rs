//! What a drill needs to know first.

use super::form::{Form, chosen, draw as draw_form, typed};
use super::key;
use crate::app::Area;
use crate::app::dialogs::{DrillField, DrillForm, Form as _};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece};

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &DrillForm) {
    fn line<K>(name: &str, here: bool, options: &[(K, String)], at: usize) -> Vec<Piece> {
        chosen(name, here, options.iter().map(|(_, words)| words.as_str()), at)
    }
    let fields = form.fields().into_iter().map(|field| {
        let here = field == form.focus;
        match field {
            DrillField::Group => line("group", here, &form.group.options, form.group.at),
            DrillField::Loses => line("loses", here, &form.loses.options, form.loses.at),
            DrillField::Time => line("for", here, &form.time.options, form.time.at),
            DrillField::Stop => {
                let behind = format!(" healthy or more, else it stops; nothing for {}", form.floor);
                typed("keep", here, &form.stop, &behind)
            }
        }
    });
    let key = |action| key(look, Context::Text, action);
    let allowed =
        form.hours.as_ref().map_or_else(String::new, |hours| format!("drills are allowed {hours} · "));
    let says = format!(
        "{allowed}the plan is shown first, nothing is sent yet · {} next field · {} {} choose",
        key(Action::NextField),
        key(Action::MoveUp),
        key(Action::MoveDown)
    );
    let title = format!("Drill {}", form.cluster.name);
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields.collect());
}
