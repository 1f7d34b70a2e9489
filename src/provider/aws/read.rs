//! From the SDK's answers to facts: one file a service section, one page a call.
//!
//! A field that is missing stays unknown, a word we do not know is kept as it is, and a thing without its id is
//! counted as odd, which leaves a gap. Nothing here panics and nothing decides.

pub(super) mod balancing;
pub(super) mod compute;
pub(super) mod images;
pub(super) mod scaling;
pub(super) mod templates;
pub(super) mod watching;

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::fleet::{Tags, Text};

/// One page of an answer.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Page<T> {
    /// What it tells of; may be short or empty though more follows.
    pub(super) items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub(super) next: Option<String>,
    /// Things that came without an id and could not be taken in.
    pub(super) odd: usize,
}

impl<T> Page<T> {
    /// A page of things, some of them without an id, and the token of the next one.
    pub(super) fn of(things: impl IntoIterator<Item = Option<T>>, next: Option<&str>) -> Self {
        let mut page = Self { items: Vec::new(), next: None, odd: 0 };
        for thing in things {
            match thing {
                Some(thing) => page.items.push(thing),
                None => page.odd += 1,
            }
        }
        page.next = next.filter(|token| !token.is_empty()).map(str::to_owned);
        page
    }
}

/// Sends a request of an SDK client and tells what went wrong.
macro_rules! send {
    ($clients:ident . $client:ident . $call:ident() $(. $set:ident($value:expr))* ; $service:expr, $operation:expr, $region:expr) => {
        $clients
            .$client
            .$call()
            $(.$set($value))*
            .send()
            .await
            .map_err(|error| {
                let asked = $crate::provider::aws::trouble::Asked::new($service, $operation, $region);
                $crate::provider::aws::trouble::Trouble::of(asked, &error)
            })
    };
}
pub(super) use send;

/// A time of the SDK; `None` where it is outside what can be told.
pub(super) fn time(at: Option<&DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// A time that came as text.
fn time_in_text(at: Option<&str>) -> Option<Timestamp> {
    at?.parse().ok()
}

fn text(value: Option<&str>) -> Option<Text> {
    value.map(Text::new)
}

pub(super) fn ec2_tags(tags: &[aws_sdk_ec2::types::Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key()?.into(), tag.value().unwrap_or_default().into()))).collect()
}
