"""Lists and single records: pages by cursor or by number, look-ups by key, and two searches.

Follows Zendesk's pages Pagination, Users, Organizations and Search. Pages by number end at 10,000 records. `/users/search`
by words lags behind; look-ups by `external_id` and by an organization's name do not [inferred].
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.zendesk.answers import listed, malformed, whole
from samtale.simulators.zendesk.table import Json, Kind, Row, Table, shown_identity, shown_membership

T = TypeVar("T")
MOST = 100
DEEPEST = 100


class Reader:
    """Reads a table. `deleted_in_lists`, `deleted_by_id`: whether deleted users show there, which is not documented."""

    def __init__(self, table: Table, *, search_lag: float, deleted_in_lists: bool, deleted_by_id: bool) -> None:
        self._table = table
        self._search_lag = search_lag
        self._deleted_in_lists = deleted_in_lists
        self._deleted_by_id = deleted_by_id

    # -- lists

    def list(self, kind: Kind, request: Request) -> Response:
        """All users or organizations, filtered by role or `external_id`."""
        rows: Iterable[Row] = sorted(self._rows(kind, request).values(), key=lambda row: row.id)
        rows = [r for r in rows if r.state == "active" or (self._deleted_in_lists and r.state == "deleted")]
        if kind == "users":
            roles = {value for name, value in request.query if name in ("role", "role[]")}
            external = request.parameter("external_id")
            rows = [r for r in rows if not roles or r.values["role"] in roles]
            rows = [r for r in rows if external is None or _same(r.values["external_id"], external)]
        if "empty_list" in request.hooks:
            rows = []
        return paged(request, kind, list(rows), lambda row: row.id, lambda row: self._table.record(kind, row))

    def deleted(self, request: Request) -> Response:
        """Deleted users, also those who are deleted for good."""
        rows = [r for r in self._table.rows["users"].values() if r.state != "active"]
        return paged(request, "deleted_users", rows, lambda row: row.id, self._brief)

    def _brief(self, row: Row) -> Json:
        names = ("name", "email", "phone", "shared_phone_number", "locale", "role", "organization_id", "time_zone")
        whole_record = self._table.record("users", row)
        shown = {name: whole_record[name] for name in ("id", "url", "created_at", "updated_at", "active", *names)}
        return {**shown, "photo": None, "locale_id": 1}

    def identities(self, request: Request, user: int) -> Response:
        """All identities of a user."""
        rows = self._table.identities_of(user)
        return paged(request, "identities", rows, lambda one: one.id, shown_identity)

    def memberships(self, request: Request, user: int) -> Response:
        """All memberships of a user, the default first."""
        rows = self._table.memberships_of(user)
        return paged(request, "organization_memberships", rows, lambda one: one.id, shown_membership)

    def merges(self, request: Request, organization: int) -> Response:
        """The merges that an organization, also one that is gone, won or lost."""
        rows = [merge for merge in self._table.merges if organization in merge[1:]]

        def shown(merge: tuple[int, int, int]) -> Json:
            key, loser, winner = merge
            url = f"https://demo.zendesk.com/api/v2/organization_merges/{key}.json"
            return {"id": str(key), "url": url, "loser_id": loser, "winner_id": winner, "status": "complete"}

        return paged(request, "organization_merges", rows, lambda merge: merge[0], shown)

    # -- single records

    def one(self, kind: Kind, key: str, request: Request) -> Row | None:
        """A record by its id; a deleted user shows too, no longer active [inferred]. Raises Refusal for no number."""
        row = self._rows(kind, request).get(whole(key))
        if row is None or row.state == "purged" or (row.state == "deleted" and not self._deleted_by_id):
            return None
        return row

    def many(self, kind: Kind, request: Request) -> Response:
        """Up to a hundred records by their ids or by `external_ids`; what is not there is left out."""
        ids, external = request.parameter("ids"), request.parameter("external_ids")
        wanted = [one for one in (ids or external or "").split(",") if one]
        if len(wanted) > MOST:
            raise malformed("Invalid attribute", "Too many records. You can request up to 100.")
        if ids is not None:
            rows = [self.one(kind, key, request) for key in wanted]
        else:
            rows = [self._table.holder(kind, "external_id", value) for value in wanted]
        found = {row.id: self._table.record(kind, row) for row in rows if row is not None}
        return json_response(
            200, {kind: list(found.values()), "next_page": None, "previous_page": None, "count": len(found)}
        )

    def search(self, kind: Kind, request: Request) -> Response:
        """Users by words (late) or by `external_id`; organizations by exactly one of `external_id` and `name`."""
        external = request.parameter("external_id")
        other = request.parameter("name" if kind == "organizations" else "query")
        if (external is None) == (other is None):
            raise malformed("Invalid attribute", "Give exactly one parameter")
        if external is not None:
            rows = [self._table.holder(kind, "external_id", external)]
        elif kind == "organizations":
            rows = [self._table.holder(kind, "name", other)]
        else:
            rows = list(self._matching(str(other)))
        found = [row for row in rows if row is not None and row.state == "active"]
        return paged(request, kind, found, lambda row: row.id, lambda row: self._table.record(kind, row), cursors=False)

    def _matching(self, query: str) -> Iterable[Row]:
        words = [word.strip('"').casefold() for word in query.replace("type:user", "").split()]
        indexed = self._table.as_of("users", self._search_lag)
        for row in indexed.values():
            addresses = [str(row.values["email"] or ""), *(i.value for i in self._table.identities_of(row.id, "email"))]
            text = " ".join([str(row.values["name"]), *addresses]).casefold()
            exact = {f"email:{address.casefold()}" for address in addresses}
            if all(word in exact if word.startswith("email:") else word in text for word in words):
                yield row

    def _rows(self, kind: Kind, request: Request) -> dict[int, Row]:
        stale = request.hooks.get("stale_read")
        return self._table.as_of(kind, stale.seconds if stale is not None else 0.0)


def paged(
    request: Request,
    name: str,
    rows: list[T],
    key: Callable[[T], int],
    shown: Callable[[T], Json],
    *,
    cursors: bool = True,
) -> Response:
    """One page: by cursor where `page[size]` is given, else by number."""
    size = request.parameter("page[size]")
    if size is None:
        return _numbered(request, name, rows, shown)
    if not cursors:
        raise malformed("Invalid attribute", "page must be an integer")
    length = max(1, min(MOST, whole(size)))
    start = _place(request.parameter("page[after]"), rows, key)
    if start and "duplicate_between_pages" in request.hooks:
        start -= 1
    endless = "endless_pages" in request.hooks
    if endless and start >= len(rows):
        start = 0
    page = rows[start : start + length]
    more = endless or start + length < len(rows)
    after = _cursor(key(page[-1])) if page else None
    before = _cursor(key(page[0])) if page else None
    base = _base(request)
    links = {
        "next": f"{base}?page%5Bafter%5D={after}&page%5Bsize%5D={length}" if more else None,
        "prev": f"{base}?page%5Bbefore%5D={before}&page%5Bsize%5D={length}" if start else None,
    }
    meta = {"has_more": more, "after_cursor": after, "before_cursor": before}
    return json_response(200, {name: [shown(row) for row in page], "meta": meta, "links": links})


def _numbered(request: Request, name: str, rows: list[T], shown: Callable[[T], Json]) -> Response:
    number, length = whole(request.parameter("page") or "1"), min(MOST, whole(request.parameter("per_page") or MOST))
    if number > DEEPEST or number * length > DEEPEST * MOST:
        raise listed(400, "InvalidPaginationDepth", "Pagination depth is limited to 100 pages")
    page = rows[(number - 1) * length : number * length]
    more = number * length < len(rows)
    base = _base(request)
    body: dict[str, Any] = {
        name: [shown(row) for row in page],
        "count": len(rows),
        "next_page": f"{base}?page={number + 1}&per_page={length}" if more else None,
        "previous_page": f"{base}?page={number - 1}&per_page={length}" if number > 1 else None,
    }
    return json_response(200, body)


def _base(request: Request) -> str:
    return f"http://{request.header('host') or '127.0.0.1'}{request.path}"


def _cursor(key: int) -> str:
    return base64.urlsafe_b64encode(f"o|{key}".encode()).decode()


def _place(cursor: str | None, rows: list[T], key: Callable[[T], int]) -> int:
    """Where a page begins: after the row that the cursor names, whether that is still there or not."""
    if not cursor:
        return 0
    try:
        after = int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix("o|"))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        raise listed(400, "InvalidPaginationParameter", "page[after] is not valid") from None
    return next((n for n, row in enumerate(rows) if key(row) > after), len(rows))


def _same(one: Any, other: str) -> bool:
    return str(one or "").casefold() == other.casefold()
