//! The variables that count. This is the only reader of the environment besides the SDK's own.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the environment says. A variable that is set to nothing counts as not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    pub(super) home: Option<PathBuf>,
    pub(super) config_home: Option<PathBuf>,
    pub(super) state_home: Option<PathBuf>,
    pub(super) config: Option<PathBuf>,
    pub(super) no_color: bool,
    pub(super) term: Option<String>,
    pub(super) colorterm: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    /// Whether the SDK is told of an endpoint; what it is, it reads itself.
    pub(super) has_endpoint: bool,
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "config is the room that reads the environment")]
    pub fn read() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    /// The names of all variables for AWS: keys and tokens are among them, so programs are given none of them unasked.
    #[must_use]
    pub fn names_for_aws() -> Vec<OsString> {
        let names = std::env::vars_os().map(|(name, _)| name);
        names.filter(|name| name.as_encoded_bytes().starts_with(b"AWS_")).collect()
    }

    /// Takes the variables from whoever knows them.
    #[must_use]
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let text = |name| set(name).map(|value| value.to_string_lossy().into_owned());
        // A relative path here is invalid and to be ignored (XDG Base Directory Specification).
        let folder = |name| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
        Self {
            home: folder("HOME"),
            config_home: folder("XDG_CONFIG_HOME"),
            state_home: folder("XDG_STATE_HOME"),
            config: set("FLIGHTDECK_CONFIG").map(PathBuf::from),
            no_color: set("NO_COLOR").is_some(),
            term: text("TERM"),
            colorterm: text("COLORTERM"),
            profile: text("AWS_PROFILE"),
            region: text("AWS_REGION").or_else(|| text("AWS_DEFAULT_REGION")),
            has_endpoint: set("AWS_ENDPOINT_URL").is_some(),
        }
    }
}
