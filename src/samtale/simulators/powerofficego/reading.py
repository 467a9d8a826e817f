"""Lists: filters, order, fields and pages, as the vendor reads them from its replica.

Sources: the vendor's ResourceParameters and the filter parameters of each list; the paging header as clients met it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.powerofficego.answers import Refused, cannot_cast, canonical
from samtale.simulators.powerofficego.books import Books
from samtale.simulators.powerofficego.schema import TWINS, Filter, Type
from samtale.simulators.powerofficego.table import Row

PAGE_SIZE, MAX_PAGE_SIZE = 5_000, 20_000
_RANGE = re.compile(r"\s*(\d+)\s*(-)?\s*(\d+)?\s*")

Test = Callable[[Row], bool]


def list_rows(books: Books, type_: Type, request: Request, moment: float, seed: int) -> Response:
    """Answer a list call with what a replica shows that has everything up to `moment`. Raises Refused.

    The body is a bare array and the header X-Pagination holds the address of the next page, empty on the last; nothing
    to show is 204 without a body. Parameters in OData's style (`$top`) are a 400; other unknown ones are ignored, so a
    misspelt filter returns everything [inferred].
    """
    for name, _ in request.query:
        if name.startswith("$"):
            raise Refused(400, "Invalid resourceParameter", f"The query parameter '{name}' is not supported.")
    tests = [t for name, value in request.query if (t := _test(books, type_, name, value)) is not None]
    if type_.noun == "Project" and _flag(request.parameter("excludeArchivedProject")):
        tests.append(lambda row: row["ProjectStatus"] != "Archived")
    rows = [row for row in books.tables[type_.noun].all_seen(moment) if all(test(row) for test in tests)]
    if "empty_list" in request.hooks:
        rows = []
    if not rows and _flag(request.parameter("UseDatabaseValidation")) and tests:
        raise Refused(404, "Object(s) not found", "Could not find object(s) with the values of the filter.")
    _sort(type_, rows, request.parameter("OrderBy"), seed)
    page, following = _page(rows, request)
    shown = [books.show(type_, row) for row in page]
    if (names := request.parameter("Fields")) and names.strip():
        wanted = _names(type_, names.split(","))
        shown = [{name: row[name] for name in wanted} for row in shown]
    if not shown:
        return Response(204)
    return json_response(200, shown, {"X-Pagination": json.dumps({"nextPageLink": following})})


def _page(rows: list[Row], request: Request) -> tuple[list[Row], str]:
    """One page of the rows, and the address of the next.

    Page numbers below 1 and sizes above 20,000 are a 400 [inferred: the size may not be larger, but no answer is told].
    """
    number = _whole(request.parameter("PageNumber"), 1, "PageNumber")
    size = _whole(request.parameter("PageSize"), PAGE_SIZE, "PageSize")
    if number < 1 or not 1 <= size <= MAX_PAGE_SIZE:
        raise Refused(400, "Invalid resourceParameter", "PageNumber or PageSize is out of range.")
    start = (number - 1) * size
    page = rows[start : start + size]
    more = start + size < len(rows)
    if "duplicate_between_pages" in request.hooks and 0 < start < len(rows):
        page = [rows[start - 1], *page]
    if "endless_pages" in request.hooks:
        page, more = page or rows[-size:], True
    if not more:
        return page, ""
    query = [(k, v) for k, v in request.query if k.lower() != "pagenumber"]
    query.append(("PageNumber", str(number + 1)))
    host = request.header("host") or "127.0.0.1"
    return page, f"http://{host}{quote(request.path)}?{urlencode(query)}"


def _sort(type_: Type, rows: list[Row], order: str | None, seed: int) -> None:
    """Sort by `Field [asc|desc]`, comma separated.

    Without it the order is told nowhere; here it is arbitrary, though the same for the same seed.
    """
    if order is None or not order.strip():
        rows.sort(key=lambda row: hashlib.blake2b(b"%d %d" % (seed, row["Id"]), digest_size=8).digest())
        return
    terms = [term.split() for term in order.split(",")]
    if any(not 1 <= len(t) <= 2 or (len(t) == 2 and t[1].lower() not in ("asc", "desc")) for t in terms):
        raise Refused(400, "Invalid resourceParameter", "OrderBy is not formatted correctly.")
    names = _names(type_, [term[0] for term in terms])
    # The Id decides between equals, so that pages do not overlap.
    rows.sort(key=lambda row: row["Id"])
    for name, term in reversed(list(zip(names, terms, strict=True))):
        rows.sort(key=lambda row: _sortable(row[name]), reverse=term[-1].lower() == "desc")


def _sortable(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, str(value) if isinstance(value, dict | list) else value)


def _names(type_: Type, given: list[str]) -> list[str]:
    """Property names in their own spelling. Raises Refused for one that the type does not have."""
    found = []
    for name in given:
        prop = type_.by_lower.get(name.strip().lower())
        if prop is None or not prop.read:
            raise Refused(400, "Invalid resourceParameter", f"Fields is not formatted correctly: '{name.strip()}'.")
        found.append(prop.name)
    return found


def _test(books: Books, type_: Type, name: str, value: str) -> Test | None:
    """What a query parameter demands of a row; None when it is no filter or is blank, as the vendor says."""
    filter_ = type_.filters.get(name.lower())
    if filter_ is None or not value.strip():
        return None
    twins = {twin.code for twin in TWINS[type_.noun]}
    name = filter_.property

    def show(row: Row) -> Any:
        return books.shown_value(type_, row, name) if name in twins else row[name]

    return _TESTS[filter_.how](filter_, value, show)


Show = Callable[[Row], Any]


def _after(filter_: Filter, value: str, show: Show) -> Test:
    """Strictly later (vendor: "not inclusive")."""
    try:
        limit = canonical(value)
    except ValueError:
        raise cannot_cast(f"'{value}' is not a valid date time offset.") from None
    return lambda row: (show(row) or "") > limit


def _numbers(filter_: Filter, value: str, show: Show) -> Test:
    """Numbers and ranges: `10000-11000, 12000, 13000-`."""
    ranges = []
    for part in value.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise cannot_cast(f"'{part.strip()}' is not a number or a range of numbers.")
        low = int(found[1])
        ranges.append((low, int(found[3]) if found[3] else float("inf") if found[2] else low))
    return lambda row: show(row) is not None and any(low <= show(row) <= high for low, high in ranges)


def _ids(filter_: Filter, value: str, show: Show) -> Test:
    """Ids, comma separated, without ranges (wording of the vendor's example)."""
    if not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*", value):
        raise cannot_cast(
            f"{filter_.property} contains negative numbers and/or range of numbers. '-' is not allowed, only comma ',' "
            "separated single positive numbers are allowed."
        )
    wanted = {int(part) for part in value.split(",")}

    def test(row: Row) -> bool:
        shown = show(row)
        return bool(wanted & set(shown)) if isinstance(shown, list) else shown in wanted

    return test


def _text(filter_: Filter, value: str, show: Show) -> Test:
    """One value, compared without case [inferred]."""
    wanted = value.strip().casefold()
    return lambda row: str(show(row) or "").casefold() == wanted


def _texts(filter_: Filter, value: str, show: Show) -> Test:
    """Values, comma separated, compared without case [inferred; documented for addresses' externalCodes]."""
    wanted = {part.strip().casefold() for part in value.split(",")}
    return lambda row: str(show(row) or "").casefold() in wanted


def _contains(filter_: Filter, value: str, show: Show) -> Test:
    wanted = value.strip().casefold()
    return lambda row: wanted in str(show(row) or "").casefold()


def _equal_flag(filter_: Filter, value: str, show: Show) -> Test:
    wanted = _flag(value)
    return lambda row: bool(show(row)) is wanted


_TESTS: dict[str, Callable[[Filter, str, Show], Test]] = {
    "after": _after, "numbers": _numbers, "ids": _ids, "text": _text, "texts": _texts, "contains": _contains,
    "flag": _equal_flag,
}  # fmt: skip


def _flag(value: str | None) -> bool:
    if value is None or not value.strip():
        return False
    if value.strip().lower() not in ("true", "false"):
        raise cannot_cast(f"'{value}' is not a boolean.")
    return value.strip().lower() == "true"


def _whole(value: str | None, default: int, name: str) -> int:
    if value is None or not value.strip():
        return default
    if not re.fullmatch(r"-?\d{1,9}", value.strip()):
        raise Refused(400, "Invalid resourceParameter", f"{name} is not a number.")
    return int(value)
