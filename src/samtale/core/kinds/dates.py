"""Dates and instants.

What lives here: ISO 8601 in and out, days in a time zone, and keeping the time of day when a day is written into a
date-time. Only spellings that can be read one way are read: ISO 8601, and days with dots (31.12.2026), which put the
day first everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import ClassVar, NamedTuple

from samtale.core.kinds.kind import Form, Lens, Raw, Unreadable, fit, zone
from samtale.core.kinds.text import text_of

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)? ?(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_LONGEST = 60


class Moment(NamedTuple):
    """A date or date-time as written."""

    day: date
    at: time | None  #: time of day in whole seconds; None: a date alone
    fraction: str  #: decimals of the second as digits, without trailing zeros; more than Python's six are kept
    offset: timezone | None  #: None: not said
    zulu: bool  #: whether the offset was written ``Z``

    def stamp(self) -> datetime:
        """With its offset, UTC if none is said; midnight if there is no time."""
        return datetime.combine(self.day, self.at or time.min, self.offset or UTC)


@lru_cache(maxsize=8192)
def moment(text: str) -> Moment:
    """What a text says. Raises Unreadable if it is no date, or none that exists."""
    try:
        if match := _DOTTED.fullmatch(text):
            return Moment(date(int(match[3]), int(match[2]), int(match[1])), None, "", None, False)
        if match := _ISO.fullmatch(text):
            day = date(int(match[1]), int(match[2]), int(match[3]))
            if match[4] is None:
                return Moment(day, None, "", None, False)
            at = time(int(match[4]), int(match[5]), int(match[6] or 0))
            written = match[8] or ""
            return Moment(day, at, (match[7] or "").rstrip("0"), _offset(written), written in ("Z", "z"))
    except (ValueError, OverflowError):
        raise Unreadable("a date or time that does not exist") from None
    raise Unreadable("not a date that can be read in one way only")


def _offset(written: str) -> timezone | None:
    if not written:
        return None
    if written in ("Z", "z"):
        return UTC
    minutes = int(written[1:3]) * 60 + int(written[-2:])
    return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))


def _moment_of(raw: Raw) -> Moment | None:
    if raw is not None and not isinstance(raw, str):
        raise Unreadable("not a text with a date")
    text = text_of(raw, _LONGEST)
    return None if text is None else moment(text)


def _written(stamp: datetime, fraction: str, *, zulu: bool, naive: bool = False) -> str:
    """An instant in ISO 8601, in the offset it has; in UTC if that has seconds (as before standard time)."""
    offset = stamp.utcoffset() or timedelta()
    if zulu or naive or offset % timedelta(minutes=1):
        stamp = stamp.astimezone(UTC)
        offset = timedelta()
        zulu = not naive
    point = "." + fraction if fraction else ""
    tail = "" if naive else "Z" if zulu else _sign(offset)
    return stamp.replace(tzinfo=None).isoformat(timespec="seconds") + point + tail


def _sign(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


@dataclass(frozen=True, slots=True)
class Date(Lens):
    """A calendar day: ``2026-12-31``."""

    name: ClassVar[str] = "date"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`.

        A date-time is the day it falls on in ``form.timezone``. Without an offset, or at midnight in a property that
        holds dates, the day is meant as written: PowerOffice may add a time part to its dates.
        """
        said = _moment_of(raw)
        if said is None:
            return None
        midnight = said.at == time.min and not said.fraction
        if said.at is None or said.offset is None or (midnight and form.type != "datetime"):
            return said.day.isoformat()
        try:
            return said.stamp().astimezone(zone(form.timezone)).date().isoformat()
        except OverflowError:
            raise Unreadable("a date or time that does not exist") from None

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The day; in a date-time, the day at the time that is there, or at midnight in ``form.timezone``."""
        if form.type == "date":
            return value
        if form.type != "datetime":
            return fit(value, form)
        day, here = date.fromisoformat(value), zone(form.timezone)
        try:
            said = _moment_of(current)
        except Unreadable:
            said = None
        try:
            if said is None or said.at is None:
                return _written(datetime.combine(day, time.min, here), "", zulu=False)
            if said.offset is None:
                return _written(datetime.combine(day, said.at, UTC), said.fraction, zulu=False, naive=True)
            at = said.stamp().astimezone(here).time()
            return _written(datetime.combine(day, at, here), said.fraction, zulu=said.zulu)
        except OverflowError:
            return value


@dataclass(frozen=True, slots=True)
class Instant(Lens):
    """A point in time, in UTC: ``2026-12-31T22:30:00Z``, with decimals of the second only where there are any."""

    name: ClassVar[str] = "datetime"

    def read(self, raw: Raw, form: Form) -> str | None:
        """See `Kind.read`. Without an offset UTC is meant; a day alone is its midnight in ``form.timezone``."""
        said = _moment_of(raw)
        if said is None:
            return None
        try:
            stamp = said.stamp()
            if said.at is None:
                stamp = stamp.replace(tzinfo=zone(form.timezone))
            return _written(stamp, said.fraction, zulu=True)
        except OverflowError:
            raise Unreadable("a date or time that does not exist") from None

    def render(self, value: str, form: Form, current: Raw) -> Raw:
        """The instant with or without offset as ``current`` has it, otherwise with that of ``form.timezone``."""
        said = moment(value)
        try:
            local = said.stamp().astimezone(zone(form.timezone))
        except OverflowError:
            local = said.stamp()
        if form.type == "date":
            return local.date().isoformat()
        if form.type != "datetime":
            return fit(value, form)
        try:
            before = _moment_of(current)
        except Unreadable:
            before = None
        timed = before is not None and before.at is not None
        naive = before is not None and timed and before.offset is None
        return _written(local, said.fraction, zulu=before is not None and before.zulu, naive=naive)
