"""What `sam build` takes along fits the runtime, whatever Python runs pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from greenroom_cli.deployment.stack_build import SOURCES

from tests.architecture.reading import ROOT, functions, resources, template

MAKEFILES = sorted(
    path for folder in ("agent", "functions", "layers") for path in (ROOT / folder).rglob("Makefile") if path.is_file()
)
WITH_PACKAGES = [path for path in MAKEFILES if "pip install" in path.read_text()]
IMPORTED_BY_LAMBDA = [path for path in MAKEFILES if path.parent.name != "agent"]
"""The agent's layer is fetched by instances, which run for hours."""
LOCKS = sorted({*(path.parent for path in WITH_PACKAGES), ROOT / "layers" / "viewer"})
"""Folders whose requirements.txt says what is deployed; the headless viewer's is ready to be."""
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)


def test_python_on_lambda_is_one_that_aws_still_takes() -> None:
    runtime = template()["Parameters"]["LambdaRuntime"]
    assert runtime["AllowedValues"] == ["python3.12", "python3.13", "python3.14"]
    assert runtime["Default"] in runtime["AllowedValues"]


@pytest.mark.parametrize("makefile", WITH_PACKAGES, ids=lambda path: path.parent.name)
def test_wheels_are_chosen_by_the_runtime_and_never_built(makefile: Path) -> None:
    text = makefile.read_text()
    assert f"LAMBDA_RUNTIME ?= {template()['Parameters']['LambdaRuntime']['Default']}\n" in text
    for needed in ("--only-binary=:all:", "--require-hashes", "--python-version $(LAMBDA_RUNTIME:python%=%)"):
        assert needed in text


@pytest.mark.parametrize("folder", LOCKS, ids=lambda path: path.name)
def test_no_package_depends_on_the_python_that_runs_pip(folder: Path) -> None:
    """pip judges `; python_full_version < '3.13'` by its own Python, not by the one it takes wheels for."""
    lock = (folder / "requirements.txt").read_text()
    assert not re.findall(r"^.*;.*python_(?:full_)?version.*$", lock, re.MULTILINE)
    assert lock.count("--hash=sha256:") >= len(PIN.findall(lock)) > 0


@pytest.mark.parametrize("folder", LOCKS, ids=lambda path: path.name)
def test_lab_and_tests_run_the_versions_that_are_deployed(folder: Path) -> None:
    assert set(PIN.findall((folder / "requirements.txt").read_text())) - installed_here() == set()


def installed_here() -> set[tuple[str, str]]:
    return set(PIN.findall((ROOT / "lab" / "requirements" / "dev.txt").read_text()))


def test_the_command_that_is_installed_alone_has_the_versions_that_are_tested() -> None:
    lock = (ROOT / "cli" / "requirements" / "command.txt").read_text()
    assert set(PIN.findall(lock)) - installed_here() == set()
    assert lock.count("--hash=sha256:") >= len(PIN.findall(lock)) > 0
    needed = tomllib.loads((ROOT / "cli" / "pyproject.toml").read_text())["project"]["dependencies"]
    asked = (ROOT / "cli" / "requirements" / "command.in").read_text().splitlines()
    assert sorted(re.split("[<>=]", each)[0] for each in needed) == sorted(
        each for each in asked if each and not each.startswith("#")
    )


def test_the_stack_is_built_again_when_one_of_its_layers_changes() -> None:
    """And not when the headless viewer does, which is no layer yet."""
    layers = {each["ContentUri"].rstrip("/") for each in resources("AWS::Serverless::LayerVersion").values()}
    sources = {str(path.relative_to(ROOT)) for path in SOURCES}
    assert layers <= sources
    assert {source for source in sources if source.startswith("layers")} <= layers | {"layers/compile.mk"}


@pytest.mark.parametrize("makefile", IMPORTED_BY_LAMBDA, ids=lambda path: path.parent.name)
def test_what_lambda_imports_is_compiled_last(makefile: Path) -> None:
    """After the last file has come: Python never looks whether such a .pyc is older than its source."""
    text = makefile.read_text()
    assert re.search(r"^include \$\(dir .+\.\./(layers/)?compile\.mk$", text, re.MULTILINE)
    assert text.rstrip().splitlines()[-1].startswith("\t$(call compile,$(ARTIFACTS_DIR)")


def test_a_function_with_packages_is_built_by_its_makefile() -> None:
    """sam's own builder needs the runtime's very Python, and takes a source package where a wheel is missing."""
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/requirements.txt")}
    assert folders == {path.parent.name for path in (ROOT / "functions").glob("*/Makefile")}
    by_make = {
        name
        for name, resource in template()["Resources"].items()
        if name in resources("AWS::Serverless::Function")
        and resource.get("Metadata", {}).get("BuildMethod") == "makefile"
    }
    assert by_make == {function.logical_id for function in functions() if function.name in folders}
