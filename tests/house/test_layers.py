"""The layers contract can fail: each planted import or homeless module breaks the contract that forbids it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.house.tree import SOURCE

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


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_import_breaks_its_contract(plant: str, tmp_path: Path) -> None:
    file, text, contract = PLANTS[plant]
    shutil.copytree(SOURCE, tmp_path / "samtale", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "samtale" / file).write_text(text, encoding="utf-8")
    answer = lint(tmp_path)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert [line for line in answer.stdout.splitlines() if line.startswith(contract) and line.endswith("BROKEN")]
