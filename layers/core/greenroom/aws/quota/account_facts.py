"""Quotas, addresses and images of the AWS account, read from EC2 and Service Quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from greenroom.aws.clients import client
from greenroom.domain.errors import FactUnavailable
from greenroom.ports.quota import Image, Subnet

QUOTA_CODES: Mapping[str, str] = {"on-demand": "L-DB2E81BA", "spot": "L-3819A6DF"}
"""Running On-Demand G and VT instances; All G and VT Spot Instance Requests; both count vCPUs.
Source: EC2 user guide, On-Demand and Spot Instance quotas."""
_RUNNING = (
    {"Name": "instance-state-name", "Values": ["pending", "running"]},
    {"Name": "instance-type", "Values": ["g*", "vt*"]},
)
_UNKNOWN_IMAGES = frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"})


class AwsAccountFacts:
    """ports.AccountFacts."""

    def __init__(self, image_id: str, subnet_ids: Sequence[str]) -> None:
        self._image_id, self._subnet_ids = image_id, tuple(subnet_ids)

    def image(self) -> Image:
        with _asked("DescribeImages"):
            try:
                found = client("ec2", hurried=True).describe_images(ImageIds=[self._image_id])["Images"]
            except ClientError as error:
                if error.response["Error"]["Code"] not in _UNKNOWN_IMAGES:
                    raise
                found = []  # deregistered, or no longer shared with this account
        return Image(self._image_id, found[0]["State"] if found else "missing")

    def subnets(self) -> Sequence[Subnet]:
        with _asked("DescribeSubnets"):
            found = client("ec2", hurried=True).describe_subnets(SubnetIds=list(self._subnet_ids))["Subnets"]
        return [Subnet(one["SubnetId"], one["AvailabilityZone"], one["AvailableIpAddressCount"]) for one in found]

    def offered(self, instance_types: Sequence[str]) -> frozenset[tuple[str, str]]:
        wanted = [{"Name": "instance-type", "Values": list(instance_types)}]
        with _asked("DescribeInstanceTypeOfferings"):
            paginator = client("ec2", hurried=True).get_paginator("describe_instance_type_offerings")
            pages = list(paginator.paginate(LocationType="availability-zone", Filters=wanted))
        return frozenset(
            (one["InstanceType"], one["Location"]) for page in pages for one in page["InstanceTypeOfferings"]
        )

    def vcpu_quota(self, market: str) -> float:
        with _asked("GetServiceQuota"):
            answer = client("service-quotas", hurried=True).get_service_quota(
                ServiceCode="ec2", QuotaCode=QUOTA_CODES[market]
            )
        return float(answer["Quota"]["Value"])

    def running(self) -> Mapping[tuple[str, str], int]:
        with _asked("DescribeInstances"):
            pages = list(
                client("ec2", hurried=True).get_paginator("describe_instances").paginate(Filters=list(_RUNNING))
            )
        found = [one for page in pages for group in page["Reservations"] for one in group["Instances"]]
        return Counter((one["InstanceType"], one.get("InstanceLifecycle", "on-demand")) for one in found)


@contextmanager
def _asked(action: str) -> Iterator[None]:
    """Makes the call. Raises: FactUnavailable, which names the call and AWS's error code, never its text."""
    try:
        yield
    except ClientError as error:
        raise FactUnavailable(f"{action}: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise FactUnavailable(f"{action}: {type(error).__name__}") from error
