"""Text and names of persons.

What lives here: the two kinds whose values are what a person typed, and `text_of`, where every other kind begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from samtale.core.kinds.characters import Broken, canonical
from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, fit


def text_of(raw: Raw, longest: int | None = None) -> str | None:
    """The canonical text of a string or a number, None if there is nothing to see.

    Raises Unreadable for any other type of JSON, for what is no text, and for more than ``longest`` characters.
    """
    if raw is None:
        return None
    if isinstance(raw, str):
        if longest is not None and len(raw) > 4 * longest:  # before any work; outer whitespace may still be trimmed
            raise Unreadable("too long")
        try:
            text = canonical(raw)
        except Broken as broken:
            raise Unreadable(str(broken)) from None
    else:
        text = number_text(raw)
    if longest is not None and len(text) > longest:
        raise Unreadable("too long")
    return text or None


def number_text(raw: Raw) -> str:
    """A JSON number without exponent and trailing zeros: ``12``, ``-0.5``. Raises Unreadable for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise Unreadable("neither a text nor an exact number")
    if isinstance(raw, int):
        if not -(10**100) < raw < 10**100:
            raise Unreadable("a number of more than 100 digits")
        return str(raw)
    if not raw.is_finite():
        raise Unreadable("not a number")
    if raw.is_zero():
        return "0"
    exponent = raw.as_tuple().exponent
    if raw.adjusted() >= 100 or not isinstance(exponent, int) or exponent < -100:
        raise Unreadable("a number of more than 100 digits")
    plain = format(raw, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


@dataclass(frozen=True, slots=True)
class Text(Lens):
    """Any text, as typed: Unicode form NFC, lines ended by ``\\n``, outer whitespace trimmed, the inside kept."""

    name: ClassVar[str] = "text"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`. Numbers are read as their digits."""
        return text_of(raw)

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The text itself, or the number that it spells in a property that holds numbers."""
        return fit(value, form)


@dataclass(frozen=True, slots=True)
class PersonName(Lens):
    """A person's name or a part of it: a text on one line, single spaces inside."""

    name: ClassVar[str] = "person_name"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`."""
        if raw is not None and not isinstance(raw, str):
            raise Unreadable("not a text")
        text = text_of(raw)
        return None if text is None else " ".join(text.split())

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The name itself."""
        return fit(value, form)
