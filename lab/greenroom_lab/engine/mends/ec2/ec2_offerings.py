"""Gap: there is no DescribeInstanceTypeOfferings.

G4dn, G5 and G6 are offered in every zone of the region, less what the market's rules call `Unsupported`. By location
type `region` (the default) or `availability-zone`, filtered by `location` and `instance-type`, in one page.
Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

from ministack.core.responses import get_region
from ministack.services import ec2

from greenroom_lab.engine.ec2_capacity import CAPACITY

SIZES = ("xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
TYPES = tuple(f"{family}.{size}" for family in ("g4dn", "g5", "g6") for size in SIZES)


def apply() -> None:
    ec2._ACTION_MAP["DescribeInstanceTypeOfferings"] = describe_offerings


def describe_offerings(parameters: dict[str, Any]) -> Any:
    location_type = ec2._p(parameters, "LocationType") or "region"
    if location_type not in ("region", "availability-zone"):
        message = f"Invalid value '{location_type}' for locationType. Allowed values are [region, availability-zone]."
        return ec2._error("InvalidParameterValue", message, 400)
    filters = ec2._parse_filters(parameters)
    found = [
        (instance_type, location)
        for instance_type in TYPES
        for location in locations_of(instance_type, location_type)
        if fits(filters.get("instance-type"), instance_type) and fits(filters.get("location"), location)
    ]
    items = "".join(
        f"<item><instanceType>{instance_type}</instanceType><location>{location}</location>"
        f"<locationType>{location_type}</locationType></item>"
        for instance_type, location in found
    )
    set_ = f"<instanceTypeOfferingSet>{items}</instanceTypeOfferingSet>"
    return ec2._xml(200, "DescribeInstanceTypeOfferingsResponse", set_)


def locations_of(instance_type: str, location_type: str) -> list[str]:
    offered = [zone for zone in zones() if CAPACITY.is_offered(instance_type, zone)]
    if location_type == "region":
        return [get_region()] if offered else []
    return offered


def zones() -> list[str]:
    """What DescribeAvailabilityZones says."""
    _, _, body = ec2._describe_availability_zones({})
    return [element.text or "" for element in ElementTree.fromstring(body).iter() if element.tag.endswith("}zoneName")]


def fits(wanted: list[str] | None, actual: str) -> bool:
    return wanted is None or any(ec2._glob_match(pattern, actual) for pattern in wanted)
