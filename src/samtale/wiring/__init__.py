"""Wiring: a project folder becomes a ``Setting`` that the engine works with.

The only place that knows every concrete class: project file, connectors, store, clock.

    __init__    open a project
    systems     its connectors, what they told of themselves, and whether they let us in
    lease       one engine at a time
    key         the key of the marks
    folder      the folder that all this is kept in
    clock       the clock on the wall
    memory      how often Python looks for garbage
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from samtale.config.project import Project, find_project, load_project
from samtale.connectors.registry import CONNECTORS
from samtale.core.problems import Problem
from samtale.engine.setting import Setting
from samtale.ports.reporter import Reporter, Silence
from samtale.store import open_store
from samtale.wiring.clock import SystemClock
from samtale.wiring.folder import state_folder
from samtale.wiring.key import mark_key
from samtale.wiring.lease import alone
from samtale.wiring.memory import collect_rarely
from samtale.wiring.systems import Systems


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """An opened project."""

    project: Project
    setting: Setting
    warnings: list[Problem]  #: limits of the model that one may live with
    trouble: dict[str, list[Problem]]  #: by system: why it cannot be reached in this run


@contextmanager
def opened(
    directory: Path | None, *, reach: bool, engine: str | None = None, reporter: Reporter | None = None
) -> Iterator[Work]:
    """A project at work: the one in this folder, or the nearest one around the present folder.

    ``reach``: speak to the systems; otherwise the store alone is asked. ``engine``: the command that is about to change the store,
    which then works alone on it. Raises SamtaleError for everything that is wrong with project, model, secrets and store.
    """
    project = read_project(directory)
    clock = SystemClock()
    with ExitStack() as stack:
        systems = Systems(project, clock)
        stack.callback(systems.close)
        if reach:
            systems.connect()
        model, warnings = systems.model()
        state_folder(project.root)
        writes = reach or engine is not None
        store = open_store(project.store.resolve(project.root), project.workspace, create=writes)
        stack.callback(store.close)
        if engine is not None:
            stack.enter_context(alone(store, clock, project.root, engine, reporter or Silence()))
        setting = Setting(
            model=model,
            systems=systems.by_name,
            store=store,
            clock=clock,
            secret=mark_key(project.root, store, clock.now_ms()) if engine is not None else b"",
            reporter=reporter,
            limits=project.brakes,
        )
        setting.stop = clock.stop
        collect_rarely()
        yield Work(project=project, setting=setting, warnings=warnings, trouble=systems.trouble)


def read_project(directory: Path | None) -> Project:
    """The project in this very folder, or without one the nearest around the present folder. Raises SamtaleError."""
    return load_project(find_project(Path.cwd()) if directory is None else directory, CONNECTORS)


__all__ = ["SystemClock", "Systems", "Work", "opened", "read_project", "state_folder"]
