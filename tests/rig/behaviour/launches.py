"""Launches: instances over all zones and overrides, from the right template version, pending for a time.

Moto puts all instances of a group into the first zone, on its template's default version, without the template's
profile and metadata options, and running at once. Standby and detaching leave its target groups untouched.
"""

import collections
import copy

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.models.instances import InstanceState as EC2State
from moto.ec2.responses.launch_templates import LaunchTemplates

PARAMETER = "resolve:ssm:"


def install(worlds):
    run_instances = EC2Backend.run_instances
    enter_standby, detach = AutoScalingBackend.enter_standby_instances, AutoScalingBackend.detach_instances
    describe_versions = LaunchTemplates.describe_launch_template_versions
    update_group = FakeAutoScalingGroup.update

    def run_pending(self, *args, **kwargs):
        world = worlds.of(self.account_id)
        reservation = run_instances(self, *args, **kwargs)
        with world.lock:
            delay = world.delays["instance_pending"]
            for instance in reservation.instances if delay else ():
                instance._state = EC2State("pending", 0)
                world.after(delay, lambda instance=instance: _start(instance, world))
        return reservation

    def launch(self, count_needed, propagated_tags):
        for _ in range(count_needed):
            member = _launch_one(self, propagated_tags)
            self.instance_states.append(member)

    def attach_targets(self, group_name):
        group = self.autoscaling_groups[group_name]
        for arn in group.target_group_arns:
            target_group = self.elbv2_backend.target_groups[arn]
            members = [m.instance.id for m in group.active_instances()]
            target_group.register([{"Id": i, "Port": target_group.port} for i in members])

    def leaving(method):
        def left(self, group_name, instance_ids, should_decrement):
            group = self.autoscaling_groups[group_name]
            for arn in group.target_group_arns:
                self.elbv2_backend.target_groups[arn].deregister([{"Id": i} for i in instance_ids])
            return method(self, group_name, instance_ids, should_decrement)

        return left

    def update(self, *args, mixed_instances_policy=None, **kwargs):
        """An update that does not speak of the policy keeps it."""
        names_template = kwargs.get("launch_template") or kwargs.get("launch_config_name")
        if mixed_instances_policy is None and not names_template:
            mixed_instances_policy = self.mixed_instances_policy
        update_group(self, *args, mixed_instances_policy=mixed_instances_policy, **kwargs)

    def describe_launch_template_versions(self):
        answer = describe_versions(self)
        if self._get_bool_param("ResolveAlias"):
            for version in answer.result["LaunchTemplateVersions"]:
                data = copy.copy(version["LaunchTemplateData"])
                data["ImageId"] = _resolve(data.get("ImageId"), self.ec2_backend)
                version["LaunchTemplateData"] = data
        return answer

    EC2Backend.run_instances = run_pending
    FakeAutoScalingGroup.replace_autoscaling_group_instances = launch
    FakeAutoScalingGroup.active_instances = lambda self: [
        member for member in self.instance_states if member.lifecycle_state in ("InService", "Pending")
    ]
    FakeAutoScalingGroup.update = update
    AutoScalingBackend.update_attached_target_groups = attach_targets
    AutoScalingBackend.enter_standby_instances = leaving(enter_standby)
    AutoScalingBackend.detach_instances = leaving(detach)
    InstanceState.launch_template = property(lambda self: getattr(self, "launched_from", None))
    LaunchTemplates.describe_launch_template_versions = describe_launch_template_versions
    Instance.instance_status = property(lambda self: _status(self, "told_status"))
    Instance.system_status = property(lambda self: _status(self, "told_system_status"))


def _status(instance, told):
    if instance.state != "running":
        return {"Status": "not-applicable"}
    status = getattr(instance, told, "ok")
    reachability = {"ok": "passed", "impaired": "failed"}.get(status, status)
    return {"Status": status, "Details": [{"Name": "reachability", "Status": reachability}]}


