"""Play EC2 on the running local platform: list, kill, hang, resume, interrupt, rebalance, capacity.

python -m greenroom_lab.ec2 interrupt i-0abc --notice 120
python -m greenroom_lab.ec2 capacity --refuse spot            # no Spot anywhere
python -m greenroom_lab.ec2 capacity --all                    # everything is there again
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from typing import Any

from greenroom_lab.local_file import NoLocalPlatform, read_local_platform


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    try:
        platform = read_local_platform()
        print(json.dumps(_run(platform.ec2_host_url, options), indent=1))
    except NoLocalPlatform as error:
        print(f"greenroom: {error}", file=sys.stderr)
        return 1
    except urllib.error.HTTPError as error:
        print(f"greenroom: {error.read().decode(errors='replace')}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="greenroom_lab.ec2", description="Play EC2 on the running local platform")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the machines that are booted")
    for name, what in (
        ("kill", "the agent crashes; the instance keeps running"),
        ("hang", "the machine freezes; the instance keeps running"),
        ("resume", "a frozen machine goes on"),
        ("interrupt", "EC2 takes the instance back"),
        ("rebalance", "EC2 recommends to move away"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("instance_id")
        if name == "interrupt":
            command.add_argument("--notice", type=float, default=120.0, help="seconds of warning; 0: none")
    capacity = commands.add_parser("capacity", help="what EC2 has to give")
    capacity.add_argument("--refuse", action="append", default=[], metavar="MARKET|TYPE|ZONE", help="none of this")
    capacity.add_argument("--free", type=int, default=0, help="with --refuse: so many are left")
    capacity.add_argument("--error", default="InsufficientInstanceCapacity", help="with --refuse: EC2's error code")
    capacity.add_argument("--all", action="store_true", help="everything is there again")
    return parser.parse_args(arguments)


def _run(url: str, options: argparse.Namespace) -> Any:
    match options.command:
        case "list":
            return _call(url, "GET", "/machines")
        case "interrupt":
            return _call(url, "POST", f"/machines/{options.instance_id}/interrupt", {"notice_s": options.notice})
        case "capacity" if options.all or options.refuse:
            return _call(url, "PUT", "/capacity", {"rules": [_rule(word, options) for word in options.refuse]})
        case "capacity":
            return _call(url, "GET", "/capacity")
        case command:
            return _call(url, "POST", f"/machines/{options.instance_id}/{command}")


def _rule(word: str, options: argparse.Namespace) -> dict[str, Any]:
    """`spot` and `on-demand` are markets, `g5.xlarge` is a type, `us-east-1a` a zone."""
    field = "market" if word in ("spot", "on-demand") else "instanceType" if "." in word else "zone"
    return {field: word, "free": options.free, "error": options.error}


def _call(url: str, method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"{url}{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
