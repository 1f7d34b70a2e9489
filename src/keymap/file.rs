//! Key files: the shipped ones and the user's, through one loader that reports all mistakes at once.
//!
//! A file says, for each action, its keys; everywhere it applies or in one context. What a file says wins over
//! what it extends, chord by chord, so that a key added to the default later never breaks anybody's own file.
//! Finding, opening and naming files, and lines and columns, are `config`'s.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Action, Chord, ChordError, Context, Keymap, nearest};

/// Something wrong in a key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Which bytes of the text.
    pub at: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

/// A key file in the binary.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// What `--keymap` and `extends` call it.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

/// Every key file in the binary, the default first.
pub const SHIPPED: &[Shipped] =
    &[Shipped { name: "default", text: include_str!("../../keymaps/default.toml") }];

/// Leaving these without a key would lock somebody in.
const NEVER_WITHOUT: &[Action] = &[Action::Accept, Action::Back, Action::Quit];

const EVERYWHERE: &str = "everywhere";

impl Keymap {
    /// Reads a key file.
    ///
    /// # Errors
    ///
    /// All mistakes of the file, in its order.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::default();
        reader.read(text);
        let keymap = reader.bind();
        let mistakes = reader.mistakes(text);
        if mistakes.is_empty() { Ok(keymap) } else { Err(mistakes) }
    }

    /// Loads a key file of the binary; `None` where no such name is shipped.
    #[must_use]
    pub fn shipped(name: &str) -> Option<Self> {
        SHIPPED.iter().find(|shipped| shipped.name == name).and_then(|shipped| Self::parse(shipped.text).ok())
    }
}

impl Default for Keymap {
    /// Loads the default keys.
    fn default() -> Self {
        Self::parse(SHIPPED[0].text).expect("a test loads every shipped key file")
    }
}

/// What a file says of one action.
struct Said {
    action: Action,
    /// `None` for everywhere.
    context: Option<Context>,
    name_at: Range<usize>,
    chords: Vec<(Range<usize>, Chord)>,
}

