//! What a deployment needs to know first.

use super::form::{Form, chosen, draw as draw_form};
use super::key;
use crate::app::Area;
use crate::app::dialogs::{DeployField, DeployForm};
use crate::keymap::{Action, Context};
use crate::ui::Look;
use crate::ui::canvas::{Canvas, Piece};

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, body: Area, form: &DeployForm) {
    fn line<K>(name: &str, here: bool, options: &[(K, String)], at: usize) -> Vec<Piece> {
        chosen(name, here, options.iter().map(|(_, words)| words.as_str()), at)
    }
    let fields = DeployField::ALL.map(|field| {
        let here = field == form.focus;
        match field {
            DeployField::Group => line("side", here, &form.group.options, form.group.at),
            DeployField::Image => line("image", here, &form.image.options, form.image.at),
            DeployField::Traffic => line("traffic", here, &form.traffic.options, form.traffic.at),
            DeployField::Old => line("old", here, &form.old.options, form.old.at),
        }
    });
    let key = |action| key(look, Context::Text, action);
    let says = format!(
        "the plan is shown first, nothing is sent yet · {} next field · {} {} choose",
        key(Action::NextField),
        key(Action::MoveUp),
        key(Action::MoveDown)
    );
    let title = format!("Deploy {}", form.cluster.name);
    let frame = Form { title, cluster: &form.cluster, refusal: form.refusal.as_ref(), says };
    draw_form(canvas, look, body, &frame, fields.into());
}
