"""Every error that Greenroom raises on purpose, named by its outcome. State machines catch these errors by class name.

`HTTP 409` in an error's description is the status with which the HTTP API answers a request that raised the error.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenroom.domain.times import iso

_CHANGED_MEANWHILE = "was changed at the same time. Read it again and repeat the change."


class GreenroomError(Exception):
    """The base class of all errors that Greenroom raises on purpose."""


class InvalidField(GreenroomError):
    """Raised when an input of the caller is wrong. HTTP 400.

    `field` names the input; `reason` says what a right value would be.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotFound(GreenroomError):
    """Raised when the thing asked for does not exist or belongs to someone else; the message hides which. HTTP 404.

    `noun` and `name` say which thing was asked for, like `pool` and `demo`.
    """

    def __init__(self, noun: str, name: str) -> None:
        super().__init__(f"There is no {noun} {name}.")


class Forbidden(GreenroomError):
    """Raised when the caller is known but has no right to the action. HTTP 403. The message is for the caller."""


class Conflict(GreenroomError):
    """Raised when somebody else changed a stored thing between the caller's read and write. HTTP 409.

    The caller may read the thing again, decide again and write again.
    `noun` and `name` say which thing was changed. `why` is the end of the message, for cases in which the general
    reason does not fit: `Conflict("instance", "i-1", "is Ready: only a drain by an operator can be undone.")`.
    """

    def __init__(self, noun: str, name: str, why: str = _CHANGED_MEANWHILE) -> None:
        super().__init__(f"The {noun} {name} {why}")


class StoreBusy(GreenroomError):
    """Raised when DynamoDB refused a call for the moment (conflict, throttling or fault) at all retries. HTTP 503.

    A part of the caller's work may be done already. Repeating the same call a little later does the rest. StoreBusy is
    not a kind of Conflict, because callers treat a Conflict as a final answer.
    """

    retry_after_s = 1


class NoFreeSlot(GreenroomError):
    """Raised when the pool has no slot that a session can claim now. The session then waits in the pool's line."""


class SlotLost(Conflict):
    """Raised when another session took a slot first, or a slot changed after it was read. Try another slot."""

    def __init__(self, name: str, noun: str = "slot") -> None:
        super().__init__(noun, name, "was taken or changed by somebody else first. Try another slot.")


class ViewerLimitReached(GreenroomError):
    """Raised when a viewer already runs as many sessions as allowed; `session_id` is one of them. HTTP 409."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"The session {session_id} is still running. Go back to it, or end it first.")
        self.session_id = session_id


class QuotaExceeded(GreenroomError):
    """Raised when a quota (a limit on use) is used up. HTTP 429.

    `scope` says whose quota it is (viewer-day, tenant or account), `name` which of that scope's limits, `limit` how
    many units the quota allows.
    """

    def __init__(self, scope: str, name: str, limit: int, now: float, try_again_at: float) -> None:
        retry_after_s = max(1, round(try_again_at - now))
        super().__init__(f"The {scope} limit {name} of {limit} is reached. Try again in {retry_after_s} seconds.")
        self.scope = scope
        self.name = name
        self.limit = limit
        self.try_again_at = try_again_at
        self.retry_after_s = retry_after_s


class KillSwitchThrown(GreenroomError):
    """Raised while an operator's kill switch stops all new sessions; `reason` is the operator's text. HTTP 503."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LineFull(GreenroomError):
    """Raised when `limit` sessions already wait in the pool's line, so that no further session may join it. HTTP 503.

    The caller should try again after `retry_after_s` seconds.
    """

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(
            f"The line is full: {limit} viewers are waiting already. Try again in {retry_after_s} seconds."
        )
        self.limit = limit
        self.retry_after_s = retry_after_s


class DuplicateLaunch(GreenroomError):
    """Raised when a request repeats a client token (the caller's own id for a request) that was used before.

    The caller answers with the session that the first request created: `session_id`.
    """

    def __init__(self, session_id: str) -> None:
        super().__init__(f"client token belongs to session {session_id}")
        self.session_id = session_id


class ApplicationClosed(GreenroomError):
    """Raised when an operator closed the application to new sessions. HTTP 403. The message is for the viewer."""


def _opening(opens_at: float | None) -> str:
    return "No event is planned." if opens_at is None else f"It opens next at {iso(opens_at)}."


class NotOpenYet(GreenroomError):
    """Raised when an application takes sessions only around its scheduled events, and no event is near. HTTP 403.

    `opens_at`: when the application takes sessions again, epoch seconds; None when no event is planned.
    """

    def __init__(self, opens_at: float | None) -> None:
        super().__init__(f"The application is open only around its scheduled events. {_opening(opens_at)}")
        self.opens_at = opens_at


