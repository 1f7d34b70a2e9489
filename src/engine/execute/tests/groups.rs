//! A group gets another size, and instances are replaced: to the end, taken back, with answers that are lost.

use std::sync::Arc;

use super::site::{Home, Site};
use crate::fleet::{InstanceId, ServerGroup};
use crate::plan::{Batches, Call, Intent, Outcome, Steer};
use crate::provider::FailureKind;
use crate::provider::demo::Fate;

/// The idle side of `orders`.
const GROUP: &str = "orders-green";

fn group(site: &Site) -> Arc<ServerGroup> {
    let fleet = site.fleet();
    Arc::clone(fleet.cluster(&site.cluster).unwrap().group(&GROUP.into()).unwrap())
}

fn members(site: &Site) -> Vec<InstanceId> {
    group(site).instances.iter().map(|instance| instance.id.clone()).collect()
}

fn scale(site: &Site, desired: i32) -> Intent {
    Intent::Scale { cluster: site.cluster.clone(), group: GROUP.into(), desired, min: None, max: None }
}

fn replace(site: &Site, instances: &[InstanceId]) -> Intent {
    Intent::Replace {
        cluster: site.cluster.clone(),
        group: GROUP.into(),
        instances: instances.to_vec(),
        batches: Batches::default(),
    }
}

/// How often the site was asked to end this instance.
fn ended(site: &Site, id: &InstanceId) -> usize {
    let ends =
        |call: &Call| matches!(call, Call::TerminateInstanceInAutoScalingGroup(end) if end.instance == *id);
    site.demo.sent().iter().filter(|sent| ends(&sent.call)).count()
}

#[test]
fn a_group_grows_and_is_waited_for() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let desired = group(&site).desired + 1;
    let outcome = site.run(&home, &scale(&site, desired));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let group = group(&site);
    assert_eq!((group.desired, group.instances.len()), (desired, usize::try_from(desired).unwrap()));
}

#[test]
fn an_abort_gives_a_group_its_size_back() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let before = group(&site).desired;
    let helm = Arc::clone(&home.helm);
    site.after(8, move || helm.order(Steer::Abort));
    let outcome = site.run(&home, &scale(&site, before + 2));
    assert!(matches!(outcome, Outcome::RolledBack { .. }), "{outcome:?}");
    assert_eq!(group(&site).desired, before);
}

#[test]
fn instances_are_replaced_one_after_the_other() {
    let (site, home) = (Site::new(), Home::new("ann"));
    let before = members(&site);
    let outcome = site.run(&home, &replace(&site, &before[..2]));
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let after = members(&site);
    assert_eq!(after.len(), before.len());
    assert!(before[..2].iter().all(|id| !after.contains(id)), "{after:?}");
    assert!(before[2..].iter().all(|id| after.contains(id)), "nobody else was touched: {after:?}");
    let sent = site.demo.sent();
    assert!(sent[1].at.duration_since(sent[0].at).as_secs() > 60, "the second waited for the first");
}

#[test]
fn an_instance_is_ended_once_whatever_becomes_of_the_answer() {
    for fate in [Fate::Unanswered, Fate::Lost, Fate::Refused(FailureKind::Throttled)] {
        let (site, home) = (Site::new(), Home::new("ann"));
        let id = members(&site)[0].clone();
        site.demo.weather(|weather| weather.changes.push_back(fate.clone()));
        let outcome = site.run(&home, &replace(&site, std::slice::from_ref(&id)));
        assert_eq!(ended(&site, &id), 1, "{fate:?}");
        if fate == Fate::Unanswered {
            assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
            assert!(!members(&site).contains(&id));
        } else {
            assert!(matches!(outcome, Outcome::Failed { .. }), "{fate:?}: {outcome:?}");
            assert!(members(&site).contains(&id));
        }
    }
}
