"""The packaged models: they fit the connectors, cover every row of the old documents, and let a project change them."""

from __future__ import annotations

import importlib
import re
from itertools import combinations
from pathlib import Path

import pytest

from samtale.config.load import load_model
from samtale.config.project import Project, load_project
from samtale.core.model import Access, CreateRule, Member, Model
from samtale.core.problems import SamtaleError
from samtale.ports.connector import About

CONNECTORS = ("powerofficego", "zohocrm", "zendesk", "crmoffice", "customerp")
ABOUTS: dict[str, About] = {
    name: importlib.import_module(f"samtale.connectors.{name}.about").ABOUT for name in CONNECTORS
}


def project(folder: Path, *systems: str | tuple[str, str], **models: str) -> tuple[Project, dict[str, About]]:
    """A project of these systems, each a connector or (name, connector), with model files of its own."""
    named = [(s, s) if isinstance(s, str) else s for s in systems]
    lines = ["workspace: acme", "timezone: Europe/Oslo", "systems:"]
    for name, connector in named:
        keys = ", ".join(f'{key}: "env:X"' for key in ABOUTS[connector].auth)
        lines.append(f"  {name}: {{connector: {connector}, auth: {{{keys}}}}}")
    (folder / "samtale.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "models").mkdir(exist_ok=True)
    for name, text in models.items():
        (folder / "models" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_project(folder), {name: ABOUTS[connector] for name, connector in named}


def model(folder: Path, *systems: str | tuple[str, str], **models: str) -> Model:
    return load_model(*project(folder, *systems, **models))[0]


def properties(member: Member, field: str | None = None) -> list[str]:
    accesses: list[Access] = [a for v in member.views if field in (None, v.field) for a in v.accesses]
    return [p.path for a in accesses for p in a.properties]


def test_together_they_fit_the_connectors(tmp_path: Path) -> None:
    whole, warnings = load_model(*project(tmp_path, *CONNECTORS))
    assert [t.name for t in whole.types] == ["activity", "order", "organization", "person", "product"]
    unexpected = [w for w in warnings if w.code not in ("one_way", "single_member")]
    assert not unexpected, unexpected


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_of_the_systems_do_without_the_others(tmp_path: Path, count: int) -> None:
    for chosen in combinations(CONNECTORS, count):
        loaded = model(tmp_path, *chosen)
        used = {m.system for t in loaded.types for m in t.members}
        assert used <= set(chosen)
        origins = {origin for t in loaded.types for m in t.members for origin, _ in m.create}
        assert {origin.partition(".")[0] for origin in origins} <= set(chosen)


def test_two_systems_of_one_kind(tmp_path: Path) -> None:
    loaded = model(tmp_path, "powerofficego", ("norway", "zohocrm"), ("sweden", "zohocrm"))
    names = [m.name for m in loaded.type("organization").members]
    assert names == ["powerofficego.Customers", "powerofficego.Departments", "norway.Account", "sweden.Account"]
    expected = (("powerofficego.Customers", CreateRule()), ("powerofficego.Departments", CreateRule()))
    assert loaded.type("organization").member("sweden.Account").create == expected


def test_rules_for_certain_members_go_with_them(tmp_path: Path) -> None:
    alone = model(tmp_path, "powerofficego", "zohocrm").type("person")
    assert all(not rule.only for rule in alone.match)
    assert [rule.fields for rule in alone.match if rule.trust == "link"] == [("email", "name.family")]
    helped = model(tmp_path, "powerofficego", "zendesk").type("person")
    assert [rule.only for rule in helped.match if rule.only] == [("zendesk.Users",)]


def test_only_types_that_two_collections_share_are_read(tmp_path: Path) -> None:
    assert [t.name for t in model(tmp_path, "powerofficego", "zohocrm").types] == ["organization", "person"]


def test_zendesks_record_address_is_no_website(tmp_path: Path) -> None:
    own = "entity: organization\nmembers:\n  zendesk.Organizations: {properties: {website: url}}\n"
    loaded, warnings = load_model(*project(tmp_path, "powerofficego", "zendesk", organization=own))
    assert "url" not in properties(loaded.type("organization").member("zendesk.Organizations"))
    (told,) = [w for w in warnings if w.code == "left_out"]
    assert (told.file, told.line) == ("models/organization.yaml", 3)
    assert "website" in told.why + told.remedy


# rows of the documents

#: Rows that must not be synchronized, and why.
NEVER = {("WebsiteUrl", "url"): "the record's own address in the API"}


def documents(shared: Path) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Of every document: its name, and per section the two collections and the rows of properties."""
    found = []
    for path in sorted((shared / "seeds").iterdir()):
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        sections = re.split(r"^(.+)\n-{4,}\n", text, flags=re.MULTILINE)[1:]
        for title, body in zip(sections[::2], sections[1::2], strict=True):
            if " to " not in title:
                continue
            left, right = (
                re.sub(r"^(Powerofficego|ZohoCRM|Zendesk|Crmoffice|Customerp)? ?", "", s) for s in title.split(" to ")
            )
            table = body.split("The following properties", 1)[1]
            rows = re.findall(r"   \* - (\S+)\n     - (\S+)\n     - \"string\"", table)
            found.append((path.name, left.strip(), right.strip(), rows))
    return found


def test_every_row_of_every_document_is_covered(tmp_path: Path, shared: Path) -> None:
    whole = model(tmp_path, *CONNECTORS)
    sections = documents(shared)
    assert len(sections) == 19
    assert sum(len(rows) for *_, rows in sections) > 50
    for name, left, right, rows in sections:
        pairs = [
            (t, a, b)
            for t in whole.types
            for a in t.members
            for b in t.members
            if a.system != b.system and (a.label, b.label) == (left, right)
        ]
        assert pairs, (name, left, right)
        kind, source, target = pairs[0]
        for one, other in rows:
            if (one, other) in NEVER:
                assert other not in properties(target)
                continue
            current = {f: p.path for c in ABOUTS[source.system].collections for p in c.properties for f in p.former}
            one = one if one in properties(source) else current.get(one, one)
            shared_fields = {
                f.name for f in kind.fields if one in properties(source, f.name) and other in properties(target, f.name)
            }
            assert shared_fields, (name, left, right, one, other)


def test_creation_is_directed_as_in_the_documents(tmp_path: Path, shared: Path) -> None:
    whole = model(tmp_path, *CONNECTORS)
    for path in sorted((shared / "seeds").iterdir()):
        text = path.read_text(encoding="utf-8")
        for left, right in re.findall(
            r"Every (?:Powerofficego|ZohoCRM) (.+?) will be synchronized with an? (?:ZohoCRM|Zendesk|Crmoffice|Customerp)? ?(.+?)\.",
            text,
        ):
            pairs = [
                (t, a, b)
                for t in whole.types
                for a in t.members
                for b in t.members
                if (a.label, b.label) == (left, right.strip())
            ]
            assert pairs, (path.name, left, right)
            created = any(source.name in dict(target.create) for _, source, target in pairs)
            assert created == (left != "Product"), (path.name, left, right)


# what a project may change


def test_a_project_adds_changes_and_removes(tmp_path: Path) -> None:
    own = """\
entity: organization
fields:
  revenue: {kind: decimal, conflict: ask}
  name: {required: false}
members:
  powerofficego.Departments:
  powerofficego.Customers:
    properties: {website: , revenue: BillableRate}
  zohocrm.Account:
    properties: {phone: [Phone, Fax], address.street: Billing_Street}
    on_delete: archive
"""
    loaded = model(tmp_path, "powerofficego", "zohocrm", organization=own).type("organization")
    assert [m.name for m in loaded.members] == ["powerofficego.Customers", "zohocrm.Account"]
    assert not loaded.field("name").required
    assert loaded.field("revenue").conflict == "ask"
    customers, account = loaded.member("powerofficego.Customers"), loaded.member("zohocrm.Account")
    assert "WebsiteUrl" not in properties(customers)
    assert "BillableRate" in properties(customers)
    assert properties(account, "phone") == ["Phone", "Fax"]
    assert properties(account, "address")[0] == "Billing_Street"
    assert "Shipping_Street" not in properties(account)
    assert account.create == (("powerofficego.Customers", CreateRule()),), "no rule for the member that went"
    assert account.on_delete == "archive"


def test_a_projects_own_match_rules_replace_the_packaged_ones(tmp_path: Path) -> None:
    own = "entity: organization\nmatch:\n  - fields: [phone]\n"
    loaded = model(tmp_path, "powerofficego", "zohocrm", organization=own)
    assert [rule.fields for rule in loaded.type("organization").match] == [("phone",)]


def test_a_mistake_in_a_projects_file_is_told_there_and_not_in_the_packaged_one(tmp_path: Path) -> None:
    own = "entity: organization\nmembers:\n  zohocrm.Account: {properties: {phone: Fone}}\n"
    with pytest.raises(SamtaleError) as caught:
        model(tmp_path, "powerofficego", "zohocrm", organization=own)
    (problem,) = [p for p in caught.value.problems if p.code == "unknown_property"]
    assert (problem.file, problem.line, problem.remedy) == ("models/organization.yaml", 3, "Did you mean `Phone`?")
