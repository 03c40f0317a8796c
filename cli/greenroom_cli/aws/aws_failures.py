"""What AWS answered, as a failure with what helps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from greenroom_cli.failures import CommandFailed

_CREDENTIALS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)


class AwsRefused(CommandFailed):
    """AWS refused a call, or was not reached: what was begun is not finished."""


@contextmanager
def aws_failures(again: str) -> Iterator[None]:
    """`again`: what the reader does when it is mended. Raises: AwsRefused for what the SDK raised."""
    try:
        yield
    except NoCredentialsError as error:
        raise AwsRefused("no AWS credentials are found", str(error), "set AWS_PROFILE, or run aws configure") from error
    except (BotoCoreError, ClientError) as error:
        raise AwsRefused("not finished", str(error), f"{_mend(error)}{again}") from error


def _mend(error: Exception) -> str:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in _CREDENTIALS:
        return "sign in again (aws sso login, or new keys); "
    return ""
