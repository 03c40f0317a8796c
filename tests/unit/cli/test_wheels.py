"""What was built for another Python is seen before it is deployed."""

from __future__ import annotations

from pathlib import Path

import pytest
from greenroom_cli.deployment.wheels import WheelMismatch, check_wheels


@pytest.mark.parametrize(
    ("module", "fits"),
    [
        ("_cffi_backend.cpython-313-x86_64-linux-gnu.so", True),
        ("cryptography/_rust.abi3.so", True),
        ("numpy.libs/libopenblas-0123.so", True),
        ("_cffi_backend.cpython-312-x86_64-linux-gnu.so", False),
        ("_cffi_backend.cpython-313-aarch64-linux-gnu.so", False),
        ("_cffi_backend.so", False),
    ],
)
def test_a_compiled_module_names_the_python_it_is_for(module: str, fits: bool, tmp_path: Path) -> None:
    path = tmp_path / "Function" / module
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    if fits:
        check_wheels(tmp_path, "python3.13")
        return
    with pytest.raises(WheelMismatch, match=r"python3\.13"):
        check_wheels(tmp_path, "python3.13")
