"""Who must wait costs little: nobody is served by looking where no slot can be."""

from __future__ import annotations

import pytest
import yaml

from tests.architecture.calls.waiting import record_wait

MOST = {"launch": 14, "await slot": 6}
"""AWS calls. The viewer gets an answer, a place and a forecast for them."""


@pytest.mark.parametrize("slots", [2, 0], ids=["all in use", "nothing was ever free"])
def test_a_launch_that_must_wait_makes_few_calls(slots: int) -> None:
    made = record_wait(slots)
    counted = {step: len(calls) for step, calls in made.items()}
    assert {step for step in MOST if counted[step] > MOST[step]} == set(), yaml.safe_dump(dict(made), sort_keys=False)
