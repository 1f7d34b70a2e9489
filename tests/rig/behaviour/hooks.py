"""Lifecycle hooks that wait: an instance stays in `Pending:Wait` or `Terminating:Wait` until every hook of its
transition is completed or its heartbeat runs out, which counts as the hook's default result.

Nobody is notified. The global limit (48 h, or 100 heartbeats) is not played.
"""

import uuid

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import LifecycleHook
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
RESULTS = ("CONTINUE", "ABANDON")


class Waiting:
    """One instance at one hook."""

    def __init__(self, world, hook, member, done):
        self.world, self.hook, self.member, self.done = world, hook, member, done
        self.token = str(uuid.uuid4())
        self.result = None
        self.beat()

    def beat(self):
        self.until = self.world.now + int(self.hook.heartbeat_timeout)
        self.world.after(int(self.hook.heartbeat_timeout), self._run_out)

    def _run_out(self):
        if self in self.world.waiting and self.world.now >= self.until:
            self.complete(self.hook.default_result)

    def complete(self, result):
        self.result = result
        self.world.waiting.remove(self)
        self.done()


def wait(group, member, transition, then):
    """Calls `then` with CONTINUE, or with ABANDON where one hook said so; at once where there are no hooks."""
    world = group.world
    known = group.autoscaling_backend.describe_lifecycle_hooks(group.name)
    kept_by = [hook for hook in known if hook.lifecycle_transition == transition]
    if not kept_by:
        then("CONTINUE")
        return
    stem = "Pending" if transition == LAUNCHING else "Terminating"
    member.lifecycle_state = f"{stem}:Wait"

    def done():
        results = [waiting.result for waiting in all_of_them]
        if None not in results or "ABANDON" in results:
            if member.lifecycle_state == f"{stem}:Wait":
                member.lifecycle_state = f"{stem}:Proceed"
                then("ABANDON" if "ABANDON" in results else "CONTINUE")

    with world.lock:
        all_of_them = [Waiting(world, hook, member, done) for hook in kept_by]
        world.waiting.extend(all_of_them)


def install(worlds):
    def complete_lifecycle_action(self):
        result = self._get_param("LifecycleActionResult")
        if result not in RESULTS:
            raise AutoscalingClientError(
                "ValidationError", f"Lifecycle action result must be one of {', '.join(RESULTS)}: {result}"
            )
        with worlds.of(self.current_account).lock:
            _find(self, worlds.of(self.current_account)).complete(result)
        return EmptyResult()

    def record_lifecycle_action_heartbeat(self):
        with worlds.of(self.current_account).lock:
            _find(self, worlds.of(self.current_account)).beat()
        return EmptyResult()

    make = LifecycleHook.__init__

    def without_notification(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.role_arn = self.notification_target_arn = None

    LifecycleHook.__init__ = without_notification
    AutoScalingResponse.complete_lifecycle_action = complete_lifecycle_action
    AutoScalingResponse.record_lifecycle_action_heartbeat = record_lifecycle_action_heartbeat


def _find(response, world):
    """By the instance or by the token of the action."""
    group, hook = response._get_param("AutoScalingGroupName"), response._get_param("LifecycleHookName")
    instance, token = response._get_param("InstanceId"), response._get_param("LifecycleActionToken")
    for waiting in world.waiting:
        if (waiting.hook.auto_scaling_group_name, waiting.hook.name) != (group, hook):
            continue
        if waiting.token == token or waiting.member.instance_id == instance:
            return waiting
    action = f"with token {token}" if token else f"with instance ID {instance}"
    raise AutoscalingClientError("ValidationError", f"No active Lifecycle Action found {action}")
