"""Launch templates: a new version keeps what was sent, on top of its source version; parameters are resolved if asked.

Moto ignores source version and token, and cannot launch from a later version that has user data.
"""

import copy

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

from behaviour.configuration import resolve, version_of


def install(worlds):
    describe_versions = LaunchTemplates.describe_launch_template_versions
    create_version = LaunchTemplates.create_launch_template_version

    def create_launch_template_version(self):
        world, token = worlds.of(self.current_account), self._get_param("ClientToken")
        asked = copy.deepcopy({name: value for name, value in self.params.items() if name != "ClientToken"})
        with world.lock:
            if token in world.template_tokens:
                before, answer = world.template_tokens[token]
                if before != asked:
                    raise EC2ClientError(
                        "IdempotentParameterMismatch",
                        f"The client token {token} was used before with other parameters",
                    )
                return answer
            self.params["LaunchTemplateData"] = _whole(self)
            answer = create_version(self)
            if token:
                world.template_tokens[token] = (asked, answer)
        return answer

    def describe_launch_template_versions(self):
        answer = describe_versions(self)
        if self._get_bool_param("ResolveAlias"):
            for version in answer.result["LaunchTemplateVersions"]:
                data = copy.copy(version["LaunchTemplateData"])
                data["ImageId"] = resolve(data.get("ImageId"), self.ec2_backend)
                version["LaunchTemplateData"] = data
        return answer

    LaunchTemplates.create_launch_template_version = create_launch_template_version
    LaunchTemplates.describe_launch_template_versions = describe_launch_template_versions


def _whole(response):
    """What was sent, over what the source version has; snapshots of the source are dropped, as AWS does."""
    data = dict(response._get_param("LaunchTemplateData", {}))
    if "UserData" in data:
        data["UserData"] = parse_user_data(data["UserData"])
    if source := response._get_param("SourceVersion"):
        named = {name: response._get_param(name) for name in ("LaunchTemplateId", "LaunchTemplateName")}
        old = copy.deepcopy(version_of({**named, "Version": source}, response.ec2_backend).data)
        for mapping in old.get("BlockDeviceMappings") or ():
            mapping.get("Ebs", {}).pop("SnapshotId", None)
        data = {**old, **data}
    return data
