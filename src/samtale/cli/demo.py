"""``samtale demo``: two simulated systems come into step, before your eyes.

Everything is real but the two systems: a project folder, HTTP, a store, the same use cases as every other command.
"""

from __future__ import annotations

import shutil
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samtale.cli.frame import FAILED, Frame, samtale_command
from samtale.cli.sync import written
from samtale.core.problems import Problem

if TYPE_CHECKING:
    from samtale.cli.demo_people import Doors, Edit, Pair
    from samtale.engine.use_cases import Approval, Explanation, Proposal, Result
    from samtale.ports.store import HistoryRow
    from samtale.wiring import Work

RECORDS = 400
#: The simulated systems' limits and delays pass so many times as fast.
SPEED = 20.0
#: Seconds between two edits of one field, so that the systems' clocks, which tell whole seconds, can tell them apart.
APART = 2.2


@samtale_command(
    "demo",
    short_help="Two simulated systems come into step, in a minute.",
    epilog="Examples:  samtale demo    samtale demo --keep-running",
)
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-project"),
              show_default=True, metavar="DIR", help="The project folder to make; what the demo made before is replaced.")  # fmt: skip
@click.option("--keep-running", is_flag=True, help="Go on serving both systems until Ctrl-C, so that you can play.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same records.")
@click.option("--speed", type=click.FloatRange(1, 1000), default=SPEED, show_default=True,
              help="The simulated systems' limits and delays pass so many times as fast.")  # fmt: skip
def command(frame: Frame, *, folder: Path, keep_running: bool, seed: int, speed: float) -> None:
    """Start two simulated systems, PowerOffice Go and Zoho CRM, with some 400 records each, and bring them into step.

    You see the plan, the writes, edits by people in both systems at once, where each edit went and why, and the explanation of one value.
    No account is needed, nothing leaves this machine. The project folder stays, to play with.
    """
    from samtale.cli.demo_folder import base_url, make_folder
    from samtale.cli.demo_people import Doors
    from samtale.simulators import build
    from samtale.simulators.server import serve

    frame.project = folder
    with ExitStack() as stack:
        options: dict[str, dict[str, Any]] = {"powerofficego": {}, "zohocrm": {"mark": True}}
        running = {
            name: stack.enter_context(serve(build(name, seed=seed, records=RECORDS, speed=speed, **given)))
            for name, given in options.items()
        }
        doors = Doors({name: one.door_url for name, one in running.items()})
        stack.callback(doors.close)
        urls = {name: one.url for name, one in running.items()}
        make_folder(folder, {name: base_url(name, url) for name, url in urls.items()}, speed)
        frame.data = {"project": str(folder), "seed": seed, "speed": speed, "systems": urls}
        company = Demo(frame, folder, doors, speed).run()
        if keep_running and frame.exit != FAILED:
            _keep_running(frame, running["zohocrm"].door_url, company, folder)


class _Listening(Frame):
    """Opens the project for the demo, which tells of refused writes in its own words."""

    def __init__(self, frame: Frame, folder: Path) -> None:
        super().__init__("demo", folder, frame.as_json)
        self.screen = frame.screen
        self.met: list[Problem] = []

    def trouble(self, problem: Problem) -> None:
        self.met.append(problem)


