"""Dotted paths in a vendor's JSON: reading what a record shows, and nesting what is to be written.

Pure functions over decoded JSON. They compare what was sent with what is shown, and know no vendor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from samtale.connectors.times import instant
from samtale.core.kinds import Raw
from samtale.core.model import MISSING


def shown_at(record: Mapping[str, Any], path: str) -> Any:
    """What a record shows at a path: MISSING if the payload does not hold it, None inside an object that is null."""
    at: Any = record
    for name in path.split("."):
        if at is None:
            return None
        if not isinstance(at, Mapping) or name not in at:
            return MISSING
        at = at[name]
    return at


def nested(values: Mapping[str, Raw]) -> dict[str, Any]:
    """Values by dotted path as nested objects: ``{"MailAddress.City": "Oslo"}`` becomes ``{"MailAddress": {"City":
    ...}}``.
    """
    whole: dict[str, Any] = {}
    for path, value in values.items():
        at = whole
        *parents, name = path.split(".")
        for parent in parents:
            at = at.setdefault(parent, {})
        at[name] = value
    return whole


def same(one: Any, other: Any) -> bool:
    """Whether two raw values say the same: empty is empty, numbers compare as numbers, times as instants, days by
    date.
    """
    if one in (None, "", MISSING) and other in (None, "", MISSING):
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if type(one) is not type(other):
        numbers = (int, float, Decimal)
        return isinstance(one, numbers) and isinstance(other, numbers) and one == other
    if isinstance(one, str) and one != other:
        return _instant(one) is not None and _instant(one) == _instant(other)
    return bool(one == other)


def differing(record: Mapping[str, Any], expected: Mapping[str, Raw]) -> tuple[str, ...]:
    """Paths at which a record shows something else than expected; what is not known (MISSING) on either side does
    not differ.
    """
    found = []
    for path, value in expected.items():
        shown = shown_at(record, path)
        if shown is not MISSING and value != MISSING and not same(shown, value):
            found.append(path)
    return tuple(found)


def ignored(record: Mapping[str, Any], sent: Mapping[str, Raw], before: Mapping[str, Raw]) -> tuple[str, ...]:
    """Paths whose write did nothing: they show what they showed before, though something else was sent."""
    return tuple(
        path
        for path, value in sent.items()
        if path in before and not same(value, before[path]) and same(shown_at(record, path), before[path])
    )


def split_by_parent(paths: Iterable[str]) -> dict[str, list[str]]:
    """Dotted paths by their first name; a plain path stands under itself."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(path.split(".")[0], []).append(path)
    return found


def _instant(text: str) -> datetime | None:
    """A date or a date-time as an instant; None for any other text, digits alone included."""
    return instant(text) if len(text) >= 10 and text[4] == "-" else None
