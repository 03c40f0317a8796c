"""Records what EC2 refused at a launch: cooldowns of offerings, alarms for people, and an account of each attempt.

A cooldown is the time for which a refused offering (instance type × zone × market) is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.events import AccountLimitReached
from greenroom.domain.instance.offering import Asked, cooldown_of, market_key
from greenroom.domain.instance.refusal import RefusalKind
from greenroom.domain.journal import launch as journal

if TYPE_CHECKING:
    from greenroom.domain.instance.offering import FleetAnswer, Offering, Refusal
    from greenroom.ports.instance import HasOfferings
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.world import Clock, Rng

    class Ports(Clock, Rng, HasBus, HasJournal, HasOfferings, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def record_refusals(pool_id: str, answer: FleetAnswer, ports: Ports) -> None:
    """Stores the cooldowns that follow from EC2's refusals, and records the refusals that people must act on.

    A cooldown is the time for which a refused offering (instance type × zone × market) is left alone. An offering for
    which EC2 has no capacity, or which is invalid, gets a cooldown of its own. A used-up quota of the AWS account
    causes a cooldown of the whole market (Spot or on-demand). A throttled call causes no cooldown.
    Repeating this call raises no second alarm.
    """
    roll = ports.rng.random()
    for refusal in answer.refusals:
        if refusal.is_account_limit:
            record_account_limit(pool_id, refusal.asked_of, refusal.code, ports)
            continue
        for offering in _meant(refusal, answer):
            cooldown = cooldown_of(offering.key, refusal.code, ports.now(), roll)
            is_news = cooldown is not None and ports.offerings.cool_down(pool_id, cooldown)
            if is_news and refusal.kind is RefusalKind.CONFIGURATION:
                entry = journal.OfferingInvalid(pool_id, offering.key, refusal.code, refusal.message)
                ports.journal.append(entry, ports.now())


def record_account_limit(pool_id: str, market: str, code: str, ports: Ports) -> None:
    """Stores a cooldown of the market (Spot or on-demand) whose quota in the AWS account is used up, and alarms people.

    Until the cooldown is over, nothing is launched on that market. If such a cooldown was already running, nobody is
    alarmed again. Also used when EC2 refuses to start a stopped on-demand instance.
    """
    now = ports.now()
    cooldown = cooldown_of(market_key(market), code, now, ports.rng.random())
    if cooldown is not None and ports.offerings.cool_down(pool_id, cooldown):
        ports.journal.append(journal.AccountLimitReached(pool_id, market, code), now)
        ports.bus.send(AccountLimitReached(pool_id=pool_id, market=market, code=code))


def _meant(refusal: Refusal, answer: FleetAnswer) -> Iterator[Offering]:
    """Yields the offerings (instance type × zone × market) that EC2's refusal is about.

    This is the offering that the refusal names. If the refusal names no offering, these are all offerings that EC2 was
    asked for on that market; but none if EC2 launched an instance on that market.
    """
    if refusal.offering is not None:
        yield refusal.offering
    elif not any(each.market == refusal.market for each in answer.launched):
        for call in answer.asked:
            yield from call.offerings if call.market == refusal.market else ()


def attempts_of(answer: FleetAnswer) -> tuple[journal.Attempt, ...]:
    """Returns all attempts of a launch, for its decision record: the market, the offerings asked for, and EC2's answer.

    An offering is an instance type in a zone on a market (Spot or on-demand).
    """
    return tuple(_attempt(call, answer) for call in answer.asked or _answered(answer))


def _answered(answer: FleetAnswer) -> list[Asked]:
    """Returns the markets (Spot, on-demand) that EC2's answers name, for a caller who has not recorded the requests."""
    markets = [each.asked_of for each in answer.refusals] + [each.market for each in answer.launched]
    return [Asked(market, ()) for market in dict.fromkeys(markets)]


def _attempt(call: Asked, answer: FleetAnswer) -> journal.Attempt:
    return journal.Attempt(
        market=call.market,
        offerings=tuple(each.key for each in call.offerings),
        instance_ids=tuple(each.instance_id for each in answer.launched if each.market == call.market),
        refusals=tuple(_refusal(each) for each in answer.refusals if each.asked_of == call.market),
    )


def _refusal(refusal: Refusal) -> journal.AttemptRefusal:
    offering = refusal.offering.key if refusal.offering else None
    return journal.AttemptRefusal(offering, refusal.code, refusal.kind)
