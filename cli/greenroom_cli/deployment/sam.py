"""`sam build` and `sam deploy`, as a user of AWS runs them: here only the endpoint differs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from greenroom_cli.aws.account import Account, make_artifact_bucket
from greenroom_cli.deployment.parameters import text_for_sam
from greenroom_cli.deployment.target_python import python_of
from greenroom_cli.failures import CommandFailed
from greenroom_cli.toolchain import paths

BUILD_DIR = paths.GENERATED / "sam-build"
CACHE_DIR = paths.GENERATED / "sam-cache"
LAST_LINES = 12
NOISE = ("SAM CLI update available", "Commands you can use next", "[*]", "---", "Cache is invalid")


class SamFailed(CommandFailed):
    """`sam` ended with an error; why: its last meaningful lines."""


def build(project_dir: Path, build_dir: Path = BUILD_DIR, *, runtime: str | None = None) -> Path:
    """Build the project's template; what did not change is taken from the cache. Returns the built template.

    `runtime` is the Python that wheels are taken for: the local minor for the embedded AWS, whose handlers run on this
    Python; else the parameter LambdaRuntime. `sam` does not tell them apart in its cache: each has one of its own.
    Raises: SamFailed.
    """
    override = ["--parameter-overrides", f"LambdaRuntime={runtime}"] if runtime else []
    project_dir, build_dir = project_dir.resolve(), build_dir.resolve()
    tools = _tools_of(runtime)
    cache = CACHE_DIR / "-".join([build_dir.name, runtime or "default", *(["pyc"] if "LAMBDA_PYTHON" in tools else [])])
    run(
        "build",
        *("--template-file", str(project_dir / "template.yaml"), "--base-dir", str(project_dir)),
        *("--build-dir", str(build_dir), "--cache-dir", str(cache), "--cached", "--parallel", *override),
        cwd=project_dir,
        environment=tools,
    )
    return build_dir / "template.yaml"


def _tools_of(runtime: str | None) -> dict[str, str]:
    """What the Makefiles read: the runtime they pick wheels for, and its Python, which compiles the modules."""
    if not runtime:
        return {}
    if compiler := python_of(runtime):
        return {"LAMBDA_RUNTIME": runtime, "LAMBDA_PYTHON": compiler}
    said = f"no {runtime} on this computer: .pyc files are left out, each cold start compiles"
    print(f"greenroom: {said}", file=sys.stderr)
    return {"LAMBDA_RUNTIME": runtime}


def deploy(
    account: Account, stack_name: str, built_template: Path, parameters: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Create or update the stack; returns its outputs. Raises: SamFailed."""
    bucket = make_artifact_bucket(account)
    with tempfile.TemporaryDirectory(prefix="greenroom-parameters-") as folder:
        given = Path(folder) / "parameters.yaml"
        given.write_text(text_for_sam(parameters or {}), encoding="utf-8")
        run(
            "deploy",
            *("--template-file", str(built_template), "--stack-name", stack_name, "--region", account.region),
            *("--s3-bucket", bucket, "--s3-prefix", stack_name, "--no-progressbar"),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
            *(["--parameter-overrides", f"file://{given}"] if parameters else []),
            cwd=built_template.parent,
            environment=account.environment,
        )
    return outputs(account, stack_name)


def outputs(account: Account, stack_name: str) -> dict[str, str]:
    cloudformation = account.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def run(command: str, *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> None:
    """Raises: SamFailed with the last meaningful lines."""
    # It leaves its packages in the temporary folder: give it one that goes with it.
    with tempfile.TemporaryDirectory(prefix="greenroom-sam-") as temporary:
        done = subprocess.run(
            [str(paths.venv("sam") / "bin" / "sam"), command, *arguments],
            cwd=cwd,
            env={**paths.sam_environment(), **(environment or {}), "TMPDIR": temporary},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        remedy = "mend what it names, and run it again"
        raise SamFailed(f"sam {command} failed", f"\n{meaningful(done.stdout)}", remedy)


def meaningful(output: str) -> str:
    """The last lines, without the tool's advice; a failed resource's reason is among them."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    kept = [line for line in lines if not line.strip().startswith(NOISE)]
    failed = [line for line in kept if "FAILED" in line]
    return "\n".join([*failed[:LAST_LINES], *kept[-LAST_LINES:]])
