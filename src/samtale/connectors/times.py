"""Instants as vendors write them, compared and moved without losing a digit.

Watermarks stay the vendor's own text: a rounded time, if rounded up, loses every record in between.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from samtale.core.model import MISSING

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: str) -> datetime | None:
    """The instant that an ISO 8601 text names, digits beyond microseconds cut off; UTC without a zone.

    None for other text.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)


def later(one: str | None, other: object) -> str | None:
    """The later of two instants, as it was written; what is no instant counts as none."""
    if not isinstance(other, str) or other == MISSING or (second := instant(other)) is None:
        return one
    first = instant(one) if one is not None else None
    if first is None or second > first:
        return other
    # Equal to the microsecond: longer fractions decide, so that the text with more digits is not lost.
    return max(str(one), other) if second == first and str(one)[:19] == other[:19] else one


def earlier_by(text: str, seconds: float) -> datetime:
    """The instant ``seconds`` before the one in the text, never after it.

    Raises ValueError for text that is no instant.
    """
    found = instant(text)
    if found is None:
        raise ValueError("not an instant")
    return found - timedelta(seconds=seconds)


def from_ms(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as an instant."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def watermark(newest: str | None, began: datetime) -> str:
    """Where the next incremental read begins: the latest time seen, as it was written, but none after this read began.

    What changed while reading may stand on a page that had been read already; and a system without any record yet has
    no time to show.
    """
    found = instant(newest) if newest is not None else None
    return newest if newest is not None and found is not None and found <= began else began.isoformat()
