"""Documents at the command line: show, doc, verify and import, as people and programs meet them."""

import json
from pathlib import Path
from typing import Any

import pytest

from samtale.documents.reader import parse
from tests.cli.conftest import Call, validator
from tests.config.test_standard import CONNECTORS, project
from tests.documents.samples import SAMPLES, document, section, table

X, Y = "ZohoCRM Account", "Customerp Customer"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of all five systems that nobody has connected to."""
    project(tmp_path, *CONNECTORS)
    return tmp_path


def paper(folder: Path, *rows: tuple[str, str, str], name: str = "paper.rst", x: str = X, y: str = Y) -> Path:
    path = folder / name
    title = f"{x.split()[0]} to {y.split()[0]} Dataflow"
    path.write_text(
        document(section(None, x, y, "", table(x, y, *rows, system=y.split()[0])), title=title), encoding="utf-8"
    )
    return path


NAME = ("Account_Name", "name", '"string"')

# show


def test_show_tells_what_a_document_says(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "a.rst"
    path.write_text(SAMPLES["connected"], encoding="utf-8")
    answer = call("show", path)
    assert answer.exit == 0
    for words in (
        "Ledger to Rolodex, generated 2024-02-29 23:59:58",
        "Ledger Clients → Rolodex Company",
        "match: mail = email",
    ):
        assert words in answer.out
    assert "connected to: Ledger-orders, Ledger-invoices, Created by" in answer.out


def test_show_as_json_is_the_object_of_the_document(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "a.rst"
    path.write_text(SAMPLES["conditional"], encoding="utf-8")
    shown = call("show", path, "--json").json
    assert {"schema", "command", "exit", "file", "source", "target", "generated", "sections", "problems"} == set(shown)
    assert (shown["generated"], shown["sections"][0]["condition"]) == (
        "2024-02-29T23:59:58",
        "When the client has paid, once",
    )


def test_a_line_that_cannot_be_read_is_told_and_the_rest_is_shown(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "a.rst"
    path.write_text(SAMPLES["always"] + "\nWhat is this?\n", encoding="utf-8")
    answer = call("show", path, "--json")
    assert answer.exit == 1
    (problem,) = answer.json["problems"]
    assert problem["line"] == len(SAMPLES["always"].splitlines()) + 2
    assert (
        problem["message"] == "expected a sentence of this section or a table; remove the line, or see the grammar page"
    )
    assert problem["code"] == "document_line"
    assert len(answer.json["sections"]) == 2
    told = call("show", path)
    assert f"{path}:{problem['line']}" in told.err
    assert "Ledger Clients → Rolodex Company" in told.out


@pytest.mark.parametrize("content", [None, b"\0\1", b"\xff\xfea"])
def test_what_is_no_document_is_an_object_with_its_problem(call: Call, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.rst"
    if content is not None:
        path.write_bytes(content)
    answer = call("show", path, "--json")
    assert answer.exit == 2
    assert answer.json["sections"] == []
    assert answer.json["problems"][0]["message"]
    assert answer.json["file"] == str(path)


def test_a_folder_is_a_list_and_one_object_a_line(call: Call, tmp_path: Path) -> None:
    for name, text in SAMPLES.items():
        (tmp_path / f"{name}.rst").write_text(text, encoding="utf-8")
    (tmp_path / "notes.md").write_text("no document", encoding="utf-8")
    listed = call("show", tmp_path)
    assert (listed.exit, listed.out.count(".rst")) == (0, len(SAMPLES))
    answer = call("show", tmp_path, "--json")
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert [Path(line["file"]).stem for line in lines] == sorted(SAMPLES)
    for line in lines:
        validator("show").validate(line)
        assert set(line) == {"file", "source", "target", "generated", "sections", "problems"}
    (tmp_path / "broken.txt").write_bytes(b"\0")
    answer = call("show", tmp_path, "--json")
    assert answer.exit == 1
    assert len(answer.out.splitlines()) == len(SAMPLES) + 1
    assert call("show", tmp_path).exit == 1


# doc


def test_doc_writes_the_document_of_a_pair(call: Call, folder: Path) -> None:
    answer = call("doc", "zohocrm", "customerp", "--project", folder)
    read = parse(answer.out)
    assert (answer.exit, read.problems, read.source, read.target) == (0, (), "ZohoCRM", "Customerp")
    assert "Project: acme." in answer.out
    same = call("doc", "Zoho CRM", "CustomERP", "--project", folder, "--json")
    assert same.json["documents"][0]["rows"] == sum(len(s.rows) for s in read.sections)
    assert parse(same.json["documents"][0]["text"]).sections == read.sections


@pytest.mark.parametrize(
    ("form", "begins"), [("rst", "======"), ("html", "<!DOCTYPE html>"), ("md", "# ZohoCRM to Customerp")]
)
def test_doc_has_three_formats(call: Call, folder: Path, form: str, begins: str) -> None:
    answer = call("doc", "zohocrm", "customerp", "--project", folder, "--format", form, "-o", folder / "out", "--json")
    file = Path(answer.json["documents"][0]["file"])
    assert file == folder / "out" / f"zohocrm-to-customerp.{form}"
    assert file.read_text(encoding="utf-8").startswith(begins)


def test_doc_all_writes_every_pair_in_which_something_flows(call: Call, folder: Path) -> None:
    answer = call("doc", "--all", "--project", folder, "-o", folder / "out", "--json")
    assert len(answer.json["documents"]) == len(list((folder / "out").iterdir())) == 20
    assert call("verify", *(folder / "out").iterdir(), "--project", folder).exit == 0


def test_doc_marks_what_was_added_since(call: Call, folder: Path) -> None:
    old = paper(folder, NAME)
    text = call("doc", "zohocrm", "customerp", "--since", old, "--project", folder).out
    (part,) = (s for s in parse(text).sections if s.heading == f"{X} to {Y}")
    states = {row.target: row.state for row in part.rows}
    assert (states["name"], states["phone"]) == ("synchronized", "added")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["zohocrm"], "SOURCE and TARGET"),
        (["--all"], "SOURCE and TARGET"),
        (["zohocrm", "zendesc"], "The project has no such system."),
        (["zohocrm", "zendesk", "--since", "nowhere.rst"], "cannot be read"),
        (["zohocrm", "zendesk", "-o", "samtale.yaml"], "cannot be written"),
    ],
)
def test_doc_says_what_is_wrong(
    call: Call, folder: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    answer = call("doc", *arguments)
    assert answer.exit == 2
    assert words in answer.err
    assert answer.out == ""


# verify


def test_verify_tells_each_section_and_row(call: Call, folder: Path) -> None:
    path = paper(folder, NAME, ("Website", "phone", '"string"'))
    answer = call("verify", path, "--project", folder, "--json")
    assert answer.exit == 1
    (found,) = answer.json["sections"]
    assert (found["from"], found["to"], found["line"], found["state"]) == (X, Y, 12, "covered")
    assert found["rows"] == [
        {"from": "Account_Name", "to": "name", "state": "covered", "note": ""},
        {"from": "Website", "to": "phone", "state": "missing", "note": "no field shows both properties"},
    ]
    told = call("verify", path, "--project", folder)
    assert "1 of 2 rows" in told.out
    assert "3 sections and rows: 2 covered, 1 missing." in told.out


def test_verify_succeeds_where_all_is_covered_or_impossible(call: Call, folder: Path) -> None:
    good = paper(folder, NAME)
    row = ("WebsiteUrl", "url", '"string"')
    vendor = paper(folder, row, name="b.rst", x="Powerofficego Customers", y="Zendesk Organizations")
    answer = call("verify", good, vendor, "--project", folder, "--json")
    assert answer.exit == 0
    assert [s["rows"][0]["state"] for s in answer.json["sections"]] == ["covered", "impossible"]


def test_verify_takes_names_from_a_person(call: Call, folder: Path) -> None:
    path = paper(folder, NAME, y="Vault Customer")
    assert call("verify", path, "--project", folder).exit == 1
    answer = call("verify", path, "--project", folder, "--name", "Vault=customerp", "--json")
    assert answer.exit == 0
    assert answer.json["documents"][0]["systems"][1]["how"] == "given"
    assert call("verify", path, "--project", folder, "--name", "customerp").exit == 2


def test_the_old_documents_are_covered(call: Call, folder: Path, shared: Path) -> None:
    answer = call("verify", *sorted((shared / "seeds").glob("*.txt")), "--project", folder, "--json")
    assert answer.exit == 0
    assert len(answer.json["sections"]) == 19


# import


def test_import_writes_model_files_that_check_accepts(
    call: Call, folder: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = sorted((shared / "seeds").glob("*.txt"))
    answer = call("import", *seeds, "-o", folder / "models", "--project", folder, "--json")
    assert answer.exit == 0
    assert [f["entity"] for f in answer.json["files"]] == ["activity", "order", "organization", "person", "product"]
    assert [d["code"] for d in answer.json["decisions"]] == ["create_impossible"]
    assert [s["systems"][1]["how"] for s in answer.json["systems"]] == [
        "named",
        "inferred",
        "named",
        "named",
        "inferred",
    ]
    monkeypatch.setenv("X", "a secret")
    checked = call("check", "--offline", "--project", folder, "--json")
    assert (checked.exit, checked.json["errors"]) == (1, 0)
    assert set(checked.codes) <= {"left_out", "one_way", "single_member"}
    assert call("verify", *seeds, "--project", folder).exit == 0
    text = call("doc", "powerofficego", "zendesk", "--project", folder).out
    rows = {(r.source, r.target): r.state for s in parse(text).sections for r in s.rows}
    assert rows["WebsiteUrl", "url"].startswith("read-only: The record's address")


def test_import_uses_the_names_of_the_project_and_needs_none(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = paper(tmp_path, NAME)
    monkeypatch.chdir(tmp_path)
    assert call("import", path).exit == 0
    assert "  zohocrm.Account:" in (tmp_path / "models" / "organization.yaml").read_text(encoding="utf-8")
    (tmp_path / "here").mkdir()
    project(tmp_path / "here", ("sales", "zohocrm"), ("erp", "customerp"))
    answer = call("import", path, "-o", "models2", "--project", "here")
    assert "samtale check --offline" in answer.out
    text = (tmp_path / "models2" / "organization.yaml").read_text(encoding="utf-8")
    assert "  sales.Account:" in text
    assert "  erp.Customer:" in text


def test_import_writes_over_nothing_unless_told(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = paper(tmp_path, NAME)
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "models" / "organization.yaml"
    model.parent.mkdir()
    model.write_text("entity: organization\n", encoding="utf-8")
    refused = call("import", path, "--json")
    assert (refused.exit, refused.codes) == (2, ["file_exists"])
    assert model.read_text(encoding="utf-8") == "entity: organization\n"
    assert call("import", path, "--force").exit == 0
    written = model.read_text(encoding="utf-8")
    assert call("import", path).exit == 0  # the same again
    assert model.read_text(encoding="utf-8") == written


def test_import_lists_what_to_decide(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.rst").write_text(SAMPLES["conditional"], encoding="utf-8")
    answer = call("import", "a.rst")
    assert answer.exit == 0
    assert "To decide" in answer.out
    assert "the condition `When the client has paid, once` is in words" in answer.out
    assert "at a.rst:12" in answer.out
    assert 'when: "false"' in (tmp_path / "models" / "client.yaml").read_text(encoding="utf-8")


def test_import_of_unnamed_systems_takes_names(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.rst").write_text(SAMPLES["unnamed"], encoding="utf-8")
    nothing: dict[str, Any] = call("import", "a.rst", "--json").json
    assert nothing["files"] == []
    assert [d["code"] for d in nothing["decisions"]] == ["system_unnamed", "system_unnamed"]
    named = call("import", "a.rst", "--name", "source=ledger", "--name", "target=rolodex", "--json").json
    assert [f["file"] for f in named["files"]] == [str(Path("models") / "client.yaml")]
