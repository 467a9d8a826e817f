"""Who keeps the buckets: a protocol, and the keeper for one process. The arithmetic is ``samtale.engine.pace``."""

from __future__ import annotations

import threading
from typing import Protocol

from samtale.engine.pace import Bucket, Limit, take
from samtale.ports.clock import Clock


class Pace(Protocol):
    """Shares an account's limit between all who use the account."""

    def take(self, account: str, limit: Limit) -> float:
        """Reserve one request; returns the seconds to wait before sending it."""
        ...


class LocalPace:
    """Buckets in this process, for any number of threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}

    def take(self, account: str, limit: Limit) -> float:
        """Reserve one request; returns the seconds to wait before sending it."""
        with self._lock:
            self._buckets[account], wait = take(self._buckets.get(account), limit, self._clock.monotonic())
        return wait
