//! Families of images: which images are of one kind, and which of their tags tell version, parent and provenance.
//!
//! What a family says nothing of is read as `[naming]` tells it, so that most fleets need none. How it is built stands in
//! `builds`.

use std::collections::BTreeSet;

use toml::de::DeValue;

use super::document::{Item, Parsed, Section};
use super::{builds, pattern, values};
use crate::fleet::{AccountId, FamilyNaming};
use crate::plan::Recipe;

/// Every `[[family]]` of a document, in its order: the first that matches an image counts. And how those are built that
/// say it.
pub(super) fn read(file: &mut Section<'_>) -> (Vec<FamilyNaming>, Vec<Recipe>) {
    let (mut families, mut recipes) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    file.sections("family", |section| {
        let (family, recipe) = read_one(section, &mut seen);
        // One that says only how it is built is found as [naming] tells.
        families.extend(family.filter(|family| !family.names.is_empty() || !family.tags.is_empty()));
        recipes.extend(recipe);
    });
    (families, recipes)
}

fn read_one(
    section: &mut Section<'_>,
    seen: &mut BTreeSet<(String, Option<AccountId>)>,
) -> (Option<FamilyNaming>, Option<Recipe>) {
    if !section.has("name") {
        section.wrong("a family has no name", "write name = \"…\" below it");
    }
    if !section.has("names") && !section.has("tags") && !section.has("build") {
        let what = "a family says of no image that it belongs to it";
        section.wrong(what, "write names = [\"…-*\"], tags = { … = \"…\" } or a `build` below it");
    }
    let tags = || values::list(values::text);
    let name = section.read("name", values::text);
    let mut family = FamilyNaming {
        owner: section.read("owner", values::account),
        names: section.read("names", values::list(pattern::on_groups)).unwrap_or_default(),
        tags: section.read("tags", pairs).unwrap_or_default(),
        parent_tags: section.read("parent", tags()).unwrap_or_default(),
        revision_tags: section.read("revision", tags()).unwrap_or_default(),
        builder_tags: section.read("builder", tags()).unwrap_or_default(),
        ..FamilyNaming::default()
    };
    section.section("version", |version| {
        family.version_tags = version.read("tags", tags()).unwrap_or_default();
        family.version_pattern = version.read("pattern", pattern::on_versions);
    });
    let recipe = builds::read(section, name.as_deref());
    let Some(name) = name else { return (None, recipe) };
    family.name = name;
    if !seen.insert((family.name.clone(), family.owner.clone())) {
        let what = format!("the family `{}` is written twice", family.name);
        section.wrong(what, "put what is said of it in one, or give each its owner");
    }
    (Some(family), recipe)
}

/// Reads tags with the values that they must have.
fn pairs(item: Item<'_>) -> Parsed<Vec<(String, String)>> {
    let DeValue::Table(table) = item.value.get_ref() else {
        return item.not_a("tags with their values", format!("write {} = {{ Role = \"web\" }}", item.key));
    };
    let mut faults = Vec::new();
    let mut pairs = Vec::new();
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        match (Item { key, value, ..item }).string() {
            Ok(value) => pairs.push((key.to_owned(), value.to_owned())),
            Err(wrong) => faults.extend(wrong),
        }
    }
    if faults.is_empty() { Ok(pairs) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document;
    use crate::fleet::builders::World;

    fn families(text: &str) -> Vec<FamilyNaming> {
        let mut families = Vec::new();
        let faults = document::read(text, |file| families = read(file).0);
        assert!(faults.is_empty(), "{faults:?}");
        families
    }

    /// Family, version, parent, revision and builder of an image.
    fn seen(text: &str, name: &str, tags: &[(&str, &str)]) -> [Option<String>; 5] {
        let mut world = World::new();
        world.naming.families = families(text);
        world.image("ami-1", name).tags = tags.iter().map(|&(k, v)| (k.into(), v.into())).collect();
        let fleet = world.fleet();
        let image = fleet.image(&world.facts.place, &"ami-1".into()).unwrap();
        [
            image.family.as_ref().map(|family| family.name.to_string()),
            image.version.as_ref().map(ToString::to_string),
            image.parent.as_ref().map(ToString::to_string),
            image.provenance.revision.as_ref().map(ToString::to_string),
            image.provenance.builder.as_ref().map(ToString::to_string),
        ]
    }

    const WEB: &str = "[[family]]\nname = 'web'\nnames = ['www_*']\nversion = { tags = ['rel'], pattern = 'r(\\d+)' }\n\
                       parent = ['from']\nrevision = ['sha']\nbuilder = ['by']";

    #[test]
    fn a_configured_family_comes_before_what_tags_and_names_say() {
        let some = |words: [&str; 5]| words.map(|word| Some(word.to_owned()));
        let own = [("rel", "7.1"), ("from", "ami-0"), ("sha", "4f2a"), ("by", "ci"), ("Family", "other")];
        assert_eq!(seen(WEB, "www_x", &own), some(["web", "7.1", "ami-0", "4f2a", "ci"]));
        let general =
            [("Version", "3"), ("ParentImage", "ami-9"), ("GitCommit", "beef"), ("Builder", "packer")];
        assert_eq!(seen(WEB, "www_x", &general), some(["web", "3", "ami-9", "beef", "packer"]));
        assert_eq!(seen(WEB, "www_r12_x", &[])[..2], [Some("web".into()), Some("12".into())]);
        assert_eq!(seen(WEB, "shop-1.2", &own)[..2], [Some("other".into()), Some("1.2".into())]);
    }

    #[test]
    fn an_image_must_have_every_tag_and_belong_to_the_owner() {
        let tagged = "[[family]]\nname = 'web'\ntags = { role = 'web', 'team:name' = 'shop' }\n";
        let family = |text: &str, tags: &[(&str, &str)]| seen(text, "x", tags)[0].clone();
        assert_eq!(family(tagged, &[("role", "web"), ("team:name", "shop")]), Some("web".into()));
        assert_eq!(family(tagged, &[("role", "web")]), None);
        assert_eq!(family(tagged, &[("role", "Web"), ("team:name", "shop")]), None);
        let both = [("role", "web"), ("team:name", "shop")];
        assert_eq!(family(&format!("{tagged}owner = '000000000000'"), &both), None);
        assert_eq!(family(&format!("{tagged}owner = '123456789012'"), &both), Some("web".into()));
    }
}
