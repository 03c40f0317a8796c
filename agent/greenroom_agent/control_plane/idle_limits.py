"""How long a viewer may stay without input; the control plane sets it for each session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdleLimits:
    """After `warn_s` without input the viewer is warned; `end_s` later the session ends. `warn_s` 0: no limit."""

    warn_s: float = 0.0
    end_s: float = 0.0


UNLIMITED = IdleLimits()
