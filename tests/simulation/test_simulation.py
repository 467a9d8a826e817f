"""Random stories from fixed seeds. ``make simulate`` runs more of them; SAMTALE_SEEDS names others, such as ``1-40``."""

from __future__ import annotations

import os

import pytest

from tests.simulation.running import numbers, run

SEEDS = numbers(os.environ.get("SAMTALE_SEEDS", "1-2"))


@pytest.mark.simulation
@pytest.mark.parametrize("seed", SEEDS)
def test_stories_end_well(seed: int) -> None:
    """Design 11: linked records agree, a quiet run writes nothing, no typed value is lost, nothing is created twice."""
    run(seed)
