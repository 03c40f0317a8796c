"""Why EC2 launches no instance, sorted by what would help. Only error codes are read; messages are for people.

Source: https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html (2026-06); CreateFleet gives the same codes
in its `Errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class RefusalKind(StrEnum):
    """What would help after EC2 refused a launch."""

    CAPACITY = "capacity"  # another type, zone or market may work, or a later time
    ACCOUNT_LIMIT = "accountLimit"  # a quota of the account: somebody must raise it, or instances must end
    THROTTLED = "throttled"  # too many calls, or a fault inside EC2: repeat the call a little later
    CONFIGURATION = "configuration"  # can never work: somebody must change the pool, the image or the stack


K = RefusalKind
CODES: Mapping[str, RefusalKind] = {
    "InsufficientInstanceCapacity": K.CAPACITY,
    "InsufficientHostCapacity": K.CAPACITY,
    "InsufficientCapacity": K.CAPACITY,
    "InsufficientCapacityOnHost": K.CAPACITY,
    "InsufficientReservedInstanceCapacity": K.CAPACITY,
    "InsufficientFreeAddressesInSubnet": K.CAPACITY,  # another subnet may have addresses
    "InsufficientAddressCapacity": K.CAPACITY,
    "InsufficientVolumeCapacity": K.CAPACITY,
    "UnfulfillableCapacity": K.CAPACITY,
    "SpotMaxPriceTooLow": K.CAPACITY,
    "MaxSpotInstanceCountExceeded": K.ACCOUNT_LIMIT,
    "MaxSpotFleetRequestCountExceeded": K.ACCOUNT_LIMIT,
    "VcpuLimitExceeded": K.ACCOUNT_LIMIT,
    "InstanceLimitExceeded": K.ACCOUNT_LIMIT,
    "ResourceLimitExceeded": K.ACCOUNT_LIMIT,
    "VolumeLimitExceeded": K.ACCOUNT_LIMIT,
    "MaxIOPSLimitExceeded": K.ACCOUNT_LIMIT,
    "MaxFleetCountExceeded": K.ACCOUNT_LIMIT,
    "PendingVerification": K.ACCOUNT_LIMIT,  # AWS verifies a new account for minutes to hours; no offering helps
    "OptInRequired": K.ACCOUNT_LIMIT,
    "Blocked": K.ACCOUNT_LIMIT,
    "RequestLimitExceeded": K.THROTTLED,
    "EC2ThrottledException": K.THROTTLED,
    "Throttling": K.THROTTLED,
    "ThrottlingException": K.THROTTLED,
    "InternalError": K.THROTTLED,
    "InternalFailure": K.THROTTLED,
    "ServiceUnavailable": K.THROTTLED,
    "Unavailable": K.THROTTLED,
    "Unsupported": K.CONFIGURATION,  # the type is not in that zone, or the image cannot run on it
    "UnsupportedOperation": K.CONFIGURATION,
    "UnauthorizedOperation": K.CONFIGURATION,
    "AuthFailure": K.CONFIGURATION,
    "MissingParameter": K.CONFIGURATION,
    "UnknownParameter": K.CONFIGURATION,
    "IdempotentParameterMismatch": K.CONFIGURATION,
}


def kind_of(code: str) -> RefusalKind:
    """What would help after EC2 refused a launch with this error code.

    Any code that begins with Invalid (`InvalidAMIID.NotFound`) is a wrong configuration; an unknown code counts as
    missing capacity.
    """
    if code.startswith("Invalid"):
        return K.CONFIGURATION
    return CODES.get(code, K.CAPACITY)


def failure_of(kinds: Iterable[RefusalKind]) -> str:
    """The name of the error for a launch that got no instance, only refusals of these kinds.

    A wrong configuration counts only if all refusals are of that kind: a used-up quota beside an invalid type is a
    quota problem.
    """
    seen = set(kinds)
    hopeful = seen - {K.CONFIGURATION}
    if hopeful == {K.ACCOUNT_LIMIT}:
        return "AccountLimitReached"
    if hopeful == {K.THROTTLED}:
        return "RequestThrottled"
    return "OfferingsInvalid" if seen and not hopeful else "CapacityUnavailable"
