"""References to other records.

What lives here: reading and writing an id. Which entity an id belongs to is decided by links, never here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Value, fit
from samtale.core.kinds.text import text_of

_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Reference(Lens):
    """The id, as a text, of an entity of type ``to``; in a property, the id of its record there."""

    to: str
    name: ClassVar[str] = "reference"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`. An object is read by its ``id``: Zoho CRM shows a lookup as ``{"name": ..., "id": ...}``."""
        if isinstance(raw, dict):
            if "id" not in raw:
                raise Unreadable("a reference without an id")
            raw = raw["id"]
        return text_of(raw, _LONGEST)

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The id, as a text, a number, or an object with an ``id``."""
        if form.type == "object":
            return {"id": value}
        return fit(value, form)

    def key(self, value: Value) -> str | None:
        """See `Kind.key`: ids are equal or not."""
        return str(value)
