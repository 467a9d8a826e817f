"""The layers contract can fail: each planted import or homeless module breaks the contract that forbids it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLANTS = {
    "a module that stands in no layer": ("homeless.py", '"""Nowhere."""\n', "Upper layers"),
    "the core looks up": ("core/planted.py", "import samtale.engine\n", "Upper layers"),
    "the core reads the clock": ("core/planted.py", "import time\n", "The core is pure"),
    "the engine knows the database": ("engine/planted.py", "import sqlalchemy\n", "The engine knows"),
    "a simulator asks a connector": (
        "simulators/planted.py",
        "import samtale.connectors\n",
        "Simulators and connectors",
    ),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()",
         "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """A package of the same name with an empty room for each layer, in which every contract is kept."""
    for room in ("core", "ports", "engine", "connectors", "simulators", "store"):
        (tmp_path / "samtale" / room).mkdir(parents=True)
        (tmp_path / "samtale" / room / "__init__.py").touch()
    (tmp_path / "samtale" / "__init__.py").touch()
    return tmp_path


def test_a_skeleton_keeps_the_contracts(skeleton: Path) -> None:
    answer = lint(skeleton)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_import_breaks_its_contract(plant: str, skeleton: Path) -> None:
    file, text, contract = PLANTS[plant]
    (skeleton / "samtale" / file).write_text(text, encoding="utf-8")
    answer = lint(skeleton)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert [line for line in answer.stdout.splitlines() if line.startswith(contract) and line.endswith("BROKEN")]
