"""The pages, built when they changed: `npm ci` once per lock file, `vite build` once per content."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from greenroom_cli.deployment.content_stamp import is_current, write_stamp
from greenroom_cli.failures import CommandFailed
from greenroom_cli.toolchain.paths import GENERATED, ROOT

FRONTEND = ROOT / "frontend"
DIST = FRONTEND / "dist"
_SOURCES = (
    *("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"),
    *("src", "desk", "packages", "public"),
)
_STAMP = GENERATED / "page.stamp"


class PageFailed(CommandFailed):
    """The pages could not be built."""


def build_page() -> Path:
    """Returns the folder to serve. Raises: PageFailed."""
    sources = [FRONTEND / name for name in _SOURCES]
    if DIST.joinpath("index.html").is_file() and is_current(_STAMP, sources):
        return DIST
    lock, installed = FRONTEND / "package-lock.json", FRONTEND / "node_modules" / ".installed-lock"
    if not installed.is_file() or installed.read_bytes() != lock.read_bytes():
        _npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
        shutil.copyfile(lock, installed)
    _npm("run", "build", "--silent")
    write_stamp(_STAMP, sources)
    return DIST


def _npm(*arguments: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PageFailed("Node 20 or later with npm is needed", "it is not on PATH", "install it from nodejs.org")
    done = subprocess.run(
        [npm, *arguments],
        cwd=FRONTEND,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        remedy = "mend what it names, and run it again"
        raise PageFailed(f"npm {' '.join(arguments[:2])} failed", f"\n{done.stdout[-2000:]}", remedy)
