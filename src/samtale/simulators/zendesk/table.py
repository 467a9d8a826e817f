"""The account's tables: users and organizations in versions, identities, memberships, and what must be unique.

Knows how a record is shown, not who may write it. Follows Zendesk's pages Users, User Identities, Organizations and
Organization Memberships. `email` and `organization_id` of a user follow the primary e-mail identity and the default
membership.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from samtale.simulators.base import SimClock
from samtale.simulators.zendesk.fields import CustomField, organization_defaults, user_defaults

Kind = Literal["users", "organizations"]
KINDS: tuple[Kind, ...] = ("users", "organizations")
Json = dict[str, Any]
ADDRESS = "https://demo.zendesk.com/api/v2"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One version of a user or an organization. `touched` is the vendor's elapsed time of the last change."""

    id: int
    values: Json
    created: datetime
    updated: datetime
    touched: float
    state: Literal["active", "deleted", "purged"] = "active"
    merged_into: int | None = None


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One way in which a user is known: an e-mail address, a direct line."""

    id: int
    user: int
    type: str
    value: str
    primary: bool
    verified: bool
    created: datetime
    updated: datetime


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A user in an organization."""

    id: int
    user: int
    organization: int
    default: bool
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class _Past:
    elapsed: float
    kind: Kind
    id: int
    before: Row | None


