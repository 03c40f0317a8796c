"""checkov's results for the template as CloudFormation gets it. Run by the judge environment's Python, and offline.

    .greenroom/venv/judge/bin/python tests/judge/checkov_report.py template.yaml

Prints `{resources, passed, failed: [{rule, resource, text}]}`. checkov itself reads SAM's own types only in part, and
would not see the roles that SAM makes of `Policies`: so SAM's translator expands the template first.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.sendto"})


class Offline(Exception):
    """A judge that asks somebody else gives another answer tomorrow."""


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Raises: Offline when anything in this process wants to connect."""
    if event in NETWORK:
        raise Offline(f"{event} {arguments!r}")


class ManagedPolicies:
    """The ARNs of the policies that SAM itself attaches."""

    NAMES = ("service-role/AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess")

    def load(self) -> dict[str, str]:
        return {name.rpartition("/")[2]: f"arn:aws:iam::aws:policy/{name}" for name in self.NAMES}


def expanded(template: Path) -> dict[str, Any]:
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    written = yaml_parse(template.read_text())
    for resource in written["Resources"].values():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            if key in properties:
                properties[key] = "s3://artifacts/" + str(properties[key]).strip("/")
    result: dict[str, Any] = transform(written, {}, ManagedPolicies())
    return result


def report(template: dict[str, Any]) -> dict[str, Any]:
    from checkov.cloudformation.runner import Runner
    from checkov.runner_filter import RunnerFilter

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps(template, indent=1))
        only = RunnerFilter(framework=["cloudformation"], show_progress_bar=False)
        found = Runner().run(root_folder=None, files=[str(file)], runner_filter=only)
    failed = [{"rule": r.check_id, "resource": r.resource, "text": r.check_name} for r in found.failed_checks]
    if found.parsing_errors:
        raise SystemExit(f"checkov cannot read what SAM makes of the template: {found.parsing_errors}")
    return {"resources": len(template["Resources"]), "passed": len(found.passed_checks), "failed": failed}


if __name__ == "__main__":
    sys.addaudithook(refuse_network)
    json.dump(report(expanded(Path(sys.argv[1]))), sys.stdout)