/// Two chords of a file in each other's way, the later one first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Collision<'a> {
    at: (usize, usize),
    later: (&'a Chord, Action),
    earlier: (&'a Chord, Action),
}

#[derive(Default)]
struct Reader {
    base: Option<Keymap>,
    said: Vec<Said>,
    mistakes: Vec<Mistake>,
    /// Where the text is no TOML.
    broken: Vec<Mistake>,
}

impl Reader {
    /// Takes all mistakes, in the file's order. What else is wrong with a line that is no TOML is only noise.
    fn mistakes(self, text: &str) -> Vec<Mistake> {
        let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        let broken: Vec<usize> = self.broken.iter().map(|mistake| line(mistake.at.start)).collect();
        let mut mistakes = self.mistakes;
        mistakes.retain(|mistake| !broken.contains(&line(mistake.at.start)));
        mistakes.extend(self.broken);
        mistakes.sort_by_key(|mistake| mistake.at.start);
        mistakes
    }

    fn mistake(&mut self, at: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.mistakes.push(Mistake { at, what: what.into(), remedy: remedy.into() });
    }

    fn read(&mut self, text: &str) {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let remedy = match error.message() {
                "duplicate key" => "keep one of the two",
                _ => "write [everywhere] on a line of its own, and below it lines such as shift = \"s\"",
            };
            let (at, what) = (error.span().unwrap_or_default(), error.message().to_owned());
            self.broken.push(Mistake { at, what, remedy: remedy.to_owned() });
        }
        for (name, value) in table.get_ref() {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("extends", DeValue::String(base)) => self.extend(value.span(), base),
                ("extends", other) => {
                    self.base.get_or_insert_default();
                    let what = format!("`extends` takes a string, not {}", article(other));
                    self.mistake(value.span(), what, "write extends = \"default\"");
                }
                (section, DeValue::Table(entries)) if section_context(section).is_some() => {
                    for (name, value) in entries {
                        self.entry(section_context(section).flatten(), name, value);
                    }
                }
                _ => self.unknown_section(name),
            }
        }
    }

    fn extend(&mut self, at: Range<usize>, name: &str) {
        self.base = Keymap::shipped(name);
        if self.base.is_none() {
            let shipped = || SHIPPED.iter().map(|shipped| shipped.name);
            let remedy = format!("write `{}`", nearest(name, shipped()).unwrap_or(SHIPPED[0].name));
            self.mistake(at, format!("no shipped keymap is called `{name}`"), remedy);
            self.base = Some(Keymap::default());
        }
    }

    fn unknown_section(&mut self, name: &Spanned<DeString<'_>>) {
        let word = name.get_ref().as_ref();
        if section_context(word).is_some() {
            let what = format!("`{word}` is a section, not a value");
            return self.mistake(name.span(), what, format!("write [{word}] and the actions below it"));
        }
        let sections = [EVERYWHERE].into_iter().chain(Context::ALL.iter().map(|context| context.name()));
        let remedy = if word.parse::<Action>().is_ok() {
            format!("put `{word}` below [{EVERYWHERE}]")
        } else if let Some(meant) = nearest(word, sections.clone()) {
            format!("write [{meant}]")
        } else {
            format!("write one of {}", sections.collect::<Vec<_>>().join(", "))
        };
        self.mistake(name.span(), format!("no section is called `{word}`"), remedy);
    }

    fn entry(
        &mut self,
        context: Option<Context>,
        name: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let chords = self.chords(value);
        let action = match name.get_ref().parse::<Action>() {
            Ok(action) => action,
            Err(error) => {
                let remedy = error.nearest.map_or_else(
                    || "`flightdeck keys` lists every action".to_owned(),
                    |meant| format!("write `{meant}`"),
                );
                return self.mistake(name.span(), error.to_string(), remedy);
            }
        };
        if let Some(context) = context {
            if !action.applies_in(context) {
                let what = format!("`{action}` does not apply in [{context}]");
                let remedy = format!("it applies in {}", list(action.contexts()));
                return self.mistake(name.span(), what, remedy);
            }
            if context == Context::Text {
                for (at, chord) in chords.iter().filter(|(_, chord)| chord.is_typed()) {
                    let what = format!("`{chord}` is typed into a text field and says nothing there");
                    self.mistake(at.clone(), what, "add ctrl- or alt-, or take a key that is no letter");
                }
            }
        }
        self.said.push(Said { action, context, name_at: name.span(), chords });
    }

    fn chords(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(Range<usize>, Chord)> {
        let one = std::slice::from_ref(value);
        let values = match value.get_ref() {
            DeValue::Array(values) => values.iter().collect::<Vec<_>>(),
            _ => one.iter().collect(),
        };
        let mut chords = Vec::new();
        for value in values {
            let DeValue::String(text) = value.get_ref() else {
                let what = format!("keys are strings, not {}", article(value.get_ref()));
                self.mistake(value.span(), what, "write \"s\", or [\"s\", \"ctrl-s\"] for several");
                continue;
            };
            match text.parse::<Chord>() {
                Ok(chord) => chords.push((value.span(), chord)),
                Err(error) => {
                    let remedy = match &error {
                        ChordError::Empty => "[] leaves an action without a key".to_owned(),
                        ChordError::Key(key) => key.nearest.as_ref().map_or_else(
                            || {
                                "write one character, or a name such as enter, pagedown or f5, after ctrl-, \
                                 alt- or shift-; a space separates keys pressed one after the other"
                                    .to_owned()
                            },
                            |meant| format!("write `{meant}`"),
                        ),
                    };
                    self.mistake(value.span(), error.to_string(), remedy);
                }
            }
        }
        chords
    }

    /// Puts what was said over what it extends.
    fn bind(&mut self) -> Keymap {
        let mut keymap = self.base.take().unwrap_or(Keymap { contexts: BTreeMap::new() });
        let mut collisions: BTreeMap<Collision<'_>, Vec<Context>> = BTreeMap::new();
        let mut locked: BTreeMap<Action, Vec<Context>> = BTreeMap::new();
        for &context in Context::ALL {
            let bound = keymap.contexts.entry(context).or_default();
            let mut own: Vec<(usize, &Chord, Action)> = Vec::new();
            for said in self.said_in(context) {
                bound.retain(|_, action| *action != said.action);
                let typed =
                    |chord: &Chord| context == Context::Text && said.context.is_none() && chord.is_typed();
                let chords = said.chords.iter().filter(|(_, chord)| !typed(chord));
                own.extend(chords.map(|(at, chord)| (at.start, chord, said.action)));
            }
            own.sort_by_key(|(at, ..)| *at);
            for (n, &(at, chord, action)) in own.iter().enumerate() {
                bound.retain(|inherited, _| !inherited.collides_with(chord));
                for &(before, other, its) in
                    own[..n].iter().filter(|(_, other, _)| other.collides_with(chord))
                {
                    let collision =
                        Collision { at: (at, before), later: (chord, action), earlier: (other, its) };
                    collisions.entry(collision).or_default().push(context);
                }
            }
            bound.extend(own.iter().map(|(_, chord, action)| ((*chord).clone(), *action)));
            for &action in NEVER_WITHOUT.iter().filter(|action| action.applies_in(context)) {
                if !bound.values().any(|bound| *bound == action) {
                    locked.entry(action).or_default().push(context);
                }
            }
        }
        let mut mistakes: Vec<Mistake> =
            collisions.iter().map(|(collision, contexts)| collision.mistake(contexts)).collect();
        mistakes.extend(locked.iter().map(|(action, contexts)| self.locked_in(*action, contexts)));
        self.mistakes.append(&mut mistakes);
        keymap
    }

    /// Yields what holds in a context: for each action its own section's word, else everywhere's.
    fn said_in(&self, context: Context) -> impl Iterator<Item = &Said> {
        Action::ALL.iter().filter(move |action| action.applies_in(context)).filter_map(move |action| {
            let said = |wanted| self.said.iter().find(|s| s.action == *action && s.context == wanted);
            said(Some(context)).or_else(|| said(None))
        })
    }

    fn locked_in(&self, action: Action, contexts: &[Context]) -> Mistake {
        let said = self.said.iter().find(|said| said.action == action);
        let letters =
            if contexts.contains(&Context::Text) { ", in a text field one that is no letter" } else { "" };
        Mistake {
            at: said.map(|said| said.name_at.clone()).unwrap_or_default(),
            what: format!("no key says `{action}` in {}", list(contexts)),
            remedy: format!("give it a key there{letters}, or begin the file with extends = \"default\""),
        }
    }
}

