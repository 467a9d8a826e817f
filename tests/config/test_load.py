"""A model that is right: every view, right, form and rule that it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from samtale.config.load import load_model
from samtale.core.model import CreateRule, MatchRule, Model, Prefer, Property
from tests.config.samples import (
    ABOUTS,
    BOOKS,
    COMPANY,
    CRM,
    PROJECT,
    SOMEONE,
    model_in,
    project_in,
    prop,
    with_properties,
)


def paths_of(model: Model, entity: str, member: str) -> list[tuple[str, int, str, list[tuple[int, list[str]]]]]:
    """Field, number, use, and per access the part and the property paths."""
    return [
        (v.field, v.number, v.use, [(a.part, [p.path for p in a.properties]) for a in v.accesses])
        for v in model.type(entity).member(member).views
    ]


def property_of(model: Model, entity: str, member: str, path: str) -> Property:
    views = model.type(entity).member(member).views
    return next(p for v in views for a in v.accesses for p in a.properties if p.path == path)


def test_the_views_of_a_member_are_complete(tmp_path: Path) -> None:
    model, _ = model_in(tmp_path)
    assert paths_of(model, "company", "accounts.Customers") == [
        ("name", 0, "both", [(0, ["Name"])]),
        ("number", 0, "both", [(0, ["OrgNo"])]),
        ("phone", 0, "both", [(0, ["Phone"])]),
        ("since", 0, "both", [(0, ["Since"])]),
        (
            "address",
            0,
            "both",
            [(0, ["Address.Line1", "Address.Line2"]), (1, ["Address.City"]), (2, ["Address.Country"])],
        ),
    ]
    assert paths_of(model, "someone", "sales.Users") == [("email", 0, "match", [(0, ["email"])])]


def test_lists_are_a_primary_and_followers_and_a_group_follows_as_one(tmp_path: Path) -> None:
    model, _ = model_in(tmp_path)
    views = [v for v in paths_of(model, "company", "sales.Account") if v[0] == "address"]
    assert views == [
        ("address", 0, "both", [(0, ["Billing_Street"]), (1, ["Billing_City"]), (2, ["Billing_Country"])]),
        ("address", 1, "both", [(0, ["Shipping_Street"]), (1, ["Shipping_City"])]),
    ]


def test_an_optional_property_is_left_out_where_the_account_lacks_it(tmp_path: Path) -> None:
    project = project_in(tmp_path, company=COMPANY, someone=SOMEONE)
    without, _ = load_model(project, ABOUTS)
    assert "number" not in {v.field for v in without.type("company").member("sales.Account").views}
    richer = with_properties(CRM, "Account", prop("Org_Number"))
    with_it, _ = load_model(project, {"accounts": BOOKS, "sales": richer})
    assert property_of(with_it, "company", "sales.Account", "Org_Number").updatable


def test_a_missing_primary_makes_the_follower_primary(tmp_path: Path) -> None:
    company = COMPANY.replace(
        "phone: Phone\n      since: Since\n      address.street: [",
        'phone: ["Mobile?", Phone]\n      address.street: [',
    )
    model, _ = model_in(tmp_path, company)
    assert ("phone", 0, "both", [(0, ["Phone"])]) in paths_of(model, "company", "sales.Account")


def test_rights_references_and_forms_come_from_the_connector(tmp_path: Path) -> None:
    model, _ = model_in(tmp_path)
    name = property_of(model, "company", "sales.Account", "Account_Name")
    assert (name.required, name.creatable, name.updatable, name.timed) == (True, True, True, True)
    assert property_of(model, "company", "sales.Account", "Owner.id").refers == ("Users",)
    email = property_of(model, "someone", "sales.Users", "email")
    assert (email.creatable, email.updatable) == (False, False), "its collection cannot be written"
    country = property_of(model, "company", "accounts.Customers", "Address.Country")
    assert (country.form.style, country.timed) == ("alpha2", False)
    since = property_of(model, "company", "sales.Account", "Since")
    assert (since.form.type, since.form.timezone) == ("datetime", "Europe/Oslo")
    assert property_of(model, "company", "accounts.Customers", "Name").form.max_length == 80


def test_fields_rules_and_settings(tmp_path: Path) -> None:
    settings = "first_link: {prefer: [sales]}\nfollowers: apart\norder: [sales]\n"
    company = COMPANY.replace(
        "phone: {kind: phone}", "phone: {kind: phone, clear: ignore, conflict: {prefer: [sales, accounts]}}"
    )
    company = company.replace("since: {kind: date}", "since: {kind: date, conflict: ask}")
    model, _ = load_model(project_in(tmp_path, PROJECT + settings, company=company, someone=SOMEONE), ABOUTS)
    assert (model.first_link, model.followers, model.order, model.timezone) == (
        Prefer(("sales",)),
        "apart",
        ("sales", "accounts"),
        "Europe/Oslo",
    )
    kind = model.type("company")
    assert kind.field("name").required
    assert (kind.field("phone").clear, kind.field("phone").conflict) == ("ignore", Prefer(("sales", "accounts")))
    assert kind.field("since").conflict == "ask"
    assert kind.field("owner").to == "someone"
    assert [p.name for p in kind.field("address").parts] == ["street", "city", "country"]
    assert kind.match == (
        MatchRule(fields=("number",)),
        MatchRule(fields=("name", "address.city"), trust="suggest"),
    )
    assert kind.member("accounts.Customers").where == (("IsPerson", False),)
    assert kind.member("sales.Account").create == (("accounts.Customers", CreateRule()),)
    assert model.type("someone").member("accounts.Customers").label == "Customers person"
    assert model.type("someone").member("sales.Contact").create[0][1].when == "Since != null"


def test_creation_only_where_something_refers_to_the_record(tmp_path: Path) -> None:
    company = COMPANY.replace("accounts.Customers: always", "accounts.Customers: {when_connected: [someone]}")
    model, _ = model_in(tmp_path, company)
    assert model.type("company").member("sales.Account").create[0][1] == CreateRule(when_connected=("someone",))


def test_never_is_no_rule(tmp_path: Path) -> None:
    company = COMPANY.replace("    create:\n      accounts.Customers: always\n", "    create: never\n")
    model, _ = model_in(tmp_path, company)
    assert model.type("company").member("sales.Account").create == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "word"),
    [
        ("name.family: Last,", "name.family: Surname,", "former_name", "`Last`"),
        ("  accounts.Customers:\n    label", "  accounts.Clients:\n    label", "former_name", "`accounts.Customers`"),
    ],
)
def test_former_names_are_accepted_and_the_current_one_is_named(
    tmp_path: Path, old: str, new: str, code: str, word: str
) -> None:
    someone = SOMEONE.replace(old, new)
    assert someone != SOMEONE
    model, warnings = model_in(tmp_path, someone=someone)
    assert property_of(model, "someone", "accounts.Customers", "Last").path == "Last"
    assert any(w.code == code and word in w.remedy for w in warnings)


def test_names_in_another_case_where_the_system_ignores_it(tmp_path: Path) -> None:
    model, _ = model_in(
        tmp_path,
        COMPANY.replace(
            "phone: Phone\n      since: Since\n      address.street: {", "phone: phone\n      address.street: {"
        ),
    )
    assert property_of(model, "company", "accounts.Customers", "Phone").path == "Phone"


def test_a_read_only_property_contributes_and_is_shown_as_one_way(tmp_path: Path) -> None:
    company = COMPANY.replace("since: {kind: date}", "since: {kind: date}\n  balance: {kind: decimal}").replace(
        "number: OrgNo", "number: OrgNo\n      balance: Balance"
    )
    model, warnings = model_in(tmp_path, company)
    balance = property_of(model, "company", "accounts.Customers", "Balance")
    assert (balance.readable, balance.creatable, balance.updatable) == (True, False, False)
    told = next(w for w in warnings if w.code == "one_way" and "Balance" in w.why)
    assert told.remedy == "Computed from the ledger."
    assert told.file == "models/company.yaml"


def test_a_create_only_property_is_shown_as_one_way(tmp_path: Path) -> None:
    company = COMPANY.replace('number: "Org_Number?"', "number: Code")
    _, warnings = model_in(tmp_path, company)
    assert any(w.code == "one_way" and "`Code`" in w.why and "created" in w.why for w in warnings)


def test_a_records_own_address_is_never_taken_for_a_website(tmp_path: Path) -> None:
    company = COMPANY.replace("phone: {kind: phone}", "phone: {kind: phone}\n  site: {kind: url}").replace(
        "owner: Owner.id", "owner: Owner.id\n      site: url"
    )
    model, warnings = model_in(tmp_path, company)
    assert "site" not in {v.field for v in model.type("company").member("sales.Account").views}
    told = next(w for w in warnings if w.code == "left_out")
    assert "map Website" in told.why
    stated, _ = model_in(tmp_path, company.replace("site: url", "site: {path: url, use: read}"))
    assert property_of(stated, "company", "sales.Account", "url").path == "url"


def test_fields_of_one_member_alone_are_told(tmp_path: Path) -> None:
    _, warnings = model_in(tmp_path)
    told = next(w for w in warnings if w.code == "single_member" and "`company`" in w.why)
    assert "`stage` (`sales.Account`)" in told.why
    assert "phone" not in told.why


def test_an_idle_rule_for_a_property_that_the_account_lacks_is_a_warning(tmp_path: Path) -> None:
    company = COMPANY.replace("      number: OrgNo\n", "")
    model, warnings = model_in(tmp_path, company)
    assert [w.code for w in warnings if w.code.startswith("match")] == ["match_idle"]
    assert model.type("company").match == (MatchRule(fields=("name", "address.city"), trust="suggest"),)


def test_several_types_in_one_file(tmp_path: Path) -> None:
    project = project_in(tmp_path, all=COMPANY + "---\n" + SOMEONE)
    model, _ = load_model(project, ABOUTS)
    assert [t.name for t in model.types] == ["company", "someone"]


def test_values_of_a_choice_become_part_of_the_form(tmp_path: Path) -> None:
    model, _ = model_in(tmp_path)
    assert property_of(model, "company", "sales.Account", "Stage").form.values
