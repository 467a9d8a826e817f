"""The door: a small HTTP interface through which tests and the demo act as a person would in a system's own screens.

It is no part of the vendor's API and is never struck by faults. Knows the verbs of `base.Simulator`, no vendor.

    GET    /                                     what this is: name, collections, speed
    GET    /records/COLLECTION                   all records
    GET    /records/COLLECTION/KEY               one record
    PUT    /records/COLLECTION/KEY {changes}     change one (null clears)
    POST   /records/COLLECTION {properties}      create one (PUT without KEY does the same)
    DELETE /records/COLLECTION/KEY               delete one
    POST   /merge/COLLECTION {loser, survivor}   merge two, where the vendor can
    GET, DELETE /requests                        what was asked of the API; forget it
    GET, PUT    /faults {seed, rules}            see `faults`
    PUT    /clock {skew, advance}                set the clock off by seconds; move a fake clock on
"""

from __future__ import annotations

from typing import Any

from samtale.simulators.base import DoorError, FakeClock, Request, Response, Simulator, json_response
from samtale.simulators.faults import Faults, RequestLog, read_plan


class Door:
    """The door of one running simulator."""

    def __init__(self, simulator: Simulator, faults: Faults, log: RequestLog) -> None:
        self._simulator = simulator
        self._faults = faults
        self._log = log

    def handle(self, request: Request) -> Response:
        """Answer one request; what is wrong with it comes back as `{"error": {"summary", "remedy"}}`."""
        try:
            return json_response(200, self._answer(request))
        except DoorError as error:
            return json_response(error.status, {"error": {"summary": error.summary, "remedy": error.remedy}})

    def _answer(self, request: Request) -> Any:
        parts = request.path.strip("/").split("/", 2)
        match (request.method, *parts):
            case ("GET", ""):
                return {
                    "name": self._simulator.name,
                    "collections": self._simulator.collections(),
                    "speed": self._simulator.clock.speed,
                }
            case (_, "records", _, *_):
                return self._records(request, parts[1], parts[2] if len(parts) == 3 else None)
            case ("POST", "merge", collection):
                return self._merge(collection, _object(request))
            case ("GET", "requests"):
                return self._log.entries()
            case ("DELETE", "requests"):
                self._log.clear()
                return {"cleared": True}
            case ("GET", "faults"):
                return self._faults.shown()
            case ("PUT", "faults"):
                self._faults.set(read_plan(_object(request)))
                return self._faults.shown()
            case ("PUT", "clock"):
                return self._set_clock(_object(request))
        raise DoorError(
            f"the door does not know {request.method} {request.path}",
            "use /records/COLLECTION[/KEY], /merge/COLLECTION, /requests, /faults or /clock",
            404,
        )

    def _records(self, request: Request, collection: str, key: str | None) -> Any:
        known = self._simulator.collections()
        if collection not in known:
            raise DoorError(f"there is no collection {collection}", f"use one of {', '.join(known)}", 404)
        match request.method:
            case "GET" if key is None:
                return self._simulator.door_get(collection)
            case "GET":
                record = self._simulator.door_get_one(collection, str(key))
                if record is None:
                    raise DoorError(f"{collection} has no record {key}", f"GET /records/{collection} lists them", 404)
                return record
            case "PUT" | "POST":
                return self._simulator.door_put(collection, key, _object(request))
            case "DELETE" if key is not None:
                self._simulator.door_delete(collection, key)
                return {"deleted": key}
        raise DoorError(f"{request.method} needs a key here", f"use /records/{collection}/KEY", 405)

    def _merge(self, collection: str, wanted: dict[str, Any]) -> Any:
        merge = getattr(self._simulator, "door_merge", None)
        if merge is None:
            raise DoorError(f"{self._simulator.name} has no merge", "delete one of the two records instead")
        if set(wanted) != {"loser", "survivor"}:
            raise DoorError("a merge needs exactly loser and survivor", 'send {"loser": KEY, "survivor": KEY}')
        return merge(collection, str(wanted["loser"]), str(wanted["survivor"]))

    def _set_clock(self, wanted: dict[str, Any]) -> Any:
        clock = self._simulator.clock
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in wanted.values())
        if not wanted or not numbers or not set(wanted) <= {"skew", "advance"}:
            raise DoorError("the clock takes skew and advance, in seconds", 'send {"skew": 3600}')
        if "advance" in wanted:
            if not isinstance(clock, FakeClock) or wanted["advance"] < 0:
                raise DoorError("only a fake clock can be advanced, and only forward", "leave out advance")
            clock.advance(wanted["advance"])
        clock.skew = float(wanted.get("skew", clock.skew))
        return {"now": clock.now().isoformat(), "skew": clock.skew}


def _object(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises DoorError when it is something else."""
    try:
        value = request.json()
    except ValueError as error:
        raise DoorError(f"the body is not JSON: {error}", "send a JSON object") from error
    if not isinstance(value, dict):
        raise DoorError("the body is not a JSON object", 'send properties with their values, such as {"Name": "Acme"}')
    return value
