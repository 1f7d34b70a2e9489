"""What a person does to a group: its sizes, its configuration, and single instances taken out or given back.

Moto takes whatever it is told. The refusals are in AWS's words as far as they are known.
"""

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from behaviour import departures
from behaviour.activities import Activity
from behaviour.configuration import Configuration

MOST_AT_ONCE = 20


def invalid(message):
    return AutoscalingClientError("ValidationError", message)


def install(worlds):
    update_group = FakeAutoScalingGroup.update

    def update(self, *args, mixed_instances_policy=None, **kwargs):
        """An update that does not speak of the policy keeps it; one that does not speak of desired keeps within."""
        names_template = kwargs.get("launch_template") or kwargs.get("launch_config_name")
        if mixed_instances_policy is None and not names_template:
            mixed_instances_policy = self.mixed_instances_policy
        elif names_template or mixed_instances_policy:
            wanted = {"LaunchTemplate": kwargs.get("launch_template"), "MixedInstancesPolicy": mixed_instances_policy}
            if not kwargs.get("launch_config_name"):
                Configuration.desired(self, wanted).check()
        desired = _desired(self, kwargs)
        kwargs["desired_capacity"] = desired
        update_group(self, *args, mixed_instances_policy=mixed_instances_policy, **kwargs)
        _leave_zones(self)

    def set_desired_capacity(self, group_name, desired_capacity):
        group = to_change(self, group_name)
        for bound, words, over in (
            (group.max_size, "above max", desired_capacity > group.max_size),
            (group.min_size, "below min", desired_capacity < group.min_size),
        ):
            if over:
                size = f"New SetDesiredCapacity value {desired_capacity}"
                raise invalid(f"{size} is {words} value {bound} for the AutoScalingGroup.")
        group.set_desired_capacity(desired_capacity)
        self.update_attached_elbs(group_name)

    def terminate_instance(self, instance_id, should_decrement):
        member = _managed(self, instance_id)
        group = to_change(self, member.instance.autoscaling_group.name)
        if member.lifecycle_state.startswith(departures.LEAVING):
            raise AutoscalingClientError("ScalingActivityInProgress", f"{instance_id} is {member.lifecycle_state}.")
        counted = member.lifecycle_state != "Standby"
        if should_decrement and counted and group.desired_capacity - 1 < group.min_size:
            raise invalid(
                f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without replacement "
                "will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or "
                "lower group's min size."
            )
        shrink = _shrink(group, int(bool(should_decrement and counted)))
        cause = f"instance {instance_id} was taken out of service in response to a user request{shrink}."
        activity = departures.end(group, member, cause)
        group.settle(f"an instance was started in response to a user request that ended {instance_id}.")
        return activity

    def enter_standby(self, group_name, instance_ids, should_decrement):
        group, members = _named(self, group_name, instance_ids, "InService")
        shrink = _leaving(group, members, should_decrement, "place into standby")
        why = f"was moved to standby in response to a user request{shrink}."
        activities = [departures.stand_by(group, m, f"instance {m.instance_id} {why}") for m in members]
        group.settle()
        return activities

    def exit_standby(self, group_name, instance_ids):
        group, members = _named(self, group_name, instance_ids, "Standby")
        before = group.desired_capacity
        if before + len(members) > group.max_size:
            raise invalid(_resize(group, "exit standby", members))
        group.desired_capacity += len(members)
        why = f"in response to a user request, increasing the capacity from {before} to {group.desired_capacity}."
        return [_return(group, member, f"was moved out of standby {why}") for member in members]

    def detach(self, group_name, instance_ids, should_decrement):
        group, members = _named(self, group_name, instance_ids, "InService", "Standby")
        shrink = _leaving(group, members, should_decrement, "detach")
        why = f"was detached in response to a user request{shrink}."
        activities = [departures.detach(group, m, f"instance {m.instance_id} {why}") for m in members]
        group.settle()
        return activities

    def terminate_in_group(self):
        decrement = self._get_bool_param("ShouldDecrementDesiredCapacity", False)
        backend = self.autoscaling_backend
        if single := self._get_param("InstanceId"):
            return ActionResult({"Activity": backend.terminate_instance(single, decrement)})
        several = self._get_param("InstanceIds", [])
        return ActionResult({"Activities": [backend.terminate_instance(one, decrement) for one in several]})

    def delete_group(self):
        name, backend = self._get_param("AutoScalingGroupName"), self.autoscaling_backend
        group = to_change(backend, name)
        force = self._get_bool_param("ForceDelete", False)
        if group.instance_states and not force:
            raise AutoscalingClientError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
                "still in the group.",
            )
        for member in list(group.instance_states):
            group.deregister(member)
            self.autoscaling_backend.ec2_backend.terminate_instances([member.instance_id])
        group.instance_states = []
        del backend.autoscaling_groups[name]
        return ActionResult({})

    FakeAutoScalingGroup.update = update
    # Moto shows the template of a mixed-instances policy a second time, as if it were the group's own.
    own_template = FakeAutoScalingGroup.launch_template
    FakeAutoScalingGroup.launch_template = property(
        lambda self: None if self.mixed_instances_policy else own_template.fget(self)
    )
    AutoScalingBackend.set_desired_capacity = set_desired_capacity
    AutoScalingBackend.terminate_instance = terminate_instance
    AutoScalingBackend.enter_standby_instances = enter_standby
    AutoScalingBackend.exit_standby_instances = exit_standby
    AutoScalingBackend.detach_instances = detach
    AutoScalingResponse.terminate_instance_in_auto_scaling_group = terminate_in_group
    AutoScalingResponse.delete_auto_scaling_group = delete_group


