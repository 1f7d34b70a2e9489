"""Images: pending for a time, left out of the list as AWS leaves them out, and remembered once they are gone."""

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

INSTANT = "%Y-%m-%dT%H:%M:%S.000Z"


def install(worlds):
    deregister_image = EC2Backend.deregister_image
    describe_images = EC2Response.describe_images

    def pending(method):
        def made(self, *args, **kwargs):
            world = worlds.of(self.account_id)
            image = method(self, *args, **kwargs)
            with world.lock:
                image.state = "pending"
                # As all that are made today; Packer builds on no other.
                image.root_device_type = "ebs"
                world.after(world.delays["image_pending"], lambda: _finish(image))
            return image

        return made

    def deregister(self, ami_id):
        image = self.amis.get(ami_id)
        deregister_image(self, ami_id)
        image.state = "deregistered"
        worlds.of(self.account_id).deregistered_images[ami_id] = image

    def listed_images(self):
        answer = describe_images(self)
        disabled = self._get_bool_param("IncludeDisabled", False)
        deprecated = self._get_bool_param("IncludeDeprecated", False)
        answer.result["Images"] = [
            image
            for image in answer.result["Images"]
            if (disabled or image.state != "disabled")
            and (deprecated or image.owner_id == self.current_account or not hasattr(image, "deprecation_time"))
            and getattr(image, "image_allowed", True)
        ]
        return answer

    def describe_instance_image_metadata(self):
        wanted = self._get_param("InstanceIds", [])
        gone = worlds.of(self.current_account).deregistered_images
        backend = self.ec2_backend
        if wanted:
            backend.get_multi_instances_by_id(wanted)
        found = [
            {
                "InstanceId": instance.id,
                "InstanceType": instance.instance_type,
                "LaunchTime": instance.launch_time,
                "AvailabilityZone": instance.availability_zone,
                "State": {"Code": instance.state_code, "Name": instance.state},
                "OwnerId": instance.owner_id,
                "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in instance.get_tags()],
                "ImageMetadata": _metadata(
                    instance.image_id, backend.amis.get(instance.image_id) or gone.get(instance.image_id)
                ),
            }
            for instance in backend.all_instances()
            if not wanted or instance.id in wanted
        ]
        return ActionResult({"InstanceImageMetadata": found})

    def describe_replace_root_volume_tasks(self):
        wanted = self._get_param("ReplaceRootVolumeTaskIds", [])
        tasks = worlds.of(self.current_account).root_volume_tasks
        found = [task for task in tasks if not wanted or task["ReplaceRootVolumeTaskId"] in wanted]
        return ActionResult({"ReplaceRootVolumeTasks": found})

    for name in ("create_image", "copy_image", "register_image"):
        setattr(EC2Backend, name, pending(getattr(EC2Backend, name)))
    EC2Backend.deregister_image = deregister
    EC2Response.describe_images = listed_images
    EC2Response.describe_instance_image_metadata = describe_instance_image_metadata
    EC2Response.describe_replace_root_volume_tasks = describe_replace_root_volume_tasks


def _finish(image):
    if image.state == "pending":
        image.state = "available"


def _metadata(image_id, image):
    """No tags and no parent: AWS gives neither here."""
    if image is None:
        return {"ImageId": image_id}
    return {
        "ImageId": image.id,
        "Name": image.name,
        "OwnerId": image.owner_id,
        "State": image.state,
        "ImageOwnerAlias": image.owner_alias,
        "CreationDate": image.creation_date.strftime(INSTANT),
        "DeprecationTime": getattr(image, "deprecation_time", None),
        "ImageAllowed": getattr(image, "image_allowed", True),
        "IsPublic": image.is_public,
    }
