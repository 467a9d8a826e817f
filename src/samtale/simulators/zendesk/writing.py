"""Creating, changing, deleting and merging users and organizations, by the API's rules, traps included.

Follows Zendesk's pages Users, Organizations and Organization Merges: a plain update of `email` adds a secondary
identity, one of `phone` a second direct line, one of `organization_id` ends all other memberships, and lists replace
lists. Read-only and unknown properties are ignored [inferred].
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from samtale.simulators.faults import Rule
from samtale.simulators.zendesk.answers import forbidden, invalid, not_found, taken, whole
from samtale.simulators.zendesk.fields import (
    ORGANIZATION_FLAGS,
    ORGANIZATION_TEXTS,
    ROLES,
    USER_FLAGS,
    USER_NUMBERS,
    USER_TEXTS,
    CustomField,
)  # fmt: skip
from samtale.simulators.zendesk.table import Json, Kind, Row, Table

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class Writer:
    """Writes to a table. `reformat` is a fault that changes text on its way in."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # -- users

    def create_user(self, item: Json, reformat: Rule | None = None) -> Row:
        """A new user. Verification mail goes out unless `skip_verify_email` says otherwise. Raises Refusal."""
        changes = self._user_values(None, _reformatted(item, reformat))
        if not str(changes.get("name") or "").strip():
            raise invalid("name", "Name: cannot be blank", "BlankValue")
        addresses = self._new_addresses(item)
        phone = str(item.get("phone") or "")
        organization = self._organization_of(item)
        row = self._table.add("users", changes)
        for type_, value, verified in addresses:
            self._table.new_identity(row.id, type_, value, verified=verified)
        if phone:
            self._give_phone(row.id, phone, shared=bool(item.get("shared_phone_number")))
        if organization is None and addresses:
            organization = self._by_domain(addresses[0][1])
        if organization is not None:
            self._table.join(row.id, organization)
        if addresses and item.get("skip_verify_email") is not True:
            self._table.mails += 1
        return self._table.rows["users"][row.id]

    def update_user(self, row: Row, item: Json, reformat: Rule | None = None) -> Row:
        """A plain update. Raises Refusal."""
        changes = self._user_values(row, _reformatted(item, reformat))
        email = item.get("email")
        if email and _differs(email, row.values["email"]):
            self.check_address("email", str(email), row.id, again=True)
        if item.get("organization_id") is not None:
            self.check_organization(item["organization_id"])
        row = self._table.change("users", row, changes)
        if email and self._table.identity_holder("email", str(email)) is None:
            self._table.new_identity(row.id, "email", str(email), verified=item.get("verified") is True)
            self._table.mails += item.get("skip_verify_email") is not True
        if "phone" in item:
            self._update_phone(row.id, str(item["phone"] or ""))
        if "organization_id" in item:
            self._table.leave(row.id)
            if item["organization_id"] is not None:
                self._table.join(row.id, int(item["organization_id"]), default=True)
        return self._table.rows["users"][row.id]

    def _user_values(self, row: Row | None, item: Json) -> Json:
        """The part of an item that is stored as it is. Raises Refusal."""
        changes: Json = {name: item[name] for name in USER_TEXTS | USER_FLAGS | USER_NUMBERS if name in item}
        if "name" in changes:
            changes["name"] = str(changes["name"] or "").strip()
            if not changes["name"]:
                raise invalid("name", "Name: cannot be blank", "BlankValue")
        if "role" in item:
            if item["role"] not in ROLES:
                raise invalid("role", f"Role: {item['role']} is not a valid role")
            changes["role"] = item["role"]
        if "tags" in item:
            changes["tags"] = [str(tag) for tag in item["tags"] or []]
        if "user_fields" in item:
            changes["user_fields"] = self._custom("users", row, item["user_fields"])
        changes |= self._external("users", row, item)
        return changes

    def _new_addresses(self, item: Json) -> list[tuple[str, str, bool]]:
        """The identities of a new user: type, value, whether it is verified. Raises Refusal."""
        verified = item.get("verified") is True
        found = [("email", str(item["email"]), verified)] if item.get("email") else []
        found += [
            (str(one.get("type")), str(one.get("value")), one.get("verified") is True or verified)
            for one in item.get("identities") or []
        ]
        for type_, value, _ in found:
            self.check_address(type_, value, None)
        return found

    def check_address(
        self, type_: str, value: str, user: int | None, *, field: str = "email", again: bool = False
    ) -> None:
        """Whether a user may have this identity. Raises Refusal (422); `again` lets the user have it already."""
        if type_ == "email" and not _EMAIL.fullmatch(value):
            raise invalid(field, f"Email: {value} is not properly formatted", "InvalidValue")
        holder = self._table.identity_holder(type_, value)
        if holder is not None and not (again and holder == user):
            raise taken(field, f"{type_.replace('_', ' ').capitalize()}: {value} is already being used by another user")

    def _give_phone(self, user: int, phone: str, *, shared: bool) -> None:
        """A number that nobody has becomes a direct line, another one a shared number."""
        if shared or self._table.identity_holder("phone_number", phone) is not None:
            row = self._table.rows["users"][user]
            self._table.change("users", row, {"phone": phone, "shared_phone_number": True})
        else:
            self._table.new_identity(user, "phone_number", phone, verified=False)

    def _update_phone(self, user: int, phone: str) -> None:
        lines = self._table.identities_of(user, "phone_number")
        if not phone:
            for line in lines:
                self._table.drop_identity(line)
            row = self._table.rows["users"][user]
            self._table.change("users", row, {"phone": None, "shared_phone_number": None})
        elif not lines:
            self._give_phone(user, phone, shared=False)
        elif self._table.identity_holder("phone_number", phone) is None:
            self._table.new_identity(user, "phone_number", phone, verified=False)

    def _organization_of(self, item: Json) -> int | None:
        if item.get("organization_id") is not None:
            return self.check_organization(item["organization_id"]).id
        named = item.get("organization")
        if isinstance(named, Mapping) and named.get("name"):
            found = self._table.holder("organizations", "name", named["name"])
            return found.id if found is not None else self._table.add("organizations", {"name": named["name"]}).id
        return None

    def check_organization(self, key: Any) -> Row:
        """The organization of that id. Raises Refusal (422) when there is none."""
        row = self._table.rows["organizations"].get(whole(key))
        if row is None:
            raise invalid("organization", "Organization: is invalid")
        return row

    def _by_domain(self, address: str) -> int | None:
        """The organization whose `domain_names` hold the domain of an address: users are put there by themselves."""
        domain = address.rpartition("@")[2].casefold()
        return next(
            (
                row.id
                for row in self._table.active("organizations")
                if row.values["domain_names"] and domain in {str(d).casefold() for d in row.values["domain_names"]}
            ),
            None,
        )

    def delete_user(self, row: Row) -> Row:
        """Soft: the user stays, no longer active; addresses may be used again."""
        self._table.leave(row.id)
        self._table.drop_identities(row.id)
        return self._table.change("users", self._table.rows["users"][row.id], {}, state="deleted")

    def purge_user(self, row: Row) -> Row:
        """For good: of a deleted user nothing stays but the id."""
        blank = {"name": "Permanently Deleted User", "email": None, "phone": None, "external_id": None}
        return self._table.change("users", row, blank, state="purged")

    def merge_users(self, loser: Row, winner: Row) -> Row:
        """The loser's identities and memberships go to the winner; its other values are lost. Raises Refusal."""
        if loser.id == winner.id or {loser.values["role"], winner.values["role"]} != {"end-user"}:
            raise forbidden()
        moved, groups = self._table.identities_of(loser.id), self._table.memberships_of(loser.id)
        self._table.drop_identities(loser.id)
        for identity in moved:
            self._table.put_identity(replace(identity, user=winner.id, primary=False))
        self._table.leave(loser.id)
        for membership in groups:
            self._table.join(winner.id, membership.organization)
        self._table.change("users", self._table.rows["users"][loser.id], {}, state="deleted", merged_into=winner.id)
        return self._table.change("users", self._table.rows["users"][winner.id], {})

    # -- organizations

    def create_organization(self, item: Json, reformat: Rule | None = None) -> Row:
        """A new organization. Raises Refusal."""
        changes = self._organization_values(None, _reformatted(item, reformat))
        if not changes.get("name"):
            raise invalid("name", "Name: cannot be blank", "BlankValue")
        return self._table.add("organizations", changes)

    def update_organization(self, row: Row, item: Json, reformat: Rule | None = None) -> Row:
        """A plain update; `domain_names` and `tags` are replaced whole. Raises Refusal."""
        return self._table.change("organizations", row, self._organization_values(row, _reformatted(item, reformat)))

    def _organization_values(self, row: Row | None, item: Json) -> Json:
        changes: Json = {name: item[name] for name in ORGANIZATION_TEXTS | ORGANIZATION_FLAGS if name in item}
        if "name" in changes:
            changes["name"] = str(changes["name"] or "").strip()
            if not changes["name"]:
                raise invalid("name", "Name: cannot be blank", "BlankValue")
            holder = self._table.holder("organizations", "name", changes["name"])
            if holder is not None and (row is None or holder.id != row.id):
                raise taken("name", "Name: has already been taken")
        for name in ("domain_names", "tags"):
            if name in item:
                changes[name] = [str(one) for one in item[name] or []]
        if "group_id" in item:
            changes["group_id"] = None if item["group_id"] is None else whole(item["group_id"])
        if "organization_fields" in item:
            changes["organization_fields"] = self._custom("organizations", row, item["organization_fields"])
        return changes | self._external("organizations", row, item)

    def merge_organizations(self, loser: Row, winner: Row) -> Row:
        """Users and domain names go to the winner, everything else of the loser is lost."""
        if loser.id == winner.id:
            raise not_found()
        for user in [
            u for u, held in self._table.memberships.items() if any(m.organization == loser.id for m in held.values())
        ]:
            default = any(m.default and m.organization == loser.id for m in self._table.memberships_of(user))
            self._table.join(user, winner.id, default=default)
        domains = [*winner.values["domain_names"], *loser.values["domain_names"]]
        self._table.vanish(loser)
        self._table.merges.append((self._table.new_id(), loser.id, winner.id))
        return self._table.change("organizations", winner, {"domain_names": list(dict.fromkeys(domains))})

    # -- both

    def _external(self, kind: Kind, row: Row | None, item: Json) -> Json:
        """`external_id` is unique whatever its case; a clash is told in words alone, under `name`."""
        if "external_id" not in item:
            return {}
        value = None if item["external_id"] in (None, "") else str(item["external_id"])
        holder = self._table.holder(kind, "external_id", value)
        if holder is not None and (row is None or holder.id != row.id):
            raise taken("name", "External has already been taken")
        return {"external_id": value}

    def _custom(self, kind: Kind, row: Row | None, sent: Any) -> Json:
        """Custom fields with the sent ones changed; unknown keys are ignored [inferred]. Raises Refusal."""
        known = {field.key: field for field in self._table.fields[kind]}
        before: Json = dict(row.values[f"{kind[:-1]}_fields"]) if row is not None else {}
        for key, value in (sent if isinstance(sent, Mapping) else {}).items():
            if key in known:
                before[key] = _custom_value(known[key], value)
        return before


def _custom_value(field: CustomField, value: Any) -> Any:
    wrong = invalid("base", f"{field.title}: is invalid")
    match field.type:
        case "checkbox":
            return bool(value)
        case _ if value in (None, ""):
            return None
        case "dropdown":
            if value not in field.options:
                raise wrong
            return value
        case "integer" | "decimal":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise wrong
            return value
        case "date":
            try:
                return f"{date.fromisoformat(str(value)[:10]).isoformat()}T00:00:00+00:00"
            except ValueError:
                raise wrong from None
    return str(value)


def _differs(one: Any, other: Any) -> bool:
    return str(one or "").strip().casefold() != str(other or "").strip().casefold()


def _reformatted(item: Json, rule: Rule | None) -> Json:
    if rule is None:
        return item
    found: Json = {}
    for name, value in item.items():
        if isinstance(value, str) and rule.property in ("", name) and name not in ("email", "external_id"):
            value = rule.reformatted(value)
        elif isinstance(value, Mapping):
            value = {
                inner: rule.reformatted(text)
                if isinstance(text, str) and rule.property in ("", f"{name}.{inner}")
                else text
                for inner, text in value.items()
            }
        found[name] = value
    return found
