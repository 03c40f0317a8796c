"""Runs the idle watch of one slot with a timer: warns an inactive viewer, then ends the session."""

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any

from greenroom_agent.control_plane.idle_limits import UNLIMITED
from greenroom_agent.slot.idle_watch import IdleSign, IdleWatch


class IdleClock:
    """Measures how long the viewer has given no input, while the viewer has video.

    `notify_page` sends a message to the viewer's page; `end` asks for the end of the session; `can_hear` says whether
    reports of input can reach the agent now.
    """

    def __init__(
        self, notify_page: Callable[[Mapping[str, Any]], None], end: Callable[[], None], can_hear: Callable[[], bool]
    ) -> None:
        self._notify_page = notify_page
        self._end = end
        self._can_hear = can_hear
        self._watch: IdleWatch | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.limits = UNLIMITED

    def start(self) -> None:
        """Starts measuring how long the viewer gives no input. Called when the video starts, which counts as input."""
        self.stop()
        if self.limits.warn_s > 0:
            self._watch = IdleWatch(self.limits, _now_s())
            self._set_timer()

    def stop(self) -> None:
        """Stops measuring how long the viewer gives no input. Called when the video stops."""
        self._watch = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def heard(self, idle_s: object = 0) -> None:
        """Records that the viewer's last input was `idle_s` seconds ago. A value that is not a number is ignored."""
        if self._watch is None or isinstance(idle_s, bool) or not isinstance(idle_s, (int, float)):
            return
        if not math.isfinite(idle_s) or idle_s < 0:
            return
        self._say(self._watch.heard(idle_s, _now_s()), self._watch)
        self._set_timer()

    def poll(self) -> None:
        """Warns a viewer who has been idle (without input) for long enough, or ends the session.

        Called by the timer, and each time the agent's connection to the Viewer socket opens.
        """
        if self._watch is None:
            return
        sign = self._watch.poll(_now_s(), can_hear=self._can_hear())
        self._set_timer()
        self._say(sign, self._watch)

    def _say(self, sign: IdleSign | None, watch: IdleWatch) -> None:
        if sign is IdleSign.END:
            self._end()
        elif sign is not None:
            ends_in_s = round(watch.ends_in_s(_now_s()), 1) if sign is IdleSign.WARN else None
            self._notify_page({"type": "greenroomIdle", "endsIn_s": ends_in_s})

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._watch is None:
            return
        # Still due means that the page cannot be reached. The socket calls `poll` when it opens; this is for safety.
        pause_s = self._watch.next_at_s - _now_s()
        self._timer = asyncio.get_running_loop().call_later(pause_s if pause_s > 0 else 1.0, self.poll)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
