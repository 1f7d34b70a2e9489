//! A plan as it is kept beside a lease: JSON, deflated, in base64, cut into pieces the store takes.
//!
//! A plan that is not whole is none: the head has its SHA-256, and nothing is guessed.

use std::io::{self, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::fleet::clean;
use crate::plan::Plan;
use crate::provider::EntryName;

/// The largest plan that is unpacked, in bytes of JSON: a few bytes must not become a machine's memory.
const MOST: u64 = 4 << 20;

/// A plan in pieces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::engine) struct Packed {
    /// SHA-256 of the JSON, in lower-case hex.
    pub sha256: String,
    /// The pieces, in order.
    pub chunks: Vec<String>,
}

/// Packs a plan.
pub(in crate::engine) fn pack(plan: &Plan) -> io::Result<Packed> {
    let json = serde_json::to_vec(plan)?;
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(&json)?;
    let text = STANDARD.encode(deflated.finish()?);
    let chunks = text.as_bytes().chunks(EntryName::MAX_VALUE);
    let chunks = chunks.map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect();
    Ok(Packed { sha256: sha256(&json), chunks })
}

/// Unpacks a plan; `None` where a piece is missing, altered or of a schema this program does not know.
pub(in crate::engine) fn unpack(chunks: &[&str], expected: &str) -> Option<Plan> {
    let deflated = STANDARD.decode(chunks.concat()).ok()?;
    let mut json = Vec::new();
    DeflateDecoder::new(deflated.as_slice()).take(MOST).read_to_end(&mut json).ok()?;
    if sha256(&json) != expected {
        return None;
    }
    let mut value: Value = serde_json::from_slice(&json).ok()?;
    cleaned(&mut value);
    Plan::recorded(value).ok()
}

/// Every text without what could command a terminal: others wrote it.
fn cleaned(value: &mut Value) {
    match value {
        Value::String(text) => *text = clean(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(cleaned),
        Value::Object(map) => map.values_mut().for_each(cleaned),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Flat JSON as an entry. Braces inside of texts are escaped: AWS takes no `{{` in a value [ssm: PutParameter].
pub(in crate::engine) fn flat(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    let inside = json.strip_prefix('{').and_then(|json| json.strip_suffix('}')).unwrap_or(&json);
    Ok(format!("{{{}}}", inside.replace('{', "\\u007b").replace('}', "\\u007d")))
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::builders::read_at;
    use crate::plan::tests::{orders, shift};
    use crate::plan::{History, Policy, plan};

    fn some_plan() -> Plan {
        let orders = orders(90, 10);
        plan(&shift(25), &orders.world.fleet(), &History::default(), &Policy::default(), read_at()).unwrap()
    }

    fn unpacked(packed: &Packed) -> Option<Plan> {
        let chunks: Vec<&str> = packed.chunks.iter().map(String::as_str).collect();
        unpack(&chunks, &packed.sha256)
    }

    #[test]
    fn a_plan_comes_back_whole_in_pieces_the_store_takes() {
        let mut plan = some_plan();
        assert_eq!(unpacked(&pack(&plan).unwrap()), Some(plan.clone()));
        // Words that do not deflate.
        plan.notes = (0..400_u32).map(|n| sha256(&n.to_le_bytes())).collect();
        let plan = plan.sealed();
        let packed = pack(&plan).unwrap();
        assert!(packed.chunks.len() > 3, "{}", packed.chunks.len());
        assert!(packed.chunks.iter().all(|chunk| chunk.len() <= EntryName::MAX_VALUE));
        assert_eq!(unpacked(&packed), Some(plan));
    }

    #[test]
    fn a_plan_that_is_not_whole_is_none() {
        let mut plan = some_plan();
        plan.notes = (0..400_u32).map(|n| sha256(&n.to_le_bytes())).collect();
        let packed = pack(&plan.sealed()).unwrap();
        let without = |nth: usize| {
            let mut less = packed.clone();
            less.chunks.remove(nth);
            less
        };
        for nth in 0..packed.chunks.len() {
            assert_eq!(unpacked(&without(nth)), None, "piece {nth} is missing");
        }
        let mut swapped = packed.clone();
        swapped.chunks.swap(0, 1);
        assert_eq!(unpacked(&swapped), None, "two pieces swapped");
        let other = pack(&some_plan()).unwrap();
        assert_eq!(unpacked(&Packed { sha256: packed.sha256.clone(), ..other }), None, "another plan");
        assert_eq!(unpack(&["no base64 !"], &packed.sha256), None);
        assert_eq!(unpack(&[], &packed.sha256), None);
    }

    #[test]
    fn a_plan_of_a_newer_schema_is_none() {
        let mut newer = some_plan();
        newer.schema = "flightdeck.plan.v2".into();
        assert_eq!(unpacked(&pack(&newer).unwrap()), None);
    }

    #[test]
    fn a_plan_that_others_wrote_cannot_command_the_terminal() {
        let mut value = serde_json::json!({"notes": ["\u{1b}[2J", {"deep": "\u{202e}"}]});
        cleaned(&mut value);
        assert!(!value.to_string().contains("\\u001b") && !value.to_string().contains('\u{202e}'), "{value}");
    }
}
