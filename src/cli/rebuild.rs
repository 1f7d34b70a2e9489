//! `flightdeck plan rebuild` and `plan mark`: their words, and what they mean in this fleet.

use clap::Args;

use super::args::Percents;
use super::plan::stepped;
use super::quarantine::author;
use super::refresh::in_cluster;
use crate::fleet::{ClusterId, Fleet, ImageId};
use crate::plan::{
    Intent, Knobs, Policy, RefreshTo, Refusal, built_where, find_cluster, idle_group, image_to_carry,
};

/// Words of `plan rebuild`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct RebuildArgs {
    /// The family of images, as NAME or NAME@REGION
    #[arg(value_name = "IMAGE-FAMILY")]
    family: String,
    /// Everything that stands on it too: application bases, then applications
    #[arg(long)]
    chain: bool,
    /// Version of its image; the next one where left out
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Revision of its source, for the recipe and the image's tags
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// What is done with the image: `deploy CLUSTER` or `refresh GROUP`
    #[arg(long, num_args = 2, value_names = ["VERB", "TARGET"])]
    then: Option<Vec<String>>,
    /// Of a deployment: the traffic in steps, each watched before the next: shares on the way, or 5,25,50,100
    #[arg(long, value_name = "PERCENTS", value_parser = super::args::percents, num_args = 0..=1, requires = "then")]
    #[expect(clippy::option_option, reason = "the flag may come without its shares")]
    steps: Option<Option<Percents>>,
    /// Of a deployment: how long each step is watched, such as 90s, 2m or 1h
    #[arg(long, value_name = "TIME", value_parser = super::args::seconds, requires = "steps")]
    bake: Option<u64>,
    /// Of a deployment: scales the old side to nothing when it was kept warm
    #[arg(long, requires = "then")]
    retire: bool,
}

/// Words of `plan mark`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct MarkArgs {
    /// The image, by its id
    #[arg(value_name = "AMI")]
    image: String,
    /// Why it is bad, for its tag
    #[arg(long, value_name = "REASON", required_unless_present = "good")]
    bad: Option<String>,
    /// It is not bad, after all
    #[arg(long, conflicts_with = "bad")]
    good: bool,
}

/// What the words of `plan rebuild` mean in this fleet.
///
/// # Errors
/// No such family, cluster or group, or several; nobody knows who asks.
pub(super) fn rebuild(args: &RebuildArgs, fleet: &Fleet, policy: &Policy) -> Result<Intent, Refusal> {
    let (place, family) = built_where(fleet, policy, &args.family)?;
    let carry = |cluster: &ClusterId| {
        if cluster.place == place {
            return Ok(image_to_carry(fleet, cluster, &family, args.chain));
        }
        Err(Refusal::new(
            format!("{} is in {}, and the image is built in {place}", cluster.name, cluster.place),
            format!("name the family with its region: {family}@{}", cluster.place.region),
        ))
    };
    let then = match args.then.as_deref() {
        None => None,
        Some([verb, target]) if verb == "deploy" => {
            let cluster = find_cluster(fleet, target)?;
            Some(Intent::Deploy {
                cluster: cluster.id.clone(),
                group: idle_group(fleet, cluster)?,
                image: carry(&cluster.id)?,
                steps: stepped(args.steps.as_ref(), args.bake, policy.bake(&cluster.id))?,
                retire: args.retire,
                source: None,
            })
        }
        Some([verb, target]) if verb == "refresh" => {
            let cluster = in_cluster(target, None, fleet)?;
            Some(Intent::Refresh {
                cluster: cluster.id.clone(),
                group: target.as_str().into(),
                to: RefreshTo::Image(carry(&cluster.id)?),
                knobs: Knobs::default(),
            })
        }
        Some(other) => {
            let verb = other.first().map(|verb| crate::fleet::clean(verb).into_owned()).unwrap_or_default();
            return Err(Refusal::new(
                format!("a build is not carried on to `{verb}`"),
                "write --then deploy CLUSTER, or --then refresh GROUP",
            ));
        }
    };
    let cluster = then
        .as_ref()
        .map_or_else(|| ClusterId::of_family(place.clone(), &family), |then| then.cluster().clone());
    Ok(Intent::Rebuild {
        cluster,
        family,
        chain: args.chain,
        version: args.version.as_deref().map(Into::into),
        revision: args.revision.as_deref().map(Into::into),
        by: author(fleet)?,
        then: then.map(Box::new),
    })
}

/// What the words of `plan mark` mean in this fleet.
///
/// # Errors
/// No such image, or in several regions; nobody knows who asks.
pub(super) fn mark(args: &MarkArgs, fleet: &Fleet) -> Result<Intent, Refusal> {
    let id = ImageId::new(args.image.as_str());
    let mut found = fleet.images.iter().filter(|((_, image), _)| *image == id);
    let Some(((place, _), image)) = found.next() else {
        return Err(Refusal::new(
            format!("there is no image {id}, or it was not seen"),
            "name an image of this account by its id, as `flightdeck snapshot --json` tells it",
        ));
    };
    let family = image.family.as_ref().map_or_else(|| id.raw().into(), |family| family.name.clone());
    Ok(Intent::Mark {
        cluster: ClusterId::of_family(place.clone(), &family),
        image: id,
        bad: args.bad.as_deref().map(Into::into),
        by: author(fleet)?,
    })
}
