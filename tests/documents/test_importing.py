"""Documents become model files: complete, accepted by the loader, and with the open questions as a list."""

import re
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from samtale.config.diagnose import is_warning
from samtale.config.project import load_project
from samtale.core.model import CreateRule, Model
from samtale.documents.from_model import build
from samtale.documents.grammar import Document
from samtale.documents.importing import Imported
from samtale.documents.importing.rules import read_condition
from samtale.documents.importing.writing import comment, flow, scalar
from samtale.documents.reader import parse
from samtale.documents.writer import write
from samtale.wiring.papers import papers_of
from tests.config.test_standard import ABOUTS, CONNECTORS
from tests.documents.projects import codes, imported, loaded, named, seeds
from tests.documents.samples import SAMPLES, before, document, every, matching, merge_table, section, table

LEDGER, ACCOUNT = "Ledger Clients", "ZohoCRM Account"


def read(*sections: str, title: str = "Ledger to ZohoCRM Dataflow", file: str = "one.rst") -> Document:
    found = parse(document(*sections, title=title), file)
    assert found.problems == ()
    return found


def clients(*rows: tuple[str, str, str], rule: str | None = None, merge: str = "", y: str = ACCOUNT) -> str:
    """A section from a system that nobody knows to one that is known."""
    return section(rule, LEDGER, y, merge, table(LEDGER, y, *rows, system="ZohoCRM") if rows else none(LEDGER, y))


def none(x: str, y: str) -> str:
    return f"No properties are synchronized between a {x} and a {y}.\n"


def member(found: Imported, entity: str, name: str) -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(found.files[f"{entity}.yaml"])["members"][name]
    return data


def whole(found: Imported, entity: str) -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(found.files[f"{entity}.yaml"])
    return data


def remodeled(folder: Path, found: Imported) -> Model:
    """The model of a project of all five systems with the imported files."""
    files = {name.removesuffix(".yaml"): text for name, text in found.files.items()}
    _, model, warnings = loaded(folder, **files)
    assert [w for w in warnings if not is_warning(w)] == []
    return model


def outline(document: Document) -> dict[str, tuple[str, set[tuple[str, str]]]]:
    return {s.heading: (s.rule, {(r.source, r.target) for r in s.rows}) for s in document.sections}


# whole documents, there and back


def test_all_old_documents_become_a_model_that_says_the_same(tmp_path: Path, shared: Path) -> None:
    old = seeds(shared)
    found = imported(*old)
    assert sorted(found.files) == ["activity.yaml", "order.yaml", "organization.yaml", "person.yaml", "product.yaml"]
    assert codes(found.decisions) == ["create_impossible"]
    remodeled(tmp_path, found)
    papers = papers_of(load_project(tmp_path))
    current = {p.path: p for p in ABOUTS["powerofficego"].collection("Contactperson").properties}
    for number, before_ in enumerate(old):
        target = ("zohocrm", "zohocrm", "crmoffice", "customerp", "zendesk")[number]
        source = "zohocrm" if number == 3 else "powerofficego"
        now = outline(build(papers.model, named(source), named(target), left_out=papers.left_out))
        for part in before_.sections:
            y = part.target.text.removeprefix(f"{named(target).title} ")
            rule, rows = now[f"{part.source.text} to {named(target).title} {y}"]
            for row in part.rows:
                path = next((p.path for p in current.values() if row.source in p.former), row.source)
                assert (path, row.target) in rows
            assert rule == part.rule or not part.rows


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    """The documents of the packaged models, for all pairs of systems."""
    model = loaded(tmp_path_factory.mktemp("project"))[1]
    return [build(model, named(a), named(b)) for a, b in permutations(CONNECTORS, 2)]


@pytest.mark.parametrize("printed", ["ZohoCRM", "Salesdesk"])
def test_our_own_documents_come_back_as_the_same_model(ours: list[Document], printed: str, tmp_path: Path) -> None:
    """Also if one system bears a name that nobody knows: it is recognized in each document by what it holds."""
    texts = [
        write(d).replace("ZohoCRM", printed)
        for d in ours
        if "Zendesk" not in (d.source, d.target) or printed == "ZohoCRM"
    ]
    found = imported(*map(parse, texts))
    model = remodeled(tmp_path, found)
    for before_ in ours:
        now = build(
            model, *(next(s for s in map(named, CONNECTORS) if s.title == t) for t in (before_.source, before_.target))
        )
        assert outline(now) == outline(before_)


