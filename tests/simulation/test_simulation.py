"""Random stories from fixed seeds, and deliberate bugs that they must find. ``make simulate`` and ``make mutants`` tell more.

Each runs in a process of its own, with sets in a fixed order: the same seed tells the same story everywhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEDS = os.environ.get("SAMTALE_SEEDS", "1 2").split()
#: Of the deliberate bugs, those that are looked for in every test run.
MUTANTS = ("drop_the_base", "ignore_moved", "forget_the_loser")


def _python(folder: Path, *arguments: str) -> str:
    """What a module says; it works in a folder of its own, so that its report replaces no other."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.simulation
@pytest.mark.parametrize("seed", SEEDS)
def test_stories_end_well(seed: str, tmp_path: Path) -> None:
    """Design 11: linked records agree, a quiet run writes nothing, no typed value is lost, nothing is created twice."""
    assert ": 0 failures" in _python(tmp_path, "tests.simulation", seed)


@pytest.mark.simulation
@pytest.mark.slow
def test_deliberate_bugs_are_caught(tmp_path: Path) -> None:
    """The machine is able to fail."""
    told = _python(tmp_path, "tests.simulation.mutants", *MUTANTS)
    assert "got away" not in told
