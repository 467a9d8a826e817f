"""PowerOffice Go, simulated: the API v2 behind its gateway, and the door for people.

Routes and the door; what happens behind a route lives in the other modules of this package.
"""

from __future__ import annotations

import difflib
import json
import threading
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from samtale.simulators.base import DoorError, Record, Request, Response, SimClock, json_response
from samtale.simulators.powerofficego import writing
from samtale.simulators.powerofficego.answers import Refused, gateway, not_found
from samtale.simulators.powerofficego.books import Books
from samtale.simulators.powerofficego.gate import WITH_WRITE, Gate
from samtale.simulators.powerofficego.reading import list_rows
from samtale.simulators.powerofficego.schema import BY_COLLECTION, TYPES, Type
from samtale.simulators.powerofficego.seeding import fill
from samtale.simulators.powerofficego.table import Row
from samtale.simulators.world import World

_BODY_TYPES = ("application/json", "application/json-patch+json", "text/json")
_LONGEST_URL = 2000


class PowerOfficeGo:
    """One client (company) of PowerOffice Go with one integration; base addresses `/Demo/v2` and `/v2`.

    Options: the three keys; `privileges` (default: all, with write); `rate_limit`, calls a second and subscription key
    (0: none), and whether a 429 has `retry_after`; `replica_lag`, the seconds by which every GET is behind;
    `odd_dates`, some dates have a time of day; `camel_case_addresses`, as clients met them in 2023.
    """

    name = "powerofficego"

    def __init__(
        self,
        *,
        seed: int,
        records: int,
        clock: SimClock,
        application_key: str = "demo-application-key",
        client_key: str = "demo-client-key",
        subscription_key: str = "demo-subscription-key",
        privileges: Iterable[str] = WITH_WRITE,
        rate_limit: int = 10,
        retry_after: bool = True,
        replica_lag: float = 1.5,
        odd_dates: bool = True,
        camel_case_addresses: bool = False,
    ) -> None:
        self.clock = clock
        self.gate = Gate(
            clock,
            application_key=application_key,
            client_key=client_key,
            subscription_key=subscription_key,
            privileges=privileges,
            rate_limit=rate_limit,
            retry_after=retry_after,
        )
        self._seed = seed
        self._lag = replica_lag
        self._lock = threading.RLock()
        self._books = Books(clock, odd_dates=odd_dates, camel_case_addresses=camel_case_addresses)
        fill(self._books, World(seed, records))

    # --- the API ---------------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one call. Paths are read in any case, as clients that work write them differently [inferred]."""
        length = len(request.path) + 1 + len(urlencode(request.query))
        steps = [step for step in request.path.split("/") if step]
        if steps and steps[0].lower() == "demo":
            steps = steps[1:]
        with self._lock:
            if length > _LONGEST_URL:
                return _no_route()  # the vendor's misleading 404 for addresses of more than about 2,000 characters
            if [s.lower() for s in steps] == ["oauth", "token"] and request.method == "POST":
                return self.gate.token(request)
            if len(steps) < 2 or steps[0].lower() != "v2":
                return _no_route()
            try:
                return self._route(request, steps[1].lower(), steps[2:])
            except Refused as refused:
                return refused.response

    def _route(self, request: Request, path: str, ids: list[str]) -> Response:
        if path == "clientintegrationinformation" and request.method == "GET" and not ids:
            return self.gate.refusal(request, (), write=False) or self._integration()
        type_ = next((t for t in TYPES if t.path.lower() == path), None)
        # Contact persons stand below their customer or supplier: the list is global, all else needs the parent's Id.
        nested = type_ is not None and type_.noun == "ContactPerson"
        shape = (request.method, len(ids) - (1 if nested and ids else 0))
        allowed = {("GET", 0), ("POST", 0), ("GET", 1), ("PATCH", 1), ("DELETE", 1)}
        if type_ is None or shape not in allowed or not all(id_.isdecimal() for id_ in ids):
            return _no_route()
        if nested and (not ids if request.method == "POST" else len(ids) == 1):
            return _no_route()
        if (refusal := self.gate.refusal(request, type_.roles, write=request.method != "GET")) is not None:
            return refusal
        numbers = [int(id_) for id_ in ids]
        if request.method == "GET" and not ids:
            return list_rows(self._books, type_, request, self._moment(request), self._seed)
        if request.method == "POST":
            return self._create(type_, request, numbers[0] if nested else None)
        return self._one(type_, request, numbers[-1], numbers[0] if nested else None)

    def _create(self, type_: Type, request: Request, contact: int | None) -> Response:
        """A create answers 201 with the whole record; products answer 200 (vendor's spec)."""
        body = _body(request, _BODY_TYPES)
        row = writing.create(self._books, type_, body, contact=contact, reformat=request.hooks.get("reformat"))
        return json_response(200 if type_.noun == "Product" else 201, self._books.show(type_, row))

    def _one(self, type_: Type, request: Request, id_: int, contact: int | None) -> Response:
        """Read one from the replica, or change or delete it; writes see what is there now, and answer with it."""
        table = self._books.tables[type_.noun]
        row = table.seen(id_, self._moment(request)) if request.method == "GET" else table.get(id_)
        if row is None or (contact is not None and row["ContactId"] != contact):
            raise not_found(type_.noun, id_)
        if request.method == "GET":
            return json_response(200, self._books.show(type_, row))
        if request.method == "DELETE":
            writing.delete(self._books, type_, id_)
            return Response(200)
        operations = _body(request, _BODY_TYPES[:2])
        row = writing.change(self._books, type_, row, operations, reformat=request.hooks.get("reformat"))
        return json_response(200, self._books.show(type_, row))

    def _moment(self, request: Request) -> float:
        """Up to when the replica has seen writes (vendor's page on requests: reads come from a replica)."""
        stale = request.hooks.get("stale_read")
        return self.clock.elapsed() - max(self._lag, stale.seconds if stale else 0.0)

    def _integration(self) -> Response:
        """Who the token belongs to; needs no privilege."""
        valid = sorted(self.gate.privileges)
        return json_response(200, {
            "ActiveClientSubscriptions": ["GoBasis", "GoProject", "GoPayroll"],
            "ClientId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"powerofficego/{self._seed}")),
            "ClientName": "Samtale Demo AS",
            "InvalidPrivileges": sorted(set(WITH_WRITE) - self.gate.privileges),
            "ValidPrivileges": valid,
        })  # fmt: skip

    # --- the door --------------------------------------------------------------------------------------------------

    def collections(self) -> list[str]:
        """The collections by the names that the dataflow documents use."""
        return list(BY_COLLECTION)

    def door_get(self, collection: str) -> list[Record]:
        """All records of a collection as they are now, by Id."""
        type_ = _type(collection)
        with self._lock:
            rows = sorted(self._books.tables[type_.noun].all(), key=lambda row: int(row["Id"]))
            return [self._books.show(type_, row) for row in rows]

    def door_get_one(self, collection: str, key: str) -> Record | None:
        """One record as it is now."""
        type_ = _type(collection)
        with self._lock:
            row = self._row(type_, key)
            return self._books.show(type_, row) if row else None

    def door_put(self, collection: str, key: str | None, changes: Record) -> Record:
        """What a person types in the screens. A customer's key given to Suppliers makes the contact a supplier too."""
        type_ = _type(collection)
        changes = _nested(type_, changes)
        with self._lock:
            try:
                return self._books.show(type_, self._typed(type_, key, changes))
            except Refused as refused:
                answer = refused.response.json()
                raise DoorError(answer["detail"], "give values that the screens would take") from refused

    def door_delete(self, collection: str, key: str) -> None:
        """Delete a record in the screens; nothing in the API tells of it afterwards."""
        type_ = _type(collection)
        with self._lock:
            row = self._row(type_, key)
            if row is None:
                raise DoorError(f"{collection} has no record {key}", f"GET /records/{collection} lists them", 404)
            try:
                writing.delete(self._books, type_, row["Id"])
            except Refused as refused:
                raise DoorError(refused.response.json()["detail"], "archive it, or free it first", 409) from refused

    def _typed(self, type_: Type, key: str | None, changes: Mapping[str, Any]) -> Row:
        if key is None:
            contact = changes.get("ContactId")
            if type_.noun == "ContactPerson" and not isinstance(contact, int):
                raise DoorError(
                    "a contact person needs the ContactId of a customer or supplier", "give its Id as a number"
                )
            return writing.create(self._books, type_, dict(changes), contact=contact, as_person=True)
        row = self._row(type_, key)
        if row is not None:
            return writing.typed(self._books, type_, row, changes)
        if not key.isdecimal():
            raise DoorError(f"{key} is no Id", "Ids are whole numbers", 404)
        return writing.add_role(self._books, type_, int(key), changes)

    def _row(self, type_: Type, key: str) -> Row | None:
        return self._books.tables[type_.noun].get(int(key)) if key.isdecimal() else None


