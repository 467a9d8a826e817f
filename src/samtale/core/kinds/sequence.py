"""Lists.

What lives here: several values of one kind. The order in which a system shows them is its own and is not a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from samtale.core.kinds.kind import Form, Kind, Lens, Raw, Unreadable, Value

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class List(Lens):
    """Several values of kind ``of``, each once, in one fixed order. An empty list is explicitly empty."""

    of: Kind
    name: ClassVar[str] = "list"

    def read(self, raw: Any, form: Form) -> tuple[Value, ...] | None:
        """See `Kind.read`. Empty elements do not count; one unreadable element makes the list unreadable."""
        if raw is None or raw == "":
            return None
        if not isinstance(raw, (list, tuple)):
            raise Unreadable("not a list")
        if len(raw) > _MOST:
            raise Unreadable(f"a list of more than {_MOST} elements")
        element = _element(form)
        values = {value for shown in raw if (value := self.of.read(shown, element)) is not None}
        return tuple(sorted(values)) or None

    def render(self, value: tuple[Value, ...], form: Form, current: Raw) -> Raw:
        """What is there and stays, in the order that the system shows, then what is new."""
        element = _element(form)
        kept: dict[Value, Raw] = {}
        for shown in current if isinstance(current, list) else ():
            try:
                read = self.of.read(shown, element)
            except Unreadable:
                continue
            if read is not None and read in value:
                kept.setdefault(read, shown)
        return list(kept.values()) + [self.of.write(v, element, None) for v in value if v not in kept]

    def key(self, value: Value) -> str | None:
        """See `Kind.key`: the keys of all elements."""
        elements = value if isinstance(value, tuple) else (value,)
        return "\n".join(sorted({key for element in elements if (key := self.of.key(element)) is not None})) or None

    def show(self, value: Value | None) -> str:
        """See `Kind.show`: the elements, separated by commas."""
        return ", ".join(map(self.of.show, value)) if isinstance(value, tuple) else self.of.show(value)


def _element(form: Form) -> Form:
    """An element's form: that of the list, as texts where the schema says no more than that it is a list."""
    if form.type != "array":
        return form
    return Form(
        max_length=form.max_length, style=form.style, values=form.values, region=form.region, timezone=form.timezone
    )
