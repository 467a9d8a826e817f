"""Running stories from seeds, alone or with a report: ``python -m tests.simulation 1-20`` writes build/simulate.json.

A seed is some stories. The same seed tells the same stories on every machine; one that ends badly is shrunk to its shortest form, which
says what people did, what broke, and what is wrong.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import Conversation

STORIES = 8
STEPS = 20
#: Seconds after which no further seed is begun.
ENOUGH = 170.0
REPORT = Path("build/simulate.json")


def numbers(text: str) -> list[int]:
    """``1-3 7`` as 1, 2, 3, 7."""
    found: list[int] = []
    for word in text.replace(",", " ").split():
        first, _, last = word.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def run(
    number: int,
    *,
    stories: int = STORIES,
    steps: int = STEPS,
    shrink: bool = True,
    machine: type[Conversation] = Conversation,
) -> None:
    """Tell the stories of one seed. Raises AssertionError with a short story for one that ends badly."""
    seeded = seed(number)(type(f"Seed{number}", (machine,), {}))
    chosen = settings(
        max_examples=stories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
    )
    run_state_machine_as_test(seeded, settings=chosen)


def report(seeds: list[int], *, enough: float = ENOUGH) -> dict[str, Any]:
    """Run seeds until time is up; what came of it, with the stories of those that failed on stderr."""
    began = time.monotonic()
    failed: list[int] = []
    told = 0
    for number in seeds:
        if time.monotonic() - began > enough:
            print(f"time is up: {told} of {len(seeds)} seeds", file=sys.stderr)
            break
        told += 1
        try:
            run(number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other seeds are told too
            failed.append(number)
            print(f"\nseed {number} ends badly. To see it again:  python -m tests.simulation {number}", file=sys.stderr)
            traceback.print_exception(error, limit=-2)
    return {
        "seeds": told,
        "wanted": len(seeds),
        "failures": len(failed),
        "failed_seeds": failed,
        "stories": Conversation.stories,
        "deaths": Conversation.deaths_in_all,
        "simulated_hours": round(Conversation.hours, 1),
        "seconds": round(time.monotonic() - began, 1),
        "events": dict(sorted(Conversation.events.items())),
    }


def insist_on_one_order(module: str) -> None:
    """Begin again with sets in an order that is the same every time, so that a seed tells the same story always."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})


def main(arguments: list[str]) -> int:
    """``python -m tests.simulation [SEEDS ...]``; the exit code is 1 if any story ended badly."""
    insist_on_one_order("tests.simulation")
    found = report(numbers(" ".join(arguments) or "1-20"))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(
        f"{found['seeds']} seeds, {found['stories']} stories, {found['deaths']} killed runs, {found['simulated_hours']} simulated hours "
        f"in {found['seconds']} s: {found['failures']} failures"
    )
    return 1 if found["failures"] else 0
