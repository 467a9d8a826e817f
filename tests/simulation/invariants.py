"""What must hold once everything is quiet, told from the systems themselves (design 11).

Nothing here asks the engine what it decided, except for its history: a value may be gone only if history says what took its place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from samtale.core.plan import Held
from samtale.ports.store import HistoryRow, LinkRow, Session
from tests.engine.house import House
from tests.simulation.ledger import Entry, Ledger, canonical

#: By entity type: field, and the property that shows it, by collection.
SHOWN: dict[str, dict[str, dict[str, str]]] = {
    "organization": {
        "name": {"Customers": "Name", "Departments": "Name", "Account": "Account_Name"},
        "phone": {"Customers": "PhoneNumber", "Account": "Phone"},
        "website": {"Customers": "WebsiteUrl", "Account": "Website"},
        "address": {"Customers": "MailAddress.City", "Account": "Billing_City"},
    },
    "person": {
        "name": {"Customers": "LastName", "Contact": "Last_Name"},
        "email": {"Customers": "EmailAddress", "Contact": "Email"},
        "phone": {"Customers": "PhoneNumber", "Contact": "Phone"},
        "address": {"Customers": "MailAddress.City", "Contact": "Mailing_City"},
    },
}


class Truth:
    """The systems as they are, and the store's links and history."""

    def __init__(self, house: House, held: Sequence[Held]) -> None:
        self.house = house
        self.held = held
        self.records: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
            (name, collection): {desk.key(r): r for r in desk.all(collection)}
            for name, desk in (("po", house.po), ("zoho", house.zoho))
            for collection in desk.simulator.collections()
        }
        with house.store.read() as session:
            self.places = {row.id: place for place, row in session.collections().items()}
            self.links = list(_all_links(session, self.places))
            self.history: list[HistoryRow] = session.history(limit=1_000_000)

    def shown(self, place: tuple[str, str], key: str, path: str) -> Any:
        value: Any = self.records[place].get(key)
        for segment in path.split("."):
            value = None if value is None else value.get(segment)
        return value


def _all_links(session: Session, places: dict[int, tuple[str, str]]) -> Iterable[LinkRow]:
    for collection in places:
        after = ""
        while rows := session.scan(collection, after, 1000):
            after = rows[-1].key
            yield from session.links_of([(collection, row.key) for row in rows])


def violations(truth: Truth, ledger: Ledger) -> list[str]:
    """Everything that is wrong, as sentences; empty if all is well."""
    return [
        *_two_records_of_one_member(truth),
        *_disagreements(truth),
        *_lost_values(truth, ledger),
        *_created_twice(truth),
        *_ties(truth),
    ]


def _two_records_of_one_member(truth: Truth) -> Iterable[str]:
    active = [x for x in truth.links if x.state == "active"]
    for (entity, collection), count in Counter((x.entity, x.collection) for x in active).items():
        if count > 1:
            yield f"entity {entity} has {count} records of {truth.places[collection]}"
    for (kind, collection, key), count in Counter((x.type, x.collection, x.key) for x in active).items():
        if count > 1:
            yield f"{kind} {truth.places[collection]}:{key} is linked {count} times"


def _disagreements(truth: Truth) -> Iterable[str]:
    held = {(h.entity, h.field) for h in truth.held if h.entity} | {
        (r, "") for h in truth.held for r in h.refs if not h.field
    }
    groups: dict[tuple[str, str], list[LinkRow]] = defaultdict(list)
    for link in truth.links:
        if link.state == "active" and link.type in SHOWN:
            groups[link.type, link.entity].append(link)
    for (kind, entity), links in groups.items():
        if (entity, "") in held or any(((*truth.places[x.collection], x.key), "") in held for x in links):
            continue
        for field, paths in SHOWN[kind].items():
            if (entity, field) in held:
                continue
            values = {
                (place, x.key): canonical(truth.shown(place, x.key, paths[place[1]]))
                for x in links
                if (place := truth.places[x.collection])[1] in paths
                and x.key in truth.records[place]
                and _belongs(truth, kind, place, x.key)
            }
            if len(set(values.values())) > 1:
                yield f"{kind} {entity} disagrees on {field}: {values}"


