//! From a name to a theme or a keymap: the user's own file of that name, else the shipped one. A name with a `/`, or
//! with `.toml` at its end, is a path.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::mistakes::{Fault, Mistakes};
use super::{Paths, nearest};
use crate::keymap::{self, Keymap};
use crate::theme::{self, Depth, Theme};

/// Gives the text of a file; `None` where there is no such file.
pub type Files<'a> = &'a dyn Fn(&Path) -> io::Result<Option<String>>;

/// A name, and who said it.
pub(super) struct Named {
    pub(super) name: String,
    /// A flag, or a place in the configuration.
    pub(super) place: String,
    /// What a relative path starts from.
    pub(super) base: PathBuf,
}

/// What may be named, and where it is found.
struct Kind<'a> {
    word: &'static str,
    folder: &'a Path,
    /// Names and texts.
    shipped: Vec<(&'static str, &'static str)>,
}

/// Opens what names name, and collects what is wrong with it.
pub(super) struct Sources<'a> {
    pub(super) files: Files<'a>,
    pub(super) paths: &'a Paths,
    pub(super) mistakes: &'a mut Mistakes,
}

impl Sources<'_> {
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
        let file = if is_path { named.base.join(name) } else { kind.folder.join(format!("{name}.toml")) };
        let shipped = kind.shipped.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text);
        let text = match self.read(&file)? {
            Some(text) => text,
            None if shipped.is_some() => shipped.unwrap_or_default().to_owned(),
            None if is_path => {
                let what = format!("there is no file {}", file.display());
                let remedy = format!("write the path of a {}, or the name of a shipped one", kind.word);
                self.mistakes.add(&named.place, what, remedy);
                return None;
            }
            None => {
                let shipped = || kind.shipped.iter().map(|(name, _)| *name);
                let meant = nearest(name, shipped()).map_or_else(
                    || format!("write one of {}", shipped().collect::<Vec<_>>().join(", ")),
                    |meant| format!("write `{meant}`"),
                );
                let what = format!("no {} is called `{name}`", kind.word);
                self.mistakes.add(&named.place, what, format!("{meant}, or put yours at {}", file.display()));
                return None;
            }
        };
        parse(&text).map_err(|faults| self.mistakes.add_all(&file, &text, faults)).ok()
    }

    /// Reads a file: `None` where it cannot be read, `Some(None)` where there is none.
    #[expect(clippy::option_option, reason = "two answers: could it be asked for, and is it there")]
    pub(super) fn read(&mut self, file: &Path) -> Option<Option<String>> {
        match (self.files)(file) {
            Ok(text) => Some(text),
            Err(error) => {
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
    }
}
