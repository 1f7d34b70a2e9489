//! Ids as distinct types, so that one kind can never stand where another is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{LoadBalancerKind, Text};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// Wraps an id as it came.
            pub fn new(id: impl AsRef<str>) -> Self {
                Self(Text::new(id))
            }

            /// The id as it came: for calls and comparisons, never for a screen or a stream.
            pub fn raw(&self) -> &str {
                self.0.raw()
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )* };
}

ids! {
    /// An AWS account: twelve digits.
    AccountId
    /// An AWS region, such as `eu-west-1`.
    Region
    /// An availability zone, such as `eu-west-1a`.
    Zone
    /// An EC2 instance, `i-…`.
    InstanceId
    /// An Amazon machine image, `ami-…`.
    ImageId
    /// An EC2 launch template, `lt-…`.
    TemplateId
    /// A subnet of a VPC, `subnet-…`.
    SubnetId
    /// An EC2 security group, `sg-…`.
    SecurityGroupId
    /// The name of an Auto Scaling group: unique within one account and region.
    GroupName
    /// The name of a cluster: unique within one account and region.
    ClusterName
    /// An instance refresh of an Auto Scaling group.
    RefreshId
    /// A build of an image, `b-…`: flightdeck's own name of it, whoever builds.
    BuildId
    /// A load balancer's ARN.
    LoadBalancerArn
    /// A listener's ARN.
    ListenerArn
    /// A listener rule's ARN.
    RuleArn
    /// A target group's ARN.
    TargetGroupArn
}

impl LoadBalancerArn {
    /// The load balancer's name, which its ARN carries (`…:loadbalancer/app/NAME/id`); the whole ARN where it does
    /// not.
    pub fn name(&self) -> Text {
        self.parts().map_or_else(|| self.0.clone(), |(_, name)| Text::new(name))
    }

    /// The load balancer's kind, which its ARN carries.
    pub fn kind(&self) -> LoadBalancerKind {
        match self.parts() {
            Some(("app", _)) => LoadBalancerKind::Application,
            Some(("net", _)) => LoadBalancerKind::Network,
            Some(("gwy", _)) => LoadBalancerKind::Gateway,
            _ => LoadBalancerKind::Other(Text::new("unknown")),
        }
    }

    fn parts(&self) -> Option<(&str, &str)> {
        let (kind, rest) = self.raw().split_once(":loadbalancer/")?.1.split_once('/')?;
        Some((kind, rest.split('/').next()?))
    }
}

impl TargetGroupArn {
    /// The target group's name, which its ARN carries (`…:targetgroup/NAME/…`); the whole ARN where it does not.
    pub fn name(&self) -> Text {
        let mut parts = self.raw().split('/');
        let head = parts.next().unwrap_or_default();
        match parts.next() {
            Some(name) if head.ends_with(":targetgroup") => Text::new(name),
            _ => self.0.clone(),
        }
    }

    /// The ARN in a plan of a target group that is to be made beside this one. AWS chooses the end of the true one.
    #[must_use]
    pub fn to_be(&self, name: &str) -> Self {
        let head = self.raw().split('/').next().unwrap_or_default();
        Self::new(format!("{head}/{name}/{TO_BE}"))
    }

    /// Whether it stands for a target group that is to be made.
    pub fn is_to_be(&self) -> bool {
        self.raw().rsplit('/').next() == Some(TO_BE)
    }
}

impl ImageId {
    /// The id in a plan of the image that a build of a family is to make. AWS chooses the true one.
    pub fn to_be(family: &Text) -> Self {
        // The bracket keeps the family `app` apart from `app-base`, wherever the id stands in a longer text.
        Self::new(format!("{IMAGE_TO_BE}{}]", family.raw()))
    }

    /// What it is called in a sentence: its id, or whose image it will be.
    pub fn says(&self) -> String {
        match self.raw().strip_prefix(IMAGE_TO_BE) {
            Some(family) => format!("the new {}", Text::new(family.trim_end_matches(']'))),
            None => self.to_string(),
        }
    }

