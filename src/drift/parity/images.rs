//! Images: what each side runs, what it wants beside that, and how many images serve.
//!
//! An image is compared by family and version, else by name: ids differ from region to region and account to
//! account. Where both stand in one place the ids are told apart, and are no difference.

use super::{Of, Pair, Said, Sheet, Told};
use crate::fleet::{Image, ImageId, Section, ServerGroup, Text, version};

pub(super) fn compare(sheet: &mut Sheet, pair: &Pair<'_>) {
    let (a, b) = (runs(pair.a, pair.one), runs(pair.b, pair.other));
    let what = pair.what("image");
    let (told_a, told_b) = told(a.as_deref(), b.as_deref(), pair);
    sheet
        .put_with(&what, told_a, told_b, || newer(a.as_deref().ok()?, b.as_deref().ok()?, sheet_names(pair)));
    wanted(sheet, pair, a.as_deref().ok(), b.as_deref().ok());
}

/// The distinct images that serve. Where they are more or fewer because other images run or the traffic is shared out
/// otherwise, that row tells it.
pub(super) fn spread(sheet: &mut Sheet, a: Of<'_>, b: Of<'_>) {
    let of = |of: Of<'_>| -> Told {
        if let Some(why) = super::traffic::hidden(of) {
            return Err(why);
        }
        let serving = of.cluster.groups.iter().filter(|group| of.serves(group));
        for group in serving {
            runs(of, group)?;
        }
        Ok(Said::plain(super::count(of.cluster.spread().len(), "image")))
    };
    let (told_a, told_b) = (of(a), of(b));
    if let (Ok(one), Ok(other)) = (&told_a, &told_b)
        && one.key != other.key
    {
        let says =
            format!("serving: {} in {}, {} in {}", one.words, sheet.names[0], other.words, sheet.names[1]);
        let follows =
            |what: &str| ["image", "weights", "server groups"].iter().any(|cause| what.starts_with(cause));
        if let Some(row) = sheet.comparison.differences.iter_mut().find(|row| follows(&row.what)) {
            row.why = Some(row.why.take().map_or(says.clone(), |why| format!("{why}; {says}")));
            return;
        }
    }
    sheet.put("images that serve", told_a, told_b);
}

/// An image as it can be compared with one of another place.
#[derive(Clone, Debug)]
struct Shown<'a> {
    id: &'a ImageId,
    image: Option<&'a Image>,
    /// Instances that run it; none of what is only wanted.
    instances: usize,
}

impl Shown<'_> {
    fn words(&self) -> String {
        let Some(image) = self.image else { return self.id.to_string() };
        let name = match (&image.family, &image.version) {
            (Some(family), Some(version)) => format!("{} {version}", family.name),
            _ => image.label().to_string(),
        };
        if self.instances > 0 { format!("{name} ×{}", self.instances) } else { name }
    }

    fn name(&self) -> Option<&Text> {
        self.image?.name.as_ref()
    }

    /// Whether both are one image; `None` where that cannot be told.
    fn is(&self, other: &Self, one_place: bool) -> Option<bool> {
        if self.id == other.id {
            return Some(true);
        }
        let family = |shown: &Self| {
            let image = shown.image?;
            Some((image.family.as_ref()?.name.clone(), image.version.clone()?))
        };
        match (family(self), family(other)) {
            (Some((a, a_version)), Some((b, b_version))) => Some(a == b && is_same(&a_version, &b_version)),
            (None, None) => match (self.name(), other.name()) {
                (Some(a), Some(b)) => Some(a == b),
                _ => one_place.then_some(false),
            },
            _ if self.name().is_some() && other.name().is_some() => Some(false),
            _ => one_place.then_some(false),
        }
    }
}

fn is_same(a: &Text, b: &Text) -> bool {
    a == b || version::compare(a.raw(), b.raw()).is_some_and(std::cmp::Ordering::is_eq)
}

/// What a group runs, each image once, most first.
fn runs<'a>(of: Of<'a>, group: &'a ServerGroup) -> Result<Vec<Shown<'a>>, String> {
    of.read(Section::Instances, None)?;
    let mut images: Vec<Shown<'a>> = Vec::new();
    let mut missing = 0;
    for instance in &group.instances {
        let Some(running) = &instance.running else {
            missing += 1;
            continue;
        };
        let shown = shown(of, &running.image, 1);
        match images.iter_mut().find(|known| known.is(&shown, true) == Some(true)) {
            Some(known) => known.instances += 1,
            None => images.push(shown),
        }
    }
    if missing > 0 {
        let all = super::count(group.instances.len(), "instance");
        return Err(format!("the image of {missing} of its {all} is not known"));
    }
    images.sort_by_cached_key(|shown| (std::cmp::Reverse(shown.instances), shown.words()));
    Ok(images)
}

