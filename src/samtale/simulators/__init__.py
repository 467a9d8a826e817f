"""Simulators: real HTTP servers that behave as the vendors' systems do, for tests, demo and people without accounts.

Each behaviour cites the vendor's documentation in its docstring; what we only reasoned is marked `[inferred]`.
Simulators import nothing from connectors: two independent readings of the same documentation check each other.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from samtale.simulators.base import SimClock, Simulator


def _lazily(module: str, name: str) -> Callable[..., Simulator]:
    def factory(**options: Any) -> Simulator:
        simulator: Simulator = getattr(import_module(module), name)(**options)
        return simulator

    return factory


SIMULATORS: dict[str, Callable[..., Simulator]] = {
    "powerofficego": _lazily("samtale.simulators.powerofficego", "PowerOfficeGo"),
    "zendesk": _lazily("samtale.simulators.zendesk", "Zendesk"),
    "zohocrm": _lazily("samtale.simulators.zohocrm", "ZohoCrm"),
}
"""By name, what builds a simulator from `(*, seed: int, records: int, clock: SimClock, **options)`."""


def build(name: str, *, seed: int = 1, records: int = 400, speed: float = 1.0, **options: Any) -> Simulator:
    """A simulator with a real clock that runs `speed` times as fast; `records` is about how many it holds.

    Raises KeyError for an unknown name, and TypeError for an unknown option.
    """
    return SIMULATORS[name](seed=seed, records=records, clock=SimClock(speed=speed), **options)
