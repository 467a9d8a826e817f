"""What people see: text and tables on standard output, problems and remarks on standard error.

Values come from other people's systems, so nothing of them may act on the terminal: control characters and marks that turn the direction
of writing are shown as their code points.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from samtale.core.problems import Problem

#: Columns where no terminal tells how many there are.
PLAIN_WIDTH = 120
#: Longest value in a table.
LONGEST = 60
#: Commands of ours that take place in a project.
_OF_PROJECT = re.compile(r"\bsamtale (?!init|demo|simulator)[^&]*[^&\s]")
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def inert(text: str) -> str:
    """Text that does nothing to a terminal."""
    return _ACTIVE.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def short(text: str | None, longest: int = LONGEST) -> str:
    """A value in a table: on one line, and cut where it is long."""
    shown = "" if text is None else inert(text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def moment(ms: int | None) -> str:
    """A time on the wall, as people here read it."""
    return "" if ms is None else datetime.fromtimestamp(ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def reference(name: Sequence[str]) -> str:
    """A record, as commands take it: ``system.collection:key``."""
    return f"{name[0]}.{name[1]}:{name[2]}"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 record``, ``2 records``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


class Screen:
    """Standard output and standard error."""

    def __init__(self, *, quiet: bool = False, project: str = "") -> None:
        self.quiet = quiet
        self._project = f" --project {shlex.quote(project)}" if project else ""
        self.before: Callable[[], None] = lambda: (
            None
        )  #: called before anything is shown: ends bars, which would be drawn over
        width = None if sys.stdout.isatty() else PLAIN_WIDTH
        self.out = Console(file=sys.stdout, quiet=quiet, width=width, highlight=False, emoji=False, markup=False)
        self.err = Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=not sys.stderr.isatty())

    def say(self, text: str = "", style: str | None = None, *, indent: int = 0) -> None:
        """One line or paragraph on standard output; never cut, so that commands can be copied."""
        self.before()
        self.out.print(Text(" " * indent + inert_lines(text), style=style or ""), soft_wrap=True)

    def heading(self, text: str) -> None:
        self.say()
        self.say(text, "bold")

    def command(self, text: str, *, indent: int = 4) -> None:
        """A command to copy."""
        self.say(self.here(text), "cyan", indent=indent)

    def here(self, command: str) -> str:
        """The command as it must be typed to mean the project that this call is about."""
        if "--project" in command:
            return command
        return _OF_PROJECT.sub(lambda found: found[0] + self._project, command)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, indent: int = 2) -> None:
        """A plain table; columns whose name begins with ``#`` hold numbers."""
        if self.quiet:
            return
        self.before()
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for column in columns:
            number = column.startswith("#")
            table.add_column(column.removeprefix("#"), justify="right" if number else "left", overflow="fold")
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(inert_lines(cell)) for cell in row))
        from rich.padding import Padding

        self.out.print(Padding(table, (0, 0, 0, indent)))

    def problem(self, problem: Problem, *, mild: bool = False) -> None:
        """What is wrong, why, what to do, and a command to copy. ``mild``: one may live with it."""
        if self.quiet:
            return
        at = f"{problem.file}:{problem.line}" if problem.line else problem.file
        self._tell(problem.summary, "bold yellow" if mild else "bold red")
        if at:
            self._tell(f"  at {at}")
        if problem.why:
            self._tell(f"  {problem.why}")
        if problem.remedy:
            self._tell(f"  {problem.remedy}")
        if problem.command:
            self._tell(f"    {self.here(problem.command)}", "cyan")

    def note(self, text: str) -> None:
        """A remark beside the answer."""
        if not self.quiet:
            self._tell(text, "dim")

    def _tell(self, text: str, style: str = "") -> None:
        self.err.print(Text(inert_lines(text), style=style), soft_wrap=True)


def inert_lines(text: str) -> str:
    """As ``inert``, keeping line ends."""
    return "\n".join(inert(line) for line in text.split("\n"))
