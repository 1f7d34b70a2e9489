//! `flightdeck plan quarantine`, `plan release` and `plan terminate`: their words, and what they mean in this fleet.

use clap::Args;

use crate::app::words;
use crate::fleet::{Fleet, InstanceId};
use crate::plan::{Aside, Author, Intent, Refusal, standing};

/// Words of `plan quarantine`.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct QuarantineArgs {
    /// The instance
    #[arg(value_name = "INSTANCE")]
    instance: String,
    /// Why, for its tag
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// It leaves its group for good; else it stands by in it, and can come back
    #[arg(long)]
    detach: bool,
    /// Its group launches no other, and gets smaller by one
    #[arg(long)]
    no_replacement: bool,
}

/// What the words of `plan quarantine` mean in this fleet.
///
/// # Errors
/// No group has such an instance, or nobody knows who asks.
pub(super) fn quarantine(args: &QuarantineArgs, fleet: &Fleet) -> Result<Intent, Refusal> {
    let instance = InstanceId::new(args.instance.as_str());
    let (cluster, group) = standing(fleet, &instance)?;
    Ok(Intent::Quarantine {
        cluster,
        group,
        instance,
        how: if args.detach { Aside::Detach } else { Aside::Standby },
        replacement: !args.no_replacement,
        reason: args.reason.as_str().into(),
        by: author(fleet)?,
    })
}

/// What the words of `plan release` mean in this fleet.
///
/// # Errors
/// As [`quarantine`].
pub(super) fn release(instance: &str, fleet: &Fleet) -> Result<Intent, Refusal> {
    let instance = InstanceId::new(instance);
    let (cluster, group) = standing(fleet, &instance)?;
    Ok(Intent::Release { cluster, group, instance, by: author(fleet)? })
}

/// What the words of `plan terminate` mean in this fleet.
///
/// # Errors
/// No group has or had such an instance.
pub(super) fn terminate(instance: &str, fleet: &Fleet) -> Result<Intent, Refusal> {
    let instance = InstanceId::new(instance);
    let (cluster, group) = standing(fleet, &instance)?;
    Ok(Intent::Terminate { cluster, group, instance })
}

/// Who asks, by the credentials, and when.
pub(super) fn author(fleet: &Fleet) -> Result<Author, Refusal> {
    let identity = fleet.identity.as_ref().ok_or_else(|| {
        Refusal::new("who asks could not be proven, and the tag says it", "log in, and plan it again")
    })?;
    Ok(Author { who: words::principal(&identity.arn).into(), at: fleet.observed_at })
}
