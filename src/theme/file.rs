//! Theme files: the shipped ones and the user's, through one loader that reports all mistakes at once.
//!
//! A file names colours in a palette and gives each role a style. Where it extends another, its palette is laid
//! over that one's, so that one changed colour changes every role that names it.

#![expect(clippy::disallowed_types, reason = "theme is the room that names colours")]

use std::collections::BTreeMap;
use std::ops::Range;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Depth, Role, Theme, nearest};

/// Something wrong in a theme file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which bytes of the text.
    pub at: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

/// A theme file in the binary.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// What `--theme` and `extends` call it.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

/// Every theme file in the binary, the default first.
pub const SHIPPED: &[Shipped] = &[
    Shipped { name: "dark", text: include_str!("../../themes/dark.toml") },
    Shipped { name: "light", text: include_str!("../../themes/light.toml") },
    Shipped { name: MONOCHROME, text: include_str!("../../themes/monochrome.toml") },
];

/// The theme that lends its styles wherever another's colours cannot be shown.
const MONOCHROME: &str = "monochrome";

/// The colours every terminal has under these names; `default` is whatever its owner chose.
const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

impl Theme {
    /// Reads a theme file for a terminal with so many colours.
    ///
    /// A role the file does not set takes the style of its fallback. With no colours a style keeps its
    /// modifiers if they are all it has; one that leans on colour becomes the monochrome theme's.
    ///
    /// # Errors
    ///
    /// All mistakes of the file, in its order, whatever the depth.
    pub fn parse(text: &str, depth: Depth) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::default();
        reader.read(text);
        let theme = reader.settle(depth);
        if reader.mistakes.is_empty() {
            return Ok(theme);
        }
        reader.mistakes.sort_by_key(|mistake| mistake.at.start);
        Err(reader.mistakes)
    }

    /// Loads a theme of the binary; `None` where no such name is shipped.
    #[must_use]
    pub fn shipped(name: &str, depth: Depth) -> Option<Self> {
        shipped(name).and_then(|shipped| Self::parse(shipped.text, depth).ok())
    }
}

fn shipped(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.name == name)
}

/// A colour as a file writes it, and where.
#[derive(Clone)]
struct Written {
    at: Range<usize>,
    colour: String,
}

#[derive(Clone, Default)]
struct Draft {
    fg: Option<Written>,
    bg: Option<Written>,
    modifiers: Modifier,
}

#[derive(Default)]
struct Reader {
    description: String,
    palette: BTreeMap<String, Color>,
    roles: BTreeMap<Role, Draft>,
    /// What a role is instead where there are sixteen colours.
    ansi16: BTreeMap<Role, Draft>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn mistake(&mut self, at: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(Mistake { at, what: what.into(), remedy: remedy.into() });
    }

