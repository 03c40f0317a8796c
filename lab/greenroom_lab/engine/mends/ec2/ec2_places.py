"""Gap: every subnet always has 251 free addresses, and an image that nobody knows is an empty answer.

A subnet has what its size leaves (AWS keeps five) less one for each instance, stopped ones included, or what
`/_greenroom/account` says of it or its zone. An image that a launch template names exists; an id that nobody knows, or
that is said to be missing, is `InvalidAMIID.NotFound`.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ministack.services import ec2

from greenroom_lab.engine.account_facts import FACTS
from greenroom_lab.engine.mends.ec2.ec2_states import ENDED

KEPT_BY_AWS = 5


def apply() -> None:
    to_xml, describe_images = ec2._subnet_fields_xml, ec2._describe_images

    def to_xml_with_count(subnet: dict[str, Any], tag: str = "item") -> Any:
        return to_xml({**subnet, "AvailableIpAddressCount": free_addresses(subnet)}, tag=tag)

    def describe_known_images(parameters: dict[str, Any]) -> Any:
        known = known_images()
        for image_id in ec2._parse_member_list(parameters, "ImageId"):
            if image_id not in known or image_id in FACTS.missingImages:
                message = f"The image id '[{image_id}]' does not exist"
                return ec2._error("InvalidAMIID.NotFound", message, 400)
        stubs = ec2._STUB_AMIS
        extra = sorted(known - {stub[0] for stub in stubs} - registered_images())
        ec2._STUB_AMIS = [stub for stub in [*stubs, *map(stub_of, extra)] if stub[0] not in FACTS.missingImages]
        try:
            return describe_images(parameters)
        finally:
            ec2._STUB_AMIS = stubs

    ec2._subnet_fields_xml = to_xml_with_count
    ec2._ACTION_MAP["DescribeImages"] = describe_known_images


def free_addresses(subnet: dict[str, Any]) -> int:
    for place in (subnet["SubnetId"], subnet["AvailabilityZone"]):
        if place in FACTS.freeAddresses:
            return int(FACTS.freeAddresses[place])
    instances = (each for each in ec2._instances.values() if each["SubnetId"] == subnet["SubnetId"])
    used = sum(each["State"]["Name"] not in ENDED for each in instances)
    return ipaddress.ip_network(subnet["CidrBlock"], strict=False).num_addresses - KEPT_BY_AWS - used


def known_images() -> set[str]:
    """Registered ones, ministack's own, and what launch templates name."""
    return {stub[0] for stub in ec2._STUB_AMIS} | registered_images() | template_images()


def registered_images() -> set[str]:
    return {str(image["ImageId"]) for image in ec2._images.values()}


def template_images() -> set[str]:
    templates = ec2._launch_templates.values()
    data = (version["LaunchTemplateData"] for template in templates for version in template["Versions"])
    return {each["ImageId"] for each in data if each.get("ImageId")}


def stub_of(image_id: str) -> tuple[str, str, str, str, str, str, str]:
    """ministack's shape of a public image."""
    return (image_id, f"al2023-ami-{image_id}", "Named by a launch template", "", "/dev/xvda", "137112412989", "amazon")
