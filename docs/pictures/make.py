"""Makes the README's pictures of the terminal anew: what `samtale plan` and `samtale explain` really say about the demo's two systems.

    .venv/bin/python docs/pictures/make.py

Starts the simulators, makes the demo's project in a temporary folder, and records what the commands' own functions put on their screen.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from samtale.cli.demo import SPEED
from samtale.cli.demo_folder import base_url, make_folder
from samtale.cli.explain import show_explanation
from samtale.cli.naming import Names
from samtale.cli.proposing import show_plan
from samtale.cli.screen import Screen
from samtale.engine.setting import Setting
from samtale.engine.use_cases import Approval, Proposal, explain, propose, sync
from samtale.ports.reporter import Silence
from samtale.simulators import build
from samtale.simulators.server import serve
from samtale.wiring import opened

#: Rich's picture, with the reader's own fixed font: a picture that fetches a font from elsewhere is none that one can keep.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
HERE = Path(__file__).parent
COLUMNS = 100
#: Where a picture ends: what follows is more of the same.
PLAN_LINES, EXPLAIN_LINES = 38, 24


def picture(name: str, command: str, lines: int, show: Callable[[Screen], None]) -> None:
    """Record what ``show`` puts on a screen, and keep the first lines of it as a picture."""
    screen = Screen()
    screen.out = Console(
        width=COLUMNS, force_terminal=True, file=io.StringIO(), highlight=False, markup=False, record=True
    )
    screen.out.print(f"$ {command}", style="bold green")
    if name == "explain":
        screen.say()
    show(screen)
    shown = screen.out.export_text(styles=True).splitlines()
    end = Console(width=COLUMNS, force_terminal=True, file=io.StringIO(), record=True)

    for line in shown[:lines]:
        end.print(Text.from_ansi(line))
    if len(shown) > lines:
        end.print("…", style="dim")
    svg = end.export_svg(title="samtale", theme=MONOKAI, unique_id=f"samtale-{name}", code_format=FORMAT)
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


def main() -> None:
    """Both pictures, from one run."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "demo"
        servers = {
            name: stack.enter_context(serve(build(name, seed=1, records=400, speed=SPEED, **options)))
            for name, options in {"powerofficego": {}, "zohocrm": {"mark": True}}.items()
        }
        make_folder(folder, {name: base_url(name, one.url) for name, one in servers.items()}, SPEED)
        work = stack.enter_context(opened(folder, reach=True, engine="docs/pictures/make.py", reporter=Silence()))
        plan(work.setting)
        value(work.setting)


def plan(setting: Setting) -> None:
    """The plan, before anything is linked."""
    with_names = Names(setting)
    proposal = propose(setting)
    try:
        picture(
            "plan",
            "samtale plan",
            PLAN_LINES,
            lambda screen: show_plan(screen, proposal, with_names, everything=False, few=3),
        )
    finally:
        proposal.close()


def value(setting: Setting) -> None:
    """One value that had to be decided, after the plan was carried out."""
    found: list[tuple[str, str]] = []

    def approve(proposal: Proposal, _first: bool) -> Approval:
        found.extend(
            (write.entity, change.field)
            for write in proposal.writes
            for change in write.fields
            if change.reason == "first_link" and change.field == "phone"
        )
        return Approval(frozenset(write.id for write in proposal.writes))

    sync(setting, approval=approve)
    entity, field = min(found)
    explanation = explain(setting, entity)
    name = explanation.records[0][0]
    ref = f"{name[0]}.{name[1]}:{name[2]}"

    fields = [view for view in explanation.fields if view.field == field]
    picture("explain", f"samtale explain {ref} --field {field}", EXPLAIN_LINES,
            lambda screen: show_explanation(screen, explanation, fields, Names(setting)))  # fmt: skip


if __name__ == "__main__":
    main()
