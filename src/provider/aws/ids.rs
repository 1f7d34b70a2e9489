//! Ids and names as AWS makes them: what is none is never sent, whatever a plan or a file says.

use crate::fleet::{GroupName, InstanceId, SubnetId, TemplateId, Text};
use crate::plan::TemplateNumber;

/// Digits of an id after its prefix: 8 in old ones, 17 in new ones.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=17;
/// Longest name of a group [model].
const NAME: usize = 255;

fn id(kind: &str, prefix: &str, raw: &str) -> Result<(), String> {
    let digits = raw.strip_prefix(prefix).unwrap_or_default();
    let fits = DIGITS.contains(&digits.len())
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if fits { Ok(()) } else { Err(format!("{} is not the id of {kind}", Text::new(raw))) }
}

/// An instance.
pub(super) fn instance(instance: &InstanceId) -> Result<(), String> {
    id("an instance", "i-", instance.raw())
}

/// A launch template.
pub(super) fn template(template: &TemplateId) -> Result<(), String> {
    id("a launch template", "lt-", template.raw())
}

/// A subnet.
pub(super) fn subnet(subnet: &SubnetId) -> Result<(), String> {
    id("a subnet", "subnet-", subnet.raw())
}

/// An image by its id: a parameter that gives another image tomorrow is none.
pub(super) fn image(image: &Text) -> Result<(), String> {
    id("an image", "ami-", image.raw())
}

/// A launch template version by its number.
pub(super) fn version(number: &TemplateNumber) -> Result<(), String> {
    template(&number.id)?;
    if number.version >= 1 { Ok(()) } else { Err(format!("{} is no number of a version", number.version)) }
}

/// The name of a group.
pub(super) fn group(group: &GroupName) -> Result<(), String> {
    let name = group.raw();
    let fits = (1..=NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
    if fits { Ok(()) } else { Err(format!("{group:?} is not the name of a group")) }
}

/// An instance of a group.
pub(super) fn member(of: &GroupName, id: &InstanceId) -> Result<(), String> {
    group(of)?;
    instance(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_aws_could_have_made_is_an_id() {
        for good in ["i-0123456789abcdef0", "i-1a2b3c4d"] {
            assert_eq!(instance(&good.into()), Ok(()));
        }
        for bad in
            ["", "i-", "i-123", "ami-0123456789abcdef0", "i-0123456789ABCDEF0", "i-0123456789abcdef0&x=1"]
        {
            assert!(instance(&bad.into()).is_err(), "{bad}");
        }
        assert!(image(&"resolve:ssm:/golden".into()).is_err());
        assert!(version(&TemplateNumber { id: "lt-0123456789abcdef0".into(), version: 0 }).is_err());
        for bad in ["", "a\nb", &"x".repeat(256)] {
            assert!(group(&bad.into()).is_err(), "{bad:?}");
        }
        assert_eq!(group(&"orders blue/1".into()), Ok(()));
    }
}
