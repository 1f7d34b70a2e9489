//! The cast in us-east-1: payments, web, and recommend and reports behind one load balancer.

use super::super::seed::{NewGroup, Part, Stage, forward, split};
use super::super::world::{Ailment, DAY, Duty, EVER, HOUR, Ill, MINUTE, NEVER, time_of};
use super::{Layers, app, part, untrace};
use crate::fleet::{
    Action, Exact, LaunchSource, LoadBalancerKind, OverrideFact, RefreshFact, RefreshStatus, Setting,
    TemplateVersion,
};

pub(super) fn payments(stage: &mut Stage, layers: &Layers, count: usize) {
    let balancer = stage.balancer("pay", LoadBalancerKind::Application);
    let old = app(stage, "payments", "5.4.1", &layers.jvm[1], 44);
    let new = app(stage, "payments", "5.5.0", &layers.jvm[1], 4);
    let old_x86 = app(stage, "payments-x86", "5.4.1", &layers.jvm[1], 44);
    let new_x86 = app(stage, "payments-x86", "5.5.0", &layers.jvm[1], 4);
    for image in [&old_x86, &new_x86] {
        stage.alter(image, |image| image.fact.architecture = Some("x86_64".into()));
    }
    let arm = stage.template("payments", "m7g.large", &[&old, &new]);
    let x86 = stage.template("payments-x86", "c7i.large", &[&old_x86, &new_x86]);
    let mixed = |stage: &Stage, number| {
        let version = TemplateVersion::Number(number);
        let of = |instance_type: &str, units: &str| OverrideFact {
            instance_type: Some(instance_type.into()),
            weighted_capacity: Some(units.into()),
            ..OverrideFact::default()
        };
        let own = Some(stage.version(&x86, version.clone()));
        LaunchSource::Mixed {
            base: stage.version(&arm, version),
            overrides: vec![
                of("m7g.large", "1"),
                of("m7g.xlarge", "2"),
                OverrideFact { template: own, ..of("c7i.large", "1") },
            ],
        }
    };
    let to_blue = stage.target_group("payments-blue", balancer, 60);
    let to_green = stage.target_group("payments-green", balancer, 60);
    let counts = split(count, &[5, 2]);
    let index = stage.group(NewGroup {
        name: "payments-blue",
        tags: &[("Application", "payments")],
        source: mixed(stage, 1),
        target_groups: vec![to_blue.clone()],
        count: counts[0],
        parts: vec![
            Part { weight: 4, from: mixed(stage, 1), age: 21 * DAY },
            Part { weight: 1, from: mixed(stage, 2), age: 6 * MINUTE },
        ],
    });
    let refresh = RefreshFact {
        id: stage.chance.uuid("payments refresh", 0).as_str().into(),
        status: RefreshStatus::InProgress,
        reason: None,
        percent: Some(20),
        to_update: i32::try_from(counts[0] * 4 / 5).ok(),
        started_at: Some(time_of(stage.start, -11 * MINUTE)),
        ended_at: None,
        desired: Some(mixed(stage, 2)),
    };
    stage.region.groups[index].refreshes.push(refresh);
    stage.group(NewGroup {
        name: "payments-green",
        tags: &[("Application", "payments")],
        source: mixed(stage, 1),
        target_groups: vec![to_green.clone()],
        count: counts[1],
        parts: vec![Part { weight: 1, from: mixed(stage, 1), age: 23 * DAY }],
    });
    let source = stage.listener(balancer, 443, vec![forward(&[(&to_blue, 100), (&to_green, 0)], None)]);
    stage.region.casual.push(source);
}

pub(super) fn web(stage: &mut Stage, layers: &Layers, count: usize) {
    let balancer = stage.balancer("edge", LoadBalancerKind::Network);
    let blue = app(stage, "web", "7.0.3", &layers.nginx[0], 70);
    untrace(stage, &blue);
    let green = app(stage, "web", "7.1.0", &layers.nginx[2], 5);
    let template = stage.template("web", "c7g.large", &[&blue, &green]);
    for version in stage.region.templates.get_mut(&template).into_iter().flatten().skip(1) {
        version.image = Some("resolve:ssm:/images/web/current".into());
    }
    let to_blue = stage.target_group("web-blue", balancer, 90);
    let to_green = stage.target_group("web-green", balancer, 90);
    let counts = split(count, &[4, 2]);
    let index = stage.group(NewGroup {
        name: "web-blue",
        tags: &[],
        source: stage.numbered(&template, 1),
        target_groups: vec![to_blue.clone()],
        count: counts[0],
        parts: vec![part(stage, 1, &template, 1, 24 * DAY)],
    });
    for instance in &mut stage.region.groups[index].instances {
        instance.shifted_away = instance.zone.raw().ends_with('c');
    }
    stage.group(NewGroup {
        name: "web-green",
        tags: &[],
        source: LaunchSource::Template(stage.version(&template, TemplateVersion::Default)),
        target_groups: vec![to_green.clone()],
        count: counts[1],
        parts: vec![part(stage, 1, &template, 2, 4 * DAY)],
    });
    stage.listener(balancer, 443, vec![forward(&[(&to_blue, 80), (&to_green, 20)], None)]);
}

