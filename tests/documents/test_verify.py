"""Documents held against a model: what is covered, what needs a note, what the vendor forbids, what is missing."""

from pathlib import Path

import pytest

from samtale.core.model import Model
from samtale.documents.from_model import build
from samtale.documents.reader import parse
from samtale.documents.verify import Coverage, Verified, verify
from samtale.documents.writer import write
from tests.documents.projects import SYSTEMS, loaded, seeds
from tests.documents.samples import before, document, every, matching, merge_table, section, table

X, Y = "ZohoCRM Account", "Customerp Customer"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return loaded(tmp_path_factory.mktemp("project"))[1]


def one(
    model: Model, *rows: tuple[str, str, str], x: str = X, y: str = Y, rule: str | None = None, merge: str = ""
) -> Verified:
    """A document of one section, held against the model."""
    source, target = x.split()[0], y.split()[0]
    properties = (
        table(x, y, *rows, system=target) if rows else f"No properties are synchronized between a {x} and a {y}.\n"
    )
    text = document(section(rule, x, y, merge, properties), title=f"{source} to {target} Dataflow")
    read = parse(text)
    assert read.problems == ()
    return verify(read, model, SYSTEMS)


def rows(found: Verified) -> list[tuple[str, str]]:
    return [(row.verdict.state.value, row.verdict.note) for row in found.sections[0].rows]


@pytest.mark.parametrize("number", [0, 1])
def test_all_of_the_first_two_old_documents_is_covered(model: Model, shared: Path, number: int) -> None:
    found = verify(seeds(shared, number)[0], model, SYSTEMS)
    verdicts = [v for s in found.sections for v in (s.verdict, *(r.verdict for r in s.rows))]
    assert len(verdicts) == 25
    assert {(v.state, v.note) for v in verdicts} == {(Coverage.COVERED, "")}


@pytest.mark.parametrize("number", [2, 3, 4])
def test_nothing_of_the_other_old_documents_is_missing(model: Model, shared: Path, number: int) -> None:
    found = verify(seeds(shared, number)[0], model, SYSTEMS)
    assert found.missing == 0
    impossible = [s.section.source.text for s in found.sections if s.verdict.state is Coverage.IMPOSSIBLE]
    impossible += [r.row.target for s in found.sections for r in s.rows if r.verdict.state is Coverage.IMPOSSIBLE]
    assert impossible == {2: ["Powerofficego Product"], 3: [], 4: ["url"]}[number]


def test_every_document_of_the_model_is_covered_by_it(model: Model) -> None:
    for source in SYSTEMS:
        for target in SYSTEMS:
            if source != target:
                found = verify(parse(write(build(model, source, target))), model, SYSTEMS)
                assert [s.section.heading for s in found.sections if s.verdict.state is Coverage.MISSING] == []
                assert found.missing == 0


def test_a_row_is_covered_if_one_field_shows_both(model: Model) -> None:
    assert rows(one(model, ("Account_Name", "name", '"string"'), ("Phone", "name", '"string"'))) == [
        ("covered", ""),
        ("missing", "no field shows both properties"),
    ]


def test_former_names_and_other_types_are_notes(model: Model) -> None:
    found = one(model, ("firstName", "givenName", "N/A"), x="Powerofficego Contactperson", y="Crmoffice Contacts")
    assert rows(found) == [("note", "firstName is now FirstName; converted")]
    found = one(
        model, ("Amount", "amount", '"string"'), ("Amount", "amount", '"float"'), x="ZohoCRM Deal", y="Customerp Order"
    )
    assert rows(found) == [("note", "of type decimal now, then string"), ("covered", "")]


def test_keys_are_identity(model: Model) -> None:
    ((state, note),) = rows(one(model, ("id", "id", '"string"')))
    assert (state, note) == ("note", "identity: keys tell which records are linked, and are never copied")


def test_what_the_vendor_forbids_is_impossible(model: Model) -> None:
    found = one(model, ("Website", "url", '"string"'), x=X, y="Zendesk Organizations")
    ((state, note),) = rows(found)
    assert state == "impossible"
    assert note.startswith("read-only in the vendor's API: The record's address")
    found = one(model, x="Powerofficego Product", y="Crmoffice Companies")
    assert found.sections[0].verdict.state is Coverage.IMPOSSIBLE
    assert found.sections[0].verdict.note.startswith("no properties")
    found = one(model, x="ZohoCRM Lead", y=Y)
    assert found.sections[0].verdict.note == "unknown type: Zoho CRM is not known to have ZohoCRM Lead"
    assert found.missing == 0


