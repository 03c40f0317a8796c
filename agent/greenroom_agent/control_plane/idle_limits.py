"""How long a viewer may give no input, as the control plane says it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdleLimits:
    """After `warn_s` without input the viewer is warned, `end_s` later the session ends. 0: idling is allowed."""

    warn_s: float = 0.0
    end_s: float = 0.0


UNLIMITED = IdleLimits()
