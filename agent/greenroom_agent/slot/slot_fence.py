"""Keeps an error in one slot from reaching the agent and its other slots.

Everything that a slot handles (a frame from a page, an answer from the control plane, a message from its streamer, the
end of its process, a timer) is handled in a fenced method. An agent serves several viewers: an error that is caused by
one viewer resets that viewer's slot only.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class Breakable(Protocol):
    """An object with fenced methods, that is, methods whose errors are caught and passed to `broken`."""

    def broken(self, error: Exception) -> None:
        """Recovers from an error in a fenced method. Must not raise."""


P = ParamSpec("P")
B = TypeVar("B", bound=Breakable)


def fenced(method: Callable[Concatenate[B, P], None]) -> Callable[Concatenate[B, P], None]:
    """Decorates a method so that it never raises. An error in the method is passed to the object's `broken`."""

    @wraps(method)
    def inside(self: B, /, *arguments: P.args, **named: P.kwargs) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as error:  # every kind of error: one that gets through would stop the other slots
            self.broken(error)

    return inside
