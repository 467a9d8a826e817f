"""Reading from Zoho CRM: walks through a module, records by their ids, and what was deleted.

Source: Zoho's pages "Get Records" and "Get Deleted Records". Lists must name their fields, at most 50 at a time, so
wide modules are read in slices that are put together by id. The second page is already asked for by its token, since
numbers end at 2,000 records. A walk goes by id, which no edit changes; only beyond the 100,000 records that tokens
reach does it go by Modified_Time, in windows that overlap. 204 and 304 mean that there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from samtale.connectors.exact import decoded, encoded
from samtale.connectors.http import Answer, Call, HttpClient
from samtale.connectors.times import earlier_by, from_ms, instant, later, watermark
from samtale.connectors.zohocrm import answers
from samtale.connectors.zohocrm.about import FETCH_BATCH, MODULES, SKEW
from samtale.connectors.zohocrm.metadata import field_names
from samtale.core.problems import BadAnswer, Problem
from samtale.ports.connector import CollectionSpec, Cursor, Page

Query = list[tuple[str, str]]

#: Fields that one request may name, and characters that its parameter may have.
MOST_FIELDS, MOST_CHARACTERS = 50, 1000
PER_PAGE = 200
#: Pages of one walk by tokens; Zoho stops at 100,000 records.
MOST_PAGES = 1_000
TOLERANCE = timedelta(seconds=60)

_CEILING = frozenset({"PAGINATION_LIMIT_EXCEEDED", "DISCRETE_PAGINATION_LIMIT_EXCEEDED"})


class _Info(msgspec.Struct):
    more_records: bool = False
    next_page_token: str | None = None


class _List(msgspec.Struct):
    data: list[msgspec.Raw]
    info: _Info | None = None


class _Head(msgspec.Struct):
    """What every record in a list shows, whatever fields were asked for."""

    id: str
    modified: str | None = msgspec.field(default=None, name="Modified_Time")


class _Deletion(msgspec.Struct):
    id: str
    deleted_time: str | None = None


class _Ceiling(Exception):
    """The walk came to the last record that page tokens reach."""


class Row(msgspec.Struct, frozen=True):
    """One record: its key, its Modified_Time as it was written, and all of it."""

    id: str
    modified: str | None
    raw: bytes


class Reader:
    """Reads modules. Keeps nothing."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def read(self, spec: CollectionSpec, since: Cursor | None) -> Iterator[Page]:
        """Pages of records; an incremental read ends with the keys of what was deleted."""
        mark = str(since["modified"]) if since else None
        newest, began, page = mark, None, None
        for answer, rows in self._walk_all(spec, None if mark is None else _before(mark)):
            if page is not None:
                yield page
            if began is None:
                began = from_ms(answer.requested_at + answer.clock_offset)
                if mark is not None and (instant(mark) or began) > began + TOLERANCE:
                    yield from self.read(spec, None)  # the system's clock was put back: the mark says nothing
                    return
            for row in rows:
                newest = later(newest, row.modified)
            page = Page(
                records=[row.raw for row in rows],
                requested_at=answer.requested_at,
                clock_offset=answer.clock_offset,
                cursor=since,
            )
        assert page is not None
        assert began is not None
        cursor = {"modified": watermark(newest, began), "deleted": began.isoformat()}
        if since is None:
            yield msgspec.structs.replace(page, cursor=cursor, last=True)
            return
        yield page
        yield from self._deletions(spec, str(since["deleted"]), cursor)

    def by_ids(self, spec: CollectionSpec, keys: Sequence[str]) -> Iterator[tuple[Answer, list[Row]]]:
        """The records of these keys, as many as one request takes at a time."""
        slices = _slices(spec)
        for start in range(0, len(keys), FETCH_BATCH):
            some = keys[start : start + FETCH_BATCH]
            answer, found = self._slice(spec, slices[0], some)
            yield answer, self._completed(spec, found.data if found else [], slices)

    # -- walks

    def _walk_all(self, spec: CollectionSpec, since: datetime | None) -> Iterator[tuple[Answer, list[Row]]]:
        """A walk by id; where that ends too early, windows by Modified_Time from the beginning."""
        try:
            yield from self._walk(spec, since, "id")
        except _Ceiling:
            yield from self._windows(spec, since)

    def _windows(self, spec: CollectionSpec, since: datetime | None) -> Iterator[tuple[Answer, list[Row]]]:
        newest: str | None = None
        while True:
            reached = newest
            try:
                for answer, rows in self._walk(spec, since, "Modified_Time"):
                    for row in rows:
                        newest = later(newest, row.modified)
                    yield answer, rows
                return
            except _Ceiling:
                pass
            if newest is None or newest == reached:
                raise BadAnswer(_too_many(self._client.system, spec))
            since = _before(newest)

    def _walk(self, spec: CollectionSpec, since: datetime | None, sort_by: str) -> Iterator[tuple[Answer, list[Row]]]:
        """Pages in one order. Raises _Ceiling, BadAnswer for pages without an end."""
        slices = _slices(spec)
        fixed: Query = [
            ("fields", ",".join(slices[0])),
            ("per_page", str(PER_PAGE)),
            ("sort_by", sort_by),
            ("sort_order", "asc"),
        ]
        headers = {} if since is None else {"If-Modified-Since": since.strftime("%Y-%m-%dT%H:%M:%S+00:00")}
        seen: set[str] = set()
        paging: Query = []
        for number in range(1, MOST_PAGES + 1):
            answer, found = self._list(spec, MODULES[spec.name], [*fixed, *paging], headers)
            info = found.info if found else None
            rows = self._completed(spec, found.data if found else [], slices)
            begins = rows[0].id if rows else ""
            token = info.next_page_token if info else None
            if info is not None and info.more_records and rows and {f"row {begins}", f"token {token}"} & seen:
                raise answer.broken("The list repeats itself: its pages have no end.")
            seen |= {f"row {begins}", f"token {token}"} if token else {f"row {begins}"}
            yield answer, rows
            if info is None or not info.more_records or not rows:
                return
            paging = [("page_token", token)] if token else [("page", str(number + 1))]
        raise _Ceiling

    def _list(
        self, spec: CollectionSpec, path: str, query: Query, headers: dict[str, str]
    ) -> tuple[Answer, _List | None]:
        """One page of a list, None if there is nothing. Raises _Ceiling."""
        answer = self._client.call(Call(method="GET", path=f"crm/v8/{path}", query=query, headers=headers))
        if answer.status in (204, 304) or (answer.status == 200 and not answer.body):
            return answer, None
        said = answer.lenient() if answer.status != 200 else _bare(answer)
        if answer.status != 200 or next(answers.errors_in(said), None) is not None:
            if answers.code_of(said) in _CEILING:
                raise _Ceiling
            raise answers.trouble(answer, spec)
        return answer, answer.decode(_List)

    # -- slices of fields

    def _slice(self, spec: CollectionSpec, names: list[str], keys: Sequence[str]) -> tuple[Answer, _List | None]:
        query = [("ids", ",".join(keys)), ("fields", ",".join(names)), ("per_page", str(PER_PAGE))]
        return self._list(spec, MODULES[spec.name], query, {})

    def _completed(self, spec: CollectionSpec, raws: list[msgspec.Raw], slices: list[list[str]]) -> list[Row]:
        """Rows with the fields of all slices. A record that was edited between two slices is read once more."""
        rows = [self._row(raw) for raw in raws]
        if len(slices) == 1 or not rows:
            return rows
        whole = self._joined(spec, {row.id: decoded(row.raw) for row in rows}, slices[1:])
        torn = [key for key, record in whole.items() if record is None]
        if torn:
            _, again = self._slice(spec, slices[0], torn)
            renewed = {row.id: decoded(row.raw) for row in map(self._row, again.data if again else [])}
            whole |= self._joined(spec, renewed, slices[1:])
        return [
            Row(key, record.get("Modified_Time"), encoded(record))
            for key, record in whole.items()
            if record is not None
        ]

    def _joined(
        self, spec: CollectionSpec, records: dict[str, dict[str, Any]], slices: list[list[str]]
    ) -> dict[str, dict[str, Any] | None]:
        """Each record with the fields of more slices; None where they show another moment."""
        whole: dict[str, dict[str, Any] | None] = dict(records)
        keys = list(records)
        for names in slices:
            for start in range(0, len(keys), FETCH_BATCH):
                some = keys[start : start + FETCH_BATCH]
                _, found = self._slice(spec, names, some)
                more = {row.id: decoded(row.raw) for row in map(self._row, found.data if found else [])}
                for key in some:
                    record, rest = whole[key], more.get(key)
                    together = record and rest and record.get("Modified_Time") == rest.get("Modified_Time")
                    whole[key] = {**record, **rest} if together and record and rest else None
        return whole

    def _row(self, raw: msgspec.Raw) -> Row:
        try:
            head = msgspec.json.decode(raw, type=_Head)
        except msgspec.ValidationError:
            raise BadAnswer(
                Problem(
                    code="bad_answer",
                    summary=f"{self._client.system} answered something that its contract does not know.",
                    why="A record in a list has no id.",
                    remedy="Try again later.",
                )
            ) from None
        return Row(head.id, head.modified, bytes(raw))

    # -- deletions

    def _deletions(self, spec: CollectionSpec, mark: str, cursor: dict[str, Any]) -> Iterator[Page]:
        """What was deleted since ``mark``. What lies beyond the feed's last page is left to the next full pass."""
        headers = {"If-Modified-Since": _before(mark).strftime("%Y-%m-%dT%H:%M:%S+00:00")}
        newest: str | None = mark
        keys: list[str] = []
        number, answer = 1, None
        while True:
            query = [("type", "all"), ("page", str(number)), ("per_page", str(PER_PAGE))]
            try:
                answer, found = self._list(spec, f"{MODULES[spec.name]}/deleted", query, headers)
            except _Ceiling:
                newest = None
                break
            some = [msgspec.json.decode(raw, type=_Deletion) for raw in found.data] if found else []
            fresh = [one for one in some if one.id not in keys]
            keys += [one.id for one in fresh]
            for one in fresh:
                newest = later(newest, one.deleted_time)
            if not fresh or found is None or found.info is None or not found.info.more_records:
                break
            number += 1
        assert answer is not None
        began = from_ms(answer.requested_at + answer.clock_offset)
        yield Page(
            records=(),
            deleted=keys,
            requested_at=answer.requested_at,
            clock_offset=answer.clock_offset,
            cursor={**cursor, "deleted": watermark(newest, began)},
            last=True,
        )


def _slices(spec: CollectionSpec) -> list[list[str]]:
    """Field names in groups that one request may name; Modified_Time is in each, to see that they fit together."""
    names = [name for name in field_names(spec) if name != "Modified_Time"]
    slices: list[list[str]] = [["Modified_Time"]]
    for name in names:
        current = slices[-1]
        if len(current) >= MOST_FIELDS or len(",".join([*current, name])) > MOST_CHARACTERS:
            slices.append(["Modified_Time"])
        slices[-1].append(name)
    return slices


def _before(mark: str) -> datetime:
    """The moment from which a read begins, to overlap with the last one."""
    return earlier_by(mark, SKEW)


def _bare(answer: Answer) -> Any:
    """The body if it is a bare error under a good status, else nothing: lists are not decoded twice."""
    return answer.lenient() if answer.body[:200].find(b'"data"') < 0 else None


def _too_many(system: str, spec: CollectionSpec) -> Problem:
    return Problem(
        code="too_many_at_once",
        summary=f"{system} has more records with one Modified_Time than can be read.",
        why=f"In {spec.name}, more than 100,000 records were changed within some seconds, by an import perhaps.",
        remedy="Edit a part of them in Zoho CRM (a mass update of any field), so that their times differ.",
    )
