"""Scaling activities: what a group did and why, newest first, also after it was deleted.

The words are AWS's where AWS shows them in its guides; causes are shortened.
"""

import uuid

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

INSTANT = "%Y-%m-%dT%H:%M:%SZ"
KEPT_S = 42 * 24 * 3600
ENDED = ("Successful", "Failed", "Cancelled")


class Activity:
    """One activity; `say` moves it on. Its attributes are the members of AWS's type."""

    def __init__(self, group, description, cause, status="InProgress"):
        self.world = group.world
        self.activity_id = str(uuid.uuid4())
        self.auto_scaling_group_name = group.name
        self.auto_scaling_group_arn = group.arn
        self.details = "{}"
        self.start_time = self.world.server_time()
        self.description = description
        self.cause = f"At {self.start_time.strftime(INSTANT)} {cause}"
        self.status_message = self.end_time = None
        self.say(status)
        with self.world.lock:
            self.world.activities.setdefault((group.region, group.name), []).insert(0, self)

    def say(self, status, message=None):
        self.status_code = status
        self.status_message = message
        self.progress = 100 if status in ENDED else 50
        if status in ENDED:
            self.end_time = self.world.server_time()


def install(worlds):
    def describe_scaling_activities(self):
        world = worlds.of(self.current_account)
        name, wanted = self._get_param("AutoScalingGroupName"), self._get_param("ActivityIds", [])
        deleted = self._get_bool_param("IncludeDeletedGroups", False)
        alive = self.autoscaling_backend.autoscaling_groups
        with world.lock:
            found = [
                activity
                for (region, group), activities in world.activities.items()
                for activity in activities
                if region == self.region and (group == name or not name) and (deleted or group in alive)
            ]
        found = [activity for activity in found if not wanted or activity.activity_id in wanted]
        for asked in self._get_param("Filters", []):
            found = [activity for activity in found if _passes(activity, asked["Name"], asked["Values"])]
        oldest = world.server_time().timestamp() - KEPT_S
        found = [activity for activity in found if activity.start_time.timestamp() >= oldest]
        found.sort(key=lambda activity: activity.start_time, reverse=True)
        return ActionResult({"Activities": found})

    AutoScalingResponse.describe_scaling_activities = describe_scaling_activities


def _passes(activity, name, values):
    started = activity.start_time.strftime(INSTANT)
    if name == "StartTimeLowerBound":
        return started >= values[0]
    if name == "StartTimeUpperBound":
        return started <= values[0]
    return activity.status_code in values
