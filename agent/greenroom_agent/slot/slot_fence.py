"""The fence round one slot: a fault in what is done for it resets it, and reaches neither the agent nor its neighbours.

Everything that enters a slot (a frame of a page, a word of the control plane, a message of its streamer, its process,
a timer) enters by a fenced method. An agent serves several viewers; what one of them provokes is theirs alone.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class Breakable(Protocol):
    """What has a fence."""

    def broken(self, error: Exception) -> None:
        """This was raised inside: begin anew. Must not raise."""


P = ParamSpec("P")
B = TypeVar("B", bound=Breakable)


def fenced(method: Callable[Concatenate[B, P], None]) -> Callable[Concatenate[B, P], None]:
    """A method that never raises: what it would raise, `broken` is told."""

    @wraps(method)
    def inside(self: B, /, *arguments: P.args, **named: P.kwargs) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as error:  # a fence that lets some kinds through is none
            self.broken(error)

    return inside
