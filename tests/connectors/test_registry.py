"""Connectors by name, and what is known of each without a connection."""

from __future__ import annotations

import subprocess
import sys

import pytest

from samtale.connectors import registry
from samtale.connectors.registry import CONNECTORS, about_of, connector_class
from samtale.core.problems import SamtaleError


@pytest.mark.parametrize("kind", CONNECTORS)
def test_what_is_known_holds_together(kind: str) -> None:
    about = about_of(kind)
    assert about.connector == kind
    names = {spec.name for spec in about.collections}
    for spec in about.collections:
        paths = {p.path for p in spec.properties}
        assert len(paths) == len(spec.properties)
        needed = [spec.key, spec.modified, spec.created, spec.version, spec.mark, spec.archive and spec.archive[0]]
        assert {path for path in needed if path} <= paths
        for found in spec.properties:
            assert set(found.refers) <= names
            assert not (found.required and not found.creatable)
            assert not (found.hidden and (found.creatable or found.updatable))


def test_the_known_traps_of_the_documents_are_in_the_schemas() -> None:
    organizations = {p.path: p for p in about_of("zendesk").collection("Organizations").properties}
    assert not organizations["url"].creatable
    assert not organizations["url"].updatable
    assert "organization_fields.website" in organizations["url"].note
    assert not organizations["domain_names"].creatable
    assert not organizations["domain_names"].updatable
    persons = {p.path: p for p in about_of("powerofficego").collection("Contactperson").properties}
    assert persons["ContactId"].former == ("partyId",)
    assert persons["ContactId"].creatable
    assert not persons["ContactId"].updatable
    customers = {p.path: p for p in about_of("powerofficego").collection("Customers").properties}
    assert customers["NationalIdNumber"].hidden
    assert not customers["MailAddress.City"].timed


def test_names_are_sorted_and_lead_to_classes() -> None:
    assert list(CONNECTORS) == sorted(CONNECTORS)
    assert connector_class("zohocrm").__name__ == "ZohoCrm"
    assert connector_class("zendesk").__name__ == "Zendesk"
    assert connector_class("powerofficego").__name__ == "PowerOfficeGo"


def test_a_connector_that_is_not_there_yet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "CONNECTORS", {**CONNECTORS, "crmoffice": None})
    with pytest.raises(SamtaleError) as raised:
        connector_class("crmoffice")
    (problem,) = raised.value.problems
    assert problem.code == "connector_arrives_later"
    assert "zohocrm" in problem.remedy


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(SamtaleError) as raised:
        about_of("zoho_crm")
    assert raised.value.problems[0].remedy == "Did you mean zohocrm?"


def test_schemas_need_no_http_client() -> None:
    code = (
        "import sys; from samtale.connectors.registry import CONNECTORS, about_of;"
        "[about_of(kind) for kind in CONNECTORS]; sys.exit('httpx2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
