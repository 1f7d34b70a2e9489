//! The table of roles: what a cell means, never what it looks like.

use std::fmt;
use std::str::FromStr;

use super::nearest;

/// Writes the enum, its list and its rows from one table.
macro_rules! roles {
    ($($variant:ident $name:literal $fallback:ident $means:literal;)+) => {
        /// What a cell of the screen means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = concat!("`", $name, "`: ", $means, ".")] $variant,)+
        }

        impl Role {
            /// Every role; each stands behind the one it falls back to.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row { name: $name, fallback: Self::$fallback, means: $means },)+
                }
            }
        }
    };
}

struct Row {
    name: &'static str,
    fallback: Role,
    means: &'static str,
}

roles! {
//  role             name                falls back to    what it means
    Screen           "screen"            Screen           "the ground everything stands on";
    Text             "text"              Screen           "ordinary text";
    Dim              "dim"               Text             "what matters less: units, ids, words in between";
    Stale            "stale"             Dim              "data older than it should be";
    Title            "title"             Text             "the title of a screen, panel or dialog";
    Heading          "heading"           Title            "the heading of a column";
    Name             "name"              Title            "the name of a cluster, group or instance";
    Info             "info"              Text             "worth knowing; findings of level info";
    Warning          "warning"           Text             "needs a look; findings of level warning";
    Critical         "critical"          Warning          "needs a person; findings of level critical";
    Unknown          "unknown"           Dim              "what could not be found out";
    Healthy          "healthy"           Text             "takes traffic and passes its checks";
    Unhealthy        "unhealthy"         Critical         "fails its checks";
    Live             "live"              Healthy          "a group that receives traffic";
    Idle             "idle"              Dim              "a group that receives none";
    Moving           "moving"            Info             "something under way";
    Wanted           "wanted"            Healthy          "what ought to be, beside what is";
    Actual           "actual"            Warning          "what is, where it differs from what ought to be";
    BarBlue          "bar-blue"          Live             "the first side's share of traffic";
    BarGreen         "bar-green"         Live             "the second side's share of traffic";
    BarOther         "bar-other"         Dim              "the share of any further side";
    BarTrack         "bar-track"         Dim              "the empty part of a bar";
    Border           "border"            Dim              "the frame of a panel";
    BorderProduction "border-production" Critical         "the frame of an account marked production";
    Dialog           "dialog"            Screen           "the ground of a dialog";
    DialogBorder     "dialog-border"     Border           "the frame of a dialog";
    Selected         "selected"          Title            "the selected row, laid over what stands there";
    Match            "match"             Title            "letters that match what was searched for";
    Input            "input"             Text             "a text field";
    Cursor           "cursor"            Selected         "where the next letter goes";
    Placeholder      "placeholder"       Dim              "what stands in an empty text field";
    ReadOnlyBadge    "read-only-badge"   Title            "the session cannot write";
    SafeBadge        "safe-badge"        Title            "the session writes nothing until armed";
    ArmedBadge       "armed-badge"       Critical         "the session may write";
    ProductionBadge  "production-badge"  BorderProduction "the name of a production account";
    Key              "key"               Title            "a key one may press";
    KeyLabel         "key-label"         Dim              "what that key does";
    Disabled         "disabled"          Dim              "an action that does not apply now";
    Error            "error"             Critical         "a sentence about something that failed";
    Notice           "notice"            Info             "a sentence about something that went well";
}

impl Role {
    /// The name in theme files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// One line that says what it means, without a full stop.
    #[must_use]
    pub const fn means(self) -> &'static str {
        self.row().means
    }

    /// The role whose style it takes where a theme does not set it; the ground's is itself.
    #[must_use]
    pub const fn fallback(self) -> Self {
        self.row().fallback
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no role has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no role is called `{name}`")]
pub struct UnknownRole {
    /// The name as written.
    pub name: String,
    /// The role that was most likely meant.
    pub nearest: Option<Role>,
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        let called = |name: &str| Self::ALL.iter().copied().find(|role| role.name() == name);
        called(name).ok_or_else(|| UnknownRole {
            name: name.to_owned(),
            nearest: nearest(name, Self::ALL.iter().map(|role| role.name())).and_then(called),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_in_kebab_case() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(*role), "two rows share a name");
            assert!(role.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{role}");
        }
    }

    #[test]
    fn every_role_falls_back_to_one_before_it_and_so_to_the_ground() {
        for role in &Role::ALL[1..] {
            assert!(role.fallback() < *role, "{role}");
        }
        assert_eq!(Role::Screen.fallback(), Role::Screen);
    }

    #[test]
    fn a_misspelt_role_is_answered_with_the_nearest_name() {
        let error = "helthy".parse::<Role>().unwrap_err();
        assert_eq!(error.nearest, Some(Role::Healthy));
        assert_eq!(error.to_string(), "no role is called `helthy`");
    }
}
