"""Credits and concurrency: when Zoho answers TOO_MANY_REQUESTS.

Follows Zoho's "API Limits" page: credits in a rolling 24 hours, calls at the same time per organization and
application, 429 for both with one code and without Retry-After, and a header with the rest once half is used.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from samtale.simulators.base import SimClock
from samtale.simulators.zohocrm.answers import Refusal

_DAY = 86_400.0


def _too_many() -> Refusal:
    return Refusal("TOO_MANY_REQUESTS", "too many requests have been made, please try later", status=429)


class Limits:
    """Counts what was used. `inside` may be entered by many threads; the rest runs under the simulator's lock."""

    def __init__(self, *, clock: SimClock, credits: int | None, concurrency: int | None) -> None:  # noqa: A002
        self._clock = clock
        self._credits = credits
        self._concurrency = concurrency
        self._spent: deque[tuple[float, int]] = deque()
        self._used = 0
        self._inside = 0
        self._guard = threading.Lock()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count a call while it is being answered. Raises Refusal (429) when too many are."""
        with self._guard:
            if self._concurrency is not None and self._inside >= self._concurrency:
                raise _too_many()
            self._inside += 1
        try:
            yield
        finally:
            with self._guard:
                self._inside -= 1

    def spend(self, cost: int) -> None:
        """Pay for a call. Raises Refusal (429) when the credits do not suffice; that costs nothing [inferred]."""
        now = self._clock.elapsed()
        while self._spent and self._spent[0][0] <= now - _DAY:
            self._used -= self._spent.popleft()[1]
        if self._credits is not None and self._used + cost > self._credits:
            raise _too_many()
        self._spent.append((now, cost))
        self._used += cost

    def headers(self) -> dict[str, str]:
        """X-API-CREDITS-REMAINING, once at least half is used."""
        if self._credits is None or self._used * 2 < self._credits:
            return {}
        return {"X-API-CREDITS-REMAINING": str(self._credits - self._used)}


def cost(method: str, items: int) -> int:
    """1 credit a call; insert, update and upsert 1 for every 10 records begun."""
    return max(1, -(-items // 10)) if method in {"POST", "PUT"} else 1
