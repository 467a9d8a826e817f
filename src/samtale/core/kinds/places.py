"""Names of countries, currencies and languages, from the Unicode CLDR data in babel.

What lives here: look-up tables from names to codes and back, each built once, on first use. It must not know kinds or
forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from samtale.core.kinds.characters import bare

#: The languages whose names are read first; a name means what it means here, whatever it means elsewhere.
_NEAR = ("en", "nb", "nn")
#: Languages of Europe and of large trading partners. A name that means different things in them means nothing.
_FAR = (
    "sv", "da", "fi", "se", "is", "fo", "de", "fr", "es", "it", "nl", "pl", "pt", "et", "lv", "lt", "cs", "sk", "hu",
    "ro", "bg", "el", "hr", "sl", "sr", "uk", "ru", "tr", "ga", "mt", "lb", "ca", "eu", "ar", "he", "zh", "ja", "ko",
    "th", "vi", "hi", "fa", "id",
)  # fmt: skip

#: Codes in CLDR that are no countries: unions, test codes, and islands without a code of their own in ISO 3166-1.
_NO_COUNTRY = frozenset(("AC", "CP", "DG", "EU", "TA", "XA", "XB", "ZZ"))
#: Withdrawn alpha-3 codes that CLDR lists beside the valid one: still read, never written.
_WITHDRAWN = frozenset(("BUR", "ZAR", "DDR", "FXX", "TMP", "YMD"))
#: Names in use that CLDR does not give: former names, short forms, parts that people write for the whole.
_OTHER_NAMES = {
    "GB": ("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland", "Skottland"),
    "US": ("United States of America", "The United States", "America", "Amerikas forente stater"),
    "NL": ("Holland", "The Netherlands"),
    "CZ": ("Czech Republic", "Den tsjekkiske republikk"),
    "IE": ("Republic of Ireland", "Éire"),
    "KR": ("Republic of Korea", "Korea, Republic of"),
    "KP": ("Democratic People's Republic of Korea",),
    "RU": ("Russian Federation",),
    "TR": ("Turkey", "Tyrkia"),
    "MK": ("Macedonia", "Makedonia"),
    "CI": ("Ivory Coast",),
    "CV": ("Cape Verde",),
    "SZ": ("Swaziland",),
    "MM": ("Burma", "Myanmar"),
    "CD": ("Democratic Republic of the Congo", "DR Congo", "Congo, The Democratic Republic of the"),
    "CG": ("Republic of the Congo",),
    "PS": ("Palestine", "Palestine, State of", "Palestina"),
    "SY": ("Syrian Arab Republic",),
    "LA": ("Lao People's Democratic Republic",),
    "BN": ("Brunei Darussalam",),
    "BO": ("Bolivia, Plurinational State of",),
    "VE": ("Venezuela, Bolivarian Republic of",),
    "VN": ("Viet Nam",),
    "HK": ("Hong Kong", "Hongkong"),
    "MO": ("Macao", "Macau"),
    "BY": ("Hviterussland",),
    "TW": ("Taiwan",),
    "VA": ("Vatican", "Holy See"),
    "BA": ("Bosnia",),
    "MD": ("Moldova, Republic of",),
    "IR": ("Iran, Islamic Republic of",),
    "TZ": ("Tanzania, United Republic of",),
    "CH": ("Suisse", "Svizzera"),
    "FI": ("Suomi",),
    "XK": ("XKX",),
}


def _spoken(language: str) -> Mapping[str, Mapping[str, str]]:
    from babel import Locale

    locale = Locale.parse(language)
    return {"territories": locale.territories, "languages": locale.languages, "currencies": locale.currencies}


@cache
def alpha3() -> Mapping[str, str]:
    """Alpha-2 to alpha-3 codes of the 249 countries of ISO 3166-1, and of Kosovo."""
    from babel.core import get_global

    english = _spoken("en")["territories"]
    codes = {
        targets[0]: alias
        for alias, targets in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and len(targets) == 1 and alias not in _WITHDRAWN
    }
    codes["XK"] = "XKX"
    return {code: alias for code, alias in codes.items() if code in english and code not in _NO_COUNTRY}


def country_code(text: str) -> str | None:
    """The alpha-2 code behind a code or a name in any language we know; None if there is none, or more than one."""
    sought = bare(text)
    return _near_countries().get(sought) or _far_countries().get(sought)


@cache
def _near_countries() -> Mapping[str, str]:
    table: dict[str, str] = {}
    for language in _NEAR:
        for code, name in _spoken(language)["territories"].items():
            if code in alpha3():
                table.setdefault(bare(name), code)
    for code, names in _OTHER_NAMES.items():
        for name in names:
            table.setdefault(bare(name), code)
    # Codes last and over all names: two or three letters mean the code.
    from babel.core import get_global

    for alias, targets in get_global("territory_aliases").items():
        if len(targets) == 1 and targets[0] in alpha3() and alias.isalpha():
            table[alias.lower()] = targets[0]
    for code, alias in alpha3().items():
        table[alias.lower()] = table[code.lower()] = code
    return table


@cache
def _far_countries() -> Mapping[str, str]:
    return _unambiguous(
        (bare(name), code)
        for language in _FAR
        for code, name in _spoken(language)["territories"].items()
        if code in alpha3()
    )


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    table: dict[str, str | None] = {}
    for name, code in pairs:
        if table.setdefault(name, code) != code:
            table[name] = None
    return {name: code for name, code in table.items() if code is not None and name}


@cache
def country_names(language: str) -> Mapping[str, str]:
    """Alpha-2 codes to names, in one language."""
    return _spoken(language)["territories"]


@cache
def language_names(language: str) -> Mapping[str, str]:
    """Language codes (with ``_``) to names, in one language."""
    return _spoken(language)["languages"]


@cache
def currency_names(language: str) -> Mapping[str, str]:
    """Currency codes to names, in one language."""
    return _spoken(language)["currencies"]


@cache
def local_language(region: str) -> str:
    """The language that most people of a country write: ``NO`` gives ``nb``. English where CLDR does not know."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(f"und_{region}").language
    except (UnknownLocaleError, ValueError):
        return "en"


@cache
def currency_codes() -> Mapping[str, str]:
    """Codes of currencies, and their names in the near languages, to ISO 4217 codes."""
    names = ((bare(name), code) for language in _NEAR for code, name in currency_names(language).items())
    return dict(_unambiguous(names)) | {code.lower(): code for code in currency_names("en")}


@cache
def language_codes() -> Mapping[str, str]:
    """Names of languages, in the near languages and in each language's own, to language codes (with ``_``)."""
    near = {bare(name): code for language in reversed(_NEAR) for code, name in language_names(language).items()}
    own = {bare(name): code for code in (*_NEAR, *_FAR) if (name := language_names(code).get(code))}
    return own | near


@cache
def language_alias(code: str) -> str | None:
    """The language behind a code, also an older one or one of three letters: ``nor`` gives ``no``; None: unknown."""
    from babel.core import get_global

    code = get_global("language_aliases").get(code, code)
    return code if code in language_names("en") else None
