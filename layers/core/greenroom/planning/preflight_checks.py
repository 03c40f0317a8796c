"""The checks of a preflight, which tests beforehand whether a scheduled event will get its slots.

Each check also returns a remedy. The functions are pure: no input or output.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from greenroom.domain.event.preflight import Check, CheckStatus
from greenroom.domain.event.scheduled_event import ScheduledEvent, WarmTime, latest_safe_start
from greenroom.domain.instance.prices import hourly_usd, vcpus
from greenroom.domain.pool.pool import Halt
from greenroom.domain.times import iso

OK, WARNING, FAILED, UNKNOWN = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.FAILED, CheckStatus.UNKNOWN


def check_quota(room: Mapping[str, float], instance_types: Sequence[str], instances: int) -> Check:
    """Checks whether the AWS account's vCPU quotas allow `instances` more instances.

    `room`: unused vCPUs of the quota, by market. The pool's instance types differ in size, so the instances fit for
    sure, perhaps, or not at all.
    Example: 10 instances of g5.xlarge (4 vCPUs) or g5.2xlarge (8) need 40 to 80: 60 free are a warning.
    """
    sizes = [size for each in instance_types if (size := vcpus(each)) is not None]
    if not sizes:
        return Check("quota", UNKNOWN, f"no quota is known for {', '.join(instance_types)}")
    least, most = min(sizes) * instances, max(sizes) * instances
    free = ", ".join(f"{market}: {vcpu:.0f} vCPUs free" for market, vcpu in sorted(room.items()))
    detail = f"{least} to {most} vCPUs are needed; {free}" if least < most else f"{least} vCPUs are needed; {free}"
    remedy = "raise the account's quotas of G and VT instances (Service Quotas, EC2); it may take days"
    if all(vcpu >= most for vcpu in room.values()):
        return Check("quota", OK, detail)
    if sum(room.values()) >= least:
        return Check("quota", WARNING, f"{detail}; no market alone is sure to hold them all", remedy)
    return Check("quota", FAILED, detail, remedy)


def check_image(image_id: str, state: str) -> Check:
    """Checks whether EC2 can launch instances from the image (AMI): only an available image works."""
    if state == "available":
        return Check("image", OK, f"{image_id} is available")
    return Check("image", FAILED, f"{image_id} is {state}", "deploy with the ImageId of an image this account may use")


def check_addresses(free: Mapping[str, int], instances: int) -> Check:
    """Checks whether the subnets have enough IP addresses for `instances` more instances.

    `free`: the number of unused addresses of each subnet.
    """
    total = sum(free.values())
    detail = f"{instances} addresses are needed, {total} are free in {len(free)} subnets"
    if total < instances:
        return Check("addresses", FAILED, detail, "add subnets, or end something that uses addresses")
    if any(each < instances for each in free.values()):
        return Check("addresses", WARNING, f"{detail}; not every subnet alone has enough", "add or widen subnets")
    return Check("addresses", OK, detail)


def check_offerings(
    instance_types: Sequence[str],
    zones: Collection[str],
    offered: Collection[tuple[str, str]],
    refused_lately: Sequence[str],
) -> Check:
    """Checks whether EC2 offers the pool's instance types in the pool's zones.

    `offered`: the pairs of instance type and zone that EC2 offers. `refused_lately`: the offerings (instance type ×
    zone × market) or markets that EC2 refused to launch a moment ago.
    """
    wanted = [(each, zone) for each in instance_types for zone in sorted(set(zones))]
    missing = [f"{each} in {zone}" for each, zone in wanted if (each, zone) not in offered]
    remedy = "add other instance types to the pool"
    if len(missing) == len(wanted):
        return Check("offerings", FAILED, "none of the pool's instance types is offered in its zones", remedy)
    if missing:
        return Check("offerings", WARNING, f"not offered: {', '.join(missing)}", remedy)
    if refused_lately:
        return Check("offerings", WARNING, f"EC2 refused a moment ago: {', '.join(refused_lately)}", remedy)
    return Check("offerings", OK, f"all {len(wanted)} pairs of instance type and zone are offered")


def check_budget(
    event: ScheduledEvent, instance_types: Sequence[str], markets: Sequence[str], instances: int, warm_at: float
) -> Check:
    """Checks whether the scheduled event stays within its budget. `warm_at`: when its first instances are launched.

    The estimate is instances x hours, warming included, x the lowest and the highest price of the pool's offerings
    (instance type and market).
    """
    prices = [price.usd for each in instance_types for market in markets if (price := hourly_usd(each, market))]
    hours = (event.end - warm_at) / 3600
    if not prices:
        return Check("budget", UNKNOWN, f"no price is known for {', '.join(instance_types)}")
    least, most = min(prices) * instances * hours, max(prices) * instances * hours
    detail = f"{instances} instances for {hours:.1f} h: about {least:.2f} to {most:.2f} $"
    limit = event.maximum_cost_usd
    if limit is None:
        return Check("budget", OK, detail)
    detail = f"{detail}, of {limit:.2f} $ allowed"
    remedy = "expect fewer sessions, shorten the event, or raise maximumCost_usd"
    if most <= limit:
        return Check("budget", OK, detail)
    return Check("budget", WARNING if least <= limit else FAILED, detail, remedy)


def check_pool(maximum: int, target_idle: int, together: int, halted: Halt | None) -> Check:
    """Checks whether the pool may have enough slots: it must not be halted, and its maximum must suffice.

    `together`: how many sessions this event and those that overlap with it expect. `target_idle`: the free slots that
    the pool keeps as a buffer.
    """
    detail = f"{together} sessions are expected at that time, the pool's maximum is {maximum} slots"
    if halted is not None:
        return Check("pool", FAILED, f"the pool is halted: {halted.reason}", "resume the pool")
    if together > maximum:
        return Check("pool", FAILED, detail, "raise the pool's maximum")
    if together + target_idle > maximum:
        return Check("pool", WARNING, f"{detail}: none are left for the idle buffer", "raise the pool's maximum")
    return Check("pool", OK, detail)


def check_time_to_warm(event: ScheduledEvent, warm: WarmTime, now: float) -> Check:
    """Checks whether there is time to warm: to make all instances of the event Ready before its start.

    `warm`: how long warming takes.
    """
    latest = latest_safe_start(event, warm)
    source = "measured" if warm.is_measured else "assumed, because no boot of this pool was measured yet"
    detail = f"warming takes {warm.whole_s:.0f} s ({source}) and must begin by {iso(latest)}"
    if now > latest and not event.has_reservation:
        return Check("timeToWarm", FAILED, f"{detail}, which is past", "start the event later, or keep warm instances")
    if not warm.is_measured:
        return Check("timeToWarm", WARNING, detail, "let the pool launch an instance before the event")
    return Check("timeToWarm", OK, detail)