class SessionHasEnded(GreenroomError):
    """Raised when the caller wants to change a session that is Ending, Ended or Failed. HTTP 409."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"The session {session_id} has ended. Request a new one.")


class EventHasEnded(GreenroomError):
    """Raised when an operator wants to change a scheduled event that is Over or Cancelled. HTTP 409."""

    def __init__(self, event_id: str, state: str) -> None:
        super().__init__(f"The event {event_id} is {state}. Schedule a new one.")


class FactUnavailable(GreenroomError):
    """Raised when a fact about the AWS account cannot be read; the message names the AWS call and AWS's error code."""


class SessionAlreadyAdopted(GreenroomError):
    """Raised when another state machine execution already drives the session. The caller is a duplicate, and ends."""


class IllegalTransition(GreenroomError):
    """Raised when a session, slot, instance or launch may not change from its present state to the requested state.

    The report that asked for the change is late or out of order; the caller ignores such a report.
    """


class StaleEpoch(GreenroomError):
    """Raised when a caller gives an outdated epoch (a slot's fencing number, raised each time the slot changes hands).

    The slot has changed hands since the caller read its epoch, so what the caller wants is refused. HTTP 409.
    `noun` and `name` say which slot or session has the newer epoch.
    """

    def __init__(self, noun: str, name: str, why: str = "has a newer epoch.") -> None:
        super().__init__(f"The {noun} {name} {why} Drop what belongs to the older one.")


class StaleBoot(GreenroomError):
    """Raised when an agent calls although its instance has booted again since; that agent must stop. HTTP 409."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(
            f"The instance {instance_id} has registered again since. The agent of the older boot must stop."
        )


class InstanceHasEnded(GreenroomError):
    """Raised when an agent calls from an instance recorded as terminated; that agent must stop. HTTP 409."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"The instance {instance_id} was given up as terminated. Its agent must stop.")


class UnknownInstance(GreenroomError):
    """Raised when an agent calls from an instance that this stack did not launch, or that does not run. HTTP 403.

    An instance that is stopped, ending or ended counts as not running.
    """

    def __init__(self, instance_id: str) -> None:
        super().__init__(
            f"This stack did not launch the instance {instance_id}, or the instance is stopped, ending or ended."
        )


class TicketRefused(GreenroomError):
    """Raised when a page or an agent may not connect to the Viewer socket, so that its WebSocket handshake is refused.

    The ticket (a single-use secret for the connection) is unknown, used or expired, or its session or instance has
    ended.
    """


class ConnectionGone(GreenroomError):
    """Raised when a frame is sent to a WebSocket connection that is closed."""


class TaskGone(GreenroomError):
    """Raised when no state machine waits for a task token: the wait timed out or ended, or the token is invalid.

    The caller must undo its work.
    """


class CapacityUnavailable(GreenroomError):
    """Raised when EC2 has no capacity now for the requested offerings (type × zone × market). A later try may work."""


class AccountLimitReached(GreenroomError):
    """Raised when a quota of the AWS account forbids a launch.

    Another offering (instance type × zone) on the same market (Spot or on-demand) does not help: somebody must raise
    the quota.
    """


class RequestThrottled(GreenroomError):
    """Raised when EC2 accepts no more calls for the moment. The same call succeeds a little later.

    The refusal says nothing about the offerings (instance type × zone × market) that the call named.
    """


class OfferingsInvalid(GreenroomError):
    """Raised when EC2 can never launch the requested type, zone and image together: somebody must correct the pool."""


LAUNCH_FAILURES: Mapping[str, type[GreenroomError]] = {
    each.__name__: each for each in (CapacityUnavailable, AccountLimitReached, RequestThrottled, OfferingsInvalid)
}
"""The errors that a failed launch may raise, by class name, which is the name that the state machine catches."""


class PoolIsHalted(GreenroomError):
    """Raised when an instance would be launched or started in a pool that is halted until an operator resumes it."""


class LaunchAbandoned(GreenroomError):
    """Raised when a launch must not continue: it was undone meanwhile, or its pool now serves another application."""


class RelaySecretUnavailable(GreenroomError):
    """Raised when the TURN server's secret cannot be read now; sessions continue without a TURN server."""


class PassIncomplete(GreenroomError):
    """Raised at the end of a pass of the reaper (one run of the repair job) when some of its repairs failed.

    All other repairs were made. The next pass tries the failed repairs again.
    """
