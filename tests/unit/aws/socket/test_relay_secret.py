"""The TURN server's secret: read once in five minutes, left alone for a while when it is denied, never told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from greenroom.aws.clients import client
from greenroom.aws.socket import relay_secret
from greenroom.aws.socket.relay_secret import KEPT_S, PAUSE_S, SecretsManagerRelaySecret
from greenroom.domain.errors import RelaySecretUnavailable
from moto import mock_aws


class Manager:
    """Secrets Manager: answers with the secret, or refuses; counts."""

    def __init__(self) -> None:
        self.secret = "first"
        self.refuses = False
        self.asked = 0

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:
        self.asked += 1
        if self.refuses:
            said = {"Code": "AccessDeniedException", "Message": "arn and words that nobody needs"}
            raise ClientError({"Error": said}, "GetSecretValue")
        return {"SecretString": self.secret}


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()
    monkeypatch.setattr(relay_secret, "client", lambda service, hurried=False: made)
    return made


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Secrets Manager as moto has it."""
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client.cache_clear()
        yield boto3.client("secretsmanager")
    client.cache_clear()


def test_it_is_read_as_it_stands_there(real: Any) -> None:
    arn = real.create_secret(Name="turn", SecretString="north")["ARN"]
    assert SecretsManagerRelaySecret(arn).current(0) == "north"
    with pytest.raises(RelaySecretUnavailable, match="ResourceNotFoundException"):
        SecretsManagerRelaySecret(arn.replace("turn", "other")).current(0)
    arn = real.create_secret(Name="bytes", SecretBinary=b"north")["ARN"]
    with pytest.raises(RelaySecretUnavailable):
        SecretsManagerRelaySecret(arn).current(0)


def test_a_changed_secret_is_known_within_five_minutes_and_asked_for_no_oftener(manager: Manager) -> None:
    secret = SecretsManagerRelaySecret("arn")
    assert secret.current(0) == "first"
    manager.secret = "second"
    assert secret.current(KEPT_S - 1) == "first"
    assert manager.asked == 1
    assert secret.current(KEPT_S) == "second"


def test_an_old_secret_is_not_handed_out_when_the_new_one_is_denied(manager: Manager) -> None:
    secret = SecretsManagerRelaySecret("arn")
    secret.current(0)
    manager.refuses = True
    with pytest.raises(RelaySecretUnavailable):
        secret.current(KEPT_S)


def test_a_denied_secret_is_asked_for_again_after_a_rest(manager: Manager, caplog: pytest.LogCaptureFixture) -> None:
    secret = SecretsManagerRelaySecret("arn")
    manager.refuses = True
    for now in (0, 1, PAUSE_S - 1):
        with pytest.raises(RelaySecretUnavailable, match="AccessDeniedException"):
            secret.current(now)
    assert (manager.asked, len(caplog.records)) == (1, 1)
    assert "words that nobody needs" not in caplog.text
    manager.refuses = False
    assert secret.current(PAUSE_S) == "first"


def test_the_secret_is_in_no_log_and_no_representation(manager: Manager, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = SecretsManagerRelaySecret("arn")
    secret.current(0)
    assert "first" not in caplog.text + repr(secret)
