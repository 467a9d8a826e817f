"""The project's own folder, ``.samtale``: made for its owner alone."""

from __future__ import annotations

from pathlib import Path

from samtale.config.project import STATE_FOLDER
from samtale.core.problems import Problem, SamtaleError


def state_folder(root: Path) -> Path:
    """The folder of the project's own state, for its owner alone."""
    folder = root / STATE_FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SamtaleError(unwritable(STATE_FOLDER, error)) from None
    return folder


def unwritable(what: str, error: OSError) -> Problem:
    """What to say when a file there cannot be read or written."""
    return Problem(
        code="folderunwritable",
        summary="The project's own folder cannot be used.",
        why=f"{what}: {error.strerror}.",
        remedy="Give this user the right to read and write there, or free some space.",
        command="ls -la .",
    )
