"""Countries.

What lives here: one code for all spellings of a country, and the spelling that a property uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from samtale.core.kinds import places
from samtale.core.kinds.characters import bare, visible
from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Unwritable, Value, fit
from samtale.core.kinds.text import text_of

_LONGEST = 100


@lru_cache(maxsize=4096)
def _code(text: str) -> str:
    code = places.country_code(text)
    if code is None:
        raise Unreadable("not the name or code of one country")
    return code


@dataclass(frozen=True, slots=True)
class Country(Lens):
    """A country: its ISO 3166-1 alpha-2 code (and ``XK`` for Kosovo). Reads codes and the names of many languages.

    Styles: ``alpha2``, ``alpha3``, ``english``, ``native`` (the language of ``form.region``), ``any`` (English).
    Without a style, a property of two or three characters takes a code.
    """

    name: ClassVar[str] = "country"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`."""
        if raw is not None and not isinstance(raw, str):
            raise Unreadable("not a text")
        text = text_of(raw, _LONGEST)
        return None if text is None else _code(text)

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The country in the property's spelling."""
        style = form.style or {2: "alpha2", 3: "alpha3"}.get(form.max_length or 0, "any")
        return fit(_spelled(value, style, form.region), form)

    def spelling(self, raw: Raw, form: Form) -> str | None:
        """The style of a raw value, None if it is none of ours: so that a property's most used one can be counted."""
        try:
            code = self.read(raw, form)
        except Unreadable:
            return None
        if code is None:
            return None
        shown = bare(str(raw))
        styles = ("alpha2", "alpha3", "english", "native")
        return next((style for style in styles if bare(_spelled(code, style, form.region)) == shown), None)

    def key(self, value: Value) -> str | None:
        """See `Kind.key`: the code."""
        return str(value)

    def show(self, value: Value | None) -> str:
        """See `Kind.show`: the English name."""
        return "" if value is None else visible(places.country_names("en").get(str(value), str(value)))


def _spelled(code: str, style: str, region: str) -> str:
    match style:
        case "alpha2":
            return code
        case "alpha3":
            return places.alpha3()[code]
        case "native":
            return places.country_names(places.local_language(region)).get(code, places.country_names("en")[code])
        case "english" | "any":
            return places.country_names("en")[code]
        case _:
            raise Unwritable("the property's style is not known to countries")
