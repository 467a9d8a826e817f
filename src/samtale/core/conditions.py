"""Conditions: CEL expressions over the properties of a record, as `create: {member: {when: ...}}` uses them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from samtale.core.kinds import Raw


class BadCondition(ValueError):
    """The expression does not compile, or does not answer true or false for this record. Never contains a value."""


@lru_cache(maxsize=256)
def _program(expression: str) -> Any:
    import cel  # deferred: most projects have no conditions

    try:
        return cel.compile(expression)
    except ValueError as problem:
        raise BadCondition(f"not a CEL expression: {str(problem).splitlines()[0]}") from None


def compiles(expression: str) -> str | None:
    """None if the expression compiles, else what is wrong with it."""
    try:
        _program(expression)
    except BadCondition as problem:
        return str(problem)
    return None


def holds(expression: str, properties: Mapping[str, Raw]) -> bool:
    """Whether the condition holds for a record, its properties given by dotted path. Raises BadCondition."""
    program = _program(expression)
    try:
        answer = program.execute(_nested(properties))
    except (TypeError, RuntimeError, ValueError) as problem:
        raise BadCondition(f"cannot be decided: {type(problem).__name__}") from None
    if not isinstance(answer, bool):
        raise BadCondition("answers neither true nor false")
    return answer


def _nested(properties: Mapping[str, Raw]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, raw in properties.items():
        place = nested
        *parents, last = path.split(".")
        for parent in parents:
            found = place.setdefault(parent, {})
            if not isinstance(found, dict):
                found = place[parent] = {}
            place = found
        place[last] = _plain(raw)
    return nested


def _plain(raw: Raw) -> Any:
    return float(raw) if isinstance(raw, Decimal) else raw
