"""What reconcile_fleet sends to its step."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.times import Time


@dataclass(frozen=True, slots=True)
class ReconcileFleetPayload:
    """The input of RunPass: the execution that holds or wants the lease, and when it began."""

    owner: str
    started_at: Time