    fn read(&mut self, text: &str) {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let remedy = "write it as TOML: [roles] on one line, title = \"blue\" on the next";
            self.mistake(error.span().unwrap_or_default(), error.message(), remedy);
        }
        let table = table.get_ref();
        if let Some(base) = table.get("extends") {
            self.extend(base);
        }
        let (mut roles, mut ansi16) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in table {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("extends", _) => {}
                ("description", DeValue::String(text)) => text.as_ref().clone_into(&mut self.description),
                ("description", other) => self.no_string("description", value.span(), other),
                ("palette", DeValue::Table(entries)) => self.palette(entries),
                ("roles", DeValue::Table(entries)) => roles = self.drafts(entries),
                ("ansi16", DeValue::Table(entries)) => ansi16 = self.drafts(entries),
                _ => self.unknown_section(name),
            }
        }
        // What this file says of a role wins over everything it extends, at every depth.
        self.ansi16.retain(|role, _| !roles.contains_key(role));
        self.roles.extend(roles);
        self.ansi16.extend(ansi16);
    }

    fn extend(&mut self, value: &Spanned<DeValue<'_>>) {
        let DeValue::String(name) = value.get_ref() else {
            return self.no_string("extends", value.span(), value.get_ref());
        };
        if let Some(base) = shipped(name) {
            return self.read(base.text);
        }
        let names = || SHIPPED.iter().map(|shipped| shipped.name);
        let remedy = match nearest(name, names()) {
            Some(meant) => format!("write `{meant}`"),
            None => format!("write one of {}", names().collect::<Vec<_>>().join(", ")),
        };
        self.mistake(value.span(), format!("no shipped theme is called `{name}`"), remedy);
    }

    fn no_string(&mut self, name: &str, at: Range<usize>, value: &DeValue<'_>) {
        self.mistake(at, format!("`{name}` takes a string, not {}", article(value)), "put it in quotes");
    }

    fn unknown_section(&mut self, name: &Spanned<DeString<'_>>) {
        const SECTIONS: [&str; 3] = ["palette", "roles", "ansi16"];
        let word = name.get_ref().as_ref();
        let (what, remedy) = if SECTIONS.contains(&word) {
            (
                format!("`{word}` is a section, not a value"),
                format!("write [{word}] and its entries below it"),
            )
        } else {
            let remedy = if word.parse::<Role>().is_ok() {
                format!("put `{word}` below [roles]")
            } else if let Some(meant) = nearest(word, SECTIONS) {
                format!("write [{meant}]")
            } else {
                format!("write one of {}", SECTIONS.join(", "))
            };
            (format!("no section is called `{word}`"), remedy)
        };
        self.mistake(name.span(), what, remedy);
    }

    fn palette(&mut self, entries: &DeTable<'_>) {
        for (name, value) in entries {
            match value.get_ref() {
                DeValue::String(text) => match colour(text) {
                    Some(colour) => {
                        self.palette.insert(name.get_ref().to_string(), colour);
                    }
                    None => self.no_colour(value.span(), text, NAMED.iter().map(|(name, _)| *name)),
                },
                other => self.no_string(name.get_ref(), value.span(), other),
            }
        }
    }

    fn no_colour<'a>(&mut self, at: Range<usize>, text: &str, candidates: impl IntoIterator<Item = &'a str>) {
        let what = format!("`{text}` is no colour");
        let remedy = match nearest(text, candidates) {
            Some(meant) if !text.starts_with('#') => format!("write `{meant}`"),
            _ => "write #rrggbb, a name of [palette], default, or one of the sixteen such as bright-blue"
                .to_owned(),
        };
        self.mistake(at, what, remedy);
    }

    fn drafts(&mut self, entries: &DeTable<'_>) -> BTreeMap<Role, Draft> {
        let mut drafts = BTreeMap::new();
        for (name, value) in entries {
            let draft = self.draft(value);
            match name.get_ref().parse::<Role>() {
                Ok(role) => {
                    drafts.insert(role, draft);
                }
                Err(error) => {
                    let remedy = match error.nearest {
                        Some(meant) => format!("write `{meant}`"),
                        None => "the shipped themes list every role".to_owned(),
                    };
                    self.mistake(name.span(), error.to_string(), remedy);
                }
            }
        }
        drafts
    }

    fn draft(&mut self, value: &Spanned<DeValue<'_>>) -> Draft {
        let mut draft = Draft::default();
        match value.get_ref() {
            DeValue::String(colour) => {
                draft.fg = Some(Written { at: value.span(), colour: colour.to_string() });
            }
            DeValue::Table(fields) => {
                for (name, value) in fields {
                    self.field(&mut draft, name, value);
                }
            }
            other => {
                let what = format!("a style is a colour or a table, not {}", article(other));
                self.mistake(value.span(), what, "write \"blue\", or { fg = \"blue\", bold = true }");
            }
        }
        draft
    }

    fn field(&mut self, draft: &mut Draft, name: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let word = name.get_ref().as_ref();
        let modifier = MODIFIERS.iter().find(|(known, _)| *known == word).map(|(_, modifier)| *modifier);
        match (word, modifier, value.get_ref()) {
            ("fg" | "bg", _, DeValue::String(colour)) => {
                let written = Some(Written { at: value.span(), colour: colour.to_string() });
                *(if word == "fg" { &mut draft.fg } else { &mut draft.bg }) = written;
            }
            ("fg" | "bg", _, other) => self.no_string(word, value.span(), other),
            (_, Some(modifier), DeValue::Boolean(on)) => draft.modifiers.set(modifier, *on),
            (_, Some(_), other) => {
                let what = format!("`{word}` is true or false, not {}", article(other));
                self.mistake(value.span(), what, format!("write {word} = true"));
            }
            (_, None, _) => {
                let fields = || ["fg", "bg"].into_iter().chain(MODIFIERS.iter().map(|(name, _)| *name));
                let remedy = match nearest(word, fields()) {
                    Some(meant) => format!("write `{meant}`"),
                    None => format!("write one of {}", fields().collect::<Vec<_>>().join(", ")),
                };
                self.mistake(name.span(), format!("a style has no `{word}`"), remedy);
            }
        }
    }

    /// Looks every colour up, and settles the styles for a terminal.
    fn settle(&mut self, depth: Depth) -> Theme {
        let (roles, ansi16) = (std::mem::take(&mut self.roles), std::mem::take(&mut self.ansi16));
        let roles = self.styles(roles);
        let ansi16 = self.styles(ansi16);
        let monochrome = || Theme::shipped(MONOCHROME, Depth::TrueColor);
        let plain = if depth == Depth::None && roles.values().any(is_coloured) { monochrome() } else { None };
        let mut styles: Vec<Style> = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            let for_depth = if depth == Depth::Ansi16 { ansi16.get(role) } else { None };
            let style = match (for_depth.or_else(|| roles.get(role)), &plain) {
                (Some(style), Some(plain)) if is_coloured(style) => plain.style(*role),
                (Some(style), _) => Style {
                    fg: style.fg.and_then(|colour| depth.settle(colour)),
                    bg: style.bg.and_then(|colour| depth.settle(colour)),
                    ..*style
                },
                (None, _) => styles.get(role.fallback() as usize).copied().unwrap_or_default(),
            };
            styles.push(style);
        }
        Theme { description: std::mem::take(&mut self.description), styles }
    }

    fn styles(&mut self, drafts: BTreeMap<Role, Draft>) -> BTreeMap<Role, Style> {
        let mut styles = BTreeMap::new();
        for (role, draft) in drafts {
            let mut style = Style::new().add_modifier(draft.modifiers);
            style.fg = draft.fg.and_then(|written| self.look_up(written));
            style.bg = draft.bg.and_then(|written| self.look_up(written));
            styles.insert(role, style);
        }
        styles
    }

    fn look_up(&mut self, written: Written) -> Option<Color> {
        let found = self.palette.get(&written.colour).copied().or_else(|| colour(&written.colour));
        if found.is_none() {
            let palette: Vec<String> = self.palette.keys().cloned().collect();
            let candidates = palette.iter().map(String::as_str).chain(NAMED.iter().map(|(name, _)| *name));
            self.no_colour(written.at, &written.colour, candidates);
        }
        found
    }
}

/// Reads `#rrggbb` or a name every terminal knows.
fn colour(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        let channel = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        let is_hex = hex.len() == 6 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        return is_hex.then(|| Some(Color::Rgb(channel(0)?, channel(2)?, channel(4)?))).flatten();
    }
    NAMED.iter().find(|(name, _)| *name == text).map(|(_, colour)| *colour)
}

fn is_coloured(style: &Style) -> bool {
    [style.fg, style.bg].into_iter().flatten().any(|colour| colour != Color::Reset)
}

fn article(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
