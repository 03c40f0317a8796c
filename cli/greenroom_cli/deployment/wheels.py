"""Whether what was built fits the Python that will run it: a wheel of another one is found too late, or never."""

from __future__ import annotations

import re
from pathlib import Path

from greenroom_cli.failures import CommandFailed

ABI = re.compile(r"\.(?:cpython-(\d+)-x86_64-linux-gnu|(abi3))\.so$")
"""`_cffi_backend.cpython-313-x86_64-linux-gnu.so` is for Python 3.13 alone, `_rust.abi3.so` for all from its own on."""


class WheelMismatch(CommandFailed):
    """What was built holds compiled modules for another Python; why names them."""


def check_wheels(build_dir: Path, runtime: str) -> None:
    """Raises: WheelMismatch unless every compiled module is for `runtime` (python3.13) on Lambda's x86-64."""
    wanted = runtime.removeprefix("python").replace(".", "")
    wrong = [module for module in _importable(build_dir) if not _fits(module.name, wanted)]
    if wrong:
        names = ", ".join(str(module.relative_to(build_dir)) for module in sorted(wrong)[:5])
        raise WheelMismatch(f"built for another Python than {runtime}", names, f"delete {build_dir} and its cache")


def _importable(build_dir: Path) -> list[Path]:
    """Compiled modules; the shared libraries that wheels bring in `<name>.libs` have no tag."""
    return [path for path in build_dir.rglob("*.so") if not path.parent.name.endswith(".libs")]


def _fits(name: str, wanted: str) -> bool:
    found = ABI.search(name)
    return found is not None and (found[1] == wanted or found[2] is not None)
