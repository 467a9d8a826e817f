"""Characters: one spelling for what looks the same, without losing what a person typed.

What lives here: canonical text, the folding behind matching, and making the invisible visible. Strings in, strings out;
it must not know kinds, forms or properties.
"""

from __future__ import annotations

import re
import unicodedata

#: Longer texts are refused before anything else looks at them.
LONGEST = 100_000
#: So many combining marks on one letter are an attack: normalizing them takes quadratic time.
_PILE = 1_000

_SPACE = "".join(chr(c) for c in range(0x3001) if chr(c).isspace())
#: What copying from a web page or a spreadsheet leaves at the ends of a text.
_DEBRIS = "\u200b\u2060\ufeff"
#: Characters without any ink: controls, format characters, fillers, variation selectors. A NUL is refused before.
_INKLESS = (
    "\x01-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_BLANK = re.compile(f"[{_INKLESS}{_SPACE}]*")
_INVISIBLE = re.compile(f"[{_INKLESS}]+")
#: Typographic variants that people do not tell apart when they look for a name.
_VARIANTS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4\u0060\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)


class Broken(ValueError):
    """A string that is no text: a NUL, half a character, or absurdly long. The message never contains it."""


def canonical(raw: str) -> str:
    """The text in NFC, lines ended by ``\\n``, trimmed; empty if nothing in it can be seen. Raises Broken."""
    if len(raw) > LONGEST:
        raise Broken(f"longer than {LONGEST} characters")
    if raw.isascii():
        if raw.isprintable():
            return raw.strip()
    elif len(raw) > _PILE and _piled(raw):
        raise Broken("hundreds of marks on one letter")
    elif raw.isprintable() and unicodedata.is_normalized("NFC", raw):
        text = raw.strip()
        return "" if _BLANK.fullmatch(text) else text
    return _canonical(raw)


def _canonical(raw: str) -> str:
    if "\x00" in raw:
        raise Broken("a NUL character")
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise Broken("half a character (a lone surrogate)") from None
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n")).strip(_SPACE + _DEBRIS)
    if len(text) > LONGEST:
        raise Broken(f"longer than {LONGEST} characters")
    return "" if _BLANK.fullmatch(text) else text


def _piled(raw: str) -> bool:
    height = 0
    for character in raw:
        height = height + 1 if unicodedata.combining(character) else 0
        if height > _PILE:
            return True
    return False


def fold(text: str) -> str:
    """What is left of a text when case, width, spacing, invisible characters and typographic variants do not count."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().replace("`", "'").split())
    return _fold(text)


def _fold(text: str) -> str:
    # Twice, since folding the case can leave what normalizing changes again, and the reverse.
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text.translate(_VARIANTS))
    return " ".join(_INVISIBLE.sub("", " ".join(text.split())).split())


def bare(text: str) -> str:
    """Only letters and digits, folded, without accents: how names of countries and languages are looked up."""
    letters = unicodedata.normalize("NFKD", fold(text.replace("&", " and ")))
    return "".join(c for c in letters if c.isalnum())


def visible(text: str) -> str:
    """The text on one line: control characters as pictures (``␊``), other invisible ones as ``<U+202E>``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _picture(c) for c in text)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(character) == "Zs":
        return " "
    return f"<U+{code:04X}>"
