"""A group's size: it launches while it has too little, ends what it has too much, and keeps its target groups so.

Pending and in-service instances count, each by the weight it was launched with. Scaling in takes from the fullest zone
the oldest unprotected one: the default policy of AWS looks at more. A failed launch is tried again every minute.
"""

import collections

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup

from behaviour import departures
from behaviour.launches import launch

COUNTED = ("Pending", "Pending:Wait", "Pending:Proceed", "InService")
RETRY_S = 60


def install(worlds):
    def set_desired_capacity(self, new_capacity):
        before = getattr(self, "desired_capacity", 0)
        self.desired_capacity = self.min_size if new_capacity is None else int(new_capacity)
        self.settle(f"a user request changed the desired capacity from {before} to {self.desired_capacity}.")

    def settle(self, cause="an instance was started in response to a difference between desired and actual capacity."):
        with self.world.lock:
            _grow(self, cause)
            _shrink(self, cause)

    def register(self, member):
        if "AddToLoadBalancer" not in self._suspended_processes:
            for target_group in _target_groups(self):
                target_group.register([{"Id": member.instance_id, "Port": target_group.port}])

    def deregister(self, member):
        """How long the member drains, in virtual seconds."""
        world, longest = self.world, 0
        for target_group in _target_groups(self):
            if member.instance_id in target_group.targets:
                target_group.deregister([{"Id": member.instance_id}])
                longest = max(longest, world.draining_until[target_group.arn, member.instance_id] - world.now)
        return longest

    def attach_targets(self, group_name):
        group = self.autoscaling_groups[group_name]
        for member in group.instance_states:
            if member.lifecycle_state == "InService":
                group.register(member)

    def resume_processes(self, group_name, scaling_processes):
        resume(self, group_name, scaling_processes)
        self.autoscaling_groups[group_name].settle()

    def notify_terminate_instances(self, instance_ids):
        """Somebody terminated them by EC2: the group finds them missing and launches others."""
        for group in self.autoscaling_groups.values():
            lost = [member for member in group.instance_states if member.instance_id in instance_ids]
            for member in lost:
                departures.drop(group, member)
            if lost:
                group.settle("an instance was taken out of service in response to an EC2 health check.")

    resume = AutoScalingBackend.resume_processes
    # Of a refresh that runs: what it launches, and how many it may have above the desired capacity.
    FakeAutoScalingGroup.launching = None
    FakeAutoScalingGroup.ahead = 0
    FakeAutoScalingGroup.retrying = False
    FakeAutoScalingGroup.active_instances = lambda self: [m for m in self.instance_states if counts(m)]
    FakeAutoScalingGroup.set_desired_capacity = set_desired_capacity
    FakeAutoScalingGroup.settle = settle
    FakeAutoScalingGroup.register = register
    FakeAutoScalingGroup.deregister = deregister
    AutoScalingBackend.update_attached_target_groups = attach_targets
    AutoScalingBackend.resume_processes = resume_processes
    AutoScalingBackend.notify_terminate_instances = notify_terminate_instances


def counts(member):
    return member.lifecycle_state in COUNTED


def weight(member):
    return int(getattr(member, "weighted_capacity", None) or 1)


def size(group):
    return sum(weight(member) for member in group.active_instances())


def _grow(group, cause):
    while size(group) < group.desired_capacity + group.ahead and "Launch" not in group._suspended_processes:
        if launch(group, cause) is None:
            _try_again(group)
            return


def _shrink(group, cause):
    while "Terminate" not in group._suspended_processes:
        spare = size(group) - group.desired_capacity - group.ahead
        unprotected = [m for m in group.active_instances() if not m.protected_from_scale_in and weight(m) <= spare]
        if spare <= 0 or not unprotected:
            return
        zones = collections.Counter(member.availability_zone for member in group.active_instances())
        fullest = max(unprotected, key=lambda member: zones[member.availability_zone])
        departures.end(group, fullest, cause)


def _try_again(group):
    def again():
        group.retrying = False
        if group.autoscaling_backend.autoscaling_groups.get(group.name) is group:
            group.settle()

    if not group.retrying:
        group.retrying = True
        group.world.after(RETRY_S, again)


def _target_groups(group):
    known = group.autoscaling_backend.elbv2_backend.target_groups
    return [known[arn] for arn in group.target_group_arns if arn in known]
