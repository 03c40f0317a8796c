"""What docs/openapi.yaml promises of answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import yaml

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs/openapi.yaml").read_text())


def fits(name: str, view: Any) -> None:
    """It is what the document promises."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.validate(view, schema, cls=jsonschema.Draft202012Validator)
