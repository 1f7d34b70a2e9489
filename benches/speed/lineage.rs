//! The lineage of many images: found, and laid out as the rows of the images screen.

use std::collections::HashMap;
use std::sync::Arc;

use flightdeck::app::Observation;
use flightdeck::app::screens::{Images, Seen, View};
use flightdeck::drift::Judgement;
use flightdeck::fleet::{Facts, ImageFact, ImageId, InstanceId, Lineage, Naming, Tags, assemble};
use flightdeck::plan::{History, Policy};
use flightdeck::provider::Clock;

use super::measure::{Runs, Times, Told, demo, row, time};

/// Images of each level in one of two regions, the bases first: 20,000 in all.
const LEVELS: [usize; 5] = [100, 400, 1_000, 3_000, 5_500];
/// Versions of one family.
const VERSIONS: usize = 25;
/// Of so many the least counts: other work on the machine only ever adds to it.
const TIMES: usize = 20;

pub fn run(instances: usize, runs: Runs) {
    let clock = Told::new();
    let mut facts = demo(instances, &clock).facts();
    facts.iter_mut().for_each(with_images);
    let at = clock.now();
    let fleet = Arc::new(assemble(&facts, &Naming::default(), None, at));
    let images = fleet.images.len();
    let judgement = Arc::new(Judgement::default());
    let seen = Observation::new(Arc::clone(&fleet), judgement, &History::default(), &Policy::default(), at);
    let history = History::default();
    let open = std::collections::BTreeMap::new();
    let seen = Seen { observation: Some(&seen), history: &history, operations: &[], known: &[], open: &open };
    let [mut found, mut laid_out] = [const { Vec::new() }; 2];
    let mut rows = 0;
    for _ in 0..runs.of(TIMES) {
        found.push(time(|| Lineage::of(&fleet)).0);
        let mut screen = Images::default();
        laid_out.push(time(|| screen.derive(&seen)).0);
        rows = screen.list.rows().len();
    }
    let both = found.iter().zip(&laid_out).map(|(found, laid_out)| *found + *laid_out).collect();
    row(&format!("the lineage of {images} images is found"), instances, &Times::new(found));
    row(&format!("it is laid out as {rows} rows"), instances, &Times::new(laid_out));
    row("both", instances, &Times::new(both));
}

/// Gives a region images of five levels, and its instances those of the last.
fn with_images(facts: &mut Facts) {
    let region = facts.place.region.raw().to_owned();
    let id = |level: usize, number: usize| ImageId::new(format!("ami-{region}-{level}-{number:06}"));
    let Some(images) = &mut facts.images else { return };
    let Some(sample) = images.value.values().next().cloned() else { return };
    images.value.clear();
    for (level, count) in LEVELS.into_iter().enumerate() {
        for number in 0..count {
            let mut tags: Tags = [("SourceRevision".into(), "4f2a9c1".into())].into();
            if level > 0 {
                let parent = id(level - 1, number * 7 % LEVELS[level - 1]);
                tags.insert("ParentImage".into(), parent.raw().into());
            }
            let name = format!("family-{level}-{}-1.{}.0", number / VERSIONS, number % VERSIONS);
            let image = ImageFact { id: id(level, number), name: Some(name.into()), tags, ..sample.clone() };
            images.value.insert(image.id.clone(), image);
        }
    }
    let last = LEVELS.len() - 1;
    let members = facts.groups.iter().flat_map(|seen| &seen.value).enumerate();
    let groups: HashMap<InstanceId, usize> =
        members.flat_map(|(at, group)| group.members.iter().map(move |one| (one.id.clone(), at))).collect();
    for (number, instance) in facts.instances.iter_mut().flat_map(|seen| &mut seen.value).enumerate() {
        // A group that is being replaced runs two images, and one of ten instances an odd one.
        let group = groups.get(&instance.id).copied().unwrap_or(number);
        let image = if number % 10 == 0 { number } else { group * 2 + number % 2 };
        Arc::make_mut(instance).image = Some(id(last, image % LEVELS[last]));
    }
}
