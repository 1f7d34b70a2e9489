"""Launches: instances over all zones and overrides, from the right template version, pending for a time.

Moto puts all instances of a group into the first zone, on its template's default version, without the template's
profile and metadata options, and running at once. Here a new instance is `Pending` until it runs, `Pending:Wait` while
a hook keeps it, and only then in service and in its target groups. A zone without capacity is passed over.
"""

import collections

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.models.instances import InstanceState as EC2State

from behaviour import departures, hooks
from behaviour.activities import Activity
from behaviour.configuration import Configuration

FAILED = " Launching EC2 instance failed."


def install(worlds):
    run_instances = EC2Backend.run_instances

    def run_pending(self, *args, **kwargs):
        world = worlds.of(self.account_id)
        reservation = run_instances(self, *args, **kwargs)
        with world.lock:
            delay = world.delays["instance_pending"]
            for instance in reservation.instances if delay else ():
                instance._state = EC2State("pending", 0)
                world.after(delay, lambda instance=instance: _start(instance, world))
        return reservation

    EC2Backend.run_instances = run_pending
    FakeAutoScalingGroup.world = property(lambda self: worlds.of(self.account_id))
    InstanceState.launch_template = property(lambda self: getattr(self, "launched_from", None))
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
    for target_group, target in world.awaiting_start.pop(instance.id, []):
        target_group.register([target])
    if group := getattr(instance, "autoscaling_group", None):
        for member in group.instance_states:
            if member.instance is instance:
                _running(group, member)


def launch(group, cause):
    """One more instance of what the group launches now; `None` where AWS could not launch it."""
    configuration = group.launching or Configuration.saved(group)
    # The rarest kind in the group: which one AWS takes depends on prices and spare capacity.
    kinds = collections.Counter(member.instance_type for member in group.active_instances())
    override = min(configuration.overrides, key=lambda override: kinds[override.get("InstanceType")])
    for subnet, zone in _emptiest_first(group):
        activity = Activity(group, "Launching a new EC2 instance", cause)
        try:
            instance = _run(group, configuration, override, subnet, zone)
        except Exception as why:  # An image that is gone, say: the group tells of it, and tries again.
            activity.say("Failed", f"{getattr(why, 'message', why)}.{FAILED}")
            return None
        if instance is None:
            activity.say("Failed", _no_capacity(configuration, override, group, zone))
            continue
        activity.description = f"Launching a new EC2 instance: {instance.id}"
        activity.say("PreInService")
        return _join(group, configuration, override, instance, activity)
    return None


def _join(group, configuration, override, instance, activity):
    instance.autoscaling_group = group
    member = InstanceState(instance, "Pending", protected_from_scale_in=group.new_instances_protected_from_scale_in)
    member.arrival = activity
    member.in_service_at = None
    member.weighted_capacity = override.get("WeightedCapacity")
    if version := configuration.version(override):
        member.launched_from = {
            "LaunchTemplateId": version.template.id,
            "LaunchTemplateName": version.template.name,
            "Version": str(version.number),
        }
    group.instance_states.append(member)
    if instance.state == "running":
        _running(group, member)
    return member


def _running(group, member):
    member.arrival.say("InProgress")
    hooks.wait(group, member, hooks.LAUNCHING, lambda result: _arrive(group, member, result))


def _arrive(group, member, result):
    if member not in group.instance_states or member.lifecycle_state not in ("Pending", "Pending:Proceed"):
        return
    if result == "ABANDON":
        member.arrival.say("Cancelled", "The lifecycle action was abandoned.")
        cause = "an instance was taken out of service in response to a launch lifecycle action that was abandoned."
        departures.end(group, member, cause)
        group.settle()
        return
    member.lifecycle_state = "InService"
    member.in_service_at = group.world.now
    member.arrival.say("Successful")
    group.register(member)


def _run(group, configuration, override, subnet, zone):
    """The instance, or `None` where the zone has no capacity."""
    ec2 = group.ec2_backend
    if zone in group.world.full_zones:
        return None
    image = configuration.image(override)
    if image not in ec2.amis:
        raise AutoscalingClientError("ValidationError", f"The image id '[{image}]' does not exist")
    version = configuration.version(override)
    data = version.data if version else {}
    config = configuration.launch_config
    interfaces = data.get("NetworkInterfaces") or [{}]
    own_tags = version.instance_tags if version else {}
    tags = {**group.get_propagated_tags(), "aws:autoscaling:groupName": group.name, **own_tags}
    reservation = ec2.run_instances(
        image,
        1,
        version.user_data if version else config.user_data,
        version.security_groups if version else config.security_groups,
        instance_type=kind_of(configuration, override),
        is_instance_type_default=False,
        tags={"instance": tags},
        placement=zone,
        subnet_id=subnet,
        launch_config=config,
        launch_template=_template(version),
        associate_public_ip=config.associate_public_ip_address if config else None,
        security_group_ids=list(data.get("SecurityGroupIds") or interfaces[0].get("Groups") or []),
        metadata_options=data.get("MetadataOptions"),
        monitoring_state="enabled" if data.get("Monitoring", {}).get("Enabled") else "disabled",
        ebs_optimized=data.get("EbsOptimized", False),
    )
    instance = reservation.instances[0]
    if profile := data.get("IamInstanceProfile"):
        arn = profile.get("Arn") or f"arn:aws:iam::{group.account_id}:instance-profile/{profile['Name']}"
        instance.iam_instance_profile = {"Arn": arn, "Id": "AIPARIG"}
    return instance


def kind_of(configuration, override):
    version = configuration.version(override)
    return override.get("InstanceType") or (version or configuration.launch_config).instance_type


def _template(version):
    return {"LaunchTemplateId": version.template.id, "Version": str(version.number)} if version else None


def _no_capacity(configuration, override, group, zone):
    kind = kind_of(configuration, override)
    others = [other for other in group.availability_zones if other not in group.world.full_zones]
    elsewhere = f" or choosing {', '.join(others)}" if others else ""
    return (
        f"We currently do not have sufficient {kind} capacity in the Availability Zone you requested ({zone}). Our "
        f"system will be working on provisioning additional capacity. You can currently get {kind} capacity by not "
        f"specifying an Availability Zone in your request{elsewhere}.{FAILED}"
    )


def _emptiest_first(group):
    """Subnets with their zones (zones alone, where a group has no subnets), those with fewest instances first; of as
    many, the one that was launched in longest ago, so that who replaces all of them ends as balanced as before."""
    stay = [member for member in group.instance_states if not member.lifecycle_state.startswith("Term")]
    counts = collections.Counter(member.availability_zone for member in stay)
    newest = {member.availability_zone: n for n, member in enumerate(stay)}

    def order(place):
        return counts[place[1]], newest.get(place[1], -1)

    if not group.vpc_zone_identifier:
        return sorted(((None, zone) for zone in group.availability_zones), key=order)
    subnets = [group.ec2_backend.get_subnet(subnet) for subnet in group.vpc_zone_identifier.split(",")]
    return sorted(((s.id, s.availability_zone) for s in subnets), key=order)
