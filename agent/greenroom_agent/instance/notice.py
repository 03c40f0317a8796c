"""EC2's notices to an instance: a Spot interruption, or a recommendation to rebalance (interruption is likely)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

log = logging.getLogger(__name__)

PAUSE_S = 5.0  # Source: EC2 guide, Spot instance interruption notices: "check for it every 5 seconds"
AHEAD = timedelta(minutes=2)  # Source: the same page: "two minutes before"


class Ec2NoticeKind(StrEnum):
    """The kinds of notices, as the control plane names them."""

    INTERRUPTION = "spotInterruption"  # EC2 stops or terminates this instance at the time it names
    REBALANCE = "rebalance"  # the risk of an interruption is elevated


@dataclass(frozen=True, slots=True)
class Ec2Notice:
    """An announcement by EC2: it will interrupt this instance, or recommends to move the work to another instance.

    `at`: the time of the interruption, or the time at which EC2 made the recommendation.
    """

    kind: Ec2NoticeKind
    at: datetime

    def as_json(self) -> dict[str, str]:
        """Returns the notice as a heartbeat carries it.

        >>> Ec2Notice(Ec2NoticeKind.REBALANCE, datetime(2026, 1, 31, 12, tzinfo=UTC)).as_json()
        {'kind': 'rebalance', 'at': '2026-01-31T12:00:00.000Z'}
        """
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds")
        return {"kind": self.kind.value, "at": at.replace("+00:00", "Z")}


def interruption_notice(action: Mapping[str, object], seen_at: datetime) -> Ec2Notice | None:
    """Parses the metadata document `spot/instance-action`. Returns None when the document announces nothing.

    `seen_at`: when the document was read; a document without a time announces an interruption two minutes later.
    """
    if not action.get("action"):
        return None
    return Ec2Notice(Ec2NoticeKind.INTERRUPTION, _time(action.get("time")) or seen_at + AHEAD)


def rebalance_notice(recommendation: Mapping[str, object]) -> Ec2Notice | None:
    """Parses the metadata document `events/recommendations/rebalance`. Returns None when it contains no time."""
    at = _time(recommendation.get("noticeTime"))
    return None if at is None else Ec2Notice(Ec2NoticeKind.REBALANCE, at)


async def watch_notices(
    read: Callable[[], Awaitable[Ec2Notice | None]],
    faults: tuple[type[Exception], ...],
    on_notice: Callable[[Ec2Notice], None],
    pause_s: float = PAUSE_S,
) -> None:
    """Asks for EC2's notices every `pause_s` seconds until cancelled, and calls `on_notice` with each new notice.

    `on_notice` is called for the first notice, and again when an interruption follows a recommendation. `read` returns
    the present notice. `faults`: the errors of `read` after which asking continues, because they say nothing about
    Spot.
    """
    known: Ec2Notice | None = None
    while True:
        try:
            seen = await read()
        except faults as error:
            log.debug("no answer about notices: %s", type(error).__name__)
            seen = None
        if seen is not None and _outranks(seen, known):
            log.warning("EC2 announced %s at=%s", seen.kind, seen.at)
            known = seen
            on_notice(seen)
        await asyncio.sleep(pause_s)


def _outranks(seen: Ec2Notice, known: Ec2Notice | None) -> bool:
    return known is None or (seen.kind is Ec2NoticeKind.INTERRUPTION and known.kind is Ec2NoticeKind.REBALANCE)


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
