"""The words a test can tell an account, each `POST /rig/ACCOUNT/WORD` with a JSON object, answered with one."""

import datetime

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

import seed
from direct import Account
from world import DEFAULT_DELAYS, DEFAULT_REGION


def tell_clock(front, world, told):
    """`{"advance": seconds}` moves virtual time on; answers with the time now."""
    world.advance(told.get("advance", 0))
    return {"now": world.now}


def tell_run(front, world, told):
    """`{"factor": virtual seconds a real second}`: from here on time moves by itself; 0 stops it. The clock
    that the server tells keeps real time, so leases age as they should."""
    world.run(told["factor"])
    return {"now": world.now}


def tell_alarms(front, world, told):
    """States of alarms by name, as instance refreshes see them: OK, ALARM, INSUFFICIENT_DATA."""
    with world.lock:
        world.alarms.update(told)
        return dict(world.alarms)


def tell_capacity(front, world, told):
    """`{"none_in": [zones]}`: where no group can launch; the other zones have capacity."""
    with world.lock:
        world.full_zones = set(told["none_in"])
    return {}


def tell_delays(front, world, told):
    """Any of `DEFAULT_DELAYS`, for what begins from here on."""
    for name in told:
        if name not in DEFAULT_DELAYS:
            raise ValueError(f"no such delay: {name}; there are {', '.join(DEFAULT_DELAYS)}")
    with world.lock:
        world.delays.update(told)
        return dict(world.delays)


def tell_paging(front, world, told):
    """`{"size": most items a page, "empty_pages": an empty page with a token before each full one}`."""
    with world.lock:
        world.page_size = told.get("size")
        world.empty_pages = told.get("empty_pages", False)
    return {}


def tell_groups(front, world, told):
    """`names`, and `status` (such as "Delete in progress") or `operator` (the principal that alone may change them)."""
    groups = autoscaling_backends[world.account][told.get("region", DEFAULT_REGION)].autoscaling_groups
    for name in told["names"]:
        groups[name].status = told.get("status")
        groups[name].operator = told.get("operator") and {"Principal": told["operator"]}
    return {}


def tell_targets(front, world, told):
    """Health of targets: `group` (name or ARN), `instances` (ids; all registered if left out), `state` (`null`: as it
    really is), `reason`, `description`, `override` and `anomaly` as in TargetHealthDescription."""
    group = _target_group(world, told)
    instances = told.get("instances") or list(group.targets)
    health = {name: told.get(name) for name in ("state", "reason", "description", "override", "anomaly")}
    with world.lock:
        for instance in instances:
            if health["state"] is None and not health["override"] and not health["anomaly"]:
                world.told_health.pop((group.arn, instance), None)
            else:
                world.told_health[group.arn, instance] = health
    return {"instances": instances}


def _target_group(world, told):
    backend = elbv2_backends[world.account][told.get("region", DEFAULT_REGION)]
    for group in backend.target_groups.values():
        if told["group"] in (group.name, group.arn):
            return group
    raise ValueError(f"no such target group: {told['group']}")


def tell_instances(front, world, told):
    """`ids`, and any of: `launched_at`, `state` (pending, running, stopping, …), `status` and `system_status` (ok,
    impaired, …), `lifecycle` and `health` (what the group says), `override_image` (the group's ImageId)."""
    region = told.get("region", DEFAULT_REGION)
    for instance_id in told["ids"]:
        instance = ec2_backends[world.account][region].get_instance(instance_id)
        if "launched_at" in told:
            instance.launch_time = _instant(told["launched_at"])
        if "state" in told:
            instance._state.name = told["state"]
            instance._state.code = STATE_CODES[told["state"]]
        for name in ("status", "system_status"):
            if name in told:
                setattr(instance, f"told_{name}", told[name])
        for group in autoscaling_backends[world.account][region].autoscaling_groups.values():
            for member in group.instance_states:
                if member.instance.id == instance_id:
                    member.lifecycle_state = told.get("lifecycle", member.lifecycle_state)
                    member.health_status = told.get("health", member.health_status)
                    member.image_id = told.get("override_image", getattr(member, "image_id", None))
    return {}


STATE_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


def tell_images(front, world, told):
    """`ids` and any of `state`, `created_at`, `deprecated_at`, `source_image`, `source_region`, `owner`, `allowed`."""
    amis = ec2_backends[world.account][told.get("region", DEFAULT_REGION)].amis
    names = {
        "state": "state",
        "source_image": "source_image_id",
        "source_region": "source_image_region",
        "owner": "owner_id",
    }
    for image_id in told["ids"]:
        image = amis[image_id]
        for name, attribute in names.items():
            if name in told:
                setattr(image, attribute, told[name])
        if "created_at" in told:
            image.creation_date = _instant(told["created_at"])
        if "deprecated_at" in told:
            image.deprecation_time = told["deprecated_at"]
        if "allowed" in told:
            image.image_allowed = told["allowed"]
    return {}


def _instant(text):
    return datetime.datetime.fromisoformat(text).astimezone(datetime.timezone.utc).replace(tzinfo=None)


def tell_refreshes(front, world, told):
    """`group` and its `refreshes`, newest first, as in DescribeInstanceRefreshes."""
    with world.lock:
        world.refreshes[told.get("region", DEFAULT_REGION), told["group"]] = told["refreshes"]
    return {}


def tell_root_volume_tasks(front, world, told):
    """`tasks` as in DescribeReplaceRootVolumeTasks; they replace those told before."""
    with world.lock:
        world.root_volume_tasks = told["tasks"]
    return {}


def tell_call(front, world, told):
    """Somebody else's call: `service` and `operation` as boto3 names them, `input`. Answers with what it answered."""
    client = Account(front.moto, world.account)(told["service"], told.get("region", DEFAULT_REGION))
    answer = getattr(client, told["operation"])(**told.get("input", {}))
    answer.pop("ResponseMetadata", None)
    return answer


def tell_seed(front, world, told):
    """Makes the fleet of `seed.py` in this account, or only its `clusters`; answers with the ids by name."""
    return seed.fleet(Account(front.moto, world.account), world.account, told.get("clusters"))


CONTROLS = {
    name.removeprefix("tell_").replace("_", "-"): tell
    for name, tell in globals().copy().items()
    if name.startswith("tell_")
}
