"""The TURN server's secret in Secrets Manager, kept in memory for a few minutes."""

from __future__ import annotations

import logging

from botocore.exceptions import BotoCoreError, ClientError

from greenroom.aws.clients import client
from greenroom.domain.errors import RelaySecretUnavailable

log = logging.getLogger(__name__)

KEPT_S = 300
"""How long a secret is kept. After a change, credentials of the old one are made no longer than this."""
PAUSE_S = 30
"""How long a secret that could not be read is not asked for again, because a viewer waits for each welcome."""


class SecretsManagerRelaySecret:
    """ports.RelaySecret."""

    def __init__(self, arn: str) -> None:
        self._arn = arn
        self._secret = ""
        self._read_at = self._refused_at = float("-inf")
        self._refusal = ""

    def current(self, now: float) -> str:
        if now - self._read_at < KEPT_S:
            return self._secret
        if now - self._refused_at < PAUSE_S:
            raise RelaySecretUnavailable(self._refusal)
        try:
            answer = client("secretsmanager", hurried=True).get_secret_value(SecretId=self._arn)
            self._secret = answer["SecretString"]
        except ClientError as error:
            raise self._refused(error.response["Error"]["Code"], now) from error
        except (BotoCoreError, KeyError) as error:  # KeyError: somebody stored bytes
            raise self._refused(type(error).__name__, now) from error
        self._read_at = now
        return self._secret

    def _refused(self, reason: str, now: float) -> RelaySecretUnavailable:
        """AWS's error code, never its text."""
        log.warning("the TURN server's secret cannot be read (%s): sessions have no relay", reason)
        self._refused_at, self._refusal = now, reason
        return RelaySecretUnavailable(reason)