class Demo:
    """The story, step by step."""

    def __init__(self, frame: Frame, folder: Path, doors: Doors, speed: float) -> None:
        self.frame = frame
        self.say = frame.screen.say
        self.folder = folder
        self.doors = doors
        self.speed = speed
        self.wrong: list[str] = []  #: what did not come out as told

    def run(self) -> Pair:
        """Tell it; returns a company to play with."""
        self.introduce()
        with _Listening(self.frame, self.folder).opened(reach=True, engine=True) as work:
            self.first_run(work)
            since = work.setting.clock.now_ms()
            edits, gone, companies = self.people_edit(work)
        with _Listening(self.frame, self.folder).opened(reach=True, engine=True) as work:
            self.second_run(work, since, edits, gone)
            self.explain(work, companies[1])
            self.try_next(companies[1])
        with _Listening(self.frame, self.folder).opened(reach=True, engine=True) as work:
            self.nothing_to_write(work)
        for what in self.wrong:
            problem = Problem(code="demo_differs", summary="The demo did not come out as told.", why=what)
            self.frame.problem(problem)
        return companies[1]

    def heading(self, text: str) -> None:
        self.frame.screen.heading(f"── {text}")

    def introduce(self) -> None:
        self.heading("Two systems")
        customers = self.doors.records(("powerofficego", "Customers"))
        persons = sum(1 for record in customers if record.get("IsPerson"))
        rows = [
            ["PowerOffice Go", "Customers", f"{len(customers):,}", f"{persons} of them are persons"],
            ["", "Departments", f"{len(self.doors.records(('powerofficego', 'Departments'))):,}", ""],
            ["", "Contactperson", f"{len(self.doors.records(('powerofficego', 'Contactperson'))):,}", ""],
            ["Zoho CRM", "Account", f"{len(self.doors.records(('zohocrm', 'Account'))):,}", ""],
            ["", "Contact", f"{len(self.doors.records(('zohocrm', 'Contact'))):,}", ""],
        ]
        self.frame.screen.table(["system", "collection", "#records", ""], rows)
        self.say(
            f"Simulated on this machine, with --speed {self.speed:g}: their limits and delays pass so many times as fast."
        )
        self.say(f"The project is in {self.folder}. Nothing is linked yet, and the two know nothing of each other.")

    def first_run(self, work: Work) -> None:
        from samtale.cli.naming import Names
        from samtale.cli.proposing import held_items, show_plan
        from samtale.engine.use_cases import propose, sync

        self.heading("The plan: what would be written, and why")
        proposal = propose(work.setting)
        try:
            show_plan(self.frame.screen, proposal, Names(work.setting), everything=False, few=3)
            counts = {**proposal.counts, "held": len(held_items(proposal))}
        finally:
            proposal.close()
        self.frame.data["plan"] = counts
        self.say()
        self.say("A real first run asks now. The demo says yes.")
        self.heading("Carrying it out")
        began = time.monotonic()
        result = sync(work.setting, approval=_everything)
        self.tell_result(result, time.monotonic() - began)
        self.frame.data["first"] = _figures(result)

    def tell_result(self, result: Result, seconds: float) -> None:
        outcome = result.outcome
        made = ", ".join(written(outcome.written))
        self.say(f"{outcome.done:,} writes in {seconds:.1f} s: {made or 'none'}.", indent=2)
        if outcome.failed:
            reasons = {p.summary for p in outcome.problems if p.code != "moved"}
            self.say(f"{outcome.failed} were refused and wait with the reason: {' '.join(sorted(reasons))}", indent=2)
        self.say(
            f"{result.held:,} things wait for a person; nothing was guessed. `samtale review` lists them.", indent=2
        )

    def people_edit(self, work: Work) -> tuple[list[Edit], Pair, list[Pair]]:
        from samtale.cli.demo_people import TITLES, first_edits, later_edit, pairs

        po, contact, account = ("powerofficego", "Customers"), ("zohocrm", "Contact"), ("zohocrm", "Account")
        companies = pairs(work.setting, "organization", (po, account), ("name", "phone", "website"))
        persons = pairs(work.setting, "person", (po, contact), ("name", "email"))
        departments = pairs(work.setting, "organization", (("powerofficego", "Departments"), account), ("name",))
        self.heading("People go on working, in both systems at once")
        edits, last, gone = first_edits(companies, persons, departments), later_edit(companies), persons[1]
        time.sleep(
            1.1
        )  # the systems' clocks tell whole seconds; an edit in the second of our own write could not be dated
        for number, edit in enumerate([*edits, last]):
            if number == len(edits):
                self.say(f"In {TITLES['zohocrm']} someone deletes {gone.title}.", indent=2)
                self.doors.delete(contact, gone.keys[contact])
                time.sleep(APART)
            self.say(f"In {TITLES[edit.place[0]]} someone {edit.says}{f': {edit.new}' if edit.new else '.'}", indent=2)
            self.doors.edit(edit.place, edit.pair.keys[edit.place], edit.field, edit.new)
        return [*edits, last], gone, companies

    def second_run(self, work: Work, since: int, edits: list[Edit], gone: Pair) -> None:
        from samtale.cli.demo_people import TITLES, alike
        from samtale.cli.proposing import REASONS
        from samtale.engine.use_cases import sync

        self.heading("Coming into step again")
        before = len(self.doors.records(("zohocrm", "Contact")))
        began = time.monotonic()
        result = sync(work.setting, approval=_everything)
        self.tell_result(result, time.monotonic() - began)
        self.frame.data["second"] = _figures(result)
        reasons = _verdicts(work, since)
        rows, moved = [], []
        for edit in edits:
            shown = self.doors.shows(edit.seen_at, edit.pair.keys[edit.seen_at], edit.field)
            reason = reasons.get((edit.pair.entity, edit.field), "")
            code, semicolon, lost = reason.partition("; ")
            why = REASONS.get(code, code) + semicolon + lost
            if not alike(shown, edit.shows):
                self.wrong.append(f"{edit.field} of {edit.pair.entity} is not in step in {edit.seen_at[0]}.")
            where = f"to {TITLES[edit.seen_at[0]]}"
            if edit.place == edit.seen_at:
                where = "nowhere: a later one won"
            rows.append(
                [
                    edit.pair.title,
                    edit.field,
                    where,
                    (edit.shows if alike(shown, edit.shows) else shown) or "(empty)",
                    why,
                ]
            )
            moved.append({"entity": edit.pair.entity, "field": edit.field, "typed_in": edit.place[0],
                          "seen_in": edit.seen_at[0], "reason": reason})  # fmt: skip
        self.frame.screen.table(["record", "field", "the edit went", "shown now", "why"], rows)
        after = len(self.doors.records(("zohocrm", "Contact")))
        kept = self.doors.shows(("powerofficego", "Customers"), gone.keys["powerofficego", "Customers"], "email")
        if after != before or kept is None:
            self.wrong.append("The deleted contact came back, or its customer went.")
        self.say(
            f"{gone.title} is gone from Zoho CRM, is still a customer in PowerOffice Go, and is not created again.",
            indent=2,
        )
        self.frame.data["moved"] = moved

    def explain(self, work: Work, pair: Pair) -> None:
        from samtale.cli.explain import field_json, show_explanation
        from samtale.cli.naming import Names
        from samtale.engine.use_cases import explain

        self.heading("Why is this number here?   samtale explain")
        found: Explanation = explain(work.setting, pair.entity)
        fields = [view for view in found.fields if view.field == "phone"]
        show_explanation(self.frame.screen, found, fields, Names(work.setting))
        self.frame.data["explain"] = [field_json(view) for view in fields]

    def try_next(self, pair: Pair) -> None:
        ref = f"zohocrm.Account:{pair.keys['zohocrm', 'Account']}"
        me, there = invoked_as(), f"--project {self.folder}"
        self.heading("Try next")
        self.frame.data["next"] = [
            f"{me} history {ref} {there}", f"{me} review {there}", f"{me} demo --keep-running --dir {self.folder}"
        ]  # fmt: skip
        says = ("What happened to it", "What waits for a person",
                "Again, and both systems stay for you to edit, plan and sync")  # fmt: skip
        for line, why in zip(self.frame.data["next"], says, strict=True):
            self.say(f"{why}:", indent=2)
            self.frame.screen.command(line)

    def nothing_to_write(self, work: Work) -> None:
        from samtale.engine.use_cases import sync

        self.doors.forget_requests()
        result = sync(work.setting, approval=_everything, full=True)
        writes = self.doors.writes_seen()
        self.frame.data["last"] = {**_figures(result), "write_requests": writes}
        self.say()
        if result.quiet and result.outcome.done == 0 and writes == 0:
            self.say(
                "One more run reads everything again and sends no write to either system: nothing to write", "bold"
            )
        else:
            self.wrong.append(f"A further run should have had nothing to write; it made {writes} requests that write.")


