"""Search Records: an index that lags behind, and an `equals` that finds whatever contains the text.

Follows Zoho's page "Search Records". The length of the delay is not documented, so it is an option.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.zohocrm.answers import Refusal, nothing
from samtale.simulators.zohocrm.fields import TEXT_TYPES, Module
from samtale.simulators.zohocrm.matching import Mismatch, ordered, read_value, same
from samtale.simulators.zohocrm.reading import PER_PAGE, whole
from samtale.simulators.zohocrm.table import Row, Table

ROWS = 2_000
CRITERIA = 15
_ORDERINGS = {"greater_than": ">", "greater_equal": ">=", "less_than": "<", "less_equal": "<="}
_OPERATORS = {"equals", "not_equal", "starts_with", "in", "between", *_ORDERINGS}

Test = Callable[[Row], bool]


class Search:
    """Answers GET /{Module}/search. `lag`: seconds until a record is found as it was written."""

    def __init__(self, table: Table, *, lag: float) -> None:
        self._table = table
        self._lag = lag

    def records(self, module: Module, request: Request) -> Response:
        """One of criteria, email, phone and word, in that order of priority."""
        per_page = whole(request, "per_page", PER_PAGE, most=PER_PAGE)
        page = whole(request, "page", 1)
        if page * per_page > ROWS:
            raise Refusal("LIMIT_REACHED", "maximum response iteration limit reached", {"limit": str(ROWS)})
        test = self._test(module, request)
        if "empty_list" in request.hooks:
            return nothing()
        found = [row for row in self._table.rows_as_of(module, self._lag).values() if test(row)]
        found.sort(key=lambda row: int(row.id), reverse=True)
        shown = found[(page - 1) * per_page : page * per_page]
        if not shown:
            return nothing()
        names = [name.strip() for name in (request.parameter("fields") or "").split(",") if name.strip()] or None
        return json_response(200, {
            "data": [self._table.record(module, row, names) for row in shown],
            "info": {
                "per_page": per_page,
                "count": len(shown),
                "page": page,
                "sort_by": "id",
                "sort_order": "desc",
                "more_records": page * per_page < len(found),
            },
        })  # fmt: skip

    def _test(self, module: Module, request: Request) -> Test:
        criteria = request.parameter("criteria")
        if criteria is not None:
            return _Criteria(self._table, module, criteria).read()
        for name, types in (("email", {"email"}), ("phone", {"phone"}), ("word", TEXT_TYPES)):
            wanted = request.parameter(name)
            if wanted is None:
                continue
            if len(wanted) < 2:
                raise Refusal("INVALID_QUERY", "Invalid query formed", {"api_name": name, "reason": "too short"})
            fields = [f.api_name for f in self._table.fields[module.api_name].values() if f.data_type in types]
            return self._containing(module, fields, wanted.casefold())
        raise Refusal(
            "EXPECTED_PARAM_MISSING",
            "One of the expected parameter is missing",
            {"param_names": ["criteria", "email", "phone", "word"]},
        )

    def _containing(self, module: Module, fields: list[str], wanted: str) -> Test:
        def test(row: Row) -> bool:
            values = (self._table.value(module, row, name) for name in fields)
            return any(isinstance(value, str) and wanted in value.casefold() for value in values)

        return test


@dataclass
class _Criteria:
    """Reads `((Last_Name:equals:Burns)and(First_Name:starts_with:M))`, with `\\` before ( ) , and `\\` in values."""

    table: Table
    module: Module
    text: str
    place: int = 0
    count: int = 0

    def read(self) -> Test:
        """The criteria as a test of a row. Raises Refusal (INVALID_QUERY, CRITERIA_LIMIT_EXCEEDED)."""
        test = self._chain()
        if self.place != len(self.text):
            raise self._unreadable()
        return test

    def _chain(self) -> Test:
        test = self._group()
        while match := re.compile(r"\s*(and|or)\s*", re.IGNORECASE).match(self.text, self.place):
            self.place = match.end()
            test = _joined(match[1].lower(), test, self._group())
        return test

    def _group(self) -> Test:
        if not self.text.startswith("(", self.place):
            raise self._unreadable()
        self.place += 1
        test = self._chain() if self.text.startswith("(", self.place) else self._condition()
        if not self.text.startswith(")", self.place):
            raise self._unreadable()
        self.place += 1
        return test

    def _condition(self) -> Test:
        match = re.compile(r"([\w.]+):(\w+):((?:\\.|[^()\\])*)").match(self.text, self.place)
        if match is None:
            raise self._unreadable()
        self.place = match.end()
        self.count += 1
        if self.count > CRITERIA:
            raise Refusal("CRITERIA_LIMIT_EXCEEDED", f"no of criterium that can be given exceed the limit {CRITERIA}")
        name, operator, raw = match.groups()
        field = self.table.fields[self.module.api_name].get(name)
        if field is None and name != "id":
            raise Refusal(
                "INVALID_QUERY", "Invalid query formed", {"reason": "the field is not available", "api_name": name}
            )
        if operator not in _OPERATORS:
            raise Refusal(
                "INVALID_QUERY",
                "Invalid query formed",
                {"operator": operator, "reason": "invalid operator", "api_name": name},
            )
        parts = re.split(r"(?<!\\),", raw) if operator in {"in", "between"} else [raw]
        try:
            given = [read_value(field, re.sub(r"\\(.)", r"\1", part)) for part in parts]
        except Mismatch as error:
            raise Refusal(
                "INVALID_QUERY",
                "Invalid query formed",
                {"expected_data_type": error.expected, "reason": "invalid value", "api_name": name},
            ) from error
        if operator == "between" and len(given) != 2:
            raise self._unreadable()
        text = field is not None and field.data_type in TEXT_TYPES
        return lambda row: _holds(operator, self.table.value(self.module, row, name), given, text=text)

    def _unreadable(self) -> Refusal:
        return Refusal("INVALID_QUERY", "Invalid query formed", {"api_name": "criteria", "reason": "unreadable"})


def _joined(word: str, left: Test, right: Test) -> Test:
    if word == "and":
        return lambda row: left(row) and right(row)
    return lambda row: left(row) or right(row)


def _holds(operator: str, held: Any, given: list[Any], *, text: bool) -> bool:
    match operator:
        case "equals" if text:
            return held is not None and str(given[0]).casefold() in held.casefold()
        case "equals":
            return same(held, given[0])
        case "not_equal":
            return not same(held, given[0])
        case "starts_with":
            return isinstance(held, str) and held.casefold().startswith(str(given[0]).casefold())
        case "in":
            return any(same(held, one) for one in given)
        case "between":
            return ordered(">=", held, given[0]) and ordered("<=", held, given[1])
    return ordered(_ORDERINGS[operator], held, given[0])
