"""Phone numbers.

What lives here: E.164 as the one spelling of a number, its extension kept. The numbering plans are those of
libphonenumber.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from samtale.core.kinds.characters import visible
from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Value, fit
from samtale.core.kinds.text import text_of

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

#: Norwegian numbers of eight digits, with or without the country code, and numbers with a country code.
_NORWEGIAN = re.compile(r"(?:\+47|0047|47)?([2-9][0-9]{7})", re.ASCII)
_INTERNATIONAL = re.compile(r"\+([0-9]{6,15})", re.ASCII)
#: Digits, signs and an extension. A letter elsewhere makes it a remark, not a number; the library would read letters as
#: keys.
_NUMBER = re.compile(
    r"(?:tel(?:efon|efax)?|tlf|phone|mob(?:il)?)?[.:]?\s*"
    r"[(\s]*[+＋]?[\d\s().\-‐-―/·]+"
    r"(?:(?:;ext=|,?\s*ext\.?|\s*x|\s*#|\s*int\.?)\s*[0-9]{1,7})?",
    re.IGNORECASE,
)
_LONGEST = 60


def by_rule(text: str, region: str) -> str | None:
    """E.164 of a number that leaves no questions, the same as `by_library` gives; None: ask the library."""
    digits = text.replace(" ", "")
    if region == "NO" and (match := _NORWEGIAN.fullmatch(digits)):
        return "+47" + match[1]
    if match := _INTERNATIONAL.fullmatch(digits):
        for width in (1, 2, 3):
            if plan := _plan(int(match[1][:width])):
                national = match[1][width:]
                plain = len(national) in plan.lengths and national[0] != "0" and not plan.prefix.match(national)
                return digits if plain else None
    return None


class _Plan(NamedTuple):
    lengths: frozenset[int]  #: how many digits a number may have after the country code
    prefix: re.Pattern[str]  #: what the library may take off its front


@lru_cache(maxsize=1024)
def _plan(country_code: int) -> _Plan | None:
    """What decides whether a number of this country is plain; None if the code belongs to no country."""
    from phonenumbers import PhoneMetadata, region_code_for_country_code

    metadata = PhoneMetadata.metadata_for_region(region_code_for_country_code(country_code), None)
    if metadata is None or metadata.general_desc is None:
        return None
    return _Plan(
        lengths=frozenset(metadata.general_desc.possible_length),
        prefix=re.compile(metadata.national_prefix_for_parsing or "(?!)"),
    )


@lru_cache(maxsize=16384)
def by_library(text: str, region: str) -> str:
    """E.164 of any number that its country's plan makes possible, with ``;ext=`` and its extension. Raises Unreadable.

    Possible is enough: a plan lags behind the numbers that are handed out. Norwegian numbers of five digits (02800) are
    dialed from abroad with the country code and are kept; emergency and service numbers (110, 1881) have no meaning
    outside their country.
    """
    if not _NUMBER.fullmatch(text):
        raise Unreadable("not a phone number")
    number = _parsed(text, region)
    from phonenumbers import ValidationResult, is_possible_number_with_reason

    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise Unreadable("a phone number with too few or too many digits")
    canonical = _e164(number)
    if canonical not in (text, by_rule(canonical, region)) and _e164(_parsed(canonical, region)) != canonical:
        raise Unreadable("a phone number with more than one meaning")
    return canonical


def _parsed(text: str, region: str) -> PhoneNumber:
    from phonenumbers import NumberParseException, parse

    try:
        return parse(text, region)
    except NumberParseException:
        raise Unreadable("not a phone number") from None


def _e164(number: PhoneNumber) -> str:
    from phonenumbers import PhoneNumberFormat, format_number

    plain = format_number(number, PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


@lru_cache(maxsize=4096)
def _spelled(canonical: str, style: str, region: str) -> str:
    """A canonical number as people write it. Raises Unreadable if it is none."""
    from phonenumbers import PhoneNumberFormat, format_number, region_codes_for_country_code

    number = _parsed(canonical, region)
    extension, number.extension = number.extension, None
    home = region in region_codes_for_country_code(number.country_code or 0)
    chosen = PhoneNumberFormat.E164
    if style == "national" and home:
        chosen = PhoneNumberFormat.NATIONAL
    elif style in ("national", "international"):
        chosen = PhoneNumberFormat.INTERNATIONAL
    plain = format_number(number, chosen)
    return f"{plain} ext. {extension}" if extension else plain


@dataclass(frozen=True, slots=True)
class Phone(Lens):
    """One phone number: E.164, with ``;ext=12`` for an extension.

    Styles: ``e164`` (also None and ``any``), ``international``, ``national`` (numbers abroad stay international).
    """

    name: ClassVar[str] = "phone"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`. A number without a country code belongs to ``form.region``."""
        if type(raw) is str and (ordinary := by_rule(raw, form.region)) is not None:
            return ordinary
        text = text_of(raw, _LONGEST)
        if text is None:
            return None
        return by_rule(text, form.region) or by_library(text, form.region)

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The number in the property's style; its digits alone where the property holds integers."""
        if form.type == "integer":
            return fit(value.removeprefix("+"), form)
        if form.style in (None, "any", "e164") and by_rule(value, form.region) == value:
            return fit(value, form)  # canonical as it is: nothing to spell
        return fit(_spelled(value, form.style or "any", form.region), form)

    def show(self, value: Value | None) -> str:
        """See `Kind.show`: ``+47 22 60 45 00``."""
        if value is None:
            return ""
        try:
            return visible(_spelled(str(value), "international", "NO"))
        except Unreadable:
            return visible(str(value))
