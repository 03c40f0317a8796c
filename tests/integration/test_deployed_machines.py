"""What is deployed is what the repository says."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from greenroom_cli.toolchain.paths import ROOT

from tests.integration.house import House

STATE_MACHINES = sorted(path.name.removesuffix(".asl.yaml") for path in (ROOT / "statemachines").glob("*.asl.yaml"))


@pytest.mark.parametrize("name", STATE_MACHINES)
def test_a_deployed_machine_is_the_repositorys_yaml(house: House, name: str) -> None:
    """Parsed; each ${Name} must have become an ARN or a name of this stack that ends as its logical id says."""
    logical_id = "".join(word.capitalize() for word in name.split("_")) + "Machine"
    arn = house.outputs[f"{logical_id}Arn"]
    deployed = json.loads(house.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"])
    written = yaml.safe_load((ROOT / "statemachines" / f"{name}.asl.yaml").read_text())
    assert matches(written, deployed), f"{name} differs from what is deployed"


def matches(written: object, deployed: object) -> bool:
    if isinstance(written, dict) and isinstance(deployed, dict):
        return written.keys() == deployed.keys() and all(matches(written[key], deployed[key]) for key in written)
    if isinstance(written, list) and isinstance(deployed, list):
        return len(written) == len(deployed) and all(map(matches, written, deployed))
    if isinstance(written, str) and "${" in written:
        pattern = re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(written))
        return isinstance(deployed, str) and re.fullmatch(pattern, deployed) is not None and "${" not in deployed
    return written == deployed
