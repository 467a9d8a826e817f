"""The clock on the wall."""

from __future__ import annotations

import threading
import time


class SystemClock:
    """The clock on the wall. Long waits end early once a person asked the run to stop."""

    #: Seconds: waits up to this long are always waited out, since rates and lags count on them.
    PATIENCE = 2.0

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds <= self.PATIENCE:
            time.sleep(max(0.0, seconds))
        else:
            self.stop.wait(seconds)
