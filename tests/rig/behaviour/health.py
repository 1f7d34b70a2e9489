"""Target health: every state AWS knows, on virtual time, and no healthy dead.

In this order: a target of a group that no action names, or in a zone the load balancer has not enabled, is unused; then
counts what a test told; then a stopped instance is unused; a new one, or one whose group has just come into an
action, is initial for as long as `target_initial` says; a deregistered one drains. A terminated one is not listed.
"""

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

# What AWS gives as reason where a test gives none, and the words beside each reason.
USUAL_REASON = {
    "initial": "Elb.InitialHealthChecking",
    "unhealthy": "Target.FailedHealthChecks",
    "unhealthy.draining": "Target.FailedHealthChecks",
    "unused": "Target.NotInUse",
    "draining": "Target.DeregistrationInProgress",
    "unavailable": "Target.HealthCheckDisabled",
}
WORDS = {
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InternalError": "Health checks failed due to an internal error",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.HealthCheckDisabled": "Health checks are disabled for this target",
    "Target.InvalidState": "Target is in the stopped state",
    "Target.IpUnusable": "Target has an IP address that the load balancer cannot use",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.ResponseCodeMismatch": "Health checks failed with these codes: [502]",
    "Target.Timeout": "Request timed out",
}
OTHER_ZONE = "Target is in an Availability Zone that is not enabled for the load balancer"
DEAD = ("shutting-down", "terminated")


def install(worlds):
    register_one = FakeTargetGroup.register

    def register(self, targets):
        world = worlds.of(self.account_id)
        with world.lock:
            for target in targets:
                instance = self.ec2_backend.get_instance_by_id(target["Id"])
                if instance and instance.state == "pending":
                    awaiting = world.awaiting_start.setdefault(instance.id, [])
                    awaiting.append((self, target))
                    continue
                new = target["Id"] not in self.targets
                register_one(self, [target])
                world.draining_until.pop((self.arn, target["Id"]), None)
                if new:
                    world.initial_until[self.arn, target["Id"]] = world.now + world.delays["target_initial"]

    def deregister(self, targets):
        """AWS lets an unknown target pass."""
        world = worlds.of(self.account_id)
        with world.lock:
            for target in targets:
                if known := self.targets.pop(target["Id"], None):
                    self.deregistered_targets[target["Id"]] = known
                    delay = world.delays["target_draining"]
                    if delay is None:
                        delay = float(self.attributes["deregistration_delay.timeout_seconds"])
                    world.draining_until[self.arn, target["Id"]] = world.now + delay

    def describe_target_health(self):
        backend = self.elbv2_backend
        group = backend.target_groups.get(self._get_param("TargetGroupArn"))
        if group is None:
            raise TargetGroupNotFoundError()
        world = worlds.of(self.current_account)
        with world.lock:
            asked = self._get_param("Targets", []) or _listed(group, world, backend.ec2_backend)
            zones = _zones_by_group(backend).get(group.arn)
            return ActionResult(
                {"TargetHealthDescriptions": [_describe(group, t, zones, world, backend) for t in asked]}
            )

    def watch_use(method):
        def watched(self, *args, **kwargs):
            answer = method(self, *args, **kwargs)
            _note_use(self, worlds.of(self.account_id))
            return answer

        return watched

    FakeTargetGroup.register = register
    FakeTargetGroup.deregister = deregister
    ELBV2Response.describe_target_health = describe_target_health
    for name in ("create_listener", "modify_listener", "delete_listener", "create_rule", "modify_rule", "delete_rule"):
        setattr(ELBv2Backend, name, watch_use(getattr(ELBv2Backend, name)))


def load_balancers_by_group(backend):
    """Which load balancers have an action that names a target group, whatever its weight."""
    found = {}
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                for action in rule.actions:
                    for arn in backend._get_target_group_arns_from(action.data):
                        found.setdefault(arn, {})[balancer.arn] = balancer
    return found


def state_of(group, target_id, world, backend):
    """Such as `healthy`, of one target."""
    zones = _zones_by_group(backend).get(group.arn)
    told = world.told_health.get((group.arn, target_id), {})
    return _health(group, target_id, zones, told, world, backend)[0]


def _zones_by_group(backend):
    return {
        arn: {subnet.availability_zone for balancer in balancers.values() for subnet in balancer.subnets}
        for arn, balancers in load_balancers_by_group(backend).items()
    }


def _note_use(backend, world):
    """A group that comes into use is health-checked from the start."""
    with world.lock:
        used = load_balancers_by_group(backend)
        for group in backend.target_groups.values():
            group.load_balancer_arns = list(used.get(group.arn, {}))
            if group.arn in used and group.arn not in world.in_use:
                for target in group.targets:
                    world.initial_until[group.arn, target] = world.now + world.delays["target_initial"]
        world.in_use.difference_update(backend.target_groups)
        world.in_use.update(used)


def _listed(group, world, ec2):
    """Registered and draining targets, without the dead ones that no test keeps."""
    draining = [
        target
        for target_id, target in group.deregistered_targets.items()
        if world.draining_until.get((group.arn, target_id), 0) > world.now
    ]
    listed = list(group.targets.values()) + draining
    return [t for t in listed if (group.arn, t["Id"]) in world.told_health or not _dead(t["Id"], ec2)]


def _dead(target_id, ec2):
    if not target_id.startswith("i-"):
        return False
    instance = ec2.get_instance_by_id(target_id)
    return instance is None or instance.state in DEAD


def _describe(group, target, zones, world, backend):
    target_id = target["Id"]
    told = world.told_health.get((group.arn, target_id), {})
    state, reason, words = _health(group, target_id, zones, told, world, backend)
    if state != "healthy":
        reason = reason or USUAL_REASON.get(state)
    health = {"State": state, "Reason": reason, "Description": words or WORDS.get(reason)}
    return {
        "Target": {"Id": target_id, "Port": int(target.get("Port") or group.port)},
        "HealthCheckPort": str(target.get("Port") or group.port),
        "TargetHealth": health,
        "AdministrativeOverride": told.get("override"),
        "AnomalyDetection": told.get("anomaly"),
    }


def _health(group, target_id, zones, told, world, backend):
    instance = backend.ec2_backend.get_instance_by_id(target_id) if target_id.startswith("i-") else None
    if target_id not in group.targets:
        if world.draining_until.get((group.arn, target_id), 0) > world.now:
            return "draining", None, None
        if not told.get("state"):
            return "unused", "Target.NotRegistered", None
    if zones is None:
        return "unused", "Target.NotInUse", None
    if instance and instance.availability_zone not in zones:
        return "unused", "Target.NotInUse", OTHER_ZONE
    if told.get("state"):
        return told["state"], told["reason"], told["description"]
    if instance and instance.state == "stopped":
        return "unused", "Target.InvalidState", None
    if world.initial_until.get((group.arn, target_id), 0) > world.now:
        return "initial", None, None
    return "healthy", None, None
