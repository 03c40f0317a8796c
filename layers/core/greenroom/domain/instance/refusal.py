"""Why EC2 refuses to launch an instance, sorted by what would help. Only EC2's error codes decide, never its messages.

Source: https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html (2026-06); CreateFleet gives the same codes
in its `Errors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class RefusalKind(StrEnum):
    """Why EC2 refused a launch, and so what would help."""

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
    """The kind of refusal that EC2's error code means, and so what would help.

    Any code that begins with Invalid (`InvalidAMIID.NotFound`) is a wrong configuration. An unknown code counts as
    missing capacity.
    """
    if code.startswith("Invalid"):
        return K.CONFIGURATION
    return CODES.get(code, K.CAPACITY)


def failure_of(kinds: Iterable[RefusalKind]) -> str:
    """The class name of the error to raise for a launch that got no instance, from the kinds of EC2's refusals.

    The launch counts as wrongly configured only if all refusals are of that kind. Example: if one refusal is about a
    used-up quota and another about an invalid type, the error is AccountLimitReached.
    """
    seen = set(kinds)
    hopeful = seen - {K.CONFIGURATION}
    if hopeful == {K.ACCOUNT_LIMIT}:
        return "AccountLimitReached"
    if hopeful == {K.THROTTLED}:
        return "RequestThrottled"
    return "OfferingsInvalid" if seen and not hopeful else "CapacityUnavailable"
