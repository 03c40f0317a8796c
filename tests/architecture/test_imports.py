"""Dependencies point one way: functions -> entry -> usecases -> domain <- planning; aws implements ports."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.architecture.reading import CORE, ROOT, code_of, functions, imports, module_name, python_files

PURE = {"greenroom.domain"}
MAY_IMPORT = {
    "greenroom.domain": PURE,
    "greenroom.planning": {*PURE, "greenroom.planning"},
    "greenroom.ports": {*PURE, "greenroom.planning", "greenroom.ports"},
    "greenroom.usecases": {*PURE, "greenroom.planning", "greenroom.ports", "greenroom.usecases"},
    "greenroom.aws": {*PURE, "greenroom.planning", "greenroom.ports", "greenroom.aws"},
    "greenroom.entry": {"greenroom"},
    "functions": {*PURE, "greenroom.entry", "greenroom.ports", "greenroom.usecases"},
}
"""Which parts of ours a part may import; `greenroom` means all of it."""
MAY_USE = {
    "greenroom.domain": set[str](),
    "greenroom.planning": set[str](),
    "greenroom.ports": set[str](),
    "greenroom.usecases": set[str](),
    "greenroom.aws": {"boto3", "botocore", "mypy_boto3_dynamodb"},
    "greenroom.entry": {"aws_lambda_powertools", "aws_xray_sdk", "jose"},
    "functions": set[str](),
}
"""Which packages of others a part may import beside the standard library."""
IMPURE = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
    "urllib",
    "uuid",
}
"""Standard library that brings a clock, randomness, logs or I/O: not for domain and planning."""
FILES = [path for path in python_files("functions", "layers/core") if "build" not in path.parts]


def part_of(module: str) -> str:
    """`greenroom.domain.slot.slot` -> `greenroom.domain`."""
    return ".".join(module.split(".")[:2]) if module.startswith("greenroom.") else module.split(".")[0]


def foreign(path: Path) -> set[str]:
    """What a module imports although its part may not."""
    part = part_of(module_name(path))
    ours = MAY_IMPORT.get(part, {"greenroom"})
    wrong = set()
    for imported in imports(path):
        package = imported.split(".")[0]
        if package == "greenroom":
            is_allowed = "greenroom" in ours or imported == "greenroom" or part_of(imported) in ours
        else:
            is_allowed = package in sys.stdlib_module_names or package in MAY_USE.get(part, set())
        if not is_allowed:
            wrong.add(imported)
    return wrong


def test_a_module_imports_only_what_its_part_may() -> None:
    assert {module_name(path): wrong for path in FILES if (wrong := foreign(path))} == {}


def test_domain_and_planning_have_no_clock_no_rng_and_no_io() -> None:
    """`now` and ids are arguments."""
    wrong = {}
    for path in FILES:
        if part_of(module_name(path)) in ("greenroom.domain", "greenroom.planning"):
            impure = {imported.split(".")[0] for imported in imports(path)} & IMPURE
            calls = {ast.unparse(node.func) for node in ast.walk(code_of(path)) if isinstance(node, ast.Call)}
            impure |= {
                call
                for call in calls
                if call in ("open", "print", "input") or call.endswith((".now", ".utcnow", ".today"))
            }
            if impure:
                wrong[module_name(path)] = impure
    assert wrong == {}


def test_every_part_exists() -> None:
    """An empty folder would make the rules above true of nothing."""
    parts = ("domain", "planning", "usecases", "aws", "entry")
    assert [part for part in parts if len(list((CORE / "greenroom" / part).rglob("*.py"))) < 2] == []


def test_only_the_settings_module_reads_the_environment() -> None:
    readers = [module_name(path) for path in FILES if re.search(r"os\.environ|getenv", path.read_text())]
    assert readers == ["greenroom.entry.settings"]


def packages(path: Path) -> set[str]:
    return {imported.split(".")[0] for imported in imports(path)}


def test_the_agent_knows_only_the_doors() -> None:
    ours = {"greenroom", "greenroom_cli", "greenroom_lab", "boto3"}
    assert [module_name(path) for path in python_files("agent") if packages(path) & ours] == []


def test_the_command_calls_what_is_deployed_and_imports_none_of_it() -> None:
    """It may call AWS and invoke functions; it is installed without them."""
    known = {"greenroom_cli", "boto3", "botocore", "rich", "typer", "yaml", *sys.stdlib_module_names}
    modules = python_files("cli")
    assert "greenroom_cli.commands.command_line" in {module_name(path) for path in modules}
    assert {module_name(path): wrong for path in modules if (wrong := packages(path) - known)} == {}


def test_what_installs_the_tools_needs_nothing_installed() -> None:
    """`make setup` runs it on the system's Python, before anything is there."""
    bare = [*python_files("cli/greenroom_cli/toolchain"), *(ROOT / "cli" / "greenroom_cli").glob("*.py")]
    bare = [path for path in bare if path.name != "__main__.py"]
    assert "greenroom_cli.toolchain.install" in {module_name(path) for path in bare}
    known = {module_name(path) for path in bare}
    used = {imported for path in bare for imported in imports(path)}
    ours = {imported for imported in used if imported.startswith("greenroom")}
    assert {each.split(".")[0] for each in used - ours} - set(sys.stdlib_module_names) == set()
    assert {each for each in ours if not {each, each.rpartition(".")[0]} & known} == set()


