"""Reading from Zendesk: lists by cursor, the incremental exports, records by their ids, look-ups by unique values.

Source: Zendesk's pages Pagination, Incremental Exports, Users and Organizations. Lists show what was just written; the
exports leave out the last minute, repeat rows at their boundaries, and show deleted users, no longer active. A full
pass goes through the list. Of an answer's links only cursors and times are used, never an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from samtale.connectors.exact import decoded
from samtale.connectors.http import Answer, Call, HttpClient
from samtale.connectors.zendesk import answers
from samtale.connectors.zendesk.about import OVERLAP, PAGE_SIZE
from samtale.ports.connector import CollectionSpec, Cursor, Page

#: The name of a collection's records in paths and envelopes.
KINDS: Mapping[str, str] = {"Users": "users", "Organizations": "organizations"}
EXPORT_SIZE = 1000
#: A list that goes on for longer is no list.
MOST_PAGES = 100_000
#: A start lies further back than this, in seconds, unless the system's clock was put back.
RECENT = 60


class Row(NamedTuple):
    """One record: its key, whether it is alive, and all of it."""

    key: str
    active: bool
    raw: bytes


class _Head(msgspec.Struct):
    id: int
    active: bool = True


class _Meta(msgspec.Struct):
    has_more: bool = False
    after_cursor: str | None = None


class _List(msgspec.Struct):
    users: list[msgspec.Raw] | None = None
    organizations: list[msgspec.Raw] | None = None
    meta: _Meta | None = None
    after_cursor: str | None = None
    end_time: int | None = None
    end_of_stream: bool = True


class Reader:
    """Reads collections. ``before_export`` waits for the exports' own limit."""

    def __init__(self, client: HttpClient, before_export: Callable[[], None]) -> None:
        self._client = client
        self._before_export = before_export

    def read(self, spec: CollectionSpec, since: Cursor | None) -> Iterator[Page]:
        """All records, or those that changed. Raises BadAnswer for lists without an end, and what the client raises."""
        if since is None:
            yield from self._list(spec)
        elif spec.name == "Users":
            yield from self._export_by_cursor(spec, since)
        else:
            yield from self._export_by_time(spec, since)

    # -- full passes

    def _list(self, spec: CollectionSpec) -> Iterator[Page]:
        kind, after, begins = KINDS[spec.name], None, set[str]()
        cursor: dict[str, Any] | None = None
        for _ in range(MOST_PAGES):
            query = [("page[size]", str(PAGE_SIZE)), *([("page[after]", after)] if after else [])]
            answer, found, rows = self._page(spec, kind, query)
            cursor = cursor or {"start": _system_time(answer) - OVERLAP}
            more = found.meta is not None and found.meta.has_more
            if more:
                after = found.meta.after_cursor if found.meta is not None else None
                begun = {f"after {after}", *(f"row {row.key}" for row in rows[:1])}
                if not after or not rows or begun & begins:
                    raise answer.broken("The list repeats itself: its pages have no end.")
                begins |= begun
            yield _shown(answer, rows, None if more else cursor, last=not more)
            if not more:
                return
        raise answer.broken(f"The list has more than {MOST_PAGES} pages.")

    # -- exports

    def _export_by_cursor(self, spec: CollectionSpec, since: Cursor) -> Iterator[Page]:
        start, cursor = int(str(since["start"])), since.get("cursor")
        seen: set[str] = set()
        renewed: int | None = None
        while True:
            place = ("cursor", str(cursor)) if cursor else ("start_time", str(start))
            try:
                answer, found, rows = self._export(spec, "incremental/users/cursor", place)
            except _Unusable as unusable:
                if cursor:
                    cursor = None  # it may have expired; the time is as good
                    continue
                if renewed is not None or not _lies_ahead(start, unusable.answer):
                    raise unusable.trouble from None
                yield from self._list(spec)
                return
            if renewed is None:
                renewed = _system_time(answer) - OVERLAP
                if _lies_ahead(start, answer):
                    yield from self._list(spec)
                    return
            following = found.after_cursor
            if not found.end_of_stream and (not following or following in seen):
                raise answer.broken("The export repeats itself: its pages have no end.")
            seen.add(str(following))
            place_next: Cursor = {"start": renewed, "cursor": following}
            yield _shown(answer, rows, place_next if found.end_of_stream else since, last=found.end_of_stream)
            if found.end_of_stream:
                return
            cursor = following

    def _export_by_time(self, spec: CollectionSpec, since: Cursor) -> Iterator[Page]:
        start = int(str(since["start"]))
        renewed: int | None = None
        while True:
            try:
                answer, found, rows = self._export(spec, "incremental/organizations", ("start_time", str(start)))
            except _Unusable as unusable:
                if renewed is not None or not _lies_ahead(start, unusable.answer):
                    raise unusable.trouble from None
                yield from self._list(spec)
                return
            renewed = _system_time(answer) - OVERLAP if renewed is None else renewed
            if not found.end_of_stream and (found.end_time is None or found.end_time <= start):
                raise answer.broken("The export repeats itself: its pages have no end.")
            place_next: Cursor = {"start": renewed}
            yield _shown(answer, rows, place_next if found.end_of_stream else since, last=found.end_of_stream)
            if found.end_of_stream or found.end_time is None:
                return
            start = found.end_time

    def _export(self, spec: CollectionSpec, path: str, place: tuple[str, str]) -> tuple[Answer, _List, list[Row]]:
        self._before_export()
        return self._page(spec, path, [place, ("per_page", str(EXPORT_SIZE))])

    # -- single records

    def by_ids(self, spec: CollectionSpec, keys: Sequence[str]) -> tuple[Answer, list[Row]]:
        """The records of these keys, a hundred at most. A deleted user comes too, not active."""
        answer, _, rows = self._page(spec, f"{KINDS[spec.name]}/show_many", [("ids", ",".join(keys))])
        return answer, rows

    def one(self, spec: CollectionSpec, key: str) -> tuple[Answer, dict[str, Any], bytes]:
        """One record, fresh. Raises Gone."""
        answer = self._client.call(Call(method="GET", path=f"api/v2/{KINDS[spec.name]}/{key}"))
        if answer.status != 200:
            raise answers.trouble(answer, spec, {})
        record, raw = single(answer, spec)
        if record.get("active") is False:
            raise answers.gone(answer, spec)
        return answer, record, raw

    def holder(self, spec: CollectionSpec, name: str, value: str) -> str | None:
        """The key of the record that has a unique value: ``external_id``, an organization's name, a user's address."""
        kind = KINDS[spec.name]
        if name == "external_id":
            _, _, rows = self._page(spec, f"{kind}/show_many", [("external_ids", value)])
        elif name == "name" and spec.name == "Organizations":
            _, _, rows = self._page(spec, f"{kind}/search", [("name", value)])
        elif name == "email" and spec.name == "Users":
            return self._addressee(spec, value)
        else:
            return None
        alive = [row.key for row in rows if row.active]
        return alive[0] if len(alive) == 1 else None

    def _addressee(self, spec: CollectionSpec, address: str) -> str | None:
        """Whose address this is, also if it is not the primary one. The search lags, so nobody may be found."""
        _, _, rows = self._page(spec, "users/search", [("query", f"email:{address}")])
        for row in rows[:5]:
            if not row.active:
                continue
            if str(decoded(row.raw).get("email") or "").casefold() == address.casefold():
                return row.key
            if any(i.matches("email", address) for i in self.identities(spec, row.key)):
                return row.key
        return None

    def identities(self, spec: CollectionSpec, key: str) -> list[Identity]:
        """All identities of a user."""
        found = self._all(spec, f"users/{key}/identities", "identities")
        return [
            Identity(
                key=str(one.get("id")),
                type=str(one.get("type")),
                value=str(one.get("value") or ""),
                primary=one.get("primary") is True,
                verified=one.get("verified") is True,
            )
            for one in found
        ]

    def memberships(self, spec: CollectionSpec, key: str) -> dict[str, bool]:
        """The organizations of a user by key, with whether they are the default; false may read null."""
        found = self._all(spec, f"users/{key}/organization_memberships", "organization_memberships")
        return {str(one.get("organization_id")): one.get("default") is True for one in found}

    def listed(self, spec: CollectionSpec, path: str, name: str) -> list[dict[str, Any]]:
        """A whole short list, such as the definitions of custom fields."""
        return self._all(spec, path, name)

    def _all(self, spec: CollectionSpec, path: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: str | None = None
        seen: set[str] = set()
        while True:
            query = [("page[size]", str(PAGE_SIZE)), *([("page[after]", after)] if after else [])]
            answer = self._client.call(Call(method="GET", path=f"api/v2/{path}", query=query))
            if answer.status != 200:
                raise answers.trouble(answer, spec, {})
            said = answer.decode(dict[str, Any])
            rows, meta = said.get(name), said.get("meta")
            if not isinstance(rows, list):
                raise answer.broken(f"There are no {name} in it.")
            found += [row for row in rows if isinstance(row, dict)]
            if not isinstance(meta, dict) or not meta.get("has_more"):
                return found
            after = str(meta.get("after_cursor"))
            if after in seen:
                raise answer.broken("The list repeats itself: its pages have no end.")
            seen.add(after)

    def _page(self, spec: CollectionSpec, path: str, query: list[tuple[str, str]]) -> tuple[Answer, _List, list[Row]]:
        answer = self._client.call(Call(method="GET", path=f"api/v2/{path}", query=query))
        if answer.status != 200:
            trouble = answers.trouble(answer, spec, {})
            raise _Unusable(trouble, answer) if answer.status in (400, 422) and "incremental" in path else trouble
        found = answer.decode(_List)
        raws = found.users if spec.name == "Users" else found.organizations
        if raws is None:
            raise answer.broken(f"There are no {KINDS[spec.name]} in it.")
        return answer, found, [_row(answer, raw) for raw in raws]


class Identity(NamedTuple):
    """One way in which a user is known."""

    key: str
    type: str
    value: str
    primary: bool
    verified: bool

    def matches(self, type_: str, value: str) -> bool:
        """Whether this is that address or number, whatever the case of its letters."""
        return self.type == type_ and self.value.casefold() == value.strip().casefold()


class _Unusable(Exception):
    """An export does not take this cursor or time."""

    def __init__(self, trouble: Exception, answer: Answer) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble
        self.answer = answer


def single(answer: Answer, spec: CollectionSpec) -> tuple[dict[str, Any], bytes]:
    """The one record in an answer. Raises BadAnswer (Uncertain after a write)."""
    name = KINDS[spec.name][:-1]
    raw = answer.decode(dict[str, msgspec.Raw]).get(name)
    record = None if raw is None else decoded(raw)
    if raw is None or not isinstance(record, dict) or not isinstance(record.get("id"), int):
        raise answer.broken(f"There is no {name} with an id in it.")
    return record, bytes(raw)


def _row(answer: Answer, raw: msgspec.Raw) -> Row:
    try:
        head = msgspec.json.decode(raw, type=_Head)
    except msgspec.ValidationError:
        raise answer.broken("A record in it has no id.") from None
    return Row(str(head.id), head.active, bytes(raw))


def _shown(answer: Answer, rows: Sequence[Row], cursor: Cursor | None, *, last: bool) -> Page:
    return Page(
        records=[row.raw for row in rows if row.active],
        deleted=[row.key for row in rows if not row.active],
        requested_at=answer.requested_at,
        clock_offset=answer.clock_offset,
        cursor=cursor,
        last=last,
    )


def _lies_ahead(start: int, answer: Answer) -> bool:
    """Whether the system's clock was put back since this start was noted: then neither time nor cursor says anything."""
    return start > _system_time(answer) - RECENT


def _system_time(answer: Answer) -> int:
    """When the call was sent, by the system's clock, in seconds."""
    return (answer.requested_at + answer.clock_offset) // 1000
