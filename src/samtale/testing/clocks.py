"""Clocks for tests: one that moves only by hand, one that waits less than it is told."""

from __future__ import annotations

import threading
import time


class StillClock:
    """Moves when it is told to, or when somebody sleeps. Remembers how long it was slept."""

    def __init__(self, now_ms: int = 1_767_600_000_000) -> None:
        self._now_ms = now_ms
        self._passed = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []  #: seconds, one entry for each sleep

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return self._now_ms + int(self._passed * 1000)

    def monotonic(self) -> float:
        """Seconds that have passed."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        with self._lock:
            self.slept.append(seconds)
            self._passed += seconds

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        with self._lock:
            self._passed += seconds


class HurriedClock:
    """The real time, but waits take ``speed`` times less, to go with a simulator of the same speed."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds from an arbitrary point."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait a part of it."""
        time.sleep(seconds / self._speed)