/// recommend and reports, behind one load balancer that answers 404 by default.
pub(super) fn discover(stage: &mut Stage, layers: &Layers, recommend: usize, reports: usize) {
    let balancer = stage.balancer("discover", LoadBalancerKind::Application);
    let not_found = [("StatusCode".to_owned(), Setting::Text(Exact::new("404")))];
    stage.listener(
        balancer,
        443,
        vec![Action {
            kind: "fixed-response".into(),
            settings: [("FixedResponseConfig".to_owned(), Setting::Map(not_found.into()))].into(),
            ..Action::default()
        }],
    );

    let blue = app(stage, "recommend", "3.1.4", &layers.nginx[2], 25);
    let green = app(stage, "recommend", "3.2.0", &layers.nginx[2], 1);
    stage.alter(&green, |image| image.bad = true);
    let template = stage.template("recommend", "m7g.large", &[&blue, &green]);
    let to_blue = stage.target_group("recommend-blue", balancer, 60);
    let to_green = stage.target_group("recommend-green", balancer, 60);
    let counts = split(recommend, &[4, 2]);
    for (name, number, to, count, age) in [
        ("recommend-blue", 1, &to_blue, counts[0], 24 * DAY),
        ("recommend-green", 2, &to_green, counts[1], 3 * HOUR),
    ] {
        let group = NewGroup {
            name,
            tags: &[("flightdeck:cluster", "recommend")],
            source: stage.numbered(&template, number),
            target_groups: vec![to.clone()],
            count,
            parts: vec![part(stage, 1, &template, number, age)],
        };
        let index = stage.group(group);
        // The small share that the bad version has now has already made one of it fail.
        if let Some(instance) = stage.region.groups[index].instances.first_mut().filter(|_| number == 2) {
            instance.ailment = Some(Ailment { from: -20 * MINUTE, until: NEVER, kind: Ill::Strain });
        }
    }
    stage.rule(balancer, 10, "/recommend/*", vec![forward(&[(&to_blue, 95), (&to_green, 5)], None)]);
    reports_behind(stage, layers, balancer, reports);
}

fn reports_behind(stage: &mut Stage, layers: &Layers, balancer: usize, count: usize) {
    let blue = app(stage, "reports", "1.9.0", &layers.jvm[0], 38);
    let green = app(stage, "reports", "1.10.0", &layers.jvm[1], 6);
    let template = stage.template("reports", "m7g.medium", &[&blue, &green]);
    let to_blue = stage.target_group("reports-blue", balancer, 60);
    let to_green = stage.target_group("reports-green", balancer, 60);
    let counts = split(count, &[3, 2]);
    let index = stage.group(NewGroup {
        name: "reports-blue",
        tags: &[],
        source: stage.numbered(&template, 1),
        target_groups: vec![to_blue.clone()],
        count: counts[0],
        parts: vec![part(stage, 2, &template, 1, 19 * DAY), part(stage, 1, &template, 2, 40 * MINUTE)],
    });
    let refresh = RefreshFact {
        id: stage.chance.uuid("reports refresh", 0).as_str().into(),
        status: RefreshStatus::InProgress,
        reason: Some("Waiting for instances in Standby state to exit Standby.".into()),
        percent: Some(33),
        to_update: i32::try_from(counts[0] * 2 / 3).ok(),
        started_at: Some(time_of(stage.start, -48 * MINUTE)),
        ended_at: None,
        desired: Some(stage.numbered(&template, 2)),
    };
    let group = &mut stage.region.groups[index];
    group.refreshes.push(refresh);
    if let Some(instance) = group.instances.first_mut() {
        instance.duty = Duty::Standby;
        group.fact.desired -= 1;
    }
    let index = stage.group(NewGroup {
        name: "reports-green",
        tags: &[],
        source: stage.numbered(&template, 2),
        target_groups: vec![to_green.clone()],
        count: counts[1],
        parts: vec![part(stage, 1, &template, 2, 5 * DAY)],
    });
    for instance in &mut stage.region.groups[index].instances {
        instance.ailment = Some(Ailment { from: EVER, until: NEVER, kind: Ill::Program });
    }
    stage.rule(balancer, 30, "/reports/*", vec![forward(&[(&to_blue, 100), (&to_green, 0)], None)]);
}