def _start(instance, world):
    if instance.state != "pending":
        return
    instance._state = EC2State("running", 16)
    for member in instance.autoscaling_group.instance_states if hasattr(instance, "autoscaling_group") else ():
        if member.instance is instance:
            member.lifecycle_state = "InService"
    for target_group, target in world.awaiting_start.pop(instance.id, []):
        target_group.register([target])


def _launch_one(group, propagated_tags):
    ec2 = group.ec2_backend
    override = _next_override(group)
    version = _version(group, override)
    data = version.data if version else {}
    subnet, zone = _emptiest(group)
    interfaces = data.get("NetworkInterfaces") or [{}]
    reservation = ec2.run_instances(
        _resolve(override.get("ImageId") or (version.image_id if version else group.image_id), ec2),
        1,
        version.user_data if version else group.user_data,
        group.security_groups,
        instance_type=override.get("InstanceType") or group.instance_type,
        is_instance_type_default=False,
        tags={"instance": {**propagated_tags, "aws:autoscaling:groupName": group.name, **group.instance_tags}},
        placement=zone,
        subnet_id=subnet,
        launch_config=group.launch_config,
        launch_template=_template(version),
        associate_public_ip=group.launch_config.associate_public_ip_address if group.launch_config else None,
        security_group_ids=list(data.get("SecurityGroupIds") or interfaces[0].get("Groups") or []),
        metadata_options=data.get("MetadataOptions"),
        monitoring_state="enabled" if data.get("Monitoring", {}).get("Enabled") else "disabled",
        ebs_optimized=data.get("EbsOptimized", False),
    )
    instance = reservation.instances[0]
    instance.autoscaling_group = group
    profile = data.get("IamInstanceProfile") or {}
    if profile:
        arn = profile.get("Arn") or f"arn:aws:iam::{group.account_id}:instance-profile/{profile['Name']}"
        instance.iam_instance_profile = {"Arn": arn, "Id": "AIPARIG"}
    lifecycle = "Pending" if instance.state == "pending" else "InService"
    member = InstanceState(instance, lifecycle, protected_from_scale_in=group.new_instances_protected_from_scale_in)
    if version:
        member.launched_from = {
            "LaunchTemplateId": version.template.id,
            "LaunchTemplateName": version.template.name,
            "Version": str(version.number),
        }
    return member


def _template(version):
    return {"LaunchTemplateId": version.template.id, "Version": str(version.number)} if version else None


def _next_override(group):
    """One after the other: which one AWS takes depends on prices and spare capacity."""
    overrides = ((group.mixed_instances_policy or {}).get("LaunchTemplate") or {}).get("Overrides") or [{}]
    return overrides[len(group.instance_states) % len(overrides)]


def _version(group, override):
    if not group.ec2_launch_template:
        return None
    spec = override.get("LaunchTemplateSpecification")
    if not spec:
        return group.ec2_launch_template.get_version(group.launch_template_version)
    if spec.get("LaunchTemplateId"):
        template = group.ec2_backend.get_launch_template(spec["LaunchTemplateId"])
    else:
        template = group.ec2_backend.get_launch_template_by_name(spec["LaunchTemplateName"])
    return template.get_version(spec.get("Version") or "$Default")


def _emptiest(group):
    """The subnet (or zone, where a group has no subnets) with the fewest of the group's instances."""
    counts = collections.Counter(member.availability_zone for member in group.instance_states)
    if not group.vpc_zone_identifier:
        return None, min(group.availability_zones, key=lambda zone: counts[zone])
    subnets = [group.ec2_backend.get_subnet(subnet) for subnet in group.vpc_zone_identifier.split(",")]
    subnet = min(subnets, key=lambda subnet: counts[subnet.availability_zone])
    return subnet.id, subnet.availability_zone


def _resolve(image, ec2):
    if not (image or "").startswith(PARAMETER):
        return image
    from moto.ssm.models import ssm_backends

    name = image.removeprefix(PARAMETER)
    return ssm_backends[ec2.account_id][ec2.region_name].get_parameter(name).value
