"""A slot's folder: empty for each viewer."""

import os
import pwd
import shutil
from pathlib import Path


def empty_folder(folder: Path, owner: str | None) -> None:
    """Removes everything in the folder (links are removed, never followed) and gives it to `owner` alone.

    Raises: OSError when something could not be removed: then no viewer may be let in. KeyError for an unknown owner.
    """
    if folder.is_symlink():
        folder.unlink()
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    if owner is not None:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)