def _leave_zones(group):
    """Instances in zones that the group has no more are replaced. AWS launches first; here both happen at once."""
    if "AZRebalance" in group._suspended_processes:
        return
    for member in group.active_instances():
        if member.availability_zone not in group.availability_zones:
            why = "was taken out of service in response to a change of the group's Availability Zones."
            departures.end(group, member, f"instance {member.instance_id} {why}")
    group.settle()


def group_of(backend, name):
    if name not in backend.autoscaling_groups:
        raise invalid(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return backend.autoscaling_groups[name]


def to_change(backend, name):
    """The group, if it may be changed at all. The words are ours."""
    group = group_of(backend, name)
    if status := getattr(group, "status", None):
        raise invalid(f"AutoScalingGroup {name} cannot be changed: {status}")
    if operator := getattr(group, "operator", None):
        raise invalid(f"AutoScalingGroup {name} is managed by {operator['Principal']}, which alone may change it.")
    return group


def _desired(group, asked):
    """The desired capacity after an update; refuses sizes that contradict each other."""
    least = group.min_size if asked.get("min_size") is None else asked["min_size"]
    most = group.max_size if asked.get("max_size") is None else asked["max_size"]
    desired = asked.get("desired_capacity")
    desired = max(min(group.desired_capacity, most), least) if desired is None else desired
    check_sizes(least, most, desired)
    return desired


def check_sizes(least, most, desired):
    if least > most:
        raise invalid(f"Max bound, {most}, must be greater than or equal to min bound, {least}")
    if not least <= desired <= most:
        raise invalid(f"Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}")


def _managed(backend, instance_id):
    for group in backend.autoscaling_groups.values():
        for member in group.instance_states:
            if member.instance_id == instance_id:
                return member
    raise invalid(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")


def _named(backend, group_name, instance_ids, *states):
    """The group and its members of these ids, all in one of these states."""
    group = to_change(backend, group_name)
    if len(instance_ids) > MOST_AT_ONCE:
        raise invalid(
            f"1 validation error detected: Value '{instance_ids}' at 'instanceIds' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_AT_ONCE}"
        )
    members = {member.instance_id: member for member in group.instance_states}
    for instance_id in instance_ids:
        if instance_id not in members:
            raise invalid(f"The instance {instance_id} is not part of Auto Scaling group {group_name}.")
        if members[instance_id].lifecycle_state not in states:
            raise invalid(f"The instance {instance_id} is not in {' or '.join(states)}.")
    return group, [members[instance_id] for instance_id in instance_ids]


def _leaving(group, members, should_decrement, verb):
    counted = [member for member in members if member.lifecycle_state != "Standby"]
    if should_decrement and group.desired_capacity - len(counted) < group.min_size:
        raise invalid(_resize(group, verb, members))
    return _shrink(group, len(counted) if should_decrement else 0)


def _resize(group, verb, members):
    return (
        f"AutoScalingGroup {group.name} has min-size={group.min_size}, max-size={group.max_size}, and desired-size="
        f"{group.desired_capacity}. To {verb} {len(members)} instance(s), please update the AutoScalingGroup sizes "
        "appropriately."
    )


def _shrink(group, fewer):
    before = group.desired_capacity
    group.desired_capacity -= fewer
    return f", shrinking the capacity from {before} to {group.desired_capacity}" if fewer else ""


def _return(group, member, cause):
    activity = Activity(
        group, f"Moving EC2 instance out of Standby: {member.instance_id}", f"instance {member.instance_id} {cause}"
    )
    member.lifecycle_state = "InService"
    member.in_service_at = group.world.now
    group.register(member)
    activity.say("Successful")
    return activity
