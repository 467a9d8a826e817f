"""`samtale init` without questions: by options alone."""

from pathlib import Path

import pytest

from samtale.config.project import load_project
from tests.cli.conftest import Call


def test_init_by_options(tmp_path: Path, call: Call) -> None:
    root = tmp_path / "acme"
    answer = call("init", root, "--system", "books=powerofficego", "--system", "crm=zohocrm", "--auth", "crm.client_id=file:a b",
                  "--option", "crm.data_center=eu", "--first-link", "crm,books", "--timezone", "Europe/Oslo", "--order", "crm,books",
                  "--json")  # fmt: skip
    assert answer.exit == 0
    project = load_project(root)
    assert list(project.systems) == ["crm", "books"]
    assert project.systems["crm"].options == {"data_center": "eu"}
    assert str(project.systems["crm"].auth["client_id"]) == "file:a b"
    assert (root / "models" / "README.md").exists()
    assert (root / ".samtale").stat().st_mode & 0o077 == 0
    assert ".samtale/" in (root / ".gitignore").read_text()
    assert len(answer.json["secrets_missing"]) == 6
    before = (root / "samtale.yaml").read_bytes()
    again = call("init", root, "--system", "books=powerofficego", "--json")
    assert (again.exit, again.codes) == (2, ["project_exists"])
    assert (root / "samtale.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--system", "a=nothing"], "unknown_connector"),
        (["--system", "a=crmoffice"], "connector_arrives_later"),
        (["--system", "a=zohocrm", "--timezone", "Europe/Osslo"], "unknown_timezone"),
        (["--system", "a=zohocrm", "--base-url", "a=http://crm.example"], "unsafe_url"),
        (["--system", "a=zohocrm", "--first-link", "b"], "unknown_system"),
        (["--system", "a=zohocrm", "--base-url", "b=https://crm.example"], "usage"),
        (["--system", "a=zohocrm", "--auth", "a.client_id=s3cr3t"], "usage"),
        ([], "usage"),
    ],
)
def test_init_refuses_what_would_not_work_and_makes_nothing(
    more: list[str], code: str, tmp_path: Path, call: Call
) -> None:
    answer = call("init", tmp_path / "acme", *more, "--json")
    assert answer.exit == 2
    assert answer.codes[0] == code
    assert "s3cr3t" not in answer.out + answer.err
    assert not (tmp_path / "acme").exists()
