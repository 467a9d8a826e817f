"""Choices: one of a closed list of values.

What lives here: the kind, and how a property's own words map to the list, many to one and "any other" included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from samtale.core.kinds.characters import fold
from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Unwritable, fit
from samtale.core.kinds.text import text_of

#: Among a value's raw values: any that no other value names.
ANY_OTHER = "*"


@dataclass(frozen=True, slots=True)
class Choice(Lens):
    """One of ``values``. Case, width and spacing of what a property shows do not count.

    ``form.values`` maps each value to the raw values that mean it; without it, the property shows the values
    themselves.
    """

    values: tuple[str, ...]
    name: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) != len(self.values):
            raise ValueError("a choice needs values, each of them once")
        for value in self.values:
            if text_of(value) != value or value == ANY_OTHER:
                raise ValueError("each value of a choice is a text, without spaces around it, and not '*'")

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`."""
        text = ("true" if raw else "false") if isinstance(raw, bool) else text_of(raw)
        if text is None:
            return None
        words = self._words(form)
        chosen = _named(text, words)
        if chosen is None:
            chosen = next((value for value, raws in words.items() if ANY_OTHER in raws), None)
        if chosen not in self.values:
            raise Unreadable("not one of the values that the model names")
        return chosen

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The first raw value that means it. A finer one that already means it stays: `Lens.write` sees to that."""
        raws = self._words(form).get(value, ())
        first = next((raw for raw in raws if raw != ANY_OTHER), None)
        if first is None:
            raise Unwritable("the model names no raw value to write for it")
        if form.type == "boolean" and first in ("true", "false"):
            return first == "true"
        return fit(first, form)

    def _words(self, form: Form) -> Mapping[str, tuple[str, ...]]:
        return {value: (value,) for value in self.values} if form.values is None else form.values


def _named(text: str, words: Mapping[str, tuple[str, ...]]) -> str | None:
    """The value that names this raw text: exactly if there is one, else folded."""
    for value, raws in words.items():
        if text in raws and text != ANY_OTHER:
            return value
    folded = fold(text)
    for value, raws in words.items():
        if any(raw != ANY_OTHER and fold(raw) == folded for raw in raws):
            return value
    return None
