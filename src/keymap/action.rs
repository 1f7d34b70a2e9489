//! The table: one row per action. What an action then does is `app`'s.

use std::fmt;
use std::str::FromStr;

use super::Context::{
    self, Activity, Cluster, Compare, Dialog, Fleet, Images, Instance, Log, Operations, Text,
};
use super::nearest;

/// What an action is about; help is grouped by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Moves a selection or a cursor.
    Move,
    /// Shows something else, or the same otherwise.
    Look,
    /// Plans a change of what runs in the account.
    Change,
    /// Steers an operation that runs, or takes up one that was left.
    Steer,
    /// Answers a dialog.
    Answer,
    /// Concerns the cockpit itself.
    Session,
}

impl Kind {
    /// The heading of its group in help.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Look => "look",
            Self::Change => "change",
            Self::Steer => "operations",
            Self::Answer => "answer",
            Self::Session => "session",
        }
    }
}

/// How an action is offered in the footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FooterHint {
    /// One or two words.
    pub label: &'static str,
    /// Where the line is too short, the largest rank goes first.
    pub rank: u8,
}

/// Writes the enum, its list and its rows from one table.
macro_rules! actions {
    ($($variant:ident $name:literal $does:literal $kind:ident $contexts:tt $($label:literal $rank:literal)?;)+) => {
        /// Everything a user can say.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = concat!("`", $name, "`: ", $does, ".")] $variant,)+
        }

        impl Action {
            /// Every action, in the order help and footer show them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        name: $name,
                        does: $does,
                        kind: Kind::$kind,
                        contexts: actions!(@contexts $contexts),
                        footer: actions!(@footer $($label $rank)?),
                    },)+
                }
            }
        }
    };
    (@contexts [$($context:ident)+]) => { &[$($context),+] };
    (@contexts $contexts:ident) => { $contexts };
    (@footer $label:literal $rank:literal) => { Some(FooterHint { label: $label, rank: $rank }) };
    (@footer) => { None };
}

struct Row {
    name: &'static str,
    does: &'static str,
    kind: Kind,
    contexts: &'static [Context],
    footer: Option<FooterHint>,
}

const ALL: &[Context] = Context::ALL;
const SCREENS: &[Context] = Context::SCREENS;
const OVERLAYS: &[Context] = Context::OVERLAYS;
/// Wherever there is something to go back to.
const BELOW_FLEET: &[Context] =
    &[Cluster, Instance, Operations, Images, Activity, Compare, Log, Dialog, Text];
/// Wherever rows are read rather than letters typed.
const READING: &[Context] = &[Fleet, Cluster, Instance, Operations, Images, Activity, Compare, Log, Dialog];
/// Wherever there are rows to choose from.
const FILTERED: &[Context] = &[Fleet, Cluster, Operations, Images, Activity, Log];