def _everything(proposal: Proposal, _first: bool) -> Approval:
    from samtale.engine.use_cases import Approval

    return Approval(frozenset(write.id for write in proposal.writes))


def _figures(result: Result) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "done": outcome.done,
        "failed": outcome.failed,
        "unknown": outcome.unknown,
        "quiet": result.quiet,
        "held": result.held,
    }


def _verdicts(work: Work, since: int) -> dict[tuple[str, str], str]:
    """Why each field of each entity moved since then, from history."""
    from samtale.cli.history import value_text

    model = work.setting.model
    with work.setting.store.read() as session:
        rows: list[HistoryRow] = session.history(since=since, kinds=("verdict",), limit=1000)
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        lost = ", ".join(f"{value_text(model, row, value)} gave way" for _, value in row.data.get("losers", ()))
        found[row.entity, row.data["field"]] = row.data["reason"] + (f"; {lost}" if lost else "")
    return found


def invoked_as() -> str:
    """How a person calls this program here."""
    if shutil.which("samtale"):
        return "samtale"
    beside = Path(sys.executable).with_name("samtale")
    shown = beside if beside.exists() else Path(sys.executable)
    with suppress(ValueError):
        shown = shown.relative_to(Path.cwd())
    return str(shown) if beside.exists() else f"{shown} -m samtale"


def _keep_running(frame: Frame, door: str, company: Pair, folder: Path) -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    screen = frame.screen
    account = f"{door}/records/Account/{company.keys['zohocrm', 'Account']}"
    screen.heading("Both systems stay until Ctrl-C.")
    screen.say(f"In another window, give {company.title} another number, as a person in Zoho CRM would:")
    screen.command(f"""curl -X PUT -d '{{"Phone": "+47 22 00 00 99"}}' {account}""")
    screen.say("Then see what would happen, and do it:")
    screen.command(f"{invoked_as()} plan --project {folder}")
    screen.command(f"{invoked_as()} sync --project {folder}")
    over.wait()