def test_the_headless_viewer_knows_only_the_api() -> None:
    """It plays against any deployment, and is tested as what a page is: by the API, the socket and WebRTC."""
    known = {"greenroom_viewer", "aiohttp", "aiortc", *sys.stdlib_module_names}
    modules = python_files("layers/viewer")
    assert "greenroom_viewer.viewer" in {module_name(path) for path in modules}
    assert {module_name(path): wrong for path in modules if (wrong := packages(path) - known)} == {}


def test_agent_and_functions_leave_the_headless_viewer_to_others() -> None:
    users = python_files("functions", "layers/core", "agent")
    assert [module_name(path) for path in users if "greenroom_viewer" in packages(path)] == []


def test_nothing_deployed_imports_the_lab() -> None:
    deployed = python_files("functions", "layers", "agent", "cli")
    assert [module_name(path) for path in deployed if "greenroom_lab" in packages(path)] == []


def test_only_the_lab_imports_the_command() -> None:
    deployed = python_files("functions", "layers", "agent")
    assert [module_name(path) for path in deployed if "greenroom_cli" in packages(path)] == []


def cold_start(path: Path) -> set[str]:
    """The packages that importing a handler imports, through our own modules; not what is imported on first use."""
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        for imported in imports(waiting.pop(), only_at_import=True) - seen:
            seen.add(imported)
            file = CORE / Path(*imported.split("."))
            waiting += [each for each in (file.with_suffix(".py"), file / "__init__.py") if each.is_file()]
    return {imported.split(".")[0] for imported in seen}


@pytest.mark.parametrize("name", [function.name for function in functions()])
def test_a_cold_start_pays_only_for_what_the_function_uses(name: str) -> None:
    """Crypto belongs to the authorizer alone; pydantic (155 ms) and aiohttp to no Lambda."""
    packages = cold_start(ROOT / "functions" / name / "handler.py")
    forbidden = {"pydantic", "aiohttp", "aiortc", "numpy", "requests"}
    if name != "authorize_viewer":
        forbidden |= {"jose", "cryptography"}
    assert not packages & forbidden


@pytest.mark.parametrize(("name", "package"), [("authorize_viewer", "python-jose"), ("schedule_event", "tzdata")])
def test_only_these_functions_bring_a_package_of_their_own(name: str, package: str) -> None:
    own = {path.parent.name for path in (ROOT / "functions").glob("*/requirements.txt")}
    assert own == {"authorize_viewer", "schedule_event"}
    lines = (ROOT / "functions" / name / "requirements.txt").read_text()
    assert f"{package}==" in lines
    assert "--hash=sha256:" in lines
    assert "boto" not in lines


def test_only_the_function_with_the_zone_files_reads_local_times() -> None:
    handlers = {function.name: ROOT / "functions" / function.name / "handler.py" for function in functions()}
    readers = {name for name, path in handlers.items() if "zoneinfo" in cold_start(path)}
    assert readers == {"schedule_event"}


def test_the_layers_leave_boto3_to_the_runtime() -> None:
    vendor = (ROOT / "layers" / "vendor" / "requirements.txt").read_text()
    pinned = {line.split("==")[0] for line in vendor.splitlines() if "==" in line and not line.startswith(" ")}
    assert {"aws-lambda-powertools", "aws-xray-sdk"} <= pinned
    assert not pinned & {"boto3", "botocore", "s3transfer", "python-jose", "cryptography", "pydantic"}
    assert vendor.count("--hash=sha256:") >= len(pinned)
