//! What the head of an epoch says: who holds the cluster for what, and how far that is. One entry of flat JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::packed::{Packed, flat};
use crate::fleet::{Text, clean};
use crate::plan::{OperationId, Plan, SessionId, Stand, Who};

/// The newest schema of a head this program knows.
pub(super) const SCHEMA: u64 = 1;

/// The longest sentence, principal and host of a head, in characters: the head fits an entry even where each takes
/// six bytes.
pub(in crate::engine) const LONGEST: usize = 200;
const LONGEST_PRINCIPAL: usize = 200;
const LONGEST_HOST: usize = 100;

/// A head.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// [`SCHEMA`].
    pub schema: u64,
    /// Who holds it: ARN of the STS principal.
    pub principal: Text,
    /// And the machine.
    pub host: Text,
    /// In which run of the program.
    pub session: SessionId,
    /// The operation.
    pub operation: OperationId,
    /// Its verb.
    pub verb: String,
    /// The step it is at; 0 before the first.
    pub step: u32,
    /// How many steps it has.
    pub of: u32,
    /// Where it stands.
    pub stand: Stand,
    /// What it does, in one sentence.
    pub says: String,
    /// When it began, by its holder's clock.
    pub since: Timestamp,
    /// Whether the lease was given back.
    pub released: bool,
    /// How many pieces the plan has.
    pub chunks: usize,
    /// SHA-256 of the plan's JSON.
    pub sha256: String,
}

/// A head as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// One of ours.
    Known(Box<Head>),
    /// One of a schema that this program does not know.
    Newer {
        /// The schema.
        schema: u64,
    },
    /// Nothing that can be read.
    Unreadable,
}

impl Head {
    /// What is written when a lease is taken.
    pub(super) fn first(
        plan: &Plan,
        packed: &Packed,
        who: &Who,
        session: &SessionId,
        since: Timestamp,
    ) -> Self {
        Self {
            schema: SCHEMA,
            principal: cut(who.principal.raw(), LONGEST_PRINCIPAL).into(),
            host: cut(who.host.raw(), LONGEST_HOST).into(),
            session: session.clone(),
            operation: plan.id.clone(),
            verb: plan.verb.clone(),
            step: 0,
            of: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
            stand: Stand::Running,
            says: "it has taken the lease".into(),
            since,
            released: false,
            chunks: packed.chunks.len(),
            sha256: packed.sha256.clone(),
        }
    }

    /// What is told of a head that only a newer program can read.
    pub(super) fn foreign(schema: u64, since: Timestamp) -> Self {
        Self {
            schema,
            principal: "unknown".into(),
            host: "unknown".into(),
            session: SessionId::new(""),
            operation: OperationId::new("unknown"),
            verb: "unknown".into(),
            step: 0,
            of: 0,
            stand: Stand::Running,
            says: format!("a newer flightdeck wrote it (schema {schema}, this program knows {SCHEMA})"),
            since,
            released: false,
            chunks: 0,
            sha256: String::new(),
        }
    }

    /// Says something else from now on.
    pub(super) fn say(&mut self, stand: Stand, says: &str) {
        self.stand = stand;
        self.says = cut(says, LONGEST);
    }

    /// The entry.
    pub(super) fn written(&self) -> Result<String, serde_json::Error> {
        flat(self)
    }

    /// Reads an entry that anybody may have written.
    pub(super) fn read(text: &str) -> Found {
        let Ok(value) = serde_json::from_str::<Value>(text) else { return Found::Unreadable };
        match value.get("schema").and_then(Value::as_u64) {
            Some(schema) if schema > SCHEMA => Found::Newer { schema },
            Some(SCHEMA) => serde_json::from_value::<Self>(value).map_or(Found::Unreadable, |head| {
                let clean = |text: &str| clean(text).into_owned();
                Found::Known(Box::new(Self { verb: clean(&head.verb), says: clean(&head.says), ..head }))
            }),
            _ => Found::Unreadable,
        }
    }

    /// Who holds it.
    pub(super) fn who(&self) -> Who {
        Who { principal: self.principal.clone(), host: self.host.clone() }
    }
}

/// A text of at most so many characters, the last one telling that there was more.
pub(in crate::engine) fn cut(text: &str, most: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::EntryName;

    fn head() -> Head {
        Head {
            schema: SCHEMA,
            principal: "arn:aws:iam::1:user/ann".into(),
            host: "laptop".into(),
            session: SessionId::new("s-1"),
            operation: OperationId::new("p-1"),
            verb: "shift".into(),
            step: 2,
            of: 5,
            stand: Stand::Held,
            says: "it waits".into(),
            since: Timestamp::UNIX_EPOCH,
            released: true,
            chunks: 1,
            sha256: "ab".repeat(32),
        }
    }

    #[test]
    fn a_head_comes_back_as_it_was() {
        assert_eq!(Head::read(&head().written().unwrap()), Found::Known(Box::new(head())));
    }

    #[test]
    fn a_head_fits_an_entry_whatever_its_texts_are() {
        let mut longest = head();
        longest.principal = cut(&"{}".repeat(300), LONGEST_PRINCIPAL).into();
        longest.host = cut(&"}{".repeat(300), LONGEST_HOST).into();
        longest.say(Stand::Held, &"{{}}".repeat(300));
        let written = longest.written().unwrap();
        assert!(written.len() <= EntryName::MAX_VALUE, "{}", written.len());
        assert!(!written.contains("{{") && !written.contains("}}"), "{written}");
        assert_eq!(Head::read(&written), Found::Known(Box::new(longest)));
    }

    #[test]
    fn a_newer_head_is_told_apart_from_one_that_is_no_head() {
        assert_eq!(Head::read(r#"{"schema":2,"released":true}"#), Found::Newer { schema: 2 });
        for odd in ["", "{}", "null", r#"{"schema":1}"#, r#"{"schema":"1"}"#, "\u{1b}[2J"] {
            assert_eq!(Head::read(odd), Found::Unreadable, "{odd}");
        }
    }

    #[test]
    fn what_others_wrote_cannot_command_the_terminal() {
        let text = head().written().unwrap().replace("it waits", "\\u001b[2Jit waits");
        let Found::Known(read) = Head::read(&text) else { panic!("it is a head") };
        assert_eq!(read.says, "[2Jit waits");
    }
}
