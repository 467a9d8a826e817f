"""What a kind is: the values it turns into one another, the form a property wants, and the laws that every kind keeps.

What lives here: `Raw`, `Value`, `Form`, the protocol `Kind`, its two refusals, and `Lens`, from which every kind gets
the laws. It must not know any single kind.

The laws (``tests/core/kinds/test_laws.py`` holds every kind to them):

1. Writing what was read changes nothing: if ``current`` already reads as the value, ``write`` returns ``current``.
2. Reading what was written gives the value back, or ``write`` raises `Unwritable`. Nothing is ever cut silently.
3. ``read`` is total: a canonical value, None or `Unreadable`. Reading a canonical value gives that value.
4. ``key`` is equal for values that people would call the same; ``show`` never raises and stays on one line.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Protocol, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from samtale.core.kinds.characters import fold, visible

#: A value as a system shows it: decoded JSON, where numbers with a fraction are Decimal, never float.
Raw: TypeAlias = bool | int | str | Decimal | list[Any] | dict[str, Any] | None

#: A canonical value: hashable and JSON-encodable. None is no value: it always means "explicitly empty".
Value: TypeAlias = str | int | bool | tuple[Any, ...]

TYPES = ("string", "integer", "decimal", "boolean", "date", "datetime", "object", "array")


class Unreadable(ValueError):
    """The raw value cannot be read as this kind: an unknown edit, never propagated and never overwritten."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  #: a constant phrase; never contains the value


class Unwritable(ValueError):
    """The value cannot be written into a property of this form without becoming another value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  #: names limits and types; never contains the value


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """How one property wants its values; from the connector's schema and the model file. Raises ValueError at birth."""

    type: str = "string"  #: one of `TYPES`; ``array`` describes the list, the other attributes its elements
    max_length: int | None = None  #: in characters (code points), of a text
    style: str | None = None  #: the kind's own, see there: ``alpha2`` of a country, ``national`` of a phone
    #: A choice's canonical values and the raw values that mean each; the first is written, ``*`` is any other.
    values: Mapping[str, tuple[str, ...]] | None = None
    region: str = "NO"  #: ISO 3166 alpha-2, where phones without a country code and local names belong
    timezone: str = "UTC"  #: IANA name, for a date shown as a date-time and the reverse
    nullable: bool = True  #: whether emptiness is written as null; otherwise as an empty text

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"a property has no type {self.type!r}; types: {', '.join(TYPES)}")
        zone(self.timezone)


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """The time zone of an IANA name. Raises ValueError if there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; use a name such as Europe/Oslo") from None


class Kind(Protocol):
    """How a field's values are read, written, compared (canonical values are equal or not), matched and shown."""

    @property
    def name(self) -> str:
        """As model files call it."""

    def read(self, raw: Raw, form: Form) -> Value | None:
        """The canonical value; None for explicitly empty (null, only whitespace, only invisible). Raises Unreadable."""

    def write(self, value: Value | None, form: Form, current: Raw) -> Raw:
        """What the property must show to mean ``value``; ``current`` is what it shows now. Raises Unwritable."""

    def key(self, value: Value) -> str | None:
        """For matching: equal for values that people would call the same. None never matches."""

    def show(self, value: Value | None) -> str:
        """For people: one line, control characters made visible, nothing for an empty value."""


class Lens(ABC):
    """What all kinds share: the laws of writing, kept here once so that a kind only says how a value looks."""

    __slots__ = ()
    name: ClassVar[str]

    @abstractmethod
    def read(self, raw: Raw, form: Form) -> Value | None:
        """See `Kind.read`."""

    @abstractmethod
    def render(self, value: Any, form: Form, current: Raw) -> Raw:
        """A canonical value in the property's own form. Raises Unwritable; `write` proves the result."""

    def write(self, value: Value | None, form: Form, current: Raw) -> Raw:
        """See `Kind.write`."""
        if (current is not None or value is None) and self._shows(current, value, form):  # null is never a value
            return current
        if value is None:
            raw = empty(form)
        elif self._shows(value, value, own := _plain(form.region)):
            raw = self.render(value, form, current)
            if raw is value and form == own:  # which has just been read
                return raw
        else:
            raise Unwritable(f"not a value of kind {self.name}")
        if isinstance(raw, str) and form.max_length is not None and len(raw) > form.max_length:
            raise Unwritable(f"longer than {form.max_length} characters")
        if not self._shows(raw, value, form):
            raise Unwritable("the property would show another value")
        return raw

    def key(self, value: Value) -> str | None:
        """See `Kind.key`."""
        return fold(str(value)) or None

    def show(self, value: Value | None) -> str:
        """See `Kind.show`."""
        return "" if value is None else visible(str(value))

    def _shows(self, raw: Any, value: Value | None, form: Form) -> bool:
        try:
            read = self.read(raw, form)
        except Unreadable:
            return False
        return read == value and type(read) is type(value)


@lru_cache(maxsize=256)
def _plain(region: str) -> Form:
    """The form of canonical values."""
    return Form(region=region)


def empty(form: Form) -> Raw:
    """How a property shows that it is explicitly empty. Raises Unwritable if it cannot."""
    if form.nullable:
        return None
    if form.type == "string":
        return ""
    if form.type == "array":
        return []
    raise Unwritable("the property cannot be empty")


_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,100}(?:\.[0-9]{1,100})?")


def fit(text: str, form: Form) -> Raw:
    """A text as a property of this type holds it: itself, or the number it spells. Raises Unwritable."""
    match form.type:
        case "string":
            return text
        case "integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "decimal" if _DECIMAL.fullmatch(text):
            return Decimal(text)
        case _:
            raise Unwritable(f"a property of type {form.type} cannot hold it")
