"""Documents made from a model: sections, rules, rows, states; valid, and read back as the same."""

from datetime import datetime
from itertools import product
from pathlib import Path

import docutils.core
import docutils.utils
import msgspec
import pytest

from samtale.core.model import Model
from samtale.documents.from_model import LeftOut, build
from samtale.documents.grammar import Document, Rule, Section
from samtale.documents.introduction import Imprint
from samtale.documents.markdown import to_markdown
from samtale.documents.page import to_html
from samtale.documents.reader import parse
from samtale.documents.writer import write
from tests.config.test_standard import CONNECTORS
from tests.documents.projects import loaded, named, seeds

NOON = datetime(2025, 5, 17, 12)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return loaded(tmp_path_factory.mktemp("project"))[1]


def section(document: Document, heading: str) -> Section:
    return next(s for s in document.sections if s.heading == heading)


def states(part: Section) -> dict[tuple[str, str], str]:
    return {(row.source, row.target): row.state for row in part.rows}


def changed(folder: Path, entity: str, text: str, *systems: str) -> Model:
    return loaded(folder, *systems, **{entity: f"entity: {entity}\n{text}"})[1]


@pytest.mark.parametrize(("source", "target"), list(product(CONNECTORS, CONNECTORS)))
def test_every_document_is_valid_and_reads_back_as_the_same(model: Model, source: str, target: str) -> None:
    document = build(model, named(source), named(target), generated=NOON)
    text = write(document, Imprint(project="acme", model="0123abcd", owner="Somebody", notice="Keep it."))
    read = parse(text)
    assert read.problems == ()
    assert read.meaning() == document.meaning()
    docutils.core.publish_doctree(text, settings_overrides={"halt_level": 2, "report_level": 5})
    assert to_html(document).count("<section") == len(document.sections)
    assert to_markdown(document).count("\n## ") == len(document.sections)


@pytest.mark.parametrize("number", range(5))
def test_the_packaged_models_say_what_the_old_documents_say(model: Model, shared: Path, number: int) -> None:
    (old,) = seeds(shared, number)
    target = ("zohocrm", "zohocrm", "crmoffice", "customerp", "zendesk")[number]
    source = "zohocrm" if number == 3 else "powerofficego"
    ours = build(model, named(source), named(target))
    title = named(target).title
    former = {"partyId": "ContactId"} | {
        n: n[0].upper() + n[1:] for n in ("firstName", "lastName", "phoneNumber", "emailAddress")
    }
    for part in old.sections:
        label = part.target.text if part.target.text.startswith(title) else f"{title} {part.target.text}"
        mine = section(ours, f"{part.source.text} to {label}")
        rows = {(former.get(row.source, row.source), row.target) for row in part.rows}
        assert rows - {("WebsiteUrl", "url")} <= set(states(mine))
        if part.source.text != "Powerofficego Product":  # link-only: no property of it is mapped
            assert mine.rule is part.rule
        assert [(former.get(a, a), b) for a, b in part.merge] == list(mine.merge)


def test_creating_is_directed(model: Model) -> None:
    there = build(model, named("powerofficego"), named("zohocrm"))
    back = build(model, named("zohocrm"), named("powerofficego"))
    assert section(there, "Powerofficego Customers to ZohoCRM Account").rule is Rule.ALWAYS
    assert section(back, "ZohoCRM Account to Powerofficego Customers").rule is Rule.MATCH_ONLY


def test_each_rule_of_a_model_is_a_rule_of_the_grammar(tmp_path: Path) -> None:
    text = """
match:
  - {fields: [phone], only: [zohocrm.Account]}
members:
  powerofficego.Customers:
    create:
      zohocrm.Account: {when: "Rating == 'Active'  &&\\n Phone != null"}
  customerp.Customer:
    create:
      zohocrm.Account: {when_connected: [order]}
"""
    model = changed(tmp_path, "organization", text)
    matched = section(
        build(model, named("powerofficego"), named("zohocrm")), "Powerofficego Customers to ZohoCRM Account"
    )
    assert (matched.rule, matched.merge) == (Rule.MATCH_OR_CREATE, (("PhoneNumber", "Phone"),))
    when = section(build(model, named("zohocrm"), named("powerofficego")), "ZohoCRM Account to Powerofficego Customers")
    assert (when.rule, when.condition) == (Rule.CONDITIONAL, "When Rating == 'Active' && Phone != null")
    assert when.matches_first
    connected = section(build(model, named("zohocrm"), named("customerp")), "ZohoCRM Account to Customerp Customer")
    assert connected.rule is Rule.CONNECTED
    assert connected.connection is not None
    assert connected.connection.printed == "ZohoCRM Deal"
    assert connected.connection.into == "Customerp"


def test_a_rule_of_several_fields_is_one_line_of_the_merge_table(model: Model) -> None:
    part = section(build(model, named("powerofficego"), named("zohocrm")), "Powerofficego Employees to ZohoCRM Contact")
    assert part.rule is Rule.MATCH_ONLY
    assert part.merge == (("EmailAddress + LastName", "Email + Last_Name"),)


