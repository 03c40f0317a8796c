"""Structured logs. What is logged is chosen field by field: never a whole event, a token or a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


def logger() -> Logger:
    """The function's logger; its service name comes from the environment.

    Imported by the first line that is logged: most invocations log nothing.
    """
    from aws_lambda_powertools import Logger

    return Logger()
