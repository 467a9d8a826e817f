"""A real terminal: questions of `init`, the approval of a first run, and a brake."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from samtale.config.project import load_project
from samtale.connectors.registry import CONNECTORS
from tests.cli.conftest import Call, Company, command, environment

CTRL_C = "\x03"


def _at_terminal(end: int) -> None:
    """Make this the process's terminal, where Ctrl-C is heard even if the tests themselves run in the background and ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.login_tty(end)


class Terminal:
    """A person at a terminal: reads what is said, types answers."""

    def __init__(self, *arguments: str | Path, cwd: Path | None = None) -> None:
        ours, theirs = pty.openpty()
        self._end = ours
        self.said = ""
        self.process = subprocess.Popen(
            command(*arguments), cwd=cwd, pass_fds=[theirs], preexec_fn=lambda: _at_terminal(theirs),
            env=environment() | {"TERM": "xterm", "COLUMNS": "140", "LINES": "50"},
        )  # fmt: skip
        os.close(theirs)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, then type."""
        self._read_until(lambda: question in self.said)
        self.said = self.said.split(question, 1)[1]
        if text == CTRL_C:
            time.sleep(1)  # no person is quicker than the keyboard is opened
        os.write(self._end, text.encode() if text == CTRL_C else (text + "\n").encode())

    def end(self) -> tuple[int, str]:
        """The exit code, and what was said since the last answer."""
        self._read_until(lambda: False)
        code = self.process.wait(timeout=30)
        os.close(self._end)
        return code, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.said)

    def _read_until(self, enough: object) -> None:
        deadline = time.monotonic() + 60
        while not enough():  # type: ignore[operator]
            assert time.monotonic() < deadline, self.said
            if select.select([self._end], [], [], 0.2)[0]:
                try:
                    data = os.read(self._end, 65536)
                except OSError:  # the other end is closed
                    return
                if not data:
                    return
                self.said += data.decode("utf-8", "replace")


def test_init_asks_in_plain_words(tmp_path: Path) -> None:
    terminal = Terminal("init", "acme", cwd=tmp_path)
    terminal.answer("What shall this project be called?", "")
    terminal.answer("Their numbers, the most trusted first", "77")
    usable = [name for name, place in CONNECTORS.items() if place is not None]
    chosen = ",".join(str(usable.index(name) + 1) for name in ("zohocrm", "powerofficego"))
    terminal.answer("Their numbers, the most trusted first", chosen)
    terminal.answer("how do you call it?", "crm")
    terminal.answer("Its address", "")
    terminal.answer("Your answer", "2")
    for _ in range(3):
        terminal.answer("Where is", "")
    terminal.answer("how do you call it?", "books")
    terminal.answer("Its address", "https://goapi.poweroffice.net/Demo")
    terminal.answer("Your answer", "1")
    for _ in range(3):
        terminal.answer("Where is", "")
    terminal.answer("In which time zone", "Europe/Oslo")
    terminal.answer("Your answer", "3")
    terminal.answer("The systems to believe", "books,crm")
    terminal.answer("Your answer", "2")
    code, said = terminal.end()
    assert code == 0
    assert "samtale connect --project acme" in said
    project = load_project(tmp_path / "acme")
    assert (project.workspace, project.timezone, project.order) == ("acme", "Europe/Oslo", ("crm", "books"))
    assert project.first_link.systems == ("books", "crm")  # type: ignore[union-attr]
    assert project.followers == "apart"
    assert str(project.systems["crm"].auth["client_id"]) == "file:.samtale/secrets/crm.client_id"
    assert project.systems["books"].base_url == "https://goapi.poweroffice.net/Demo"


def test_init_may_be_left_at_any_question(tmp_path: Path) -> None:
    terminal = Terminal("init", "acme", cwd=tmp_path)
    terminal.answer("What shall this project be called?", CTRL_C)
    code, said = terminal.end()
    assert code == 130
    assert "Traceback" not in said
    assert not (tmp_path / "acme").exists()


@pytest.mark.parametrize("answer", ["n", "y"])
def test_a_first_run_shows_its_plan_and_asks(answer: str, company: Company) -> None:
    terminal = Terminal("sync", "--project", company.root)
    before = len(company.records("zohocrm", "Contact"))
    terminal.answer("This is the first run. Write all this to the systems?", answer)
    code, said = terminal.end()
    after = len(company.records("zohocrm", "Contact"))
    if answer == "y":
        assert code in (0, 1)
        assert after > before
        assert "A further look found nothing to write" in said
    else:
        assert code == 2
        assert after == before
        assert "Nothing was written" in said


def test_a_brake_asks_a_person_and_holds_without_one(company: Company, call: Call) -> None:
    call("sync", "--yes", "--project", company.root)
    file = company.root / "samtale.yaml"
    file.write_text(file.read_text() + "\nbrakes: {clear: {number: 0, share: 0}}\n")
    record = next(
        r for r in company.records("zohocrm", "Account")
        if r["Website"] and linked_customer(company, call, r["id"])
    )  # fmt: skip
    partner = linked_customer(company, call, record["id"])
    company.door("PUT", "zohocrm", f"records/Account/{record['id']}", {"Website": None})
    held = call("sync", "--yes", "--project", company.root, "--json")
    assert (held.exit, held.json["done"]) == (1, 0)
    plan = call("plan", "--project", company.root, "--json").json
    assert "brake" in [h["code"] for h in plan["held"]]
    terminal = Terminal("sync", "--project", company.root)
    terminal.answer("A brake holds 1 of these writes. Let them pass?", "y")
    terminal.end()
    assert company.door("GET", "powerofficego", f"records/Customers/{partner}")["WebsiteUrl"] in (None, "")


def linked_customer(company: Company, call: Call, key: str) -> str | None:
    """The customer that an account is linked with, if both show a website."""
    found = call("explain", f"zohocrm.Account:{key}", "--field", "website", "--project", company.root, "--json").json
    sides = [
        s for f in found["fields"] for s in f["sides"] if s["collection"] == "Customers" and s["state"] == "settled"
    ]
    return sides[0]["key"] if sides and not found["held"] else None


def test_a_terminal_sees_progress_and_a_table(company: Company) -> None:
    terminal = Terminal("plan", "--project", company.root)
    code, said = terminal.end()
    assert code in (0, 1)
    assert "reading zohocrm." in said or "reading powerofficego." in said
    assert "will show" in said