# names of systems


def test_a_renamed_system_is_recognized_and_told(ours: list[Document]) -> None:
    text = write(ours[0]).replace("ZohoCRM", "Salesdesk")
    found = imported(parse(text, "d.rst"))
    assert "zohocrm.Account" in found.files["organization.yaml"]
    assert [(n.code, n.places[0].file) for n in found.notes if n.code.startswith("system")] == [
        ("system_inferred", "d.rst")
    ]
    told = imported(parse(text), given={"Salesdesk": "salesdesk"})
    assert "salesdesk.Account" in told.files["organization.yaml"]


def test_an_unknown_system_becomes_part_of_the_model_with_a_note() -> None:
    found = imported(read(clients(("Name", "Account_Name", '"string"'))))
    assert member(found, "organization", "ledger.Clients") == {"properties": {"name": "Name"}}
    assert "system_unknown" in codes(found.notes)
    assert "There is no connector for `ledger`" in next(n.what for n in found.notes if n.code == "system_unknown")


def test_an_unnamed_system_that_fits_nothing_is_a_question() -> None:
    found = imported(parse(SAMPLES["unnamed"], "d.rst"))
    assert found.files == {}
    assert codes(found.decisions) == ["system_unnamed", "system_unnamed"]
    told = imported(parse(SAMPLES["unnamed"], "d.rst"), given={"source": "ledger", "target": "rolodex"})
    assert sorted(whole(told, "client")["members"]) == ["ledger.Clients", "rolodex.Company"]


# types


def test_types_that_sections_join_are_one_entity_type_named_by_frequency() -> None:
    found = imported(
        read(section(None, "A Things", "B Thing", "", none("A Things", "B Thing")), title="A to B Dataflow"),
        read(section(None, "B Thing", "C Object", "", none("B Thing", "C Object")), title="B to C Dataflow"),
        read(section(None, "A Visits", "C Visit", "", none("A Visits", "C Visit")), title="A to C Dataflow"),
    )
    assert {name: sorted(whole(found, name[:-5])["members"]) for name in found.files} == {
        "thing.yaml": ["a.Things", "b.Thing", "c.Object"],
        "visit.yaml": ["a.Visits", "c.Visit"],
    }


def test_what_packaged_models_keep_apart_stays_apart() -> None:
    found = imported(
        read(
            section(None, "ZohoCRM Account", "Customerp Contact", "", none("ZohoCRM Account", "Customerp Contact")),
            title="ZohoCRM to Customerp Dataflow",
        )
    )
    assert codes(found.decisions) == ["types_apart"]
    assert found.decisions[0].places[0].line == 12


def test_a_split_and_an_unknown_type_of_a_known_system_are_questions() -> None:
    x, y = "Powerofficego Customers (location data)", "ZohoCRM Vendor"
    sections = (section(None, a, b, "", none(a, b)) for a, b in ((x, ACCOUNT), ("Powerofficego Product", y)))
    found = imported(read(*sections, title="Powerofficego to ZohoCRM Dataflow"))
    assert codes(found.decisions) == ["type_split", "unknown_type"]
    assert found.files == {}


def test_two_kinds_of_one_collection_cannot_be_one_type() -> None:
    x, y = "Ledger Clients person", "Rolodex Company"
    found = imported(
        read(
            section(None, LEDGER, y, "", table(LEDGER, y)),
            section(None, x, y, "", none(x, y)),
            title="Ledger to Rolodex Dataflow",
        )
    )
    assert codes(found.decisions) == ["types_one_collection", "match_missing"]
    assert "label" not in member(found, "client", "ledger.Clients")


def test_a_type_joined_with_itself_is_a_question() -> None:
    found = imported(read(section(None, LEDGER, LEDGER, "", none(LEDGER, LEDGER)), title="Ledger to Ledger Dataflow"))
    assert codes(found.decisions) == ["type_with_itself"]


# fields


