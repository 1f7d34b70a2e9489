"""Groups as they are made and updated: moto forgets most of their settings and the hooks they are made with."""

from botocore import xform_name
from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse

from behaviour.actions import check_sizes, group_of, to_change

KEPT = (
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "CapacityRebalance",
    "CapacityReservationSpecification",
    "Context",
    "DefaultCooldown",
    "DefaultInstanceWarmup",
    "DeletionProtection",
    "DesiredCapacityType",
    "InstanceLifecyclePolicy",
    "InstanceMaintenancePolicy",
    "MaxInstanceLifetime",
    "PlacementGroup",
    "TerminationPolicies",
)


def install(worlds):
    create, update = AutoScalingResponse.create_auto_scaling_group, AutoScalingResponse.update_auto_scaling_group
    describe_pool = AutoScalingBackend.describe_warm_pool

    def create_auto_scaling_group(self):
        name, backend = self._get_param("AutoScalingGroupName"), self.autoscaling_backend
        if name in backend.autoscaling_groups:
            raise AutoscalingClientError(
                "AlreadyExists",
                f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
            )
        least, most = self._get_int_param("MinSize"), self._get_int_param("MaxSize")
        check_sizes(least, most, self._get_int_param("DesiredCapacity", least))
        for hook in self._get_param("LifecycleHookSpecificationList", []):
            backend.create_lifecycle_hook(
                hook["LifecycleHookName"],
                name,
                hook["LifecycleTransition"],
                hook.get("HeartbeatTimeout"),
                hook.get("DefaultResult"),
            )
        answer = create(self)
        _keep(self, backend.autoscaling_groups[name])
        return answer

    def update_auto_scaling_group(self):
        group = to_change(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
        answer = update(self)
        _keep(self, group)
        return answer

    def describe_warm_pool(self, group_name):
        group_of(self, group_name)
        return describe_pool(self, group_name)

    AutoScalingResponse.create_auto_scaling_group = create_auto_scaling_group
    AutoScalingResponse.update_auto_scaling_group = update_auto_scaling_group
    AutoScalingBackend.describe_warm_pool = describe_warm_pool


def _keep(response, group):
    for name in KEPT:
        value = response._get_param(name)
        if value is not None:
            setattr(group, xform_name(name), value)
