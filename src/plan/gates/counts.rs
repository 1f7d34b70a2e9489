//! Whether requests followed the weights: what a load balancer counted since they were written.

use jiff::Timestamp;

use crate::fleet::{Fleet, TrafficSource};

/// Says whether requests were counted, since weights were written, in every target group that carries traffic; `None`
/// where no metrics were read ("settled, no request counts").
pub fn request_counts(fleet: &Fleet, source: &TrafficSource, written_at: Timestamp) -> Option<String> {
    let (mut counted, mut waiting) = (Vec::new(), Vec::new());
    for weight in source.weights.iter().filter(|weight| weight.weight > 0) {
        let metrics = &fleet.target_groups.get(&weight.target_group)?.metrics.as_ref()?.value;
        // A point carries the time at which its minute began.
        let since = metrics.counted_at.is_some_and(|minute| minute >= written_at);
        if since { &mut counted } else { &mut waiting }.push(weight.target_group.name().to_string());
    }
    Some(match (counted.is_empty(), waiting.is_empty()) {
        (_, false) => format!("no requests counted yet in {}", waiting.join(" and ")),
        (false, true) => format!("requests counted in {}", counted.join(" and ")),
        (true, true) => return None,
    })
}
