"""Observe: read what the systems show into the store.

A page of observations and the cursor behind it are one transaction. An unchanged record costs one digest. What may be older than what
we know (a lagging replica, a read begun before our own write ended) is no information: the record is looked at again later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from samtale.core.brakes import shrunk
from samtale.core.model import MISSING
from samtale.core.problems import Problem, SystemTrouble
from samtale.engine.decode import Observation, digest
from samtale.engine.index import index, reindex
from samtale.engine.setting import Place, Setting
from samtale.engine.unanswered import close_looked_at, unanswered, with_ours
from samtale.ports.connector import Fetched, Page, Record
from samtale.ports.store import CollectionRow, DecisionRow, HistoryRow, LinkRow, Look, RecordRef, RecordRow, Session

#: A full pass that takes at most this many calls is made on every run where incremental reads are blind to some changes.
CHEAP_CALLS = 10


class Observed(NamedTuple):
    """What came of reading one collection."""

    place: Place
    records: int
    changed: int
    full: bool
    problems: tuple[Problem, ...] = ()


def observe(setting: Setting, *, full: bool = False, only: Collection[Place] | None = None) -> list[Observed]:
    """Read all collections, one thread a system. Trouble with one system is reported and stops no other."""
    places = [p for p in setting.specs if only is None or p in only]
    _number(setting)
    notice_switches(setting)
    places = [p for p in places if not setting.paused(p)]
    names = [n for n, s in setting.systems.items() if s.reachable and any(p[0] == n for p in places)]

    def one(system: str) -> list[Observed]:
        return [_observe_safely(setting, place, full) for place in places if place[0] == system]

    if len(names) == 1:
        return one(names[0])
    with ThreadPoolExecutor(max_workers=max(1, len(names)), thread_name_prefix="observe") as pool:
        return [seen for result in pool.map(one, names) for seen in result]


def notice_switches(setting: Setting) -> None:
    """A collection that is shared again has fallen behind meanwhile: all its records are looked at, and all that create there."""
    switches = {place: setting.shared(place) for place in setting.specs}
    if switches == setting.noticed:
        return
    with setting.store.read() as session:
        before = {subject: bool(d.answer) for (_, subject), d in session.decisions("shared").items()}
    moved = {place: on for place, on in switches.items() if before.get(".".join(place), True) != on}
    if moved:
        with setting.store.write() as session:
            rows = setting.rows(session)
            for place, on in moved.items():
                session.decide(DecisionRow("shared", ".".join(place), on, setting.clock.now_ms()))
                for other in {place, *_origins(setting, place)} if on else ():
                    after = ""
                    while page := session.scan(rows[other].id, after):
                        session.put_looks([Look(r.collection, r.key) for r in page])
                        after = page[-1].key
    setting.noticed = switches


def _origins(setting: Setting, place: Place) -> set[Place]:
    """The collections whose records get counterparts in this one."""
    members = [m for t in setting.model.types for m in t.members if (m.system, m.collection) == place]
    names = {origin for member in members for origin, _ in member.create}
    return {(m.system, m.collection) for t in setting.model.types for m in t.members if m.name in names}


def _number(setting: Setting) -> None:
    """Number the collections and shapes that are new. Mostly none is, and then nothing is written."""
    if setting.numbered:
        return
    maps = setting.maps.collections.values()
    with setting.store.read() as session:
        shapes = set(session.shapes().values())
        known = setting.known(session).keys() >= setting.specs.keys() and all(m.shape in shapes for m in maps)
    if not known:
        with setting.store.write() as session:
            setting.rows(session)
            for mapping in maps:
                session.shape(mapping.shape)
    setting.numbered = True


def _observe_safely(setting: Setting, place: Place, full: bool) -> Observed:
    if setting.stop.is_set() or not setting.systems[place[0]].reachable:
        return Observed(place, 0, 0, False)
    try:
        return Reading(setting, place).run(full)
    except SystemTrouble as trouble:
        setting.systems[place[0]].reachable = False
        for problem in trouble.problems:
            setting.reporter.trouble(problem)
        return Observed(place, 0, 0, False, tuple(trouble.problems))


class Reading:
    """One pass over one collection."""

    def __init__(self, setting: Setting, place: Place) -> None:
        self.setting = setting
        self.place = place
        self.system = setting.systems[place[0]]
        self.spec = setting.specs[place]
        self.map = setting.maps.collections[place]
        self.seen = 0
        self.changed = 0

    def run(self, full: bool) -> Observed:
        """Fetch what is to be looked at again, then read: incrementally, or everything when that is due."""
        with self.setting.store.read() as session:
            row = self.setting.known(session)[self.place]
            shape = session.shape(self.map.shape)
            decided = session.decisions("shape").get(("shape", ".".join(self.place)))
            due = self._due(session, row, 1)
        reshaped = decided is None or decided.answer != shape
        reindex(self.setting, self.place, row)
        if due:
            self._fetch_looks(row)
        problems: list[Problem] = []
        if full or reshaped or self._full_is_due(row):
            problems = self._full_pass(row, shape, reshaped)
            full = True
        else:
            self._incremental(row, shape)
        return Observed(self.place, self.seen, self.changed, full, tuple(problems))

    def _full_is_due(self, row: CollectionRow) -> bool:
        if row.complete_at is None or row.cursor is None or not self.spec.incremental or row.brake:
            return True
        if self.spec.blind and row.size <= CHEAP_CALLS * self.spec.page_size:
            return True
        hours = self.setting.abouts[self.place[0]].full_pass_hours
        return self.setting.clock.now_ms() - row.complete_at > hours * 3_600_000

    # passes

    def _incremental(self, row: CollectionRow, shape: int) -> None:
        due: list[Look] = []
        began: int | None = None
        for page in self.system.connector.read(self.place[1], row.cursor):
            began = page.requested_at if began is None else began
            with self.setting.store.write() as session:
                self.changed += absorb(self.setting, session, self.place, row, shape, page)
                suspects = [
                    k for k in page.deleted if (row.id, k) in session.records([(row.id, k) for k in page.deleted])
                ]
                session.put_looks([Look(row.id, key, page.requested_at, fetch=True) for key in suspects])
                row = session.collections()[self.place]
                row = row._replace(cursor=page.cursor if page.cursor is not None else row.cursor)
                session.put_collection(row._replace(observed_at=began) if page.last else row)
                due = self._due(session, row, 1)
            self._counted(len(page.records))
            if self.setting.stop.is_set():
                return
        if due:
            self._fetch_looks(row)

    def _full_pass(self, row: CollectionRow, shape: int, reshaped: bool) -> list[Problem]:
        """Everything, from the first record to the last; only then does absence mean something."""
        began = self.setting.clock.now_ms()
        unseen: dict[bytes, str] = {}
        there: dict[str, None] = {}
        with self.setting.store.read() as session:
            for key, known, present in session.digests(row.id):
                if present:
                    if reshaped or known in unseen or not known:
                        there[key] = None
                    else:
                        unseen[known] = key
        finished = False
        touched: set[str] = set()
        cursor = None
        for page in self.system.connector.read(self.place[1], None):
            fresh = [r for r in page.records if unseen.pop(digest(r), None) is None] if unseen else list(page.records)
            if fresh or page.cursor is not None or page.last:
                with self.setting.store.write() as session:
                    current = page if len(fresh) == len(page.records) else _with(page, fresh)
                    self.changed += absorb(self.setting, session, self.place, row, shape, current, touched)
                    cursor = page.cursor if page.cursor is not None else cursor
            self._counted(len(page.records))
            finished = finished or page.last
            if self.setting.stop.is_set():
                return []
        if not finished:
            return []
        absent = [key for key in (*unseen.values(), *there) if key not in touched]
        return self._finish(row, shape, began, absent, cursor)

    def _finish(
        self, row: CollectionRow, shape: int, began: int, absent: Sequence[str], cursor: object
    ) -> list[Problem]:
        now = self.setting.clock.now_ms()
        problems: list[Problem] = []
        with self.setting.store.write() as session:
            row = session.collections()[self.place]
            believed = session.decisions("believed").get(("believed", ".".join(self.place)))
            brake = shrunk(self.seen, row.size, self.setting.limits)
            if brake and believed is not None and believed.at > (row.complete_at or 0):
                brake = None
            row = row._replace(observed_at=began, pass_started_at=began, brake=brake, cursor=cursor)  # type: ignore[arg-type]
            if brake:
                problems.append(self._shrunk_problem(brake, row.size))
                self.setting.reporter.trouble(problems[-1])
            else:
                row = row._replace(complete_at=now, size=self.seen)
                session.put_looks([Look(row.id, key, began, fetch=True) for key in absent])
            session.put_collection(row)
            session.decide(DecisionRow("shape", ".".join(self.place), shape, now))
        if not brake:
            self._fetch_looks(row)
        return problems

    def _shrunk_problem(self, brake: str, before: int) -> Problem:
        name = ".".join(self.place)
        return Problem(
            code=f"collection_{brake}",
            summary="A collection suddenly holds far fewer records, so its absences are not believed.",
            why=f"{name} showed {self.seen} records, after {before} in the complete pass before.",
            remedy="Look into the system itself. If the records are really gone, say so, and the next run believes it.",
            command=f"samtale resolve --believe {name}",
        )

    def _counted(self, records: int) -> None:
        self.seen += records
        self.setting.reporter.progress("observe", ".".join(self.place), self.seen)

    # looking again

    def _due(self, session: Session, row: CollectionRow, limit: int) -> list[Look]:
        looks = session.looks(self.setting.clock.now_ms(), fetch=True, after=(row.id, ""), limit=limit)
        return [look for look in looks if look.collection == row.id]

    def _fetch_looks(self, row: CollectionRow) -> None:
        """Fetch the records that are due to be looked at again."""
        while not self.setting.stop.is_set():
            with self.setting.store.read() as session:
                looks = self._due(session, row, 500)
            if not looks:
                return
            keys = [look.key for look in looks]
            step = max(1, self.spec.fetch_batch)
            for start in range(0, len(keys), step):
                batch = keys[start : start + step]
                fetched = self.system.connector.fetch(self.place[1], batch)
                with self.setting.store.write() as session:
                    number = session.shape(self.map.shape)
                    session.forget_looks([(row.id, key) for key in batch], fetch=True)
                    self.changed += refresh(self.setting, session, self.place, row, number, batch, fetched)
            if len(looks) < 500:
                return


def _with(page: Page, records: Sequence[Record]) -> Page:
    return Page(
        records=records,
        requested_at=page.requested_at,
        clock_offset=page.clock_offset,
        deleted=page.deleted,
        cursor=page.cursor,
    )


def refresh(
    setting: Setting,
    session: Session,
    place: Place,
    row: CollectionRow,
    shape: int,
    asked: Sequence[str],
    fetched: Fetched,
) -> int:
    """Take in records that were asked for by key; those that did not come are missing, and gone when missed twice, the lag apart."""
    page = Page(records=fetched.records, requested_at=fetched.requested_at, clock_offset=fetched.clock_offset)
    came: set[str] = set()
    changed = absorb(setting, session, place, row, shape, page, came)
    missed = [(row.id, key) for key in asked if key not in came]
    known = session.records(missed)
    lag = setting.lag_ms(place[0])
    gone: list[RecordRow] = []
    for record in known.values():
        if record.missing_since is None:
            if record.written_at is not None and fetched.requested_at < record.written_at + lag:
                session.put_looks([Look(row.id, record.key, record.written_at + lag, fetch=True)])
                continue
            session.put_records([record._replace(missing_since=fetched.requested_at)])
            session.put_looks([Look(row.id, record.key, fetched.requested_at + lag, fetch=True)])
        elif fetched.requested_at >= record.missing_since + lag:
            gone.append(record)
        else:
            session.put_looks([Look(row.id, record.key, record.missing_since + lag, fetch=True)])
    if gone:
        bury(session, gone, fetched.requested_at)
    close_looked_at(setting, session, place, [(row.id, key) for key in asked], fetched.requested_at)
    return changed + len(gone)


def bury(session: Session, records: Sequence[RecordRow], now: int) -> None:
    """Records are gone: their links become tombstones, their partners are looked at, nothing else changes."""
    refs = [(r.collection, r.key) for r in records]
    session.put_match(refs, [])
    session.forget_looks(refs, fetch=False)
    links = [link for link in session.links_of(refs) if link.state != "gone"]
    by_ref = {(r.collection, r.key): r for r in records}
    session.put_links([_based(link, by_ref[link.collection, link.key])._replace(state="gone") for link in links])
    session.note([HistoryRow(now, "gone", link.type, link.entity, link.collection, link.key) for link in links])
    others = [link for link in session.links_in({link.entity for link in links}) if link.state == "active"]
    session.put_looks([Look(link.collection, link.key) for link in others])


def _based(link: LinkRow, row: RecordRow) -> LinkRow:
    """The link with its base written out, before what the record shows moves away from it."""
    return link if link.base is not None else link._replace(base=row.shown, shape=row.shape)


def absorb(
    setting: Setting,
    session: Session,
    place: Place,
    row: CollectionRow,
    shape: int,
    page: Page,
    touched: set[str] | None = None,
) -> int:
    """Take in one page of records; the number of those that changed. ``touched`` collects the keys that were there."""
    decode = setting.decoders[place]
    observations = {o.key: o for o in map(decode, page.records)}  # of a record that came twice, the later one
    if touched is not None:
        touched.update(observations)
    refs = [(row.id, key) for key in observations]
    known = session.records(refs) if refs else {}
    news: list[RecordRow] = []
    changed: list[tuple[Observation, RecordRow]] = []
    again: list[Look] = []
    for key, seen in observations.items():
        old = known.get((row.id, key))
        if old is None:
            news.append(_record(row.id, seen, shape, page, 0))
        elif old.digest == seen.digest and old.missing_since is None and old.shape == shape:
            continue
        else:
            due = _outdated(setting, place, old, seen, page)
            if due is not None:
                again.append(Look(row.id, key, due, fetch=True))
            else:
                changed.append((seen, old))
    if again:
        session.put_looks(again)
    rows = [*news, *(_changes(setting, session, place, row, shape, page, changed) if changed else ())]
    if rows:
        session.put_records(rows)
        index(setting, session, place, rows)
        session.put_looks([Look(r.collection, r.key) for r in rows])
    return len(rows)


def _record(collection: int, seen: Observation, shape: int, page: Page, after: int) -> RecordRow:
    offset = page.clock_offset
    return RecordRow(
        collection,
        seen.key,
        seen.digest,
        shape,
        seen.shown,
        page.requested_at,
        after,
        seen.version,
        None if seen.modified is None else seen.modified - offset,
        None if seen.created is None else seen.created - offset,
    )


def _outdated(setting: Setting, place: Place, old: RecordRow, seen: Observation, page: Page) -> int | None:
    """When to look again, if this observation may show an older state than the one we know."""
    lag = setting.lag_ms(place[0])
    if old.written_at is not None:
        if page.requested_at < old.written_at:
            return old.written_at + lag
        if page.requested_at < old.written_at + lag and old.before:
            mapping = setting.maps.collections[place]
            for path, before in old.before.items():
                at = mapping.index.get(path)
                if at is not None and seen.shown[at] == before and old.shown[at] != before:
                    return old.written_at + lag
    modified = None if seen.modified is None else seen.modified - page.clock_offset
    if (
        modified is not None
        and old.modified is not None
        and modified < old.modified - 2000
        and page.requested_at < old.seen_at + lag
    ):
        return old.seen_at + lag
    return None


def _changes(
    setting: Setting,
    session: Session,
    place: Place,
    row: CollectionRow,
    shape: int,
    page: Page,
    changed: Sequence[tuple[Observation, RecordRow]],
) -> Iterable[RecordRow]:
    """Rows of records that show something else than before; their links keep the base that they had."""
    olds = {(old.collection, old.key): old for _, old in changed}
    links: dict[RecordRef, list[LinkRow]] = {}
    for link in session.links_of(olds):
        links.setdefault((link.collection, link.key), []).append(link)
    kept: list[LinkRow] = []
    history: list[HistoryRow] = []
    shapes = session.shapes()
    mapping = setting.maps.collections[place]
    sent = unanswered(session, row.id)
    rows = []
    for seen, old in changed:
        ref = (old.collection, old.key)
        was = mapping.reshape(old.shown, shapes[old.shape], strictly=False)
        now_shown = [
            b if a == MISSING and old.missing_since is None else a for a, b in zip(seen.shown, was, strict=True)
        ]
        mine = links.get(ref, [])
        undecided = any(link.base is not None for link in mine)
        after = old.after if undecided and old.after else max(old.seen_at, row.pass_started_at or 0)
        if now_shown == was and old.missing_since is None:
            after = old.after
        rows.append(
            _record(row.id, seen, shape, page, after)._replace(
                shown=now_shown,
                written_at=old.written_at,
                before=old.before,
                seen_at=old.seen_at if now_shown == was else page.requested_at,
            )
        )
        for link in mine:
            moved = _based(link, old) if now_shown != was or old.shape != shape else link
            if old.key in sent:
                moved = with_ours(mapping, shapes, shape, moved, sent[old.key], was, now_shown)
            if link.state == "gone" and _replaced(session, link):
                session.forget_links([(link.type, link.collection, link.key)])
                continue
            if link.state == "gone":
                moved = moved._replace(state="active")
                history.append(HistoryRow(page.requested_at, "back", link.type, link.entity, row.id, old.key))
            if moved is not link:
                kept.append(moved)
        differing = {p: [a, b] for p, a, b in zip(mapping.paths, was, now_shown, strict=True) if a != b}
        if differing and mine:
            history.append(
                HistoryRow(page.requested_at, "observed", mine[0].type, mine[0].entity, row.id, old.key, differing)
            )
    session.put_links(kept)
    session.note(history)
    return rows


def _replaced(session: Session, link: LinkRow) -> bool:
    """Whether another record of the collection has taken the place that this one had, while it was gone."""
    return any(x.collection == link.collection and x.state == "active" for x in session.links_in([link.entity]))
