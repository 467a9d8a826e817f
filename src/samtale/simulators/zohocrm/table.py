"""The rows of the simulated organization: what is there, what was there a while ago, and the recycle bin.

Knows ids, versions, lookups and retention; nothing of requests. Rows are never changed in place, so an earlier
state can be had back from the journal: that is what a lagging search index and a stale replica show.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from samtale.simulators.base import SimClock
from samtale.simulators.zohocrm.answers import Json
from samtale.simulators.zohocrm.fields import MODULES, Field, Module

_DAY = 86_400.0
#: How long a record stays in the recycle bin, and then in the list of deleted ones (Zoho, "Get Deleted Records").
RECYCLE_SECONDS = 60 * _DAY
PERMANENT_SECONDS = 120 * _DAY


@dataclass(frozen=True, kw_only=True)
class User:
    """One user of the organization."""

    id: str
    name: str
    email: str

    def brief(self, *, email: bool = False) -> Json:
        """Name and id, with the address where Zoho shows it."""
        return {"name": self.name, "id": self.id, **({"email": self.email} if email else {})}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One version of one record. Lookups and Owner are ids in `values`; timestamps are UTC, whole seconds."""

    id: str
    values: Mapping[str, Any]
    created: datetime
    modified: datetime
    created_by: User
    modified_by: User
    locked: bool = False
    approval: str = "approved"


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A record in the recycle bin or, later, only a mention of one that is gone for good.

    `since` is the vendor's running time of the deletion, in seconds; `row` is None once it is permanent. `parent` is
    the record whose deletion took this one along.
    """

    id: str
    row: Row | None
    at: datetime
    since: float
    by: User
    parent: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Past:
    elapsed: float
    module: str
    id: str
    before: Row | None


class Table:
    """All rows of all modules, with fields that may be added. Not safe for threads: the simulator holds one lock."""

    def __init__(self, *, clock: SimClock, seed: int, offset_hours: float) -> None:
        self.clock = clock
        self.zone = timezone(timedelta(hours=offset_hours))
        self.random = random.Random(seed)  # noqa: S311 - a repeatable world, no secrets
        self._next_id = self.random.randrange(2_000, 8_000) * 10**15
        self.fields: dict[str, dict[str, Field]] = {
            name: {field.api_name: field for field in module.fields} for name, module in MODULES.items()
        }
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in MODULES}
        self.bin: dict[str, dict[str, Deleted]] = {name: {} for name in MODULES}
        self.gone: dict[str, dict[str, Deleted]] = {name: {} for name in MODULES}
        self._journal: deque[_Past] = deque(maxlen=20_000)
        self.org_id = self.new_id()
        self.profile_id = self.new_id()
        self.role_id = self.new_id()
        self.integration = User(id=self.new_id(), name="Integration User", email="integration@example.com")
        self.person = User(id=self.new_id(), name="Sales User", email="sales@example.com")
        self.users = {user.id: user for user in (self.integration, self.person)}
        self._field_ids: dict[tuple[str, str], str] = {}

    # -- time and ids

    def now(self) -> datetime:
        """The vendor's time of day, cut to whole seconds as all its timestamps are."""
        return self.clock.now().replace(microsecond=0)

    def shown_time(self, moment: datetime) -> str:
        """ISO 8601 with the organization's numeric offset and no fraction."""
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def new_id(self) -> str:
        """A rising 64-bit number as a string of 19 digits."""
        self._next_id += self.random.randrange(1, 500)
        return str(self._next_id)

    def field_id(self, module: str, name: str) -> str:
        """The id of a field; ids of its pick list values follow it."""
        key = (module, name)
        if key not in self._field_ids:
            self._field_ids[key] = self.new_id()
            self._next_id += 100
        return self._field_ids[key]

    # -- versions

    def put(self, module: Module, row: Row) -> Row:
        """Store a version, keeping the one before it in the journal."""
        self._note(module, row.id)
        self.rows[module.api_name][row.id] = row
        return row

    def change(self, module: Module, row: Row, changes: Mapping[str, Any], by: User) -> Row:
        """Store a version with some values changed; Modified_Time and Modified_By move, whatever the values."""
        values = {**row.values, **changes}
        return self.put(module, replace(row, values=values, modified=self.now(), modified_by=by))

    def _note(self, module: Module, key: str) -> None:
        before = self.rows[module.api_name].get(key)
        self._journal.append(_Past(elapsed=self.clock.elapsed(), module=module.api_name, id=key, before=before))

    def forget_past(self) -> None:
        """Let the present state count as old: nothing of it is still on its way to an index or a replica."""
        self._journal.clear()

    def rows_as_of(self, module: Module, seconds_ago: float) -> dict[str, Row]:
        """The rows of a module as they were so many vendor seconds ago."""
        rows = self.rows[module.api_name]
        if seconds_ago <= 0:
            return rows
        earlier = dict(rows)
        moment = self.clock.elapsed() - seconds_ago
        for past in reversed(self._journal):
            if past.elapsed <= moment:
                break
            if past.module != module.api_name:
                continue
            if past.before is None:
                earlier.pop(past.id, None)
            else:
                earlier[past.id] = past.before
        return earlier

    # -- deleting

    def delete(self, module: Module, key: str, by: User, *, parent: str | None = None) -> None:
        """Move a record to the recycle bin."""
        self._note(module, key)
        row = self.rows[module.api_name].pop(key)
        self.bin[module.api_name][key] = Deleted(
            id=key, row=row, at=self.now(), since=self.clock.elapsed(), by=by, parent=parent
        )

    def vanish(self, module: Module, key: str) -> None:
        """Take a record away without a trace in the list of deleted records."""
        self._note(module, key)
        del self.rows[module.api_name][key]

    def purge(self, module: Module, key: str) -> None:
        """Delete for good what is in the recycle bin."""
        old = self.bin[module.api_name].pop(key)
        self.gone[module.api_name][key] = replace(old, row=None, at=self.now(), since=self.clock.elapsed())

    def restore(self, module: Module, key: str) -> Row:
        """Bring a record back from the recycle bin, as it was, with its id. Its Modified_Time moves [inferred]."""
        deleted = self.bin[module.api_name].pop(key)
        assert deleted.row is not None
        return self.put(module, replace(deleted.row, modified=self.now()))

    def expire(self) -> None:
        """Let retention run out: 60 days in the bin, then 120 days of mention."""
        elapsed = self.clock.elapsed()
        for name, module in MODULES.items():
            for key in [k for k, d in self.bin[name].items() if elapsed - d.since > RECYCLE_SECONDS]:
                self.purge(module, key)
            for key in [k for k, d in self.gone[name].items() if elapsed - d.since > PERMANENT_SECONDS]:
                del self.gone[name][key]

    # -- looking

    def value(self, module: Module, row: Row, name: str) -> Any:
        """A field as it is compared and sorted: lookups as ids, times as instants, computed fields computed."""
        match name:
            case "id":
                return row.id
            case "Created_Time":
                return row.created
            case "Modified_Time" | "Last_Activity_Time":
                return row.modified
            case "Created_By":
                return row.created_by.id
            case "Modified_By":
                return row.modified_by.id
            case "Full_Name" if module.api_name == "Contacts":
                return " ".join(part for part in (row.values.get("First_Name"), row.values.get("Last_Name")) if part)
            case "Expected_Revenue":
                amount, chance = row.values.get("Amount"), row.values.get("Probability")
                return None if amount is None or chance is None else round(amount * chance / 100, 2)
        value = row.values.get(name)
        field = self.fields[module.api_name].get(name)
        if value is not None and field is not None and field.lookup and value not in self.rows[field.lookup]:
            return None
        return value

    def shown(self, module: Module, row: Row, name: str) -> Any:
        """A field as a record shows it: lookups with name and id, times with the organization's offset."""
        value = self.value(module, row, name)
        field = self.fields[module.api_name].get(name)
        if isinstance(value, datetime):
            return self.shown_time(value)
        if field is None or value is None:
            return value
        if field.data_type == "ownerlookup":
            return self.users[value].brief(email=True)
        if field.lookup:
            return {"name": self.name(MODULES[field.lookup], value), "id": value}
        return value

    def name(self, module: Module, key: str) -> str:
        """What a lookup shows beside the id: the record's current name."""
        row = self.rows[module.api_name][key]
        return str(self.value(module, row, module.name_field))

    def record(self, module: Module, row: Row, names: list[str] | None = None) -> Json:
        """A record with the given fields, or with all and the system's own keys. `id` is always there."""
        if names is not None:
            known = self.fields[module.api_name]
            return {**{name: self.shown(module, row, name) for name in names if name in known}, "id": row.id}
        return {
            **{name: self.shown(module, row, name) for name in self.fields[module.api_name]},
            "id": row.id,
            "Record_Status__s": "Available",
            "Locked__s": row.locked,
            "$approval_state": row.approval,
            "$editable": True,
            "$locked_for_me": row.locked,
            "$in_merge": False,
        }

    def holding(self, module: Module, field: Field, value: Any, *, besides: str | None = None) -> Row | None:
        """The first record that already has this value, if any; case counts only if the field says so."""
        wanted = _folded(field, value)
        for row in self.rows[module.api_name].values():
            held = row.values.get(field.api_name)
            if held is not None and row.id != besides and _folded(field, held) == wanted:
                return row
        return None


def _folded(field: Field, value: Any) -> Any:
    return value.casefold() if isinstance(value, str) and not field.unique else value
