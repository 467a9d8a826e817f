"""COQL, as much of it as a synchronization asks for: fields of one module, conditions, order, limit and offset.

Follows Zoho's page "Get Records through COQL": WHERE is mandatory, a third condition needs parentheses, `=` is exact,
lookups come as an id alone, at most 200 rows and 50 columns a call and 10,000 rows in all. No joins, no functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.zohocrm.answers import Json, Refusal, invalid, nothing
from samtale.simulators.zohocrm.fields import MODULES, Module
from samtale.simulators.zohocrm.matching import ORDERINGS, Mismatch, ordered, read_value, same
from samtale.simulators.zohocrm.table import Row, Table

ROWS = 200
COLUMNS = 50
TOTAL = 10_000
VALUES = 50
ORDER_FIELDS = 10

_TOKEN = re.compile(r"\s*(?:('(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|(<=|>=|!=|=|<|>|\(|\)|,))")

Test = Callable[[Row], bool]


@dataclass(kw_only=True)
class _Query:
    module: Module
    columns: list[str]
    test: Test = lambda _: True
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int = ROWS
    offset: int = 0


class Coql:
    """Answers POST /coql."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def select(self, request: Request) -> Response:
        """Rows that match, 204 when there are none."""
        query = _Parser(self._table, _select_query(request)).read()
        stale = request.hooks.get("stale_read")
        there = self._table.rows_as_of(query.module, stale.seconds if stale else 0)
        rows = [row for row in there.values() if query.test(row)]
        rows.sort(key=lambda row: int(row.id), reverse=True)
        for name, descending in reversed(query.order):
            rows.sort(key=lambda row, name=name: self._sort_key(query.module, row, name), reverse=descending)  # type: ignore[misc]
        shown = rows[query.offset : query.offset + query.limit]
        if not shown or "empty_list" in request.hooks:
            return nothing()
        more = query.offset + query.limit < len(rows)
        data = [self._shown(query, row) for row in shown]
        return json_response(200, {"data": data, "info": {"count": len(data), "more_records": more}})

    def _sort_key(self, module: Module, row: Row, name: str) -> tuple[bool, Any]:
        value = self._table.value(module, row, name)
        if name == "id":
            value = int(value)
        elif isinstance(value, str):
            value = value.casefold()
        return (False, 0) if value is None else (True, value)

    def _shown(self, query: _Query, row: Row) -> Json:
        shown = self._table.record(query.module, row, query.columns)
        return {name: {"id": value["id"]} if isinstance(value, dict) else value for name, value in shown.items()}


def _select_query(request: Request) -> str:
    try:
        body = request.json()
    except ValueError as error:
        raise invalid("body", expected_data_type="jsonobject", api_name="body", json_path="$") from error
    text = body.get("select_query") if isinstance(body, dict) else None
    if text is None:
        raise Refusal("MANDATORY_NOT_FOUND", "required field not found", {"api_name": "select_query"})
    if not isinstance(text, str):
        raise invalid(expected_data_type="string", api_name="select_query", json_path="$.select_query")
    return text


