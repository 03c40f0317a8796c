"""`greenroom build`."""

from __future__ import annotations

from greenroom_cli.commands.output import Output, Result
from greenroom_cli.deployment import sam
from greenroom_cli.toolchain import paths
from greenroom_cli.toolchain.install import provide


def build_here(output: Output) -> Result:
    """Raises: SamFailed, ToolMissing."""
    provide("sam", output.say)
    with output.step("building the stack (sam build)"):
        template = sam.build(paths.ROOT, runtime=paths.lambda_runtime())
    return Result({"template": str(template)}, f"greenroom: built {template}")