def test_fields_have_the_packaged_names_else_the_most_frequent() -> None:
    found = imported(
        read(
            clients(
                ("Town", "Billing_City", '"string"'),
                ("Turnover", "Annual_Revenue", '"float"'),
                ("Workers", "Employees", '"integer"'),
                ("shortNote", "Description", '"string"'),
            )
        )
    )
    fields = whole(found, "organization")["fields"]
    assert fields["annual_revenue"] == {"kind": "decimal"}
    assert fields["employees"] == {"kind": "integer"}
    rows = member(found, "organization", "ledger.Clients")["properties"]
    assert rows == {
        "address.city": "Town",
        "annual_revenue": "Turnover",
        "employees": "Workers",
        "description": "shortNote",
    }
    there = member(found, "organization", "zohocrm.Account")["properties"]
    assert there["address.city"] == ["Billing_City", "Shipping_City"]  # an address stays whole
    assert there["address.street"] == ["Billing_Street", "Shipping_Street"]


def test_kinds_of_unknown_properties_follow_the_printed_types() -> None:
    x, y = LEDGER, "Rolodex Company"
    lines = [("a", "b", '"boolean"'), ("c", "d", '"float"'), ("e", "f", "N/A"), ("g", "h", '"string"')]
    found = imported(read(section(None, x, y, "", table(x, y, *lines)), title="Ledger to Rolodex Dataflow"))
    assert whole(found, "client")["fields"] == {
        "a": {"kind": "boolean"}, "c": {"kind": "decimal"}, "e": {"kind": "text"}, "g": {"kind": "text"},
    }  # fmt: skip
    assert codes(found.decisions) == ["converted", "match_missing"]


def test_several_properties_of_one_field_ask_which_is_the_main_one() -> None:
    x, y = LEDGER, "Rolodex Company"
    lines = [("City", "visit_city", '"string"'), ("City", "mail_city", '"string"')]
    found = imported(read(section(None, x, y, "", table(x, y, *lines)), title="Ledger to Rolodex Dataflow"))
    assert member(found, "client", "rolodex.Company")["properties"] == {"city": ["visit_city", "mail_city"]}
    assert codes(found.decisions)[0] == "primary_unsure"


def test_keys_are_identity_and_references_lead_to_their_type() -> None:
    found = imported(
        read(
            clients(
                ("id", "id", '"string"'), ("Parent", "Parent_Account.id", '"string"'), ("OwnerId", "Owner.id", '"string"')
            ),
        )
    )  # fmt: skip
    assert whole(found, "organization")["fields"]["parent_account"] == {"kind": "reference", "to": "organization"}
    rows = member(found, "organization", "zohocrm.Account")["properties"]
    assert rows["id"] == {"path": "id", "use": "match"}
    assert "Owner.id" not in str(rows)
    assert codes(found.decisions)[0] == "reference_unsure"
    assert "identity" in codes(found.notes)
    assert "# OwnerId → Owner.id" in found.files["organization.yaml"]


def test_references_lead_where_the_schema_says() -> None:
    x, y = "Ledger Jobs", "Powerofficego Projects"
    rows = [
        ("Name", "Name", '"string"'),
        ("parent", "ParentProjectId", '"integer"'),
        ("unit", "DepartmentId", '"integer"'),
    ]
    found = imported(
        read(
            section(None, x, y, "", table(x, y, *rows, system="Powerofficego")),
            title="Ledger to Powerofficego Dataflow",
        )
    )
    assert whole(found, "activity")["fields"]["parent_project"] == {"kind": "reference", "to": "activity"}
    assert whole(found, "activity")["fields"]["department"] == {"kind": "reference", "to": "organization"}


def test_hidden_conditional_and_unknown_properties_are_questions(tmp_path: Path) -> None:
    x, y = "Customerp Contact", "Powerofficego Employees"
    rows = [
        ("email", "NationalIdNumber", '"string"'),
        ("givenName", "Nickname", '"string"'),
        ("phone (Dependant on having work in kind)", "PhoneNumber", '"string"'),
    ]
    found = imported(
        read(
            section(None, x, y, "", table(x, y, *rows, system="Powerofficego")),
            title="Customerp to Powerofficego Dataflow",
        )
    )
    assert sorted(set(codes(found.decisions))) == [
        "primary_unsure", "property_left_out", "property_unknown", "row_conditional",
    ]  # fmt: skip
    remodeled(tmp_path, found)


