"""References to secrets, and reading what they refer to when it is needed and no earlier.

A project file holds `env:NAME`, `file:PATH` or `keyring:NAME`, never a secret. Values leave this file only to whoever
asks for them; they are in no text of a problem and in no `repr`.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, cast, get_args

import keyring
import keyring.errors
import msgspec

from samtale.config.diagnose import SUMMARIES
from samtale.core.problems import Problem, SamtaleError

Scheme = Literal["env", "file", "keyring"]

#: Service under which the operating system's keyring keeps our secrets.
KEYRING_SERVICE = "samtale"
#: Bytes; keys and tokens are far smaller, so a larger file is the wrong file.
FILE_LIMIT = 64 * 1024

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Reference(msgspec.Struct, frozen=True):
    """Where a secret is kept: an environment variable, a file (relative to the project), or the operating system's
    keyring.
    """

    scheme: Scheme
    name: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"


def parse_reference(text: str) -> Reference | None:
    """`env:NAME`, `file:PATH` or `keyring:NAME` as a value; None for anything else, which may be the secret itself."""
    scheme, colon, name = text.partition(":")
    if not colon or scheme not in get_args(Scheme) or not name or name != name.strip() or name.startswith("//"):
        return None
    if scheme == "env" and not _ENV_NAME.fullmatch(name):
        return None
    return Reference(cast(Scheme, scheme), name)


class Secrets(Mapping[str, str]):
    """The secrets behind the references of one system, by their key. Each is read anew whenever it is asked for.

    Asking raises SamtaleError with one problem if the secret is not set, unreadable, or exposed to other users.
    """

    def __init__(
        self, references: Mapping[str, Reference], root: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self._references = dict(references)
        self._root = root
        self._environ = os.environ if environ is None else environ

    def __getitem__(self, key: str) -> str:
        return resolve(self._references[key], self._root, self._environ)

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(f'{key}={reference}' for key, reference in self._references.items())})"

    def problems(self) -> list[Problem]:
        """What would be raised by asking for each of them; an empty list is all well."""
        found: list[Problem] = []
        for key in self:
            try:
                self[key]
            except SamtaleError as trouble:
                found.extend(trouble.problems)
        return found


def resolve(reference: Reference, root: Path, environ: Mapping[str, str] | None = None) -> str:
    """The secret that the reference leads to. Raises SamtaleError with one problem, which names the reference alone."""
    match reference.scheme:
        case "env":
            value = (os.environ if environ is None else environ).get(reference.name, "")
        case "file":
            value = _from_file(reference, root / Path(reference.name).expanduser())
        case "keyring":
            value = _from_keyring(reference)
    if not value.strip():
        raise _problem(
            "secret_missing",
            f"`{reference}` is not set, or empty.",
            "Set it, then try again.",
            command_to_set(reference, root),
        )
    return value


def command_to_set(reference: Reference, root: Path | None = None) -> str:
    """A command that asks for the secret and sets it, leaving it neither on the screen nor in the shell's history.

    A file's path is relative to ``root``, the project's folder; where that is not the working directory, the command names it.
    """
    match reference.scheme:
        case "env":
            return f"read -rs {_quoted(reference.name)} && export {_quoted(reference.name)}"
        case "file":
            path = Path(reference.name)
            if root is not None and root.resolve() != Path.cwd() and not reference.name.startswith("~"):
                path = root / path
            make = f"mkdir -p {_quoted(str(path.parent))} && " if len(path.parts) > 1 else ""
            return f"""(umask 077 && {make}read -rs SECRET && printf '%s\\n' "$SECRET" > {_quoted(str(path))})"""
        case "keyring":
            return f"keyring set {KEYRING_SERVICE} {_quoted(reference.name)}"


def _quoted(text: str) -> str:
    """As ``shlex.quote``, but a tilde stays what the shell makes of it."""
    return text if re.fullmatch(r"[A-Za-z0-9_./~-]+", text) else shlex.quote(text)


def _from_file(reference: Reference, path: Path) -> str:
    shown = str(reference)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise _problem(
                "secret_unreadable", f"`{shown}` is not a plain file.", "Name a file that holds the secret alone."
            )
        if found.st_mode & 0o077:
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            why = f"`{shown}` has mode {mode}; only its owner may read it (0600)."
            raise _problem("secret_exposed", why, "Take the right from the others.", f"chmod 600 {reference.name}")
        if found.st_size > FILE_LIMIT:
            raise _problem(
                "secret_unreadable", f"`{shown}` is too large for a secret.", "Name a file that holds the secret alone."
            )
        return path.read_text(encoding="utf-8").strip("\r\n")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise _problem("secret_unreadable", f"`{shown}` is not UTF-8 text.", "Save it as text.") from None
    except OSError as trouble:
        raise _problem(
            "secret_unreadable", f"`{shown}`: {trouble.strerror}.", "Give this user the right to read it."
        ) from None


def _from_keyring(reference: Reference) -> str:
    try:
        return keyring.get_password(KEYRING_SERVICE, reference.name) or ""
    except keyring.errors.KeyringError as trouble:
        why = f"`{reference}`: this computer offers no usable keyring ({type(trouble).__name__})."
        remedy = "Unlock or install one, or keep the secret in a file: write `file:PATH` in samtale.yaml."
        raise _problem("secret_unreadable", why, remedy) from None


def _problem(code: str, why: str, remedy: str, command: str = "") -> SamtaleError:
    return SamtaleError(Problem(code=code, summary=SUMMARIES[code], why=why, remedy=remedy, command=command))
