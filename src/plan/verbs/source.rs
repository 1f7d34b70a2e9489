//! Which listener or rule a verb writes to.

use crate::fleet::{Cluster, LoadBalancerKind, SourceArn, TrafficSource};
use crate::plan::Refusal;

/// The listener or rule that is meant: the one that was named, else the only one there is.
///
/// # Errors
/// None carries traffic, the named one does not, several do and none was named, or it cannot be written to.
pub(super) fn choose<'a>(
    cluster: &'a Cluster,
    wanted: Option<&SourceArn>,
) -> Result<&'a TrafficSource, Refusal> {
    let name = &cluster.id.name;
    let listed = || {
        cluster
            .traffic
            .iter()
            .map(|source| format!("{} ({})", source.arn, source.label))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let source = match (wanted, cluster.traffic.as_slice()) {
        (_, []) => {
            return Err(Refusal::new(
                format!("no listener or rule sends traffic to {name}"),
                "only a cluster behind a load balancer has traffic to move",
            ));
        }
        (Some(arn), sources) => sources.iter().find(|source| source.arn == *arn).ok_or_else(|| {
            Refusal::new(
                format!("{arn} does not carry traffic of {name}"),
                format!("name one that does with --source: {}", listed()),
            )
        })?,
        (None, [only]) => only,
        (None, several) => {
            return Err(Refusal::new(
                format!("{} listeners or rules carry traffic of {name}", several.len()),
                format!("name one with --source: {}", listed()),
            ));
        }
    };
    match &source.kind {
        LoadBalancerKind::Application => Ok(source),
        other => Err(Refusal::new(
            format!("{} is a listener of a {} load balancer", source.label, kind_word(other)),
            "for now flightdeck writes only to application load balancers",
        )),
    }
}

fn kind_word(kind: &LoadBalancerKind) -> String {
    match kind {
        LoadBalancerKind::Application => "application".into(),
        LoadBalancerKind::Network => "network".into(),
        LoadBalancerKind::Gateway => "gateway".into(),
        LoadBalancerKind::Other(text) => text.to_string(),
    }
}