    /// Whether it stands for an image that is to be made.
    pub fn is_to_be(&self) -> bool {
        self.raw().starts_with(IMAGE_TO_BE)
    }
}

/// How the id of an image begins that is not there yet; AWS's own are hexadecimal behind the hyphen.
const IMAGE_TO_BE: &str = "ami-to-be[";

/// The end of the ARN of a target group that is not there yet; AWS's own ends are hexadecimal.
const TO_BE: &str = "to-be";

/// Where something lives: every row, plan and record is bound to an account and a region.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account, self.region)
    }
}

/// A cluster anywhere in the fleet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ClusterId {
    /// Account and region.
    pub place: Place,
    /// The name within them.
    pub name: ClusterName,
}

impl ClusterId {
    /// What stands in the place of a cluster where images of a family are built or marked: it holds the lease of that
    /// family, and has no groups.
    pub fn of_family(place: Place, family: &Text) -> Self {
        Self { place, name: ClusterName::new(format!("{OF_FAMILY}{}", family.raw())) }
    }

    /// The family, where it stands for one.
    pub fn family(&self) -> Option<Text> {
        self.name.raw().strip_prefix(OF_FAMILY).map(Text::new)
    }
}

/// How the names of clusters begin that stand for families.
const OF_FAMILY: &str = "images/";

/// A server group anywhere in the fleet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct GroupId {
    /// Account and region.
    pub place: Place,
    /// The name within them.
    pub name: GroupName,
}

/// What carries traffic to target groups: a listener by its default action, or one of its numbered rules.
///
/// In JSON it is the plain ARN; which of the two it is stands in the ARN (`:listener-rule/` or `:listener/`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SourceArn {
    /// The default action of a listener.
    Listener(ListenerArn),
    /// A numbered rule.
    Rule(RuleArn),
}

impl SourceArn {
    /// Tells from an ARN which kind it names; `None` where it names neither.
    pub fn parse(arn: &str) -> Option<Self> {
        if arn.contains(":listener-rule/") {
            Some(Self::Rule(arn.into()))
        } else if arn.contains(":listener/") {
            Some(Self::Listener(arn.into()))
        } else {
            None
        }
    }

    /// The ARN as it came: for calls and comparisons.
    pub fn raw(&self) -> &str {
        match self {
            Self::Listener(arn) => arn.raw(),
            Self::Rule(arn) => arn.raw(),
        }
    }
}

impl fmt::Display for SourceArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listener(arn) => arn.fmt(f),
            Self::Rule(arn) => arn.fmt(f),
        }
    }
}

impl Serialize for SourceArn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SourceArn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let arn = String::deserialize(deserializer)?;
        Self::parse(&arn)
            .ok_or_else(|| serde::de::Error::custom("not the ARN of a listener or of a listener rule"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_whether_it_is_a_listener_or_a_rule() {
        let base = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:";
        let rule = format!("{base}listener-rule/app/web/1/2/3");
        let listener = format!("{base}listener/app/web/1/2");
        assert!(matches!(SourceArn::parse(&rule), Some(SourceArn::Rule(_))));
        assert!(matches!(SourceArn::parse(&listener), Some(SourceArn::Listener(_))));
        assert_eq!(SourceArn::parse("arn:aws:s3:::bucket"), None);
    }

    #[test]
    fn a_load_balancer_is_named_by_its_arn() {
        let arn = LoadBalancerArn::new(
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/web/50dc",
        );
        assert_eq!((arn.name(), arn.kind()), ("web".into(), LoadBalancerKind::Network));
        assert_eq!(LoadBalancerArn::new("odd").name().to_string(), "odd");
    }

    #[test]
    fn a_target_group_is_named_by_its_arn() {
        let arn = TargetGroupArn::new(
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders-blue/73e2",
        );
        assert_eq!(arn.name().to_string(), "orders-blue");
        assert_eq!(TargetGroupArn::new("odd").name().to_string(), "odd");
    }
}