def test_unknown_properties_and_qualified_rows_are_told(model: Model) -> None:
    found = one(
        model, ("Colour", "name", '"string"'), ("Phone (Dependant on having work in Kind)", "phone", '"string"')
    )
    assert rows(found)[0] == ("missing", "Zoho CRM is not known to show Colour; correct it, or map it")
    assert rows(found)[1] == ("note", "its condition is not part of the model")


def test_a_split_of_a_former_kind_is_a_note(model: Model) -> None:
    found = one(model, ("Name", "Account_Name", '"string"'), x="Powerofficego Customers (classification data)", y=X)
    assert found.sections[0].verdict.note.endswith("is no type of its own any more, but a part of Customers")
    assert rows(found) == [("covered", "")]


@pytest.mark.parametrize(
    ("rule", "state", "note"),
    [
        (None, "covered", ""),
        (f"{every(X, Y)}\n\n{matching(X, Y)}", "covered", ""),
        (before(X, Y), "missing", "the document only links, and the model creates"),
        (
            f"When it is late, it  will be synchronized with a {Y}.",
            "missing",
            "the model creates without the condition",
        ),
        (
            f"{before(X, Y)}\n\nA new {Y} will be created from a {X} if it is connected to a ZohoCRM Deal that is "
            "synchronized into Customerp.",
            "missing",
            "the model creates without a connection",
        ),
    ],
)
def test_creating_must_be_as_the_document_says(model: Model, rule: str | None, state: str, note: str) -> None:
    verdict = one(model, ("Account_Name", "name", '"string"'), rule=rule).sections[0].verdict
    assert (verdict.state.value, verdict.note) == (state, note)


def test_a_document_may_ask_for_less_and_not_for_more(model: Model) -> None:
    back = one(model, ("name", "Account_Name", '"string"'), x=Y, y=X).sections[0].verdict
    assert (back.state.value, back.note) == ("missing", "the model creates nothing there from Customer")


def test_conditions_and_connections_of_the_model_are_named(tmp_path: Path) -> None:
    text = """entity: organization
members:
  customerp.Customer: {create: {zohocrm.Account: {when: "Phone != null"}}}
  zohocrm.Account: {create: {customerp.Customer: {when_connected: [order]}}}
"""
    model = loaded(tmp_path, organization=text)[1]
    row = ("Account_Name", "name", '"string"')
    late = one(model, row, rule=f"When it is late, it  will be synchronized with a {Y}.").sections[0].verdict
    assert (late.state.value, late.note) == ("note", "the condition is Phone != null")
    open_ = one(model, row).sections[0].verdict
    assert (open_.state.value, open_.note) == ("missing", "the model creates under a condition that the document lacks")
    rule = (
        f"{before(Y, X)}\n\nA new {X} will be created from a {Y} if it is connected to a Customerp Order that is "
        "synchronized into ZohoCRM."
    )
    linked = one(model, row[1::-1] + row[2:], x=Y, y=X, rule=rule).sections[0].verdict
    assert (linked.state.value, linked.note) == ("note", "connected by order")


def test_merge_tables_need_a_rule(model: Model) -> None:
    x, y = "Powerofficego Contactperson", "Zendesk Users"

    def matched(*pairs: tuple[str, str], x: str = x, y: str = y) -> tuple[str, str]:
        table = merge_table(*pairs, x=x, y=y)
        verdict = one(model, rule=before(x, y), merge=table, x=x, y=y).sections[0].verdict
        return verdict.state.value, verdict.note

    assert matched(("EmailAddress", "email")) == ("covered", "")
    assert matched(("emailAddress", "email")) == ("note", "emailAddress is now EmailAddress")
    assert matched(("PhoneNumber", "phone")) == ("missing", "no match rule compares PhoneNumber = phone")
    employee = {"x": "Powerofficego Employees", "y": "ZohoCRM Contact"}
    assert matched(("EmailAddress", "Email"), **employee)[1] == "EmailAddress = Email matches together with LastName"


def test_a_system_that_takes_no_part_is_missing(tmp_path: Path, shared: Path) -> None:
    model = loaded(tmp_path, "powerofficego", "zohocrm")[1]
    found = verify(seeds(shared, 2)[0], model, SYSTEMS)
    assert found.sections[0].verdict.note.startswith("CRMOffice is no system of the project")
    assert found.missing == sum(1 + len(s.rows) for s in found.sections)


def test_an_unknown_system_is_missing_with_its_remedy(model: Model) -> None:
    found = one(model, ("a", "b", '"string"'), x="Ledger Things", y=Y)
    assert "--name source=SYSTEM" in found.sections[0].verdict.note
    assert found.missing == 2
