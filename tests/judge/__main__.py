"""`make judge`: tools that other people wrote judge what we deploy. One line each; the findings, if any, below it."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.judge import aws_commands, integrations, shellcheck, skips, state_machines, template_judges
from tests.judge.findings import Finding, Judge, Verdict, after

JUDGES = (
    Judge("checkov", template_judges.checkov),
    Judge("cfn-lint", template_judges.cfn_lint),
    Judge("state machines", state_machines.give_opinion),
    Judge("integrations", integrations.give_opinion),
    Judge("AWS commands", aws_commands.give_opinion),
    Judge("shellcheck", shellcheck.give_opinion),
)
"""The slowest first: they run side by side."""


def main() -> int:
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = [finding for findings in pool.map(judge, JUDGES) for finding in findings]
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0


def judge(one: Judge) -> tuple[Finding, ...]:
    """Its findings after the skips."""
    began = time.monotonic()
    opinion = one.give_opinion()
    verdict = after(skips.SKIPS.get(one.name, ()), opinion.findings, skips.FILE)
    took_s = time.monotonic() - began
    print(f"judge: {one.name:15} {opinion.seen}: {counted(verdict)} ({took_s:.1f} s)", flush=True)
    return verdict.findings


def counted(verdict: Verdict) -> str:
    """`1 finding, 216 skipped with a reason`."""
    number = len(verdict.findings)
    said = f"{number or 'no'} finding{'' if number == 1 else 's'}"
    return said + (f", {verdict.skipped} skipped with a reason" if verdict.skipped else "")


if __name__ == "__main__":
    sys.exit(main())