def _type(collection: str) -> Type:
    if collection not in BY_COLLECTION:
        raise DoorError(f"there is no collection {collection}", f"use one of {', '.join(BY_COLLECTION)}", 404)
    return BY_COLLECTION[collection]


def _nested(type_: Type, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes with `MailAddress.City` turned into an object. Raises DoorError for a property that nobody can type."""
    nested: dict[str, Any] = {}
    for path, value in changes.items():
        name, _, part = path.partition(".")
        prop = type_.properties.get(name)
        if prop is None or not (prop.patch or prop.create or name == "ContactId"):
            near = difflib.get_close_matches(name, type_.properties, n=1)
            hint = f"did you mean {near[0]}?" if near and prop is None else "it is computed, or unknown to Go"
            raise DoorError(f"{type_.collection} has no property {name} to type in", hint)
        if part:
            nested.setdefault(name, {})[part] = value
        else:
            nested[name] = value
    return nested


def _body(request: Request, types: Iterable[str]) -> Any:
    """The body as JSON. Raises Refused: 415 for another content type [inferred], 400 for what is no JSON."""
    given = request.header("content-type").partition(";")[0].strip().lower()
    if given not in types and not (given.endswith("+json") and "text/json" in types):
        raise Refused(415, "Unsupported Media Type", f"The content type '{given}' is not supported.")
    try:
        return json.loads(request.body)
    except ValueError as error:
        title = "One or more validation errors occurred."
        raise Refused(400, title, "The body is not valid JSON.", errors={"$": ["Invalid JSON."]}) from error


def _no_route() -> Response:
    """What API Management answers for an address it does not know."""
    return gateway(404, "Resource not found")
