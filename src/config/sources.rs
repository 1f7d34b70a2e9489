//! The texts a session is told in: the configuration, and the theme and the keymap that were named.
//!
//! A name is the user's own file of that name, else a shipped one; with a `/`, or with `.toml` at its end, it is a
//! path.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{self, Said};
use super::mistakes::{Fault, Mistakes, place};
use super::{Paths, instead};
use crate::keymap::{self, Keymap};
use crate::theme::{self, Depth, Theme};

/// Gives the text of a file; `None` where there is no such file.
pub type Files<'a> = &'a dyn Fn(&Path) -> io::Result<Option<String>>;

/// A name, and who said it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    /// A flag, or a place in the configuration.
    place: String,
    /// The file it means if it is a path.
    path: PathBuf,
}

/// What may be named, and where it is found.
struct Kind<'a> {
    word: &'static str,
    folder: &'a Path,
    /// Names and texts.
    shipped: Vec<(&'static str, &'static str)>,
}

/// Everything that can be read, and what is wrong with it so far.
pub(super) struct Sources<'a> {
    pub(super) files: Files<'a>,
    pub(super) paths: &'a Paths,
    pub(super) home: Option<&'a Path>,
    pub(super) mistakes: Mistakes,
}

/// The configuration, and what it names.
#[derive(Default)]
pub(super) struct Config {
    pub(super) said: Said,
    pub(super) theme: Option<Named>,
    pub(super) keymap: Option<Named>,
    pub(super) log: Option<PathBuf>,
}

impl Named {
    /// A name that a flag gives, or would give.
    pub(super) fn by_flag(flag: &str, name: &str) -> Self {
        Self { name: name.to_owned(), place: flag.to_owned(), path: PathBuf::from(name) }
    }
}

impl Sources<'_> {
    /// Reads the configuration. Only one that somebody named has to be there.
    pub(super) fn config(&mut self, is_named: bool) -> Config {
        let file = &self.paths.config_file;
        let text = match self.read(file) {
            Some(Some(text)) => text,
            Some(None) if is_named => {
                let remedy = "mend its name, or write one with `flightdeck config --example`";
                self.mistakes.add(file.display().to_string(), "there is no such file", remedy);
                return Config::default();
            }
            _ => return Config::default(),
        };
        let (mut said, faults) = file::read(&text);
        self.mistakes.add_all(file, &text, faults);
        let named = |written: Option<(std::ops::Range<usize>, String)>| {
            written.map(|(at, name)| Named {
                place: place(file, &text, at.start),
                path: self.beside_config(&name),
                name,
            })
        };
        Config {
            theme: named(said.theme.take()),
            keymap: named(said.keymap.take()),
            log: said.log.take().map(|log| self.beside_config(&log)),
            said,
        }
    }

    /// The file that the configuration means by a path.
    fn beside_config(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), self.home) {
            (Some(path), Some(home)) => home.join(path),
            _ => self.paths.config_file.parent().unwrap_or(Path::new("")).join(path),
        }
    }

    /// Loads a theme; `None` where a mistake tells why not.
    pub(super) fn theme(&mut self, named: &Named, depth: Depth) -> Option<Theme> {
        let shipped = theme::SHIPPED.iter().map(|shipped| (shipped.name, shipped.text)).collect();
        let kind = Kind { word: "theme", folder: &self.paths.themes, shipped };
        self.load(&kind, named, |text| Theme::parse(text, depth))
    }

    /// Loads a keymap; `None` where a mistake tells why not.
    pub(super) fn keymap(&mut self, named: &Named) -> Option<Keymap> {
        let shipped = keymap::SHIPPED.iter().map(|shipped| (shipped.name, shipped.text)).collect();
        let kind = Kind { word: "keymap", folder: &self.paths.keymaps, shipped };
        self.load(&kind, named, Keymap::parse)
    }

    fn load<T, M: Into<Fault>>(
        &mut self,
        kind: &Kind<'_>,
        named: &Named,
        parse: impl FnOnce(&str) -> Result<T, Vec<M>>,
    ) -> Option<T> {
        let name = named.name.as_str();
        let is_path = name.contains('/') || Path::new(name).extension() == Some(OsStr::new("toml"));
        let file = if is_path { named.path.clone() } else { kind.folder.join(format!("{name}.toml")) };
        let shipped = kind.shipped.iter().find(|(shipped, _)| *shipped == name);
        let text = match (self.read(&file)?, shipped) {
            (Some(text), _) => text,
            (None, Some((_, text))) => (*text).to_owned(),
            (None, None) => {
                let (what, remedy) = kind.unknown(name, &file, is_path);
                self.mistakes.add(&named.place, what, remedy);
                return None;
            }
        };
        parse(&text).map_err(|faults| self.mistakes.add_all(&file, &text, faults)).ok()
    }

    /// Reads a file: `None` where it cannot be read, `Some(None)` where there is none.
    #[expect(clippy::option_option, reason = "two answers: could it be asked for, and is it there")]
    fn read(&mut self, file: &Path) -> Option<Option<String>> {
        let error = match (self.files)(file) {
            Ok(text) => return Some(text),
            Err(error) => error,
        };
        let remedy = match error.kind() {
            io::ErrorKind::PermissionDenied => "make it readable for you",
            io::ErrorKind::InvalidData => "save it as UTF-8",
            io::ErrorKind::IsADirectory => "name a file in it",
            _ => "mend that, or name another file",
        };
        self.mistakes.add(file.display().to_string(), format!("it cannot be read: {error}"), remedy);
        None
    }
}

impl Kind<'_> {
    /// What is wrong with a name that names nothing, and what to write instead.
    fn unknown(&self, name: &str, file: &Path, is_path: bool) -> (String, String) {
        let shipped = || self.shipped.iter().map(|(name, _)| *name);
        if is_path {
            let shipped = shipped().collect::<Vec<_>>().join(", ");
            let what = format!("there is no file {}", file.display());
            return (what, format!("mend the path, or write one of {shipped}"));
        }
        let what = format!("no {} is called `{name}`", self.word);
        (what, format!("{}, or put yours at {}", instead(name, shipped()), file.display()))
    }
}
