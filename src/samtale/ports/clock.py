"""Time, as a port: tests stand still, move on by hand, or live in a simulated week."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary point; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