def test_a_property_of_another_packaged_field_moves(tmp_path: Path) -> None:
    x, y = "Customerp Contact", "ZohoCRM Contact"
    rows = [("phone", "Mobile", '"string"'), ("phone", "Phone", '"string"')]
    found = imported(
        read(section(None, x, y, "", table(x, y, *rows, system="ZohoCRM")), title="Customerp to ZohoCRM Dataflow")
    )
    assert member(found, "person", "zohocrm.Contact")["properties"] == {"phone": ["Phone", "Mobile"], "mobile": None}
    assert codes(found.decisions) == ["fields_joined", "primary_unsure"]
    model = remodeled(tmp_path, found)
    part = next(s for s in build(model, named("customerp"), named("zohocrm")).sections if s.heading == f"{x} to {y}")
    assert {("phone", "Mobile"), ("phone", "Phone")} <= {(r.source, r.target) for r in part.rows}


# rules


def test_merge_tables_become_match_rules(tmp_path: Path) -> None:
    merge = merge_table(("web", "Website"), ("no", "Account_Number"), x=LEDGER, y=ACCOUNT)
    rule = f"{every(LEDGER, ACCOUNT)}\n\n{matching(LEDGER, ACCOUNT)}"
    found = imported(read(clients(("web", "Website", '"string"'), rule=rule, merge=merge)))
    assert whole(found, "organization")["match"][:2] == [{"fields": ["website"]}, {"fields": ["account_number"]}]
    assert {"fields": ["org_number"]} in whole(found, "organization")["match"]
    rows = member(found, "organization", "ledger.Clients")["properties"]
    assert rows == {"website": "web", "account_number": {"path": "no", "use": "match"}}


def test_a_rule_for_some_members_names_them_and_known_rules_are_not_repeated(shared: Path) -> None:
    assert "match" not in whole(imported(*seeds(shared, 4)), "person")
    x, y = "Powerofficego Contactperson", "Crmoffice Contacts"
    other = "Powerofficego Employees"
    merge = merge_table(("PhoneNumber", "directPhone"), x=x, y=y)
    found = imported(
        read(
            section(before(x, y), x, y, merge, none(x, y)),
            section(None, other, y, "", none(other, y)),
            title="Powerofficego to Crmoffice Dataflow",
        )
    )
    assert whole(found, "person")["match"][0] == {"fields": ["phone"], "only": ["crmoffice.Contacts"]}


def test_a_pair_that_shows_two_fields_is_a_question() -> None:
    x, y = "Powerofficego Employees", "ZohoCRM Contact"
    merge = merge_table(("EmailAddress", "Phone"), x=x, y=y)
    found = imported(read(section(before(x, y), x, y, merge, none(x, y)), title="Powerofficego to ZohoCRM Dataflow"))
    assert codes(found.decisions) == ["match_across"]


def test_creating_without_matching_is_a_question_with_a_proposal() -> None:
    x, y = LEDGER, "Rolodex Company"
    found = imported(
        read(section(None, x, y, "", table(x, y, ("mail", "email", '"string"'))), title="Ledger to Rolodex Dataflow")
    )
    assert codes(found.decisions) == ["match_missing"]
    assert "- {fields: [mail], trust: suggest}" in found.decisions[0].remedy


def test_every_rule_becomes_a_directed_one(tmp_path: Path) -> None:
    order, customer = "Customerp Order", "Customerp Customer"

    def back(x: str, y: str, rule: str) -> str:
        return section(rule, x, y, "", none(x, y))

    found = imported(
        read(
            back("ZohoCRM Deal", order, f"When a deal has a 100% probability of being sold, it  will be synchronized with a {order}."),
            back(
                ACCOUNT, customer,
                f"{before(ACCOUNT, customer)}\n\nA new {customer} will be created from a {ACCOUNT} if it is connected to a ZohoCRM "
                "ZohoCRM-deals that is synchronized into Customerp.",
            ),
            title="ZohoCRM to Customerp Dataflow",
        ),
        read(back(order, "ZohoCRM Deal", "When the moon is full, it  will be synchronized with a ZohoCRM Deal."),
             title="Customerp to ZohoCRM Dataflow"),
    )  # fmt: skip
    model = remodeled(tmp_path, found)
    assert dict(model.type("order").member("customerp.Order").create)["zohocrm.Deal"] == CreateRule(
        when="Probability == 100"
    )
    assert dict(model.type("order").member("zohocrm.Deal").create)["customerp.Order"] == CreateRule(when="false")
    customers = dict(model.type("organization").member("customerp.Customer").create)
    assert customers["zohocrm.Account"] == CreateRule(when_connected=("order",))
    assert re.search(r'customerp.Order: +\{when: "false"\} +# When the moon is full', found.files["order.yaml"])
    assert codes(found.decisions) == ["condition_unread"]
    assert "condition_read" in codes(found.notes)


