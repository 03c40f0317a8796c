"""Every error that Greenroom raises on purpose, named by its outcome. State machines catch these errors by class name.

`HTTP 409` is the status with which the HTTP API answers the error.
"""

from __future__ import annotations

from collections.abc import Mapping


class GreenroomError(Exception):
    """The root of all errors that are raised on purpose."""


class InvalidField(GreenroomError):
    """The caller's input is wrong: `field` names the input, `reason` says what would be right. HTTP 400."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotFound(GreenroomError):
    """The thing does not exist, or belongs to someone else; the answer does not tell which. HTTP 404."""


class Forbidden(GreenroomError):
    """The caller is known but may not do this. HTTP 403."""


class Conflict(GreenroomError):
    """The thing was changed by somebody else in the meantime. Reading it again and deciding anew is safe. HTTP 409."""


class StoreBusy(GreenroomError):
    """A table refused a call for the moment: a conflict, throttle or fault outlasted all retries. HTTP 503.

    A part of the caller's work may be done already; repeating the same call a little later does the rest. This is no
    Conflict, because callers treat a Conflict as a final answer.
    """

    retry_after_s = 1


class NoFreeSlot(GreenroomError):
    """No slot can be claimed now, so the session waits in line."""


class SlotLost(Conflict):
    """The slot was taken or changed by somebody else first; the caller may try another slot."""


class ViewerLimitReached(GreenroomError):
    """The viewer already runs as many sessions as allowed; `session_id` is one of them. HTTP 409."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"session {session_id} is still running")
        self.session_id = session_id


class QuotaExceeded(GreenroomError):
    """A quota is used up: `name`, which allows `limit` units to `scope` (viewer-day, tenant, account). HTTP 429."""

    def __init__(self, scope: str, name: str, limit: int, now: float, try_again_at: float) -> None:
        super().__init__(f"the {scope} limit {name} of {limit} is reached")
        self.scope = scope
        self.name = name
        self.limit = limit
        self.try_again_at = try_again_at
        self.retry_after_s = max(1, round(try_again_at - now))


class KillSwitchThrown(GreenroomError):
    """An operator stopped all new sessions; `reason` is the operator's. HTTP 503."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LineFull(GreenroomError):
    """The line has reached its `limit`, so no further session may join it. A retry is worthwhile after `retry_after_s`.

    HTTP 503.
    """

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(f"{limit} viewers are waiting in line already; try again in {retry_after_s} seconds")
        self.limit = limit
        self.retry_after_s = retry_after_s


class DuplicateLaunch(GreenroomError):
    """The client token was already used to launch `session_id`; the caller answers with that session."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"client token belongs to session {session_id}")
        self.session_id = session_id


class ApplicationClosed(GreenroomError):
    """An operator closed the application to new sessions. HTTP 403."""


class NotOpenYet(GreenroomError):
    """The application opens only around its scheduled events. HTTP 403.

    `opens_at`: when it opens next, epoch seconds; None when no event is planned.
    """

    def __init__(self, opens_at: float | None) -> None:
        super().__init__("it is open only around its scheduled events")
        self.opens_at = opens_at


class SessionHasEnded(GreenroomError):
    """The session is Ending, Ended or Failed; nothing more can be done with it. HTTP 409."""


class EventHasEnded(GreenroomError):
    """The scheduled event is Over or Cancelled; the operator must make a new one. HTTP 409."""


class FactUnavailable(GreenroomError):
    """A fact about the AWS account could not be read; the message names the call and AWS's error code."""


class SessionAlreadyAdopted(GreenroomError):
    """Another state machine execution already drives this session: the caller is a duplicate and ends quietly."""


class IllegalTransition(GreenroomError):
    """The transition table has no such edge: the fact is late or out of order, and is ignored."""


class StaleEpoch(GreenroomError):
    """The slot changed hands (its epoch is newer), so what the caller knows is outdated. HTTP 409."""


class StaleBoot(GreenroomError):
    """A newer boot of this instance has registered, so the calling agent must stop. HTTP 409."""


class InstanceHasEnded(GreenroomError):
    """The instance was written off as terminated; an agent that still runs there must stop. HTTP 409."""


class UnknownInstance(GreenroomError):
    """No launch of this stack explains this instance, or it is being ended. HTTP 403."""


class TicketRefused(GreenroomError):
    """The socket ticket is unknown, used or expired, or what it admits to has ended. The handshake is denied."""


class ConnectionGone(GreenroomError):
    """The WebSocket connection is closed."""


class TaskGone(GreenroomError):
    """The state machine no longer waits for this task token (timed out, ended, invalid).

    The caller must undo its work.
    """


class CapacityUnavailable(GreenroomError):
    """EC2 has no capacity for these offerings now; another offering or a later time may succeed."""


class AccountLimitReached(GreenroomError):
    """A quota of the AWS account refused the launch.

    No other offering on this market helps; somebody must raise the quota.
    """


class RequestThrottled(GreenroomError):
    """EC2 takes no more calls for the moment; the same call succeeds a little later.

    Nothing is wrong with the offering.
    """


class OfferingsInvalid(GreenroomError):
    """EC2 can never launch these offerings as requested (type, zone, image): somebody must correct the pool."""


LAUNCH_FAILURES: Mapping[str, type[GreenroomError]] = {
    each.__name__: each for each in (CapacityUnavailable, AccountLimitReached, RequestThrottled, OfferingsInvalid)
}
"""The errors that a failed launch may raise, by the name that the state machine catches."""


class PoolIsHalted(GreenroomError):
    """The pool is halted: it launches and starts nothing until an operator resumes it."""


class LaunchAbandoned(GreenroomError):
    """The launch was undone by someone else before it finished."""


class RelaySecretUnavailable(GreenroomError):
    """The TURN server's secret cannot be read now; sessions go on without a TURN server."""


class PassIncomplete(GreenroomError):
    """Some of the reaper's repairs failed; it made all others. The next pass tries the failed ones again."""
