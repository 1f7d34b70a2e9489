"""Instance refreshes as a test told them. Starting, cancelling and rolling back are not played: moto answers 500."""

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult


def install(worlds):
    def describe_instance_refreshes(self):
        group = self._get_param("AutoScalingGroupName")
        wanted = self._get_param("InstanceRefreshIds", [])
        if group not in self.autoscaling_backend.autoscaling_groups:
            raise AutoscalingClientError(
                "ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{group}' not found"
            )
        told = worlds.of(self.current_account).refreshes.get((self.region, group), [])
        found = [{"AutoScalingGroupName": group, **refresh} for refresh in told]
        found = [refresh for refresh in found if not wanted or refresh["InstanceRefreshId"] in wanted]
        return ActionResult({"InstanceRefreshes": found})

    AutoScalingResponse.describe_instance_refreshes = describe_instance_refreshes
