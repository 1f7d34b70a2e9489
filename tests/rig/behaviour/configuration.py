"""What a group launches: the configuration saved on it, or the desired one of a refresh that runs."""

from moto.autoscaling.exceptions import AutoscalingClientError

PARAMETER = "resolve:ssm:"
MOVING = ("$Latest", "$Default")


class Configuration:
    """A launch template with a version, the overrides of a mixed-instances policy, or a launch configuration."""

    def __init__(self, group, specification, overrides=()):
        self.ec2 = group.ec2_backend
        self.launch_config = None if specification else group.launch_config
        self.specification = specification
        self.overrides = list(overrides) or [{}]

    @classmethod
    def saved(cls, group):
        """Asked for at each launch: the group may have been updated since."""
        template = group.ec2_launch_template
        specification = template and {"LaunchTemplateId": template.id, "Version": group.launch_template_version}
        policy = group.mixed_instances_policy or {}
        return cls(group, specification, policy.get("LaunchTemplate", {}).get("Overrides") or ())

    @classmethod
    def desired(cls, group, desired):
        """Of a refresh; `desired` as in StartInstanceRefresh."""
        if policy := desired.get("MixedInstancesPolicy"):
            template = policy["LaunchTemplate"]
            return cls(group, template["LaunchTemplateSpecification"], template.get("Overrides") or ())
        return cls(group, desired["LaunchTemplate"])

    def specifications(self):
        own = [override.get("LaunchTemplateSpecification") for override in self.overrides]
        return [specification for specification in (self.specification, *own) if specification]

    def version(self, override):
        """The template version for an override, `None` for a launch configuration."""
        specification = override.get("LaunchTemplateSpecification") or self.specification
        return version_of(specification, self.ec2) if specification else None

    def image(self, override):
        version = self.version(override)
        image = override.get("ImageId") or (version.image_id if version else self.launch_config.image_id)
        return resolve(image, self.ec2)

    def moves(self):
        """Whether it can come to mean something else by itself: AWS cannot roll back to such a one."""
        named = [specification.get("Version") or "$Default" for specification in self.specifications()]
        images = [version_of(specification, self.ec2).image_id for specification in self.specifications()]
        images += [override.get("ImageId") for override in self.overrides]
        return any(v in MOVING for v in named) or any((image or "").startswith(PARAMETER) for image in images)

    def matches(self, member):
        """As skip matching compares: launch template, version and instance type."""
        launched = getattr(member, "launched_from", None)
        for override in self.overrides:
            version = self.version(override)
            if version is None or launched is None:
                continue
            kind = override.get("InstanceType") or version.instance_type
            same = launched["LaunchTemplateId"] == version.template.id and launched["Version"] == str(version.number)
            if same and (not kind or kind == member.instance_type):
                return True
        return False

    def check(self):
        """Refuses what could not launch, in AWS's words."""
        for specification in self.specifications():
            if bool(specification.get("LaunchTemplateId")) == bool(specification.get("LaunchTemplateName")):
                raise AutoscalingClientError(
                    "ValidationError", "Valid requests must contain either launchTemplateId or LaunchTemplateName"
                )
        refusal = "You must use a valid fully-formed launch template. "
        for override in self.overrides:
            try:
                self.version(override)
                image = self.image(override)
            except Exception as why:  # Whatever moto calls it: a template, a version or a parameter that is not there.
                raise AutoscalingClientError("ValidationError", f"{refusal}{getattr(why, 'message', why)}") from None
            if image not in self.ec2.amis:
                raise AutoscalingClientError("ValidationError", f"{refusal}The image id '[{image}]' does not exist")


def version_of(specification, ec2):
    if specification.get("LaunchTemplateId"):
        template = ec2.get_launch_template(specification["LaunchTemplateId"])
    else:
        template = ec2.get_launch_template_by_name(specification["LaunchTemplateName"])
    return template.get_version(specification.get("Version") or "$Default")


def resolve(image, ec2):
    if not (image or "").startswith(PARAMETER):
        return image
    from moto.ssm.models import ssm_backends

    name = image.removeprefix(PARAMETER)
    return ssm_backends[ec2.account_id][ec2.region_name].get_parameter(name).value
