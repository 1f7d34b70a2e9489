//! A framed table: headings in the upper edge, columns that give way by rank, and only the rows that can be seen
//! are asked for.

use std::hash::Hash;

use crate::app::measure::width;
use crate::app::{Area, List, Row, words};
use crate::theme::Role;
use crate::ui::canvas::{Canvas, piece};
use crate::ui::glyphs;

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Columns of text it needs to be worth showing.
    pub least: u16,
    /// Columns of text beyond which more is of no use.
    pub most: u16,
    /// Where there is too little room, the largest rank goes first.
    pub rank: u8,
}

impl Column {
    /// Takes no more than its longest text needs, so that the others get the room.
    pub fn shrink_to(&mut self, texts: impl Iterator<Item = u16>) {
        self.most = self.most.min(texts.max().unwrap_or(0)).max(self.least);
    }
}

/// How a table is drawn.
pub struct Table<'a> {
    pub columns: &'a [Column],
    /// Of the frame.
    pub frame: Role,
    /// The column the rows are sorted by, and whether upside down.
    pub sorted: Option<(usize, bool)>,
    /// What stands in it where there is no row.
    pub empty: String,
}

impl Table<'_> {
    /// Draws the frame, and each visible row by a closure that is given the area of each cell; one without columns
    /// is not shown. A row without a key gets one cell over the whole width.
    pub fn draw<K: Clone + Eq + Hash, P>(
        &self,
        canvas: &mut Canvas<'_>,
        area: Area,
        list: &List<K, P>,
        mut row: impl FnMut(&mut Canvas<'_>, &Row<K, P>, &[Area]),
    ) {
        if area.width < 4 || area.height < 2 {
            return;
        }
        let widths = widths(self.columns, area.width);
        self.edges(canvas, area, &widths);
        let mut rest = area;
        let _edge = rest.cut_top(1);
        let _edge = rest.cut_bottom(1);
        let inside = rest;
        let visible = list.visible();
        for number in visible.clone() {
            let shown = &list.rows()[number];
            let line = rest.cut_top(shown.height.max(1));
            if line.height == 0 {
                break;
            }
            if shown.key.is_none() {
                self.sides(canvas, line);
                row(canvas, shown, &[Area { x: line.x + 1, width: line.width - 2, ..line }]);
                continue;
            }
            let cells = self.separators(canvas, line, &widths);
            row(canvas, shown, &cells);
            if list.selected_at() == Some(number) {
                canvas.text(Area { x: line.x + 1, width: 1, ..line }, 0, glyphs::HERE, Role::Selected);
                canvas.patch(Area { x: line.x + 1, width: line.width - 2, ..line }, Role::Selected);
            }
        }
        while rest.height > 0 {
            let line = rest.cut_top(1);
            if list.rows().is_empty() {
                self.sides(canvas, line);
            } else {
                self.separators(canvas, line, &widths);
            }
        }
        if list.rows().is_empty() {
            let room = Area { x: inside.x + 2, width: inside.width.saturating_sub(4), ..inside };
            let lines = crate::app::measure::wrap(&self.empty, room.width);
            let mut room = room;
            let _edge = room.cut_top(room.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(1)) / 2);
            for line in lines {
                canvas.text(room.cut_top(1), 0, &line, Role::Dim);
            }
        }
        if list.scroll().0 > list.height() {
            let says = format!(
                "{}–{} of {}",
                words::thousands(visible.start + 1),
                words::thousands(visible.end),
                words::thousands(list.rows().len())
            );
            let edge = Area { y: area.y + area.height - 1, height: 1, ..area };
            canvas.on_edge_right(edge, &[piece(says, Role::Dim)]);
        }
    }

    fn sides(&self, canvas: &mut Canvas<'_>, line: Area) {
        for row in 0..line.height {
            let line = Area { y: line.y + row, height: 1, ..line };
            canvas.text(line, 0, "│", self.frame);
            canvas.text(line, line.width - 1, "│", self.frame);
        }
    }

    /// Draws what separates the columns, and gives each cell without its pad.
    fn separators(&self, canvas: &mut Canvas<'_>, line: Area, widths: &[u16]) -> Vec<Area> {
        self.sides(canvas, line);
        let mut x = line.x;
        widths
            .iter()
            .map(|columns| {
                if *columns == 0 {
                    return Area { width: 0, height: 0, ..line };
                }
                for row in 0..line.height {
                    canvas.text(Area { x, y: line.y + row, width: 1, height: 1 }, 0, "│", self.frame);
                }
                let cell = Area { x: x + 2, width: columns.saturating_sub(1), ..line };
                x += columns + 1;
                cell
            })
            .collect()
    }

    fn edges(&self, canvas: &mut Canvas<'_>, area: Area, widths: &[u16]) {
        let shown = || widths.iter().enumerate().filter(|(_, width)| **width > 0);
        let mut top = String::new();
        let mut bottom = String::new();
        for (place, (_, columns)) in shown().enumerate() {
            let line = "─".repeat(usize::from(*columns));
            top.push_str(if place == 0 { "┌" } else { "┬" });
            bottom.push_str(if place == 0 { "└" } else { "┴" });
            top.push_str(&line);
            bottom.push_str(&line);
        }
        top.push('┐');
        bottom.push('┘');
        canvas.text(Area { height: 1, ..area }, 0, &top, self.frame);
        canvas.text(Area { y: area.y + area.height - 1, height: 1, ..area }, 0, &bottom, self.frame);
        let mut x = area.x;
        for (number, columns) in shown() {
            let title = self.columns[number].title;
            let arrow = match self.sorted {
                Some((by, false)) if by == number => " ▾",
                Some((by, true)) if by == number => " ▴",
                _ => "",
            };
            if !title.is_empty() {
                let room = Area { x: x + 1, y: area.y, width: *columns, height: 1 };
                canvas.text(room, 0, &format!(" {title}{arrow} "), Role::Heading);
            }
            x += columns + 1;
        }
    }
}

