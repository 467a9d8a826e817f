"""The key that marks are made with, and its fingerprint in the store."""

from __future__ import annotations

import os
import secrets
from hashlib import blake2b
from pathlib import Path

from samtale.config.project import STATE_FOLDER
from samtale.core.problems import Problem, SamtaleError
from samtale.ports.store import DecisionRow, Store
from samtale.wiring.folder import state_folder, unwritable

KEY_FILE = "key"


def mark_key(root: Path, store: Store, now: int) -> bytes:
    """The key that marks are made with: made once, in a file for its owner alone. The store remembers its fingerprint.

    Raises SamtaleError when the file is lost or another one: records made before would not be recognized by their marks.
    """
    path = root / STATE_FOLDER / KEY_FILE
    with store.read() as session:
        known = session.decisions("mark_key").get(("mark_key", "fingerprint"))
    try:
        key = path.read_bytes() if path.exists() or known is not None else _new_key(path)
    except FileNotFoundError:
        key = b""
    except OSError as error:
        raise SamtaleError(unwritable(f"{STATE_FOLDER}/{KEY_FILE}", error)) from None
    fingerprint = blake2b(key, person=b"samtale-mark", digest_size=16).hexdigest()
    if known is None and key:
        with store.write() as session:
            session.decide(DecisionRow("mark_key", "fingerprint", fingerprint, now))
    elif known is None or known.answer != fingerprint:
        raise SamtaleError(
            Problem(
                code="key_lost",
                summary="The key of the marks is not the one that this store was made with.",
                why=f"{STATE_FOLDER}/{KEY_FILE} is missing, empty, or belongs to another project.",
                remedy="Put it back from your backup. If it is lost for good, begin a new one; marks made before are not recognized then.",
                command="samtale connect --new-key",
            )
        )
    return key


def _new_key(path: Path) -> bytes:
    """Make the file whole or not at all, also when the power goes."""
    new = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return key


def renew_mark_key(root: Path, store: Store) -> None:
    """Begin a new key of the marks."""
    state_folder(root)
    _new_key(root / STATE_FOLDER / KEY_FILE)
    with store.write() as session:
        session.undecide("mark_key", "fingerprint")
