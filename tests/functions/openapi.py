"""What docs/openapi.yaml promises of answers."""

from __future__ import annotations

from typing import Any

import jsonschema
import yaml

from tests.architecture.reading import FAST_LOADER, ROOT

DOCUMENT: dict[str, Any] = yaml.load((ROOT / "docs/openapi.yaml").read_text(), Loader=FAST_LOADER)


def fits(name: str, view: Any) -> None:
    """It is what the document promises."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.validate(view, schema, cls=jsonschema.Draft202012Validator)