impl Collision<'_> {
    fn mistake(&self, contexts: &[Context]) -> Mistake {
        let ((chord, action), (other, its)) = (self.later, self.earlier);
        let (what, remedy) = if chord == other && action == its {
            (format!("`{chord}` is written twice for `{action}`"), "write it once")
        } else if chord == other {
            (
                format!("`{chord}` says both `{its}` and `{action}` in {}", list(contexts)),
                "give one of the two another key",
            )
        } else {
            let (hidden, by) = if chord.keys().len() > other.keys().len() {
                ((chord, action), (other, its))
            } else {
                ((other, its), (chord, action))
            };
            (
                format!(
                    "`{}` can never be completed: `{}` already says `{}` in {}",
                    hidden.0,
                    by.0,
                    by.1,
                    list(contexts)
                ),
                "let neither begin with the other",
            )
        };
        Mistake { at: self.at.0..self.at.0 + 1, what, remedy: remedy.to_owned() }
    }
}

/// The context a section speaks of, `Some(None)` being everywhere; `None` where there is no such section.
#[expect(clippy::option_option, reason = "two answers: is it a section, and is it one context's")]
fn section_context(name: &str) -> Option<Option<Context>> {
    if name == EVERYWHERE {
        return Some(None);
    }
    Context::ALL.iter().copied().find(|context| context.name() == name).map(Some)
}

fn list(contexts: &[Context]) -> String {
    contexts.iter().map(|context| context.name()).collect::<Vec<_>>().join(", ")
}

fn article(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
