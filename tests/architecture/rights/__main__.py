"""`make rights`: what every role of the template may do; with SINCE=<revision>, what changed since then."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby

from tests.architecture.reading import ROOT, parsed_template, template
from tests.architecture.rights.difference import Difference, difference
from tests.architecture.rights.effective import Right, rights_of
from tests.architecture.rights_reference import written_on

ADDED_BY_SAM = (
    "Every function may also write its logs and traces (AWSLambdaBasicExecutionRole, AWSXRayDaemonWriteAccess)."
)


def main() -> None:
    options = _options()
    rights = rights_of(template())
    since = difference(rights_of(_template_of(options.since)), rights) if options.since else None
    if options.json:
        changed = {"since": options.since, **asdict(since), "summary": since.summary()} if since else {}
        print(
            json.dumps(
                {"reference": written_on(), **(changed or {"rights": [asdict(each) for each in sorted(rights)]})},
                indent=1,
            )
        )
        return
    _print_difference(since) if since else _print_rights(rights)
    print(f"Checked against AWS's service authorization reference as of {written_on()}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make rights", description=__doc__)
    parser.add_argument("--since", metavar="REVISION", help="compare with the template of this git revision")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _template_of(revision: str) -> dict[str, object]:
    shown = ["git", "-C", str(ROOT), "show", f"{revision}:template.yaml"]
    return parsed_template(subprocess.run(shown, check=True, capture_output=True, text=True).stdout)


def _print_rights(rights: Iterable[Right]) -> None:
    for role, of_role in groupby(sorted(rights), key=lambda each: each.role):
        print(role)
        for right in of_role:
            print(f"  {right.action:<34} {right.resource:<60} {right.condition}".rstrip())
    print(ADDED_BY_SAM)


def _print_difference(since: Difference) -> None:
    marked = [("-", since.removed), ("<", since.narrowed), ("+", since.added)]
    rows = sorted(((each.role, mark, each) for mark, rights in marked for each in rights), key=lambda row: row[0])
    for role, of_role in groupby(rows, key=lambda row: row[0]):
        print(role)
        for _, mark, right in of_role:
            print(f"  {mark} {right.action:<32} {right.resource:<60} {right.condition}".rstrip())
    print("-: gone, <: only a part of it is left, +: new")
    print(since.summary())


if __name__ == "__main__":
    main()
