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

use super::colour::{self, NAMED};
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
        let mistakes = reader.mistakes(text);
        if mistakes.is_empty() { Ok(theme) } else { Err(mistakes) }
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

/// A style as a file writes it.
#[derive(Clone, Default)]
struct Draft {
    fg: Option<Written>,
    bg: Option<Written>,
    modifiers: Modifier,
}

/// What a file says, in the colours it was written with.
#[derive(Clone, Default)]
struct Layer {
    palette: BTreeMap<String, Color>,
    roles: BTreeMap<Role, Draft>,
}

impl Layer {
    fn lay_over(&mut self, upper: Self) {
        self.palette.extend(upper.palette);
        self.roles.extend(upper.roles);
    }
}

#[derive(Default)]
struct Reader {
    description: String,
    every_depth: Layer,
    /// Laid over the other where there are sixteen colours.
    ansi16: Layer,
    mistakes: Vec<Mistake>,
    /// Where the text is no TOML.
    broken: Vec<Mistake>,
}

impl Reader {
    /// Takes all mistakes, in the file's order. What else is wrong with a line that is no TOML is only noise.
    fn mistakes(self, text: &str) -> Vec<Mistake> {
        let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        let broken: Vec<usize> = self.broken.iter().map(|mistake| line(mistake.at.start)).collect();
        let mut mistakes = self.mistakes;
        mistakes.retain(|mistake| !broken.contains(&line(mistake.at.start)));
        mistakes.extend(self.broken);
        mistakes.sort_by_key(|mistake| mistake.at.start);
        mistakes.dedup();
        mistakes
    }

    fn mistake(&mut self, at: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(Mistake { at, what: what.into(), remedy: remedy.into() });
    }

    fn read(&mut self, text: &str) {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let remedy = match error.message() {
                "duplicate key" => "keep one of the two",
                _ => "write [roles] on a line of its own, and below it lines such as title = \"blue\"",
            };
            let (at, what) = (error.span().unwrap_or_default(), error.message().to_owned());
            self.broken.push(Mistake { at, what, remedy: remedy.to_owned() });
        }
        let table = table.get_ref();
        if let Some(base) = table.get("extends") {
            self.extend(base);
        }
        let (mut every_depth, mut ansi16) = (Layer::default(), Layer::default());
        for (name, value) in table {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("extends", _) => {}
                ("description", DeValue::String(text)) => text.as_ref().clone_into(&mut self.description),
                ("description", other) => self.no_string("description", value.span(), other),
                ("ansi16", DeValue::Table(sections)) => {
                    for (name, value) in sections {
                        self.section(&mut ansi16, name, value);
                    }
                }
                _ => self.section(&mut every_depth, name, value),
            }
        }
        // What this file says wins over everything it extends, at every depth.
        self.ansi16.palette.retain(|name, _| !every_depth.palette.contains_key(name));
        self.ansi16.roles.retain(|role, _| !every_depth.roles.contains_key(role));
        self.every_depth.lay_over(every_depth);
        self.ansi16.lay_over(ansi16);
    }

    fn section(&mut self, layer: &mut Layer, name: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        match (name.get_ref().as_ref(), value.get_ref()) {
            ("palette", DeValue::Table(entries)) => layer.palette = self.palette(entries),
            ("roles", DeValue::Table(entries)) => layer.roles = self.drafts(entries),
            _ => self.unknown_section(name),
        }
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
            None => format!("write one of {}", list(names())),
        };
        self.mistake(value.span(), format!("no shipped theme is called `{name}`"), remedy);
    }

    fn no_string(&mut self, name: &str, at: Range<usize>, value: &DeValue<'_>) {
        self.mistake(
            at,
            format!("`{name}` takes a string, not {}", article(value)),
            format!("write {name} = \"…\""),
        );
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
                format!("write one of {}", list(SECTIONS))
            };
            (format!("no section is called `{word}`"), remedy)
        };
        self.mistake(name.span(), what, remedy);
    }

    fn palette(&mut self, entries: &DeTable<'_>) -> BTreeMap<String, Color> {
        let mut palette = BTreeMap::new();
        for (name, value) in entries {
            match value.get_ref() {
                DeValue::String(text) => match colour::parse(text) {
                    Some(colour) => {
                        palette.insert(name.get_ref().to_string(), colour);
                    }
                    None => self.no_colour(value.span(), text, &BTreeMap::new()),
                },
                other => self.no_string(name.get_ref(), value.span(), other),
            }
        }
        palette
    }

    fn no_colour(&mut self, at: Range<usize>, text: &str, palette: &BTreeMap<String, Color>) {
        let names = palette.keys().map(String::as_str).chain(NAMED.map(|(name, _)| name));
        let remedy = match nearest(text, names) {
            Some(meant) if !text.starts_with('#') => format!("write `{meant}`"),
            _ if palette.is_empty() => {
                "write #rrggbb, or a colour of the terminal such as bright-blue".to_owned()
            }
            _ => format!("write #rrggbb, or one of {}", list(palette.keys())),
        };
        self.mistake(at, format!("`{text}` is no colour"), remedy);
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
                        None => "`flightdeck themes` lists every role".to_owned(),
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
                    None => format!("write one of {}", list(fields())),
                };
                self.mistake(name.span(), format!("a style has no `{word}`"), remedy);
            }
        }
    }

    /// Looks every colour up, whatever the depth, and settles the styles for one.
    fn settle(&mut self, depth: Depth) -> Theme {
        let many = std::mem::take(&mut self.every_depth);
        let mut sixteen = many.clone();
        sixteen.lay_over(std::mem::take(&mut self.ansi16));
        let (many, sixteen) = (self.styles(&many), self.styles(&sixteen));
        let set = if depth == Depth::Ansi16 { sixteen } else { many };

        let leans_on_colour = depth == Depth::None && set.values().any(is_coloured);
        let plain = leans_on_colour.then(|| Theme::shipped(MONOCHROME, Depth::TrueColor)).flatten();
        let mut styles: Vec<Style> = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            styles.push(match (set.get(role), &plain) {
                (Some(style), Some(plain)) if is_coloured(style) => plain.style(*role),
                (Some(style), _) => settled(*style, depth),
                (None, _) => styles.get(role.fallback() as usize).copied().unwrap_or_default(),
            });
        }
        Theme { description: std::mem::take(&mut self.description), styles }
    }

    fn styles(&mut self, layer: &Layer) -> BTreeMap<Role, Style> {
        let mut styles = BTreeMap::new();
        for (role, draft) in &layer.roles {
            let mut style = Style::new().add_modifier(draft.modifiers);
            style.fg = draft.fg.as_ref().and_then(|written| self.look_up(&layer.palette, written));
            style.bg = draft.bg.as_ref().and_then(|written| self.look_up(&layer.palette, written));
            styles.insert(*role, style);
        }
        styles
    }

    fn look_up(&mut self, palette: &BTreeMap<String, Color>, written: &Written) -> Option<Color> {
        let found = palette.get(&written.colour).copied().or_else(|| colour::parse(&written.colour));
        if found.is_none() {
            self.no_colour(written.at.clone(), &written.colour, palette);
        }
        found
    }
}

fn settled(style: Style, depth: Depth) -> Style {
    let settle = |colour: Option<Color>| colour.and_then(|colour| depth.settle(colour));
    Style { fg: settle(style.fg), bg: settle(style.bg), ..style }
}

fn is_coloured(style: &Style) -> bool {
    [style.fg, style.bg].into_iter().flatten().any(|colour| colour != Color::Reset)
}

fn list(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    words.into_iter().map(|word| word.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}

fn article(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
