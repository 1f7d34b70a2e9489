"""One instance refresh as it runs, looked at every five virtual seconds: its states, its checkpoints, its ways back.

How often AWS looks is not known; its reasons are ours but for those that its guide shows. That a suspended process
stalls a refresh without ever failing it is our idea too.
"""

import copy
import math
import uuid

from behaviour import departures
from behaviour.configuration import Configuration
from behaviour.refresh_checks import USUAL_DELAY_S, alarms_of
from behaviour.replacement import Replacement

TICK_S = 5
# How long AWS tries to launch, or waits for somebody to free an instance, before it gives up.
PATIENCE_S = 3600
USUAL = {
    "MinHealthyPercentage": 90,
    "SkipMatching": False,
    "AutoRollback": False,
    "ScaleInProtectedInstances": "Wait",
    "StandbyInstances": "Wait",
}


class Refresh:
    def __init__(self, group, strategy, desired, preferences):
        self.id = str(uuid.uuid4())
        self.group, self.world = group, group.world
        self.strategy, self.desired = strategy, desired
        usual_warmup = getattr(group, "default_instance_warmup", None)
        usual_warmup = group.health_check_grace_period if usual_warmup is None else usual_warmup
        # A group's own bounds count where the request names none; -1 takes them away.
        bounds = getattr(group, "instance_maintenance_policy", {})
        bounds = {name: value for name, value in bounds.items() if value >= 0}
        self.preferences = {**USUAL, "InstanceWarmup": usual_warmup, **bounds, **preferences}
        self.points = self.preferences.get("CheckpointPercentages") or [100]
        if len(self.points) > 1 or self.points[0] != 100:
            self.preferences.setdefault("CheckpointDelay", USUAL_DELAY_S)
        self.status, self.reason = "Pending", None
        self.started, self.ended = self.world.server_time(), None
        self.percent, self.rollback = 0, None
        # Until when it waits at a checkpoint or bakes, and since when it gets no further.
        self.until = self.stuck_since = None
        self.waits_for_launches = True

    def start(self):
        group = self.group
        if self.desired is not None:
            group.launching = Configuration.desired(group, self.desired)
        self.replacement = Replacement(group, self.preferences, self._in_scope(group.launching))
        if self.preferences["SkipMatching"] and not self.replacement.total:
            self._succeed()
        else:
            self.world.after(TICK_S, self._tick)

    def cancel(self, waits_for_launches):
        self.status, self.reason = "Cancelling", "Cancelled due to user request."
        self.waits_for_launches = waits_for_launches
        self._let_go()

    def roll_back(self, reason):
        """Replaces what it launched itself by what the group's saved configuration says."""
        group, spare = self.group, self.group.ahead
        self.rollback = {
            "RollbackReason": reason,
            "RollbackStartTime": self.world.server_time(),
            "PercentageCompleteOnRollback": self.percent,
            "InstancesToUpdateOnRollback": self.replacement.total - self.replacement.done(),
        }
        self.status, self.reason, self.until, self.stuck_since = "RollbackInProgress", reason, None, None
        group.launching, group.ahead = None, 0
        launched = self.replacement.new()
        # Those launched ahead of an old one that stays need no successor.
        for member in launched[len(launched) - spare :]:
            departures.end(group, member, f"instance {member.instance_id} was taken out of service {Replacement.cause}")
        self.replacement = Replacement(group, self.preferences, launched[: len(launched) - spare])

    def described(self):
        left = self.replacement.total - self.replacement.done()
        progress = {"PercentageComplete": self.percent, "InstancesToUpdate": left}
        return {
            "InstanceRefreshId": self.id,
            "Status": self.status,
            "StatusReason": self.reason,
            "StartTime": self.started,
            "EndTime": self.ended,
            **progress,
            "ProgressDetails": {"LivePoolProgress": progress},
            "Preferences": self.preferences,
            "DesiredConfiguration": self.desired,
            "RollbackDetails": self.rollback,
            "Strategy": self.strategy,
        }

    def _in_scope(self, configuration):
        """What is to be replaced: neither what matches, where that is skipped, nor what is to be left alone."""
        configuration = configuration or Configuration.saved(self.group)
        wanted = []
        for member in self.group.instance_states:
            standby = member.lifecycle_state == "Standby"
            left_alone = (
                (self.preferences["SkipMatching"] and configuration.matches(member))
                or (standby and self.preferences["StandbyInstances"] == "Ignore")
                or (member.protected_from_scale_in and self.preferences["ScaleInProtectedInstances"] == "Ignore")
                or member.lifecycle_state.startswith(departures.LEAVING)
            )
            if not left_alone:
                wanted.append(member)
        return wanted

    def _tick(self):
        if self.ended:
            return
        if self.group.autoscaling_backend.autoscaling_groups.get(self.group.name) is not self.group:
            self._end("Failed", "The Auto Scaling group was deleted.")
            return
        if self.status == "Pending":
            self.status = "InProgress"
        {
            "InProgress": self._go_forward,
            "Baking": self._bake,
            "Cancelling": self._wait_to_end,
            "RollbackInProgress": self._go_back,
        }[self.status]()
        if not self.ended:
            self.world.after(TICK_S, self._tick)

    def _go_forward(self):
        if self._alarmed() or self._stalled():
            return
        if self.until is not None and self.world.now < self.until:
            return
        self.until = None
        replacement = self.replacement
        limit = math.ceil(replacement.total * self.points[0] / 100)
        replacement.step(limit)
        self._count()
        if self._gives_up():
            self._fail()
        elif replacement.done() >= limit and not replacement.moving():
            self._reach()

    def _reach(self):
        """The last checkpoint ends it, whether that is 100 % or less."""
        reached = self.points[0]
        if len(self.points) > 1:
            self.points = self.points[1:]
            self.until = self.world.now + self.preferences["CheckpointDelay"]
            self.reason = f"Waiting at the checkpoint of {reached}% before continuing."
        elif bake := self.preferences.get("BakeTime"):
            self.status, self.until = "Baking", self.world.now + bake
            self.reason = "Waiting for the bake time to pass."
        else:
            self._succeed()

    def _bake(self):
        if not self._alarmed() and self.world.now >= self.until:
            self._succeed()

    def _go_back(self):
        if self._stalled():
            return
        replacement = self.replacement
        replacement.step(replacement.total)
        left = replacement.total - replacement.done()
        self.percent = self.rollback["PercentageCompleteOnRollback"] * left // max(replacement.total, 1)
        if self._gives_up():
            self._end("RollbackFailed", self.reason)
        elif not left and not replacement.moving():
            self.percent = 0
            self._end("RollbackSuccessful", None)

    def _wait_to_end(self):
        if not (self.waits_for_launches and self.replacement.changing()):
            self._end("Cancelled", self.reason)

    def _count(self):
        replacement = self.replacement
        done = replacement.done()
        self.percent = 100 * done // replacement.total if replacement.total else 100
        warming = next((m for m in replacement.new() if not replacement.ready(m)), None)
        self.reason = warming and (
            f"Waiting for instances to warm up before continuing. For example: {warming.instance_id} is warming up."
        )

    def _alarmed(self):
        """An alarm fails it, an alarm without data stops it."""
        states = {name: self.world.alarms.get(name) for name in alarms_of(self.preferences)}
        for name, state in states.items():
            if state == "ALARM":
                self.reason = f"The CloudWatch alarm {name} is in ALARM state."
                self._fail()
                return True
        for name, state in states.items():
            if state != "OK":
                self.reason = f"Waiting for the CloudWatch alarm {name}, which is in {state} state."
                return True
        return False

    def _stalled(self):
        if process := self.replacement.stalled():
            self.reason = f"Waiting for the process {process}, which is suspended."
        return process

    def _gives_up(self):
        """Whether it got no further for an hour, with the reason said."""
        replacement = self.replacement
        if replacement.short():
            why = "Failed to launch instances; see the group's scaling activities."
        elif ailing := replacement.ailing():
            why = f"Waiting for instances to pass their health checks. For example: {ailing.instance_id} is unhealthy."
        elif replacement.blocked() and not replacement.moving():
            held = replacement.blocked()[0]
            kind = "standby" if held.lifecycle_state == "Standby" else "protected from scale in"
            why = f"Waiting for instances that are {kind}. For example: {held.instance_id}."
        else:
            self.stuck_since = None
            return False
        self.reason = why
        self.stuck_since = self.world.now if self.stuck_since is None else self.stuck_since
        return self.world.now - self.stuck_since >= PATIENCE_S

    def _fail(self):
        if self.preferences["AutoRollback"]:
            self.roll_back(self.reason)
        else:
            self._end("Failed", self.reason)

    def _succeed(self):
        """Only now the group's own configuration becomes the desired one."""
        if self.desired is not None:
            group, desired = self.group, copy.deepcopy(self.desired)
            group.mixed_instances_policy = desired.get("MixedInstancesPolicy")
            group._set_launch_configuration(None, desired.get("LaunchTemplate"), group.mixed_instances_policy)
        self.percent = 100
        self._end("Successful", None)

    def _end(self, status, reason):
        self.status, self.reason, self.ended = status, reason, self.world.server_time()
        self._let_go()

    def _let_go(self):
        self.group.launching, self.group.ahead = None, 0
        self.group.settle()
