"""cfn-lint and checkov on the template, in an environment of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.judge.findings import ROOT, Finding, Opinion, shown
from tests.judge.places import lines
from tests.judge.tools import tool

TEMPLATE = ROOT / "template.yaml"


def cfn_lint(template: Path = TEMPLATE) -> Opinion:
    """It expands the template itself, and names the lines of what was written."""
    done = tool("cfn-lint", "--format", "json", "--", str(template))
    if not done.stdout.startswith("["):
        raise RuntimeError(f"cfn-lint: {done.stderr or done.stdout}")
    return Opinion(shown(template), tuple(_of_cfn_lint(shown(template), each) for each in json.loads(done.stdout)))


def _of_cfn_lint(file: str, said: Mapping[str, Any]) -> Finding:
    path = [str(key) for key in said["Location"].get("Path") or ()]
    return Finding(file, said["Location"]["Start"]["LineNumber"], said["Rule"]["Id"], ".".join(path), said["Message"])


def checkov(template: Path = TEMPLATE) -> Opinion:
    """A resource that SAM makes is shown at the one it is made of."""
    done = tool("python", str(Path(__file__).with_name("checkov_report.py")), str(template))
    if done.returncode:
        raise RuntimeError(f"checkov: {done.stderr}")
    answer = json.loads(done.stdout.splitlines()[-1])
    places = {
        str(path[1]): line
        for path, line in lines(template.read_text()).items()
        if path[:1] == ("Resources",) and len(path) == 2
    }
    found = []
    for each in answer["failed"]:
        name = each["resource"].rpartition(".")[2]
        line = max(((len(known), line) for known, line in places.items() if name.startswith(known)), default=(0, 1))[1]
        found.append(Finding(shown(template), line, each["rule"], each["resource"], each["text"]))
    return Opinion(f"{answer['resources']} resources, {answer['passed']} checks passed", tuple(found))
