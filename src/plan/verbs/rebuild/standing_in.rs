//! What stands in a plan for images that are not there yet, and the true ones once they are.

use super::newest;
use crate::fleet::{
    AccountId, Availability, Cluster, ClusterId, FamilyId, Fleet, FoundBy, Image, ImageId, Place, Provenance,
    Tags, Text,
};
use crate::plan::{History, Intent, OperationId, Plan, RefreshTo, Resource, StartBuild, State};

/// The fleet as it would be with the images of these builds, and with what stands for a family that is no cluster;
/// `None` where it would be as it is.
pub(in crate::plan) fn prospect<'a>(
    fleet: &Fleet,
    cluster: &ClusterId,
    builds: impl Iterator<Item = &'a StartBuild>,
) -> Option<Fleet> {
    let to_be: Vec<&StartBuild> = builds.filter(|start| start.image.is_to_be()).collect();
    let stands_in = cluster.family().is_some() && fleet.cluster(cluster).is_none();
    if to_be.is_empty() && !stands_in {
        return None;
    }
    let mut with = fleet.clone();
    if stands_in {
        with.clusters.push(Cluster {
            id: cluster.clone(),
            found_by: FoundBy::Configuration,
            patterns: Vec::new(),
            groups: Vec::new(),
            traffic: Vec::new(),
            seen_at: None,
        });
    }
    for start in to_be {
        let image = image_to_be(fleet, &cluster.place, start);
        with.images.insert((cluster.place.clone(), start.image.clone()), image);
    }
    Some(with)
}

/// An image as it will be: the newest of its family, on its parent.
fn image_to_be(fleet: &Fleet, place: &Place, start: &StartBuild) -> Image {
    let newest = newest(fleet, place, &start.family);
    let owner: AccountId =
        newest.and_then(|newest| newest.owner.clone()).unwrap_or_else(|| place.account.clone());
    Image {
        id: start.image.clone(),
        name: Some(Text::new(format!("{}-{}", start.family.raw(), start.version.raw()))),
        family: Some(FamilyId { owner: Some(owner.clone()), name: start.family.clone() }),
        owner: Some(owner),
        version: Some(start.version.clone()),
        rank: Some(newest.and_then(|newest| newest.rank).map_or(0, |rank| rank + 1)),
        parent: start.parent.clone(),
        source: None,
        provenance: Provenance {
            revision: start.revision.clone(),
            builder: Some(Text::from(start.builder.key().says())),
            build: Some(Text::new(start.build.raw())),
            built_at: None,
        },
        described: true,
        availability: Availability::Available,
        created_at: None,
        deprecated_at: None,
        architecture: newest.and_then(|newest| newest.architecture.clone()),
        devices: Vec::new(),
        tags: Tags::new(),
    }
}

/// The image of a build that an operation started, by the record of its end or by its tag.
pub(in crate::plan) fn built(
    fleet: &Fleet,
    history: &History,
    operation: &OperationId,
    (place, start): (&Place, &StartBuild),
) -> Option<ImageId> {
    let recorded = history.records_of(operation).find_map(|record| match (&record.resource, &record.after) {
        (Some(Resource::Build(key)), Some(State::Build(state))) if key.id == start.build => {
            state.image.clone()
        }
        _ => None,
    });
    let tagged = || {
        let here = fleet.images.iter().filter(|((at, _), _)| at == place).map(|(_, image)| image);
        let mut built = here.filter(|image| {
            image.tags.get("flightdeck:build").is_some_and(|build| build.raw() == start.build.raw())
        });
        built.next().map(|image| image.id.clone())
    };
    recorded.or_else(tagged)
}

/// What was wanted, with the true image where what stood for it is there by now; `None` where nothing stands for one.
pub(in crate::plan) fn resolved(
    intent: &Intent,
    plan: &Plan,
    fleet: &Fleet,
    history: &History,
) -> Option<Intent> {
    let mut wanted = intent.clone();
    let (Intent::Deploy { image, .. } | Intent::Refresh { to: RefreshTo::Image(image), .. }) = &mut wanted
    else {
        return None;
    };
    if !image.is_to_be() {
        return None;
    }
    let to_be = image.clone();
    let stands_for = |start: &&StartBuild| ImageId::to_be(&start.family) == to_be;
    let place = plan.place();
    let mut made =
        plan.builds().find(stands_for).map(|start| start.image.clone()).filter(|id| !id.is_to_be());
    // What was built before it was taken up stands in the plan that was left.
    let mut left = Some(&plan.intent);
    while let (None, Some(Intent::Resume { operation, .. })) = (&made, left) {
        let Some(before) = history.plan_of(operation) else { break };
        let start = before.builds().find(stands_for);
        made = start.and_then(|start| built(fleet, history, operation, (&place, start)));
        left = Some(&before.intent).filter(|next| *next != &plan.intent);
    }
    *image = made?;
    Some(wanted)
}
