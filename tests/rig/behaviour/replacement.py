"""Replacing some of a group's instances within its healthy bounds: which go next, and how many are launched ahead.

Counted in units of capacity, as the group's sizes are. Where the bounds leave no room, one is replaced all the same:
launched first where a maximum is given (or the minimum is 100), ended first where it is not. What AWS does between
these, such as the order of instances, is our idea of it.
"""

import collections
import math

from behaviour import departures, health
from behaviour.membership import counts, size, weight

STALLING = ("Launch", "Terminate", "InstanceRefresh")


class Replacement:
    """Of `olds`; everything that joins the group from here on is new."""

    cause = "in response to an instance refresh."

    def __init__(self, group, preferences, olds):
        self.group, self.preferences = group, preferences
        self.olds = list(olds)
        self.before = list(group.instance_states)

    @property
    def total(self):
        return len(self.olds)

    def done(self):
        """Replaced: the old one is gone, and a new one is healthy and warm."""
        gone = sum(old not in self.group.instance_states for old in self.olds)
        # Fewer new ones are needed where the group has been made smaller meanwhile.
        if gone == self.total and not self.moving():
            return self.total
        return min(gone, len([member for member in self.new() if self.ready(member)]))

    def new(self):
        return [member for member in self.group.active_instances() if member not in self.before]

    def moving(self):
        """Whether something is being launched, warmed up or ended for it."""
        warming = any(not self.ready(member) for member in self.new())
        return warming or self.changing() or self.group.ahead > 0 or self.short()

    def changing(self):
        """Whether an instance is on its way in or out."""
        ways = ("Pending", *departures.LEAVING)
        return any(member.lifecycle_state.startswith(ways) for member in self.group.instance_states)

    def stalled(self):
        """The suspended process that keeps it from going on, if there is one."""
        return next((process for process in STALLING if process in self.group._suspended_processes), None)

    def short(self):
        return size(self.group) < self.group.desired_capacity + self.group.ahead

    def ailing(self):
        """A new instance that had the time to warm up and is not healthy, if there is one."""
        return next((m for m in self.new() if self._warm(m) and not _healthy(self.group, m)), None)

    def blocked(self):
        """Instances that must be set free by somebody before they can be replaced."""
        return [member for member in self._left() if not self._may_end(member)]

    def ready(self, member):
        return member.lifecycle_state == "InService" and self._warm(member) and _healthy(self.group, member)

    def step(self, limit):
        """Goes on until `limit` of the old ones are replaced or being replaced."""
        group = self.group
        free = [old for old in self._left() if self._may_end(old)]
        zones = collections.Counter(member.availability_zone for member in group.active_instances())
        free.sort(key=lambda old: (self.ready(old), -zones[old.availability_zone]))
        started = self.total - len(self._left())
        free = free[: max(limit - started, 0)]
        if not free:
            group.settle()
            return
        room, spare = self._room_and_spare(free)
        while room >= weight(free[0]) and group.ahead < sum(weight(old) for old in free):
            group.ahead += weight(free[0])
            room -= weight(free[0])
        group.settle(f"an instance was launched {self.cause}")
        for old in free:
            cost = weight(old) if self.ready(old) else 0
            if cost > spare:
                break
            spare -= cost
            if counts(old):
                group.ahead = max(group.ahead - weight(old), 0)
            departures.end(group, old, f"instance {old.instance_id} was taken out of service {self.cause}")
        group.settle(f"an instance was launched {self.cause}")

    def _room_and_spare(self, free):
        """How much may be launched above the size now, and how much healthy capacity may go."""
        group = self.group
        least, most = self.preferences["MinHealthyPercentage"], self.preferences.get("MaxHealthyPercentage")
        desired = group.desired_capacity
        healthy = sum(weight(member) for member in group.active_instances() if self.ready(member))
        spare = healthy - math.ceil(desired * least / 100)
        room = math.floor(desired * (most or 100) / 100) - size(group)
        one = weight(free[0])
        if room < one and spare < one and not self.moving():
            if most is not None or least == 100:
                room = one
            else:
                spare = one
        return room, spare

    def _left(self):
        members = self.group.instance_states
        return [old for old in self.olds if old in members and (counts(old) or old.lifecycle_state == "Standby")]

    def _may_end(self, member):
        if member.lifecycle_state == "Standby":
            return self.preferences["StandbyInstances"] == "Terminate"
        return not member.protected_from_scale_in or self.preferences["ScaleInProtectedInstances"] == "Refresh"

    def _warm(self, member):
        if member in self.before:
            return True
        since = getattr(member, "in_service_at", None)
        return since is not None and self.group.world.now - since >= self.preferences["InstanceWarmup"]


def _healthy(group, member):
    """By the group's own word, by EC2 and, where the group asks it, by its load balancer."""
    if member.health_status != "Healthy" or member.instance.state != "running":
        return False
    if group.health_check_type != "ELB":
        return True
    backend = group.autoscaling_backend.elbv2_backend
    groups = [backend.target_groups[arn] for arn in group.target_group_arns if arn in backend.target_groups]
    states = [health.state_of(one, member.instance_id, group.world, backend) for one in groups]
    return all(state in ("healthy", "unused") for state in states)
