"""Pauses between attempts."""


def full_jitter_s(attempt: int, first_s: float, last_s: float, luck: float) -> float:
    """A random pause from 0 to first_s·2^attempt seconds, never above last_s. `luck` is a random number in [0, 1).

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter": full jitter spreads simultaneous retries best.
    """
    return luck * min(last_s, first_s * 2.0 ** min(attempt, 30))
