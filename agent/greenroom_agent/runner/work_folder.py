"""Creates, empties and names the folders of the slots, which are in the agent's work folder.

A slot's folder is emptied before each viewer and after each boot.
"""

import os
import pwd
import shutil
from pathlib import Path


def empty_folder(folder: Path, owner: str | None) -> None:
    """Removes everything in the folder (links are removed, never followed) and gives the folder to `owner` alone.

    Raises: OSError when something cannot be removed (the slot must get no viewer then), KeyError for an unknown owner.
    """
    if folder.is_symlink():
        folder.unlink()
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    if owner is not None:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)


def slot_folder(work_dir: Path, number: int) -> Path:
    """Returns the path of the folder in which the application of slot `number` runs."""
    return work_dir / f"slot-{number}"


def slot_log(work_dir: Path, number: int) -> Path:
    """Returns the path of the log with the output of slot `number`'s application. Only the agent can read the log."""
    return work_dir / f"slot-{number}.log"


def remove_leftovers(work_dir: Path) -> None:
    """Creates the work folder and removes the folders and logs of all slots of an earlier run of the agent.

    Raises: OSError when something cannot be removed.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    for left in work_dir.glob("slot-*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
