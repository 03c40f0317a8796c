"""Play EC2 on the running local platform: machines, their faults, capacity, and what the account may.

python -m greenroom_lab.ec2 list
python -m greenroom_lab.ec2 interrupt i-0abc --notice 120     # 0: without a warning; see also rebalance, kill, hang
python -m greenroom_lab.ec2 capacity --refuse spot            # no Spot anywhere; --limit 3: three at a time
python -m greenroom_lab.ec2 capacity --all                    # everything is there again
python -m greenroom_lab.ec2 fault never-boots --count 2 --market spot   # the next two; also hangs, registers-twice
python -m greenroom_lab.ec2 fault clear
python -m greenroom_lab.ec2 throttle CreateFleet 5            # the next five calls
python -m greenroom_lab.ec2 account                           # quotas and the like, and the calls so far
python -m greenroom_lab.ec2 account --quota L-DB2E81BA=8 --addresses us-east-1a=3
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from typing import Any

from greenroom_lab.ec2.instance_faults import FaultKind
from greenroom_lab.engine.account_facts import GENEROUS_VCPUS, QUOTA_NAMES
from greenroom_lab.local_file import NoLocalPlatform, read_local_platform

GENEROUS = dict.fromkeys(QUOTA_NAMES, GENEROUS_VCPUS)
FAULTS = {
    "never-boots": FaultKind.NEVER_BOOTS,
    "hangs": FaultKind.HANGS,
    "registers-twice": FaultKind.REGISTERS_TWICE,
}


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
    capacity.add_argument("--limit", type=int, help="with --refuse: so many at a time, instead of --free")
    capacity.add_argument("--error", default="InsufficientInstanceCapacity", help="with --refuse: EC2's error code")
    capacity.add_argument("--all", action="store_true", help="everything is there again")
    fault = commands.add_parser("fault", help="what goes wrong with the next machines; without a kind: what waits")
    fault.add_argument("kind", nargs="?", choices=[*FAULTS, "clear"])
    fault.add_argument("--count", type=int, default=1, help="so many machines; 0: all until cleared")
    for name in ("market", "type", "zone"):
        fault.add_argument(f"--{name}", default="*")
    throttle = commands.add_parser("throttle", help="the next EC2 calls answer RequestLimitExceeded")
    throttle.add_argument("action", help="such as CreateFleet; * for any")
    throttle.add_argument("calls", type=int)
    account = commands.add_parser("account", help="quotas, free addresses, missing images, calls so far")
    account.add_argument("--quota", action="append", default=[], metavar="CODE=VCPUS")
    account.add_argument("--addresses", action="append", default=[], metavar="SUBNET|ZONE=NUMBER")
    account.add_argument("--missing-image", action="append", default=[], metavar="AMI")
    account.add_argument("--reset", action="store_true", help="nothing is lacking or throttled any more")
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
        case "fault":
            return _fault(url, options)
        case "throttle":
            return _call(url, "PUT", "/account", {"throttled": {options.action: options.calls}})
        case "account":
            facts = _facts(options)
            return _call(url, "PUT", "/account", facts) if facts else _call(url, "GET", "/account")
        case command:
            return _call(url, "POST", f"/machines/{options.instance_id}/{command}")


def _rule(word: str, options: argparse.Namespace) -> dict[str, Any]:
    """`spot` and `on-demand` are markets, `g5.xlarge` is a type, `us-east-1a` a zone."""
    field = "market" if word in ("spot", "on-demand") else "instanceType" if "." in word else "zone"
    bound = {"limit": options.limit} if options.limit is not None else {"free": options.free}
    return {field: word, **bound, "error": options.error}


def _fault(url: str, options: argparse.Namespace) -> Any:
    if options.kind is None:
        return _call(url, "GET", "/faults")
    if options.kind == "clear":
        return _call(url, "DELETE", "/faults")
    where = {"market": options.market, "instanceType": options.type, "zone": options.zone}
    return _call(url, "POST", "/faults", {"kind": FAULTS[options.kind], "count": options.count or None, **where})


def _facts(options: argparse.Namespace) -> dict[str, Any]:
    """Only what was named is replaced."""
    if options.reset:
        return {"quotas": dict(GENEROUS), "freeAddresses": {}, "missingImages": [], "throttled": {}}
    facts = {
        "quotas": {code: float(vcpus) for code, _, vcpus in (pair.partition("=") for pair in options.quota)},
        "freeAddresses": {place: int(free) for place, _, free in (pair.partition("=") for pair in options.addresses)},
        "missingImages": options.missing_image,
    }
    return {name: value for name, value in facts.items() if value}


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
