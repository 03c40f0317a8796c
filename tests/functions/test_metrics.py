"""A metric is a line of the log: complete, and nothing in it that should not be there."""

from __future__ import annotations

import json

import pytest
from greenroom.entry.metrics import EmfMetrics


@pytest.mark.parametrize(("within", "value"), [(True, 1.0), (False, 0.0)])
def test_a_judged_forecast_is_one_line_of_two_metrics_by_pool(
    within: bool, value: float, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Greenroom")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "greenroom")
    EmfMetrics().eta_judged("demo", 61.5, within)
    EmfMetrics().eta_judged("other", 5.0, within)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["PoolId"], line["EtaWithinP90"], line["EtaWait"]) for line in lines] == [
        ("demo", [value], [61.5]),
        ("other", [value], [5.0]),
    ]
    (described,) = lines[0]["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Greenroom"
    assert [sorted(each) for each in described["Dimensions"]] == [["PoolId", "service"]]
    assert {each["Name"]: each["Unit"] for each in described["Metrics"]} == {
        "EtaWithinP90": "Count",
        "EtaWait": "Seconds",
    }
