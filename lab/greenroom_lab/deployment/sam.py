"""`sam build` and `sam deploy`, as a user of AWS runs them: here only the endpoint differs.

`python -m greenroom_lab.deployment.sam build` is what `make build` calls.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from greenroom_lab import toolchain_paths as paths
from greenroom_lab.deployment.parameters import text_for_sam

BUILD_DIR = paths.GENERATED / "sam-build"
CACHE_DIR = paths.GENERATED / "sam-cache"
LAST_LINES = 12
NOISE = ("SAM CLI update available", "Commands you can use next", "[*]", "---", "Cache is invalid")


class SamFailed(Exception):
    """`sam` ended with an error; the message holds its last meaningful lines."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where a deployment goes: an AWS account by the caller's own environment, or an embedded one."""

    environment: Mapping[str, str]
    """What the SDK reads: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, … Added to the caller's own; empty for real AWS."""
    region: str = "us-east-1"

    def client(self, service: str) -> Any:
        """A boto3 client for this account."""
        given = self.environment
        session: Any = boto3.session.Session(
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=given.get("AWS_SESSION_TOKEN"),
            region_name=self.region,
        )
        return session.client(service, endpoint_url=given.get("AWS_ENDPOINT_URL"))


def build(project_dir: Path, build_dir: Path = BUILD_DIR, *, runtime: str | None = None) -> Path:
    """Build the project's template; what did not change is taken from the cache. Returns the built template.

    `runtime` is the Python that wheels are taken for: the local minor for the embedded AWS, whose handlers run on this
    Python; else the parameter LambdaRuntime. `sam` does not tell them apart in its cache: each has one of its own.
    Raises: SamFailed.
    """
    override = ["--parameter-overrides", f"LambdaRuntime={runtime}"] if runtime else []
    project_dir, build_dir = project_dir.resolve(), build_dir.resolve()
    cache = CACHE_DIR / f"{build_dir.name}-{runtime or 'default'}"
    run(
        "build",
        *("--template-file", str(project_dir / "template.yaml"), "--base-dir", str(project_dir)),
        *("--build-dir", str(build_dir), "--cache-dir", str(cache), "--cached", "--parallel", *override),
        cwd=project_dir,
        environment={"LAMBDA_RUNTIME": runtime} if runtime else {},  # the Makefiles pick their wheels by it
    )
    return build_dir / "template.yaml"


def deploy(
    account: Account, stack_name: str, built_template: Path, parameters: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Create or update the stack; returns its outputs. Raises: SamFailed."""
    bucket = artifact_bucket(account)
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


def artifact_bucket(account: Account) -> str:
    """The bucket that `sam deploy` uploads to: private, ours, one per account and region."""
    identity = account.client("sts").get_caller_identity()
    name = f"greenroom-artifacts-{identity['Account']}-{account.region}"
    home = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    where = {} if account.region == "us-east-1" else home  # AWS refuses that Region by name
    try:
        account.client("s3").create_bucket(Bucket=name, **where)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    return name


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
        raise SamFailed(f"sam {command} failed:\n{meaningful(done.stdout)}")


def meaningful(output: str) -> str:
    """The last lines, without the tool's advice; a failed resource's reason is among them."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    kept = [line for line in lines if not line.strip().startswith(NOISE)]
    failed = [line for line in kept if "FAILED" in line]
    return "\n".join([*failed[:LAST_LINES], *kept[-LAST_LINES:]])


def main(arguments: list[str]) -> int:
    if arguments != ["build"]:
        print("usage: python -m greenroom_lab.deployment.sam build", file=sys.stderr)
        return 2
    try:
        template = build(paths.ROOT, runtime=paths.lambda_runtime())
    except SamFailed as failed:
        print(f"greenroom: {failed}", file=sys.stderr)
        return 1
    print(f"greenroom: built {template}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