actions! {
//  variant        name              what it does                                    kind    where                      footer and rank
    Open           "open"            "goes into the selected row"                    Look    [Fleet Cluster Operations Images] "open" 2;
    Accept         "accept"          "takes what is selected or typed"               Answer  OVERLAYS                   "go on" 2;
    Yes            "yes"             "answers yes"                                   Answer  [Dialog]                   "yes" 3;
    No             "no"              "answers no"                                    Answer  [Dialog]                   "no" 3;
    Back           "back"            "goes back, or leaves a dialog alone"           Look    BELOW_FLEET                "back" 1;
    Shift          "shift"           "shifts traffic between the server groups"      Change  [Fleet Cluster]            "shift" 4;
    Switch         "switch"          "switches all traffic to the other group"       Change  [Fleet Cluster]            "switch" 5;
    Refresh        "refresh"         "replaces a group's instances, rolling"         Change  [Cluster]                  "refresh" 5;
    Replace        "replace"         "replaces the instance by a new one"              Change  [Cluster Instance]         "replace" 6;
    ReplaceSeveral "replace-several" "replaces all tainted or behind, by batches"      Change  [Cluster];
    Deploy         "deploy"          "deploys an image to the side without traffic"  Change  [Fleet Cluster];
    Scale          "scale"           "gives a group another size or type"           Change  [Cluster]                  "scale" 9;
    Quarantine     "quarantine"      "sets it aside, releases it, terminates it"      Change  [Cluster Instance]         "quarantine" 12;
    Drill          "drill"           "rehearses the loss of an instance or a zone" Change [Cluster];
    Rebuild        "rebuild"       "builds an image, or all that stands on it"     Change  [Cluster Images]           "rebuild" 5;
    MarkBad        "mark-bad"      "marks the image as bad, or as good again"      Change  [Images]                   "mark bad" 8;
    Rollback       "rollback"        "rolls traffic back to what it was"             Change  [Fleet Cluster Operations] "roll back" 3;
    CancelRefresh  "cancel-refresh"  "cancels the refresh of the group"             Change  [Cluster];
    RollbackRefresh "rollback-refresh" "lets AWS take the refresh of the group back" Change [Cluster];
    HoldAll        "hold-all"        "stops every operation of this cockpit"         Steer   ALL                        "stop all" 1;
    Pause          "pause"           "pauses the operation, or lets it go on"        Steer   [Operations]               "pause" 4;
    StepNow        "step-now"        "ends the wait and takes the next step"         Steer   [Operations]               "step now" 5;
    Hold           "hold"            "stops it where it is, to be taken up later"    Steer   [Operations]               "hold" 4;
    Abort          "abort"           "stops it and takes back what it did"           Steer   [Operations]               "abort" 4;
    Approve        "approve"         "approves a colleague's plan as second person"  Steer   [Operations]               "approve" 4;
    Resume         "resume"          "takes up what was held or left, and goes on"   Steer   [Operations]               "resume" 3;
    MoveUp         "move-up"         "one row up"                                    Move    ALL;
    MoveDown       "move-down"       "one row down"                                  Move    ALL;
    HalfPageUp     "half-page-up"    "half a page up"                                Move    READING;
    HalfPageDown   "half-page-down"  "half a page down"                              Move    READING;
    PageUp         "page-up"         "one page up"                                   Move    ALL;
    PageDown       "page-down"       "one page down"                                 Move    ALL;
    First          "first"           "the first row"                                 Move    READING;
    Last           "last"            "the last row"                                  Move    READING;
    NextField      "next-field"      "the next field or answer of a dialog"          Move    OVERLAYS;
    PreviousField  "previous-field"  "the previous field or answer of a dialog"      Move    OVERLAYS;
    NextDrift      "next-drift"      "the next row with drift"                       Move    [Fleet Cluster Images];
    PreviousDrift  "previous-drift"  "the previous row with drift"                   Move    [Fleet Cluster Images];
    NextSource     "next-source"     "the next listener or rule with traffic"        Look    [Cluster];
    PreviousSource "previous-source" "the previous listener or rule with traffic"    Look    [Cluster];
    Mark           "mark"            "marks the row, or unmarks it"                  Look    [Cluster Images];
    MarkAll        "mark-all"        "marks every instance that is listed"           Look    [Cluster];
    MarkTainted    "mark-tainted"    "marks what is tainted in this server group"    Look    [Cluster];
    MarkBehind     "mark-behind"     "marks what is behind in this server group"     Look    [Cluster];
    MarkOldest     "mark-oldest"     "marks the oldest yet unmarked in this group" Look [Cluster];
    Unmark         "unmark"          "unmarks all rows"                              Look    [Cluster Images];
    Details        "details"         "shows or hides what more there is to tell"     Look    [Cluster Instance Images]  "details" 7;
    Ignore         "ignore"          "lets a finding rest until a date"              Look    [Cluster Instance];
    Gaps           "gaps"            "lists what could not be read, and why"         Look    [Fleet Cluster Instance Images Compare];
    Compare        "compare"         "sets it beside another cluster: what differs"  Look    [Fleet Cluster Compare]    "compare" 12;
    SortNext       "sort-next"       "sorts by the next column"                      Look    [Fleet Cluster Images];
    SortReverse    "sort-reverse"    "turns the order of the rows around"            Look    [Fleet Cluster Images];
    Filter         "filter"          "shows only the rows that match"                Look    FILTERED                   "filter" 9;
    Operations     "operations"      "shows what runs, what was left, what is past"  Look    [Fleet Cluster Instance Images Activity Compare] "operations" 8;
    Images         "images"          "shows images, their bases, and who runs them"  Look    [Fleet Cluster Instance Operations Activity Compare] "images" 11;
    CompareImages  "compare-images"  "puts the two marked images beside each other"  Look    [Images]                   "compare" 5;
    Activity       "activity"        "shows what was done, and by whom"              Look    [Fleet Cluster Instance Operations Images Compare] "activity" 11;
    Log            "log"             "shows the log of the build it runs or ran"      Look    [Operations]               "log" 7;
    NextBuild      "next-build"      "the next build of the operation"               Look    [Log]                      "next build" 5;
    PreviousBuild  "previous-build"  "the previous build of the operation"           Look    [Log];
    Arm            "arm"             "arms this session for writing, or disarms it"  Session SCREENS                    "arm" 6;
    ObserveNow     "observe-now"     "looks at the account at once"                  Session SCREENS                    "observe now" 12;
    Palette        "palette"         "finds any action or cluster by name"           Session SCREENS                    "command" 10;
    Help           "help"            "shows all keys of this screen"                 Session SCREENS                    "all keys" 0;
    Suspend        "suspend"         "puts the cockpit behind the shell"             Session ALL;
    Quit           "quit"            "leaves, asking only while an operation runs"   Session ALL                        "quit" 13;
}