/// The width of each column with its pad of one; 0 for those that gave way.
pub fn widths(columns: &[Column], whole: u16) -> Vec<u16> {
    const PAD: u16 = 1;
    const BORDER: u16 = 1;
    let least = |column: &Column| column.least.max(width(column.title) + 1) + PAD;
    let mut shown = vec![true; columns.len()];
    let needs = |shown: &[bool]| {
        columns.iter().zip(shown).filter(|(_, shown)| **shown).map(|(c, _)| least(c) + BORDER).sum::<u16>()
            + BORDER
    };
    while needs(&shown) > whole && shown.iter().filter(|shown| **shown).count() > 1 {
        let weakest = (0..columns.len()).filter(|at| shown[*at]).max_by_key(|at| columns[*at].rank);
        if let Some(at) = weakest {
            shown[at] = false;
        }
    }
    let mut widths: Vec<u16> =
        columns.iter().zip(&shown).map(|(column, shown)| if *shown { least(column) } else { 0 }).collect();
    let mut spare = whole.saturating_sub(needs(&shown));
    // Everybody gets a column in turn, the least rank first; what nobody wants goes to the last.
    let mut order: Vec<usize> = (0..columns.len()).filter(|at| shown[*at]).collect();
    order.sort_by_key(|at| columns[*at].rank);
    while spare > 0 && order.iter().any(|at| widths[*at] < columns[*at].most + PAD) {
        for at in &order {
            if spare > 0 && widths[*at] < columns[*at].most + PAD {
                widths[*at] += 1;
                spare -= 1;
            }
        }
    }
    if let Some(last) = (0..columns.len()).rfind(|at| shown[*at]) {
        widths[last] += spare;
        let over = needs(&shown).saturating_sub(whole);
        widths[last] = widths[last].saturating_sub(over);
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { title: "A", least: 4, most: 10, rank: 0 },
        Column { title: "B", least: 4, most: 6, rank: 2 },
        Column { title: "C", least: 4, most: 8, rank: 1 },
    ];

    #[test]
    fn columns_fill_the_whole_width() {
        for whole in 7..120 {
            let widths = widths(&COLUMNS, whole);
            let shown = widths.iter().filter(|width| **width > 0).count();
            let sum: u16 = widths.iter().sum();
            assert_eq!(usize::from(sum) + shown + 1, usize::from(whole), "{whole}: {widths:?}");
        }
    }

    #[test]
    fn a_column_leaves_to_the_others_what_its_texts_do_not_need() {
        let mut columns = COLUMNS;
        columns[0].shrink_to([3, 6, 5].into_iter());
        assert_eq!(columns[0].most, 6);
        assert_eq!(widths(&columns, 40)[0], 7);
        columns[1].shrink_to([].into_iter());
        assert_eq!(columns[1].most, columns[1].least);
    }

    #[test]
    fn the_largest_rank_gives_way_first() {
        assert!(widths(&COLUMNS, 19).iter().all(|width| *width > 0));
        assert_eq!(widths(&COLUMNS, 18)[1], 0);
        assert_eq!(widths(&COLUMNS, 10)[1..], [0, 0]);
    }
}
