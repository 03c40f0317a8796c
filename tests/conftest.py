"""One running platform for all tests that need one: started by the first that asks, stopped at the end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from greenroom_cli.toolchain.paths import GENERATED
from greenroom_lab.platform import seed
from greenroom_lab.platform.function_logs import function_logs
from greenroom_lab.platform.platform import Platform, PlatformSettings
from greenroom_lab.platform.platform_thread import PlatformThread
from greenroom_lab.platform.trace_sink import TraceSink
from greenroom_lab.platform.turn_server import COTURN

from tests.integration.house import House
from tests.integration.long_waits import event_is_warmed, miscount_is_corrected

# Tests are compiled once, also where the shell forbids Python to write compiled modules beside the code.
sys.dont_write_bytecode = False
sys.pycache_prefix = str(GENERATED / "pycache")

# A property is true or false. How long an example took says how busy the machine was.
hypothesis.settings.register_profile("greenroom", deadline=None)
hypothesis.settings.load_profile("greenroom")

LONGEST = {
    "test_an_event_two_minutes_ahead": event_is_warmed,
    "test_units_that_no_session_holds": miscount_is_corrected,
}
"""What waits so long that it begins with the platform, by the test that looks at it."""

TESTS = Path(__file__).parent
ONE_PROCESS = {
    "e2e": "platform",
    "integration": "platform",
    "engine": "engine",
    "workflows": "workflows",
    "integration/agent_local": "agents",
    "e2e/test_notices.py": "page",
    "e2e/test_page.py": "page",
    "integration/test_build_for_aws.py": "builds",
    "integration/test_deploy_and_destroy.py": "deployments",
    "integration/test_run_command.py": "runs",
}
"""Places whose tests share something costly, by the name of what they share: one process runs all of them."""
FIRST = ("platform", "engine", "workflows")
"""In this order. The others build or start something of their own, so they come last, when the platform is built."""
GIVES_WAY = pytest.StashKey[bool]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is shared comes first, so that the platform begins at once."""
    shared = {_shared(_place(item)) for item in items}
    config.stash[GIVES_WAY] = "PYTEST_XDIST_WORKER" in os.environ and "platform" in shared
    items.sort(key=lambda item: _rank(_shared(_place(item))))  # a stable sort: the order within a suite stays


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What is shared is one piece of work, of which the platform's tests are the largest.

    They mostly wait, so the others compute everything else meanwhile. Two processes; a third saves a minute or two and
    finds whatever waits for less than it needs: `make test PROCESSES=3`.
    xdist's own groups do the same with a mark, but know nothing of how pytest 9.2 names tests: each test of a group
    went where it liked.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            return _shared(nodeid.partition("::")[0].partition("/")[2]) or nodeid

    return ByPlace(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What only computes gives way to the platform beside it, whose tests have deadlines."""
    computes = _shared(_place(item)) != "platform"
    if item.config.stash[GIVES_WAY] and computes and os.nice(0) == 0:
        os.nice(5)


def _place(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).as_posix()


def _shared(place: str) -> str:
    """What a test's file shares, by the longest place that holds it; nothing: it may run anywhere."""
    parts = place.split("/")
    longest_first = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((ONE_PROCESS[each] for each in longest_first if each in ONE_PROCESS), "")


def _rank(shared: str) -> int:
    if shared in FIRST:
        return FIRST.index(shared)
    return len(FIRST) if not shared else len(FIRST) + 1


@pytest.fixture(scope="session")
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """The whole platform on free ports, with a demo pool, a trace sink, quick boots, and a TURN server where it can."""
    began = time.monotonic()
    sink = TraceSink()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {text}", file=sys.stderr, flush=True)

    logs: Path = GENERATED / "logs" / "tests"
    limits = {**seed.DEMO_APPLICATION["limits"], "reconnectWindow_s": 15}
    settings = PlatformSettings(
        web_port=0,
        aws_port=0,
        boot_delay_s=1.0,
        logs=logs,
        xray_sink=sink.address,
        turn=COTURN is not None,
        demo_application={**seed.DEMO_APPLICATION, "limits": limits},
    )
    thread = PlatformThread(Platform(settings, say))
    local = thread.start()
    house = House(thread, local, sink)
    for name, scenario in LONGEST.items():
        if any(name in item.nodeid for item in request.session.items):
            house.begin(scenario)
    yield house
    logged = list(function_logs(house.client("logs")))
    (logs / "functions.log").write_text("\n".join(logged))
    thread.stop()
    sink.close()
    # A right that is too narrow may only cost a retry or a hint, and no test would fail for it.
    refused = [line for line in logged if "AccessDenied" in line or "UnauthorizedOperation" in line]
    assert refused == []
