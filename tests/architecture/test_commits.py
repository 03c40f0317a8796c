"""Commit subjects can be read in one line of any tool."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.architecture.reading import ROOT

SINCE = "b03f7df20cabae997625c6cc13a161c293a41a39"
"""The last commit before this rule."""
MOST_CHARACTERS = 72
SCOPES = "agent|cli|docs|events|frontend|functions|image|lab|layers|samconfig|statemachines|template|tests"
SUBJECT = re.compile(rf"(build|chore|docs|feat|fix|perf|refactor|revert|test)\(({SCOPES})\): \S")


def subjects() -> list[str]:
    """Of all commits since; a copy without that history has none to judge."""
    command = ["git", "log", "--no-merges", "--format=%s", f"{SINCE}..HEAD"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if said.returncode:
        pytest.skip("this copy has no history back to the rule's beginning")
    return said.stdout.splitlines()


def test_a_commit_subject_is_short_and_says_what_it_is_about() -> None:
    wrong = [each for each in subjects() if len(each) > MOST_CHARACTERS or not SUBJECT.match(each)]
    assert wrong == []