class _Parser:
    """Reads one statement from left to right."""

    def __init__(self, table: Table, text: str) -> None:
        self._table = table
        self._text = text.strip()
        self._tokens = self._cut()
        self._place = 0

    def read(self) -> _Query:
        """The statement. Raises Refusal (SYNTAX_ERROR, INVALID_QUERY, LIMIT_EXCEEDED, DUPLICATE_DATA)."""
        self._word("select")
        columns = self._list(self._name)
        self._word("from")
        name = self._name()
        if name not in MODULES:
            raise Refusal("INVALID_QUERY", "invalid query formed", {"module": name})
        query = _Query(module=MODULES[name], columns=columns)
        self._check_columns(query)
        if not self._is("where"):
            raise Refusal("SYNTAX_ERROR", "error occurred while parsing the query", {"clause": "where"})
        self._place += 1
        query.test = self._conditions(query.module)
        if self._is("order"):
            self._place += 1
            self._word("by")
            query.order = self._list(lambda: self._ordering(query.module))
            if len(query.order) > ORDER_FIELDS:
                raise Refusal("LIMIT_EXCEEDED", "too many columns to order by", {"limit": ORDER_FIELDS})
        self._range(query)
        if self._place != len(self._tokens):
            raise self._unreadable()
        return query

    def _check_columns(self, query: _Query) -> None:
        if len(query.columns) > COLUMNS:
            raise Refusal("LIMIT_EXCEEDED", "too many columns", {"limit": COLUMNS})
        for place, column in enumerate(query.columns):
            if column in query.columns[:place]:
                raise Refusal("DUPLICATE_DATA", "duplicate column", {"column_name": column})
            self._known(query.module, column)

    def _range(self, query: _Query) -> None:
        """`limit n`, `limit offset, n` or `limit n offset m`."""
        if self._is("limit"):
            self._place += 1
            query.limit = self._number()
            if self._is(","):
                self._place += 1
                query.offset, query.limit = query.limit, self._number()
        if self._is("offset"):
            self._place += 1
            query.offset = self._number()
        if not 1 <= query.limit <= ROWS:
            raise Refusal("LIMIT_EXCEEDED", "the limit of a call is exceeded", {"limit": ROWS})
        if query.offset + query.limit > TOTAL:
            raise Refusal("LIMIT_EXCEEDED", "the limit of a query is exceeded", {"limit": TOTAL})

    # -- conditions

    def _conditions(self, module: Module) -> Test:
        """One or two conditions; each side may itself stand in parentheses."""
        test = self._condition(module)
        if not (self._is("and") or self._is("or")):
            return test
        both = self._is("and")
        self._place += 1
        left, right = test, self._condition(module)
        if self._is("and") or self._is("or"):
            raise self._unreadable()
        if both:
            return lambda row: left(row) and right(row)
        return lambda row: left(row) or right(row)

    def _condition(self, module: Module) -> Test:
        if self._is("("):
            self._place += 1
            test = self._conditions(module)
            self._symbol(")")
            return test
        name = self._name().removesuffix(".id")
        self._known(module, name)

        def held(row: Row) -> Any:
            return self._table.value(module, row, name)

        operator = self._operator()
        match operator:
            case "is null":
                return lambda row: held(row) is None
            case "is not null":
                return lambda row: held(row) is not None
            case "in" | "not in":
                given = self._values(module, name)
                return lambda row: any(same(held(row), one) for one in given) == (operator == "in")
            case "between":
                low = self._literal(module, name)
                self._word("and")
                high = self._literal(module, name)
                return lambda row: ordered(">=", held(row), low) and ordered("<=", held(row), high)
            case "like" | "not like":
                pattern = _pattern(str(self._literal(module, name)))
                return lambda row: (pattern.fullmatch(str(held(row) or "")) is not None) == (operator == "like")
        one = self._literal(module, name)
        if operator in ORDERINGS:
            return lambda row: ordered(operator, held(row), one)
        return lambda row: same(held(row), one) == (operator == "=")

    def _operator(self) -> str:
        for words in (("is", "not", "null"), ("is", "null"), ("not", "in"), ("not", "like"), ("in",), ("like",),
                      ("between",), *((symbol,) for symbol in ("=", "!=", *ORDERINGS))):  # fmt: skip
            end = self._place + len(words)
            if tuple(token.lower() for token in self._tokens[self._place : end]) == words:
                self._place = end
                return " ".join(words)
        raise self._unreadable()

    def _values(self, module: Module, name: str) -> list[Any]:
        self._symbol("(")
        given = self._list(lambda: self._literal(module, name))
        self._symbol(")")
        if len(given) > VALUES:
            raise Refusal("LIMIT_EXCEEDED", "too many values", {"limit": VALUES})
        return given

    def _literal(self, module: Module, name: str) -> Any:
        token = self._next()
        if token.startswith("'"):
            value = re.sub(r"\\(.)", r"\1", token[1:-1])
        elif re.fullmatch(r"\d+(\.\d+)?|true|false", token, re.IGNORECASE):
            value = token
        else:
            raise self._unreadable()
        try:
            return read_value(self._table.fields[module.api_name].get(name), value)
        except Mismatch as error:
            raise Refusal("INVALID_QUERY", "value given seems to be invalid for the column", {
                "column_name": name, "operator": "=", "reason": f"expected {error.expected}",
            }) from error  # fmt: skip

    # -- words

    def _ordering(self, module: Module) -> tuple[str, bool]:
        name = self._name()
        self._known(module, name)
        descending = self._is("desc")
        if descending or self._is("asc"):
            self._place += 1
        return name, descending

    def _known(self, module: Module, name: str) -> None:
        if name != "id" and name not in self._table.fields[module.api_name]:
            raise Refusal("INVALID_QUERY", "column given seems to be invalid", {"column_name": name})

    def _cut(self) -> list[str]:
        tokens, place = [], 0
        while place < len(self._text):
            match = _TOKEN.match(self._text, place)
            if match is None:
                raise Refusal("SYNTAX_ERROR", "error occurred while parsing the query", {
                    "line": 1, "column": place + 1, "near": self._text[place : place + 20],
                })  # fmt: skip
            tokens.append(match[0].strip())
            place = match.end()
        return tokens

    def _is(self, word: str) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place].lower() == word

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            raise self._unreadable()
        self._place += 1
        return self._tokens[self._place - 1]

    def _word(self, word: str) -> None:
        if not self._is(word):
            raise self._unreadable()
        self._place += 1

    _symbol = _word

    def _name(self) -> str:
        token = self._next()
        if not re.fullmatch(r"[A-Za-z_][\w.]*", token):
            self._place -= 1
            raise self._unreadable()
        return token

    def _number(self) -> int:
        token = self._next()
        if not token.isdecimal():
            self._place -= 1
            raise self._unreadable()
        return int(token)

    def _list(self, one: Callable[[], Any]) -> list[Any]:
        found = [one()]
        while self._is(","):
            self._place += 1
            found.append(one())
        return found

    def _unreadable(self) -> Refusal:
        near = " ".join(self._tokens[self._place : self._place + 3])
        return Refusal("SYNTAX_ERROR", "error occurred while parsing the query", {"near": near})


def _pattern(text: str) -> re.Pattern[str]:
    """`%` stands for any text."""
    return re.compile(".*".join(re.escape(part) for part in text.split("%")), re.IGNORECASE | re.DOTALL)
