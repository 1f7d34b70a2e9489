//! The cast in eu-west-1: orders and checkout behind one load balancer, search and legacy-batch behind none.

use std::sync::Arc;

use super::super::loose;
use super::super::seed::{NewGroup, Part, Stage, forward, split};
use super::super::world::{DAY, HOUR, MINUTE, time_of};
use super::{Layers, app, deprecate, part};
use crate::fleet::{
    Action, Exact, LaunchConfigurationFact, LaunchSource, LoadBalancerKind, PolicyFact, PolicyKind,
    RefreshFact, RefreshStatus, ScheduleFact, Setting, TemplateVersion,
};

/// orders and checkout, behind one load balancer.
pub(super) fn shop(stage: &mut Stage, layers: &Layers, orders: usize, checkout: usize) {
    let balancer = stage.balancer("shop", LoadBalancerKind::Application);

    let old = app(stage, "orders", "1.41.2", &layers.nginx[1], 40);
    let blue = app(stage, "orders", "1.42.0", &layers.nginx[2], 16);
    let green = app(stage, "orders", "1.43.0", &layers.nginx[2], 2);
    let template = stage.template("orders", "m7g.large", &[&old, &blue, &green]);
    let to_blue = stage.target_group("orders-blue", balancer, 60);
    let to_green = stage.target_group("orders-green", balancer, 60);
    let counts = split(orders, &[8, 6]);
    stage.group(NewGroup {
        name: "orders-blue",
        tags: &[("Team", "shop")],
        source: stage.numbered(&template, 2),
        target_groups: vec![to_blue.clone()],
        count: counts[0],
        parts: vec![part(stage, 5, &template, 2, 15 * DAY), part(stage, 3, &template, 1, 26 * DAY)],
    });
    let index = stage.group(NewGroup {
        name: "orders-green",
        tags: &[("Team", "shop")],
        source: stage.numbered(&template, 3),
        target_groups: vec![to_green.clone()],
        count: counts[1],
        parts: vec![part(stage, 1, &template, 3, 26 * HOUR)],
    });
    if let Some(instance) = stage.region.groups[index].instances.first_mut() {
        let tags = Arc::make_mut(&mut instance.tags);
        tags.insert("flightdeck:tainted".into(), "heap dump taken by mira, INC-2207".into());
    }
    stage.region.policies.push(PolicyFact {
        group: "orders-blue".into(),
        name: "half-busy".into(),
        kind: PolicyKind::TargetTracking,
        metric: Some("ASGAverageCPUUtilization".into()),
        target: Some(50.0),
        alarms: Vec::new(),
        acts: true,
    });
    stage.listener(balancer, 443, vec![forward(&[(&to_blue, 90), (&to_green, 10)], Some(3_600))]);

    let blue = app(stage, "checkout", "2.7.0", &layers.jvm[1], 30);
    let green = app(stage, "checkout", "2.8.0", &layers.jvm[1], 3);
    let template = stage.template("checkout", "m7g.xlarge", &[&blue, &green]);
    let to_blue = stage.target_group("checkout-blue", balancer, 120);
    let to_green = stage.target_group("checkout-green", balancer, 120);
    let counts = split(checkout, &[5, 3]);
    let index = stage.group(NewGroup {
        name: "checkout-blue",
        tags: &[("Cluster", "checkout"), ("Team", "shop")],
        source: stage.numbered(&template, 1),
        target_groups: vec![to_blue.clone()],
        count: counts[0],
        parts: vec![part(stage, 1, &template, 1, 27 * DAY)],
    });
    if let [changed, protected, ..] = stage.region.groups[index].instances.as_mut_slice() {
        Arc::make_mut(&mut changed.launch).security_groups.push("sg-0deb0900000000042".into());
        protected.protected = true;
    }
    stage.group(NewGroup {
        name: "checkout-green",
        tags: &[("Cluster", "checkout"), ("Team", "shop")],
        source: LaunchSource::Template(stage.version(&template, TemplateVersion::Latest)),
        target_groups: vec![to_green.clone()],
        count: counts[1],
        parts: vec![part(stage, 1, &template, 2, 20 * HOUR)],
    });
    let login = Action { order: Some(1), ..login() };
    let route = Action { order: Some(2), ..forward(&[(&to_blue, 100), (&to_green, 0)], None) };
    stage.rule(balancer, 20, "/checkout/*", vec![login, route]);
}

