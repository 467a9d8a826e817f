"""Field kinds: how a raw value is read, written in each system's own form, compared, keyed for matching, and shown.

What lives here: the list of kinds. Everything in this package is pure; the large libraries behind some kinds are loaded
when such a kind first needs them, so that importing the package is quick. The laws that all kinds keep are in `kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from types import MappingProxyType

from samtale.core.kinds.choice import Choice
from samtale.core.kinds.code import Currency, Language
from samtale.core.kinds.country import Country
from samtale.core.kinds.dates import Date, Instant
from samtale.core.kinds.email import Email
from samtale.core.kinds.kind import Form, Kind, Raw, Unreadable, Unwritable, Value
from samtale.core.kinds.number import Boolean, Decimal, Integer
from samtale.core.kinds.org_number import OrgNumber
from samtale.core.kinds.phone import Phone
from samtale.core.kinds.reference import Reference
from samtale.core.kinds.sequence import List
from samtale.core.kinds.text import PersonName, Text
from samtale.core.kinds.url import Url

__all__ = ["KINDS", "Form", "Kind", "Raw", "UnknownKind", "Unreadable", "Unwritable", "Value", "kind_named"]


class UnknownKind(ValueError):
    """No kind has this name, or it does not take these options. The message says what there is."""


def _choice(*, values: Iterable[str]) -> Kind:
    if isinstance(values, str):
        raise TypeError("values is a list of texts")
    return Choice(values=tuple(values))


def _list(*, of: str | Kind, **options: object) -> Kind:
    return List(of=kind_named(of, **options) if isinstance(of, str) else of)


#: Every kind by the name that model files use, with what makes it from its options: ``choice`` takes ``values``,
#: ``reference`` takes ``to``, ``list`` takes ``of`` and that kind's options.
KINDS: Mapping[str, Callable[..., Kind]] = MappingProxyType(
    {
        "text": Text,
        "person_name": PersonName,
        "email": Email,
        "phone": Phone,
        "url": Url,
        "org_number": OrgNumber,
        "country": Country,
        "currency": Currency,
        "language": Language,
        "date": Date,
        "datetime": Instant,
        "integer": Integer,
        "decimal": Decimal,
        "boolean": Boolean,
        "choice": _choice,
        "list": _list,
        "reference": Reference,
    }
)


def kind_named(name: str, **options: object) -> Kind:
    """The kind that model files call ``name``. Raises UnknownKind, with the names that come close."""
    if name not in KINDS:
        from difflib import get_close_matches

        close = get_close_matches(str(name).lower(), KINDS, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise UnknownKind(f"there is no kind {name!r}; {hint}kinds: {', '.join(KINDS)}")
    try:
        return KINDS[name](**options)
    except UnknownKind:
        raise
    except TypeError:
        takes = ", ".join(parameter.name for parameter in signature(KINDS[name]).parameters.values()) or "no options"
        given = ", ".join(options) or "none"
        raise UnknownKind(f"kind {name} takes {takes}; given: {given}") from None
    except ValueError as error:
        raise UnknownKind(f"kind {name} does not take these options: {error}") from None
