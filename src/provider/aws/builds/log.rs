//! Logs of builds in CloudWatch Logs: a part a call, by the token of the last one.
//!
//! A reader who begins is given the newest lines; how many went before them AWS does not tell.

use jiff::Timestamp;

use super::super::factory::Clients;
use super::super::permissions::LOGS;
use super::super::read::send;
use crate::fleet::{Cursor, Line, Region, Tail};
use crate::provider::{Failure, FailureKind};

/// Where a log is: group and stream.
pub(super) type Stream = (String, String);

/// Where reading goes on: a cursor carries it all, so that one call is enough.
pub(super) fn position(cursor: &Cursor) -> Option<(Stream, String)> {
    let [group, stream, token]: [String; 3] = serde_json::from_str(&cursor.0).ok()?;
    Some(((group, stream), token))
}

/// Reads a part. A log that is not there yet is empty.
pub(super) async fn part(
    clients: &Clients,
    region: &Region,
    (group, stream): Stream,
    token: Option<String>,
) -> Result<Tail, Failure> {
    let from_head = token.is_some();
    let most = i32::try_from(Tail::MOST).ok();
    let answer = send!(clients.logs.get_log_events().log_group_name(&group).log_stream_name(&stream)
        .set_next_token(token).start_from_head(from_head).set_limit(most); LOGS, "GetLogEvents", region);
    let answer = match answer {
        Ok(answer) => answer,
        Err(trouble) if trouble.kind() == FailureKind::NotFound => return Ok(Tail::default()),
        Err(trouble) => return Err(trouble.failure),
    };
    let mut lines = Vec::new();
    for event in answer.events() {
        let at = event.timestamp().and_then(|at| Timestamp::from_millisecond(at).ok());
        let message = event.message().unwrap_or_default().trim_end();
        lines.extend(message.split('\n').map(|line| Line::new(at, line, false)));
    }
    let dropped = lines.len().saturating_sub(Tail::MOST);
    lines.drain(..dropped);
    let next = answer.next_forward_token().unwrap_or_default();
    let next = Cursor(serde_json::json!([group, stream, next]).to_string());
    Ok(Tail { lines, next, dropped: dropped as u64, ended: false })
}
