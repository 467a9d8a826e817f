"""A simulator small enough to see through: two records that tests put there, no vendor's rules."""

from __future__ import annotations

import pytest

from samtale.simulators.base import DoorError, FakeClock, Record, Request, Response, SimClock, json_response


class Notes:
    """A system that keeps notes: GET /notes, POST /notes. Honours the hook `empty_list`."""

    name = "notes"

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.notes: dict[str, Record] = {"1": {"text": "first"}}

    def handle(self, request: Request) -> Response:
        if request.method == "POST":
            self.notes[str(len(self.notes) + 1)] = request.json()
            return json_response(201, request.json())
        return json_response(200, [] if "empty_list" in request.hooks else list(self.notes.values()))

    def collections(self) -> list[str]:
        return ["Notes"]

    def door_get(self, collection: str) -> list[Record]:
        return list(self.notes.values())

    def door_get_one(self, collection: str, key: str) -> Record | None:
        return self.notes.get(key)

    def door_put(self, collection: str, key: str | None, changes: Record) -> Record:
        if "text" not in changes:
            raise DoorError("a note needs a text", 'send {"text": "..."}')
        return self.notes.setdefault(key or str(len(self.notes) + 1), {}) | changes

    def door_delete(self, collection: str, key: str) -> None:
        if self.notes.pop(key, None) is None:
            raise DoorError(f"no note {key}", "GET /records/Notes lists them", 404)


@pytest.fixture
def notes() -> Notes:
    return Notes(FakeClock())
