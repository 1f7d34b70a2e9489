//! The digest of a plan: over the parsed plan in a canonical form, so that re-formatting a file changes nothing and
//! editing it does.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{OperationId, Plan};

/// What the digest leaves out: itself, the id that is made of it, the times, the guards' verdicts, and how health goes
/// on the way, which is a picture and no work.
const LEFT_OUT: [&str; 6] = ["digest", "id", "created_at", "expires_at", "guards", "capacity"];

/// Characters of a plan's id after its `p-`: enough that no two plans of a lifetime share one.
const ID_LENGTH: usize = 10;

/// The digest of a plan, as lower-case hex of SHA-256.
pub(super) fn of(plan: &Plan) -> String {
    let mut value = serde_json::to_value(plan).unwrap_or(Value::Null);
    if let Value::Object(map) = &mut value {
        map.retain(|key, _| !LEFT_OUT.contains(&key.as_str()));
    }
    hex(canonical(value).to_string().as_bytes())
}

/// The id of a plan: its digest and the moment it was made.
pub(super) fn id(plan: &Plan) -> OperationId {
    let text = hex(format!("{} {}", plan.digest, plan.created_at).as_bytes());
    OperationId::new(format!("p-{}", &text[..ID_LENGTH]))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// Keys sorted on every level.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> =
                map.into_iter().map(|(key, value)| (key, canonical(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        other => other,
    }
}
