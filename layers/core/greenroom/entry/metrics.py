"""Writes metrics as log lines (CloudWatch embedded metric format), which needs no AWS call, no right and no waiting."""

from __future__ import annotations

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit


class EmfMetrics:
    """ports.Metrics. The namespace comes from a variable that all functions share."""

    def eta_judged(self, pool_id: str, wait_s: float, within: bool) -> None:
        metrics = EphemeralMetrics()
        metrics.add_dimension(name="PoolId", value=pool_id)
        metrics.add_metric(name="EtaWithinP90", unit=MetricUnit.Count, value=float(within))
        metrics.add_metric(name="EtaWait", unit=MetricUnit.Seconds, value=wait_s)
        metrics.flush_metrics()
