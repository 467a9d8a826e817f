"""References to secrets: read when asked for, clear when missing, and never shown."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from samtale.config.secrets import Reference, Secrets, command_to_set, parse_reference, resolve
from samtale.core.problems import Problem, SamtaleError

UseKeyring = Callable[[keyring.backend.KeyringBackend], None]
SECRET = "correct horse"


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring in memory, in place of the operating system's."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types here
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")


@pytest.fixture
def use_keyring() -> Iterator[UseKeyring]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def problem(reference: Reference, root: Path, environ: dict[str, str] | None = None) -> Problem:
    with pytest.raises(SamtaleError) as caught:
        resolve(reference, root, environ)
    (found,) = caught.value.problems
    assert SECRET not in str(caught.value)
    assert found.remedy
    return found


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("env:ZOHO_TOKEN", Reference("env", "ZOHO_TOKEN")),
        ("file:secrets/zoho", Reference("file", "secrets/zoho")),
        ("keyring:acme/zoho", Reference("keyring", "acme/zoho")),
        ("env:1A", None),
        ("env:A B", None),
        ("env:", None),
        ("ENV:A", None),
        ("vault:A", None),
        ("hunter2", None),
        ("file://etc", None),
        ("keyring: a", None),
    ],
)
def test_what_is_a_reference(text: str, reference: Reference | None) -> None:
    assert parse_reference(text) == reference
    assert reference is None or str(reference) == text


def test_from_the_environment(tmp_path: Path) -> None:
    assert resolve(Reference("env", "TOKEN"), tmp_path, {"TOKEN": SECRET}) == SECRET
    for environ in ({}, {"TOKEN": " "}):
        found = problem(Reference("env", "TOKEN"), tmp_path, environ)
        assert (found.code, found.command) == ("secret_missing", "read -rs TOKEN && export TOKEN")


def test_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    assert resolve(Reference("file", "token"), tmp_path) == SECRET
    path.chmod(0o640)
    found = problem(Reference("file", "token"), tmp_path)
    assert (found.code, found.command) == ("secret_exposed", "chmod 600 token")
    assert "0640" in found.why


def test_files_that_hold_no_secret(tmp_path: Path) -> None:
    assert problem(Reference("file", "token"), tmp_path).code == "secret_missing"
    assert problem(Reference("file", "."), tmp_path).code == "secret_unreadable"
    path = tmp_path / "token"
    path.touch(0o600)
    assert problem(Reference("file", "token"), tmp_path).code == "secret_missing"
    path.write_bytes(b"\xff\xfe")
    assert problem(Reference("file", "token"), tmp_path).code == "secret_unreadable"
    path.write_bytes(b"x" * 100_000)
    assert problem(Reference("file", "token"), tmp_path).code == "secret_unreadable"


def test_from_the_keyring(tmp_path: Path, use_keyring: UseKeyring) -> None:
    memory = MemoryKeyring()
    use_keyring(memory)
    assert problem(Reference("keyring", "zoho"), tmp_path).command == "keyring set samtale zoho"
    memory.set_password("samtale", "zoho", SECRET)
    assert resolve(Reference("keyring", "zoho"), tmp_path) == SECRET
    use_keyring(LockedKeyring())
    assert "KeyringLocked" in problem(Reference("keyring", "zoho"), tmp_path).why


def test_secrets_are_read_when_asked_for_and_never_shown(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    secrets = Secrets({"token": Reference("env", "TOKEN"), "client": Reference("env", "CLIENT")}, tmp_path, environ)
    assert [p.code for p in secrets.problems()] == ["secret_missing", "secret_missing"]
    environ.update(TOKEN=SECRET, CLIENT="me")
    assert dict(secrets) == {"token": SECRET, "client": "me"}
    assert secrets.problems() == []
    assert SECRET not in repr(secrets)
    assert "token=env:TOKEN" in repr(secrets)


def test_the_command_for_a_file_makes_it_for_its_owner_alone(tmp_path: Path) -> None:
    reference = Reference("file", ".samtale/it's/token")
    command = command_to_set(reference, tmp_path)
    done = subprocess.run(["bash", "-c", command], input=SECRET + "\n", text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert resolve(reference, tmp_path) == SECRET


def test_the_command_names_the_folder_only_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = Reference("file", "secrets/token")
    assert str(tmp_path) in command_to_set(reference, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "mkdir -p secrets && " in command_to_set(reference, tmp_path)
