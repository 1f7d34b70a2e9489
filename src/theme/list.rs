//! What `flightdeck themes` says, derived from the files and the table of roles.

use std::fmt::Write as _;

use super::{Role, Theme};

/// Writes the themes there are, and the roles one may set, as text.
#[must_use]
pub fn listing(themes: &[(&str, &Theme)]) -> String {
    let mut text = String::from("themes\n");
    let width = themes.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, theme) in themes {
        let _ = writeln!(text, "  {name:width$}  {}", theme.description());
    }
    text.push_str("\nroles, and the one whose style each takes where a theme does not set it\n");
    let width = Role::ALL.iter().map(|role| role.name().len()).max().unwrap_or_default();
    for role in Role::ALL {
        let _ = writeln!(text, "  {role:width$}  {:width$}  {}", role.fallback(), role.means());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Depth;

    #[test]
    fn the_listing_names_every_theme_with_its_description_and_every_role_with_its_meaning() {
        let dark = Theme::shipped("dark", Depth::TrueColor).expect("a shipped theme");
        let text = listing(&[("dark", &dark), ("my-own", &dark)]);
        assert!(text.starts_with("themes\n  dark    bright on dark\n  my-own  bright on dark\n"), "{text}");
        for role in Role::ALL {
            assert!(
                text.lines().any(|line| line.trim().starts_with(role.name()) && line.ends_with(role.means()))
            );
        }
    }
}
