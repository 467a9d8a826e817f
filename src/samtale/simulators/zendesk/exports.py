"""Incremental exports: the feed of what was created or changed, which leaves out the last minute.

Follows Zendesk's page Incremental Exports: users by cursor or by time, organizations by time alone, `start_time` in
seconds and included, so that rows at the boundary come again. Whether deleted users are in it is not documented.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.zendesk.answers import malformed, whole
from samtale.simulators.zendesk.table import Kind, Row, Table

MOST = 1000


class Exports:
    """The feed. `recent` is the time that it leaves out, in seconds."""

    def __init__(self, table: Table, *, recent: float, deleted: bool) -> None:
        self._table = table
        self._recent = recent
        self._deleted = deleted

    def by_cursor(self, request: Request) -> Response:
        """Users from `start_time`, then from a cursor. A walk's last cursor leads to its last second once more."""
        start, after = self._start(request)
        rows = [r for r in self._rows("users", request) if (_second(r), r.id) > (start, after)]
        length = _length(request)
        endless = "endless_pages" in request.hooks
        page, more = rows[:length], len(rows) > length or endless
        if "duplicate_between_pages" in request.hooks and after and page:
            page = [self._table.rows["users"].get(after, page[0]), *page]
        if page:
            last = page[-1]
            following = _cursor(_second(last), last.id) if more and not endless else _cursor(_second(last), 0)
        else:
            following = _cursor(start, after)
        base = f"http://{request.header('host') or '127.0.0.1'}{request.path}"
        return json_response(
            200,
            {
                "users": [self._table.record("users", row) for row in page],
                "after_url": f"{base}?cursor={following}",
                "after_cursor": following,
                "before_url": None,
                "before_cursor": None,
                "end_of_stream": not more,
            },
        )

    def by_time(self, kind: Kind, request: Request) -> Response:
        """Users or organizations from `start_time`; a page goes on to the end of its last second."""
        start = self._start_time(request)
        rows = [r for r in self._rows(kind, request) if _second(r) >= start]
        length = _length(request)
        end = min(length, len(rows))
        while end < len(rows) and (_second(rows[end]) == _second(rows[end - 1]) or _second(rows[end - 1]) <= start):
            end += 1
        page = rows[:end]
        end_time = _second(page[-1]) if page else start
        endless = "endless_pages" in request.hooks
        base = f"http://{request.header('host') or '127.0.0.1'}{request.path}"
        body: dict[str, Any] = {
            kind: [self._table.record(kind, row) for row in page],
            "count": len(page),
            "end_time": start if endless else end_time,
            "next_page": f"{base}?start_time={end_time}",
            "end_of_stream": end >= len(rows) and not endless,
        }
        return json_response(200, body)

    def _rows(self, kind: Kind, request: Request) -> list[Row]:
        """Rows older than what is left out, by time and id."""
        if "empty_list" in request.hooks:
            return []
        stale = request.hooks.get("stale_read")
        rows = self._table.as_of(kind, stale.seconds if stale is not None else 0.0)
        until = self._table.clock.elapsed() - self._recent
        shown = {"active", "deleted"} if self._deleted else {"active"}
        found = [r for r in rows.values() if r.touched <= until and r.state in shown]
        return sorted(found, key=lambda r: (_second(r), r.id))

    def _start(self, request: Request) -> tuple[int, int]:
        cursor = request.parameter("cursor")
        if not cursor:
            return self._start_time(request), 0
        try:
            second, _, key = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
            return int(second), int(key)
        except (binascii.Error, ValueError, UnicodeDecodeError):
            raise malformed("Invalid attribute", "cursor is not valid") from None

    def _start_time(self, request: Request) -> int:
        """The parameter, which must lie more than a minute back; what Zendesk answers otherwise is unknown."""
        start = whole(request.parameter("start_time") or "", "Invalid start_time")
        if start > self._table.clock.now().timestamp() - self._recent / self._table.clock.speed:
            raise malformed("Invalid start_time", "start_time must be more than 60 seconds ago")
        return start


def _length(request: Request) -> int:
    return max(1, min(MOST, whole(request.parameter("per_page") or MOST)))


def _second(row: Row) -> int:
    return int(row.updated.timestamp())


def _cursor(second: int, key: int) -> str:
    return base64.urlsafe_b64encode(f"{second}|{key}".encode()).decode()
