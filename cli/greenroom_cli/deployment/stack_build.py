"""The template, built when it changed: `sam build` takes long enough to be worth skipping."""

from __future__ import annotations

from pathlib import Path

from greenroom_cli.deployment import sam
from greenroom_cli.deployment.content_stamp import is_current, write_stamp
from greenroom_cli.toolchain.paths import GENERATED, ROOT, lambda_runtime

SOURCES = tuple(
    ROOT / name
    for name in (
        "template.yaml",
        "samconfig.toml",
        "functions",
        "layers/compile.mk",
        "layers/core",
        "layers/vendor",
        "statemachines",
        "agent",
    )
)
_STAMP = GENERATED / "stack.stamp"


def build_stack() -> Path:
    """Returns the built template, for the Python that runs here. Raises: SamFailed."""
    built = sam.BUILD_DIR / "template.yaml"
    runtime = lambda_runtime()
    if built.is_file() and is_current(_STAMP, SOURCES, runtime):
        return built
    built = sam.build(ROOT, runtime=runtime)
    write_stamp(_STAMP, SOURCES, runtime)
    return built
