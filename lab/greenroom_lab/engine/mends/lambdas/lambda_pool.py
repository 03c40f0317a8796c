"""Gap: one Python process per concurrent invocation, without bound: a burst of 50 starts 50 interpreters on 2 cores.

Each function gets at most `workers` processes; further invocations wait for one, as they would for a cold start.
When no invocation of the function has ended for `patience_s`, one waiter gets a process of its own all the same: a
function that calls itself must not wait for itself for ever. One, and the next has as much patience again: on a machine
that is merely slow, a process for each would make it slower still, until everything times out. The number can be
changed while running, also for single functions (door `/_greenroom/lambda`).
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from ministack.services import lambda_svc


class Limits:
    """How many processes each function may have."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.patience_s = 10.0
        self.by_name: dict[str, int] = {}
        """Part of a function's name → its own limit; the first that matches counts."""

    def of(self, function_name: str) -> int:
        for part, limit in self.by_name.items():
            if part in function_name:
                return limit
        return self.workers


LIMITS = Limits(int(os.environ.get("GREENROOM_LAMBDA_WORKERS", "0")) or max(2, os.cpu_count() or 2))


def apply() -> None:
    acquire, release = lambda_svc.acquire_worker, lambda_svc.release_worker
    freed = threading.Condition()
    moved_at: dict[str, float] = {}
    """Function → when one of its invocations ended last, or one more process than its limit was given."""

    def acquire_or_wait(function_name: str, *args: Any, **kwargs: Any) -> Any:
        came = time.monotonic()
        with freed:
            while True:
                stands_s = time.monotonic() - max(came, moved_at.get(function_name, came))
                limit = LIMITS.of(function_name) if stands_s < LIMITS.patience_s else 0
                worker, reason = acquire(function_name, *args, **{**kwargs, "max_concurrency": limit})
                if worker or reason != "func_cap":
                    if not limit:
                        moved_at[function_name] = time.monotonic()
                    return worker, reason
                freed.wait(1)

    def release_and_tell(worker: Any) -> None:
        release(worker)
        with freed:
            if worker is not None:
                moved_at[worker.func_name] = time.monotonic()
            freed.notify_all()

    lambda_svc.acquire_worker, lambda_svc.release_worker = acquire_or_wait, release_and_tell
