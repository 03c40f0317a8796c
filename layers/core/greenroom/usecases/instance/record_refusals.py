"""Records EC2's refusals: cooldowns of what it refused, alarms for people, and the record of each attempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from greenroom.domain.events import AccountLimitReached
from greenroom.domain.instance.offering import Asked, FleetAnswer, Offering, Refusal, cooldown_of, market_key
from greenroom.domain.instance.refusal import RefusalKind
from greenroom.domain.journal import launch as journal
from greenroom.ports.instance import HasOfferings
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.world import Clock, Rng


class Ports(Clock, Rng, HasBus, HasJournal, HasOfferings, Protocol):
    """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def record_refusals(pool_id: str, answer: FleetAnswer, ports: Ports) -> None:
    """Stores the cooldowns that follow from EC2's refusals, and records those that people must act on.

    An offering without capacity, or an invalid one, gets a cooldown of its own; a used-up quota gives one to the whole
    market; a throttled call gives none. Repeating the call alarms nobody twice.
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
    """Stores the cooldown of a market whose quota is used up, and alarms people if none was running.

    Used also when EC2 refuses to start a stopped instance (`on-demand`).
    """
    now = ports.now()
    cooldown = cooldown_of(market_key(market), code, now, ports.rng.random())
    if cooldown is not None and ports.offerings.cool_down(pool_id, cooldown):
        ports.journal.append(journal.AccountLimitReached(pool_id, market, code), now)
        ports.bus.send(AccountLimitReached(pool_id=pool_id, market=market, code=code))


def _meant(refusal: Refusal, answer: FleetAnswer) -> Iterator[Offering]:
    """The offerings that the refusal is about: the one it names, or else all that its market was asked for in vain."""
    if refusal.offering is not None:
        yield refusal.offering
    elif not any(each.market == refusal.market for each in answer.launched):
        for call in answer.asked:
            yield from call.offerings if call.market == refusal.market else ()


def attempts_of(answer: FleetAnswer) -> tuple[journal.Attempt, ...]:
    """All attempts for the decision record: the market, the offerings asked for, and EC2's answer."""
    return tuple(_attempt(call, answer) for call in answer.asked or _answered(answer))


def _answered(answer: FleetAnswer) -> list[Asked]:
    """The markets that answered, for callers that did not record what they asked for."""
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
