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
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from samtale.core.problems import Problem

#: Columns where no terminal tells how many there are.
PLAIN_WIDTH = 120
#: Longest value in a table.
LONGEST = 60
#: A column in which text is still readable.
READABLE = 12
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
        self._last: Problem | None = None  #: what was told last, if nothing came between
        width = None if sys.stdout.isatty() or sys.stderr.isatty() else PLAIN_WIDTH  # `| less` has a terminal's width
        self.out = Console(file=sys.stdout, quiet=quiet, width=width, highlight=False, emoji=False, markup=False)
        self.err = Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=not sys.stderr.isatty())

    def say(self, text: str = "", style: str | None = None, *, indent: int = 0) -> None:
        """One line or paragraph on standard output; a terminal breaks it between words."""
        self.before()
        self._last = None
        paragraph(self.out, text, style or "", indent)

    def heading(self, text: str) -> None:
        self.say()
        self.say(text, "bold")

    def command(self, text: str, *, indent: int = 4) -> None:
        """A command to copy: on one line, however long."""
        self.before()
        self._last = None
        line(self.out, self.here(text), "cyan", indent)

    def here(self, command: str) -> str:
        """The command as it must be typed to mean the project that this call is about."""
        if "--project" in command:
            return command
        return _OF_PROJECT.sub(lambda found: found[0] + self._project, command)

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[str | Text]],
        *,
        indent: int = 2,
        whole: Sequence[str] = (),
    ) -> None:
        """A plain table; columns whose name begins with ``#`` hold numbers, and those in ``whole`` are not broken while others can be."""
        if self.quiet:
            return
        self.before()
        self._last = None
        cells = [[cell if isinstance(cell, Text) else Text(inert_lines(cell)) for cell in row] for row in rows]
        if _least_width(columns, cells, whole) + indent > self.out.width:
            self._stack(columns, cells, indent)
            return
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for column in columns:
            number, kept = column.startswith("#"), column in whole
            justify: Literal["left", "right"] = "right" if number else "left"
            table.add_column(column.removeprefix("#"), justify=justify, overflow="fold", no_wrap=kept or number)
        for row in cells:
            table.add_row(*row)
        self.out.print(Padding.indent(table, indent))

    def _stack(self, columns: Sequence[str], rows: Sequence[Sequence[Text]], indent: int) -> None:
        """A table on a narrow terminal: the cells of a row one below the other, under the first."""
        width = max((len(column) for column in columns[1:]), default=0)
        for first, *others in rows:
            self.out.print(Padding.indent(first, indent), soft_wrap=True)
            for column, cell in zip(columns[1:], others, strict=True):
                for number, part in enumerate(cell.split("\n") if cell else ()):
                    label = Text(f"{column.removeprefix('#') if not number else '':{width}}  ", style="dim")
                    self.out.print(Padding.indent(label + part, indent + 2))

    def problem(self, problem: Problem, *, mild: bool = False) -> None:
        """What is wrong, why, what to do, and a command to copy. ``mild``: one may live with it. What is as in the problem before, if that
        was told just now, is not said again.
        """
        if self.quiet:
            return
        last = self._last
        again = last is not None and (last.summary, last.file, last.line) == (
            problem.summary,
            problem.file,
            problem.line,
        )
        at = f"{problem.file}:{problem.line}" if problem.line else problem.file
        if not again:
            self._tell(problem.summary, "bold yellow" if mild else "bold red")
            if at:
                self._tell(f"at {at}", indent=2)
        if problem.why:
            self._tell(problem.why, indent=2)
        if problem.remedy and not (again and last is not None and last.remedy == problem.remedy):
            self._tell(problem.remedy, indent=2)
        if problem.command:
            line(self.err, self.here(problem.command), "cyan", 4)
        self._last = problem

    def note(self, text: str) -> None:
        """A remark beside the answer."""
        if not self.quiet:
            self._tell(text, "dim")

    def _tell(self, text: str, style: str = "", indent: int = 0) -> None:
        self._last = None
        paragraph(self.err, text, style, indent)


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[Text]], whole: Sequence[str]) -> int:
    """The columns below which a table would be a strip of broken words."""
    least = 2 * (len(columns) - 1)
    for number, column in enumerate(columns):
        natural = max((cell_len(part) for row in rows for part in row[number].plain.split("\n")), default=0)
        kept = column in whole or column.startswith("#")
        least += max(len(column), natural if kept else min(natural, READABLE))
    return least


def paragraph(console: Console, text: str, style: str, indent: int) -> None:
    """Text that a terminal breaks between words, every line of it indented; elsewhere one line."""
    if text and console.is_terminal:
        console.print(Padding.indent(Text(inert_lines(text), style=style), indent))
    else:
        line(console, text, style, indent)


def line(console: Console, text: str, style: str, indent: int) -> None:
    """Text that is never broken, so that it can be copied."""
    console.print(Text(" " * indent + inert_lines(text), style=style), soft_wrap=True)


def inert_lines(text: str) -> str:
    """As ``inert``, keeping line ends."""
    return "\n".join(inert(line) for line in text.split("\n"))
