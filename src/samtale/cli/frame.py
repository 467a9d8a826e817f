"""What every command shares: its options, the project that it opens, and its answer, as text for people or as one JSON value.

A command fills ``Frame.data`` and says what people should read; ``samtale_command`` turns whatever happens into an exit code.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from samtale.core.problems import Problem, SamtaleError

if TYPE_CHECKING:
    from samtale.cli.progress import Progress
    from samtale.cli.screen import Screen
    from samtale.wiring import Work

DONE, FOUND, FAILED, STOPPED = 0, 1, 2, 130

Callback = TypeVar("Callback", bound=Callable[..., None])


class Frame:
    """One call of one command."""

    def __init__(self, command: str, project: Path | None, as_json: bool) -> None:
        self.command = command
        self.project = project
        self.as_json = as_json
        self.data: dict[str, Any] = {}  #: what the JSON answer holds beside its envelope
        self.problems: list[Problem] = []
        self.exit = DONE

    @functools.cached_property
    def screen(self) -> Screen:
        """Where people read; with ``--json`` it shows nothing on standard output."""
        from samtale.cli.screen import Screen

        return Screen(quiet=self.as_json, project=str(self.project or ""))

    @functools.cached_property
    def progress(self) -> Progress:
        """Bars, or a line now and then."""
        from samtale.cli.progress import Progress

        return Progress(self)

    @property
    def interactive(self) -> bool:
        """Whether there is a person to ask."""
        return not self.as_json and sys.stdin.isatty() and sys.stdout.isatty()

    def problem(self, *problems: Problem, exit: int = FAILED) -> None:  # noqa: A002 - the word of the contract
        """Tell of problems, each once."""
        for problem in problems:
            if problem not in self.problems:
                self.problems.append(problem)
                self.screen.problem(problem, mild=exit < FAILED)
        self.exit = max(self.exit, exit)

    def trouble(self, problem: Problem) -> None:
        """Tell of something that the engine met and went on from; what it means for the exit code depends on what it did about it."""
        met = {"lease_lost": FAILED, "outcome_unknown": FOUND, "collection_emptied": FOUND, "collection_shrunk": FOUND}
        self.problem(problem, exit=met.get(problem.code, DONE))

    def found(self) -> None:
        """Something is held or found: not a failure, and not nothing."""
        self.exit = max(self.exit, FOUND)

    @contextmanager
    def opened(self, *, reach: bool, engine: bool) -> Iterator[Work]:
        """The project at work, with progress on standard error, and Ctrl-C that lets the call under way end."""
        from samtale.cli.stopping import stoppable
        from samtale.wiring import opened

        name = f"samtale {self.command}" if engine else None
        with (
            self.progress as progress,
            opened(self.project, reach=reach, engine=name, reporter=progress) as work,
            stoppable(work.setting.stop) as asked,
        ):
            for problems in work.trouble.values():
                self.problem(*problems)
            yield work
            if asked:
                self.exit = STOPPED
            elif reach and any(not s.reachable and not s.pause for s in work.setting.systems.values()):
                self.exit = FAILED

    def answer(self) -> dict[str, Any]:
        """The JSON value of this call."""
        from msgspec import to_builtins

        head = {"schema": 1, "command": self.command, "exit": self.exit}
        return {**head, "problems": [to_builtins(problem) for problem in self.problems], **self.data}

    def finish(self) -> int:
        """Show the JSON answer if it was asked for; the exit code."""
        if self.as_json:
            import json

            sys.stdout.write(json.dumps(self.answer(), ensure_ascii=True, default=str) + "\n")
        return self.exit


def samtale_command(name: str, **settings: Any) -> Callable[[Callable[..., None]], click.Command]:
    """A command that takes ``--project`` and ``--json`` and is called with a ``Frame`` before its own options."""

    def wrap(callback: Callable[..., None]) -> click.Command:
        @functools.wraps(callback)
        def run(project: Path | None, as_json: bool, **options: Any) -> int:
            return carry_out(Frame(name, project, as_json), lambda frame: callback(frame, **options))

        found: click.Command = click.command(name, click.Command, **settings)(run)
        found.params += [
            click.Option(
                ["--project"],
                metavar="DIR",
                type=click.Path(path_type=Path),
                help="The project's folder; without it, the nearest one from here upwards.",
            ),
            click.Option(["--json", "as_json"], is_flag=True, help="One JSON value on standard output, for programs."),
        ]
        return found

    return wrap


def carry_out(frame: Frame, work: Callable[[Frame], None]) -> int:
    """Do the work; whatever goes wrong becomes a problem and an exit code, never a traceback."""
    try:
        work(frame)
    except SamtaleError as error:
        frame.problem(*error.problems)
    except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
        raise
    except KeyboardInterrupt:
        frame.exit = STOPPED
        frame.screen.note("Stopped.")
    except Exception as error:
        if os.environ.get("SAMTALE_DEBUG"):
            raise
        frame.problem(_bug(error))
    return frame.finish()


def _bug(error: Exception) -> Problem:
    """A mistake of ours. Its text may hold a person's value, so only its kind and place are told."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return Problem(
        code="bug",
        summary="This is a bug in samtale.",
        why=f"{type(error).__name__} at {place}. What was written so far is in the store, and the next run carries on.",
        remedy="Please report it, with what you did. To see more, run the command again with SAMTALE_DEBUG=1.",
    )
