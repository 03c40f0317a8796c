"""`./greenroom`: the command at the root of the checkout, on the Python that setup installed. Standard library only."""

from __future__ import annotations

import shlex
from pathlib import Path

COMMAND = """#!/bin/sh
# The operator's command, made by `make setup`. Not in git; may be deleted, and linked to from anywhere.
root={root}
python={python}
if [ ! -x "$python" ]; then
    echo "greenroom: $python is missing; run make setup in $root" >&2
    exit 1
fi
# -P: a module of the folder that it is called in is none of ours.
exec env PYTHONPATH="$root/cli" "$python" -P -m greenroom_cli "$@"
"""


def write_command(root: Path, python: Path) -> None:
    """Executable, and never half written. The places are written out, so that links to it work."""
    text = COMMAND.format(root=shlex.quote(str(root)), python=shlex.quote(str(python)))
    command = root / "greenroom"
    if command.is_file() and command.read_text() == text:
        return
    draft = command.with_suffix(".new")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(command)
