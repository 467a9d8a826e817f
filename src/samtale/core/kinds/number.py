"""Numbers and truth values.

What lives here: integers, exact decimals (never a float), and yes or no, from JSON and from the texts that can be read
one way only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal as Exact
from typing import ClassVar

from samtale.core.kinds.choice import Choice
from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Unwritable, Value, fit
from samtale.core.kinds.text import number_text, text_of

_LONGEST = 120
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SPACED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){2,}|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")
_GROUPED_BY_POINT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){2,}|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")


def plain_number(text: str) -> str:
    """A number in text as plain digits with a point. Raises Unreadable where a comma could mean two things.

    The point separates decimals (``1.234`` is below two), as in every canonical value; a single comma before three
    digits is ambiguous (``1,234``).
    """
    sign, digits = ("-", text[1:].lstrip()) if text[:1] in ("-", "−") else ("", text.removeprefix("+"))
    if _PLAIN.fullmatch(digits):
        return number_text(Exact(sign + digits))
    digits = digits.replace("\u00a0", " ").replace("\u202f", " ")
    if _SPACED.fullmatch(digits):
        digits = digits.replace(" ", "").replace(",", ".")
    elif _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    elif _GROUPED_BY_POINT.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif _COMMA.fullmatch(digits) and not _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", ".")
    if not _PLAIN.fullmatch(digits):
        raise Unreadable("not a number that can be read in one way only")
    return number_text(Exact(sign + digits))


def _number_of(raw: Raw) -> str | None:
    if raw is None or isinstance(raw, str):
        text = text_of(raw, _LONGEST)
        return None if text is None else plain_number(text)
    return number_text(raw)


@dataclass(frozen=True, slots=True)
class Decimal(Lens):
    """An exact decimal number, as a text without exponent and trailing zeros: ``1234.5``."""

    name: ClassVar[str] = "decimal"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`."""
        return _number_of(raw)

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The number, or the text that spells it."""
        return fit(value, form)


@dataclass(frozen=True, slots=True)
class Integer(Lens):
    """A whole number of at most 64 bits."""

    name: ClassVar[str] = "integer"

    def read(self, raw: Raw, form: Form) -> int | None:
        """See `Kind.read`. ``12.0`` is whole, ``12.5`` is unreadable."""
        text = _number_of(raw)
        if text is None:
            return None
        if "." in text:
            raise Unreadable("not a whole number")
        value = int(text)
        if not -(2**63) <= value < 2**63:
            raise Unreadable("a number of more than 64 bits")
        return value

    def render(self, value: int, form: Form, current: Raw) -> Raw:
        """The number, or the text that spells it."""
        if form.type in ("integer", "decimal"):
            return value
        return fit(str(value), form)


_WORDS = {
    True: frozenset(("true", "yes", "ja", "1", "y", "j", "t", "on")),
    False: frozenset(("false", "no", "nei", "0", "n", "f", "off")),
}
_TRUTH = Choice(values=("true", "false"))


@dataclass(frozen=True, slots=True)
class Boolean(Lens):
    """Yes or no. ``form.values`` may give the words of a property, for ``true`` and ``false``."""

    name: ClassVar[str] = "boolean"

    def read(self, raw: Raw, form: Form) -> bool | None:
        """See `Kind.read`. Reads 0 and 1, and the usual words in English and Norwegian."""
        if isinstance(raw, bool):
            return raw
        if form.values is not None and isinstance(raw, str):
            word = _TRUTH.read(raw, form)
            return None if word is None else word == "true"
        text = text_of(raw, _LONGEST)
        if text is None:
            return None
        for value, words in _WORDS.items():
            if text.lower() in words:
                return value
        raise Unreadable("neither yes nor no")

    def render(self, value: bool, form: Form, current: Raw) -> Raw:
        """True or false, 1 or 0, or the property's word."""
        match form.type:
            case "boolean":
                return value
            case "integer" | "decimal":
                return int(value)
            case "string":
                return _TRUTH.render("true" if value else "false", form, current)
            case _:
                raise Unwritable(f"a property of type {form.type} cannot hold it")

    def key(self, value: Value) -> str | None:
        """See `Kind.key`."""
        return "true" if value else "false"

    def show(self, value: Value | None) -> str:
        """See `Kind.show`."""
        return "" if value is None else "yes" if value else "no"
