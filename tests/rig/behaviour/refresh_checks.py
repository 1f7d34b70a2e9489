"""What StartInstanceRefresh and RollbackInstanceRefresh refuse. Ranges are those of AWS's model; words partly ours."""

from moto.autoscaling.exceptions import AutoscalingClientError

from behaviour.actions import invalid
from behaviour.configuration import Configuration

# As AWS's model has them, both ends included.
RANGES = {
    "MinHealthyPercentage": (0, 100),
    "MaxHealthyPercentage": (100, 200),
    "InstanceWarmup": (0, None),
    "CheckpointDelay": (0, 172_800),
    "BakeTime": (0, 172_800),
}
CHOICES = {
    "ScaleInProtectedInstances": ("Refresh", "Ignore", "Wait"),
    "StandbyInstances": ("Terminate", "Ignore", "Wait"),
}
STRATEGIES = ("Rolling", "ReplaceRootVolume")
MOST_ALARMS = 10
WIDEST = 100
USUAL_DELAY_S = 3600


def check_start(group, strategy, desired, preferences):
    if strategy not in STRATEGIES:
        raise _constraint(strategy, "strategy", f"Member must satisfy enum value set: [{', '.join(STRATEGIES)}]")
    if strategy == "ReplaceRootVolume":
        raise invalid("The rig does not play the strategy ReplaceRootVolume.")
    _check_numbers(preferences)
    _check_checkpoints(preferences)
    for name, choices in CHOICES.items():
        if preferences.get(name, choices[0]) not in choices:
            raise _constraint(preferences[name], name, f"Member must satisfy enum value set: [{', '.join(choices)}]")
    if desired is not None:
        if bool(desired.get("LaunchTemplate")) == bool(desired.get("MixedInstancesPolicy")):
            raise invalid("Valid requests must contain either LaunchTemplate or MixedInstancesPolicy.")
        Configuration.desired(group, desired).check()
    if preferences.get("AutoRollback") and (why := irreversible(group, desired)):
        raise invalid(f"AutoRollback cannot be enabled: {why}")
    check_alarms(group.world, preferences)


def check_alarms(world, preferences):
    """Every named alarm must be there and be OK when a refresh starts."""
    names = alarms_of(preferences)
    if len(names) > MOST_ALARMS:
        raise _constraint(names, "alarms", f"Member must have length less than or equal to {MOST_ALARMS}")
    for name in names:
        state = world.alarms.get(name)
        if state is None:
            raise invalid(f"The following CloudWatch alarm does not exist: {name}")
        if state != "OK":
            raise invalid(f"An instance refresh cannot start while the CloudWatch alarm {name} is in {state} state.")


def alarms_of(preferences):
    return preferences.get("AlarmSpecification", {}).get("Alarms") or []


def irreversible(group, desired):
    """Why AWS could not roll back, `None` where it can."""
    if desired is None:
        return "The instance refresh has no desired configuration."
    if Configuration.saved(group).moves():
        return "The Auto Scaling group uses $Latest, $Default or an AMI from a Systems Manager parameter."
    if any("resolve:ssm:" in str(version.image_id) for version in _versions(group, desired)):
        return "The desired configuration uses an AMI from a Systems Manager parameter."
    return None


def _versions(group, desired):
    configuration = Configuration.desired(group, desired)
    return [configuration.version(override) for override in configuration.overrides]


def check_rollback(group, desired):
    if why := irreversible(group, desired):
        words = f"The instance refresh cannot be rolled back: {why}"
        raise AutoscalingClientError("IrreversibleInstanceRefresh", words)


def _check_numbers(preferences):
    for name, (least, most) in RANGES.items():
        value = preferences.get(name)
        if value is None:
            continue
        if value < least:
            raise _constraint(value, name, f"Member must have value greater than or equal to {least}")
        if most is not None and value > most:
            raise _constraint(value, name, f"Member must have value less than or equal to {most}")
    least, most = preferences.get("MinHealthyPercentage"), preferences.get("MaxHealthyPercentage")
    if most is not None and least is None:
        raise invalid("MinHealthyPercentage must be specified when MaxHealthyPercentage is specified.")
    if most is not None and most - least > WIDEST:
        raise invalid(
            f"The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than {WIDEST}."
        )


def _check_checkpoints(preferences):
    percentages = preferences.get("CheckpointPercentages") or []
    if preferences.get("CheckpointDelay") is not None and not percentages:
        raise invalid("CheckpointPercentages must be specified when CheckpointDelay is specified.")
    if percentages != sorted(set(percentages)) or not all(1 <= percentage <= 100 for percentage in percentages):
        raise invalid("CheckpointPercentages must be unique, in ascending order and between 1 and 100.")


def _constraint(value, name, words):
    where = name[0].lower() + name[1:]
    return invalid(f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint: {words}")
