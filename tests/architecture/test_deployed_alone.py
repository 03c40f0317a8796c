"""What is deployed knows nothing of the lab, and the template alone makes a safe stage."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from greenroom_lab.ec2.user_data import agent_environment

from tests.architecture.reading import ROOT, resources, template

LAB = re.compile(r"greenroom_lab|ministack|localhost|127\.0\.0\.1:\d|AWS_ENDPOINT_URL|is_local|\bmoto\b")
LOOPBACK_IS_THE_STREAMER_ENDPOINT = ("agent/",)
"""The agent listens on loopback for the streamer: that is its job, not the lab."""


def deployed_files() -> list[Path]:
    kept = [ROOT / "template.yaml"]
    for folder in ("functions", "layers", "statemachines", "agent", "events"):
        kept += [
            p
            for p in (ROOT / folder).rglob("*")
            if p.suffix in (".py", ".yaml", ".json", ".txt", ".in") or p.name == "Makefile"
        ]
    return sorted(p for p in kept if not {"__pycache__", "tests"} & set(p.parts))


def lab_words(path: Path) -> list[str]:
    text = path.read_text()
    if path.name == "template.yaml":
        text = text.replace("http://localhost:5173/", "")  # an example in a parameter's description
    if str(path.relative_to(ROOT)).startswith(LOOPBACK_IS_THE_STREAMER_ENDPOINT):
        text = text.replace("localhost", "").replace("127.0.0.1", "")
    return LAB.findall(text)


def test_nothing_deployed_refers_to_the_lab() -> None:
    assert {str(path.relative_to(ROOT)): words for path in deployed_files() if (words := lab_words(path))} == {}


def launch_template() -> dict[str, Any]:
    data: dict[str, Any] = resources("AWS::EC2::LaunchTemplate")["LaunchTemplate"]["LaunchTemplateData"]
    return data


def user_data() -> str:
    text: str = launch_template()["UserData"]["Fn::Base64"]["Fn::Sub"][0]
    return text


def test_an_instances_credentials_stay_on_the_instance() -> None:
    assert launch_template()["MetadataOptions"] == {
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
        "HttpEndpoint": "enabled",
    }


def test_power_off_means_terminate() -> None:
    assert launch_template()["InstanceInitiatedShutdownBehavior"] == "terminate"
    for disk in launch_template()["BlockDeviceMappings"]:
        assert disk["Ebs"]["DeleteOnTermination"] is True
        assert disk["Ebs"]["Encrypted"] is True


def test_user_data_arms_the_dead_man_timer_before_anything_can_fail() -> None:
    script = user_data()
    armed = script.index("systemctl enable --now greenroom-dead-man.timer")
    for later in ("set -e", "dnf ", "aws ", "curl ", "useradd", "agent.env"):
        assert armed < script.index(later), later
    assert "-lt 1800 ] || systemctl poweroff" in script


def test_user_data_keeps_the_application_from_the_credentials_before_it_starts_the_agent() -> None:
    script = user_data()
    assert 'meta skuid "greenroom-application" ip daddr 169.254.169.254 drop' in script
    unit = script[script.index("greenroom-agent.service <<") :]
    assert unit.index("nft --file") < unit.index("ExecStart=/usr/bin")
    assert script.index("useradd") < script.index("systemctl enable --now greenroom-agent.service")


def test_user_data_writes_the_agents_environment() -> None:
    """The agent's own settings read it: nothing required is missing, and nothing is written that nobody reads."""
    from greenroom_agent.settings import Settings

    given = agent_environment(user_data())
    settings = Settings.from_env(given)
    assert settings.heartbeat_file == Path("/var/lib/greenroom/last-heartbeat")
    assert settings.application_user == "greenroom-application"
    (inbound,) = resources("AWS::EC2::SecurityGroup")["MediaSecurityGroup"]["SecurityGroupIngress"]
    assert (settings.media_ports.first, settings.media_ports.last) == (inbound["FromPort"], inbound["ToPort"])
    reader = "".join(path.read_text() for path in (ROOT / "agent").rglob("*.py"))
    assert not [name for name in given if name.startswith("GREENROOM_") and name not in reader]


def test_the_stage_lets_in_media_and_nothing_else() -> None:
    (group,) = resources("AWS::EC2::SecurityGroup").values()
    (inbound,) = group["SecurityGroupIngress"]
    assert inbound["IpProtocol"] == "udp"
    assert inbound["FromPort"] >= 1024


def test_instances_and_disks_carry_the_tag_that_limits_who_may_end_them() -> None:
    for specification in launch_template()["TagSpecifications"]:
        assert {"Key": "greenroom:stack", "Value": {"Ref": "AWS::StackName"}} in specification["Tags"]
    assert {each["ResourceType"] for each in launch_template()["TagSpecifications"]} == {"instance", "volume"}


def test_buckets_are_private() -> None:
    for name, bucket in resources("AWS::S3::Bucket").items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name


def test_only_administrators_make_people() -> None:
    pool = resources("AWS::Cognito::UserPool")["UserPool"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["UserPoolTier"] == "LITE"
    client = resources("AWS::Cognito::UserPoolClient")["UserPoolClient"]
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert "ALLOW_USER_PASSWORD_AUTH" not in client["ExplicitAuthFlows"]
    groups = {group["GroupName"] for group in resources("AWS::Cognito::UserPoolGroup").values()}
    assert groups == {"viewers", "operators"}


def test_the_web_origin_sends_each_path_to_its_stage() -> None:
    config = resources("AWS::CloudFront::Distribution")["WebOrigin"]["DistributionConfig"]
    assert {each["PathPattern"]: each["TargetOriginId"] for each in config["CacheBehaviors"]} == {
        "/api/*": "api",
        "/socket": "socket",
    }
    assert all(
        template()["Resources"][name].get("Condition") == "HasWebOrigin" for name in ("WebOrigin", "WebBucketPolicy")
    )
