"""Mends ec2_offerings, ec2_places, ec2_throttle, service_quotas: what a preflight asks, and too many calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.engine.test_ec2 import create_fleet, ids


@pytest.fixture
def account(aws: Any) -> Iterator[Callable[..., Any]]:
    """Set facts of the account; afterwards nothing is lacking."""

    def set_facts(**facts: Any) -> Any:
        return aws.engine.control("PUT", "account", facts)

    generous = aws.engine.control("GET", "account")["quotas"]
    yield set_facts
    set_facts(quotas=generous, freeAddresses={}, missingImages=[], throttled={})


def offered(aws: Any, *types: str, by: str = "availability-zone") -> set[tuple[str, str]]:
    answer = aws.client("ec2").describe_instance_type_offerings(
        LocationType=by, Filters=[{"Name": "instance-type", "Values": list(types)}]
    )
    assert {each["LocationType"] for each in answer["InstanceTypeOfferings"]} <= {by}
    return {(each["InstanceType"], each["Location"]) for each in answer["InstanceTypeOfferings"]}


def test_each_family_is_offered_in_every_zone_less_what_the_market_calls_unsupported(
    aws: Any, market: Callable[..., None]
) -> None:
    zones = {each["ZoneName"] for each in aws.client("ec2").describe_availability_zones()["AvailabilityZones"]}
    everything = {(kind, zone) for kind in ("g4dn.xlarge", "g5.xlarge", "g6.xlarge") for zone in zones}
    assert offered(aws, "g4dn.xlarge", "g5.xlarge", "g6.xlarge") == everything
    market({"instanceType": "g6.xlarge", "zone": "us-east-1a", "free": 0, "error": "Unsupported"})
    assert offered(aws, "g6.xlarge") == {("g6.xlarge", zone) for zone in zones - {"us-east-1a"}}
    assert offered(aws, "g6.xlarge", by="region") == {("g6.xlarge", "us-east-1")}
    assert offered(aws, "t2.micro") == set()
    market({"instanceType": "g5.*", "free": 0, "market": "spot"})
    assert len(offered(aws, "g5.*")) == 6 * len(zones), "no capacity is not the same as not offered"


def addresses(aws: Any, subnet_id: str) -> int:
    [subnet] = aws.client("ec2").describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    return int(subnet["AvailableIpAddressCount"])


def test_a_subnet_has_what_its_size_and_its_instances_leave(aws: Any, account: Callable[..., Any]) -> None:
    subnet_id = aws.outputs["SubnetA"]
    [subnet] = aws.client("ec2").describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    size = 2 ** (32 - int(subnet["CidrBlock"].partition("/")[2])) - 5
    before = addresses(aws, subnet_id)
    assert before <= size
    [instance_id] = ids(create_fleet(aws))
    assert addresses(aws, subnet_id) == before - 1
    aws.engine.control("POST", f"ec2/instances/{instance_id}/state", {"state": "terminated"})
    assert addresses(aws, subnet_id) == before
    account(freeAddresses={"us-east-1a": 7})
    assert addresses(aws, subnet_id) == 7
    assert addresses(aws, aws.outputs["SubnetB"]) > 7


def test_the_image_of_a_launch_template_exists_until_it_is_said_to_be_missing(
    aws: Any, account: Callable[..., Any]
) -> None:
    ec2 = aws.client("ec2")
    [version] = ec2.describe_launch_template_versions(
        LaunchTemplateId=aws.outputs["LaunchTemplateId"], Versions=["$Latest"]
    )["LaunchTemplateVersions"]
    image_id = version["LaunchTemplateData"]["ImageId"]
    [image] = ec2.describe_images(ImageIds=[image_id])["Images"]
    assert (image["ImageId"], image["State"], image["Architecture"]) == (image_id, "available", "x86_64")
    with pytest.raises(ClientError, match=r"InvalidAMIID\.NotFound"):
        ec2.describe_images(ImageIds=["ami-00000000000000bad"])
    account(missingImages=[image_id])
    with pytest.raises(ClientError, match=r"InvalidAMIID\.NotFound"):
        ec2.describe_images(ImageIds=[image_id])
    assert image_id not in {each["ImageId"] for each in ec2.describe_images()["Images"]}


@pytest.mark.parametrize("code", ["L-DB2E81BA", "L-3819A6DF"])
def test_the_quotas_of_g_instances_can_be_read_and_set(aws: Any, account: Callable[..., Any], code: str) -> None:
    quotas = aws.client("service-quotas")
    assert quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"] >= 100
    account(quotas={code: 8})
    quota = quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]
    assert (quota["Value"], quota["QuotaCode"]) == (8.0, code)
    with pytest.raises(quotas.exceptions.NoSuchResourceException):
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")


def test_reading_a_quota_needs_the_right_to(aws: Any) -> None:
    name, iam = "reads-no-quotas", aws.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    keys = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1")
    quotas = session.client("service-quotas", endpoint_url=aws.engine.endpoint_url)
    with pytest.raises(ClientError, match="AccessDenied"):
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-DB2E81BA")
    right = {
        "Effect": "Allow",
        "Action": "servicequotas:GetServiceQuota",
        "Resource": "arn:aws:servicequotas:*:*:ec2/*",
    }
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy(right))
    assert quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-DB2E81BA")["Quota"]


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_next_calls_of_an_action_are_refused_and_then_it_goes_on(aws: Any, account: Callable[..., Any]) -> None:
    once = boto3.client("ec2", config=Config(retries={"total_max_attempts": 1}), **aws.engine.boto)
    account(throttled={"DescribeInstances": 2})
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            once.describe_instances()
        assert refused.value.response["Error"]["Code"] == "RequestLimitExceeded"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    once.describe_subnets()
    assert once.describe_instances()
    account(throttled={"*": 1})
    assert aws.client("ec2").describe_subnets()["Subnets"], "the SDK repeats a throttled call"


def test_a_machine_is_throttled_too(aws: Any, account: Callable[..., Any]) -> None:
    account(throttled={"CreateFleet": 1})
    execution = aws.execute("fleet", template=aws.outputs["LaunchTemplateId"], market="spot", name="lch-9")
    assert json.loads(execution["output"])["was"] == {"caught": "Ec2.Ec2Exception"}
    again = aws.execute("fleet", template=aws.outputs["LaunchTemplateId"], market="spot", name="lch-10")
    assert json.loads(again["output"])["was"]["Instances"]


def test_every_fleet_that_was_made_is_remembered_with_what_it_got(aws: Any, market: Callable[..., None]) -> None:
    market({"instanceType": "g5.xlarge", "market": "spot", "free": 0})
    create_fleet(aws, token="lch-11-1")
    made = aws.engine.control("GET", "ec2/fleets")["fleets"][-1]
    assert (made["market"], made["wanted"], made["launched"], made["client_token"]) == ("spot", 1, 1, "lch-11-1")
    assert made["offerings"] == ["g4dn.xlarge us-east-1b"]
    assert made["refused"] == ["g5.xlarge us-east-1a InsufficientInstanceCapacity"]


def test_an_unknown_fact_is_refused(aws: Any) -> None:
    with pytest.raises(Exception, match="400"):
        aws.engine.control("PUT", "account", {"quota": {}})
