//! Where files are. Whether they exist is for others to find out.

use std::path::{Path, PathBuf};

use super::{Environment, Flags};

/// The program's folder in each of the user's.
const FOLDER: &str = "flightdeck";

/// Where files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The configuration.
    pub config_file: PathBuf,
    /// The user's themes.
    pub themes: PathBuf,
    /// The user's keymaps.
    pub keymaps: PathBuf,
    /// The journal, the audit trail and the log.
    pub state: PathBuf,
}

impl Paths {
    /// Finds them by the XDG Base Directory Specification. Themes and keymaps stay in the user's folder, also where
    /// `--config` names a file elsewhere.
    #[must_use]
    pub fn of(environment: &Environment, flags: &Flags) -> Self {
        let home = environment.home.as_deref().unwrap_or(Path::new(""));
        let folder = |set: &Option<PathBuf>, below_home: &str| {
            set.clone().unwrap_or_else(|| home.join(below_home)).join(FOLDER)
        };
        let config = folder(&environment.config_home, ".config");
        let named = flags.config.as_ref().or(environment.config.as_ref());
        Self {
            config_file: named.cloned().unwrap_or_else(|| config.join("config.toml")),
            themes: config.join("themes"),
            keymaps: config.join("keymaps"),
            state: folder(&environment.state_home, ".local/state"),
        }
    }
}
