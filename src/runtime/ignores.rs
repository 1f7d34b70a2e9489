//! The findings that a person ignores from the screen: a file of their own in the state folder.
//!
//! Its rule: a file that cannot be read ignores nothing, and is never written over. Its words are `config`'s, and what
//! ignoring means is `drift`'s. Of two cockpits that write at the same moment the last counts.

use std::path::Path;

use jiff::Timestamp;

use super::files::{FilesError, StateFolder};
use crate::config::{self, Mistakes};
use crate::drift::Ignore;

/// The file in the state folder.
pub const FILE: &str = "ignores.toml";

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IgnoresError {
    /// The file or its folder.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// What it says.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
}

/// What is ignored; nothing where there is no file.
///
/// # Errors
/// The file cannot be read, or says something that cannot be meant.
pub fn read(state: &Path) -> Result<Vec<Ignore>, IgnoresError> {
    let Some(folder) = StateFolder::existing(state)? else { return Ok(Vec::new()) };
    read_in(&folder)
}

/// Writes down that findings are ignored. It takes the place of what was said of the same rule in the same clusters;
/// what has come back by itself is left out from then on.
///
/// # Errors
/// As [`read`]; or the file cannot be written, and is then as it was.
pub fn add(state: &Path, ignore: Ignore, at: Timestamp) -> Result<(), IgnoresError> {
    let folder = StateFolder::open(state)?;
    let mut ignores = read_in(&folder)?;
    ignores
        .retain(|other| other.until > at && (&other.cluster, other.rule) != (&ignore.cluster, ignore.rule));
    ignores.push(ignore);
    Ok(folder.replace(FILE, config::print_ignores(&ignores).as_bytes())?)
}

fn read_in(folder: &StateFolder) -> Result<Vec<Ignore>, IgnoresError> {
    let bytes = folder.read(FILE)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    Ok(config::read_ignores(&folder.path().join(FILE), &text)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::fleet::ClusterSelector;

    fn until(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ignore(rule: &str, second: i64, reason: &str) -> Ignore {
        Ignore {
            cluster: ClusterSelector { name: "orders".into(), account: None, region: None },
            rule: rule.parse().unwrap(),
            until: until(second),
            reason: reason.into(),
            author: "ann".into(),
        }
    }

    #[test]
    fn what_was_added_is_read_and_what_is_over_is_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("state");
        assert_eq!(read(&state).unwrap(), []);
        assert!(!state.exists(), "reading makes nothing");
        add(&state, ignore("behind", 100, "first"), until(0)).unwrap();
        add(&state, ignore("mixed", 200, "other"), until(0)).unwrap();
        add(&state, ignore("behind", 300, "longer"), until(0)).unwrap();
        assert_eq!(read(&state).unwrap(), [ignore("mixed", 200, "other"), ignore("behind", 300, "longer")]);
        add(&state, ignore("standby", 300, "late"), until(200)).unwrap();
        assert_eq!(read(&state).unwrap(), [ignore("behind", 300, "longer"), ignore("standby", 300, "late")]);
        let mode = std::fs::metadata(state.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_says_nothing_sensible_is_told_and_never_written_over() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("state");
        add(&state, ignore("behind", 100, "first"), until(0)).unwrap();
        std::fs::write(state.join(FILE), "[[ignore]]\nrule = 1\n").unwrap();
        let told = add(&state, ignore("mixed", 100, "second"), until(0)).unwrap_err().to_string();
        assert!(told.contains("ignores.toml:1:1: "), "{told}");
        assert_eq!(std::fs::read_to_string(state.join(FILE)).unwrap(), "[[ignore]]\nrule = 1\n");
    }
}
