"""The mends, one module per gap. Each module's docstring says what AWS does and what ministack lacks; a test in
`tests/engine` shows the gap. A mend that finds ministack changed refuses to start the engine: nothing is half mended.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection

PLACES = (
    "http_api",
    "lambdas.lambda_errors",
    "lambdas.lambda_speed",
    "lambdas.lambda_pool",
    "lambdas.lambda_crashes",
    "table_conflicts",
    "websocket",
    "xray",
    "ttl",
    "step_functions.asl_yaml",
    "step_functions.asl_tasks",
    "step_functions.asl_results",
    "step_functions.asl_deadline",
    "step_functions.task_tokens",
    "step_functions.execution_names",
    "step_functions.machine_events",
    "ec2.ec2_errors",
    "ec2.ec2_states",
    "ec2.ec2_power",
    "ec2.ec2_fleet",
    "ec2.ec2_filters",
    "ec2.ec2_offerings",
    "ec2.ec2_places",
    "ec2.ec2_throttle",
    "service_quotas",
    "scheduler",
    "rights.iam_resources",
    "rights.leading_keys",
    "rights.event_keys",
    "rights.passed_roles",
    "rights.launch_rights",
    "rights.machine_roles",
    "rights.target_roles",
)
"""In the order they are applied; the last part is the mend's name."""
NAMES = tuple(place.rpartition(".")[2] for place in PLACES)


def apply(without: Collection[str] = ()) -> None:
    """Mend ministack in this process; `without` leaves some out, so that a test can be seen to fail.

    Raises: ValueError for a name that is no mend; PatchError (patching.py) when ministack is not the release we know.
    """
    unknown = set(without) - set(NAMES)
    if unknown:
        raise ValueError(f"no such mend: {', '.join(sorted(unknown))}")
    for name, place in zip(NAMES, PLACES, strict=True):
        if name not in without:
            importlib.import_module(f"{__name__}.{place}").apply()
