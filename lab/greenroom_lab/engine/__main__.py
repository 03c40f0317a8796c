"""Run the engine in the foreground: `python -m greenroom_lab.engine --port 4566` (the engine environment's Python).

Everything ministack reads from the environment is set here, before it is imported. It serves 127.0.0.1 only, enforces
IAM, keeps nothing unless `--state` names a directory, and ends when its parent does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import threading
import time

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
"""What the engine and the functions see of the caller's environment: no profile, no credentials, no proxies."""

ADMIN_KEY, ADMIN_SECRET = "test", "test"
"""These keys act as the account's root user: ministack lets them pass every policy. Everyone else is checked."""

TEMPORARY_PREFIX = "greenroom-engine-"
"""How process.py names the directory that is ours alone."""


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    set_environment(options)
    if options.parent:
        threading.Thread(target=end_with, args=(options.parent,), daemon=True).start()
    serve([name for name in options.without.split(",") if name])


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="greenroom_lab.engine", description="The embedded AWS")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--xray-sink", default="", metavar="HOST:PORT", help="UDP address that gets the traces")
    parser.add_argument("--state", default="", metavar="DIR", help="keep everything here over a clean restart")
    parser.add_argument("--lambda-workers", type=int, default=0, help="processes per function (default: the cores)")
    parser.add_argument("--parent", type=int, default=0, metavar="PID", help="end when this process is gone")
    parser.add_argument("--without", default="", metavar="MEND,MEND", help="leave mends out, to see their tests fail")
    parser.add_argument("--log-level", default="WARNING")
    return parser.parse_args(arguments)


def set_environment(options: argparse.Namespace) -> None:
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(options.port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "MINISTACK_REGION": options.region,
        "AWS_DEFAULT_REGION": options.region,
        "AWS_ACCESS_KEY_ID": ADMIN_KEY,
        "AWS_SECRET_ACCESS_KEY": ADMIN_SECRET,
        "LOG_LEVEL": options.log_level,
        "LAMBDA_WARM_TTL_SECONDS": "120",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if options.lambda_workers:
        settings["GREENROOM_LAMBDA_WORKERS"] = str(options.lambda_workers)
    if options.xray_sink:
        settings["AWS_XRAY_DAEMON_ADDRESS"] = options.xray_sink
    if options.state:
        state = os.path.abspath(options.state)
        settings.update(PERSIST_STATE="1", STATE_DIR=state, S3_PERSIST="1", S3_DATA_DIR=os.path.join(state, "s3"))
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    mine = {name: value for name, value in os.environ.items() if name.startswith("GREENROOM_")}
    os.environ.clear()
    os.environ.update({**kept, **mine, **settings})


def end_with(parent: int) -> None:
    """A parent that was killed cannot stop us nor empty our temporary directory: notice it, do both and go."""
    while os.getppid() == parent:
        time.sleep(0.5)
    temporary = os.environ.get("TMPDIR", "")
    if os.path.basename(temporary).startswith(TEMPORARY_PREFIX):
        shutil.rmtree(temporary, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def serve(without: list[str]) -> None:
    # Imported only now: ministack reads its settings from the environment while it is imported.
    from ministack import app as ministack_app

    from greenroom_lab.engine import mends
    from greenroom_lab.engine.doors import with_doors

    mends.apply(without)
    ministack_app.app = with_doors(ministack_app.app, [name for name in mends.NAMES if name not in without])
    sys.argv = ["ministack"]
    ministack_app.main()


if __name__ == "__main__":
    main(sys.argv[1:])
