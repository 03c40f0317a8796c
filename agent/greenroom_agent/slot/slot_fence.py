"""Keeps an error in one slot from reaching the agent and its other slots.

Everything that a slot handles (a frame of a page, an answer of the control plane, a message of its streamer, the end of
its process, a timer) enters by a fenced method. An agent serves several viewers: an error that one of them provokes
resets that viewer's slot only.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class Breakable(Protocol):
    """An object with fenced methods, that is, methods whose errors are caught and handled by `broken`."""

    def broken(self, error: Exception) -> None:
        """Recovers from an error in a method, which the decorator `fenced` has caught. Must not raise."""


P = ParamSpec("P")
B = TypeVar("B", bound=Breakable)


def fenced(method: Callable[Concatenate[B, P], None]) -> Callable[Concatenate[B, P], None]:
    """Decorator: the method never raises; its errors are passed to `broken`."""

    @wraps(method)
    def inside(self: B, /, *arguments: P.args, **named: P.kwargs) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as error:  # every kind of error: one that gets through would stop the other slots
            self.broken(error)

    return inside
