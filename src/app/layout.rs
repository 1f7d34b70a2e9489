//! Where things stand on the screen, from the terminal's size alone, so that a page down in `update` and the picture
//! in `ui` agree.

/// Columns below which the cockpit only says that it needs more.
pub const MIN_WIDTH: u16 = 60;
/// Rows below which the cockpit only says that it needs more.
pub const MIN_HEIGHT: u16 = 15;

/// A rectangle of cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Area {
    /// Leftmost column.
    pub x: u16,
    /// Topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// The whole terminal.
    #[must_use]
    pub fn of_size(width: u16, height: u16) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// Cuts rows off the top.
    #[must_use = "the rows that were cut off"]
    pub fn cut_top(&mut self, rows: u16) -> Self {
        let rows = rows.min(self.height);
        let cut = Self { height: rows, ..*self };
        self.y += rows;
        self.height -= rows;
        cut
    }

    /// Cuts rows off the bottom.
    #[must_use = "the rows that were cut off"]
    pub fn cut_bottom(&mut self, rows: u16) -> Self {
        let rows = rows.min(self.height);
        self.height -= rows;
        Self { y: self.y + self.height, height: rows, ..*self }
    }

    /// Without a frame of one cell.
    #[must_use]
    pub fn inside(self) -> Self {
        self.without(1, 1)
    }

    /// Without so many columns at both sides and rows at both ends.
    #[must_use]
    pub fn without(self, columns: u16, rows: u16) -> Self {
        let (columns, rows) = (columns.min(self.width / 2), rows.min(self.height / 2));
        Self {
            x: self.x + columns,
            y: self.y + rows,
            width: self.width - 2 * columns,
            height: self.height - 2 * rows,
        }
    }

    /// An area of this size in the middle, as far as there is room.
    #[must_use]
    pub fn middle(self, width: u16, height: u16) -> Self {
        let (width, height) = (width.min(self.width), height.min(self.height));
        Self { x: self.x + (self.width - width) / 2, y: self.y + (self.height - height) / 2, width, height }
    }
}

/// The parts every screen has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Who, where, may it write, how old; always there.
    pub state: Area,
    /// What this screen shows, in numbers.
    pub title: Area,
    /// What is wrong, and the last word; none or more rows.
    pub notices: Area,
    /// The screen.
    pub body: Area,
    /// What may be pressed.
    pub footer: Area,
}

impl Layout {
    /// Lays a screen out; `None` where the terminal is too small for one.
    pub fn of(size: Area, notices: u16) -> Option<Self> {
        if size.width < MIN_WIDTH || size.height < MIN_HEIGHT {
            return None;
        }
        let mut rest = size;
        let (state, title) = (rest.cut_top(1), rest.cut_top(1));
        let footer = rest.cut_bottom(1);
        let notices = rest.cut_bottom(notices);
        Some(Self { state, title, notices, body: rest.without(1, 0), footer })
    }
}
