//! The crowd: further clusters for a fleet of thousands, alike in kind and each with a small defect now and then.

use super::cast::{Layers, app, part};
use super::seed::{NewGroup, Stage, forward, split};
use super::world::{DAY, HOUR};
use crate::fleet::LoadBalancerKind;

const NAMES: [&str; 24] = [
    "accounts",
    "audit",
    "basket",
    "billing",
    "booking",
    "catalog",
    "content",
    "coupons",
    "delivery",
    "events",
    "fraud",
    "gateway",
    "images",
    "inventory",
    "ledger",
    "loyalty",
    "mailer",
    "media",
    "profiles",
    "returns",
    "sessions",
    "shipping",
    "stock",
    "tracking",
];

/// Weights of blue and green, by turns.
const WEIGHTS: [(i32, i32); 4] = [(100, 0), (95, 5), (100, 0), (50, 50)];

/// Adds one cluster for each count; `from` is the number of those in the regions before.
pub(super) fn fill(stage: &mut Stage, layers: &Layers, counts: &[usize], from: usize) {
    for (index, count) in counts.iter().enumerate() {
        cluster(stage, layers, from + index, *count);
    }
}

fn cluster(stage: &mut Stage, layers: &Layers, nth: usize, count: usize) {
    let round = nth / NAMES.len();
    let word = NAMES[nth % NAMES.len()];
    let name = if round == 0 { word.to_owned() } else { format!("{word}{}", round + 1) };
    let minor = stage.chance.of(&name, 0).u32(2..30);
    let old = app(stage, &name, &format!("1.{minor}.0"), &layers.nginx[2], 50);
    let new = app(stage, &name, &format!("1.{}.0", minor + 1), &layers.nginx[2], 5);
    let template = stage.template(&name, "m7g.large", &[&old, &new]);
    let balancer = stage.balancer(&name, LoadBalancerKind::Application);
    let counts = split(count, &[7, 3]);
    let weights = WEIGHTS[nth % WEIGHTS.len()];
    let mut targets = Vec::new();
    for (colour, number, count, late) in [("blue", 1, counts[0], 0), ("green", 2, counts[1], 1)] {
        let group = format!("{name}-{colour}");
        let target_group = stage.target_group(&group, balancer, 60);
        stage.group(NewGroup {
            name: &group,
            tags: &[("Cluster", &name)],
            source: stage.numbered(&template, number),
            target_groups: vec![target_group.clone()],
            count,
            // Of green, a twentieth was forgotten on the older version.
            parts: vec![
                part(stage, 19, &template, number, 4 * DAY + HOUR),
                part(stage, late, &template, 1, 48 * DAY),
            ],
        });
        targets.push(target_group);
    }
    let action = forward(&[(&targets[0], weights.0), (&targets[1], weights.1)], None);
    let source = stage.listener(balancer, 443, vec![action]);
    stage.region.casual.push(source);
}
