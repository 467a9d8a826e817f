"""Two simulated systems and a project that speaks to them, for every test of the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from jsonschema import Draft202012Validator

from samtale.cli.demo_folder import make_folder
from samtale.cli.main import main
from samtale.simulators import build
from samtale.simulators.server import Running, serve
from tests.conftest import ROOT

SPEED = 200.0


class Called(NamedTuple):
    """What a command came to."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON value on standard output, valid by its published schema."""
        value: dict[str, Any] = json.loads(self.out)
        assert self.out.count("\n") == 1
        validator(value["command"]).validate(value)
        assert value["exit"] == self.exit
        return value

    @property
    def codes(self) -> list[str]:
        return [problem["code"] for problem in self.json["problems"]]


@cache
def validator(command: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "docs" / "reference" / "json" / f"{command}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


Call = Callable[..., Called]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Call the command line in this process; nobody is at the keyboard."""

    def calling(*arguments: str | Path) -> Called:
        capfd.readouterr()
        code = main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err + out
        return Called(code, out, err)

    return calling


class Company:
    """A project with two simulated systems."""

    def __init__(self, root: Path, systems: dict[str, Running]) -> None:
        self.root = root
        self.systems = systems
        self._call: Call | None = None

    def records(self, system: str, collection: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.door("GET", system, f"records/{collection}")
        return found

    def door(self, method: str, system: str, path: str, body: Any = None) -> Any:
        answer = httpx2.request(method, f"{self.systems[system].door_url}/{path}", json=body, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self, system: str, *rules: dict[str, Any]) -> None:
        self.door("PUT", system, "faults", {"seed": 1, "rules": list(rules)})

    def run(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Call the command line as a process of its own."""
        return subprocess.run(command(*arguments, "--project", self.root), capture_output=True, text=True, timeout=60, check=False,
                              env=environment(), **more)  # fmt: skip


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "samtale", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "SAMTALE_DEBUG"} | {"PYTHONPATH": str(ROOT / "src")}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A small company, begun a moment ago: nothing has been read."""
    systems = {name: serve(build(name, seed=3, records=40, speed=SPEED)) for name in ("powerofficego", "zohocrm")}
    root = tmp_path / "project"
    urls = {"powerofficego": systems["powerofficego"].url + "/Demo", "zohocrm": systems["zohocrm"].url}
    make_folder(root, urls, SPEED)
    yield Company(root, systems)
    for system in systems.values():
        system.stop()
