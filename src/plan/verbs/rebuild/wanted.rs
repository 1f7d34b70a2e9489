//! Which images are to be built, level by level, each with everything its builder is given.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::versions::next_version;
use super::{Asked, newest, of_family};
use crate::fleet::{BuildId, Fleet, ImageId, Place, Section, Text};
use crate::plan::recipe::{Values, word};
use crate::plan::{Author, Policy, Recipe, Refusal, StartBuild, nearest};

pub(super) fn wanted(
    asked: Asked<'_>,
    fleet: &Fleet,
    policy: &Policy,
) -> Result<Vec<Vec<StartBuild>>, Refusal> {
    if let Some(gap) = fleet.gap(asked.place, Section::Images, None) {
        return Err(Refusal::new(
            format!("the images could not be read: {}", gap.why),
            "mend that first: what is there decides what is built",
        ));
    }
    let levels = levels(asked, fleet, policy)?;
    let within: BTreeSet<&str> = levels.iter().flatten().map(|recipe| recipe.family.as_str()).collect();
    let mut builds = Vec::new();
    for level in &levels {
        let starts = level.iter().map(|recipe| start(asked, fleet, recipe, &within));
        builds.push(starts.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(builds)
}

/// The recipes to follow, level by level: of the family alone, or of all that stand on it.
fn levels<'p>(asked: Asked<'_>, fleet: &Fleet, policy: &'p Policy) -> Result<Vec<Vec<&'p Recipe>>, Refusal> {
    let name = asked.family.raw();
    let Some(first) = policy.recipe(name) else {
        let names = policy.recipes.iter().map(|recipe| recipe.family.clone());
        let remedy = if policy.recipes.is_empty() {
            "give the configuration a [[family]] of that name with a `build`".to_owned()
        } else {
            nearest::remedy(name, names, "there are recipes of")
        };
        return Err(Refusal::new(format!("nothing says how images of {} are built", asked.family), remedy));
    };
    let mut levels = vec![vec![first]];
    let mut known: BTreeSet<&str> = [first.family.as_str()].into();
    if !asked.chain {
        return Ok(levels);
    }
    loop {
        let last = &levels[levels.len() - 1];
        let on_last = |recipe: &&Recipe| {
            parent_family(fleet, asked.place, recipe)
                .is_some_and(|on| last.iter().any(|one| one.family == on.raw()))
        };
        // What has no image here is nobody's concern here.
        let is_here =
            |recipe: &&Recipe| of_family(fleet, asked.place, &Text::new(&recipe.family)).next().is_some();
        let next: Vec<&Recipe> = policy.recipes.iter().filter(is_here).filter(on_last).collect();
        if next.is_empty() {
            return Ok(levels);
        }
        if let Some(again) = next.iter().find(|recipe| !known.insert(&recipe.family)) {
            return Err(Refusal::new(
                format!("{} is built on itself, by way of other families", again.family),
                "mend the `on` of the recipes",
            ));
        }
        levels.push(next);
    }
}

/// The families that stand on another and would be built with it, in order. Empty where none does, or where nothing
/// says how it is built.
pub fn stands_on(fleet: &Fleet, policy: &Policy, place: &Place, family: &Text) -> Vec<Text> {
    let by = Author { who: Text::default(), at: fleet.observed_at };
    let asked = Asked { place, family, chain: true, version: None, revision: None, by: &by };
    let levels = levels(asked, fleet, policy).unwrap_or_default();
    levels.iter().skip(1).flatten().map(|recipe| Text::new(&recipe.family)).collect()
}

/// One build, with everything it is given.
fn start(
    asked: Asked<'_>,
    fleet: &Fleet,
    recipe: &Recipe,
    within: &BTreeSet<&str>,
) -> Result<StartBuild, Refusal> {
    let family = Text::new(&recipe.family);
    let goal = recipe.family == asked.family.raw();
    let version = match asked.version.filter(|_| goal) {
        Some(version) => version.clone(),
        None => next_version(fleet, asked.place, &family)?,
    };
    word("version", version.raw())?;
    if let Some(there) =
        of_family(fleet, asked.place, &family).find(|image| image.version.as_ref() == Some(&version))
    {
        return Err(Refusal::new(
            format!("{family} {version} is there already: {}", there.id),
            "name another --version: an image is never built over",
        ));
    }
    let on = parent_family(fleet, asked.place, recipe);
    let parent = match &on {
        Some(on) if within.contains(on.raw()) && on.raw() != recipe.family => Some(ImageId::to_be(on)),
        Some(on) => Some(good_parent(fleet, asked.place, &family, on)?),
        None => None,
    };
    let revision = asked.revision.filter(|_| goal).cloned();
    let revision = revision.or_else(|| recipe.revision.as_ref().map(Text::new));
    let build = name(asked, &family, &version);
    let values = Values {
        build: &build,
        family: &family,
        version: &version,
        revision: revision.as_ref(),
        parent: parent.as_ref(),
        place: asked.place,
    };
    let builder = recipe.filled(&values)?;
    let image = ImageId::to_be(&family);
    Ok(StartBuild { build, family, version, image, parent, revision, builder, limit: recipe.limit })
}

/// The image to build on: the newest of its family that can be launched.
fn good_parent(fleet: &Fleet, place: &Place, family: &Text, on: &Text) -> Result<ImageId, Refusal> {
    newest(fleet, place, on).map(|parent| parent.id.clone()).ok_or_else(|| {
        Refusal::new(
            format!("{family} is built on {on}, and no image of {on} can be launched"),
            format!("rebuild {on} first, or the chain from {on}"),
        )
    })
}

/// Names a build: another one each time somebody asks, and the same for the same asking.
fn name(asked: Asked<'_>, family: &Text, version: &Text) -> BuildId {
    use std::fmt::Write as _;
    /// Bytes of a name: two builds of one account are never called the same.
    const LENGTH: usize = 5;
    let Place { account, region } = asked.place;
    let Author { who, at } = asked.by;
    let text =
        format!("{} {} {} {} {} {at}", account.raw(), region.raw(), family.raw(), version.raw(), who.raw());
    let digest = Sha256::digest(text);
    let hex = digest.iter().take(LENGTH).fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    });
    BuildId::new(format!("b-{hex}"))
}

/// The family that a recipe's images are built on: as it says, else as the newest image was.
fn parent_family(fleet: &Fleet, place: &Place, recipe: &Recipe) -> Option<Text> {
    if let Some(on) = &recipe.on {
        return Some(Text::new(on));
    }
    let newest = newest(fleet, place, &Text::new(&recipe.family))?;
    let parent = fleet.image(place, newest.parent.as_ref()?)?;
    parent.family.as_ref().map(|family| family.name.clone())
}
