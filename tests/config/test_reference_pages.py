"""The reference pages and JSON Schemas say what the reading does: no key, code, default or example may drift."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from ruamel.yaml import YAML

from samtale.config.diagnose import SUMMARIES, WARNINGS
from samtale.config.fields import FIELD_KEYS, SIMPLE
from samtale.config.forms import STYLES
from samtale.config.load import RULE_KEYS, load_model
from samtale.config.members import MEMBER_KEYS, ROW_KEYS, USES
from samtale.config.project import KEYS, SYSTEM_KEYS, load_project
from samtale.config.sources import TYPE_KEYS, standard_texts
from samtale.core.brakes import Limits
from samtale.core.kinds import KINDS
from tests.config.samples import COMPANY, PROJECT, SOMEONE
from tests.config.test_project import FULL
from tests.config.test_standard import ABOUTS, project

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PROJECT_PAGE = (REFERENCE / "project-file.md").read_text(encoding="utf-8")
MODEL_PAGE = (REFERENCE / "model-file.md").read_text(encoding="utf-8")


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "json" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


def blocks(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)


def yaml(text: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(text))


@pytest.mark.parametrize("key", [*KEYS, *SYSTEM_KEYS])
def test_every_key_of_a_project_is_described(key: str) -> None:
    assert f"| `{key}` |" in PROJECT_PAGE or key in ("share", "full_sync", "pause")


@pytest.mark.parametrize("key", [*FIELD_KEYS, *RULE_KEYS, *MEMBER_KEYS])
def test_every_key_of_a_model_is_described(key: str) -> None:
    assert f"| `{key}` |" in MODEL_PAGE


@pytest.mark.parametrize("word", [*ROW_KEYS, *USES, *KINDS, *(s for styles in STYLES.values() for s in styles)])
def test_every_word_of_a_row_is_described(word: str) -> None:
    assert re.search(rf"\b{word}\b", MODEL_PAGE)


@pytest.mark.parametrize("code", SUMMARIES)
def test_every_code_is_described(code: str) -> None:
    assert f"`{code}`" in PROJECT_PAGE + MODEL_PAGE
    if code in WARNINGS:
        assert f"`{code}`" in MODEL_PAGE.partition("Warnings tell")[2]


def test_the_defaults_of_the_brakes_are_those_of_the_core() -> None:
    (said,) = next(yaml(block) for block in blocks(PROJECT_PAGE) if block.startswith("brakes:"))
    assert msgspec.convert(said["brakes"], Limits, strict=False) == Limits()


def test_the_example_project_loads(tmp_path: Path) -> None:
    (tmp_path / "samtale.yaml").write_text(blocks(PROJECT_PAGE)[0], encoding="utf-8")
    loaded = load_project(tmp_path, connectors=ABOUTS)
    load_model(loaded, {name: ABOUTS[system.connector] for name, system in loaded.systems.items()})


@pytest.mark.parametrize("number", [0, -1])
def test_the_example_models_load(tmp_path: Path, number: int) -> None:
    text = blocks(MODEL_PAGE)[number]
    model, _ = load_model(*project(tmp_path, "powerofficego", "zohocrm", organization=text))
    assert model.type("organization").member("zohocrm.Account").views


def test_the_example_rules_load(tmp_path: Path) -> None:
    rules = blocks(MODEL_PAGE)[1].replace("\n", "\n    ").rstrip()
    text = (
        "entity: organization\nmembers:\n"
        "  powerofficego.Suppliers: {where: {IsPerson: false}, properties: {name: Name}}\n"
        f"  zohocrm.Account:\n    {rules}\n"
        "---\nentity: order\nmembers:\n  zohocrm.Deal: {label: Deal}\n"
    )
    model, _ = load_model(*project(tmp_path, "powerofficego", "zohocrm", organization=text))
    assert len(model.type("organization").member("zohocrm.Account").create) == 3


# JSON Schemas


def test_the_schemas_accept_what_is_right() -> None:
    for name, texts in (("project", [PROJECT, FULL]), ("model", [COMPANY, SOMEONE, *standard_texts().values()])):
        check = jsonschema.Draft202012Validator(schema(name))
        jsonschema.Draft202012Validator.check_schema(schema(name))
        for text in texts:
            for document in yaml(text):
                assert [error.message for error in check.iter_errors(document)] == []


def test_the_schemas_know_the_same_keys_as_the_reading() -> None:
    of_project, of_model = schema("project"), schema("model")
    defs = of_model["$defs"]
    assert set(of_project["properties"]) == set(KEYS)
    assert set(of_project["$defs"]["system"]["properties"]) == set(SYSTEM_KEYS)
    assert set(of_project["properties"]["brakes"]["properties"]) == set(Limits.__struct_fields__)
    assert set(of_model["properties"]) == set(TYPE_KEYS)
    assert set(defs["field"]["anyOf"][1]["properties"]) == set(FIELD_KEYS)
    assert set(defs["rule"]["properties"]) == set(RULE_KEYS)
    assert set(defs["member"]["properties"]) == set(MEMBER_KEYS)
    assert set(defs["row"]["anyOf"][1]["properties"]) == set(ROW_KEYS)
    assert defs["kind"]["enum"] == list(KINDS)
    assert defs["simple"]["enum"] == SIMPLE


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("project", PROJECT.replace("env:BOOKS_KEY", "hunter2")),
        ("project", PROJECT.replace("workspace:", "workplace:")),
        ("project", PROJECT + "followers: same\n"),
        ("project", PROJECT + "brakes: {delete: {share: 5}}\n"),
        ("model", COMPANY.replace("where:", "were:")),
        ("model", COMPANY.replace("kind: phone", "kind: fone")),
        ("model", COMPANY.replace("Customers: always", "Customers: allways")),
        ("model", COMPANY.replace("trust: suggest", "trust: guess")),
    ],
)
def test_the_schemas_refuse_what_is_wrong(name: str, text: str) -> None:
    assert not jsonschema.Draft202012Validator(schema(name)).is_valid(yaml(text)[0])
