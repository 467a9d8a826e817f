"""Vendors' sentences made safe to show: property names stay, values go.

A vendor's error text is the best explanation there is, and often quotes the very value that is wrong. What stands in
quotes, looks like an address or a number, or was sent by us, is replaced by an ellipsis unless it names a property.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"|`([^`]*)`|«([^»]*)»")
_MAIL = re.compile(r"[^\s,;:'\"<>()]+@[^\s,;:'\"<>()]+")
_NUMBER = re.compile(r"\+?\d[\d .\-/]{3,}\d|\d{4,}")
_LONGEST = 300


def masked(text: str, *, names: Iterable[str] = (), values: Iterable[object] = ()) -> str:
    """``text`` without values. ``names`` are words that may stay; ``values`` are what was sent."""
    known = {part.casefold() for name in names for part in (name, *name.split("."))}
    for value in sorted(map(str, values), key=len, reverse=True):
        if len(value) >= 3 and value.casefold() not in known:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text, flags=re.IGNORECASE)

    def unless_known(found: re.Match[str]) -> str:
        inside = next((g for g in found.groups() if g is not None), "")
        return found[0] if inside.casefold() in known else f"{found[0][0]}…{found[0][-1]}"

    text = _NUMBER.sub("…", _MAIL.sub("…", _QUOTED.sub(unless_known, text)))
    text = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def mentioned(text: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths whose name, or last part, stands in the text as a word."""
    words = {word.casefold() for word in re.findall(r"\w+", text)}
    return tuple(path for path in paths if path.split(".")[-1].casefold() in words)


def scalars(values: Mapping[str, object]) -> list[object]:
    """The values that could be quoted back at us."""
    return [v for v in values.values() if isinstance(v, str | int | float) and not isinstance(v, bool)]
