"""What every simulator is made of: request, response, clock, the door's errors, and the protocol of a simulator.

A simulator is a function from request to response over tables in memory. Sockets live in `server`, faults in `faults`,
and what a vendor does in that vendor's own package. Nothing here may know a vendor, or anything of connectors.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from samtale.simulators.faults import Rule

Record = dict[str, Any]
"""One record as the door shows it: the vendor's own property names, JSON values."""


@dataclass(frozen=True)
class Request:
    """One HTTP request as a simulator sees it.

    `path` is percent-decoded and has no query; `query` keeps order and repetitions; `headers` have lower-case names.
    `hooks` holds the faults that only the vendor's code can act out (`faults.HOOKS`), by kind; empty without faults.
    """

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hooks: Mapping[str, Rule] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """The value of a header, any case of `name`; empty when it is absent."""
        return self.headers.get(name.lower(), "")

    def parameter(self, name: str) -> str | None:
        """The first query parameter called `name`, compared without case; None when it is absent."""
        wanted = name.lower()
        return next((value for key, value in self.query if key.lower() == wanted), None)

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """One HTTP response. A `content-length` given in `headers` is sent as it is, even if the body is shorter."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        return json.loads(self.body)


def json_response(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A response with `value` as its JSON body; `headers` add to, or replace, the content type."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, body)


class ConnectionCut(Exception):
    """The connection ends without a reply (a fault); in-process callers turn it into their transport's error."""


class DoorError(Exception):
    """Someone at the door asked for what cannot be; `status` is the HTTP status of the answer."""

    def __init__(self, summary: str, remedy: str, status: int = 400) -> None:
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy
        self.status = status


class SimClock:
    """The vendor's clock: the real time of day (plus `skew` seconds), while waiting goes `speed` times as fast.

    Lags, limits and lifetimes are measured with `elapsed()`, so a simulator writes them as the vendor states them and
    never divides. Only what is *told* to a client in seconds (`expires_in`, `Retry-After`) is divided by `speed`.
    """

    def __init__(self, *, speed: float = 1.0, skew: float = 0.0) -> None:
        if speed <= 0:
            raise ValueError("speed must be greater than zero")
        self.speed = speed
        self.skew = skew

    def now(self) -> datetime:
        """The time of day that the vendor stamps on records and replies: UTC, aware, shifted by `skew` seconds."""
        return datetime.now(UTC) + timedelta(seconds=self.skew)

    def elapsed(self) -> float:
        """Vendor seconds since some fixed moment; never goes back and knows no skew."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Wait for so many vendor seconds."""
        time.sleep(seconds / self.speed)


class FakeClock(SimClock):
    """A clock that moves only when it is told to; `sleep` moves it and returns at once."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 8, 0, tzinfo=UTC), *, skew: float = 0.0) -> None:
        super().__init__(skew=skew)
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed + self.skew)

    def elapsed(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let `seconds` (0 or more) go by."""
        if seconds < 0:
            raise ValueError("time does not go back")
        with self._lock:
            self._elapsed += seconds


class Simulator(Protocol):
    """One vendor's system. Safe for many threads; its tables are guarded by one lock.

    The constructor takes `(*, seed: int, records: int, clock: SimClock, **options)`.
    """

    name: str
    clock: SimClock

    def handle(self, request: Request) -> Response:
        """Answer one call of the vendor's API, its token endpoint included."""
        ...

    def collections(self) -> list[str]:
        """The collections that the door knows, by the names the documents use."""
        ...

    def door_get(self, collection: str) -> list[Record]:
        """All records as they are now, without any lag. Raises DoorError for an unknown collection."""
        ...

    def door_get_one(self, collection: str, key: str) -> Record | None:
        """One record as it is now, or None."""
        ...

    def door_put(self, collection: str, key: str | None, changes: Record) -> Record:
        """Create a record (no key) or change the given properties of one, as a person would in the vendor's screens.

        None clears a property. Timestamps move as the vendor moves them. Raises DoorError.
        """
        ...

    def door_delete(self, collection: str, key: str) -> None:
        """Delete a record as a person would. Raises DoorError when there is none."""
        ...


class MergingSimulator(Simulator, Protocol):
    """A simulator whose vendor lets people merge two records."""

    def door_merge(self, collection: str, loser: str, survivor: str) -> Record:
        """Merge `loser` into `survivor` and return the survivor. Raises DoorError."""
        ...