def test_a_document_that_only_links_takes_the_packaged_creating_away(tmp_path: Path) -> None:
    x, y = "Powerofficego Departments", ACCOUNT
    found = imported(read(section(before(x, y), x, y, "", none(x, y)), title="Powerofficego to ZohoCRM Dataflow"))
    model = remodeled(tmp_path, found)
    assert "powerofficego.Departments" not in dict(model.type("organization").member("zohocrm.Account").create)


def test_of_two_rules_for_one_direction_the_cautious_one_holds() -> None:
    x, y = "ZohoCRM Deal", "Customerp Order"
    condition = f"When it rains, it  will be synchronized with a {y}."
    found = imported(
        read(
            section(None, x, y, "", none(x, y)),
            section(condition, x, y, "", none(x, y)),
            title="ZohoCRM to Customerp Dataflow",
        )
    )
    assert "rules_differ" in codes(found.decisions)
    assert member(found, "order", "customerp.Order")["create"] == {"zohocrm.Deal": {"when": "false"}}


def test_connections_that_nobody_knows_create_nothing() -> None:
    x, y = "ZohoCRM Account", "Customerp Customer"
    rule = (
        f"{before(x, y)}\n\nA new {y} will be created from a {x} if it is connected to a ZohoCRM ZohoCRM-parcels that is "
        "synchronized into Customerp."
    )
    found = imported(read(section(rule, x, y, "", none(x, y)), title="ZohoCRM to Customerp Dataflow"))
    assert codes(found.decisions) == ["connection_unread"]
    assert member(found, "organization", "customerp.Customer")["create"] == {"zohocrm.Account": {"when": "false"}}


@pytest.mark.parametrize(
    ("said", "connector", "collection", "read_as"),
    [
        ("When a HubSpot Deal has a 100% probability of beeing sold", "zohocrm", "Deal", "Probability == 100"),
        ("When a deal has a 100% probability", "customerp", "Order", None),
        ("When a Zendesk User is of type Agent", "zendesk", "Users", 'role == "agent"'),
        ("When a Zendesk User is of type End User", "zendesk", "Users", 'role == "end-user"'),
        ("When a Zendesk User is of type Robot", "zendesk", "Users", None),
        ("removed person customers for now", "powerofficego", "Customers", None),
    ],
)
def test_only_what_leaves_no_doubt_is_read(said: str, connector: str, collection: str, read_as: str | None) -> None:
    assert read_condition(said, ABOUTS[connector].collection(collection)) == read_as


# the text


@pytest.mark.parametrize(
    "text",
    ["a b", "Clients (human data)", "true", "No", "1", "", "#x", "a: b", "{a}", "-", "é", "a\u2028b", '"', "a.b?"],
)
def test_any_name_is_read_back_from_yaml(text: str) -> None:
    assert YAML(typ="safe").load(flow({text: [text, {"x": text}]})) == {text: [text, {"x": text}]}
    assert YAML(typ="safe").load(f"a: {scalar(text)} # {comment(text)}") == {"a": text}


def test_hostile_names_stay_names() -> None:
    text = document(
        section(
            None,
            "Ledger a: [b]",
            "Rolodex {c} #d",
            "",
            table("Ledger a: [b]", "Rolodex {c} #d", ("x: y", "- z", '"string"')),
        )
    )
    found = imported(parse(text, "e\nf: g.rst"))
    (name,) = found.files
    data = whole(found, name.removesuffix(".yaml"))
    assert sorted(data["members"]) == ["ledger.a: [b]", "rolodex.{c} #d"]
    assert data["members"]["ledger.a: [b]"]["properties"] == {"z": "x: y"}
