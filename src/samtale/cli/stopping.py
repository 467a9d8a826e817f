"""Ctrl-C: the first one lets the call under way end, the second one ends at once. Attempts are committed before calls, so neither loses
anything."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SAYS = b"\nStopping after the call under way. Ctrl-C once more ends at once; nothing is lost either way.\n"


@contextmanager
def stoppable(stop: threading.Event) -> Iterator[list[int]]:
    """Within, SIGINT and SIGTERM set ``stop``; a second one ends the process. Yields the signals that came."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def stopping(number: int, _frame: Any) -> None:
        if asked:
            os._exit(130)
        asked.append(number)
        stop.set()
        os.write(2, SAYS)  # not through the console, which may be in the middle of a line

    before = {number: signal.signal(number, stopping) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        if not asked:  # else the next one ends at once until the very end, when modules are being torn down
            for number, handler in before.items():
                signal.signal(number, handler)