def _belongs(truth: Truth, kind: str, place: tuple[str, str], key: str) -> bool:
    """A customer is a firm or a person; the link of the other kind sleeps."""
    return place[1] != "Customers" or truth.records[place][key]["IsPerson"] == (kind == "person")


def _lost_values(truth: Truth, ledger: Ledger) -> Iterable[str]:
    ids = {place: number for number, place in truth.places.items()}
    for entry in ledger.last.values():
        if entry.key not in truth.records[entry.place]:
            continue
        if canonical(truth.shown(entry.place, entry.key, entry.path)) == canonical(entry.raw):
            continue
        ref = (ids[entry.place], entry.key)
        mine = [x for x in truth.links if (x.collection, x.key) == ref]
        told = [h for h in truth.history if (h.collection, h.key) == ref]  # also of links that a person ended
        entities = {x.entity for x in mine} | {h.entity for h in told}
        linked_at = min((*(x.linked_at for x in mine), *(h.at for h in told)), default=0)
        if not _accounted_for(truth, entry, entities, linked_at):
            shown = truth.shown(entry.place, entry.key, entry.path)
            yield f"lost: {entry.story}, typed at {entry.at}, seen {entry.seen_at}, now {shown!r}"


def _accounted_for(truth: Truth, entry: Entry, entities: set[str], linked_at: int) -> bool:
    """Whether history tells what became of a value that is gone: it won and was superseded, or it gave way.

    The first agreement of a new entity is no event, so of what was typed before the link it is enough that a later verdict tells.
    """
    verdicts = [
        h for h in truth.history if h.kind == "verdict" and h.entity in entities and h.data["field"] == entry.field
    ]
    if entry.raw is None:
        return any(h.at >= entry.at for h in verdicts) or linked_at >= entry.at
    wanted = canonical(entry.raw)
    for verdict in verdicts:
        values = [verdict.data["value"], *(value for _, value in verdict.data["losers"])]
        if any(canonical(value[entry.part]) == wanted for value in values if value and entry.part < len(value)):
            return True
    return entry.seen_at is not None and linked_at >= entry.at and any(h.at >= entry.seen_at for h in verdicts)


def _ties(truth: Truth) -> Iterable[str]:
    """Edits that cannot be told apart are decided by the order of systems in the project: PowerOffice Go goes first."""
    for row in truth.history:
        if row.kind == "verdict" and row.data["reason"] == "tie" and len(row.data["losers"]) == 1:
            winner, loser = row.data["origin"], row.data["losers"][0][0]
            if winner.startswith("zoho.") and loser.startswith("po."):
                yield f"a tie over {row.data['field']} went to {winner}, though {loser} goes first"


def _created_twice(truth: Truth) -> Iterable[str]:
    """Every record that our user created is linked to what it was created for, and no entity got two in one place."""
    ids = {place: number for number, place in truth.places.items()}
    unlinked = {(h.collection, h.key) for h in truth.history if h.kind == "unlinked"}
    known = {(x.collection, x.key): x for x in truth.links}
    unknown = {h.refs for h in truth.held if h.code in ("unknown", "attempt")}
    made: Counter[tuple[str, int]] = Counter()
    for place in (("zoho", "Account"), ("zoho", "Contact")):
        for key, record in truth.records[place].items():
            if record["Created_By"]["name"] != "Integration User":
                continue
            link = known.get((ids[place], key))
            if link is not None:
                made[link.entity, link.collection] += 1
            elif (ids[place], key) not in unlinked and not any((*place, key) in refs for refs in unknown):
                yield f"{place}:{key} was created by us and belongs to nothing"
    marks = Counter(
        record["Samtale_Mark"]
        for place in (("zoho", "Account"), ("zoho", "Contact"))
        for record in truth.records[place].values()
        if record.get("Samtale_Mark") and record["Created_By"]["name"] == "Integration User"
    )
    yield from (f"{count} records bear the mark {mark}" for mark, count in marks.items() if count > 1)
    yield from (
        f"entity {e} got {count} created records in {truth.places[c]}" for (e, c), count in made.items() if count > 1
    )
