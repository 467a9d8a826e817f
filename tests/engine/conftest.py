"""A house on each store, for tests of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House

Build = Callable[..., House]


@pytest.fixture
def build(tmp_path: Path, store_url: str) -> Iterator[Build]:
    """Builds houses on one store each of the engines; closed at the end."""
    houses: list[House] = []

    def make(**options: Any) -> House:
        house = House(tmp_path / f"project{len(houses)}", store_url, **options)
        houses.append(house)
        return house

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Build]:
    """As ``build``, on SQLite alone: for what has nothing to do with the store."""
    houses: list[House] = []

    def make(**options: Any) -> House:
        folder = tmp_path / f"project{len(houses)}"
        house = House(folder, f"sqlite:///{folder}.sqlite", **options)
        houses.append(house)
        return house

    yield make
    for house in houses:
        house.close()
