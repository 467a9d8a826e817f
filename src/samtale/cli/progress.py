"""Progress: bars with counts and rates on a terminal, a line now and then elsewhere. Always on standard error."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from samtale.core.problems import Problem
from samtale.ports.reporter import Stage

if TYPE_CHECKING:
    from samtale.cli.frame import Frame

#: Seconds between two lines about the same thing where there is no terminal.
EVERY = 5.0
SAYS: dict[Stage, str] = {"observe": "reading", "plan": "planning", "apply": "carrying out", "wait": "waiting"}


class Progress:
    """The engine's reporter for one command."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._lock = threading.RLock()
        self._bars: Bars | None = None
        self._tasks: dict[tuple[Stage, str], TaskID] = {}
        self._told: dict[tuple[Stage, str], float] = {}
        self._terminal = frame.screen.err.is_terminal
        self._paused = False

    def __enter__(self) -> Progress:
        self._frame.screen.before = self._end
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._frame.screen.before = lambda: None

    def progress(self, stage: Stage, label: str, done: int, total: int | None = None) -> None:
        """As ``Reporter.progress``."""
        with self._lock:
            if self._terminal:
                self._draw(stage, label, done, total)
            elif not self._frame.as_json:
                self._line(stage, label, done, total)

    def trouble(self, problem: Problem) -> None:
        """As ``Reporter.trouble``."""
        with self._lock:
            self._frame.trouble(problem)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No bar moves while a person reads and answers."""
        with self._lock:
            self._end()
            self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def _draw(self, stage: Stage, label: str, done: int, total: int | None) -> None:
        if self._paused:
            return
        if self._bars is None:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                _Counted(),
            )
            self._bars = Bars(*columns, console=self._frame.screen.err, transient=True, refresh_per_second=8)
            self._bars.start()
        where = (stage, label)
        if where not in self._tasks:
            for other in [w for w in self._tasks if w[0] != stage]:
                self._bars.remove_task(self._tasks.pop(other))
            self._tasks[where] = self._bars.add_task(f"{SAYS[stage]} {label}", total=total)
        self._bars.update(self._tasks[where], completed=done, total=total)

    def _line(self, stage: Stage, label: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self._told.setdefault((stage, label), now) >= EVERY:
            self._told[stage, label] = now
            of = f" of {total:,}" if total else ""
            self._frame.screen.note(f"{SAYS[stage]} {label}: {done:,}{of}")

    def _end(self) -> None:
        with self._lock:
            if self._bars is not None:
                self._bars.stop()
            self._bars = None
            self._tasks.clear()


class _Counted(ProgressColumn):
    """How many, of how many, and how fast."""

    def render(self, task: Task) -> Text:
        done = f"{int(task.completed):,}"
        of = f" of {int(task.total):,}" if task.total else ""
        speed = task.finished_speed or task.speed
        rate = f"  {speed:,.0f}/s" if speed and speed >= 1 else ""
        return Text(f"{done}{of}{rate}" if task.completed else "")
