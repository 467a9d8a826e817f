"""The books of the simulated company: all tables, the roles of its contacts, and how a row is shown.

Knows what the vendor keeps and when it moves a time of change; nothing of requests or of who may do what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from samtale.simulators.base import SimClock
from samtale.simulators.powerofficego.answers import stamp
from samtale.simulators.powerofficego.schema import CONTACT_LEVEL, CONTACTS, TWINS, TYPES, Twin, Type
from samtale.simulators.powerofficego.table import Row, Table

UNTIMED: dict[str, frozenset[str]] = {
    "Customer": frozenset({"MailAddress"}),
    "Supplier": frozenset({"MailAddress"}),
    "Employee": frozenset({"MailAddress"}),
    "Product": frozenset({"StockOnHand", "StockAvailable", "StockOnHandLastChangedDatetimeOffset"}),
}
"""Changes that leave LastChangedDateTimeOffset alone.

The vendor says so of sub-entities such as addresses in the description of LastChangedDateTimeOffset, and gives stock a
time of its own. That an address patched through the API leaves it alone too is [inferred].
"""

_HIDDEN = ("NationalIdNumber", "InternationalIdNumber")


class Books:
    """All that one simulated company has in PowerOffice Go."""

    def __init__(self, clock: SimClock, *, odd_dates: bool, camel_case_addresses: bool) -> None:
        self.clock = clock
        self.tables: dict[str, Table] = {t.noun: Table(t.handle) for t in TYPES}
        self._odd_dates = odd_dates
        self._camel_case_addresses = camel_case_addresses
        self._last_id = 1_000_000
        self._blank = {t.noun: {name: None for name, p in t.properties.items() if p.read} for t in TYPES}
        self._dates = {t.noun: [name for name, p in t.properties.items() if p.kind == "date"] for t in TYPES}

    def new_id(self) -> int:
        """An Id that nothing had before; Ids grow, with gaps."""
        self._last_id += 3
        return self._last_id

    def now(self) -> str:
        """The time of day as the vendor stamps it."""
        return stamp(self.clock.now())

    def blank(self, type_: Type) -> Row:
        """A row with every readable property empty."""
        return dict(self._blank[type_.noun])

    def create(self, type_: Type, values: Mapping[str, Any], *, id_: int | None = None) -> Row:
        """Store a new row, stamped now. `id_` is that of the contact when another role of it exists already."""
        now = self.now()
        row = {**self.blank(type_), **values, "Id": id_ if id_ is not None else self.new_id()}
        row["LastChangedDateTimeOffset"] = row[type_.created] = now
        if type_.is_contact:
            row["ContactCreatedDateTimeOffset"] = self._contact_created(row["Id"]) or now
            row["SubledgerAccountId"] = self.new_id()
        if row.get("StockOnHand") is not None:
            row["StockAvailable"], row["StockOnHandLastChangedDatetimeOffset"] = row["StockOnHand"], now
        self._stamp_address(row, None, type_)
        self.tables[type_.noun].put(row["Id"], row, self.clock.elapsed())
        self._share(type_, row, set(values))
        return row

    def change(self, type_: Type, row: Row, values: Mapping[str, Any], *, bump_always: bool = False) -> Row:
        """Store a row's new values and move the times that the vendor moves; returns the new row.

        `bump_always`: LastChanged moves although no value differs, as after a patch through the API [inferred].
        """
        changed = {name for name, value in values.items() if row.get(name) != value}
        timed = (set(values) if bump_always else changed) - UNTIMED.get(type_.noun, frozenset())
        new = {**row, **values}
        now = self.now()
        if timed:
            new["LastChangedDateTimeOffset"] = now
        if "StockOnHand" in changed:
            new["StockAvailable"], new["StockOnHandLastChangedDatetimeOffset"] = new["StockOnHand"], now
        self._stamp_address(new, row, type_)
        if changed or timed:
            self.tables[type_.noun].put(new["Id"], new, self.clock.elapsed())
            self._share(type_, new, changed)
        return new

    def remove(self, type_: Type, id_: int) -> None:
        """Delete a row without a trace; with its last role a contact loses its contact persons too [inferred]."""
        moment = self.clock.elapsed()
        self.tables[type_.noun].put(id_, None, moment)
        if type_.is_contact and not self.other_roles(type_, id_):
            persons = self.tables["ContactPerson"]
            for person in [row for row in persons.all() if row["ContactId"] == id_]:
                persons.put(person["Id"], None, moment)

    def other_roles(self, type_: Type, id_: int) -> list[Type]:
        """The other types in which a contact stands."""
        if not type_.is_contact:
            return []
        return [t for t in CONTACTS if t is not type_ and self.tables[t.noun].get(id_) is not None]

    def references(self, noun: str, id_: int) -> Iterable[tuple[str, str]]:
        """Who refers to a record: pairs of type and property."""
        for property_, owners in _REFERRING.get(noun, {}).items():
            for owner in owners:
                if any(row.get(property_) == id_ for row in self.tables[owner].all()):
                    yield owner, property_

    def code_of(self, twin: Twin, id_: int | None) -> Any:
        """The code or number that stands for an Id; None when there is none."""
        if id_ is None:
            return None
        if twin.values:
            return next((code for code, value in twin.values.items() if value == id_), None)
        row = self.tables[twin.noun].get(id_)
        return row[twin.key] if row else None

    def id_of(self, twin: Twin, code: Any) -> int | None:
        """The Id that a code or number stands for; None when there is none."""
        if twin.values:
            return twin.values.get(code)
        same = str(code).casefold()
        return next((r["Id"] for r in self.tables[twin.noun].all() if str(r[twin.key]).casefold() == same), None)

    def exists(self, twin: Twin, id_: int) -> bool:
        """Whether there is a record with this Id to refer to."""
        return id_ in twin.values.values() if twin.values else self.tables[twin.noun].get(id_) is not None

    def show(self, type_: Type, row: Row) -> Row:
        """A row as answers show it: codes beside Ids, national id numbers hidden, some dates with a time of day.

        National id numbers read as `hidden` when there is one (vendor: NationalIdNumber). Dates with a time part were
        met by client libraries although the format says date; here one record in seven has them.
        """
        shown = dict(row)
        for twin in TWINS[type_.noun]:
            if shown[twin.id] is not None:
                shown[twin.code] = self.code_of(twin, shown[twin.id])
        for name in _HIDDEN:
            if shown.get(name) is not None:
                shown[name] = "hidden"
        if self._odd_dates and row["Id"] % 7 == 0:
            for name in self._dates[type_.noun]:
                if shown[name] is not None:
                    shown[name] = f"{shown[name]}T00:00:00"
        if self._camel_case_addresses and shown.get("MailAddress"):
            shown["MailAddress"] = {k[0].lower() + k[1:]: v for k, v in shown["MailAddress"].items()}
        return shown

    def shown_value(self, type_: Type, row: Row, name: str) -> Any:
        """One property as answers show it, without the cost of the others."""
        twin = next((t for t in TWINS[type_.noun] if t.code == name), None)
        return self.code_of(twin, row[twin.id]) if twin else row[name]

    def _contact_created(self, id_: int) -> str | None:
        rows = (self.tables[t.noun].get(id_) for t in CONTACTS)
        return min((row["ContactCreatedDateTimeOffset"] for row in rows if row), default=None)

    def _stamp_address(self, row: Row, before: Row | None, type_: Type) -> None:
        """Give a contact's address its own Id and time of change."""
        address = row.get("MailAddress")
        if not type_.is_contact or address is None:
            return
        old = (before or {}).get("MailAddress") or {}
        if {**old, **address} != old or not old:
            own = {"Id": old.get("Id") or self.new_id(), "LastChangedDateTimeOffset": self.now()}
            row["MailAddress"] = {**address, **own}

    def _share(self, type_: Type, row: Row, changed: set[str]) -> None:
        """Carry what belongs to the contact over to its other roles."""
        shared = {name: row[name] for name in changed & CONTACT_LEVEL}
        for other in self.other_roles(type_, row["Id"]) if shared else ():
            twin_row = self.tables[other.noun].get(row["Id"])
            values = {name: value for name, value in shared.items() if name in other.properties}
            if twin_row and any(twin_row[name] != value for name, value in values.items()):
                new = {**twin_row, **values}
                if set(values) - {"MailAddress"}:
                    new["LastChangedDateTimeOffset"] = row["LastChangedDateTimeOffset"]
                self.tables[other.noun].put(row["Id"], new, self.clock.elapsed())


def _referring() -> dict[str, dict[str, list[str]]]:
    """By type: the properties through which others refer to it, and which others those are."""
    found: dict[str, dict[str, list[str]]] = {"ContactPerson": {"ContactPersonId": ["Project"]}}
    for noun, twins in TWINS.items():
        for twin in twins:
            if not twin.values:
                found.setdefault(twin.noun, {}).setdefault(twin.id, []).append(noun)
    return found


_REFERRING = _referring()
