"""E-mail addresses.

What lives here: one canonical form for one mailbox. Only the syntax counts; whether mail arrives is not asked of
anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, fit
from samtale.core.kinds.text import text_of

#: What the library returns as it is, lower-cased: plain atoms, host labels without doubled hyphens (Punycode and
#: reserved labels have them). Addresses of at most 64 characters cannot break any of its length limits.
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_ORDINARY = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}(?<=[a-z])")
_LONGEST_ORDINARY = 64
_LONGEST = 254


def by_rule(text: str) -> str | None:
    """The canonical form of an ordinary ASCII address, the same as `by_library` gives; None: ask the library."""
    if len(text) <= _LONGEST_ORDINARY and text.isascii() and _ORDINARY.fullmatch(lower := text.lower()):
        return lower
    return None


@lru_cache(maxsize=4096)
def by_library(text: str) -> str:
    """The canonical form of any address: as the library normalizes it, lower-cased throughout. Raises Unreadable."""
    canonical = _normalized(text).lower()
    if canonical != text and _normalized(canonical).lower() != canonical:
        raise Unreadable("an e-mail address with more than one spelling")
    return canonical


def _normalized(text: str) -> str:
    import email_validator

    # Names that never leave the company's network (firma.local) are e-mail addresses in its systems all the same. The
    # list is the library's documented switch for that.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized
    except (email_validator.EmailNotValidError, UnicodeError):
        raise Unreadable("not an e-mail address") from None


@dataclass(frozen=True, slots=True)
class Email(Lens):
    """One e-mail address: lower case throughout, since no company's mail server tells mailboxes apart by case."""

    name: ClassVar[str] = "email"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`. Several addresses, display names and quoted mailboxes are unreadable."""
        if type(raw) is str and (ordinary := by_rule(raw)) is not None:
            return ordinary
        if raw is not None and not isinstance(raw, str):
            raise Unreadable("not a text")
        text = text_of(raw, _LONGEST)
        if text is None:
            return None
        return by_rule(text) or by_library(text)

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The canonical address."""
        return fit(value, form)
