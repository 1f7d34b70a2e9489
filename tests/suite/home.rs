//! An empty home for one run of the program: nothing of the person who runs the tests is seen or changed.

use std::path::Path;

use tempfile::TempDir;

/// A temporary home directory, removed when dropped.
pub struct Home {
    dir: TempDir,
}

impl Home {
    /// Makes an empty one.
    pub fn empty() -> Self {
        Self { dir: TempDir::new().expect("a temporary directory") }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The whole environment of a program that lives in it. AWS is not asked for credentials anywhere else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let at = |folder: &str| self.path().join(folder).to_string_lossy().into_owned();
        vec![
            ("HOME", at("")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_STATE_HOME", at("state")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_CACHE_HOME", at("cache")),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("TERM", "xterm-256color".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }
}
