"""Computes how long to pause before an attempt is repeated."""


def full_jitter_s(attempt: int, first_s: float, last_s: float, luck: float) -> float:
    """Returns a random pause from 0 to first_s·2^attempt seconds, but at most `last_s` seconds.

    `luck`: a random number in [0, 1), which decides how long the pause is.
    Source: AWS Architecture Blog, "Exponential Backoff And Jitter": full jitter spreads simultaneous retries best.
    """
    return luck * min(last_s, first_s * 2.0 ** min(attempt, 30))
