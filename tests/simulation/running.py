"""Running stories from seeds."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulation.machine import Conversation

STORIES = 12
STEPS = 25


def numbers(text: str) -> list[int]:
    """``1-3 7`` as 1, 2, 3, 7."""
    found: list[int] = []
    for word in text.replace(",", " ").split():
        first, _, last = word.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def run(number: int, *, stories: int = STORIES, steps: int = STEPS, shrink: bool = True) -> None:
    """Tell the stories of one seed. Raises AssertionError with a short story for one that ends badly."""
    machine = seed(number)(type(f"Seed{number}", (Conversation,), {}))
    chosen = settings(
        max_examples=stories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
    )
    run_state_machine_as_test(machine, settings=chosen)