impl Action {
    /// The name in key files and in the palette.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// One line that says what it does, without a full stop.
    #[must_use]
    pub const fn does(self) -> &'static str {
        self.row().does
    }

    /// What it is about.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.row().kind
    }

    /// Where it may be said.
    #[must_use]
    pub const fn contexts(self) -> &'static [Context] {
        self.row().contexts
    }

    /// How the footer offers it; `None` where only help and palette do.
    #[must_use]
    pub const fn footer(self) -> Option<FooterHint> {
        self.row().footer
    }

    /// Tells whether it may be said there.
    #[must_use]
    pub fn applies_in(self, context: Context) -> bool {
        self.contexts().contains(&context)
    }

    /// Tells whether it leads to a plan that changes what runs.
    #[must_use]
    pub fn writes(self) -> bool {
        self.kind() == Kind::Change
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no action has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no action is called `{name}`")]
pub struct UnknownAction {
    /// The name as written.
    pub name: String,
    /// The action that was most likely meant.
    pub nearest: Option<Action>,
}

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        let called = |name: &str| Self::ALL.iter().copied().find(|action| action.name() == name);
        called(name).ok_or_else(|| UnknownAction {
            name: name.to_owned(),
            nearest: nearest(name, Self::ALL.iter().map(|action| action.name())).and_then(called),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_in_kebab_case() {
        for action in Action::ALL {
            assert_eq!(action.name().parse(), Ok(*action), "two rows share a name");
            assert!(action.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{action}");
        }
    }

    #[test]
    fn every_row_applies_somewhere_and_says_what_it_does_in_one_short_line() {
        for action in Action::ALL {
            assert!(!action.contexts().is_empty(), "{action}");
            assert!((1..=50).contains(&action.does().len()) && !action.does().ends_with('.'), "{action}");
        }
    }

    #[test]
    fn no_two_footer_hints_of_a_context_have_the_same_rank_and_word() {
        for context in Context::ALL {
            let hints: Vec<_> =
                Action::ALL.iter().filter(|a| a.applies_in(*context)).filter_map(|a| a.footer()).collect();
            for (n, hint) in hints.iter().enumerate() {
                assert!(
                    !hints[..n].iter().any(|other| other.label == hint.label),
                    "{context}: {}",
                    hint.label
                );
            }
        }
    }

    #[test]
    fn a_misspelt_action_is_answered_with_the_nearest_name() {
        let error = "shfit".parse::<Action>().unwrap_err();
        assert_eq!(error.nearest, Some(Action::Shift));
        assert_eq!(error.to_string(), "no action is called `shfit`");
        assert_eq!("xyzzy".parse::<Action>().unwrap_err().nearest, None);
    }
}