class Table:
    """All rows. Everything here runs under the simulator's lock."""

    def __init__(
        self, *, clock: SimClock, seed: int, fields: dict[Kind, tuple[CustomField, ...]], touching: bool
    ) -> None:
        self.clock = clock
        self.fields = fields
        self.rows: dict[Kind, dict[int, Row]] = {"users": {}, "organizations": {}}
        self.identities: dict[int, dict[int, Identity]] = {}
        self.memberships: dict[int, dict[int, Membership]] = {}
        self.merges: list[tuple[int, int, int]] = []  #: id, loser and winner of merged organizations
        self.mails = 0  #: verification messages that real people would have got
        self._touching = touching
        self._unique: dict[tuple[str, str], int] = {}
        self._next_id = 1_900_000_000_000 + (seed % 1000) * 1_000_000
        self._journal: deque[_Past] = deque(maxlen=20_000)

    def now(self) -> datetime:
        """The time of day, in whole seconds as Zendesk shows it."""
        return self.clock.now().replace(microsecond=0)

    def new_id(self) -> int:
        """An id that nothing had before; they rise, and are too large for 32 bits."""
        self._next_id += 40
        return self._next_id

    # -- versions

    def add(self, kind: Kind, values: Json) -> Row:
        """A new row with the values that Zendesk gives by itself."""
        defaults = user_defaults() if kind == "users" else organization_defaults()
        custom = f"{kind[:-1]}_fields"
        filled = {**defaults, **values}
        filled[custom] = {**{f.key: None for f in self.fields[kind]}, **(values.get(custom) or {})}
        now = self.now()
        return self.put(
            kind, Row(id=self.new_id(), values=filled, created=now, updated=now, touched=self.clock.elapsed())
        )

    def put(self, kind: Kind, row: Row) -> Row:
        """Store a version and keep what is unique in mind."""
        before = self.rows[kind].get(row.id)
        self._journal.append(_Past(self.clock.elapsed(), kind, row.id, before))
        self.rows[kind][row.id] = row
        for name in ("external_id", "name") if kind == "organizations" else ("external_id",):
            old = _folded(before.values.get(name)) if before is not None else ""
            new = _folded(row.values.get(name)) if row.state == "active" else ""
            if old and self._unique.get((f"{kind}.{name}", old)) == row.id:
                del self._unique[f"{kind}.{name}", old]
            if new:
                self._unique[f"{kind}.{name}", new] = row.id
        return row

    def change(self, kind: Kind, row: Row, changes: Mapping[str, Any], *, touch: bool = True, **more: Any) -> Row:
        """Store a version with some values changed; `updated_at` moves, even if nothing else does [inferred]."""
        changed = replace(row, values={**row.values, **changes}, **more)
        if touch:
            changed = replace(changed, updated=self.now(), touched=self.clock.elapsed())
        return self.put(kind, changed)

    def vanish(self, row: Row) -> None:
        """Delete an organization: nothing of it stays."""
        self.put("organizations", replace(row, values={**row.values, "name": None, "external_id": None}))
        del self.rows["organizations"][row.id]
        for user in [u for u, held in self.memberships.items() if any(m.organization == row.id for m in held.values())]:
            self.leave(user, row.id)

    def forget_past(self) -> None:
        """Let the present state count as old."""
        self._journal.clear()

    def as_of(self, kind: Kind, seconds_ago: float) -> dict[int, Row]:
        """The rows as they were so many vendor seconds ago."""
        rows = self.rows[kind]
        if seconds_ago <= 0:
            return rows
        earlier, moment = dict(rows), self.clock.elapsed() - seconds_ago
        for past in reversed(self._journal):
            if past.elapsed <= moment:
                break
            if past.kind == kind and past.before is None:
                earlier.pop(past.id, None)
            elif past.kind == kind and past.before is not None:
                earlier[past.id] = past.before
        return earlier

    def holder(self, kind: Kind, name: str, value: Any) -> Row | None:
        """The row that already has a unique value, whatever the case of its letters."""
        key = self._unique.get((f"{kind}.{name}", _folded(value)))
        return None if key is None else self.rows[kind].get(key)

    # -- identities

    def identity_holder(self, type_: str, value: str) -> int | None:
        """The user who has this address or direct line."""
        return self._unique.get((f"identity.{type_}", _folded(value)))

    def put_identity(self, identity: Identity) -> None:
        """Store an identity; the first of its type is the primary."""
        held = self.identities.setdefault(identity.user, {})
        before = held.get(identity.id)
        if before is not None:
            self._unique.pop((f"identity.{before.type}", _folded(before.value)), None)
        if not any(i.type == identity.type and i.primary for i in held.values() if i.id != identity.id):
            identity = replace(identity, primary=True)
        held[identity.id] = identity
        self._unique[f"identity.{identity.type}", _folded(identity.value)] = identity.user
        self._follow(identity.user)

    def new_identity(self, user: int, type_: str, value: str, *, verified: bool) -> Identity:
        """One more identity of a user."""
        now = self.now()
        identity = Identity(
            id=self.new_id(), user=user, type=type_, value=value, primary=False, verified=verified,
            created=now, updated=now,
        )  # fmt: skip
        self.put_identity(identity)
        return self.identities[user][identity.id]

    def make_primary(self, identity: Identity) -> None:
        """Let this identity be the one that its user shows."""
        held = self.identities[identity.user]
        for other in list(held.values()):
            if other.type == identity.type:
                held[other.id] = replace(other, primary=other.id == identity.id)
        self._follow(identity.user)

    def drop_identity(self, identity: Identity) -> None:
        """Take an identity away; the next of its type becomes the primary [inferred]."""
        held = self.identities[identity.user]
        del held[identity.id]
        self._unique.pop((f"identity.{identity.type}", _folded(identity.value)), None)
        rest = [i for i in held.values() if i.type == identity.type]
        if rest and not any(i.primary for i in rest):
            held[rest[0].id] = replace(rest[0], primary=True)
        self._follow(identity.user)

    def drop_identities(self, user: int) -> None:
        """A deleted user's addresses may be used again; what the user shows stays."""
        for identity in self.identities.pop(user, {}).values():
            self._unique.pop((f"identity.{identity.type}", _folded(identity.value)), None)

    def identities_of(self, user: int, type_: str | None = None) -> list[Identity]:
        """A user's identities, oldest first."""
        return [i for i in self.identities.get(user, {}).values() if type_ in (None, i.type)]

    def _follow(self, user: int) -> None:
        """Let the user show the primary address. A direct line that goes stays on the profile, as Zendesk warns."""
        row = self.rows["users"][user]
        primary = next((i.value for i in self.identities_of(user, "email") if i.primary), None)
        line = next((i.value for i in self.identities_of(user, "phone_number") if i.primary), None)
        changes = (
            {"email": primary} if line is None else {"email": primary, "phone": line, "shared_phone_number": False}
        )
        if any(row.values.get(name) != value for name, value in changes.items()):
            self.change("users", row, changes, touch=self._touching)

    # -- memberships

    def memberships_of(self, user: int) -> list[Membership]:
        """A user's memberships, the default first."""
        return sorted(self.memberships.get(user, {}).values(), key=lambda m: (not m.default, m.id))

    def join(self, user: int, organization: int, *, default: bool = False) -> Membership:
        """One more membership, if it is not there yet; the first is the default."""
        held = self.memberships.setdefault(user, {})
        found = next((m for m in held.values() if m.organization == organization), None)
        if found is None:
            now = self.now()
            found = Membership(
                id=self.new_id(), user=user, organization=organization, default=not held, created=now, updated=now
            )
            held[found.id] = found
        if default:
            for other in list(held.values()):
                held[other.id] = replace(other, default=other.id == found.id)
        self._belong(user)
        return held[found.id]

    def leave(self, user: int, organization: int | None = None) -> None:
        """End one membership, or all; the oldest of the rest becomes the default [inferred]."""
        held = self.memberships.get(user, {})
        for found in list(held.values()):
            if organization in (None, found.organization):
                del held[found.id]
        if held and not any(m.default for m in held.values()):
            first = min(held)
            held[first] = replace(held[first], default=True)
        self._belong(user)

    def _belong(self, user: int) -> None:
        row = self.rows["users"][user]
        shown = next((m.organization for m in self.memberships_of(user) if m.default), None)
        if row.values.get("organization_id") != shown:
            self.change("users", row, {"organization_id": shown}, touch=self._touching)

    # -- what is shown

    def record(self, kind: Kind, row: Row) -> Json:
        """A record as an administrator sees it."""
        shown = {
            "id": row.id,
            "url": f"{ADDRESS}/{kind}/{row.id}.json",
            "created_at": stamp(row.created),
            "updated_at": stamp(row.updated),
            **row.values,
        }
        return {**shown, "active": row.state == "active"} if kind == "users" else shown

    def active(self, kind: Kind) -> Iterator[Row]:
        """Rows that are not deleted, by id."""
        return (row for row in self.rows[kind].values() if row.state == "active")


def stamp(moment: datetime) -> str:
    """A time as Zendesk writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown_identity(identity: Identity) -> Json:
    """An identity as the API shows it."""
    reserved = identity.type == "email" and identity.value.casefold().endswith((".example", "@example.com"))
    return {
        "id": identity.id,
        "url": f"{ADDRESS}/users/{identity.user}/identities/{identity.id}.json",
        "user_id": identity.user,
        "type": identity.type,
        "value": identity.value,
        "verified": identity.verified,
        "primary": identity.primary,
        "created_at": stamp(identity.created),
        "updated_at": stamp(identity.updated),
        "undeliverable_count": 0,
        "deliverable_state": "reserved_example" if reserved else "deliverable",
    }


def shown_membership(membership: Membership) -> Json:
    """A membership as the API shows it; a false `default` may read null."""
    return {
        "id": membership.id,
        "url": f"{ADDRESS}/organization_memberships/{membership.id}.json",
        "user_id": membership.user,
        "organization_id": membership.organization,
        "default": True if membership.default else None,
        "created_at": stamp(membership.created),
        "updated_at": stamp(membership.updated),
    }


def _folded(value: Any) -> str:
    return str(value).strip().casefold() if value not in (None, "") else ""
