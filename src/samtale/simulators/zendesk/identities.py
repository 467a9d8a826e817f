"""Identities and memberships of a user, as their own small APIs.

Follows Zendesk's pages User Identities and Organization Memberships: `primary` is set by a call of its own, `verified`
can be set and never taken back, the first membership is the default, and a pair that exists cannot be made again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.zendesk.answers import invalid, malformed, no_endpoint, not_found, taken, whole
from samtale.simulators.zendesk.reading import Reader
from samtale.simulators.zendesk.table import Identity, Json, Row, Table, shown_identity, shown_membership
from samtale.simulators.zendesk.writing import Writer

TYPES = frozenset({"email", "phone_number", "twitter", "facebook", "google", "foreign"})


class Identities:
    """What hangs on a user."""

    def __init__(self, table: Table, writer: Writer, *, unverified_primary: bool) -> None:
        self._table = table
        self._writer = writer
        self._unverified_primary = unverified_primary

    def handle(self, request: Request, user: Row, rest: list[str], reader: Reader) -> Response:
        """Answer a call below `/users/{id}/identities`. Raises Refusal."""
        match (request.method, *rest):
            case ("GET",):
                return reader.identities(request, user.id)
            case ("POST",):
                return self._create(user, _body(request, "identity"))
            case ("GET", key):
                return json_response(200, {"identity": shown_identity(self._held(user, key))})
            case ("PUT", key):
                return self._change(self._held(user, key), _body(request, "identity"))
            case ("DELETE", key):
                self._table.drop_identity(self._held(user, key))
                return Response(204)
            case ("PUT", key, "make_primary"):
                identity = self._held(user, key)
                if not identity.verified and not self._unverified_primary:
                    raise invalid("base", "Primary identity must be verified")
                self._table.make_primary(identity)
                return json_response(
                    200, {"identities": [shown_identity(i) for i in self._table.identities_of(user.id)]}
                )
        raise no_endpoint()

    def _create(self, user: Row, item: Json) -> Response:
        type_, value = str(item.get("type")), str(item.get("value") or "")
        if type_ not in TYPES or not value:
            raise invalid("type", "Type: is invalid")
        self._writer.check_address(type_, value, user.id, field="value")
        identity = self._table.new_identity(user.id, type_, value, verified=item.get("verified") is True)
        if item.get("skip_verify_email") is not True and item.get("verified") is not True and type_ == "email":
            self._table.mails += 1
        return json_response(201, {"identity": shown_identity(identity)})

    def _change(self, identity: Identity, item: Json) -> Response:
        value = str(item.get("value") or identity.value)
        if value.casefold() != identity.value.casefold():
            self._writer.check_address(identity.type, value, identity.user, field="value")
        verified = identity.verified or item.get("verified") is True
        changed = replace(identity, value=value, verified=verified, updated=self._table.now())
        self._table.put_identity(changed)
        return json_response(200, {"identity": shown_identity(changed)})

    def _held(self, user: Row, key: str) -> Identity:
        found = self._table.identities.get(user.id, {}).get(whole(key))
        if found is None:
            raise not_found()
        return found

    # -- memberships

    def join(self, item: Json) -> Response:
        """One more membership. Raises Refusal for a pair that exists, or an organization that does not."""
        user = self._table.rows["users"].get(whole(item.get("user_id")))
        organization = self._table.rows["organizations"].get(whole(item.get("organization_id")))
        if user is None or user.state != "active" or organization is None:
            raise invalid("organization", "Organization: is invalid")
        if any(m.organization == organization.id for m in self._table.memberships_of(user.id)):
            raise taken("organization_id", "Organization: has already been taken")
        made = self._table.join(user.id, organization.id, default=item.get("default") is True)
        return json_response(201, {"organization_membership": shown_membership(made)})

    def memberships(self, request: Request, user: Row, rest: list[str], reader: Reader) -> Response:
        """Answer a call below `/users/{id}/organization_memberships` or `/users/{id}/organizations`. Raises Refusal."""
        held = self._table.memberships_of(user.id)
        match (request.method, *rest):
            case ("GET", "organization_memberships"):
                return reader.memberships(request, user.id)
            case ("PUT", "organization_memberships", key, "make_default"):
                chosen = next((m.organization for m in held if m.id == whole(key)), None)
            case ("PUT", "organizations", key, "make_default"):
                chosen = next((m.organization for m in held if m.organization == whole(key)), None)
            case ("DELETE", "organizations", key):
                if all(m.organization != whole(key) for m in held):
                    raise not_found()
                self._table.leave(user.id, whole(key))
                return Response(204)
            case _:
                raise no_endpoint()
        if chosen is None:
            raise not_found()
        made = self._table.join(user.id, chosen, default=True)
        if rest[0] == "organizations":
            return json_response(200, {"organization_membership": shown_membership(made)})
        shown = [shown_membership(m) for m in self._table.memberships_of(user.id)]
        return json_response(200, {"organization_memberships": shown})


def _body(request: Request, name: str) -> dict[str, Any]:
    try:
        item = request.json().get(name)
    except (ValueError, AttributeError):
        item = None
    if not isinstance(item, dict):
        raise malformed("Invalid attribute", f"{name} is required")
    return item
