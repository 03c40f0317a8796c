"""Forecasts as they lie in a session's row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.domain.session.eta import Eta, EtaShown


def eta_row(eta: Eta | None) -> dict[str, Any] | None:
    if eta is None:
        return None
    return {"place": eta.place, "p50": eta.p50, "p90": eta.p90, "reason": eta.reason, "at": eta.at}


def eta_of(row: Mapping[str, Any] | None) -> Eta | None:
    return Eta(row["place"], row["p50"], row["p90"], row["reason"], row["at"]) if row else None


def eta_shown_row(shown: EtaShown | None) -> dict[str, Any] | None:
    return {"p50": shown.p50, "p90": shown.p90, "at": shown.at} if shown else None


def eta_shown_of(row: Mapping[str, Any] | None) -> EtaShown | None:
    return EtaShown(row["p50"], row["p90"], row["at"]) if row else None
