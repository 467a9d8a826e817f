"""Reporting, as a port: the engine says what happens, and whoever shows it decides how. No method may raise."""

from __future__ import annotations

from typing import Literal, Protocol

from samtale.core.problems import Problem

Stage = Literal["observe", "plan", "apply", "wait"]


class Reporter(Protocol):
    """Hears what happens. Called from several threads."""

    def progress(self, stage: Stage, label: str, done: int, total: int | None = None) -> None:
        """So many of so many; the label says of what (``zohocrm.Account``)."""
        ...

    def trouble(self, problem: Problem) -> None:
        """Something went wrong and the rest goes on."""
        ...


class Silence:
    """A reporter that keeps everything to itself."""

    def progress(self, stage: Stage, label: str, done: int, total: int | None = None) -> None:
        return None

    def trouble(self, problem: Problem) -> None:
        return None
