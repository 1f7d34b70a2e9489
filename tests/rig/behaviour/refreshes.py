"""The four calls of instance refresh. Those that a test told stand beside those that were started.

A refresh that bakes can be rolled back here; AWS's words leave that open.
"""

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from behaviour.actions import group_of, to_change
from behaviour.refresh_checks import check_rollback, check_start
from behaviour.refresh_run import Refresh

ACTIVE = ("Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress")


def install(worlds):
    def start_instance_refresh(self):
        world, group = _world_and_group(self, to_change)
        with world.lock:
            preferences = dict(self._get_param("Preferences", {}))
            desired = self._get_param("DesiredConfiguration")
            strategy = self._get_param("Strategy", "Rolling")
            check_start(group, strategy, desired, preferences)
            if _active(world, group):
                raise AutoscalingClientError(
                    "InstanceRefreshInProgress",
                    "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
                )
            refresh = Refresh(group, strategy, desired, preferences)
            world.refreshes.setdefault((group.region, group.name), []).insert(0, refresh)
            refresh.start()
        return ActionResult({"InstanceRefreshId": refresh.id})

    def describe_instance_refreshes(self):
        world, group = _world_and_group(self)
        wanted = self._get_param("InstanceRefreshIds", [])
        with world.lock:
            known = world.refreshes.get((self.region, group.name), [])
            found = [one.described() if isinstance(one, Refresh) else one for one in known]
        found = [{"AutoScalingGroupName": group.name, **refresh} for refresh in found]
        found = [refresh for refresh in found if not wanted or refresh["InstanceRefreshId"] in wanted]
        return ActionResult({"InstanceRefreshes": found})

    def cancel_instance_refresh(self):
        world, group = _world_and_group(self, to_change)
        with world.lock:
            refresh = _to_steer(world, group, "Cancelling")
            refresh.cancel(self._get_bool_param("WaitForTransitioningInstances", True))
        return ActionResult({"InstanceRefreshId": refresh.id})

    def rollback_instance_refresh(self):
        world, group = _world_and_group(self, to_change)
        with world.lock:
            refresh = _to_steer(world, group, "Cancelling", "RollbackInProgress")
            check_rollback(group, refresh.desired)
            refresh.roll_back("A user request rolled the instance refresh back.")
        return ActionResult({"InstanceRefreshId": refresh.id})

    def _world_and_group(self, find=group_of):
        group = find(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
        return worlds.of(self.current_account), group

    AutoScalingResponse.start_instance_refresh = start_instance_refresh
    AutoScalingResponse.describe_instance_refreshes = describe_instance_refreshes
    AutoScalingResponse.cancel_instance_refresh = cancel_instance_refresh
    AutoScalingResponse.rollback_instance_refresh = rollback_instance_refresh


def _status(refresh):
    return refresh.status if isinstance(refresh, Refresh) else refresh["Status"]


def _active(world, group):
    """The refresh that runs; one that a test told counts too."""
    known = world.refreshes.get((group.region, group.name), [])
    return next((refresh for refresh in known if _status(refresh) in ACTIVE), None)


def _to_steer(world, group, *beyond):
    """The refresh that runs here and is in none of these states."""
    refresh = _active(world, group)
    if not isinstance(refresh, Refresh) or refresh.status in beyond:
        raise AutoscalingClientError(
            "ActiveInstanceRefreshNotFound",
            f"No in progress or pending Instance Refresh found for Auto Scaling group {group.name}",
        )
    return refresh