/// A login before the forward; AWS never gives its secret back.
fn login() -> Action {
    let text = |value: &str| Setting::Text(Exact::new(value));
    let oidc = [
        ("Issuer", text("https://login.example.com")),
        ("AuthorizationEndpoint", text("https://login.example.com/authorize")),
        ("TokenEndpoint", text("https://login.example.com/token")),
        ("UserInfoEndpoint", text("https://login.example.com/userinfo")),
        ("ClientId", text("checkout")),
        ("SessionTimeout", Setting::Number(604_800)),
        ("Scope", text("openid")),
    ];
    let oidc = oidc.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Action {
        kind: "authenticate-oidc".into(),
        settings: [("AuthenticateOidcConfig".to_owned(), Setting::Map(oidc))].into(),
        ..Action::default()
    }
}

pub(super) fn search(stage: &mut Stage, layers: &Layers, count: usize) {
    let oldest = app(stage, "search", "0.8.7", &layers.jvm[0], 55);
    let saved = app(stage, "search", "0.9.0", &layers.jvm[1], 22);
    deprecate(stage, &saved);
    let newer = app(stage, "search", "0.9.1", &layers.jvm[1], 1);
    let template = stage.template("search", "r7g.large", &[&oldest, &saved, &newer]);
    let index = stage.group(NewGroup {
        name: "search-v012",
        tags: &[("Team", "discovery")],
        source: stage.numbered(&template, 2),
        target_groups: Vec::new(),
        count,
        parts: vec![
            part(stage, 3, &template, 3, 2 * HOUR),
            part(stage, 2, &template, 2, 20 * DAY),
            part(stage, 1, &template, 1, 50 * DAY),
        ],
    });
    let refresh = RefreshFact {
        id: stage.chance.uuid("search refresh", 0).as_str().into(),
        status: RefreshStatus::Cancelled,
        reason: Some("Cancelled due to user request.".into()),
        percent: Some(50),
        to_update: i32::try_from(count / 2).ok(),
        started_at: Some(time_of(stage.start, -3 * HOUR)),
        ended_at: Some(time_of(stage.start, -100 * MINUTE)),
        desired: Some(stage.numbered(&template, 3)),
    };
    stage.region.groups[index].refreshes.push(refresh);
    stage.region.schedules.push(ScheduleFact {
        group: "search-v012".into(),
        name: "reindex".into(),
        recurrence: Some("0 3 * * 0".into()),
        time_zone: Some("Europe/Berlin".into()),
        starts_at: None,
        min: None,
        desired: i32::try_from(count).ok(),
        max: None,
    });
}

pub(super) fn legacy_batch(stage: &mut Stage, count: usize) {
    let gone = loose::odd_image(stage, Some("legacy-batch golden (do not touch)"), 930);
    let copy = loose::odd_image(stage, Some("legacy-batch golden copy FINAL (2)"), 431);
    stage.alter(&gone, |image| {
        image.hidden = true;
        image.fact.state = "deregistered".into();
    });
    for (name, image) in [("legacy-batch-2021", gone), ("legacy-batch-2023", copy)] {
        let fact = LaunchConfigurationFact { image: Some(image), instance_type: Some("m5.2xlarge".into()) };
        stage.region.configurations.insert(name.into(), fact);
    }
    let from = |name: &str| LaunchSource::Configuration(name.into());
    let index = stage.group(NewGroup {
        name: "legacy-batch",
        tags: &[("Owner", "nobody")],
        source: from("legacy-batch-2021"),
        target_groups: Vec::new(),
        count,
        parts: vec![
            Part { weight: 2, from: from("legacy-batch-2021"), age: 911 * DAY },
            Part { weight: 1, from: from("legacy-batch-2023"), age: 412 * DAY },
        ],
    });
    if let Some(instance) = stage.region.groups[index].instances.last_mut() {
        Arc::make_mut(&mut instance.tags).insert("Note".into(), loose::HOSTILE.into());
    }
}
