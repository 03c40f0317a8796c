"""Every way a Greenroom call can fail, named by its outcome. State machines catch these by class name."""

from __future__ import annotations

from collections.abc import Mapping


class GreenroomError(Exception):
    """The root: anything raised on purpose."""


class InvalidField(GreenroomError):
    """The caller's input is wrong: `field` names it, `reason` says what would be right. Answers 400."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotFound(GreenroomError):
    """The thing does not exist, or is someone else's. Answers 404 without saying which."""


class Forbidden(GreenroomError):
    """The caller is known but may not do this. Answers 403."""


class Conflict(GreenroomError):
    """The thing changed under the caller; reading again and deciding anew is safe. Answers 409."""


class StoreBusy(GreenroomError):
    """A table took no call for the moment: a conflict, throttle or fault outlasted the retries. Answers 503.

    The caller may have done a part of its work: the same again, a little later, does the rest. No Conflict, which
    callers take for an answer.
    """

    retry_after_s = 1


class NoFreeSlot(GreenroomError):
    """No slot could be claimed now; the session waits in line."""


class SlotLost(Conflict):
    """Another claim took this slot first; try another one."""


class ViewerLimitReached(GreenroomError):
    """The viewer already runs as many sessions as allowed; `session_id` is one of them. Answers 409."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"session {session_id} is still running")
        self.session_id = session_id


class QuotaExceeded(GreenroomError):
    """`scope` (viewer-day, tenant, account) may use no more: its quota `name` of `limit` is full. Answers 429."""

    def __init__(self, scope: str, name: str, limit: int, now: float, try_again_at: float) -> None:
        super().__init__(f"the {scope} limit {name} of {limit} is reached")
        self.scope = scope
        self.name = name
        self.limit = limit
        self.try_again_at = try_again_at
        self.retry_after_s = max(1, round(try_again_at - now))


class KillSwitchThrown(GreenroomError):
    """An operator stopped all new sessions; `reason` says why. Answers 503."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LineFull(GreenroomError):
    """So many wait in line that nobody may join it now; worth another try in `retry_after_s`. Answers 503."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(f"{limit} wait in line already; try again in {retry_after_s} seconds")
        self.limit = limit
        self.retry_after_s = retry_after_s


class DuplicateLaunch(GreenroomError):
    """This client token already launched `session_id`; answer with that session."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"client token belongs to session {session_id}")
        self.session_id = session_id


class ApplicationClosed(GreenroomError):
    """An operator closed the application to new sessions. Answers 403."""


class NotOpenYet(GreenroomError):
    """It opens around scheduled events only; `opens_at`: when it next does, None: nothing is planned. 403."""

    def __init__(self, opens_at: float | None) -> None:
        super().__init__("it is open around its scheduled events only")
        self.opens_at = opens_at


class SessionHasEnded(GreenroomError):
    """The session is Ending, Ended or Failed; nothing more can be done with it. Answers 409."""


class EventHasEnded(GreenroomError):
    """The scheduled event is Over or Cancelled; make a new one. Answers 409."""


class FactUnavailable(GreenroomError):
    """The AWS account could not be asked for this fact; the message names the call and AWS's code."""


class SessionAlreadyAdopted(GreenroomError):
    """Another execution drives this session: a duplicate event, ended quietly."""


class IllegalTransition(GreenroomError):
    """The state tables have no such edge; a late or reordered fact, ignored."""


class StaleEpoch(GreenroomError):
    """The slot has a newer holder; what the caller knows is outdated. Answers 409."""


class StaleBoot(GreenroomError):
    """A newer boot of this instance has registered; the caller must stop. Answers 409."""


class InstanceHasEnded(GreenroomError):
    """The instance was written off; whoever still runs there must stop. Answers 409."""


class UnknownInstance(GreenroomError):
    """No launch of this stack explains this instance. Answers 403."""


class TicketRefused(GreenroomError):
    """The socket ticket is unknown, used, too old or for something that is over. The handshake is denied."""


class ConnectionGone(GreenroomError):
    """Nobody is on this connection any more."""


class TaskGone(GreenroomError):
    """The state machine no longer waits for this token (timed out, ended, invalid): the caller undoes."""


class CapacityUnavailable(GreenroomError):
    """EC2 has no capacity for these offerings now; another offering or a later time may."""


class AccountLimitReached(GreenroomError):
    """A quota of the account, not of the Region, refused the launch: alarm and queue, do not fall through."""


class RequestThrottled(GreenroomError):
    """EC2 takes no more calls for the moment: the same again, a little later. Nothing is wrong with the offering."""


class OfferingsInvalid(GreenroomError):
    """EC2 can never launch these offerings as they are asked for (type, zone, image): somebody must mend the pool."""


LAUNCH_FAILURES: Mapping[str, type[GreenroomError]] = {
    each.__name__: each for each in (CapacityUnavailable, AccountLimitReached, RequestThrottled, OfferingsInvalid)
}
"""By the name that the state machine catches."""


class PoolIsHalted(GreenroomError):
    """Nothing is launched or started in the pool until somebody resumes it."""


class LaunchAbandoned(GreenroomError):
    """The launch was undone by someone else before it finished."""


class RelaySecretUnavailable(GreenroomError):
    """The TURN server's secret cannot be read now: sessions are welcomed without a relay."""


class PassIncomplete(GreenroomError):
    """Some of the reaper's repairs failed; all others were made. The next pass tries again."""
