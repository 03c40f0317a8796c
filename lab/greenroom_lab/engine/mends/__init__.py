"""The mends, one module per gap. Each module's docstring says what AWS does and what ministack lacks; a test in
`tests/engine` shows the gap. A mend that finds ministack changed refuses to start the engine: nothing is half mended.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection

NAMES = (
    "http_api",
    "lambda_errors",
    "lambda_speed",
    "lambda_pool",
    "lambda_crashes",
    "table_conflicts",
    "websocket",
    "xray",
    "ttl",
    "asl_yaml",
    "asl_tasks",
    "asl_results",
    "asl_deadline",
    "task_tokens",
    "execution_names",
    "machine_events",
    "ec2_errors",
    "ec2_states",
    "ec2_power",
    "ec2_fleet",
    "ec2_filters",
    "ec2_offerings",
    "ec2_places",
    "ec2_throttle",
    "service_quotas",
    "scheduler",
    "iam_resources",
)
"""In the order they are applied."""


def apply(without: Collection[str] = ()) -> None:
    """Mend ministack in this process; `without` leaves some out, so that a test can be seen to fail.

    Raises: ValueError for a name that is no mend; PatchError (patching.py) when ministack is not the release we know.
    """
    unknown = set(without) - set(NAMES)
    if unknown:
        raise ValueError(f"no such mend: {', '.join(sorted(unknown))}")
    for name in NAMES:
        if name not in without:
            importlib.import_module(f"{__name__}.{name}").apply()
