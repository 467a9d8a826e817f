"""The machine: people edit, systems fail, processes die, and once it is quiet everything must be right (design 11).

Both vendors are simulated in this process, time moves by hand, the store is a real SQLite file. Hypothesis chooses what happens and
shrinks what fails to a short story.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from samtale.core.problems import SamtaleError
from samtale.engine import use_cases
from samtale.simulators.base import DoorError
from samtale.store import open_store
from tests.engine.house import Desk, House
from tests.engine.people import NUMBERS
from tests.simulation.invariants import Truth, violations
from tests.simulation.ledger import TYPED, Entry, Ledger
from tests.simulation.moments import Killed, Moments, Serial, WatchedStore

#: What goes wrong: system, kind of fault, and its parameters.
FAULTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("zoho", "lost_reply", {"method": "POST", "path": "/crm/v8/(Accounts|Contacts)"}),
    ("zoho", "cut_before", {"method": "POST", "path": "/crm/v8/(Accounts|Contacts)"}),
    ("zoho", "status", {"method": "POST", "path": "/crm/v8/(Accounts|Contacts)", "status": 500, "when": "after"}),
    ("zoho", "status", {"method": "POST", "path": "/crm/v8/(Accounts|Contacts)", "status": 503, "when": "before"}),
    ("zoho", "html", {"method": "POST", "path": "/crm/v8/(Accounts|Contacts)", "when": "after"}),
    ("zoho", "lost_reply", {"method": "PUT"}),
    ("zoho", "status", {"method": "PUT", "status": 500, "when": "after"}),
    ("zoho", "status", {"status": 429, "headers": {"Retry-After": "2"}, "path": "/crm/v8"}),
    ("zoho", "stale_read", {"method": "GET", "seconds": 0.9}),
    ("zoho", "down", {}),
    ("zoho", "html", {"method": "GET", "path": "/crm/v8"}),
    ("zoho", "empty_list", {"method": "GET"}),
    ("zoho", "duplicate_between_pages", {"method": "GET"}),
    ("po", "lost_reply", {"method": "PATCH"}),
    ("po", "cut_before", {"method": "PATCH"}),
    ("po", "status", {"method": "PATCH", "status": 500, "when": "after"}),
    ("po", "status", {"status": 429, "headers": {"Retry-After": "2"}, "path": "/v2/"}),
    ("po", "down", {}),
    ("po", "truncate", {"method": "GET", "path": "/v2/"}),
    ("po", "html", {"method": "GET", "path": "/v2/"}),
    ("po", "empty_list", {"method": "GET"}),
)

#: A customer is a firm or a person, and may have been the other one when a value was typed.
SHAPES = {"Customers": ("Firm", "Person")}
COLLECTIONS = (("po", "Customers"), ("po", "Departments"), ("zoho", "Account"), ("zoho", "Contact"))


class Conversation(RuleBasedStateMachine):
    """One story."""

    hours = 0.0  #: simulated, over all stories of this process
    stories = 0
    deaths_in_all = 0
    events: ClassVar[Counter[str]] = Counter()  #: what happened, by kind: to see that stories are worth telling

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(
            tempfile.mkdtemp(prefix="samtale-story-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        )
        self.stack = ExitStack()
        for module in ("observe", "apply"):
            self.stack.enter_context(patch(f"samtale.engine.{module}.ThreadPoolExecutor", Serial))
        self.moments = Moments()
        self.ledger = Ledger()
        self.number = 0
        self.deaths = 0
        self.forbidden: list[str] = []

    # the beginning

    @initialize(
        mark=st.booleans(),
        first_link=st.sampled_from(["newest", "ask", "{prefer: [zoho]}"]),
        followers=st.sampled_from(["equal", "apart"]),
    )
    def begin(self, mark: bool, first_link: str, followers: str) -> None:
        store = self.folder / "store.sqlite"
        shutil.copy(_template(), store)
        self.house = House(
            self.folder / "project", f"sqlite:///{store}", mark=mark, first_link=first_link, followers=followers
        )
        for desk in (self.house.po, self.house.zoho):
            desk.before_call = self._called(desk)
            desk.after_call = lambda request: self.moments.step()
        self._watch_replies()
        self.restart()
        self.customer_appears(None, NUMBERS[0], True)
        self.customer_appears(None, None, False)
        self.account_appears(None, NUMBERS[0], first_link == "newest")
        self.person_customer_appears(None)
        self._run({})

    def _called(self, desk: Desk) -> Callable[[Any], None]:
        def before(request: Any) -> None:
            self.moments.step()
            if request.method == "DELETE":
                self.forbidden.append(f"DELETE {request.url.path}")
            if request.method in ("PATCH", "PUT"):
                self.forbidden.extend(_read_only(desk, request.read()))

        return before

    def _watch_replies(self) -> None:
        """Remember which typed values the engine has been shown."""
        for desk in (self.house.po, self.house.zoho):
            handler = desk._handler

            def watched(request: Any, handler: Any = handler) -> Any:
                response = handler(request)
                self.ledger.reply(response.body.decode("utf-8", "replace"), self.house.time.now_ms())
                return response

            desk._handler = watched

    def restart(self) -> None:
        self.house.store = (
            WatchedStore(self.house.store, self.moments)
            if not isinstance(self.house.store, WatchedStore)
            else self.house.store
        )
        self.house.restart()

    # people

    def unique(self) -> int:
        self.number += 1
        return self.number

    def value(self, path: str) -> str:
        n = self.unique()
        if "Phone" in path:
            return f"22 {n // 10000 % 100:02d} {n // 100 % 100:02d} {n % 100:02d}"
        if path in ("Website", "WebsiteUrl"):
            return f"https://w{n}.example"
        if path in ("Email", "EmailAddress"):
            return f"p{n}@x.example"
        return f"{'By' if 'City' in path else 'Navn'}{n}x"

    def typed(self, desk: Desk, collection: str, key: str, values: dict[str, Any], *, new: bool = False) -> None:
        system = "po" if desk is self.house.po else "zoho"
        paths = {p[0]: p for shape in SHAPES.get(collection, (collection,)) for p in TYPED[shape]}
        for path, _, field, part in paths.values():
            if path in values:
                now = self.house.time.now_ms()
                self.ledger.note(Entry(now, (system, collection), key, path, field, part, values[path]))

    def desk(self, system: str) -> Desk:
        return self.house.po if system == "po" else self.house.zoho

    @rule(
        name=st.none() | st.sampled_from(["Felles AS", "Torg AS"]),
        org=st.none() | st.sampled_from(NUMBERS[:3]),
        address=st.booleans(),
    )
    def customer_appears(self, name: str | None, org: str | None, address: bool) -> None:
        values = {
            "Name": name or self.value("Name"),
            "PhoneNumber": self.value("Phone"),
            "WebsiteUrl": self.value("Website"),
        }
        more: dict[str, Any] = {"OrganizationNumber": org} if org else {}
        if address:
            more["MailAddress"] = {
                "AddressLine1": "Gata 1",
                "ZipCode": "0155",
                "City": self.value("City"),
                "CountryCode": "NO",
            }
        key = self.house.po.add("Customers", IsPerson=False, EmailAddress="post@x.example", **values, **more)
        if address:
            values["MailAddress.City"] = more["MailAddress"]["City"]
        self.typed(self.house.po, "Customers", key, values)

    @rule(email=st.none() | st.sampled_from(["post@felles.example", "kari@felles.example"]))
    def person_customer_appears(self, email: str | None) -> None:
        family = "Nordmann" if email else self.value("LastName")
        values = {
            "FirstName": self.value("FirstName"),
            "LastName": family,
            "EmailAddress": email or self.value("Email"),
        }
        key = self.house.po.add("Customers", IsPerson=True, **values)
        self.typed(self.house.po, "Customers", key, values)

    @rule(name=st.none() | st.sampled_from(["Felles AS"]))
    def department_appears(self, name: str | None) -> None:
        values = {"Name": name or self.value("Name")}
        key = self.house.po.add("Departments", Code=str(self.unique()), IsActive=True, **values)
        self.typed(self.house.po, "Departments", key, values)

    @rule(
        name=st.none() | st.sampled_from(["Felles AS", "Torg AS"]),
        org=st.none() | st.sampled_from(NUMBERS[:3]),
        shipping=st.booleans(),
    )
    def account_appears(self, name: str | None, org: str | None, shipping: bool) -> None:
        values = {
            "Account_Name": name or self.value("Name"),
            "Phone": self.value("Phone"),
            "Billing_City": self.value("City"),
        }
        if shipping:
            values["Shipping_City"] = self.value("City")
        key = self.house.zoho.add("Account", **values, **({"Org_Number": org} if org else {}))
        self.typed(self.house.zoho, "Account", key, values)

    @rule(email=st.sampled_from(["post@felles.example", "kari@felles.example"]))
    def contact_appears(self, email: str) -> None:
        values = {"First_Name": self.value("First_Name"), "Last_Name": "Nordmann", "Email": email}
        with suppress(DoorError):
            key = self.house.zoho.add("Contact", **values)
            self.typed(self.house.zoho, "Contact", key, values)

    def _pick(self, which: int) -> tuple[Desk, str, str] | None:
        """Any record, by a number."""
        found = [(self.desk(s), c, Desk.key(r)) for s, c in COLLECTIONS for r in self.desk(s).all(c)]
        return found[which % len(found)] if found else None

    @rule(
        which=st.integers(0, 30),
        what=st.integers(0, 5),
        clear=st.sampled_from([False, False, False, True]),
        wait=st.sampled_from([0.0, 1.0, 70.0]),
    )
    def edit(self, which: int, what: int, clear: bool, wait: float) -> None:
        self._edit(which, what, clear)
        self.house.wait(wait)

    def _edit(self, which: int, what: int, clear: bool) -> None:
        chosen = self._pick(which)
        if chosen is None:
            return
        desk, collection, key = chosen
        shape = (
            collection if collection != "Customers" else "Person" if desk.one(collection, key)["IsPerson"] else "Firm"
        )
        path = TYPED[shape][what % len(TYPED[shape])][0]
        value = None if clear else self.value(path)
        if path.startswith("MailAddress") and (clear or not desk.one(collection, key)["MailAddress"]):
            return
        with suppress(DoorError):
            desk.simulator.door_put(collection, key, {path: value})
            self.typed(desk, collection, key, {path: value})

    @rule(
        which=st.integers(0, 30),
        what=st.integers(0, 5),
        apart=st.sampled_from([0.0, 0.4, 2.0, 90.0]),
        later=st.booleans(),
    )
    def both_edit(self, which: int, what: int, apart: float, later: bool) -> None:
        """The same field is edited in both systems."""
        pairs = [p for p in self.house.links("organization") if {"po.Customers", "zoho.Account"} <= p.keys()]
        if not pairs:
            return
        pair = pairs[which % len(pairs)]
        a, b = (("Name", "Account_Name"), ("PhoneNumber", "Phone"), ("WebsiteUrl", "Website"))[what % 3]
        edits = [
            (self.house.po, "Customers", pair["po.Customers"], a),
            (self.house.zoho, "Account", pair["zoho.Account"], b),
        ]
        for desk, collection, key, path in reversed(edits) if later else edits:
            with suppress(DoorError):
                value = self.value(path)
                if desk.simulator.door_get_one(collection, key) is not None:
                    desk.simulator.door_put(collection, key, {path: value})
                    self.typed(desk, collection, key, {path: value})
            self.house.wait(apart)

    @rule(which=st.integers(0, 30))
    def somebody_deletes(self, which: int) -> None:
        chosen = self._pick(which)
        if chosen is not None:
            desk, collection, key = chosen
            with suppress(DoorError):
                desk.remove(collection, key)

    @rule(which=st.integers(0, 10))
    def somebody_restores(self, which: int) -> None:
        table = self.house.zoho.simulator.table  # type: ignore[attr-defined]
        gone = [(c, k) for c, m in (("Account", "Accounts"), ("Contact", "Contacts")) for k in table.bin[m]]
        if gone:
            collection, key = gone[which % len(gone)]
            with suppress(DoorError):
                self.house.zoho.edit(collection, key, Restored=True)

    @rule(a=st.integers(0, 10), b=st.integers(0, 10))
    def somebody_merges(self, a: int, b: int) -> None:
        accounts = [Desk.key(r) for r in self.house.zoho.all("Account")]
        if len(accounts) > 1 and a % len(accounts) != b % len(accounts):
            survivor = accounts[b % len(accounts)]
            before = self.house.zoho.one("Account", survivor)
            self.house.zoho.simulator.door_merge("Account", accounts[a % len(accounts)], survivor)  # type: ignore[attr-defined]
            after = self.house.zoho.one("Account", survivor)
            self.typed(self.house.zoho, "Account", survivor, {p: after[p] for p in after if after[p] != before[p]})

    @rule(which=st.integers(0, 10))
    def a_customer_turns_out_to_be_a_person(self, which: int) -> None:
        customers = self.house.po.all("Customers")
        if customers:
            customer = customers[which % len(customers)]
            key = Desk.key(customer)
            flipped = (
                {"IsPerson": False}
                if customer["IsPerson"]
                else {"IsPerson": True, "FirstName": "Snu", "LastName": self.value("LastName")}
            )
            with suppress(DoorError):
                self.house.po.edit("Customers", key, **flipped)
                self.typed(self.house.po, "Customers", key, flipped)

    @rule(seconds=st.sampled_from([0.3, 1.0, 5.0, 3600.0, 90_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.house.wait(seconds)

    # trouble

    @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 6), after=st.integers(0, 3))
    def something_breaks(self, fault: tuple[str, str, dict[str, Any]], times: int, after: int) -> None:
        system, kind, parameters = fault
        self.desk(system).fault(kind, times=times, after=after, **parameters)

    @rule()
    def somebody_repairs_it(self) -> None:
        self.house.po.calm()
        self.house.zoho.calm()

    # the engine

    @rule()
    def sync(self) -> None:
        self._run({})

    @rule(step=st.integers(1, 60))
    def sync_is_killed(self, step: int) -> None:
        self._run({step: self._die})

    @rule(
        step=st.integers(1, 60),
        which=st.integers(0, 30),
        what=st.integers(0, 5),
        clear=st.booleans(),
        death=st.integers(0, 120),
    )
    def somebody_types_during_sync(self, step: int, which: int, what: int, clear: bool, death: int) -> None:
        at: dict[int, Callable[[], None]] = {step: lambda: self._edit(which, what, clear)}
        if death > step:
            at[death] = self._die
        self._run(at)

    def _die(self) -> None:
        raise Killed

    def _run(self, at: dict[int, Callable[[], None]]) -> None:
        self.moments.plan(at)
        try:
            self.house.sync("all")
        except Killed:
            self.deaths += 1
        finally:
            self.moments.plan({})
        self.restart()

    @rule(which=st.integers(0, 20), same=st.booleans())
    def a_person_answers(self, which: int, same: bool) -> None:
        pairs = [
            h
            for h in self.house.plan(look=False)[1]
            if h.code in ("suggested", "ambiguous", "twin", "merge") and len(h.refs) > 1
        ]
        if pairs:
            a, b = (f"{n[0]}.{n[1]}:{n[2]}" for n in pairs[which % len(pairs)].refs[:2])
            with suppress(SamtaleError):
                (use_cases.link if same else use_cases.distinct)(self.house.setting, a, b)

    @rule(which=st.integers(0, 20), system=st.sampled_from(["po", "zoho"]))
    def a_person_resolves(self, which: int, system: str) -> None:
        open_ones = [h for h in self.house.plan(look=False)[1] if h.code in ("conflict", "first_link") and h.refs]
        if open_ones:
            held = open_ones[which % len(open_ones)]
            a = held.refs[0]
            with suppress(SamtaleError):
                use_cases.resolve(self.house.setting, f"{a[0]}.{a[1]}:{a[2]}", held.field, take=system)

    @precondition(lambda self: self.number > 3)
    @rule(which=st.integers(0, 20), again=st.booleans())
    def a_person_unlinks(self, which: int, again: bool) -> None:
        pairs = [p for p in self.house.links("organization") if len(p) > 1]
        if pairs:
            place, key = sorted(pairs[which % len(pairs)].items())[0]
            with suppress(SamtaleError):
                use_cases.unlink(self.house.setting, f"{place}:{key}")
                if again:
                    use_cases.create_again(self.house.setting, f"{place}:{key}")

    # the end

    def teardown(self) -> None:
        try:
            if hasattr(self, "house"):
                self._settle_and_look()
        finally:
            if hasattr(self, "house"):
                Conversation.hours += self.house.time.passed / 3600
                Conversation.stories += 1
                Conversation.deaths_in_all += self.deaths
                for name, count in self.house_counts().items():
                    Conversation.events[name] += count
                self.house.close()
            self.stack.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def house_counts(self) -> Counter[str]:
        """What happened in this story, by the engine's own history."""
        with self.house.store.read() as session:
            counts = Counter(row.kind for row in session.history(limit=100_000))
        counts["writes in Zoho CRM"] = len(self.house.zoho.writes())
        counts["writes in PowerOffice Go"] = len(self.house.po.writes())
        return counts

    def _settle_and_look(self) -> None:
        self.somebody_repairs_it()
        for _ in range(4):
            self.house.wait(30)
            result = self.house.sync("all", full=True)
        assert result.quiet, f"not quiet: {result}"
        writes, held = self.house.plan(look=False)
        before = self.house.po.writes(), self.house.zoho.writes()
        self.house.wait(90_000)
        self.house.sync("all")
        after = self.house.po.writes(), self.house.zoho.writes()
        note(f"held: {sorted((h.code, h.field, h.reason) for h in held)}")
        found = violations(Truth(self.house, held), self.ledger)
        if before != after or writes:
            wrote = [*after[0][len(before[0]) :], *after[1][len(before[1]) :]]
            found.append(f"a quiet run would write: {[_told(w) for w in writes]}, and wrote {wrote}")
        found += self.forbidden
        assert not found, "\n".join(found)


def _told(write: Any) -> Any:
    return write.kind, write.collection, write.key, [(c.field, c.old, c.new, c.reason) for c in write.fields]


def _read_only(desk: Desk, body: bytes) -> Iterator[str]:
    """Paths of a body that the vendor computes or guards."""
    sent = json.loads(body)
    if isinstance(sent, list):
        paths = {operation["path"].strip("/").split("/")[0] for operation in sent if operation["op"] != "test"}
    else:
        paths = {name for item in sent["data"] for name in item}
    for path in paths & GUARDED:
        yield f"{desk.name}: {path} is read-only and was written"


#: What vendors compute, and what is ours to give once.
GUARDED = {
    "Id",
    "id",
    "Created_Time",
    "Modified_Time",
    "Created_By",
    "Full_Name",
    "LastChangedDateTimeOffset",
    "Samtale_Mark",
}


@cache
def _template() -> Path:
    """A store as it is when it is new, so that no story waits for the migrations."""
    folder = Path(tempfile.mkdtemp(prefix="samtale-story-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_store(folder / "store.sqlite", "test").close()
    return folder / "store.sqlite"
