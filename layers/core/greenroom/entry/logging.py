"""Structured logs. What is logged is chosen field by field: never a whole event, a token or a ticket."""

from __future__ import annotations

from aws_lambda_powertools import Logger


def logger() -> Logger:
    """The function's logger; its service name comes from the environment."""
    return Logger()
