"""Pauses between tries."""


def full_jitter_s(attempt: int, first_s: float, last_s: float, luck: float) -> float:
    """A pause between 0 and first_s·2^attempt (at most last_s); luck is a random number in [0, 1).

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter": full jitter spreads a herd best.
    """
    return luck * min(last_s, first_s * 2.0 ** min(attempt, 30))
