//! What help, footer and `flightdeck keys` say, derived from the table and the keys in use.

use std::fmt::Write as _;

use super::{Action, Chord, Context, FooterHint, Keymap, Kind};

/// One line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpEntry<'a> {
    /// What is said.
    pub action: Action,
    /// The chords that say it, the plainest first; empty where only the palette does.
    pub chords: Vec<&'a Chord>,
}

/// One hint of the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FooterEntry<'a> {
    /// What is said.
    pub action: Action,
    /// The plainest chord that says it.
    pub chord: &'a Chord,
    /// Its words, and when it gives way.
    pub hint: FooterHint,
}

impl Keymap {
    /// Lists everything that can be said in a context, grouped by [`Kind`].
    #[must_use]
    pub fn help(&self, context: Context) -> Vec<HelpEntry<'_>> {
        let mut entries: Vec<_> = Action::ALL
            .iter()
            .filter(|action| action.applies_in(context))
            .map(|&action| HelpEntry { action, chords: self.chords(context, action).collect() })
            .collect();
        entries.sort_by_key(|entry| entry.action.kind());
        entries
    }

    /// Lists the hints of a context in the order they are shown.
    #[must_use]
    pub fn footer(&self, context: Context) -> Vec<FooterEntry<'_>> {
        let applying = Action::ALL.iter().filter(|action| action.applies_in(context));
        applying
            .filter_map(|&action| {
                let chord = self.chords(context, action).next()?;
                Some(FooterEntry { action, chord, hint: action.footer()? })
            })
            .collect()
    }

    /// Writes the whole table as text, one line an action.
    #[must_use]
    pub fn table(&self) -> String {
        let mut kind: Option<Kind> = None;
        let mut rows: Vec<Action> = Action::ALL.to_vec();
        rows.sort_by_key(|action| action.kind());
        let keys: Vec<String> = rows.iter().map(|action| self.keys_anywhere(*action)).collect();
        let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or_default();
        let key_width = widest(&mut keys.iter().map(|keys| keys.chars().count()));
        let name_width = widest(&mut rows.iter().map(|action| action.name().len()));
        let does_width = widest(&mut rows.iter().map(|action| action.does().len()));
        let mut table = String::new();
        for (action, keys) in rows.into_iter().zip(keys) {
            if kind.replace(action.kind()) != Some(action.kind()) {
                let gap = if table.is_empty() { "" } else { "\n" };
                let _ = writeln!(table, "{gap}{}", action.kind().title());
            }
            let _ = writeln!(
                table,
                "  {keys:key_width$}  {action:name_width$}  {:does_width$}  {}",
                action.does(),
                places(action)
            );
        }
        table
    }

    /// The chords that say an action, whatever the context.
    fn keys_anywhere(&self, action: Action) -> String {
        let mut chords: Vec<&Chord> =
            Context::ALL.iter().flat_map(|context| self.chords(*context, action)).collect();
        chords.sort();
        chords.dedup();
        chords.into_iter().map(Chord::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Says in few words where an action applies.
fn places(action: Action) -> String {
    let contexts = action.contexts();
    if contexts == Context::ALL {
        return "everywhere".to_owned();
    }
    let on_every_screen = Context::SCREENS.iter().all(|screen| contexts.contains(screen));
    let alone = |context: &&Context| !(on_every_screen && Context::SCREENS.contains(context));
    let together = on_every_screen.then_some("every screen");
    let named = contexts.iter().filter(alone).map(|context| context.name());
    together.into_iter().chain(named).collect::<Vec<_>>().join(", ")
}
