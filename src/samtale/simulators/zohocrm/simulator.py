"""Zoho CRM v8 as one simulator: who may call, what is called, and the door.

The vendor's rules live in the files beside this one. This file knows addresses, scopes, options and the
order of checks.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from samtale.simulators.base import DoorError, Record, Request, Response, SimClock
from samtale.simulators.zohocrm.answers import Refusal, invalid, refused
from samtale.simulators.zohocrm.coql import Coql
from samtale.simulators.zohocrm.fields import MODULES, Field, Module
from samtale.simulators.zohocrm.limits import Limits, cost
from samtale.simulators.zohocrm.reading import Reader
from samtale.simulators.zohocrm.searching import Search
from samtale.simulators.zohocrm.seeding import fill
from samtale.simulators.zohocrm.settings import Settings
from samtale.simulators.zohocrm.table import Row, Table
from samtale.simulators.zohocrm.tokens import SCOPES, Accounts
from samtale.simulators.zohocrm.writing import Writer

VERSION = "v8"
_RIGHTS = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}

#: Unique text for a client's own mark, and a place for organization numbers. No stock field serves either.
MARK = Field(api_name="Samtale_Mark", data_type="text", length=255, unique=False, custom=True)
ORG_NUMBER = Field(api_name="Org_Number", data_type="text", length=40, custom=True)


class ZohoCrm:
    """A simulated Zoho CRM organization. Safe for many threads.

    Options, beside those of every simulator:
    `mark`: the custom unique field Samtale_Mark is there from the start (else a client may create it);
    `org_number`: Accounts have the custom field Org_Number;
    `offset_hours`: the organization's offset from UTC in timestamps;
    `unknown_id_status`: 204 or 400 for GET of a record that is not there;
    `since_inclusive`: If-Modified-Since shows changes of that very second too;
    `search_lag`: seconds until search finds a record as it was written;
    `workflow_after`: seconds after which a workflow touches a written record again (None: no workflows);
    `blueprint`: the Stage of deals belongs to a blueprint;
    `cascade`: deleting an account takes its contacts and deals along;
    `merge_leaves_trace`: the loser of a merge shows among the deleted records;
    `credits`, `concurrency`: calls in 24 hours and at once, None for no limit;
    `token_error_status`: HTTP status of a refused token request;
    `scopes`: what the refresh token may do; `client_id`, `client_secret`, `refresh_token`: what opens it.
    """

    name = "zohocrm"

    def __init__(
        self,
        *,
        seed: int,
        records: int,
        clock: SimClock,
        mark: bool = False,
        org_number: bool = True,
        offset_hours: float = 2.0,
        unknown_id_status: int = 204,
        since_inclusive: bool = False,
        search_lag: float = 20.0,
        workflow_after: float | None = None,
        blueprint: bool = False,
        cascade: bool = False,
        merge_leaves_trace: bool = True,
        credits: int | None = 55_000,  # noqa: A002 - Zoho's word
        concurrency: int | None = 20,
        token_error_status: int = 200,
        scopes: tuple[str, ...] = SCOPES,
        client_id: str = "demo-client-id",
        client_secret: str = "demo-client-secret",  # noqa: S107 - opens nothing but this simulator
        refresh_token: str = "demo-refresh-token",  # noqa: S107
    ) -> None:
        self.clock = clock
        self.table = Table(clock=clock, seed=seed, offset_hours=offset_hours)
        for module in MODULES:
            if mark:
                self.table.fields[module][MARK.api_name] = MARK
        if org_number:
            self.table.fields["Accounts"][ORG_NUMBER.api_name] = ORG_NUMBER
        self.accounts = Accounts(
            clock=clock,
            seed=seed,
            client_id=client_id,
            client_secret=client_secret,
            refresh_token=refresh_token,
            scopes=tuple(scopes),
            error_status=token_error_status,
        )
        self._merge_leaves_trace = merge_leaves_trace
        self._limits = Limits(clock=clock, credits=credits, concurrency=concurrency)
        self._reader = Reader(self.table, unknown_id_status=unknown_id_status, since_inclusive=since_inclusive)
        self._writer = Writer(self.table, blueprint=blueprint, workflow_after=workflow_after, cascade=cascade)
        self._search = Search(self.table, lag=search_lag)
        self._coql = Coql(self.table)
        self._settings = Settings(self.table)
        self._lock = threading.RLock()
        fill(self.table, self._writer, seed=seed, records=records)

    # -- the API

    def handle(self, request: Request) -> Response:
        """Answer one call of the API or of the accounts server."""
        if request.path.startswith("/oauth/v2"):
            with self._lock:
                return self.accounts.handle(request)
        try:
            with self._limits.inside(), self._lock:
                self._settle()
                try:
                    response = self._admitted(request)
                except Refusal as refusal:
                    response = refused(refusal)
                return replace(response, headers={**response.headers, **self._limits.headers()})
        except Refusal as too_many_at_once:
            return refused(too_many_at_once)

    def _settle(self) -> None:
        self.table.expire()
        self._writer.run_automation()

    def _admitted(self, request: Request) -> Response:
        """Check address, version, token and credits in that order, then answer."""
        match request.path.strip("/").split("/"):
            case ["crm", version, *rest] if rest:
                if version != VERSION:
                    raise Refusal("API_NOT_SUPPORTED", "api version not supported", {"supported_version": VERSION})
            case _:
                raise _no_such_url()
        self.accounts.admit(request, _scopes(request.method, rest))
        self._limits.spend(cost(request.method, _items(request)))
        return self._route(request, rest)

    def _route(self, request: Request, rest: list[str]) -> Response:
        match (request.method, *rest):
            case (_, "settings", *deeper):
                return self._settings_route(request, deeper)
            case ("GET", "users"):
                return self._settings.users(request)
            case ("GET", "users", key):
                return self._settings.user(key)
            case ("GET", "org"):
                return self._settings.org()
            case ("POST", "coql"):
                return self._coql.select(request)
            case (_, "users" | "org" | "coql", *_):
                raise _wrong_method()
        if rest[0] not in MODULES:
            raise Refusal("INVALID_MODULE", "The module name given seems to be invalid", {"resource_path_index": 0})
        return self._module_route(request, MODULES[rest[0]], rest[1:])

    def _module_route(self, request: Request, module: Module, rest: list[str]) -> Response:
        match (request.method, *rest):
            case ("GET",):
                return self._reader.records(module, request)
            case ("POST",):
                return self._writer.insert(module, request)
            case ("PUT",):
                return self._writer.update(module, request, None)
            case ("DELETE",):
                return self._writer.delete(module, request, None)
            case ("GET", "deleted"):
                return self._reader.deleted(module, request)
            case ("GET", "search"):
                return self._search.records(module, request)
            case ("POST", "upsert"):
                return self._writer.upsert(module, request)
            case (_, "deleted" | "search" | "upsert"):
                raise _wrong_method()
            case ("GET", key):
                return self._reader.record(module, key, request)
            case ("PUT", key):
                return self._writer.update(module, request, key)
            case ("DELETE", key):
                return self._writer.delete(module, request, key)
            case (_,) | (_, _):
                raise _wrong_method()
        raise _no_such_url()

    def _settings_route(self, request: Request, rest: list[str]) -> Response:
        match (request.method, *rest):
            case ("GET", "fields"):
                return self._settings.fields(request)
            case ("POST", "fields"):
                return self._settings.create_fields(request)
            case ("GET", "fields", key):
                return self._settings.field(request, key)
            case ("GET", "recycle_bin"):
                return self._settings.recycle_bin(request)
            case ("DELETE", "recycle_bin", key):
                return self._settings.purge([key])
            case ("POST", "recycle_bin", key, "actions", "restore"):
                return self._settings.restore([key])
            case ("POST", "recycle_bin", "actions", "restore"):
                return self._settings.restore(_ids(request))
            case (_, "fields") | (_, "fields", _) | (_, "recycle_bin", *_):
                raise _wrong_method()
        raise _no_such_url()

    # -- the door

    def collections(self) -> list[str]:
        """The collections by the names the dataflow documents use."""
        return [module.collection for module in MODULES.values()]

    def door_get(self, collection: str) -> list[Record]:
        """All records as they are now."""
        module = _named(collection)
        with self._lock:
            self._settle()
            return [self.table.record(module, row) for row in self.table.rows[module.api_name].values()]

    def door_get_one(self, collection: str, key: str) -> Record | None:
        """One record as it is now, or None."""
        module = _named(collection)
        with self._lock:
            self._settle()
            row = self.table.rows[module.api_name].get(key)
            return None if row is None else self.table.record(module, row)

    def door_put(self, collection: str, key: str | None, changes: Record) -> Record:
        """Create or change a record as a person would.

        `Locked__s` (true, false) locks a record, `$approval_state` puts it into an approval process, `Restored` brings
        one back from the recycle bin; the rest are fields, lookups as `{"id": ...}` or as a bare id.
        """
        module = _named(collection)
        with self._lock:
            self._settle()
            try:
                row = self._put(module, key, dict(changes))
            except Refusal as refusal:
                raise DoorError(
                    f"{collection} refuses that: {refusal.code} {refusal.details.get('api_name', '')}".strip(),
                    f"send what its fields take; details: {_without_values(refusal.details)}",
                ) from refusal
            return self.table.record(module, row)

    def _put(self, module: Module, key: str | None, changes: dict[str, Any]) -> Row:
        if key is not None and changes.pop("Restored", False):
            self._settings.bring_back(key)
        fields = self.table.fields[module.api_name]
        for name in changes:
            if name not in {"Locked__s", "$approval_state"} and (name not in fields or not fields[name].writable):
                raise DoorError(
                    f"{module.collection} has no field {name} that a person can write",
                    f"use one of {', '.join(sorted(n for n, f in fields.items() if f.writable))}",
                )
        locked, approval = changes.pop("Locked__s", None), changes.pop("$approval_state", None)
        item = {
            name: {"id": value} if isinstance(value, str) and fields[name].json_type == "jsonobject" else value
            for name, value in changes.items()
        }
        if key is None:
            row = self._writer.add(module, item, self.table.person)
        else:
            row = self._standing(module, key)
            if item:
                row = self._writer.change(module, row, item, self.table.person)
        if locked is not None or approval is not None:
            row = replace(
                row,
                locked=row.locked if locked is None else bool(locked),
                approval=row.approval if approval is None else str(approval),
            )
            self.table.put(module, row)
        return row

    def door_delete(self, collection: str, key: str) -> None:
        """Move a record to the recycle bin as a person would; deleting it there again deletes it for good."""
        module = _named(collection)
        with self._lock:
            self._settle()
            if key in self.table.bin[module.api_name]:
                self.table.purge(module, key)
                return
            self._standing(module, key)
            self._writer.remove(module, key, self.table.person)

    def door_merge(self, collection: str, loser: str, survivor: str) -> Record:
        """Merge two records as a person would: the survivor keeps its values and takes what it lacks from the loser.

        What refers to the loser refers to the survivor from then on. All of this is [inferred].
        """
        module = _named(collection)
        with self._lock:
            self._settle()
            lost, kept = self._standing(module, loser), self._standing(module, survivor)
            if loser == survivor:
                raise DoorError("a record cannot be merged with itself", "name two records")
            lacking = {name: value for name, value in lost.values.items() if kept.values.get(name) in {None, ""}}
            for name, rows in self.table.rows.items():
                for row in list(rows.values()):
                    moved = {
                        field.api_name: survivor
                        for field in self.table.fields[name].values()
                        if field.lookup == module.api_name and row.values.get(field.api_name) == loser
                    }
                    if moved:
                        self.table.put(MODULES[name], replace(row, values={**row.values, **moved}))
            if self._merge_leaves_trace:
                self.table.delete(module, loser, self.table.person)
            else:
                self.table.vanish(module, loser)
            return self.table.record(module, self.table.change(module, kept, lacking, self.table.person))

    def _standing(self, module: Module, key: str) -> Row:
        row = self.table.rows[module.api_name].get(key)
        if row is None:
            raise DoorError(
                f"{module.collection} has no record {key}", f"GET /records/{module.collection} lists them", 404
            )
        return row


def _named(collection: str) -> Module:
    for module in MODULES.values():
        if module.collection == collection:
            return module
    known = ", ".join(module.collection for module in MODULES.values())
    raise DoorError(f"there is no collection {collection}", f"use one of {known}", 404)


def _without_values(details: Mapping[str, Any]) -> str:
    kept = ("json_path", "expected_data_type", "maximum_length")
    return ", ".join(f"{name}={details[name]}" for name in kept if name in details) or "none"


def _scopes(method: str, rest: list[str]) -> tuple[str, ...]:
    """The scopes of which one is needed."""
    right = _RIGHTS.get(method, "ALL")
    match rest:
        case ["settings", area, *_]:
            return (f"ZohoCRM.settings.{area}.{right}",)
        case ["users" | "org" as area, *_]:
            return (f"ZohoCRM.{area}.{right}",)
        case ["coql"]:
            return ("ZohoCRM.coql.READ",)
        case [_, "search"]:
            return ("ZohoSearch.securesearch.READ",)
    return (f"ZohoCRM.modules.{rest[0]}.{right}",)


def _items(request: Request) -> int:
    """How many records a write carries, for its price."""
    if request.method not in {"POST", "PUT"}:
        return 1
    try:
        body = request.json()
    except ValueError:
        return 1
    data = body.get("data") if isinstance(body, dict) else None
    return len(data) if isinstance(data, list) else 1


def _ids(request: Request) -> list[str]:
    try:
        ids = request.json().get("ids")
    except (ValueError, AttributeError) as error:
        raise invalid("body", expected_data_type="jsonobject") from error
    if not isinstance(ids, list) or not ids:
        raise Refusal("MANDATORY_NOT_FOUND", "required field not found", {"api_name": "ids", "json_path": "$.ids"})
    return [str(key) for key in ids]


def _no_such_url() -> Refusal:
    return Refusal("INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", status=404)


def _wrong_method() -> Refusal:
    return Refusal("INVALID_REQUEST_METHOD", "The http request method type is not a valid one")
