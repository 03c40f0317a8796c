"""How long a viewer may give no input; the control plane sets these limits for each session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdleLimits:
    """How long a viewer may give no input, in seconds. If `warn_s` is 0, there is no limit.

    The viewer is warned after `warn_s` without input. The session ends when `end_s` more pass without input.
    """

    warn_s: float = 0.0
    end_s: float = 0.0


UNLIMITED = IdleLimits()
