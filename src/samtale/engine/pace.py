"""Pace: how fast an account may be asked, as values: a limit and a bucket in, a bucket and a wait out.

Knows no clock, no network and no store; who keeps the bucket (one process, or a store that all workers share) passes
the time in.
"""

from __future__ import annotations

import msgspec


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``requests`` in any window of ``seconds``, as a vendor states it."""

    requests: float
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.requests <= 0 or self.seconds <= 0:
            raise ValueError("a limit needs more than zero requests in more than zero seconds")

    @property
    def burst(self) -> float:
        """Requests that may follow each other without waiting."""
        return max(1.0, self.requests // 5)

    @property
    def rate(self) -> float:
        """Requests a second thereafter; together with the burst it never exceeds the limit in any window."""
        return (self.requests - self.burst if self.requests >= 2 else self.requests) / self.seconds


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a burst: ``level`` requests at the time ``at`` (seconds).

    Below zero, requests are waiting their turn.
    """

    level: float
    at: float


def take(bucket: Bucket | None, limit: Limit, now: float) -> tuple[Bucket, float]:
    """Reserve one request at time ``now``; returns the bucket after it and the seconds to wait before sending.

    None: a full bucket.
    """
    if bucket is None:
        level = limit.burst
    else:
        level = min(limit.burst, bucket.level + max(0.0, now - bucket.at) * limit.rate)
        now = max(now, bucket.at)
    level -= 1.0
    return Bucket(level=level, at=now), max(0.0, -level / limit.rate)