def test_no_property_is_a_sentence_and_no_empty_table(model: Model) -> None:
    text = write(build(model, named("powerofficego"), named("crmoffice")))
    assert "No properties are synchronized between a Powerofficego Product and a Crmoffice Companies." in text


def test_states_tell_what_flows_and_what_does_not(model: Model) -> None:
    document = build(model, named("powerofficego"), named("zendesk"))
    part = section(document, "Powerofficego Contactperson to Zendesk Users")
    assert states(part)["EmailAddress", "email"] == "synchronized"
    assert states(part)["ContactId", "organization_id"] == (
        "reference: from Powerofficego to Zendesk, since ContactId can be given only when a record is created"
        ", see Powerofficego Customers to Zendesk Organizations"
    )
    assert "`Powerofficego Customers to Zendesk Organizations`_" in write(document)
    part = section(build(model, named("powerofficego"), named("zohocrm")), "Powerofficego Customers to ZohoCRM Account")
    assert states(part)["MailAddress.City", "Billing_City"] == "synchronized"
    assert states(part)["MailAddress.City", "Shipping_City"] == "synchronized: follows Billing_City"
    assert (
        states(part)["MailAddress.AddressLine1", "Billing_Street"]
        == "synchronized: together with MailAddress.AddressLine2"
    )
    types = {(row.source, row.target): row.type for row in part.rows}
    assert types["MailAddress.City", "Billing_City"] == "string"
    assert types["MailAddress.AddressLine1", "Billing_Street"] == "N/A"


def test_a_read_only_property_flows_one_way(tmp_path: Path) -> None:
    text = """
fields: {full: text}
members:
  zohocrm.Contact: {properties: {full: Full_Name}}
  powerofficego.Customers: {properties: {full: InvoiceEmailAddress}}
"""
    model = changed(tmp_path, "person", text)
    heading = "Powerofficego Customers person to ZohoCRM Contact"
    row = states(section(build(model, named("powerofficego"), named("zohocrm")), heading))
    assert (
        row["InvoiceEmailAddress", "Full_Name"]
        == "one way: from ZohoCRM to Powerofficego, since Full_Name is read-only"
    )


def test_keys_are_identity_and_never_written(tmp_path: Path) -> None:
    text = """
fields: {id: text}
members:
  zohocrm.Account: {properties: {id: {path: id, use: match}}}
  customerp.Customer: {properties: {id: {path: id, use: match}}}
"""
    part = section(
        build(changed(tmp_path, "organization", text), named("zohocrm"), named("customerp")),
        "ZohoCRM Account to Customerp Customer",
    )
    assert states(part)["id", "id"] == "identity"


def test_switches_show(model: Model) -> None:
    replace = msgspec.structs.replace
    plain, one, other = named("zohocrm"), named("customerp"), "ZohoCRM Account to Customerp Customer"
    quiet = replace(one, unshared=frozenset({"Customer"}))
    row = states(section(build(model, plain, quiet), other))
    assert row["Account_Name", "name"] == "one way: from Customerp to ZohoCRM, since nothing is written to Customerp"
    both = replace(plain, unshared=frozenset({"Account"}))
    assert (
        states(section(build(model, both, quiet), other))["Account_Name", "name"]
        == "held: nothing is written to Customerp"
    )
    paused = replace(one, paused=frozenset({"Customer"}))
    assert states(section(build(model, plain, paused), other))["Account_Name", "name"] == "held: Customerp is paused"


def test_followers_apart_only_receive(model: Model) -> None:
    apart = msgspec.structs.replace(model, followers="apart")
    part = section(build(apart, named("powerofficego"), named("zohocrm")), "Powerofficego Customers to ZohoCRM Account")
    assert states(part)["MailAddress.City", "Shipping_City"] == (
        "one way: from Powerofficego to ZohoCRM, since Shipping_City is kept apart"
    )


def test_a_row_that_cannot_work_is_shown_with_its_reason(model: Model) -> None:
    zendesk = named("zendesk")
    url = next(p for p in zendesk.about.collection("Organizations").properties if p.path == "url")
    out = LeftOut(member="zendesk.Organizations", field="website", spec=url)
    document = build(model, named("powerofficego"), zendesk, left_out=[out])
    row = states(section(document, "Powerofficego Customers to Zendesk Organizations"))
    assert row["WebsiteUrl", "url"].startswith("read-only: The record's address in Zendesk's API")


def test_rows_that_an_earlier_document_lacks_are_added(model: Model) -> None:
    document = build(model, named("zohocrm"), named("customerp"))
    first = document.sections[0]
    earlier = msgspec.structs.replace(document, sections=(msgspec.structs.replace(first, rows=first.rows[:1]),))
    marked = build(model, named("zohocrm"), named("customerp"), since=earlier)
    assert [row.state.startswith("added") for row in marked.sections[0].rows[:2]] == [False, True]
    assert {row.state.partition(":")[0] for row in marked.sections[1].rows} == {"added"}
