//! Where keys are pressed. Each screen has its own context; everything drawn over a screen has one of two.

use std::fmt;

/// Where a key is pressed, and so which chords it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// The list of all clusters.
    Fleet,
    /// One cluster: its groups, traffic and instances.
    Cluster,
    /// One instance: facts beside what is wanted.
    Instance,
    /// What runs, what was left, what is past.
    Operations,
    /// What images are built on, and who runs them.
    Images,
    /// What was done, by whom.
    Activity,
    /// Two clusters side by side.
    Compare,
    /// The log of a build.
    Log,
    /// Any dialog or popup without a text field.
    Dialog,
    /// Any text field: filter, palette, typed confirmation. Bare letters are typed there.
    Text,
}

impl Context {
    /// Every context, screens first.
    pub const ALL: &[Self] = &[
        Self::Fleet,
        Self::Cluster,
        Self::Instance,
        Self::Operations,
        Self::Images,
        Self::Activity,
        Self::Compare,
        Self::Log,
        Self::Dialog,
        Self::Text,
    ];
    /// Every screen.
    pub const SCREENS: &[Self] = &[
        Self::Fleet,
        Self::Cluster,
        Self::Instance,
        Self::Operations,
        Self::Images,
        Self::Activity,
        Self::Compare,
        Self::Log,
    ];
    /// Everything drawn over a screen.
    pub const OVERLAYS: &[Self] = &[Self::Dialog, Self::Text];

    /// The name in key files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Cluster => "cluster",
            Self::Instance => "instance",
            Self::Operations => "operations",
            Self::Images => "images",
            Self::Activity => "activity",
            Self::Compare => "compare",
            Self::Log => "log",
            Self::Dialog => "dialog",
            Self::Text => "text",
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
