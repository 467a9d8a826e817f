"""The machine finds bugs: three of the deliberate ones here, all of them with ``make mutants``."""

import pytest

from tests.simulation.mutants import hunt


@pytest.mark.slow
@pytest.mark.simulation
@pytest.mark.parametrize("name", ["drop_the_base", "ignore_moved", "retry_creates"])
def test_a_deliberate_bug_is_caught(name: str) -> None:
    caught = hunt(name)
    assert caught.seed is not None, f"{name} got away"
