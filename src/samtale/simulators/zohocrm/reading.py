"""Get Records, Get a Record and Get Deleted Records: parameters, paging with numbers and tokens, 204 and 304.

Follows Zoho's pages "Get Records" and "Get Deleted Records". Where they are silent the choice is the one that is
harder on a client, marked [inferred]. Knows the table; must not change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.zohocrm.answers import Json, Refusal, invalid, missing_parameter, nothing
from samtale.simulators.zohocrm.fields import Module
from samtale.simulators.zohocrm.table import Deleted, Row, Table
from samtale.simulators.zohocrm.validation import read_time

PER_PAGE = 200
FIELDS = 50
IDS = 100
DISCRETE_ROWS = 2_000
TOKEN_ROWS = 100_000
TOKEN_SECONDS = 86_400.0
SORTABLE = ("id", "Created_Time", "Modified_Time")

Key = tuple[Any, int]


@dataclass(frozen=True, kw_only=True)
class _Token:
    """Where a walk stands: everything it is bound to, the last row shown, and how many rows were."""

    bound: tuple[tuple[str, str], ...]
    after: Key
    page: int
    walked: int
    expires: float


@dataclass(frozen=True, kw_only=True)
class _Slice:
    rows: Sequence[Row]
    page: int
    walked: int
    more: bool


class Reader:
    """Answers reads. `unknown_id_status`: 204 or 400, Zoho's own documents name both for a record that is not there."""

    def __init__(self, table: Table, *, unknown_id_status: int, since_inclusive: bool) -> None:
        self._table = table
        self._unknown_id_status = unknown_id_status
        self._since_inclusive = since_inclusive
        self._tokens: dict[str, _Token] = {}

    # -- lists

    def records(self, module: Module, request: Request) -> Response:
        """GET /{Module}."""
        names = _names(request, required=True)
        page, token = request.parameter("page"), request.parameter("page_token")
        _not_both(request, "page", "page_token")
        _not_both(request, "cvid", "sort_by")
        per_page = whole(request, "per_page", PER_PAGE, most=PER_PAGE)
        sort_by = chosen(request, "sort_by", SORTABLE, "id")
        order = chosen(request, "sort_order", ("asc", "desc"), "desc")
        since = time_header(request, "if-modified-since")
        if "empty_list" in request.hooks:
            return nothing()
        rows = self._selected(module, request, since)
        if not rows:
            return nothing(304 if since is not None else 204)

        def key(row: Row) -> Key:
            return self._table.value(module, row, sort_by), int(row.id)

        rows.sort(key=key, reverse=order == "desc")
        if token is not None:
            keys = [key(row) for row in rows]
            shown = self._after_token(request, rows, keys, token, per_page, descending=order == "desc")
        else:
            shown = _numbered(request, rows, 1 if page is None else whole(request, "page", 1), per_page)
        if not shown.rows:
            return nothing()
        return json_response(200, {
            "data": [self._table.record(module, row, names) for row in shown.rows],
            "info": {
                "per_page": per_page,
                "count": len(shown.rows),
                "page": shown.page,
                "sort_by": sort_by,
                "sort_order": order,
                "more_records": shown.more,
                **self._next(request, shown, key(shown.rows[-1])),
                "previous_page_token": None,
                "call": False,
                "email": False,
            },
        })  # fmt: skip

    def _selected(self, module: Module, request: Request, since: datetime | None) -> list[Row]:
        stale = request.hooks.get("stale_read")
        there = self._table.rows_as_of(module, stale.seconds if stale else 0)
        ids = request.parameter("ids")
        if ids is None:
            rows = list(there.values())
        else:
            wanted = [key.strip() for key in ids.split(",") if key.strip()]
            if len(wanted) > IDS:
                raise Refusal("LIMIT_EXCEEDED", "ids limit exceeded", {"param_name": "ids", "limit": IDS})
            rows = [there[key] for key in dict.fromkeys(wanted) if key in there]
        return [row for row in rows if self._later(row.modified, since)]

    def _later(self, moment: datetime, since: datetime | None) -> bool:
        """Whether it happened after `since`. That the very second is left out is [inferred], hence the option."""
        if since is None:
            return True
        return moment >= since if self._since_inclusive else moment > since

    def _after_token(
        self, request: Request, rows: list[Row], keys: list[Key], name: str, per_page: int, *, descending: bool
    ) -> _Slice:
        """The page that a token stands for: what comes after the last row shown, whatever moved meanwhile."""
        token = self._tokens.get(name)
        if token is None:
            raise invalid("the page_token given seems to be invalid", param_name="page_token")
        if token.expires <= self._table.clock.elapsed():
            raise Refusal("EXPIRED_VALUE", "the page_token has expired", {"param_name": "page_token"})
        if token.bound != _bound(request):
            raise Refusal(
                "TOKEN_BOUND_DATA_MISMATCH", "parameters differ from those of the token", {"param_name": "page_token"}
            )
        endless = "endless_pages" in request.hooks
        if token.walked >= TOKEN_ROWS and not endless:
            raise Refusal("PAGINATION_LIMIT_EXCEEDED", "pagination limit exceeded", {"limit": TOKEN_ROWS})
        start = next(
            (i for i, key in enumerate(keys) if (key < token.after if descending else key > token.after)), len(rows)
        )
        if endless and start >= len(rows):
            start = 0
        found = rows[start : start + per_page]
        more = endless or start + per_page < len(rows)
        if "duplicate_between_pages" in request.hooks and start:
            found = rows[start - 1 : start + per_page]
        return _Slice(rows=found, page=token.page, walked=token.walked + len(found), more=more)

    def _next(self, request: Request, shown: _Slice, last: Key) -> Json:
        if not shown.more:
            return {"next_page_token": None, "page_token_expiry": None}
        clock = self._table.clock
        now = clock.elapsed()
        for name in [name for name, token in self._tokens.items() if token.expires <= now - TOKEN_SECONDS]:
            del self._tokens[name]
        name = self._table.random.randbytes(32).hex()
        self._tokens[name] = _Token(
            bound=_bound(request), after=last, page=shown.page + 1, walked=shown.walked, expires=now + TOKEN_SECONDS
        )
        expiry = self._table.now() + timedelta(seconds=TOKEN_SECONDS / clock.speed)
        return {"next_page_token": name, "page_token_expiry": self._table.shown_time(expiry)}

    # -- one record

    def record(self, module: Module, key: str, request: Request) -> Response:
        """GET /{Module}/{id}."""
        names = _names(request, required=False)
        stale = request.hooks.get("stale_read")
        row = self._table.rows_as_of(module, stale.seconds if stale else 0).get(key)
        if row is None:
            if key.isdigit() and self._unknown_id_status == 204:
                return nothing()
            raise invalid("the id given seems to be invalid", resource_path_index=1)
        return json_response(200, {"data": [self._table.record(module, row, names)]})

    # -- deleted records

    def deleted(self, module: Module, request: Request) -> Response:
        """GET /{Module}/deleted: the recycle bin and what is gone for good, latest first."""
        kind = request.parameter("type") or "all"
        if kind not in {"all", "recycle", "permanent"}:
            raise Refusal(
                "PATTERN_NOT_MATCHED", "Please check whether the input values are correct", {"param_name": "type"}
            )
        per_page = whole(request, "per_page", PER_PAGE, most=PER_PAGE)
        page = whole(request, "page", 1)
        since = time_header(request, "if-modified-since")
        found: list[Deleted] = []
        if kind != "permanent":
            found += self._table.bin[module.api_name].values()
        if kind != "recycle":
            found += self._table.gone[module.api_name].values()
        found = [one for one in found if self._later(one.at, since)]
        found.sort(key=lambda one: (one.at, int(one.id)), reverse=True)
        shown = found[(page - 1) * per_page : page * per_page]
        if not shown or "empty_list" in request.hooks:
            return nothing()
        return json_response(200, {
            "data": [self._mention(module, one) for one in shown],
            "info": {
                "per_page": per_page,
                "count": len(shown),
                "page": page,
                "more_records": page * per_page < len(found),
            },
        })  # fmt: skip

    def _mention(self, module: Module, one: Deleted) -> Json:
        """Once it is gone for good, name and users are null."""
        row = one.row
        return {
            "id": one.id,
            "display_name": None if row is None else str(self._table.value(module, row, module.name_field)),
            "type": "permanent" if row is None else "recycle",
            "deleted_time": self._table.shown_time(one.at),
            "deleted_by": None if row is None else one.by.brief(),
            "created_by": None if row is None else row.created_by.brief(),
        }


