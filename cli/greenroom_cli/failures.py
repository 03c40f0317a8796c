"""Why a command did not do what was asked. Standard library only: setup runs before anything is installed."""

from __future__ import annotations


class CommandFailed(Exception):
    """What could not be done, why, and what helps: texts for the reader, of which the last two may be empty."""

    exit_code = 1

    def __init__(self, what: str, why: str = "", remedy: str = "") -> None:
        super().__init__(what, why, remedy)
        self.what, self.why, self.remedy = what, why, remedy

    def __str__(self) -> str:
        text = f"{self.what}: {self.why}" if self.why else self.what
        return f"{text}; {self.remedy}" if self.remedy else text


class CallRefused(CommandFailed):
    """The call itself was wrong, and nothing was touched."""

    exit_code = 2
