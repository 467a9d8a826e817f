"""What people do in Zendesk's own screens. There, an edited address replaces the old one, unlike in the API.

Properties go by the API's names; a custom field may be named by its path (`organization_fields.website`). A number
takes the place of the direct line, an organization is added and becomes the default [inferred].
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from samtale.simulators.base import DoorError, Record
from samtale.simulators.zendesk.answers import Refusal
from samtale.simulators.zendesk.fields import (
    ORGANIZATION_FLAGS,
    ORGANIZATION_TEXTS,
    USER_FLAGS,
    USER_NUMBERS,
    USER_TEXTS,
)  # fmt: skip
from samtale.simulators.zendesk.table import Kind, Row, Table
from samtale.simulators.zendesk.writing import Writer

WRITABLE: dict[Kind, frozenset[str]] = {
    "users": USER_TEXTS | USER_FLAGS | USER_NUMBERS
    | {"email", "phone", "organization_id", "role", "tags", "external_id", "user_fields"},
    "organizations": ORGANIZATION_TEXTS | ORGANIZATION_FLAGS
    | {"domain_names", "tags", "group_id", "external_id", "organization_fields"},
}  # fmt: skip


class Desk:
    """An agent at work. All of it runs under the simulator's lock."""

    def __init__(self, table: Table, writer: Writer) -> None:
        self._table = table
        self._writer = writer

    def all(self, kind: Kind) -> list[Record]:
        """Every record that is not deleted."""
        return [self._table.record(kind, row) for row in self._table.active(kind)]

    def one(self, kind: Kind, key: str) -> Record | None:
        """A record that is not deleted."""
        row = self._table.rows[kind].get(int(key)) if key.isdigit() else None
        return self._table.record(kind, row) if row is not None and row.state == "active" else None

    def put(self, kind: Kind, key: str | None, changes: Record) -> Record:
        """Create or change a record. Raises DoorError."""
        item = _nested(changes)
        for name in item:
            if name not in WRITABLE[kind]:
                raise DoorError(
                    f"{kind} have no property {name} that a person can write",
                    f"use one of {', '.join(sorted(WRITABLE[kind]))}",
                )
        try:
            if key is None:
                make = self._writer.create_user if kind == "users" else self._writer.create_organization
                return self._table.record(kind, make({**item, "skip_verify_email": True}))
            row = self._standing(kind, key)
            row = self._writer.update_organization(row, item) if kind == "organizations" else self._edit(row, item)
        except Refusal as refusal:
            raise _explained(kind, refusal) from refusal
        return self._table.record(kind, row)

    def _edit(self, row: Row, item: Record) -> Row:
        """An edit of a user, with the address, the number and the organization as the screens take them."""
        plain = {name: value for name, value in item.items() if name not in ("email", "phone", "organization_id")}
        if "email" in item:
            self._address(row, item["email"])
        self._writer.update_user(self._table.rows["users"][row.id], plain)
        if "phone" in item:
            for line in self._table.identities_of(row.id, "phone_number"):
                self._table.drop_identity(line)
            self._writer.update_user(self._table.rows["users"][row.id], {"phone": item["phone"]})
        if "organization_id" in item and item["organization_id"] is None:
            self._table.leave(row.id)
        elif "organization_id" in item:
            self._writer.check_organization(item["organization_id"])
            self._table.join(row.id, int(item["organization_id"]), default=True)
        return self._table.change("users", self._table.rows["users"][row.id], {})

    def _address(self, row: Row, email: Any) -> None:
        primary = next((i for i in self._table.identities_of(row.id, "email") if i.primary), None)
        if not email:
            if primary is not None:
                self._table.drop_identity(primary)
            return
        self._writer.check_address("email", str(email), row.id, again=True)
        own = next(
            (i for i in self._table.identities_of(row.id, "email") if i.value.casefold() == str(email).casefold()), None
        )
        if own is not None:
            self._table.put_identity(replace(own, value=str(email)))
            self._table.make_primary(self._table.identities[row.id][own.id])
        elif primary is not None:
            self._table.put_identity(replace(primary, value=str(email)))
        else:
            self._table.new_identity(row.id, "email", str(email), verified=False)

    def delete(self, kind: Kind, key: str) -> None:
        """Delete a record; a deleted user for good."""
        row = self._table.rows[kind].get(int(key)) if key.isdigit() else None
        if row is not None and row.state == "deleted":
            self._writer.purge_user(row)
        elif kind == "users":
            self._writer.delete_user(self._standing(kind, key))
        else:
            self._table.vanish(self._standing(kind, key))

    def merge(self, kind: Kind, loser: str, survivor: str) -> Record:
        """Merge two records. Raises DoorError."""
        lost, kept = self._standing(kind, loser), self._standing(kind, survivor)
        merge = self._writer.merge_users if kind == "users" else self._writer.merge_organizations
        try:
            return self._table.record(kind, merge(lost, kept))
        except Refusal as refusal:
            raise DoorError("these two cannot be merged", "only two different end users can be") from refusal

    def _standing(self, kind: Kind, key: str) -> Row:
        row = self._table.rows[kind].get(int(key)) if key.isdigit() else None
        if row is None or row.state != "active":
            raise DoorError(f"{kind} have no record {key}", f"GET /records/{kind.title()} lists them", 404)
        return row


def _nested(changes: Record) -> Record:
    item: Record = {}
    for path, value in changes.items():
        name, dot, inner = path.partition(".")
        if dot:
            item.setdefault(name, {})[inner] = value
        else:
            item[name] = value
    return item


def _explained(kind: Kind, refusal: Refusal) -> DoorError:
    """What was refused, without the value."""
    said = refusal.response.json()
    details = said.get("details") or {}
    return DoorError(
        f"{kind} refuse that: {said.get('error')} {', '.join(details)}".strip(), "send what the fields take"
    )
