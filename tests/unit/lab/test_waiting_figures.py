"""What `make waiting` counts, on lines of a few people."""

from __future__ import annotations

from greenroom_lab.drives.waiting_figures import Shown, Stay, accuracy, longest_silence, order_breaks


def stay(name: str, order_at: float, queued_at: float | None, assigned_at: float | None) -> Stay:
    return Stay(name, "standard", order_at, order_at, queued_at, assigned_at, "userLeft")


def test_whoever_came_later_and_was_served_first_breaks_the_order() -> None:
    ada, bob = stay("ada", 1, 1, 30), stay("bob", 2, 2, 20)
    assert order_breaks([bob, ada]) == [("ada", "bob")]
    assert order_breaks([ada, stay("bob", 2, 2, 31)]) == []


def test_a_newcomer_who_finds_a_line_and_gets_a_slot_breaks_the_order() -> None:
    assert order_breaks([stay("ada", 1, 1, 30), stay("eve", 5, None, 5)]) == [("ada", "eve")]


def test_who_was_served_before_the_other_stood_in_line_breaks_nothing() -> None:
    vip = stay("vip", order_at=-20, queued_at=10, assigned_at=12)
    assert order_breaks([vip, stay("ada", 1, 1, 9)]) == []


def test_who_leaves_the_line_was_not_overtaken() -> None:
    assert order_breaks([stay("ada", 1, 1, None), stay("bob", 2, 2, 20)]) == []


def test_the_first_forecast_is_judged() -> None:
    stays = [stay("ada", 0, 0, 10), stay("bob", 0, 0, 20)]
    shown = [Shown("ada", ((0, 5, 15), (5, 6, 7))), Shown("bob", ((0, 5, 10),))]
    found = accuracy(stays, shown)
    assert (found.judged, found.coverage, found.p90_ratio) == (2, 0.5, 1.0)


def test_silence_is_the_longest_gap_between_words() -> None:
    shown = [Shown("ada", ((1, 5, 15), (4, 6, 7)))]
    assert longest_silence([stay("ada", 0, 0, 10)], shown) == 6