fn shown<'a>(of: Of<'a>, id: &'a ImageId, instances: usize) -> Shown<'a> {
    Shown { id, image: of.fleet.image(&of.cluster.id.place, id), instances }
}

/// What both say, with one key where all images are the same ones.
fn told(a: Result<&[Shown<'_>], &String>, b: Result<&[Shown<'_>], &String>, pair: &Pair<'_>) -> (Told, Told) {
    let (Ok(a), Ok(b)) = (a, b) else {
        let told = |images: Result<&[Shown<'_>], &String>| {
            images.map(|all| Said::plain(words(all))).map_err(Clone::clone)
        };
        return (told(a), told(b));
    };
    let one_place = pair.a.cluster.id.place == pair.b.cluster.id.place;
    let mut same = a.len() == b.len();
    for (one, other) in a.iter().zip(b) {
        let Some(is) = one.is(other, one_place) else {
            return (untold(pair.a, one), untold(pair.b, other));
        };
        same &= is;
    }
    let (mut a_words, mut b_words) = (words(a), words(b));
    if let (true, true, [one], [other]) = (same, one_place, a, b)
        && one.id != other.id
    {
        a_words = format!("{a_words} ({})", one.id);
        b_words = format!("{b_words} ({})", other.id);
    }
    let key = |which: &str| if same { String::new() } else { which.to_owned() };
    (Ok(Said { words: a_words, key: key("a") }), Ok(Said { words: b_words, key: key("b") }))
}

/// An image that cannot be compared with that of the other: why, where it is this one that is too little known.
fn untold(of: Of<'_>, shown: &Shown<'_>) -> Told {
    if shown.name().is_some() {
        return Ok(Said::plain(shown.words()));
    }
    let gap = of.hidden(Section::Images, None).map(|why| format!(": {why}")).unwrap_or_default();
    Err(format!("neither a version nor a name of {} is known{gap}", shown.id))
}

fn words(images: &[Shown<'_>]) -> String {
    if images.is_empty() {
        return "nothing runs".to_owned();
    }
    images.iter().map(Shown::words).collect::<Vec<_>>().join(", ")
}

fn sheet_names(pair: &Pair<'_>) -> [String; 2] {
    super::labels(&pair.a.cluster.id, &pair.b.cluster.id)
}

/// Which of two runs the newer version, where each runs one of the same family.
fn newer(a: &[Shown<'_>], b: &[Shown<'_>], [name_a, name_b]: [String; 2]) -> Option<String> {
    let ([a], [b]) = (a, b) else { return None };
    let (a, b) = (a.image?, b.image?);
    if a.family.as_ref()?.name != b.family.as_ref()?.name {
        return None;
    }
    match version::compare(a.version.as_ref()?.raw(), b.version.as_ref()?.raw())? {
        std::cmp::Ordering::Less => Some(format!("{name_b} runs the newer version")),
        std::cmp::Ordering::Greater => Some(format!("{name_a} runs the newer version")),
        std::cmp::Ordering::Equal => None,
    }
}

/// What the groups want. Where each wants just what it runs, another image is told once, by what runs.
fn wanted(sheet: &mut Sheet, pair: &Pair<'_>, a_runs: Option<&[Shown<'_>]>, b_runs: Option<&[Shown<'_>]>) {
    let what = pair.what("wanted image");
    let (a, b) = (wants(pair.a, pair.one), wants(pair.b, pair.other));
    let as_it_runs = |wants: &Result<Vec<Shown<'_>>, String>, runs: Option<&[Shown<'_>]>| match (wants, runs)
    {
        (Ok(wants), Some([runs])) => matches!(wants.as_slice(), [only] if only.is(runs, true) == Some(true)),
        _ => false,
    };
    if as_it_runs(&a, a_runs) && as_it_runs(&b, b_runs) {
        let said = || Ok(Said::plain("what it runs"));
        return sheet.put(&what, said(), said());
    }
    let (told_a, told_b) = told(a.as_deref(), b.as_deref(), pair);
    sheet.put_with(&what, told_a, told_b, || newer_wanted(a.as_deref().ok()?, b.as_deref().ok()?, pair));
}

fn newer_wanted(a: &[Shown<'_>], b: &[Shown<'_>], pair: &Pair<'_>) -> Option<String> {
    newer(a, b, sheet_names(pair)).map(|says| says.replace("runs", "wants"))
}

/// What a group would launch, each image once.
fn wants<'a>(of: Of<'a>, group: &'a ServerGroup) -> Result<Vec<Shown<'a>>, String> {
    let mut images: Vec<Shown<'a>> = Vec::new();
    for wanted in &group.wants {
        let id = wanted.image.as_ref().ok_or_else(|| {
            wanted.unknown.clone().unwrap_or_else(|| "the image it would launch is not known".to_owned())
        })?;
        let shown = shown(of, id, 0);
        if images.iter().all(|known| known.is(&shown, true) != Some(true)) {
            images.push(shown);
        }
    }
    Ok(images)
}
