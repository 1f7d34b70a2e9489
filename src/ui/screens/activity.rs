//! What was done, by whom: the journal, newest first, and the selected record in full.

use jiff::Timestamp;

use super::{border, filter_pieces, local};
use crate::app::measure::{fit, wrap};
use crate::app::screens::{Activity, event_word};
use crate::app::{Area, Layout, words};
use crate::fleet::{Action, Actions, Text};
use crate::plan::{Event, Record};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, Piece, piece, width_of};
use crate::ui::widgets::table::{Column, Table};
use crate::ui::{Look, glyphs};

const COLUMNS: [Column; 6] = [
    Column { title: "WHEN", least: 8, most: 24, rank: 1 },
    Column { title: "WHO", least: 8, most: 16, rank: 4 },
    Column { title: "WHAT", least: 8, most: 9, rank: 2 },
    Column { title: "CLUSTER", least: 10, most: 16, rank: 0 },
    Column { title: "EVENT", least: 11, most: 12, rank: 3 },
    Column { title: "RESULT", least: 12, most: 60, rank: 5 },
];

/// Columns of the name of a field.
const NAME: u16 = 11;

pub fn draw(canvas: &mut Canvas<'_>, look: &Look<'_>, layout: &Layout, screen: &Activity) {
    let records = look.model.history.records();
    let zone = look.at.to_zoned_datetime(look.zone.clone()).strftime("%Z").to_string();
    let says = format!(" activity · {} · times in {zone}", words::count(records.len(), "record"));
    let filter = filter_pieces(look);
    canvas.text(layout.title, 0, &says, Role::Title);
    canvas.pieces_right(layout.title, &filter);
    let table = Table {
        columns: &COLUMNS,
        frame: border(look),
        sorted: None,
        empty: if records.is_empty() {
            "Nothing was done from here yet: the journal is empty.".into()
        } else {
            "No record matches the filter.".into()
        },
    };
    table.draw(canvas, screen.table, &screen.list, |canvas, row, cells| {
        if let Some(record) = records.get(row.shows) {
            record_row(canvas, look, record, cells);
        }
    });
    let selected = screen.list.selected().and_then(|number| records.get(*number));
    canvas.frame(screen.record, &[piece("RECORD", Role::Heading)], border(look));
    if let Some(record) = selected {
        in_full(canvas, look, screen.record.without(2, 1), record);
    }
}

fn record_row(canvas: &mut Canvas<'_>, look: &Look<'_>, record: &Record, cells: &[Area]) {
    let [when, who, what, cluster, event, result] = cells else { return };
    canvas.text(*when, 0, &moment(look, record.at, when.width), Role::Dim);
    canvas.text(*who, 0, &words::person(&record.who), Role::Text);
    canvas.text(*what, 0, &record.verb, Role::Text);
    canvas.text(*cluster, 0, &record.cluster.name.to_string(), Role::Name);
    let (glyph, role) = event_look(record.event);
    canvas.text(*event, 0, &format!("{glyph} {}", event_word(record.event)), role);
    let says = record.result.clone().or_else(|| record.why.as_ref().map(Text::to_string)).unwrap_or_default();
    canvas.text(*result, 0, &says, Role::Text);
}

fn event_look(event: Event) -> (&'static str, Role) {
    match event {
        Event::Started | Event::Steered | Event::TakenOver => (glyphs::SAYS, Role::Text),
        Event::Intended => (glyphs::MOVING, Role::Moving),
        Event::Applied | Event::ReadBack | Event::Settled | Event::Done => (glyphs::GOOD, Role::Healthy),
        Event::Failed => (glyphs::BAD, Role::Error),
        Event::Held | Event::RolledBack => (glyphs::WARN, Role::Critical),
    }
}

/// The time of a record: with its date where there is room.
fn moment(look: &Look<'_>, at: Timestamp, room: u16) -> String {
    const WITH_DATE: u16 = 19;
    let local = at.to_zoned_datetime(look.zone.clone());
    let format = if room >= WITH_DATE { "%Y-%m-%d %H:%M:%S" } else { "%H:%M:%S" };
    local.strftime(format).to_string()
}

fn in_full(canvas: &mut Canvas<'_>, look: &Look<'_>, mut rest: Area, record: &Record) {
    let mut field = |name: &str, pieces: &[Piece]| {
        if width_of(pieces) > 0 {
            let line = rest.cut_top(1);
            canvas.text(line, 0, &fit(name, NAME - 1), Role::Dim);
            canvas.pieces(line, NAME, pieces);
        }
    };
    let text = |text: String| [piece(text, Role::Text)];
    let when = local(look, record.at);
    // What concerns the whole operation belongs to no step of it.
    let step = if record.step > 0 { format!(" step {}", record.step) } else { String::new() };
    let what = format!("{} {}{step} · {}", record.verb, record.cluster.name, record.operation);
    field("what", &text(format!("{what} · {when}")));
    field("who", &text(format!("{} on {}", record.who.principal, record.who.host)));
    if let Some(why) = &record.why {
        field("why", &text(why.to_string()));
    }
    if let Some(call) = &record.call {
        let id = record.request_id.as_ref().map(|id| format!(" · request {id}")).unwrap_or_default();
        field("call", &text(format!("{} {}{id}", call.service(), call.operation())));
    }
    if let Some(resource) = &record.resource {
        field("on", &text(resource.to_string()));
    }
    let states = [("before", &record.before), ("after", &record.after)];
    for (name, state) in states {
        if let Some(state) = state {
            let says = state.actions().map_or_else(|| state.says(), weights_word);
            field(name, &text(says));
        }
    }
    if let Some(result) = &record.result {
        let lines = wrap(result, rest.width.saturating_sub(NAME));
        for (number, line) in lines.into_iter().enumerate() {
            let row = rest.cut_top(1);
            if number == 0 {
                canvas.text(row, 0, "result", Role::Dim);
            }
            canvas.text(row, NAME, &line, Role::Text);
        }
    }
}

fn weights_word(actions: &Actions) -> String {
    let weights = actions.iter().flat_map(Action::weights);
    weights.map(|(arn, weight)| format!("{} {weight}", arn.name())).collect::<Vec<_>>().join(" · ")
}
