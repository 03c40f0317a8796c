"""Throws or clears the kill switch, with which an operator stops all new sessions of the installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.journal import quota as journal
from greenroom.domain.quota.quota import KillSwitch

if TYPE_CHECKING:
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.quota import HasQuotas
    from greenroom.ports.world import Clock

    class Ports(Clock, HasJournal, HasQuotas, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def throw_kill_switch(reason: str, operator: str, ports: Ports) -> KillSwitch:
    """Throws the kill switch, which stops all new sessions. Sessions that already run, or wait in line, continue.

    If the kill switch is already thrown, its first reason is kept. Returns the kill switch as it is stored.
    """
    thrown = KillSwitch(reason, ports.now(), operator)
    if not ports.quotas.throw(thrown):
        return ports.quotas.of_account().kill_switch or thrown
    ports.journal.append(journal.KillSwitchThrown(operator, reason), ports.now())
    return thrown


def clear_kill_switch(operator: str, ports: Ports) -> None:
    """Clears the kill switch (which stops new sessions), so that new sessions can start again. Idempotent."""
    if ports.quotas.clear():
        ports.journal.append(journal.KillSwitchCleared(operator), ports.now())
