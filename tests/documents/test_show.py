"""The JSON of `samtale show`: its contract, and that the published schema says the same."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from samtale.documents.files import read_bytes
from samtale.documents.grammar import Document, Rule
from samtale.documents.reader import parse
from samtale.documents.show import to_data, to_json
from tests.conftest import ROOT
from tests.documents.samples import SAMPLES
from tests.documents.strategies import documents

SCHEMA = json.loads((ROOT / "docs" / "reference" / "json" / "show.schema.json").read_text())


def check(shown: Any) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(shown)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["section"]["properties"]["rule"]["enum"] == list(Rule)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_keep_the_contract(name: str) -> None:
    check(json.loads(to_json(parse(SAMPLES[name], "a.rst"))))


@given(documents())
def test_every_document_keeps_the_contract(document: Document) -> None:
    shown = json.loads(to_json(document))
    for section in shown["sections"]:
        section["line"] += 1  # it was never read from a file
    check(shown)


def test_the_whole_contract() -> None:
    document = parse(SAMPLES["connected"], "flow.rst")
    shown = json.loads(to_json(document))
    del shown["sections"][1]
    assert shown == {
        "file": "flow.rst",
        "source": "Ledger",
        "target": "Rolodex",
        "generated": "2024-02-29T23:59:58",
        "sections": [
            {
                "from": "Ledger Clients",
                "to": "Rolodex Company",
                "rule": "match_or_create_when_connected",
                "condition": None,
                "connected_to": ["Ledger-orders", "Ledger-invoices", "Created by"],
                "merge": [["mail", "email"]],
                "rows": [
                    {
                        "from": "Name",
                        "to": "title",
                        "type": "string",
                        "path_from": "Name",
                        "path_to": "title",
                        "qualifiers": [],
                    }
                ],
                "line": 12,
            }
        ],
        "problems": [],
    }


def test_qualifiers_and_states() -> None:
    row = to_data(parse(SAMPLES["qualified"]))["sections"][0]["rows"][0]
    assert row["from"] == "Phone (Dependant on having work in phones.kind)"
    assert (row["path_from"], row["path_to"], row["type"]) == ("Phone", "phone", "N/A")
    assert row["qualifiers"] == [{"side": "from", "value": "work", "path": "phones.kind"}]
    states = [row.get("state") for row in to_data(parse(SAMPLES["states"]))["sections"][0]["rows"]]
    assert states == ["synchronized", "identity: never written"]


def test_labels_are_trimmed_and_names_may_be_empty() -> None:
    shown = to_data(parse(SAMPLES["unnamed"]))
    assert (shown["source"], shown["target"]) == ("", "")
    assert (shown["sections"][0]["from"], shown["sections"][0]["to"]) == ("Clients", "Company")


def test_conditions_are_shown_as_printed() -> None:
    shown = to_data(parse(SAMPLES["conditional"]))["sections"]
    assert [section["condition"] for section in shown] == ["When the client has paid, once", "When, at last"]


def test_what_cannot_be_read_is_still_an_object() -> None:
    shown = json.loads(to_json(read_bytes(b"\0", "a.rst")))
    check(shown)
    assert shown == {
        "file": "a.rst",
        "source": "",
        "target": "",
        "generated": None,
        "sections": [],
        "problems": [{"line": 1, "message": "expected text; this is a binary file, not a document"}],
    }


def test_every_seed_keeps_the_contract_without_a_problem(shared: Path) -> None:
    seeds = sorted((shared / "seeds").glob("*.txt"))
    shown = [json.loads(to_json(read_bytes(seed.read_bytes(), seed.name))) for seed in seeds]
    assert len(shown) == 5
    for document in shown:
        check(document)
        assert document["problems"] == []
    counts = [
        [(section["rule"], len(section["merge"]), len(section["rows"])) for section in d["sections"]] for d in shown
    ]
    always = "always"
    assert counts == [
        [(always, 0, 9), (always, 0, 1), (always, 0, 12)],
        [(always, 0, 9), (always, 0, 1), (always, 0, 12)],
        [(always, 0, count) for count in (3, 3, 0, 3, 3, 3)],
        [(always, 0, 0)] * 3,
        [("match_only", 1, 2), ("match_only", 1, 0), (always, 0, 2), (always, 0, 1)],
    ]
    assert [(d["source"], d["target"]) for d in shown] == [
        ("Powerofficego", "ZohoCRM"),
        ("Powerofficego", ""),
        ("Powerofficego", "Crmoffice"),
        ("ZohoCRM", "Customerp"),
        ("Powerofficego", ""),
    ]
