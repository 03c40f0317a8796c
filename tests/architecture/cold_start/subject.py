"""One cold start, in an interpreter of its own: `subject.py boto3`, or `subject.py handler <event.json>`.

Prints the CPU seconds of the import, and of the import with the first call. The interpreter's own start is in neither,
nor is the time that AWS takes.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def main(module: str, event_file: str = "") -> None:
    event = json.loads(Path(event_file).read_text()) if event_file else None
    began = time.process_time()
    loaded: Any = import_module(module)
    if event is None:
        loaded.client("dynamodb")
    imported_s = time.process_time() - began
    refusal = called(loaded.handler, event) if event is not None else ""
    called_s = time.process_time() - began
    packages = sorted({name.partition(".")[0] for name in sys.modules})
    print(json.dumps({"imported_s": imported_s, "called_s": called_s, "refusal": refusal, "packages": packages}))


def called(handler: Any, event: Any) -> str:
    """Why the work was not done, if it was not: a domain error's name, or an HTTP status."""
    try:
        answer = handler(event, SimpleNamespace(function_name="greenroom-first"))
    except Exception as error:  # told in the table: a refusal is cheap, and must not pass for work
        return type(error).__name__
    status = answer.get("statusCode", 200) if isinstance(answer, dict) else 200
    return str(status) if status >= 400 else ""


main(*sys.argv[1:])
