"""Currencies and languages: values that are codes of a standard.

What lives here: the two kinds; their tables are in `places`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from samtale.core.kinds import places
from samtale.core.kinds.characters import bare, visible
from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Unwritable, Value, fit
from samtale.core.kinds.text import text_of

_LONGEST = 100
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Currency(Lens):
    """A currency: its ISO 4217 code. Reads codes, English and Norwegian names, and ``€``; ``$`` means several."""

    name: ClassVar[str] = "currency"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`."""
        if raw is not None and not isinstance(raw, str):
            raise Unreadable("not a text")
        text = text_of(raw, _LONGEST)
        if text is None:
            return None
        code = "EUR" if text == "€" else places.currency_codes().get(bare(text))
        if code is None:
            raise Unreadable("not the name or code of one currency")
        return code

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The code."""
        return fit(value, form)


@lru_cache(maxsize=4096)
def _tag(text: str) -> str:
    if parts := _TAG.fullmatch(text):
        language, script, region = parts.groups(default="")
        known = places.language_alias(language.lower())
        if known is not None and (not region or region.upper() in places.country_names("en")):
            return "-".join(filter(None, (known.replace("_", "-"), script.title(), region.upper())))
    name = places.language_codes().get(bare(text))
    if name is None:
        raise Unreadable("not the name or code of one language")
    return name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Language(Lens):
    """A language: a BCP 47 tag of language, script and region, as far as given (``nb``, ``en-GB``).

    Reads tags and names.

    Styles: ``tag`` (also None), ``underscore`` (``nb_NO``), ``english``, ``native`` (the language of ``form.region``).
    """

    name: ClassVar[str] = "language"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`."""
        if raw is not None and not isinstance(raw, str):
            raise Unreadable("not a text")
        text = text_of(raw, _LONGEST)
        if text is None:
            return None
        tag = _tag(text)
        if _tag(tag) != tag:
            raise Unreadable("a language with more than one code")
        return tag

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The language in the property's style."""
        underscored = value.replace("-", "_")
        match form.style:
            case None | "tag":
                return fit(value, form)
            case "underscore":
                return fit(underscored, form)
            case "english" | "native":
                speaker = "en" if form.style == "english" else places.local_language(form.region)
                name = places.language_names(speaker).get(underscored)
                if name is not None:
                    return fit(name, form)
                raise Unwritable("the language has no name of its own")
            case _:
                raise Unwritable("the property's style is not known to languages")

    def key(self, value: Value) -> str | None:
        """See `Kind.key`: plain Norwegian is written as Bokmål."""
        language, dash, rest = str(value).lower().partition("-")
        return ("nb" if language == "no" else language) + dash + rest

    def show(self, value: Value | None) -> str:
        """See `Kind.show`: the English name where there is one."""
        if value is None:
            return ""
        return visible(places.language_names("en").get(str(value).replace("-", "_"), str(value)))
