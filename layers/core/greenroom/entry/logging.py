"""Structured logs. Fields are logged one by one: never a whole event, a token or a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


def logger() -> Logger:
    """The function's logger; its service name comes from the environment.

    Its library is imported by the first logged line, because most invocations log nothing.
    """
    from aws_lambda_powertools import Logger

    return Logger()
