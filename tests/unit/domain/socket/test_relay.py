"""The credential that coturn recomputes, and how long it lives."""

from __future__ import annotations

import pytest
from greenroom.domain.socket.relay import LONGEST_S, TurnCredential, credential_expiry, turn_credential

SECRET = "north"


def test_a_credential_is_what_coturn_computes_from_the_same_secret() -> None:
    """The value was computed with `printf '1800000000:ses-1' | openssl dgst -sha1 -hmac north -binary | base64`."""
    credential = turn_credential(SECRET, "ses-1", 1_800_000_000.7)
    assert credential == TurnCredential("1800000000:ses-1", "Y7v8RK6ivi619w6qwO6q8RU/HD4=")


def test_a_credential_names_one_session_and_one_time() -> None:
    made = {turn_credential(SECRET, who, at).credential for who in ("ses-1", "ses-2") for at in (10.0, 11.0)}
    assert len(made) == 4
    assert turn_credential("south", "ses-1", 10.0).credential not in made


def test_the_secret_part_is_in_no_representation() -> None:
    credential = turn_credential(SECRET, "ses-1", 10.0)
    assert credential.credential not in repr(credential)


@pytest.mark.parametrize(
    ("desc", "ends_by", "maximum_s", "expected"),
    [
        ("what is left of a session that has connected, and ten minutes", 1_500.0, 9_000, 2_100.0),
        ("all of it, before it has", None, 9_000, 10_600.0),
        ("a day, however long the session", None, 86_400, 1_000.0 + LONGEST_S),
        ("one past its end still has the ten minutes", 900.0, 60, 1_600.0),
    ],
)
def test_a_credential_lives_as_long_as_its_session_may(
    desc: str, ends_by: float | None, maximum_s: int, expected: float
) -> None:
    assert credential_expiry(ends_by, maximum_s, now=1_000.0) == expected, desc
