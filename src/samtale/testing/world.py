"""A running system with people in it, as tests see it: its address, its door, and the clock that hurries along with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from samtale.simulators import build
from samtale.simulators.server import Running, serve
from samtale.testing.clocks import HurriedClock

#: How much faster than in life the simulators of tests run.
SPEED = 20.0


class World:
    """One simulated system, edited over HTTP through its door as people would do it in the vendor's screens."""

    def __init__(self, running: Running, speed: float) -> None:
        self.url = running.url
        self.clock = HurriedClock(speed)
        self._running = running
        self._door = httpx2.Client(base_url=running.door_url, trust_env=False, timeout=10, verify=False)

    def records(self, collection: str) -> list[dict[str, Any]]:
        """All records as they are now."""
        return list(self._ask("GET", f"/records/{collection}"))

    def record(self, collection: str, key: str) -> dict[str, Any]:
        """One record as it is now."""
        return dict(self._ask("GET", f"/records/{collection}/{key}"))

    def add(self, collection: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Somebody creates a record."""
        return dict(self._ask("POST", f"/records/{collection}", values))

    def edit(self, collection: str, key: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Somebody changes a record; None clears a property."""
        return dict(self._ask("PUT", f"/records/{collection}/{key}", changes))

    def remove(self, collection: str, key: str) -> None:
        """Somebody deletes a record."""
        self._ask("DELETE", f"/records/{collection}/{key}")

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """From now on these faults strike, and no others."""
        self._ask("PUT", "/faults", {"seed": 1, "rules": list(rules)})

    def skew(self, seconds: float) -> None:
        """Set the system's clock off."""
        self._ask("PUT", "/clock", {"skew": seconds})

    def asked(self, *methods: str) -> list[dict[str, Any]]:
        """The calls so far of these methods, tokens apart, oldest first."""
        calls = self._ask("GET", "/requests")
        return [c for c in calls if "oauth" not in c["path"].lower() and (not methods or c["method"] in methods)]

    def forget(self) -> None:
        """Forget the calls so far."""
        self._ask("DELETE", "/requests")

    def shut(self) -> None:
        """Stop the system: nothing listens any more."""
        self._running.stop()

    def close(self) -> None:
        """Let go of the door."""
        self._door.close()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._door.request(method, path, json=body)
        if answer.status_code != 200:
            raise AssertionError(f"the door answered {method} {path} with {answer.status_code}: {answer.text}")
        return answer.json()


@contextmanager
def simulated(name: str, *, speed: float = SPEED, records: int = 60, seed: int = 7, **options: Any) -> Iterator[World]:
    """A simulator of that name, served on this machine while the context lasts."""
    with serve(build(name, seed=seed, records=records, speed=speed, **options)) as running:
        world = World(running, speed)
        try:
            yield world
        finally:
            world.close()
