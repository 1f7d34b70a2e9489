"""Departures from a group, step by step: out of the target groups, drained, kept by a hook, then gone.

An instance that leaves counts no longer for the group's size. What is `Terminating` when its drain begins, and that
hooks wait only after it, is as AWS's guide has it; standby and detaching drain alike, without hooks.
"""

from behaviour import hooks
from behaviour.activities import Activity

LEAVING = ("Terminating", "Detaching", "EnteringStandby")


def end(group, member, cause):
    """Terminates the member; the activity that tells of it."""
    activity = Activity(group, f"Terminating EC2 instance: {member.instance_id}", cause)

    def drained():
        activity.say("MidLifecycleAction")
        hooks.wait(group, member, hooks.TERMINATING, lambda _: gone())

    def gone():
        if member.instance.state != "terminated":
            member.instance.disable_api_termination = False
            group.ec2_backend.terminate_instances([member.instance_id])
        drop(group, member)
        activity.say("Successful")

    _leave(group, member, "Terminating", activity, drained)
    return activity


def stand_by(group, member, cause):
    activity = Activity(group, f"Moving EC2 instance to Standby: {member.instance_id}", cause)

    def drained():
        member.lifecycle_state = "Standby"
        activity.say("Successful")

    _leave(group, member, "EnteringStandby", activity, drained)
    return activity


def detach(group, member, cause):
    activity = Activity(group, f"Detaching EC2 instance: {member.instance_id}", cause)

    def drained():
        drop(group, member)
        # It keeps the tags of the group, but not the one that AWS itself sets.
        group.ec2_backend.delete_tags([member.instance_id], {"aws:autoscaling:groupName": group.name})
        del member.instance.autoscaling_group
        activity.say("Successful")

    _leave(group, member, "Detaching", activity, drained)
    return activity


def drop(group, member):
    group.instance_states = [other for other in group.instance_states if other is not member]


def _leave(group, member, state, activity, drained):
    member.lifecycle_state = state
    group.world.waiting = [waiting for waiting in group.world.waiting if waiting.member is not member]
    drain = group.deregister(member)
    if drain:
        activity.say("WaitingForELBConnectionDraining")
    group.world.after(drain, lambda: drained() if member.lifecycle_state == state else None)