def _numbered(request: Request, rows: list[Row], page: int, per_page: int) -> _Slice:
    """A page by number: only the first 2,000 rows can be had so."""
    endless = "endless_pages" in request.hooks
    if page * per_page > DISCRETE_ROWS and not endless:
        raise Refusal(
            "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "use page_token beyond this limit", {"limit": DISCRETE_ROWS}
        )
    start = (page - 1) * per_page
    if endless:
        start %= len(rows)
    first = start - 1 if "duplicate_between_pages" in request.hooks and start else start
    found = rows[first : start + per_page]
    more = endless or start + per_page < len(rows)
    return _Slice(rows=found, page=page, walked=start + per_page, more=more)


def _bound(request: Request) -> tuple[tuple[str, str], ...]:
    """What a token is bound to: every parameter but the page, and If-Modified-Since [inferred]."""
    kept = {name.lower(): value for name, value in request.query if name.lower() not in {"page", "page_token"}}
    kept["if-modified-since"] = request.header("if-modified-since")
    return tuple(sorted(kept.items()))


def _names(request: Request, *, required: bool) -> list[str] | None:
    """The fields asked for: required for a list, at most 50."""
    names = [name.strip() for name in (request.parameter("fields") or "").split(",") if name.strip()]
    if not names:
        if required:
            raise missing_parameter("fields")
        return None
    if len(names) > FIELDS:
        raise Refusal("LIMIT_EXCEEDED", "fields limit exceeded", {"param_name": "fields", "limit": FIELDS})
    return names


def _not_both(request: Request, one: str, other: str) -> None:
    if request.parameter(one) is not None and request.parameter(other) is not None:
        raise Refusal(
            "AMBIGUITY_DURING_PROCESSING",
            "ambiguity while processing the request",
            {"ambiguity_due_to": [{"param_name": one}, {"param_name": other}]},
        )


def chosen(request: Request, name: str, allowed: Sequence[str], default: str) -> str:
    """A parameter with a closed list of values."""
    value = request.parameter(name)
    if value is None:
        return default
    if value not in allowed:
        raise invalid(param_name=name, supported_values=list(allowed))
    return value


def whole(request: Request, name: str, default: int, *, most: int | None = None) -> int:
    """A parameter that is a whole number from 1 to `most`. What a larger one gets is [inferred]."""
    text = request.parameter(name)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= (most or 10**9):
        raise invalid(param_name=name, expected_data_type="integer", maximum=most)
    return int(text)


def time_header(request: Request, name: str) -> datetime | None:
    """A header with an ISO 8601 instant; one without an offset, or an HTTP date, is refused [inferred]."""
    text = request.header(name)
    if not text:
        return None
    moment = read_time(text)
    if moment is None:
        raise invalid(f"the header {name} is no ISO 8601 date-time with offset", expected_data_type="datetime")
    return moment
