"""The ledger's line for what an interruption costs: an instance that is paid and can take nobody any more."""

from __future__ import annotations

from decimal import Decimal

from greenroom.domain.instance.instance import Instance, NoticeKind
from greenroom.domain.instance.prices import hourly_usd
from greenroom.domain.times import iso
from greenroom.ports import Ports

NO_PRICE = "no price known for this type"
_HOUR_S = 3600


def note_waste(instance: Instance, ports: Ports) -> None:
    """From the notice until now, when it is ended. Example: 120 s of a Spot g5.xlarge are 0.016767 $."""
    notice, now = instance.notice, ports.now()
    if notice is None or notice.kind is NoticeKind.REBALANCE:  # advice wastes nothing: it plays on until it is empty
        return
    price, seconds = hourly_usd(instance.instance_type, instance.market), round(max(0.0, now - notice.at), 3)
    facts = {
        "line": "interruptionWaste",
        "instanceId": instance.instance_id,
        "poolId": instance.pool_id,
        "seconds": seconds,
        "usd": round(Decimal(str(seconds * price.usd / _HOUR_S)), 6) if price else None,
        "priceSource": price.source if price else NO_PRICE,
    }
    ports.journal.append(f"LEDGER#{iso(now)[:10]}", "LedgerEntry", now, facts)
