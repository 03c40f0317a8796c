"""The commands, as they are called.

What a command does is imported when it runs: `--help` answers at once, and what no checkout is needed for needs none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from greenroom_cli.commands.output import Output, Result
from greenroom_cli.failures import CommandFailed

command_line = typer.Typer(
    name="greenroom",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")]
Stack = Annotated[str, typer.Option("--stack", envvar="GREENROOM_STACK", help="The name of the stack.")]
Parameters = Annotated[
    str,
    typer.Option(
        "--parameters",
        envvar="GREENROOM_PARAMETERS",
        help='Parameters of the template: \'VolumeSize=100 IceServers=[{"urls": ["stun:stun.example.org"]}]\'.',
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Make a stack for the first time without asking; GREENROOM_YES=1.")]


@command_line.callback()
def greenroom() -> None:
    """Deploys Greenroom to AWS, and takes it away again.

    AWS is chosen as by the AWS CLI: credentials or AWS_PROFILE, and AWS_REGION. AWS_ENDPOINT_URL names an embedded AWS.

    Exit code 0: done; 1: it failed; 2: the call was wrong, and nothing was touched.
    """


@command_line.command("build")
def build(is_json: Json = False) -> None:
    """Build what is deployed, with sam build: for the Python of the embedded AWS on this computer."""

    def work(output: Output) -> Result:
        from greenroom_cli.commands.build import build_here

        return build_here(output)

    run(work, is_json=is_json)


@command_line.command("deploy")
def deploy(stack: Stack = "greenroom", parameters: Parameters = "", yes: Yes = False, is_json: Json = False) -> None:
    """Build, deploy and publish the pages; a first deployment is asked for."""
    environment = {**os.environ, "GREENROOM_STACK": stack, **({"GREENROOM_YES": "1"} if yes else {})}

    def work(output: Output) -> Result:
        from greenroom_cli.commands.deploy import deploy_there

        return deploy_there(environment, parameters, output)

    run(work, is_json=is_json)


@command_line.command("destroy")
def destroy(stack: Stack = "greenroom", is_json: Json = False) -> None:
    """Halt the pools, end every instance, empty the buckets, delete the stack. Nothing is left to pay."""
    environment = {**os.environ, "GREENROOM_STACK": stack}

    def work(output: Output) -> Result:
        from greenroom_cli.commands.destroy import destroy_there

        return destroy_there(environment, output)

    run(work, is_json=is_json)


def run(work: Callable[[Output], Result], *, is_json: bool) -> None:
    """Raises: typer.Exit with the failure's code."""
    output = Output(is_json=is_json)
    try:
        output.finish(work(output))
    except CommandFailed as failed:
        output.fail(failed)
        raise typer.Exit(failed.exit_code) from failed


def main() -> None:
    """Ends the process: 0, 1 or 2."""
    command_line(prog_name="greenroom")
