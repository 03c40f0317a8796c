"""`greenroom deploy`: to the AWS, in an account or embedded, that the caller's environment names.

AWS_PROFILE=studio greenroom deploy
AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test greenroom deploy
"""

from __future__ import annotations

from collections.abc import Mapping

from greenroom_cli.aws.aws_failures import aws_failures
from greenroom_cli.aws.target import confirm_first, find_target
from greenroom_cli.commands.output import Output, Result
from greenroom_cli.deployment.deploy import deploy
from greenroom_cli.deployment.parameters import read_parameters
from greenroom_cli.toolchain.install import check_node, provide


def deploy_there(environment: Mapping[str, str], parameters: str, output: Output) -> Result:
    """`environment`: as target.py reads it. Raises: CommandFailed."""
    with aws_failures("run greenroom deploy again when that is mended"):
        given = read_parameters(parameters)
        check_node()
        target = find_target(environment)
        output.say(f"deploying {target.place}")
        confirm_first(target, environment, is_interactive=output.is_interactive, ask=input)
        provide("sam", output.say)
        outputs = deploy(target.account, target.stack_name, given, output)
    width = max(map(len, outputs))
    text = "\n".join(f"{name:<{width}}  {value}" for name, value in sorted(outputs.items()))
    return Result({**target.document, "outputs": outputs}, text)
