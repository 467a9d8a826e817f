"""Moments: every step of a run at which something may happen to it, counted; at one of them the process dies, or somebody types.

A step is a transaction about to begin, about to be committed, or just committed; a call about to be sent, or just answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from samtale.ports.store import Session, Store


class Killed(BaseException):
    """The process ends here. No ``except Exception`` may live through it."""


class Moments:
    """Counts steps, and does what was planned for one of them."""

    def __init__(self) -> None:
        self.count = 0
        self._at: dict[int, Callable[[], None]] = {}

    def plan(self, at: dict[int, Callable[[], None]]) -> None:
        """From now on: what is to happen, by the number of the step."""
        self.count = 0
        self._at = at

    def step(self) -> None:
        self.count += 1
        action = self._at.pop(self.count, None)
        if action is not None:
            action()


class WatchedStore:
    """A store whose every transaction is three steps."""

    def __init__(self, store: Store, moments: Moments) -> None:
        self._store = store
        self._moments = moments

    def read(self) -> Any:
        return self._store.read()

    @contextmanager
    def write(self) -> Iterator[Session]:
        self._moments.step()
        with self._store.write() as session:
            yield session
            self._moments.step()
        self._moments.step()

    def analyze(self) -> None:
        self._store.analyze()

    def close(self) -> None:
        self._store.close()


class Serial:
    """In place of a pool of threads: one after the other, so that a seed always tells the same story."""

    def __init__(self, *_: Any, **__: Any) -> None:
        return None

    def __enter__(self) -> Serial:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def map(self, function: Callable[[Any], Any], items: Any) -> Iterator[Any]:
        return iter([function(item) for item in items])

    def submit(self, function: Callable[..., Any], *arguments: Any) -> _Done:
        return _Done(function(*arguments))


class _Done:
    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self) -> Any:
        return self._value
