"""Every error that Greenroom raises on purpose, named by its outcome. State machines catch these errors by class name.

`HTTP 409` in an error's description is the status with which the HTTP API answers a request that raised the error.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenroom.domain.times import iso

_CHANGED_MEANWHILE = "was changed at the same time. Read it again and repeat the change."


class GreenroomError(Exception):
    """The root of all errors that are raised on purpose."""


class InvalidField(GreenroomError):
    """The caller's input is wrong: `field` names the input, `reason` says what would be right. HTTP 400."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotFound(GreenroomError):
    """The thing asked for does not exist, or belongs to someone else; the answer does not tell which. HTTP 404.

    `noun` and `name` say which thing: `pool`, `demo`.
    """

    def __init__(self, noun: str, name: str) -> None:
        super().__init__(f"There is no {noun} {name}.")


class Forbidden(GreenroomError):
    """The caller is known but may not do this. HTTP 403. The text is a sentence, which the caller reads."""


class Conflict(GreenroomError):
    """Somebody else changed the thing between the read and the write. Reading and deciding again is safe. HTTP 409.

    `noun` and `name` say which thing. `why` replaces the general reason and finishes the sentence:
    `Conflict("instance", "i-1", "is Ready: only a drain by an operator can be undone.")`.
    """

    def __init__(self, noun: str, name: str, why: str = _CHANGED_MEANWHILE) -> None:
        super().__init__(f"The {noun} {name} {why}")


class StoreBusy(GreenroomError):
    """A table refused a call for the moment: a conflict, throttle or fault outlasted all retries. HTTP 503.

    A part of the caller's work may be done already; repeating the same call a little later does the rest. This is no
    Conflict, because callers treat a Conflict as a final answer.
    """

    retry_after_s = 1


class NoFreeSlot(GreenroomError):
    """The pool has no slot that a session can claim now, so the session waits in line."""


class SlotLost(Conflict):
    """Another session took the slot first, or the slot changed since it was read; the caller may try another slot."""

    def __init__(self, name: str, noun: str = "slot") -> None:
        super().__init__(noun, name, "was taken or changed by somebody else first. Try another slot.")


class ViewerLimitReached(GreenroomError):
    """The viewer already runs as many sessions as allowed; `session_id` is one of those sessions. HTTP 409."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"The session {session_id} is still running. Go back to it, or end it first.")
        self.session_id = session_id


class QuotaExceeded(GreenroomError):
    """A quota is used up: `name`, which allows `limit` units to `scope` (viewer-day, tenant, account). HTTP 429."""

    def __init__(self, scope: str, name: str, limit: int, now: float, try_again_at: float) -> None:
        retry_after_s = max(1, round(try_again_at - now))
        super().__init__(f"The {scope} limit {name} of {limit} is reached. Try again in {retry_after_s} seconds.")
        self.scope = scope
        self.name = name
        self.limit = limit
        self.try_again_at = try_again_at
        self.retry_after_s = retry_after_s


class KillSwitchThrown(GreenroomError):
    """An operator stopped all new sessions with the kill switch; `reason` is what the operator wrote. HTTP 503."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LineFull(GreenroomError):
    """The pool's line has reached its `limit`, so no further session may wait in it. HTTP 503.

    A retry is worthwhile after `retry_after_s`.
    """

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(
            f"The line is full: {limit} viewers are waiting already. Try again in {retry_after_s} seconds."
        )
        self.limit = limit
        self.retry_after_s = retry_after_s


class DuplicateLaunch(GreenroomError):
    """The client token of this request has already created `session_id`; the caller answers with that session."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"client token belongs to session {session_id}")
        self.session_id = session_id


class ApplicationClosed(GreenroomError):
    """An operator closed the application to new sessions. HTTP 403. The text is a sentence, which the viewer reads."""


def _opening(opens_at: float | None) -> str:
    return "No event is planned." if opens_at is None else f"It opens next at {iso(opens_at)}."


class NotOpenYet(GreenroomError):
    """The application takes sessions only around its scheduled events, and no event is near. HTTP 403.

    `opens_at`: when the application takes sessions again, epoch seconds; None when no event is planned.
    """

    def __init__(self, opens_at: float | None) -> None:
        super().__init__(f"The application is open only around its scheduled events. {_opening(opens_at)}")
        self.opens_at = opens_at


class SessionHasEnded(GreenroomError):
    """The session is Ending, Ended or Failed; nothing more can be done with it. HTTP 409."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"The session {session_id} has ended. Request a new one.")


