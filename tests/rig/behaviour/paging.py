"""Paging: no list longer than the test's page size, and if it likes an empty page before each full one.

Lists that moto pages are asked for in smaller pages; lists it gives whole are cut here. AWS pages all of these.
"""

from moto.autoscaling.responses import AutoScalingResponse
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response
from moto.elbv2.responses import ELBV2Response

# (class, method): the parameter that limits a page, and what moto takes where it is not given.
PAGED_BY_MOTO = {
    (EC2Response, "describe_instances"): ("MaxResults", 100),
    (AutoScalingResponse, "describe_auto_scaling_groups"): ("MaxRecords", 50),
    (AutoScalingResponse, "describe_launch_configurations"): ("MaxRecords", 50),
    (ELBV2Response, "describe_load_balancers"): ("PageSize", 50),
    (ELBV2Response, "describe_rules"): ("PageSize", 50),
}
# (class, method): the list in the answer, and the names of limit, token asked with and token answered.
GIVEN_WHOLE = {
    (EC2Response, "describe_images"): ("Images", "MaxResults", "NextToken", "NextToken"),
    (EC2Response, "describe_instance_status"): ("InstanceStatuses", "MaxResults", "NextToken", "NextToken"),
    (EC2Response, "describe_instance_image_metadata"): (
        "InstanceImageMetadata",
        "MaxResults",
        "NextToken",
        "NextToken",
    ),
    (EC2Response, "describe_launch_templates"): ("LaunchTemplates", "MaxResults", "NextToken", "NextToken"),
    (EC2Response, "describe_launch_template_versions"): (
        "LaunchTemplateVersions",
        "MaxResults",
        "NextToken",
        "NextToken",
    ),
    (EC2Response, "describe_replace_root_volume_tasks"): (
        "ReplaceRootVolumeTasks",
        "MaxResults",
        "NextToken",
        "NextToken",
    ),
    (AutoScalingResponse, "describe_auto_scaling_instances"): (
        "AutoScalingInstances",
        "MaxRecords",
        "NextToken",
        "NextToken",
    ),
    (AutoScalingResponse, "describe_scaling_activities"): ("Activities", "MaxRecords", "NextToken", "NextToken"),
    (AutoScalingResponse, "describe_instance_refreshes"): ("InstanceRefreshes", "MaxRecords", "NextToken", "NextToken"),
    (ELBV2Response, "describe_listeners"): ("Listeners", "PageSize", "Marker", "NextMarker"),
    (ELBV2Response, "describe_target_groups"): ("TargetGroups", "PageSize", "Marker", "NextMarker"),
}
# AWS refuses a page size beside ids here.
NOT_WITH_IDS = ("describe_instance_status", "describe_instance_image_metadata")
# What names the things asked for: such a list is given whole unless its reader asks for pages.
IDS = (
    "AutoScalingGroupNames",
    "ImageIds",
    "InstanceIds",
    "LaunchTemplateIds",
    "ListenerArns",
    "LoadBalancerArns",
    "Names",
    "RuleArns",
    "TargetGroupArns",
)
UNPAGED = 10_000
EMPTY = "empty-"


def install(worlds):
    for (where, name), (limit, usual) in PAGED_BY_MOTO.items():
        setattr(where, name, _smaller(worlds, getattr(where, name), limit, usual))
    for (where, name), words in GIVEN_WHOLE.items():
        setattr(where, name, _cut(worlds, getattr(where, name), *words))


def _by_id(params):
    return any(params.get(name) for name in IDS)


def _smaller(worlds, method, limit, usual):
    def paged(self):
        asked, size = self.params.get(limit), worlds.of(self.current_account).page_size
        if size and (asked or not _by_id(self.params)):
            self.params[limit] = min(int(asked or usual), size)
        return method(self)

    return paged


def _cut(worlds, method, items, limit, token, next_token):
    def paged(self):
        world = worlds.of(self.current_account)
        asked, position = self.params.pop(limit, None), self.params.pop(token, None)
        if asked and _by_id(self.params) and method.__name__ in NOT_WITH_IDS:
            raise EC2ClientError("InvalidParameterCombination", f"Ids cannot be used with the parameter {limit}")
        # Some of these stop at moto's own limit without saying so.
        self.params[limit] = UNPAGED
        answer = method(self)
        sizes = [int(size) for size in (asked, world.page_size) if size]
        if not sizes or (_by_id(self.params) and not asked):
            return answer
        listed, size = list(answer.result[items]), min(sizes)
        start = int((position or "0").removeprefix(EMPTY))
        if (position or "").startswith(EMPTY):
            answer.result[items], answer.result[next_token] = [], str(start)
            return answer
        end = start + size
        answer.result[items] = listed[start:end]
        if end < len(listed):
            answer.result[next_token] = f"{EMPTY if world.empty_pages else ''}{end}"
        return answer

    return paged
