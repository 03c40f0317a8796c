"""What a judge says: findings with file and line, and which of them were read and are choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a judge did not like. `subject` is what a skip names: a resource, a state, a script."""

    file: str
    line: int
    rule: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule} {self.subject}: {self.text}"


@dataclass(frozen=True, slots=True)
class Opinion:
    """All that one judge found, and how much it looked at, in words."""

    seen: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """A name, and what judges."""

    name: str
    give_opinion: Callable[[], Opinion]


@dataclass(frozen=True, slots=True)
class Skip:
    """Findings of one rule that are right as they are. `subjects` is a pattern as of shell file names."""

    rule: str
    reason: str
    subjects: str = "*"

    def covers(self, finding: Finding) -> bool:
        return finding.rule == self.rule and fnmatchcase(finding.subject, self.subjects)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left after the skips; a skip that covered nothing is a finding itself."""

    findings: tuple[Finding, ...]
    skipped: int


def after(skips: Iterable[Skip], findings: Iterable[Finding], skips_file: Path) -> Verdict:
    """Take out what the skips cover, and report the skips that cover nothing: they would hide the next finding."""
    listed, found = tuple(skips), tuple(findings)
    left = tuple(finding for finding in found if not any(skip.covers(finding) for skip in listed))
    idle = tuple(_idle(skip, skips_file) for skip in listed if not any(skip.covers(finding) for finding in found))
    return Verdict(left + idle, len(found) - len(left))


def _idle(skip: Skip, skips_file: Path) -> Finding:
    lines = skips_file.read_text().splitlines()
    line = next((number for number, text in enumerate(lines, 1) if f'"{skip.rule}"' in text), 1)
    return Finding(shown(skips_file), line, skip.rule, skip.subjects, "this skip matches nothing any more: remove it")


def shown(path: Path) -> str:
    """As a reader of the repository would write it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