class EventHasEnded(GreenroomError):
    """The scheduled event is Over or Cancelled; the operator must make a new one. HTTP 409."""

    def __init__(self, event_id: str, state: str) -> None:
        super().__init__(f"The event {event_id} is {state}. Schedule a new one.")


class FactUnavailable(GreenroomError):
    """A fact about the AWS account could not be read; the message names the AWS call and AWS's error code."""


class SessionAlreadyAdopted(GreenroomError):
    """Another state machine execution already drives this session: the caller is a duplicate and ends quietly."""


class IllegalTransition(GreenroomError):
    """The transition table has no edge for this change of state: the report that asked for it is late or out of order.

    The caller ignores such a report.
    """


class StaleEpoch(GreenroomError):
    """The slot has changed hands since the caller read its epoch (a number that rises at each claim). HTTP 409.

    `noun` and `name` say whether a slot or a session noticed it.
    """

    def __init__(self, noun: str, name: str, why: str = "has a newer epoch.") -> None:
        super().__init__(f"The {noun} {name} {why} Drop what belongs to the older one.")


class StaleBoot(GreenroomError):
    """The instance has booted again and its new agent has registered, so the calling agent must stop. HTTP 409."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(
            f"The instance {instance_id} has registered again since. The agent of the older boot must stop."
        )


class InstanceHasEnded(GreenroomError):
    """Greenroom has recorded the instance as terminated; an agent that still runs on it must stop. HTTP 409."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"The instance {instance_id} was given up as terminated. Its agent must stop.")


class UnknownInstance(GreenroomError):
    """This stack did not launch the instance, or the instance is stopped, ending or ended. HTTP 403."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(
            f"This stack did not launch the instance {instance_id}, or the instance is stopped, ending or ended."
        )


class TicketRefused(GreenroomError):
    """The ticket for the Viewer socket is unknown, used or expired, or its session or instance has ended.

    The WebSocket handshake is refused.
    """


class ConnectionGone(GreenroomError):
    """The WebSocket connection is closed."""


class TaskGone(GreenroomError):
    """The state machine no longer waits for this task token: it timed out or ended, or the token is invalid.

    The caller must undo its work.
    """


class CapacityUnavailable(GreenroomError):
    """EC2 has no capacity for these offerings (type, zone, market) now. Another offering or a later try may succeed."""


class AccountLimitReached(GreenroomError):
    """A quota of the AWS account does not allow the launch.

    No other offering on the same market (Spot or on-demand) helps; somebody must raise the quota.
    """


class RequestThrottled(GreenroomError):
    """EC2 takes no more calls for the moment; the same call succeeds a little later.

    Nothing is wrong with the offerings that the call named.
    """


class OfferingsInvalid(GreenroomError):
    """EC2 can never launch these offerings as requested (type, zone, image): somebody must correct the pool."""


LAUNCH_FAILURES: Mapping[str, type[GreenroomError]] = {
    each.__name__: each for each in (CapacityUnavailable, AccountLimitReached, RequestThrottled, OfferingsInvalid)
}
"""The errors that a failed launch may raise, by the name that the state machine catches."""


class PoolIsHalted(GreenroomError):
    """The pool is halted: it launches and starts no instance until an operator resumes the pool."""


class LaunchAbandoned(GreenroomError):
    """The launch was undone before it finished, or the pool serves another application by now."""


class RelaySecretUnavailable(GreenroomError):
    """The TURN server's secret cannot be read now; sessions continue without a TURN server."""


class PassIncomplete(GreenroomError):
    """Some of the reaper's repairs failed; all others were made. Its next pass tries the failed repairs again."""
