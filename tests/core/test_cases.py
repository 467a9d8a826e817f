"""Deciding by example: every case of ``cases/`` says what the systems show, and all that follows from it, no more and no less."""

from collections.abc import Mapping
from typing import Any

import pytest

from samtale.core.compare import compare
from samtale.core.plan import EntityPlan, decide
from tests.core.casebook import Told, cases, said, standing_after, told, value_of
from tests.core.life import accepted, check

DECIDED = (
    "merge",
    "times",
    "joining",
    "first_link",
    "groups",
    "followers",
    "clear",
    "writing",
    "create",
    "delete",
    "references",
)


@pytest.mark.parametrize("case", cases(*DECIDED))
def test_decide(case: Mapping[str, Any]) -> None:
    it = told(case)
    plan = decide(it.state, it.around)
    assert happened(it, plan) == {
        "verdicts": case.get("verdicts", {}),
        "writes": case.get("writes", {}),
        "creates": case.get("creates", {}),
        "deletes": case.get("deletes", {}),
        "held": sorted(case.get("held", [])),
    }
    after = standing_after(it, accepted(it.state, plan))
    for system, views in case.get("after", {}).items():
        assert {name: after[system][name] for name in views} == views
    check(it.state, plan, it.around)


def happened(it: Told, plan: EntityPlan) -> dict[str, Any]:
    """A plan in the words of a case."""
    values = {kind: {} for kind in ("update", "create")}  # type: dict[str, dict[str, Any]]
    for write in plan.writes:
        if write.kind in values:
            values[write.kind][write.system] = {path: said(raw) for path, raw in write.values.items()}
    return {
        "verdicts": {} if "agreed" not in it.case and not it.case.get("verdicts") else verdicts(it, plan),
        "writes": values["update"],
        "creates": values["create"],
        "deletes": {w.system: w.kind for w in plan.writes if w.kind in ("delete", "archive")},
        "held": sorted(" ".join(filter(None, (h.code, h.field))) for h in plan.held),
    }


def verdicts(it: Told, plan: EntityPlan) -> dict[str, Any]:
    """What was decided, by field: of a new entity all that came to be agreed, else what moved or gave way."""
    found: dict[str, Any] = {}
    for verdict in plan.verdicts:
        told: dict[str, Any] = {"value": shown(verdict.value), "reason": verdict.reason}
        if verdict.losers:
            told["gave_way"] = [shown(c.value) for c in verdict.losers]
        found[verdict.field] = told
    for name, agreed in plan.agreed.items():
        found.setdefault(name, {"value": shown(agreed.value)})
    wanted = it.case.get("verdicts", {})
    return {
        name: {k: v for k, v in told.items() if name not in wanted or k in wanted[name] or k == "gave_way"}
        for name, told in found.items()
    }


def shown(value: Any) -> Any:
    """A value as cases write it: a text, or the parts of a group in their order."""
    parts = ["(empty)" if part is None else part for part in value]
    return parts[0] if len(parts) == 1 else parts


@pytest.mark.parametrize("case", cases("compare"))
def test_compare(case: Mapping[str, Any]) -> None:
    it = told(case)
    side, options = it.state.sides[0], case.get("settings", {})
    field = it.type.fields[0]
    statement = compare(
        side, 0, followers=options.get("followers", "equal"), ignore_clear=field.clear == "ignore", refs=it.around.refs
    )
    assert statement is not None
    wanted = case["says"]
    assert statement.reading == wanted["reading"]
    if "value" in wanted:
        assert statement.value == value_of(field, wanted["value"])
    assert list(statement.apart) == wanted.get("apart", [])
    assert list(statement.rejoin) == wanted.get("rejoin", [])
    assert statement.number == wanted.get("view", 0)
