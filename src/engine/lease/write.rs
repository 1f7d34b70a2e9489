//! One write of a head, which ends knowing what became of it, or knowing that it does not know.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};

use super::hold::Desk;
use super::rules::{Fate, Grip, LeaseLost};
use crate::fleet::Place;
use crate::provider::{Entry, EntryName, Failure};

/// A head on its way.
pub(super) type Writing<'a> = BoxFuture<'a, Written>;

/// What is known after a write.
pub(super) struct Written {
    /// The grip now.
    pub grip: Result<Grip, LeaseLost>,
    /// What was sent and may have been applied.
    pub doubt: Option<Doubt>,
    /// Why it is not known to be applied.
    pub failure: Option<Failure>,
}

/// A write whose answer was lost.
#[derive(Clone)]
pub(super) struct Doubt {
    text: String,
    began: Duration,
}

impl Doubt {
    /// The grip, now that the head was read.
    pub(super) fn settled(&self, grip: Grip, entry: Option<&Entry>) -> Result<(Grip, Fate), LeaseLost> {
        let fate =
            grip.fate(entry.map(|entry| entry.version), entry.is_some_and(|entry| entry.value == self.text));
        match fate {
            Fate::Applied => Ok((Grip { version: grip.version + 1, began: self.began, ..grip }, fate)),
            Fate::NotYet => Ok((grip, fate)),
            Fate::Stranger => Err(stranger()),
        }
    }
}

/// Somebody else wrote what is the holder's alone.
pub(super) fn stranger() -> LeaseLost {
    LeaseLost::taken("somebody else wrote or deleted its head")
}

/// What to write, and where.
pub(super) struct Head {
    pub place: Place,
    pub name: EntryName,
    pub text: String,
}

/// Writes a head once. A lost answer is read back; one that stays unknown is looked up before the next write.
pub(super) fn write(desk: Desk<'_>, head: Head, grip: Grip, doubt: Option<Doubt>) -> Writing<'_> {
    async move {
        let mut grip = grip;
        if let Some(doubt) = doubt {
            match look(desk, &head).await {
                Ok(entry) => match doubt.settled(grip, entry.as_ref()) {
                    Ok((known, _)) => grip = known,
                    Err(lost) => return Written { grip: Err(lost), doubt: None, failure: None },
                },
                Err(failure) => {
                    return Written { grip: Ok(grip), doubt: Some(doubt), failure: Some(failure) };
                }
            }
        }
        let began = desk.clock.monotonic();
        let failure = match desk.register.put(&head.place, &head.name, &head.text).await {
            Ok(version) => {
                let grip = grip.renewed(version, began).ok_or_else(stranger);
                return Written { grip, doubt: None, failure: None };
            }
            Err(failure) => failure,
        };
        if !failure.maybe_applied {
            return Written { grip: Ok(grip), doubt: None, failure: Some(failure) };
        }
        let sent = Doubt { text: head.text.clone(), began };
        match look(desk, &head).await.map(|entry| sent.settled(grip, entry.as_ref())) {
            Ok(Ok((grip, Fate::Applied))) => Written { grip: Ok(grip), doubt: None, failure: None },
            Ok(Err(lost)) => Written { grip: Err(lost), doubt: None, failure: None },
            Ok(Ok(_)) | Err(_) => Written { grip: Ok(grip), doubt: Some(sent), failure: Some(failure) },
        }
    }
    .boxed()
}

async fn look(desk: Desk<'_>, head: &Head) -> Result<Option<Entry>, Failure> {
    let mut entries = desk.observer.entries(&head.place, std::slice::from_ref(&head.name)).await?;
    Ok(entries.found.remove(&head.name))
}
