"""What EC2 refused: what rests for it, who is told, and the record of each attempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from greenroom.domain.events import AccountLimitReached
from greenroom.domain.instance.offering import Asked, FleetAnswer, Offering, Refusal, market_key, rest_of
from greenroom.domain.instance.refusal import RefusalKind
from greenroom.domain.journal import launch as journal
from greenroom.ports.instance import HasOfferings
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.world import Clock, Dice


class Ports(Clock, Dice, HasBus, HasJournal, HasOfferings, Protocol):
    """What is reached here, callees included."""


def note_refusals(pool_id: str, answer: FleetAnswer, ports: Ports) -> None:
    """Offerings without capacity, and invalid ones, rest; a quota rests its whole market; a throttled call nothing.

    Repeating it tells nobody twice.
    """
    roll = ports.dice.random()
    for refusal in answer.refusals:
        if refusal.is_account_limit:
            note_account_limit(pool_id, refusal.asked_of, refusal.code, ports)
            continue
        for offering in _meant(refusal, answer):
            rest = rest_of(offering.key, refusal.code, ports.now(), roll)
            is_news = rest is not None and ports.offerings.rest(pool_id, rest)
            if is_news and refusal.kind is RefusalKind.CONFIGURATION:
                entry = journal.OfferingInvalid(pool_id, offering.key, refusal.code, refusal.message)
                ports.journal.append(entry, ports.now())


def note_account_limit(pool_id: str, market: str, code: str, ports: Ports) -> None:
    """The market rests; people are told when it was awake. Also for starts of stopped instances (`on-demand`)."""
    now = ports.now()
    rest = rest_of(market_key(market), code, now, ports.dice.random())
    if rest is not None and ports.offerings.rest(pool_id, rest):
        ports.journal.append(journal.AccountLimitReached(pool_id, market, code), now)
        ports.bus.send(AccountLimitReached(pool_id=pool_id, market=market, code=code))


def _meant(refusal: Refusal, answer: FleetAnswer) -> Iterator[Offering]:
    """The offering it names; when it names none, all that this market was asked for: nothing of them was given."""
    if refusal.offering is not None:
        yield refusal.offering
    elif not any(each.market == refusal.market for each in answer.launched):
        for call in answer.asked:
            yield from call.offerings if call.market == refusal.market else ()


def attempts_of(answer: FleetAnswer) -> tuple[journal.Attempt, ...]:
    """Each attempt for the decision record: the market, what was asked for, and what EC2 answered."""
    return tuple(_attempt(call, answer) for call in answer.asked or _answered(answer))


def _answered(answer: FleetAnswer) -> list[Asked]:
    """The markets that answered, when nobody noted what they were asked for."""
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
