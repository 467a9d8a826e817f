"""The exam that every connector passes: one pytest class, over real HTTP, bad servers included.

A connector sits it in ten lines: subclass ``ConnectorExam``, say which records to use, give the fixture ``world`` and the method
``connect``. What it asks for is what the engine relies on, so it is also the best description of the connector port.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import httpx2
import msgspec
import pytest

from samtale.connectors.paths import same, shown_at
from samtale.core.problems import (
    BadAnswer,
    Gone,
    Moved,
    Refused,
    Retry,
    SystemTrouble,
    Taken,
    Unauthorized,
    Uncertain,
)  # fmt: skip
from samtale.ports.connector import CollectionSpec, Connector, Cursor, Draft, Page, Written
from samtale.testing.world import World

Values = Mapping[str, Any]

HOUR_MS = 3_600_000


class ConnectorExam:
    """Subclass as ``TestX``; the attributes say which records the exam may use."""

    collection: ClassVar[str]  #: the collection to be examined
    draft: ClassVar[Values]  #: values of a new record, by path; ``{n}`` in a text becomes a number
    bad: ClassVar[Values]  #: values of a new record that the system itself refuses
    path: ClassVar[str]  #: a text property that may be edited, alone, at any time
    values: ClassVar[tuple[str, str, str]]  #: three values for it
    read_only: ClassVar[str]  #: a property that cannot be written
    unknown: ClassVar[str]  #: a key that no record has
    updates: ClassVar[str]  #: the HTTP method of an update
    #: a pattern for the calls of this collection, so that faults leave the token endpoint alone
    calls: ClassVar[str]
    secrets: ClassVar[tuple[str, ...]]  #: what must never be shown

    def connect(self, world: World, transport: httpx2.BaseTransport | None = None, **options: Any) -> Connector:
        """A connector to this world. The exam gives ``timeout`` (seconds) and ``attempts`` among the options."""
        raise TypeError("give the exam a method connect")

    def without_effect(self, body: Any) -> Any:
        """The JSON body of an update with its values taken out: what a system sees that ignores them."""
        raise TypeError("give the exam a method without_effect")

    @pytest.fixture
    def connector(self, world: World) -> Iterator[Connector]:
        """A connector that has checked the system."""
        connector = self.connect(world, timeout=0.5, attempts=3)
        assert connector.check() == []
        world.forget()
        yield connector
        getattr(connector, "close", lambda: None)()

    # -- what the questions are asked with

    def spec(self, connector: Connector) -> CollectionSpec:
        return connector.about().collection(self.collection)

    def settle(self, world: World, connector: Connector) -> None:
        """Wait until reads show what was written."""
        world.clock.sleep(connector.about().lag + 0.1)

    def drafts(self, *numbers: int) -> list[Draft]:
        return [
            Draft(
                values={p: v.format(n=n) if isinstance(v, str) else v for p, v in self.draft.items()},
                mark=f"exam-{n}",
            )
            for n in numbers
        ]

    def keys(self, connector: Connector, pages: list[Page]) -> list[str]:
        spec = self.spec(connector)
        return [str(json.loads(record)[spec.key]) for page in pages for record in page.records]

    def create(self, world: World, connector: Connector, number: int = 1) -> Written:
        """A record that exists and shows in reads."""
        (written,) = connector.create(self.collection, self.drafts(number))
        assert isinstance(written, Written)
        self.settle(world, connector)
        return written

    def shown(self, record: bytes | None, path: str) -> Any:
        assert record is not None
        return shown_at(json.loads(record), path)

    def version(self, connector: Connector, record: bytes | None) -> str | None:
        spec = self.spec(connector)
        return None if spec.version is None else str(self.shown(record, spec.version))

    def whole(self, connector: Connector, since: Cursor | None = None) -> list[Page]:
        """All pages of a read, the last of which says so."""
        pages = list(connector.read(self.collection, since))
        assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
        assert pages[-1].cursor is not None
        assert msgspec.json.decode(msgspec.json.encode(pages[-1].cursor)) == pages[-1].cursor
        return pages

    def cursor(self, connector: Connector) -> Cursor:
        cursor = self.whole(connector)[-1].cursor
        assert cursor is not None
        return cursor

    def update(self, connector: Connector, written: Written, value: str) -> Written:
        before = self.shown(written.record, self.path)
        version = self.version(connector, written.record)
        return connector.update(self.collection, written.key, {self.path: value}, {self.path: before}, version)

    # -- about and check

    def test_about_is_consistent(self, connector: Connector) -> None:
        about = connector.about()
        names = {spec.name for spec in about.collections}
        for spec in about.collections:
            paths = [p.path for p in spec.properties]
            assert len(paths) == len(set(paths))
            assert {spec.key, spec.modified or spec.key, spec.version or spec.key, spec.mark or spec.key} <= set(paths)
            assert spec.archive is None or spec.archive[0] in paths
            assert all(set(p.refers) <= names for p in spec.properties)
            assert all(p.creatable for p in spec.properties if p.path == spec.mark)
            assert not any(p.creatable or p.updatable for p in spec.properties if p.path == spec.key)
        assert msgspec.json.decode(msgspec.json.encode(about))["connector"] == about.connector

    def test_check_names_credentials_that_are_wrong(self, world: World) -> None:
        world.faults({"kind": "status", "status": 401, "path": self.calls})
        problems = self.connect(world, attempts=1, timeout=0.5).check()
        if not problems:  # a check that asks elsewhere meets the wrong credentials when it reads
            with pytest.raises(Unauthorized):
                list(self.connect(world, attempts=1, timeout=0.5).read(self.collection, None))

    # -- reading

    def test_a_full_read_shows_every_record_once(self, world: World, connector: Connector) -> None:
        keys = self.keys(connector, self.whole(connector))
        spec = self.spec(connector)
        assert sorted(keys) == sorted(str(r[spec.key]) for r in world.records(self.collection))
        assert all(page.cursor is None for page in list(connector.read(self.collection, None))[:-1])

    def test_a_row_that_repeats_between_pages_hides_no_other(self, world: World, connector: Connector) -> None:
        world.faults({"kind": "duplicate_between_pages", "path": self.calls})
        spec = self.spec(connector)
        assert set(self.keys(connector, self.whole(connector))) == {
            str(r[spec.key]) for r in world.records(self.collection)
        }

    def test_an_incremental_read_finds_an_edit(self, world: World, connector: Connector) -> None:
        pages = self.whole(connector)
        keys = self.keys(connector, pages)
        world.edit(self.collection, keys[0], {self.path: self.values[0]})
        self.settle(world, connector)
        later = self.whole(connector, pages[-1].cursor)
        found = {str(json.loads(r)[self.spec(connector).key]): r for page in later for r in page.records}
        assert self.shown(found[keys[0]], self.path) == self.values[0]
        assert len(found) < len(keys) or len(keys) < 10

    def test_incremental_reads_lose_nothing_between_them(self, world: World, connector: Connector) -> None:
        pages = self.whole(connector)
        cursor, keys = pages[-1].cursor, self.keys(connector, pages)
        seen: set[str] = set()
        for key in keys[:4]:
            world.edit(self.collection, key, {self.path: self.values[0]})
            pages = self.whole(connector, cursor)
            cursor = pages[-1].cursor
            seen |= set(self.keys(connector, pages))
        self.settle(world, connector)
        seen |= set(self.keys(connector, self.whole(connector, cursor)))
        assert set(keys[:4]) <= seen

    def test_a_deletion_is_told_where_about_says_so(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        cursor = self.cursor(connector)
        world.remove(self.collection, written.key)
        self.settle(world, connector)
        pages = self.whole(connector, cursor)
        told = [key for page in pages for key in page.deleted]
        assert (written.key in told) is self.spec(connector).deletions
        assert written.key not in self.keys(connector, self.whole(connector))

    def test_fetch_leaves_out_what_does_not_exist(self, world: World, connector: Connector) -> None:
        key = self.keys(connector, self.whole(connector))[0]
        fetched = connector.fetch(self.collection, [self.unknown, key])
        assert [str(json.loads(r)[self.spec(connector).key]) for r in fetched.records] == [key]
        assert connector.fetch(self.collection, [self.unknown]).records == []

    def test_an_empty_list_is_told_as_it_is(self, world: World, connector: Connector) -> None:
        world.faults({"kind": "empty_list", "path": self.calls})
        assert self.keys(connector, self.whole(connector)) == []

    # -- creating

    def test_create_returns_what_now_exists(self, world: World, connector: Connector) -> None:
        (written,) = connector.create(self.collection, self.drafts(1))
        assert isinstance(written, Written)
        there = world.record(self.collection, written.key)
        for path, value in self.drafts(1)[0].values.items():
            assert same(self.shown(written.record, path), value)
            assert same(shown_at(there, path), value)
        mark = self.spec(connector).mark
        assert mark is None or self.shown(written.record, mark) == "exam-1"
        assert abs(written.requested_at - world.clock.now_ms()) < 10_000

    def test_a_bad_draft_stops_no_other(self, world: World, connector: Connector) -> None:
        drafts = [*self.drafts(1), Draft(values=self.bad, mark="exam-bad"), *self.drafts(2)]
        first, bad, second = connector.create(self.collection, drafts)
        assert isinstance(first, Written)
        assert isinstance(second, Written)
        assert isinstance(bad, Refused)
        assert bad.properties
        assert first.key != second.key

    def test_a_mark_that_is_taken_leads_to_its_record(self, world: World, connector: Connector) -> None:
        if self.spec(connector).mark is None:
            return
        written = self.create(world, connector)
        (again,) = connector.create(self.collection, self.drafts(1))
        assert isinstance(again, Taken)
        assert again.key == written.key
        assert self.spec(connector).mark in again.properties

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "lost_reply"},
            {"kind": "cut_before"},
            {"kind": "status", "status": 500, "when": "before"},
            {"kind": "status", "status": 503, "when": "after"},
            {"kind": "html", "when": "after"},
            {"kind": "truncate", "declared": "full"},
            {"kind": "truncate", "declared": "short"},
            {"kind": "wrong_content_type"},
            {"kind": "slow", "seconds": 16, "when": "after"},
        ],
        ids=lambda f: "-".join(str(v) for v in f.values()),
    )
    def test_a_create_of_unknown_outcome_is_not_repeated(
        self, world: World, connector: Connector, fault: dict[str, Any]
    ) -> None:
        before = len(world.records(self.collection))
        world.faults({**fault, "method": "POST", "path": self.calls})
        (outcome,) = connector.create(self.collection, self.drafts(1))
        assert isinstance(outcome, Uncertain)
        world.clock.sleep(fault.get("seconds", 0))
        assert len(world.asked("POST")) == 1
        assert len(world.records(self.collection)) - before in (0, 1)

    def test_a_create_that_was_refused_for_haste_is_repeated(self, world: World, connector: Connector) -> None:
        world.faults({"kind": "status", "status": 429, "method": "POST", "path": self.calls, "times": 2})
        (outcome,) = connector.create(self.collection, self.drafts(1))
        assert isinstance(outcome, Written)
        assert len(world.asked("POST")) == 3

    def test_a_create_without_privilege_says_so(self, world: World, connector: Connector) -> None:
        before = len(world.records(self.collection))
        world.faults({"kind": "status", "status": 403, "method": "POST", "path": self.calls})
        (outcome,) = connector.create(self.collection, self.drafts(1))
        assert isinstance(outcome, Unauthorized)
        assert len(world.records(self.collection)) == before

    def test_what_is_read_only_is_refused_before_anything_is_sent(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        world.forget()
        with pytest.raises(Refused) as refused:
            connector.update(self.collection, written.key, {self.read_only: self.values[0]}, {}, None)
        (draft,) = self.drafts(2)
        (outcome,) = connector.create(
            self.collection, [Draft(values={**draft.values, self.read_only: self.values[0]}, mark="exam-2")]
        )
        assert isinstance(outcome, Refused)
        assert refused.value.properties == outcome.properties == (self.read_only,)
        assert world.asked() == []

    # -- updating

    def test_update_changes_one_property_and_returns_the_record(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        before = world.record(self.collection, written.key)
        updated = self.update(connector, written, self.values[0])
        there = world.record(self.collection, written.key)
        assert self.shown(updated.record, self.path) == shown_at(there, self.path) == self.values[0]
        spec = self.spec(connector)
        moving = {self.path.split(".")[0], spec.modified, spec.version, "Modified_By", "Last_Activity_Time"}
        assert {n for n in there if there[n] != before.get(n)} <= moving

    def test_an_update_after_an_update_goes_by_the_new_record(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        for value in self.values:
            written = self.update(connector, written, value)
        assert shown_at(world.record(self.collection, written.key), self.path) == self.values[2]

    def test_an_update_never_overwrites_somebody_elses_edit(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        world.edit(self.collection, written.key, {self.path: self.values[1]})
        with pytest.raises(Moved):
            self.update(connector, written, self.values[0])
        assert shown_at(world.record(self.collection, written.key), self.path) == self.values[1]

    def test_a_write_that_does_nothing_is_found(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        lame = self.connect(world, _Lame(self.updates, self.without_effect), timeout=2, attempts=1)
        lame.check()
        with pytest.raises(Refused) as refused:
            self.update(lame, written, self.values[0])
        assert refused.value.properties == (self.path,)

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_an_update_of_unknown_outcome_is_not_repeated(self, world: World, connector: Connector, when: str) -> None:
        written = self.create(world, connector)
        world.forget()
        world.faults({"kind": "status", "status": 500, "method": self.updates, "path": self.calls, "when": when})
        with pytest.raises(Uncertain):
            self.update(connector, written, self.values[0])
        assert len(world.asked(self.updates)) == 1

    def test_an_update_whose_reply_is_lost_is_uncertain(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        world.faults({"kind": "lost_reply", "method": self.updates, "path": self.calls})
        with pytest.raises(Uncertain):
            self.update(connector, written, self.values[0])

    def test_an_update_of_a_record_that_is_gone_says_so(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        world.remove(self.collection, written.key)
        self.settle(world, connector)
        with pytest.raises(Gone):
            self.update(connector, written, self.values[0])

    def test_a_value_that_is_refused_is_named(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        paths = {p.path for p in self.spec(connector).properties if p.updatable}
        wrong = {path: value for path, value in self.bad.items() if path in paths}
        version = self.version(connector, written.record)
        expected = {path: self.shown(written.record, path) for path in wrong}
        with pytest.raises(Refused) as refused:
            connector.update(self.collection, written.key, wrong, expected, version)
        assert set(refused.value.properties) & set(wrong)

    # -- deleting

    def test_delete_deletes_once(self, world: World, connector: Connector) -> None:
        written = self.create(world, connector)
        connector.delete(self.collection, written.key, self.version(connector, written.record))
        self.settle(world, connector)
        assert connector.fetch(self.collection, [written.key]).records == []
        with pytest.raises(Gone):
            connector.delete(self.collection, written.key, None)

    # -- bad servers

    @pytest.mark.parametrize(
        ("fault", "trouble"),
        [
            ({"kind": "html"}, BadAnswer),
            ({"kind": "truncate", "declared": "short"}, BadAnswer),
            ({"kind": "truncate", "declared": "full"}, Retry),
            ({"kind": "wrong_content_type"}, BadAnswer),
            ({"kind": "endless_pages"}, BadAnswer),
            ({"kind": "slow", "seconds": 16}, Retry),
            ({"kind": "down"}, Retry),
            ({"kind": "status", "status": 401}, Unauthorized),
            ({"kind": "status", "status": 403}, Unauthorized),
            ({"kind": "status", "status": 429}, Retry),
            ({"kind": "status", "status": 500}, Retry),
            ({"kind": "status", "status": 503, "headers": {"Retry-After": "600"}}, Retry),
            ({"kind": "status", "status": 302, "headers": {"Location": "https://elsewhere.example/"}}, BadAnswer),
        ],
        ids=lambda f: "-".join(str(v) for v in f.values()) if isinstance(f, dict) else f.__name__,
    )
    def test_a_bad_answer_to_a_read_is_told_apart(
        self, world: World, connector: Connector, fault: dict[str, Any], trouble: type[SystemTrouble]
    ) -> None:
        world.faults({**fault, "path": self.calls})
        with pytest.raises(trouble) as raised:
            list(connector.read(self.collection, None))
        for problem in raised.value.problems:
            assert problem.code
            assert problem.summary.endswith(".")
            assert problem.why
            assert problem.remedy
        if fault.get("headers", {}).get("Retry-After"):
            assert isinstance(raised.value, Retry)
            assert raised.value.after == 600
            assert len(world.asked("GET")) == 1

    def test_a_read_outlives_passing_trouble(self, world: World, connector: Connector) -> None:
        for kind in ({"kind": "status", "status": 500}, {"kind": "down"}, {"kind": "status", "status": 401}):
            world.faults({**kind, "path": self.calls, "times": 1})
            assert self.keys(connector, self.whole(connector))

    def test_a_system_that_is_not_there_is_worth_another_try(self, world: World, connector: Connector) -> None:
        world.shut()
        with pytest.raises(Retry):
            list(connector.read(self.collection, None))
        (outcome,) = connector.create(self.collection, self.drafts(1))
        assert isinstance(outcome, Retry)

    @pytest.mark.parametrize("hours", [1, -1])
    def test_a_clock_that_is_off_is_measured_and_hides_nothing(
        self, world: World, connector: Connector, hours: int
    ) -> None:
        cursor = self.cursor(connector)
        world.skew(hours * 3600)
        pages = self.whole(connector)
        assert abs(pages[0].clock_offset - hours * HOUR_MS) < 2_000
        key = self.keys(connector, pages)[0]
        world.edit(self.collection, key, {self.path: self.values[0]})
        self.settle(world, connector)
        assert key in self.keys(connector, self.whole(connector, pages[-1].cursor))
        if hours > 0:
            assert key in self.keys(connector, self.whole(connector, cursor))

    # -- silence

    def test_secrets_and_values_are_never_shown(
        self, world: World, connector: Connector, caplog: pytest.LogCaptureFixture
    ) -> None:
        inside = repr(connector) + repr(vars(connector))
        with caplog.at_level(logging.DEBUG):
            self.create(world, connector)
            outcomes = connector.create(self.collection, [Draft(values=self.bad, mark="exam-secret")])
            world.faults({"kind": "status", "status": 500, "path": self.calls, "body": "exam-secret"})
            with pytest.raises(Retry) as raised:
                list(connector.read(self.collection, None))
        shown = [caplog.text, str(raised.value), *(str(o) for o in outcomes), repr(raised.value.problems)]
        values = [v for v in self.bad.values() if isinstance(v, str) and len(v) > 3]
        for secret in self.secrets:
            assert secret not in inside
        for text in shown:
            for word in (*self.secrets, *values, "exam-secret"):
                assert word not in text


class _Lame(httpx2.HTTPTransport):
    """Passes updates on without their effect."""

    def __init__(self, method: str, without_effect: Callable[[Any], Any]) -> None:
        super().__init__(verify=False)
        self._method = method
        self._without_effect = without_effect

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == self._method:
            body = json.dumps(self._without_effect(json.loads(request.read()))).encode()
            headers = {n: v for n, v in request.headers.items() if n.lower() != "content-length"}
            request = httpx2.Request(request.method, request.url, headers=headers, content=body)
        return super().handle_request(request)
