"""What people typed, and whether the engine has seen it: the ground truth that no value is lost against.

Values are unique, so a reply that holds one is proof that it was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: By collection, what people type: property, entity type, field, and the part of a group.
TYPED: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    "Firm": (
        ("Name", "organization", "name", 0),
        ("PhoneNumber", "organization", "phone", 0),
        ("WebsiteUrl", "organization", "website", 0),
        ("MailAddress.City", "organization", "address", 2),
    ),
    "Person": (
        ("FirstName", "person", "name", 0),
        ("LastName", "person", "name", 1),
        ("EmailAddress", "person", "email", 0),
        ("PhoneNumber", "person", "phone", 0),
        ("MailAddress.City", "person", "address", 2),
    ),
    "Departments": (("Name", "organization", "name", 0),),
    "Account": (
        ("Account_Name", "organization", "name", 0),
        ("Phone", "organization", "phone", 0),
        ("Website", "organization", "website", 0),
        ("Billing_City", "organization", "address", 2),
        ("Shipping_City", "organization", "address", 2),
    ),
    "Contact": (
        ("First_Name", "person", "name", 0),
        ("Last_Name", "person", "name", 1),
        ("Email", "person", "email", 0),
        ("Phone", "person", "phone", 0),
        ("Other_Phone", "person", "phone", 0),
        ("Mailing_City", "person", "address", 2),
    ),
}


@dataclass
class Entry:
    """One value that somebody typed into one property of one record; None: emptied."""

    at: int
    place: tuple[str, str]
    key: str
    path: str
    field: str
    part: int
    raw: str | None
    seen_at: int | None = None

    @property
    def story(self) -> str:
        return f"{'.'.join(self.place)}:{self.key} {self.path} = {self.raw!r}"


def canonical(raw: Any) -> str | None:
    """One form for comparing: phone numbers by their last eight digits, the rest by its text."""
    if raw in (None, ""):
        return None
    text = str(raw).strip()
    digits = "".join(c for c in text if c.isdigit())
    if len(digits) >= 8 and not any(c.isalpha() for c in text):
        return digits[-8:]
    return text.casefold()


class Ledger:
    """All that was typed; of each property the last entry counts."""

    def __init__(self) -> None:
        self.last: dict[tuple[tuple[str, str], str, str], Entry] = {}
        self._unseen: list[Entry] = []

    def note(self, entry: Entry) -> None:
        self.last[entry.place, entry.key, entry.path] = entry
        self._unseen.append(entry)

    def reply(self, text: str, now: int) -> None:
        """A reply to the engine: what of the ledger it holds."""
        for entry in [e for e in self._unseen if e.raw is not None and e.raw in text]:
            entry.seen_at = now
            self._unseen.remove(entry)
