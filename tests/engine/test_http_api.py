"""Mend http_api: the routes, authorizers and refusals of a SAM HttpApi."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(url: str, body: bytes, credentials: dict[str, Any]) -> dict[str, str]:
    request = AWSRequest("POST", url, data=body, headers={"content-type": "application/json"})
    keys = Credentials(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["Token"])
    SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers)


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    request = urllib.request.Request(url, method="POST", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture(scope="module")
def instances(aws: Any) -> dict[str, str]:
    """One instance whose role may call the agent route, and one whose role may not."""
    return {
        "agent": launch(aws, aws.outputs["LaunchTemplateId"]),
        "stranger": launch(aws, aws.outputs["StrangerTemplateId"]),
    }


def launch(aws: Any, template_id: str) -> str:
    fleet = aws.client("ec2").create_fleet(
        Type="instant",
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"},
        LaunchTemplateConfigs=[
            {
                "LaunchTemplateSpecification": {"LaunchTemplateId": template_id, "Version": "$Latest"},
                "Overrides": [{"SubnetId": aws.outputs["SubnetA"]}],
            }
        ],
    )
    instance_id: str = fleet["Instances"][0]["InstanceIds"][0]
    return instance_id


def test_a_viewer_route_asks_the_authorizer(aws: Any) -> None:
    assert aws.get("/viewer/7").status == 401
    assert aws.get("/viewer/7", {"Authorization": "Bearer bad"}).status == 403
    good = aws.get("/viewer/7", {"Authorization": "Bearer good"})
    assert good.status == 200
    assert good.body["context"]["authorizer"]["lambda"] == {"viewer": "alice", "groups": ["viewers"]}


def test_an_iam_route_is_closed_to_unsigned_tampered_and_unauthorised_calls(
    aws: Any, instances: dict[str, str]
) -> None:
    url, body = aws.api_url + "/agent", b'{"slotCount": 1}'
    agent = aws.engine.control("POST", f"ec2/instances/{instances['agent']}/credentials")
    stranger = aws.engine.control("POST", f"ec2/instances/{instances['stranger']}/credentials")
    assert post(url, body, {})[0] == 403
    assert post(url, b'{"slotCount": 2}', signed(url, body, agent))[0] == 403
    assert post(url, body, signed(url, body, stranger))[0] == 403
    assert post(url, body, signed(url, body, agent))[0] == 200


def test_an_iam_route_names_the_instance_from_its_role_session(aws: Any, instances: dict[str, str]) -> None:
    credentials = aws.engine.control("POST", f"ec2/instances/{instances['agent']}/credentials")
    url = aws.api_url + "/agent"
    _, answer = post(url, b"{}", signed(url, b"{}", credentials))
    iam = answer["context"]["authorizer"]["iam"]
    assert iam["userArn"].startswith("arn:aws:sts::000000000000:assumed-role/")
    assert iam["userArn"].endswith("/" + instances["agent"])
    assert iam["userId"].startswith("AROA")
    assert iam["userId"].split(":")[1] == instances["agent"]
    assert iam["accountId"] == "000000000000"


def test_a_failing_handler_does_not_tell_its_stack_trace(aws: Any) -> None:
    answer = aws.get("/fail", {"Authorization": "Bearer good"})
    assert answer.status == 500
    assert answer.body == {"message": "Internal Server Error"}


def test_functions_know_the_endpoint_and_nothing_of_the_caller(aws: Any) -> None:
    environment = aws.get("/viewer/7", {"Authorization": "Bearer good"}).body["environment"]
    assert environment["AWS_ENDPOINT_URL"] == aws.engine.endpoint_url
    assert environment["AWS_PROFILE"] is None
    assert environment["PYTHONPATH"] is None


def test_web_pages_are_kept_from_the_engines_own_doors(aws: Any) -> None:
    request = urllib.request.Request(aws.engine.endpoint_url + "/_greenroom/ec2", headers={"Origin": "https://evil"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=5)
