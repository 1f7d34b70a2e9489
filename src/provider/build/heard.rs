//! What was heard from a builder about its images, and which of them is meant.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::fleet::{ImageId, Region, Text};

/// An image that a builder told of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Made {
    /// Where it is; `None`: it was not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<Text>,
    /// Its id.
    pub(super) image: ImageId,
}

/// What was heard.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Heard {
    /// Its images, each once; at most [`MOST`].
    #[serde(default)]
    pub(super) made: Vec<Made>,
    /// Why it failed, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Text>,
    /// The last thing it said.
    #[serde(default)]
    pub(super) last: Text,
}

/// No build copies its image to more regions than there are.
const MOST: usize = 64;

impl Heard {
    /// Takes in an image that was told of.
    pub(super) fn add(&mut self, made: Option<Made>) {
        if let Some(made) = made
            && self.made.len() < MOST
            && !self.made.contains(&made)
        {
            self.made.push(made);
        }
    }

    /// The one image of a region, and those of others by region.
    ///
    /// # Errors
    /// There is none, or it cannot be told which: one sentence.
    pub(super) fn pick(&self, region: &Region) -> Result<(ImageId, BTreeMap<Text, ImageId>), String> {
        let mut by_region: BTreeMap<Option<&Text>, BTreeSet<&ImageId>> = BTreeMap::new();
        for made in &self.made {
            by_region.entry(made.region.as_ref()).or_default().insert(&made.image);
        }
        for (place, images) in &by_region {
            if let Some([a, b]) = images.iter().take(2).collect::<Vec<_>>().first_chunk() {
                let place = place.map(|place| format!(" in {place}")).unwrap_or_default();
                return Err(format!("it told of {a} and {b}{place}, where one image was expected"));
            }
        }
        let here = |place: Option<&Text>| place.is_some_and(|place| place.raw() == region.raw());
        let one = |images: &BTreeSet<&ImageId>| images.first().map(|image| (*image).clone());
        let named = by_region.iter().find(|(place, _)| here(**place)).and_then(|(_, images)| one(images));
        let image = named.or_else(|| by_region.get(&None).and_then(one)).ok_or_else(|| {
            match by_region.keys().flatten().next() {
                Some(place) => format!("its image is in {place}, and none in {region}"),
                None => "it told of no image".to_owned(),
            }
        })?;
        let elsewhere = by_region.iter().filter(|(place, _)| !here(**place));
        let copies = elsewhere.filter_map(|(place, images)| Some(((*place)?.clone(), one(images)?)));
        Ok((image, copies.collect()))
    }
}

/// Digits of an image's id: AWS makes 8 or 17, simulations fewer.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=17;

/// An image's id, where it is one.
pub(super) fn image(word: &str) -> Option<ImageId> {
    let digits = word.strip_prefix("ami-")?;
    let fits = DIGITS.contains(&digits.len())
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    fits.then(|| ImageId::new(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(made: &[(&str, &str)]) -> Heard {
        let mut heard = Heard::default();
        for (region, id) in made {
            let region = (!region.is_empty()).then(|| Text::new(region));
            heard.add(Some(Made { region, image: ImageId::new(id) }));
        }
        heard
    }

    fn picked(made: &[(&str, &str)]) -> Result<String, String> {
        heard(made).pick(&"eu-west-1".into()).map(|(image, copies)| format!("{image} {copies:?}"))
    }

    #[test]
    fn the_image_of_the_region_is_meant_and_those_of_others_are_its_copies() {
        let both = [("us-east-1", "ami-2"), ("eu-west-1", "ami-1")];
        assert_eq!(picked(&both).unwrap(), "ami-1 {\"us-east-1\": ImageId(ami-2)}");
        assert_eq!(picked(&[("", "ami-1")]).unwrap(), "ami-1 {}");
        assert_eq!(picked(&[("eu-west-1", "ami-1"), ("eu-west-1", "ami-1")]).unwrap(), "ami-1 {}");
    }

    #[test]
    fn two_images_where_one_was_expected_are_none() {
        let two = picked(&[("", "ami-1"), ("", "ami-2")]).unwrap_err();
        assert_eq!(two, "it told of ami-1 and ami-2, where one image was expected");
        let two = picked(&[("eu-west-1", "ami-1"), ("eu-west-1", "ami-2")]).unwrap_err();
        assert_eq!(two, "it told of ami-1 and ami-2 in eu-west-1, where one image was expected");
        assert_eq!(
            picked(&[("us-east-1", "ami-1")]).unwrap_err(),
            "its image is in us-east-1, and none in eu-west-1"
        );
        assert_eq!(picked(&[]).unwrap_err(), "it told of no image");
    }

    #[test]
    fn only_hexadecimal_digits_make_the_id_of_an_image() {
        assert!(image("ami-0123456789abcdef0").is_some() && image("ami-1").is_some());
        for bad in
            ["ami-", "ami-base", "ami-0123456789abcdef01", "AMI-1", "ami-1 ", "snap-1", "ami-to-be[app]"]
        {
            assert_eq!(image(bad), None, "{bad}");
        }
    }
}
