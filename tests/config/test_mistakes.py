"""A model that is wrong: each mistake alone, told with its file, its line, and what to do."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from samtale.config.diagnose import SUMMARIES, WARNINGS
from samtale.core.problems import Problem, SamtaleError
from tests.config.samples import COMPANY, SOMEONE, model_in

CYCLE = """\
entity: team
fields:
  name: text
  lead: {kind: reference, to: buyer}
members:
  accounts.Departments:
    properties: {name: Name, lead: Lead}
    create: {sales.Users: always}
  sales.Users: {properties: {name: name}}
---
entity: buyer
fields:
  name: text
  team: {kind: reference, to: team, required: true}
members:
  accounts.Customers:
    where: {IsPerson: true, Visits: 7}
    properties: {name: Name, team: DepartmentId}
    create: {sales.Contact: always}
  sales.Contact: {where: {Email: none}, properties: {}}
"""

CASES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text(encoding="utf-8"))


def problems(tmp_path: Path, company: str = COMPANY, someone: str = SOMEONE, **models: str) -> tuple[Problem, ...]:
    with pytest.raises(SamtaleError) as caught:
        model_in(tmp_path, company, someone, **models)
    return caught.value.problems


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_is_told_where_it_stands(tmp_path: Path, case: str) -> None:
    old, new, code, marker, word = (CASES[case][key] for key in ("old", "new", "code", "at", "word"))
    assert old in COMPANY
    company = COMPANY.replace(old, new, 1)
    found = [p for p in problems(tmp_path, company) if p.code == code]
    assert found, "the code is missing"
    lines = [number for number, line in enumerate(company.splitlines(), 1) if marker in line]
    assert any(p.line in lines and p.file == "models/company.yaml" for p in found), (found, lines)
    assert any(word in p.why + p.remedy for p in found), found
    assert all(p.summary == SUMMARIES[code] and p.remedy for p in found)


def test_all_mistakes_are_told_at_once_with_the_warnings_last(tmp_path: Path) -> None:
    company = COMPANY.replace("name: Account_Name", "name: Acount_Name").replace("{kind: phone}", "{kind: fone}")
    someone = SOMEONE.replace("Last_Name", "Lost_Name").replace("email: email", "email: mail", 1)
    found = problems(tmp_path, company, someone)
    assert {"unknown_property", "unknown_kind", "required_unmapped"} <= {p.code for p in found}
    assert {p.file for p in found} == {"models/company.yaml", "models/someone.yaml"}
    severity = [p.code in WARNINGS for p in found]
    assert severity == sorted(severity)


def test_required_references_that_wait_for_each_other(tmp_path: Path) -> None:
    company = COMPANY.replace("to: someone", "to: company").replace("      owner: Owner.id\n", "")
    someone = "entity: someone\nfields: {name: text}\nmembers: {sales.Users: {properties: {}}}\n"
    found = [p for p in problems(tmp_path, company, someone, cycle=CYCLE) if p.code == "reference_cycle"]
    assert len(found) == 1
    assert "accounts.Departments" in found[0].why
    assert "accounts.Customers" in found[0].why


def test_an_optional_reference_breaks_the_cycle(tmp_path: Path) -> None:
    company = COMPANY.replace("to: someone", "to: company").replace("      owner: Owner.id\n", "")
    someone = "entity: someone\nfields: {name: text}\nmembers: {sales.Users: {properties: {}}}\n"
    model, _ = model_in(tmp_path, company, someone, cycle=CYCLE.replace(", required: true", ""))
    assert model.type("team").member("accounts.Departments").create


def test_creating_where_nothing_can_be_written(tmp_path: Path) -> None:
    someone = SOMEONE.replace("{path: email, use: match}}", "email}\n    create: {sales.Contact: always}")
    found = [p for p in problems(tmp_path, someone=someone) if p.code == "create_impossible"]
    assert found
    assert all(p.remedy for p in found)


def test_connected_to_a_type_without_a_member_there(tmp_path: Path) -> None:
    extra = "entity: visit\nfields: {name: text}\nmembers: {accounts.Departments: {properties: {name: Name}}}\n"
    company = COMPANY.replace("accounts.Customers: always", "accounts.Customers: {when_connected: [visit]}")
    found = [p for p in problems(tmp_path, company, visit=extra) if p.code == "connected_nowhere"]
    assert found
    assert "no member in `sales`" in found[0].why


def test_link_only_members_may_share_a_collection(tmp_path: Path) -> None:
    extra = "entity: client\nfields: {}\nmembers: {accounts.Customers: {properties: {}}}\n"
    model, _ = model_in(tmp_path, client=extra)
    assert model.type("client").member("accounts.Customers").views == ()


def test_one_type_in_two_files(tmp_path: Path) -> None:
    assert "duplicate_key" in {p.code for p in problems(tmp_path, other=COMPANY)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("entity: x\nentity: y\n", "duplicate_key"),
        ("entity: x\nfields:\n\tname: text\n", "yaml_tab"),
        ("- entity: x\n", "not_a_mapping"),
        ("just words\n", "not_a_mapping"),
        ("entity: [x\n", "yaml_syntax"),
        ("entity: a: b\n", "yaml_syntax"),
        ("a: &a [x]\nb: *a\n", "yaml_alias"),
        ("%YAML 1.1\n---\nentity: x\n", "yaml_feature"),
        ("entity: !!python/name:os.system x\n", "yaml_feature"),
        ("entity: x\nfields: " + "{a: " * 40 + "1" + "}" * 40 + "\n", "yaml_depth"),
        ("entity: x\n? [a, b]\n: c\n", "not_a_mapping"),
        ("entity: x\n#" + "x" * 600_000, "file_too_large"),
        ("entity: \x07\n", "yaml_syntax"),
        ("entity: x\nfields: 5\n", "not_a_mapping"),
        ("entity: x\nmembers:\n  sales.Account: 5\n", "not_a_mapping"),
        ("entity: 7\n", "wrong_value"),
    ],
)
def test_files_that_are_no_model(tmp_path: Path, text: str, code: str) -> None:
    found = [p for p in problems(tmp_path, broken=text) if p.file == "models/broken.yaml"]
    assert code in {p.code for p in found}
    assert all(p.remedy for p in found)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "latin.yaml").write_bytes("entity: x\nfields: {}\n# Bjørn\n".encode("latin-1"))
    found = [p for p in problems(tmp_path, company=COMPANY + "x: 1\n") if p.code == "file_encoding"]
    assert [(p.file, p.line) for p in found] == [("models/latin.yaml", 3)]


def test_a_billion_laughs_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    assert "yaml_alias" in {p.code for p in problems(tmp_path, bomb="\n".join(lines))}


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "models" / "odd.yaml").mkdir(parents=True)
    found = [p for p in problems(tmp_path) if p.code == "file_unreadable"]
    assert [p.file for p in found] == ["models/odd.yaml"]
