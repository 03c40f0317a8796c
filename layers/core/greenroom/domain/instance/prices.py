"""What an instance costs per hour, and how many vCPUs of an AWS quota it takes. Estimated prices are marked as such.

The prices are for Linux in us-east-1 with shared tenancy. Other Regions differ by some percent; Windows adds 0.046 $
per vCPU and hour. Only AWS's bill is exact: the prices here serve to sort instance types, to bound budgets and to price
waste.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ON_DEMAND_SOURCE = "https://aws.amazon.com/ec2/pricing/on-demand/ us-east-1 Linux, read 2026-06"
SPOT_SHARE = 0.5
"""The assumed Spot price as a share of the on-demand price: the upper end of 0.35 to 0.5, because an estimate must not
promise too much. Source: third-party tables of G-instance Spot prices, 2026-06; the real price changes by the hour.
"""
SPOT_SOURCE = f"estimate: {SPOT_SHARE} of on-demand; {ON_DEMAND_SOURCE}"

_TYPES: Mapping[str, tuple[float, int]] = {
    "g4dn.xlarge": (0.526, 4),
    "g4dn.2xlarge": (0.752, 8),
    "g4dn.4xlarge": (1.204, 16),
    "g4dn.8xlarge": (2.176, 32),
    "g4dn.12xlarge": (3.912, 48),
    "g4dn.16xlarge": (4.352, 64),
    "g5.xlarge": (1.006, 4),
    "g5.2xlarge": (1.212, 8),
    "g5.4xlarge": (1.624, 16),
    "g5.8xlarge": (2.448, 32),
    "g5.12xlarge": (5.672, 48),
    "g5.16xlarge": (4.096, 64),
    "g5.24xlarge": (8.144, 96),
    "g5.48xlarge": (16.288, 192),
    "g6.xlarge": (0.8048, 4),
    "g6.2xlarge": (0.9776, 8),
    "g6.4xlarge": (1.3232, 16),
    "g6.8xlarge": (2.0144, 32),
    "g6.12xlarge": (4.6016, 48),
    "g6.16xlarge": (3.3968, 64),
    "g6.24xlarge": (6.6752, 96),
    "g6.48xlarge": (13.3504, 192),
}
"""By instance type: the on-demand price in $ per hour, and the number of vCPUs. Source: ON_DEMAND_SOURCE; vCPUs: EC2
instance types guide, accelerated computing.
"""


@dataclass(frozen=True, slots=True)
class HourlyPrice:
    """A price per hour in US dollars. `source` says where the price comes from, like a web page or an estimate."""

    usd: float
    is_estimate: bool
    source: str


def hourly_usd(instance_type: str, market: str) -> HourlyPrice | None:
    """The hourly price of one running instance on the market `spot` or `on-demand`; None when no price is known.

    Example: g5.xlarge costs 1.006 $ on demand, and about 0.503 $ on Spot.
    """
    if instance_type not in _TYPES:
        return None
    usd, _ = _TYPES[instance_type]
    if market == "spot":
        return HourlyPrice(usd * SPOT_SHARE, is_estimate=True, source=SPOT_SOURCE)
    return HourlyPrice(usd, is_estimate=False, source=ON_DEMAND_SOURCE)


def vcpus(instance_type: str) -> int | None:
    """How many vCPUs of an AWS quota one instance of this type takes; None for an unknown type."""
    return _TYPES[instance_type][1] if instance_type in _TYPES else None
