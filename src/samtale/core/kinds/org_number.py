"""Organization numbers.

What lives here: the numbers that registers of companies hand out. The check digit is known for Norway
(Brønnøysundregistrene, "Om organisasjonsnummeret": modulus 11, weights 3 2 7 6 5 4 3 2); other countries' numbers are
kept as they are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from operator import mul
from typing import ClassVar

from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, Value, fit
from samtale.core.kinds.text import text_of

_SEPARATORS = re.compile(r"[\s.,:/‐-―-]+")
_NORWEGIAN = re.compile(r"(?P<mark>(?:ORG(?:ANISASJONS)?(?:NR|NO|NUMMER)?)?(?:NO)?)(?P<digits>[0-9]{9})(?P<vat>MVA)?")
_FOREIGN = re.compile(r"(?=.*[0-9])[A-Z0-9]{2,24}")
_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 1)  # the check digit itself last: the whole must be divisible by 11
_LONGEST = 60


def is_norwegian(digits: str) -> bool:
    """Whether nine digits bear the right check digit."""
    total: int = sum(map(mul, _WEIGHTS, map(int, digits)))
    return total % 11 == 0


@dataclass(frozen=True, slots=True)
class OrgNumber(Lens):
    """An organization number: nine digits for Norway, otherwise capitals and digits without separators."""

    name: ClassVar[str] = "org_number"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`.

        A number is Norwegian if it says so (``NO``, ``MVA``), or if ``form.region`` is Norway and it has nine digits of
        which the first is 8 or 9, as the register assigns them. A Norwegian number with a wrong check digit is
        unreadable.
        """
        text = text_of(raw, _LONGEST)
        if text is None:
            return None
        plain = text.isascii() and text.isdigit()
        compact = text if plain else _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).upper())
        if match := _NORWEGIAN.fullmatch(compact):
            digits = match["digits"]
            if match["mark"] or match["vat"] or (form.region == "NO" and digits[0] in "89"):
                if not is_norwegian(digits):
                    raise Unreadable("an organization number with a wrong check digit")
                return digits
        if not _FOREIGN.fullmatch(compact):
            raise Unreadable("not an organization number")
        return compact

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The canonical number."""
        return fit(value, form)

    def key(self, value: Value) -> str | None:
        """See `Kind.key`. One digit repeated is what people type to get past a form: it identifies nobody."""
        number = str(value)
        return None if len(set(number)) == 1 else number
