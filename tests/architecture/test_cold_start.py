"""What a cold start loads, seen in a fresh interpreter; how long that takes is told by `make imports`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from tests.architecture.cold_start.imports import LIMITS
from tests.architecture.reading import ROOT, function_names

IMPORT = """
import json, runpy, sys
added, before = {}, set(sys.modules)
for function in sys.argv[1:]:
    runpy.run_path(f"functions/{function}/handler.py")
    added[function] = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
    before |= set(sys.modules)
print(json.dumps(added))
"""
NEEDED_LATER = {"aws_xray_sdk", "wrapt", "aws_lambda_powertools", "boto3", "botocore"}
"""The tracer, the logger and the metrics by the first thing they write, AWS by its first call."""
NEEDED_NEVER = {"pydantic", "aiohttp", "aiortc", "numpy", "requests", "ecdsa", "rsa"}


@cache
def added() -> dict[str, set[str]]:
    """Handler -> the packages that importing it adds to those of the handlers before it; the authorizer is last."""
    names = sorted(function_names(), key=lambda name: (name == "authorize_viewer", name))
    given = {"PATH": os.defpath, "PYTHONPATH": "layers/core", "LAMBDA_TASK_ROOT": "/var/task"}
    command = [sys.executable, "-c", IMPORT, *names]
    done = subprocess.run(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True, check=True)
    return {name: set(packages) for name, packages in json.loads(done.stdout).items()}


@pytest.mark.parametrize("function", function_names())
def test_importing_a_handler_loads_neither_tracer_nor_logger_nor_aws(function: str) -> None:
    crypto = set() if function == "authorize_viewer" else {"jose", "cryptography"}
    assert not added()[function] & (NEEDED_LATER | NEEDED_NEVER | crypto)


def test_a_claim_loads_neither_forecasts_nor_ports() -> None:
    """Only a session that must wait needs a forecast; ports are types. Each of both was a tenth of the cold start."""
    given = {"PATH": os.defpath, "PYTHONPATH": "layers/core"}
    show = "import runpy, sys; runpy.run_path('functions/request_session/handler.py'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "greenroom.usecases.session.request_session" in loaded
    assert [
        name for name in loaded if name.startswith(("greenroom.planning", "greenroom.ports", "greenroom.aws."))
    ] == []


def test_make_imports_knows_the_functions_that_it_limits() -> None:
    """It is run by hand: this at least imports it whenever something is renamed."""
    assert set(LIMITS) <= set(function_names())
