//! How many colours the terminal is given: what somebody asked for, else what the terminal says of itself.

use super::Environment;
use crate::theme::Depth;

/// How many colours to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// As the environment says.
    #[default]
    Auto,
    /// None.
    Never,
    /// The sixteen named ones.
    Sixteen,
    /// The cube and the greys.
    TwoHundredFiftySix,
    /// Any.
    TrueColor,
}

impl ColorChoice {
    /// Each as it is written.
    pub const WORDS: [(&str, Self); 5] = [
        ("auto", Self::Auto),
        ("never", Self::Never),
        ("16", Self::Sixteen),
        ("256", Self::TwoHundredFiftySix),
        ("truecolor", Self::TrueColor),
    ];
}

/// Terminals that draw no colour.
const COLOURLESS: [&str; 7] = ["dumb", "unknown", "vt52", "vt100", "vt102", "vt220", "vt320"];

/// Settles the depth. `NO_COLOR` (<https://no-color.org>) beats the file and is beaten by a flag.
pub(super) fn depth(
    flag: Option<ColorChoice>,
    file: Option<ColorChoice>,
    environment: &Environment,
) -> Depth {
    let unasked = if environment.no_color { Some(ColorChoice::Never) } else { file };
    let choice = flag.filter(|choice| *choice != ColorChoice::Auto).or(unasked).unwrap_or_default();
    match choice {
        ColorChoice::Auto => depth_of_terminal(environment),
        ColorChoice::Never => Depth::None,
        ColorChoice::Sixteen => Depth::Ansi16,
        ColorChoice::TwoHundredFiftySix => Depth::Ansi256,
        ColorChoice::TrueColor => Depth::TrueColor,
    }
}

fn depth_of_terminal(environment: &Environment) -> Depth {
    let term = environment.term.as_deref().unwrap_or("unknown");
    let colorterm = environment.colorterm.as_deref().unwrap_or_default();
    if COLOURLESS.contains(&term) || term.ends_with("-m") || term.ends_with("-mono") {
        Depth::None
    } else if ["truecolor", "24bit"].contains(&colorterm) || term.ends_with("-direct") {
        Depth::TrueColor
    } else if term.contains("256color") {
        Depth::Ansi256
    } else {
        Depth::Ansi16
    }
}
