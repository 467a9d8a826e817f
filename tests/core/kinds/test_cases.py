"""Kinds by example: ``cases/KIND.toml`` says what a property shows and what it means, for anybody who knows the domain.

``shows`` is the raw value, ``means`` the canonical one; ``over`` is what the property shows before a write; a case without a value
is about emptiness. ``same`` and ``different`` list raw values that do or do not match.
"""

import tomllib
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from samtale.core.kinds import KINDS, Form, Kind, Unreadable, Unwritable, kind_named

CASES = {path.stem: path for path in sorted(Path(__file__).with_name("cases").glob("*.toml"))}


def load(name: str) -> dict[str, Any]:
    return tomllib.loads(CASES[name].read_text(encoding="utf-8"), parse_float=Decimal)


def cases(section: str) -> list[Any]:
    return [
        pytest.param(kind_named(name, **load(name).get("options", {})), case, id=f"{name}-{section}-{number}")
        for name in CASES
        for number, case in enumerate(load(name).get(section, []), 1)
    ]


def form(case: dict[str, Any]) -> Form:
    return msgspec.convert(case.get("form", {}), Form)


def value(shown: Any) -> Any:
    return tuple(shown) if isinstance(shown, list) else shown


def test_every_kind_has_its_cases() -> None:
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize(("kind", "case"), cases("read"))
def test_read(kind: Kind, case: dict[str, Any]) -> None:
    if "unreadable" in case:
        with pytest.raises(Unreadable) as refusal:
            kind.read(case["shows"], form(case))
        assert refusal.value.reason == case["unreadable"]
    else:
        read = kind.read(case["shows"], form(case))
        expected = None if case.get("empty") else value(case["means"])
        assert (read, type(read)) == (expected, type(expected))


@pytest.mark.parametrize(("kind", "case"), cases("write"))
def test_write(kind: Kind, case: dict[str, Any]) -> None:
    if "unwritable" in case:
        with pytest.raises(Unwritable) as refusal:
            kind.write(value(case.get("value")), form(case), case.get("over"))
        assert refusal.value.reason == case["unwritable"]
    else:
        written = kind.write(value(case.get("value")), form(case), case.get("over"))
        assert (written, type(written)) == (case["shows"], type(case["shows"]))


@pytest.mark.parametrize(("kind", "raws"), cases("same"))
def test_same(kind: Kind, raws: list[Any]) -> None:
    keys = {kind.key(kind.read(raw, Form())) for raw in raws}  # type: ignore[arg-type]
    assert len(keys) == 1
    assert None not in keys


@pytest.mark.parametrize(("kind", "raws"), cases("different"))
def test_different(kind: Kind, raws: list[Any]) -> None:
    for one, other in combinations(raws, 2):
        assert kind.key(kind.read(one, Form())) != kind.key(kind.read(other, Form()))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "raw"), cases("never_match"))
def test_never_match(kind: Kind, raw: Any) -> None:
    read = kind.read(raw, Form())
    assert read is not None
    assert kind.key(read) is None


@pytest.mark.parametrize(("kind", "case"), cases("show"))
def test_show(kind: Kind, case: dict[str, Any]) -> None:
    assert kind.show(value(case.get("value"))) == case["shown"]
