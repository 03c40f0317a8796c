"""What EC2 refused: what rests for it, who is told, and the record of each attempt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from greenroom.domain.events import AccountLimitReached
from greenroom.domain.instance.offering import Asked, FleetAnswer, Offering, Refusal, market_key, rest_of
from greenroom.domain.instance.refusal import RefusalKind
from greenroom.ports import Ports


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
                facts = {"offering": offering.key, "code": refusal.code, "message": refusal.message}
                ports.journal.append(f"POOL#{pool_id}", "OfferingInvalid", ports.now(), facts)


def note_account_limit(pool_id: str, market: str, code: str, ports: Ports) -> None:
    """The market rests; people are told when it was awake. Also for starts of stopped instances (`on-demand`)."""
    now = ports.now()
    rest = rest_of(market_key(market), code, now, ports.dice.random())
    if rest is not None and ports.offerings.rest(pool_id, rest):
        ports.journal.append(f"POOL#{pool_id}", "AccountLimitReached", now, {"market": market, "code": code})
        ports.bus.send(AccountLimitReached(pool_id=pool_id, market=market, code=code))


def _meant(refusal: Refusal, answer: FleetAnswer) -> Iterator[Offering]:
    """The offering it names; when it names none, all that this market was asked for: nothing of them was given."""
    if refusal.offering is not None:
        yield refusal.offering
    elif not any(each.market == refusal.market for each in answer.launched):
        for call in answer.asked:
            yield from call.offerings if call.market == refusal.market else ()


def attempts_of(answer: FleetAnswer) -> list[dict[str, Any]]:
    """Each attempt for the decision record: the market, what was asked for, and what EC2 answered."""
    return [_attempt(call, answer) for call in answer.asked or _answered(answer)]


def _answered(answer: FleetAnswer) -> list[Asked]:
    """The markets that answered, when nobody noted what they were asked for."""
    markets = [each.asked_of for each in answer.refusals] + [each.market for each in answer.launched]
    return [Asked(market, ()) for market in dict.fromkeys(markets)]


def _attempt(call: Asked, answer: FleetAnswer) -> dict[str, Any]:
    refusals = [each for each in answer.refusals if each.asked_of == call.market]
    return {
        "market": call.market,
        "offerings": [each.key for each in call.offerings],
        "instanceIds": [each.instance_id for each in answer.launched if each.market == call.market],
        "refusals": [
            {"offering": each.offering.key if each.offering else None, "code": each.code, "kind": each.kind.value}
            for each in refusals
        ],
    }
