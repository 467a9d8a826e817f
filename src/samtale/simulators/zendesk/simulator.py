"""Zendesk Support as one simulator: who may call, what is called, and the door.

The vendor's rules live in the files beside this one. This file knows addresses, options and the order of checks.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from samtale.simulators.base import DoorError, Record, Request, Response, SimClock, json_response
from samtale.simulators.zendesk.answers import (
    Refusal,
    forbidden,
    malformed,
    no_endpoint,
    not_found,
    unauthenticated,
    whole,
)
from samtale.simulators.zendesk.door import Desk
from samtale.simulators.zendesk.exports import Exports
from samtale.simulators.zendesk.fields import ORGANIZATION_FIELDS, USER_FIELDS, CustomField
from samtale.simulators.zendesk.identities import Identities
from samtale.simulators.zendesk.limits import Limits
from samtale.simulators.zendesk.reading import Reader, paged
from samtale.simulators.zendesk.seeding import caller, fill
from samtale.simulators.zendesk.table import Json, Kind, Row, Table
from samtale.simulators.zendesk.tokens import Gate, Keys
from samtale.simulators.zendesk.writing import Writer


class Zendesk:
    """A simulated Zendesk Support account. Safe for many threads.

    Options, beside those of every simulator; those that decide what the documentation leaves open say so:
    `organization_fields`, `user_fields`: the account's custom fields;
    `recent`: seconds that incremental exports leave out;
    `search_lag`: seconds until a search by words finds a user as it was written;
    `deleted_in_export`, `deleted_in_lists`, `deleted_by_id`: where deleted users show, no longer active (open);
    `touching`: changes of identities and memberships move the user's `updated_at` (open);
    `requests_per_minute`: of the account; `exports_per_minute`; `user_writes_per_second`: of the account;
    `writes_per_record`: updates of one record in a minute; None for no limit;
    `organization_limit`: `record` or `account`, what that limit counts for organizations (open);
    `role`: of the account that calls: `admin` or `agent`;
    `unverified_primary`: an unverified address may become the primary (open);
    `scopes`: what tokens may do; `access_lifetime`: seconds; `api_tokens`: whether API tokens still work;
    `email`, `api_token`, `client_id`, `client_secret`, `refresh_token`: what opens it.
    """

    name = "zendesk"

    def __init__(
        self,
        *,
        seed: int,
        records: int,
        clock: SimClock,
        organization_fields: tuple[CustomField, ...] = ORGANIZATION_FIELDS,
        user_fields: tuple[CustomField, ...] = USER_FIELDS,
        recent: float = 60.0,
        search_lag: float = 60.0,
        deleted_in_export: bool = True,
        deleted_in_lists: bool = False,
        deleted_by_id: bool = True,
        touching: bool = False,
        requests_per_minute: int | None = 700,
        exports_per_minute: int | None = 10,
        user_writes_per_second: int | None = 1,
        writes_per_record: int | None = 5,
        organization_limit: str = "record",
        role: str = "admin",
        unverified_primary: bool = True,
        scopes: tuple[str, ...] = ("read", "write"),
        access_lifetime: float = 3600.0,
        api_tokens: bool = True,
        email: str = "demo@samtale-demo.example",
        api_token: str = "demo-api-token",  # noqa: S107 - opens nothing but this simulator
        client_id: str = "demo-client-id",
        client_secret: str = "demo-client-secret",  # noqa: S107
        refresh_token: str = "demo-refresh-token",  # noqa: S107
    ) -> None:
        self.clock = clock
        fields: dict[Kind, tuple[CustomField, ...]] = {"users": user_fields, "organizations": organization_fields}
        self.table = Table(clock=clock, seed=seed, fields=fields, touching=touching)
        keys = Keys(email=email.casefold(), api_token=api_token, client_id=client_id, client_secret=client_secret,
                    refresh_token=refresh_token)  # fmt: skip
        self.gate = Gate(clock=clock, keys=keys, scopes=scopes, lifetime=access_lifetime, api_tokens=api_tokens)
        self._role = role
        self._limits = Limits(clock=clock, account=requests_per_minute, exports=exports_per_minute,
                              users=user_writes_per_second, records=writes_per_record,
                              organizations=organization_limit)  # fmt: skip
        self._writer = Writer(self.table)
        self._identities = Identities(self.table, self._writer, unverified_primary=unverified_primary)
        self._reader = Reader(
            self.table, search_lag=search_lag, deleted_in_lists=deleted_in_lists, deleted_by_id=deleted_by_id
        )
        self._exports = Exports(self.table, recent=recent, deleted=deleted_in_export)
        self._desk = Desk(self.table, self._writer)
        self._lock = threading.RLock()
        self._caller = caller(self.table, self._writer, email=email, role=role)
        fill(self.table, self._writer, seed=seed, records=records)

    # -- the API

    def handle(self, request: Request) -> Response:
        """Answer one call of the API or of the token endpoint."""
        with self._lock:
            if (request.method, request.path) == ("POST", "/oauth/tokens"):
                return self.gate.issue(request)
            try:
                response = self._admitted(request)
            except Refusal as refusal:
                response = refusal.response
            return replace(response, headers={**self._limits.headers(), **response.headers})

    def _admitted(self, request: Request) -> Response:
        """Check address, credentials, role and limits in that order, then answer. Paths may end in `.json`."""
        parts = request.path.removesuffix(".json").strip("/").split("/")
        if parts[:2] != ["api", "v2"] or len(parts) < 3:
            raise no_endpoint()
        rest = parts[2:]
        known = self.gate.admit(request, rest)
        if not known and rest != ["users", "me"]:
            raise unauthenticated()
        self._limits.spend(request.method, rest)
        if self._role != "admin" and (rest[0] == "incremental" or request.method != "GET"):
            raise forbidden()
        match (request.method, *rest):
            case ("GET", "users", "me"):
                return json_response(200, {"user": self._me(known)})
            case (_, "users" | "deleted_users", *_):
                return self._users(request, rest)
            case (_, "organizations" | "organization_memberships", *_):
                return self._organizations(request, rest)
            case ("GET", "user_fields" | "organization_fields"):
                kind: Kind = "users" if rest[0] == "user_fields" else "organizations"
                shown = self.table.fields[kind]
                return paged(request, rest[0], list(shown), lambda f: f.id, lambda f: f.shown(kind[:-1]))
            case ("GET", "incremental", "users", "cursor"):
                return self._exports.by_cursor(request)
            case ("GET", "incremental", "users"):
                return self._exports.by_time("users", request)
            case ("GET", "incremental", "organizations"):
                return self._exports.by_time("organizations", request)
        raise no_endpoint()

    def _me(self, known: bool) -> Json:
        """The user who calls; anonymous is nobody, and no error."""
        if not known:
            return {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}
        return self.table.record("users", self.table.rows["users"][self._caller])

    def _users(self, request: Request, rest: list[str]) -> Response:
        match (request.method, *rest):
            case ("GET", "users"):
                return self._reader.list("users", request)
            case ("GET", "users", "show_many"):
                return self._reader.many("users", request)
            case ("GET", "users", "search"):
                return self._reader.search("users", request)
            case ("POST", "users"):
                row = self._writer.create_user(_item(request, "user"), request.hooks.get("reformat"))
                return self._shown("users", row, 201)
            case ("GET", "users", key):
                return self._shown("users", self._any("users", key, request))
            case ("PUT", "users", key):
                row = self._standing("users", key)
                return self._shown(
                    "users", self._writer.update_user(row, _item(request, "user"), request.hooks.get("reformat"))
                )
            case ("DELETE", "users", key):
                row = self._writer.delete_user(self._standing("users", key))
                return json_response(200, {"user": {"id": row.id, "name": row.values["name"], "active": False}})
            case ("PUT", "users", key, "merge"):
                winner = self._standing("users", str(_item(request, "user").get("id")))
                return self._shown("users", self._writer.merge_users(self._standing("users", key), winner))
            case (_, "users", key, "identities", *deeper):
                return self._identities.handle(request, self._standing("users", key), deeper, self._reader)
            case (_, "users", key, "organization_memberships" | "organizations", *deeper):
                return self._identities.memberships(
                    request, self._standing("users", key), rest[2:3] + deeper, self._reader
                )
            case ("GET", "deleted_users"):
                return self._reader.deleted(request)
            case ("DELETE", "deleted_users", key):
                gone = self.table.rows["users"].get(whole(key))
                if gone is None or gone.state != "deleted":
                    raise not_found()
                return json_response(200, {"deleted_user": self.table.record("users", self._writer.purge_user(gone))})
        raise no_endpoint()

    def _organizations(self, request: Request, rest: list[str]) -> Response:
        reformat = request.hooks.get("reformat")
        match (request.method, *rest):
            case ("GET", "organizations"):
                return self._reader.list("organizations", request)
            case ("GET", "organizations", "show_many"):
                return self._reader.many("organizations", request)
            case ("GET", "organizations", "search"):
                return self._reader.search("organizations", request)
            case ("POST", "organizations"):
                row = self._writer.create_organization(_item(request, "organization"), reformat)
                return self._shown("organizations", row, 201)
            case ("GET", "organizations", key, "merges"):
                return self._reader.merges(request, whole(key))
            case ("POST", "organizations", key, "merge"):
                winner = self._standing("organizations", str(_item(request, "organization_merge").get("winner_id")))
                self._writer.merge_organizations(self._standing("organizations", key), winner)
                return self._reader.merges(request, winner.id)
            case ("GET", "organizations", key):
                return self._shown("organizations", self._any("organizations", key, request))
            case ("PUT", "organizations", key):
                row = self._standing("organizations", key)
                return self._shown(
                    "organizations", self._writer.update_organization(row, _item(request, "organization"), reformat)
                )
            case ("DELETE", "organizations", key):
                self.table.vanish(self._standing("organizations", key))
                return Response(204)
            case ("POST", "organization_memberships"):
                return self._identities.join(_item(request, "organization_membership"))
        raise no_endpoint()

    def _any(self, kind: Kind, key: str, request: Request) -> Row:
        row = self._reader.one(kind, key, request)
        if row is None:
            raise not_found()
        return row

    def _standing(self, kind: Kind, key: str) -> Row:
        row = self.table.rows[kind].get(whole(key))
        if row is None or row.state != "active":
            raise not_found()
        return row

    def _shown(self, kind: Kind, row: Row, status: int = 200) -> Response:
        return json_response(status, {kind[:-1]: self.table.record(kind, row)})

    # -- the door

    def collections(self) -> list[str]:
        """The collections by the names the dataflow documents use."""
        return ["Users", "Organizations"]

    def door_get(self, collection: str) -> list[Record]:
        """All records as they are now, without deleted users."""
        with self._lock:
            return self._desk.all(_kind(collection))

    def door_get_one(self, collection: str, key: str) -> Record | None:
        """One record as it is now, or None."""
        with self._lock:
            return self._desk.one(_kind(collection), key)

    def door_put(self, collection: str, key: str | None, changes: Record) -> Record:
        """Create or change a record as an agent would; see `door`."""
        with self._lock:
            return self._desk.put(_kind(collection), key, changes)

    def door_delete(self, collection: str, key: str) -> None:
        """Delete a record as an agent would; a deleted user is deleted for good by deleting it again."""
        with self._lock:
            self._desk.delete(_kind(collection), key)

    def door_merge(self, collection: str, loser: str, survivor: str) -> Record:
        """Merge two users or two organizations as an agent would."""
        with self._lock:
            return self._desk.merge(_kind(collection), loser, survivor)


def _kind(collection: str) -> Kind:
    kinds: Mapping[str, Kind] = {"Users": "users", "Organizations": "organizations"}
    if collection not in kinds:
        raise DoorError(f"there is no collection {collection}", "use Users or Organizations", 404)
    return kinds[collection]


def _item(request: Request, name: str) -> Json:
    """The body's one record. Raises Refusal for another content type or shape."""
    try:
        said: Any = request.json()
    except ValueError:
        said = None
    if request.header("content-type").partition(";")[0].strip() != "application/json" or not isinstance(said, dict):
        raise malformed("Unprocessable Entity", "Server could not parse JSON")
    item = said.get(name)
    if not isinstance(item, dict):
        raise malformed("Invalid attribute", f"{name} is required")
    return item
