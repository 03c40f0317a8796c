"""Gap: a definition written in YAML is kept as text, and its executions hang without an error.

Parses it to JSON after the substitutions, as CloudFormation does. Refuses a definition that is neither.
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from ministack.services.cloudformation import provisioners


def apply() -> None:
    resolve = provisioners._sfn_definition

    def resolve_to_json(props: dict[str, Any]) -> str:
        return to_json(resolve(props))

    provisioners._sfn_definition = resolve_to_json


def to_json(definition: str) -> str:
    """Raises: ValueError when the text is no mapping in JSON or YAML."""
    try:
        json.loads(definition)
        return definition
    except ValueError:
        pass
    try:
        parsed = yaml.safe_load(definition)
    except yaml.YAMLError as error:
        raise ValueError(f"the state machine's definition is neither JSON nor YAML: {error}") from error
    if not isinstance(parsed, dict):
        raise ValueError("the state machine's definition is not a mapping")
    return json.dumps(parsed)
