//! A TOML document read setting by setting, so that whatever nobody asked for is known to be unknown.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistakes::Fault;
use super::{example, instead};

/// A value, or everything wrong with it.
pub(super) type Parsed<T> = Result<T, Vec<Fault>>;

/// A section of a document while it is read.
pub(super) struct Section<'a> {
    text: &'a str,
    /// As its header is written, without brackets; empty at the top.
    name: String,
    /// Where its header is.
    at: Range<usize>,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
    faults: &'a mut Vec<Fault>,
}

/// One value of a document, under its key.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) text: &'a str,
    pub(super) key: &'a str,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

/// Reads a document, and tells everything wrong with it in its order.
pub(super) fn read(text: &str, read: impl FnOnce(&mut Section<'_>)) -> Vec<Fault> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults = Vec::new();
    let top = Section {
        text,
        name: String::new(),
        at: table.span(),
        table: table.get_ref(),
        asked: Vec::new(),
        faults: &mut faults,
    };
    top.read_whole(read);
    let broken: Vec<Fault> = errors.iter().map(syntax).collect();
    // What else is wrong with a line that is no TOML is only noise; so is what follows half a header.
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    faults.retain(|fault| {
        !broken.iter().any(|error| {
            let half_a_header = error.what.contains("table");
            line(error.at.start) == line(fault.at.start) || half_a_header && error.at.start < fault.at.start
        })
    });
    faults.extend(broken);
    faults.sort_by_key(|fault| fault.at.start);
    faults
}

/// What the parser says, and what to write instead.
fn syntax(error: &toml::de::Error) -> Fault {
    let at = error.span().unwrap_or_default();
    let (what, remedy) = match error.message() {
        what if what.contains("must be quoted") && at.is_empty() => {
            ("there is no value", "write one after the `=`, or leave the line out")
        }
        what if what.contains("must be quoted") => ("text without quotes", "put it in \"quotes\""),
        what if what.contains("escape") => {
            (what, "write it in 'single quotes', where a backslash is a backslash")
        }
        what if what.contains(" string") => (what, "end it with the quotes it begins with"),
        what @ "duplicate key" => (what, "keep one of the two"),
        what => (
            what,
            "write lines such as refresh = \"10s\", and sections such as [naming] on a line of their own",
        ),
    };
    Fault { at, what: what.to_owned(), remedy: remedy.to_owned() }
}

impl<'a> Section<'a> {
    /// Reads a setting; `None` where it is not set, or wrong.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(Item<'_>) -> Parsed<T>,
    ) -> Option<T> {
        self.asked.push(key);
        let item = Item { text: self.text, key, value: self.table.get(key)? };
        parse(item).map_err(|faults| self.faults.extend(faults)).ok()
    }

    /// Reads a setting over its default.
    pub(super) fn set<T>(
        &mut self,
        target: &mut T,
        key: &'static str,
        parse: impl FnOnce(Item<'_>) -> Parsed<T>,
    ) {
        if let Some(value) = self.read(key, parse) {
            *target = value;
        }
    }

    /// Whether something is said under a key, be it wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Reads the section below a key.
    pub(super) fn section(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'_>)) {
        self.asked.push(key);
        if let Some((at, table)) = self.table_of(key) {
            self.below(self.path(key), at, table).read_whole(read);
        }
    }

    /// Reads every section of a list, each with a header in two brackets.
    pub(super) fn sections(&mut self, key: &'static str, mut read: impl FnMut(&mut Section<'_>)) {
        self.asked.push(key);
        let Some(value) = self.table.get(key) else { return };
        if let DeValue::Array(values) = value.get_ref() {
            for value in values {
                match value.get_ref() {
                    DeValue::Table(table) => {
                        self.below(key.to_owned(), value.span(), table).read_whole(&mut read);
                    }
                    _ => self.no_list(key, value.span()),
                }
            }
        } else {
            self.no_list(key, value.span());
        }
    }

    fn no_list(&mut self, key: &str, at: Range<usize>) {
        let remedy = format!("write [[{key}]], with two brackets on each side, once for each");
        self.fault(at, format!("there may be several of `{key}`"), remedy);
    }

    /// Reads every section below a key whose own key is a name, and what the name stands for. The sample is one such
    /// section, written in braces.
    pub(super) fn named<T>(
        &mut self,
        key: &'static str,
        sample: &str,
        parse: impl Fn(&str) -> Result<T, (String, String)>,
        mut read: impl FnMut(T, &mut Section<'_>),
    ) {
        self.asked.push(key);
        let Some((at, table)) = self.table_of(key) else { return };
        let mut outer = self.below(self.path(key), at, table);
        for (name, value) in table {
            let word = name.get_ref().as_ref();
            match (parse(word), value.get_ref()) {
                (Err((what, remedy)), _) => outer.fault(name.span(), what, remedy),
                (Ok(named), DeValue::Table(table)) => {
                    let path = outer.path(word);
                    outer.below(path, value.span(), table).read_whole(|section| read(named, section));
                }
                _ => {
                    let what = format!("`{word}` is a section, not a value");
                    outer.fault(value.span(), what, format!("write {sample}"));
                }
            }
        }
    }

    /// The table below a key; `None` where there is none, or something else.
    fn table_of(&mut self, key: &str) -> Option<(Range<usize>, &'a DeTable<'a>)> {
        let value = self.table.get(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some((value.span(), table));
        }
        let what = format!("`{key}` is a section, not a value");
        self.fault(value.span(), what, format!("write [{}] and its settings below it", self.path(key)));
        None
    }

    /// Tells that the section as a whole is wrong.
    pub(super) fn wrong(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.fault(self.at.clone(), what, remedy);
    }

    fn below<'b>(&'b mut self, name: String, at: Range<usize>, table: &'b DeTable<'b>) -> Section<'b> {
        Section { text: self.text, name, at, table, asked: Vec::new(), faults: self.faults }
    }

    /// A header's name of what is below this section.
    fn path(&self, key: &str) -> String {
        let bare = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let key = if bare { key.to_owned() } else { format!("{key:?}") };
        if self.name.is_empty() { key } else { format!("{}.{key}", self.name) }
    }

    fn fault(&mut self, at: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault { at, what: what.into(), remedy: remedy.into() });
    }

    fn read_whole(mut self, read: impl FnOnce(&mut Self)) {
        read(&mut self);
        for (name, _) in self.table {
            let word = name.get_ref().as_ref();
            if self.asked.contains(&word) {
                continue;
            }
            let what = if self.name.is_empty() {
                format!("no setting is called `{word}`")
            } else {
                format!("[{}] has no `{word}`", self.name)
            };
            let remedy = match example::section_of(word) {
                Some(section) if section.is_empty() => {
                    format!("put `{word}` at the top, above the first section")
                }
                Some(section) => format!("put `{word}` below {section}"),
                None => instead(word, self.asked.iter().copied()),
            };
            self.faults.push(Fault { at: name.span(), what, remedy });
        }
    }
}

