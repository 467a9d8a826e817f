"""Reading from PowerOffice Go: lists page by page, single records, and where contact persons live.

Lists are bare arrays, an empty one is status 204, and the header X-Pagination tells whether there is a next page
(developer portal, Requests). Of the link in it only the query is used, so that no answer can lead to another host.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from samtale.connectors.http import Answer, Call, HttpClient
from samtale.connectors.powerofficego import answers
from samtale.connectors.powerofficego.about import SKEW
from samtale.connectors.powerofficego.records import Spelling, text_at
from samtale.connectors.times import earlier_by, from_ms, instant, later, watermark
from samtale.core.problems import Gone
from samtale.ports.connector import About, CollectionSpec, Cursor, Page

#: A list that goes on for longer is no list: 20 million records at the usual size.
MOST_PAGES = 20_000
#: How far a watermark may lie ahead of the system's clock before the clock must have been put back.
TOLERANCE = timedelta(seconds=60)
CHANGED_SINCE = "lastChangedDateTimeOffsetGreaterThan"


class Resource(NamedTuple):
    """Where a collection lives in the API, and which privileges open it (with ``_Full`` for writing)."""

    path: str
    privileges: tuple[str, ...]
    parent: str | None = None  #: the property that holds the first part of a nested path


RESOURCES: Mapping[str, Resource] = {
    "Customers": Resource("Customers", ("Customer",)),
    "Departments": Resource("Departments", ("Department",)),
    "Contactperson": Resource("ContactPersons", ("ContactPerson", "Customer", "Supplier"), "ContactId"),
    "Employees": Resource("Employees", ("Employee",)),
    "Suppliers": Resource("Suppliers", ("Supplier",)),
    "Product": Resource("Products", ("Product",)),
    "Projects": Resource("Projects", ("Project",)),
}


class Found(NamedTuple):
    """A record that was asked for by its key, None if there is none, and the answer that says so."""

    record: dict[str, Any] | None
    raw: bytes
    answer: Answer


class Reader:
    """Reads collections. Remembers the parents of contact persons, which their paths need."""

    def __init__(self, client: HttpClient, about: About, page_size: int | None) -> None:
        self._client = client
        self._specs = {spec.name: spec for spec in about.collections}
        self._spelling = {spec.name: Spelling(spec) for spec in about.collections}
        self._page_size = page_size
        self._parents: dict[str, str] = {}
        self._lock = threading.Lock()

    def read(self, collection: str, since: Cursor | None) -> Iterator[Page]:
        """Pages sorted by Id. The watermark is the latest LastChangedDateTimeOffset seen, as it was written.

        Raises BadAnswer for lists without an end, and what the client raises.
        """
        spec = self._specs[collection]
        mark = str(since["modified"]) if since else None
        newest, began = mark, None
        for answer, last in self._pages(spec, self._filter(mark), self._page_size or spec.page_size):
            if began is None:
                began = from_ms(answer.requested_at + answer.clock_offset)
                if mark is not None and (instant(mark) or began) > began + TOLERANCE:
                    yield from self.read(collection, None)
                    return
            records, stamps = self._records(answer, spec)
            for stamp in stamps:
                newest = later(newest, stamp)
            yield Page(
                records=records,
                requested_at=answer.requested_at,
                clock_offset=answer.clock_offset,
                cursor={"modified": watermark(newest, began)} if last else since,
                last=last,
            )

    def one(self, collection: str, key: str) -> Found:
        """The record of this key. A contact person whose parent is unknown is looked for in the list."""
        spec = self._specs[collection]
        try:
            path = self.path(collection, key)
        except _Orphan as orphan:
            return Found(None, b"", orphan.answer)
        answer = self._client.call(Call(method="GET", path=path))
        if answer.status == 404:
            trouble = answers.trouble(answer, spec, {})
            if isinstance(trouble, Gone):
                return Found(None, b"", answer)
            raise trouble
        if answer.status != 200:
            raise answers.trouble(answer, spec, {})
        record, raw = self.record(answer, spec, answer.body)
        return Found(record, raw, answer)

    def path(self, collection: str, key: str) -> str:
        """The path of one record. Raises Gone for a contact person that no list shows."""
        resource = RESOURCES[collection]
        if resource.parent is None:
            return f"{resource.path}/{key}"
        if key not in self._parents:
            self._learn_parents(self._specs[collection], key)
        return f"{resource.path}/{self._parents[key]}/{key}"

    def record(self, answer: Answer, spec: CollectionSpec, raw: bytes) -> tuple[dict[str, Any], bytes]:
        """A record in an answer as names and values, and as bytes. Raises BadAnswer (Uncertain after a write)."""
        if not answer.is_json:
            answer.decode(dict[str, Any])
        try:
            record, raw = self._spelling[spec.name].read(raw)
        except msgspec.ValidationError:
            raise answer.broken("A record in it is no JSON object.") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise answer.broken("Its JSON is malformed or was cut off.") from None
        parent = RESOURCES[spec.name].parent
        key, above = text_at(record, spec.key), parent and text_at(record, parent)
        if key is not None and above:
            with self._lock:
                self._parents[key] = above
        return record, raw

    def _records(self, answer: Answer, spec: CollectionSpec) -> tuple[list[bytes], list[str | None]]:
        if answer.status == 204 or not answer.body:
            return [], []
        found = [self.record(answer, spec, bytes(raw)) for raw in answer.decode(list[msgspec.Raw])]
        if any(text_at(record, spec.key) is None for record, _ in found):
            raise answer.broken(f"A record of {spec.name} in it has no {spec.key}.")
        return [raw for _, raw in found], [text_at(record, str(spec.modified)) for record, _ in found]

    def _filter(self, mark: str | None) -> list[tuple[str, str]]:
        if mark is None:
            return []
        since = earlier_by(mark, SKEW).strftime("%Y-%m-%dT%H:%M:%S.%f")
        return [(CHANGED_SINCE, f"{since}0Z")]

    def _pages(self, spec: CollectionSpec, query: list[tuple[str, str]], size: int) -> Iterator[tuple[Answer, bool]]:
        """The answers of a list, each with whether it is the last. Raises BadAnswer for a list that does not end."""
        path = RESOURCES[spec.name].path
        query = [*query, ("OrderBy", spec.key), ("PageNumber", "1"), ("PageSize", str(size))]
        asked: set[tuple[tuple[str, str], ...]] = set()
        begun: set[bytes] = set()
        for number in range(1, MOST_PAGES + 1):
            asked.add(tuple(sorted(query)))
            answer = self._client.call(Call(method="GET", path=path, query=query))
            if answer.status == 204 or not answer.body:
                yield answer, True
                return
            if answer.status != 200:
                raise answers.trouble(answer, spec, {}, addressed=False)
            rows = answer.decode(list[msgspec.Raw])
            following = _following(answer, query, number, full=len(rows) >= size)
            if not rows or following is None:
                yield answer, True
                return
            if bytes(rows[0]) in begun or tuple(sorted(following)) in asked:
                raise answer.broken("The list repeats itself: its pages have no end.")
            begun.add(bytes(rows[0]))
            yield answer, False
            query = following
        raise answer.broken(f"The list has more than {MOST_PAGES} pages.")

    def _learn_parents(self, spec: CollectionSpec, key: str) -> None:
        """Read the list of all contact persons, with the two properties that their paths need. Raises Gone."""
        parent = str(RESOURCES[spec.name].parent)
        answer: Answer | None = None
        for answer, _ in self._pages(spec, [("Fields", f"{spec.key},{parent}")], 20_000):
            self._records(answer, spec)
        if key not in self._parents:
            assert answer is not None
            raise _Orphan(answer, spec)


class _Orphan(Gone):
    """A contact person that no list shows."""

    def __init__(self, answer: Answer, spec: CollectionSpec) -> None:
        super().__init__(*answers.gone(answer, spec).problems)
        self.answer = answer


def _following(
    answer: Answer, query: list[tuple[str, str]], number: int, *, full: bool
) -> list[tuple[str, str]] | None:
    """The query of the next page, None after the last. Without X-Pagination a full page may have a successor."""
    header = answer.headers.get("x-pagination")
    numbered = [(name, str(number + 1) if name == "PageNumber" else value) for name, value in query]
    if header is None:
        return numbered if full else None
    try:
        said = msgspec.json.decode(header)
    except msgspec.DecodeError:
        raise answer.broken("Its header X-Pagination is no JSON.") from None
    links = [v for k, v in said.items() if k.casefold() == "nextpagelink"] if isinstance(said, dict) else []
    if not links or not links[0]:
        return None
    told = {name.casefold(): value for name, value in parse_qsl(urlsplit(str(links[0])).query, keep_blank_values=True)}
    return [(name, told.pop(name.casefold(), value)) for name, value in numbered] + sorted(told.items())
