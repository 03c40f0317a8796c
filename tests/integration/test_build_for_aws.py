"""What is deployed fits the runtime that runs it, whatever Python builds it; and `sam` changes no parameter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from greenroom_cli.deployment.deploy import build_for_aws
from greenroom_cli.deployment.parameters import template_parameters, text_for_sam
from greenroom_cli.toolchain import paths

RUNTIMES = template_parameters()["LambdaRuntime"]["AllowedValues"]
COMPILED = {
    "agent": ("AgentLayer", "aiohttp/_http_parser"),
    "layers/vendor": ("VendorLayer", "wrapt/_wrappers"),
    "functions/authorize_viewer": ("AuthorizeViewerFunction", "_cffi_backend"),
}
"""Every folder whose packages have compiled modules: what it builds, and one of them."""
UNCHECKED = (0b01).to_bytes(4, "little")
"""Flags of a .pyc: by the hash of its source, and never compared with it. Source: PEP 552."""
AS_SAM_READS = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert((sys.argv[1],), None, None)))
"""


HERE = paths.lambda_runtime()
"""A runtime whose Python is surely on this computer: it runs this test."""


def make(
    folder: str, target: str, runtime: str, artifacts: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    given = {"LAMBDA_RUNTIME": runtime, "LAMBDA_PYTHON": python, "ARTIFACTS_DIR": str(artifacts)}
    return subprocess.run(
        ["make", f"build-{target}"],
        cwd=paths.ROOT / folder,
        env={**paths.sam_environment(), **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("folder", COMPILED)
def test_a_missing_wheel_is_refused_and_not_replaced(folder: str, tmp_path: Path) -> None:
    done = make(folder, COMPILED[folder][0], "python3.7", tmp_path)
    assert done.returncode != 0
    assert not list(tmp_path.rglob("*.so"))


def compiled(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.pyc"))}


def test_a_layer_brings_each_module_compiled_by_its_runtime_the_same_wherever_it_is_built(tmp_path: Path) -> None:
    """Same bytes: what did not change is not deployed again. Unchecked: the sources' times are not kept by a layer."""
    here, elsewhere = tmp_path / "here", tmp_path / "some" / "where" / "else"
    for place in (here, elsewhere):
        done = make("layers/core", "CoreLayer", HERE, place)
        assert done.returncode == 0, done.stdout
    found = compiled(here)
    tag = sys.implementation.cache_tag
    sources = [path.relative_to(here) for path in here.rglob("*.py")]
    assert set(found) == {str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc") for path in sources}
    assert found == compiled(elsewhere)
    assert {content[4:8] for content in found.values()} == {UNCHECKED}
    assert not any(str(tmp_path).encode() in content for content in found.values())
    assert all(b"/opt/python/greenroom/" in content for content in found.values())


@pytest.mark.parametrize("python", [sys.executable, "no-such-python"])
def test_without_the_runtimes_own_python_nothing_is_compiled_and_that_is_said(tmp_path: Path, python: str) -> None:
    done = make("layers/core", "CoreLayer", "python3.99", tmp_path, python)
    assert done.returncode == 0, done.stdout
    assert compiled(tmp_path) == {}
    assert "no python3.99 on this computer" in done.stdout


@pytest.mark.slow
def test_the_runtime_that_is_deployed_is_the_one_that_is_built() -> None:
    """One after the other: what was built for the first is not taken from the cache for the second."""
    for runtime in RUNTIMES:
        template = build_for_aws({"LambdaRuntime": runtime})
        tag = runtime.removeprefix("python").replace(".", "")
        for name, module in COMPILED.values():
            found = list((template.parent / name).rglob(f"{module}.*.so"))
            assert [each.name.split(".")[1] for each in found] == [f"cpython-{tag}-x86_64-linux-gnu"]


def test_sam_hands_on_every_value_unchanged(tmp_path: Path) -> None:
    """By SAM's own parser, which takes `[{"urls": ["stun:a"]}]` on its command line for `[{`."""
    ice = '[{"urls": ["stun:a:1", "turn:b:2?transport=udp"], "username": "o\'neil"}]'
    odd = [
        "",
        "a b",
        "x=y,z",
        "'quoted'",
        '"quoted"',
        'a\\"b',
        "a\\ b",
        "a\\'b",
        "\\",
        "a\\\\",
        "no",
        "1.0",
        "é😀",
        "a\nb",
    ]
    parameters = {f"P{number}": value for number, value in enumerate([ice, *odd])}
    file = tmp_path / "parameters.yaml"
    file.write_text(text_for_sam(parameters), encoding="utf-8")
    command = [str(paths.venv_python("sam")), "-c", AS_SAM_READS, f"file://{file}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=paths.sam_environment())
    assert json.loads(done.stdout) == parameters