impl<'a> Item<'a> {
    /// Tells what is wrong with it.
    pub(super) fn wrong<T>(&self, what: impl Into<String>, remedy: impl Into<String>) -> Parsed<T> {
        Err(vec![Fault { at: self.value.span(), what: what.into(), remedy: remedy.into() }])
    }

    /// Tells that it is of another kind.
    pub(super) fn not_a<T>(&self, kind: &str, remedy: impl Into<String>) -> Parsed<T> {
        let other = self.value.get_ref().type_str();
        let article = if other.starts_with(['a', 'i']) { "an" } else { "a" };
        self.wrong(format!("`{}` takes {kind}, not {article} {other}", self.key), remedy)
    }

    /// The string it is; an empty one is a mistake.
    pub(super) fn string(&self) -> Parsed<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => self.wrong(
                format!("`{}` is empty", self.key),
                "write something between the quotes, or leave it out",
            ),
            DeValue::String(text) => Ok(text),
            DeValue::Integer(number) => self.not_a("a string", format!("write \"{number}\"")),
            DeValue::Table(_) => self.not_a("a string", format!("write {} = \"…\"", self.key)),
            _ => self.not_a("a string", "write \"…\""),
        }
    }

    /// Where a byte of the string is in the text; the string's beginning where an escape is in the way.
    pub(super) fn within(&self, offset: usize) -> Range<usize> {
        let span = self.value.span();
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let quotes = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quotes| raw.starts_with(quotes));
        let Some(quotes) = quotes.filter(|quotes| quotes.starts_with('\'') || !raw.contains('\\')) else {
            return span;
        };
        let newline = usize::from(quotes.len() > 1 && raw[quotes.len()..].starts_with('\n'));
        let at = span.start + quotes.len() + newline + offset;
        at..at + 1
    }
}
