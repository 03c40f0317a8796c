"""What a hot session asks of AWS: a list that changes only on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

import pytest
import yaml

from tests.architecture.calls.hot_session import record_hot_session
from tests.architecture.calls.recorder import Call

GOLDEN = Path(__file__).with_name("hot_session.yaml")


def as_text(steps: Mapping[str, list[Call]]) -> str:
    return yaml.safe_dump(dict(steps), sort_keys=False, width=1000)


def test_a_hot_session_makes_the_calls_of_the_golden_list() -> None:
    expected, found = as_text(yaml.safe_load(GOLDEN.read_text())), as_text(record_hot_session())
    changed = "".join(unified_diff(expected.splitlines(True), found.splitlines(True), GOLDEN.name, "as recorded"))
    if changed:
        pytest.fail(
            f"{changed}\nThese calls are what a session costs, in money and in time before the first frame.\n"
            f"Change {GOLDEN.name} only on purpose, with the reason in the commit.",
            pytrace=False,
        )


def test_the_claim_is_one_transaction() -> None:
    steps: Mapping[str, list[Call]] = yaml.safe_load(GOLDEN.read_text())
    transactions = [each for each in steps["launch"] if isinstance(each, dict)]
    assert len(transactions) == 1
