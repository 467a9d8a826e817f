"""``samtale plan``: everything that would be written, with old value, new value and reason."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from samtale.cli.frame import Frame, samtale_command


@samtale_command(
    "plan",
    short_help="Show every write that would happen; writes to no system.",
    epilog="Examples:  samtale plan    samtale plan --all    samtale plan --save plan.json && samtale sync --plan plan.json",
)
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the plan to a file, for `samtale sync --plan FILE`.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="List every write and every held thing.")
@click.option("--full", is_flag=True, help="Read everything, not only what changed.")
def command(frame: Frame, *, save: Path | None, everything: bool, full: bool) -> None:
    """Look at every system and show what would be written, and why. Nothing is written to any system.

    The plan lists links between records, records to be created, values to be changed, and what is held back with the command that settles
    it. Exit code 1 says that something is held.
    """
    from samtale.cli.naming import Names
    from samtale.cli.proposing import held_items, plan_json, save_plan, show_plan
    from samtale.cli.screen import count
    from samtale.engine.use_cases import propose

    with frame.opened(reach=True, engine=True) as work:
        proposal = propose(work.setting, full=full)
        try:
            if work.setting.stop.is_set():
                frame.screen.note("Stopped while reading, so there is no plan. What was read is kept.")
                return
            frame.data = plan_json(proposal)
            show_plan(frame.screen, proposal, Names(work.setting), everything=everything)
            if held_items(proposal):
                frame.found()
            frame.screen.say()
            if proposal.nothing:
                frame.screen.say("nothing to write")
            else:
                counts = proposal.counts
                writes = counts.total() - counts["link"] - counts["held"]
                frame.screen.say(
                    f"Plan {proposal.id}: {count(writes, 'write')}, {count(counts['link'], 'record')} to link."
                )
            if save is not None:
                save_plan(save, proposal)
                frame.screen.say("Saved. Nothing was written to any system. To carry out exactly this plan:")
                frame.screen.command(f"samtale sync --plan {shlex.quote(str(save))}")
            elif not proposal.nothing:
                frame.screen.say("Nothing was written to any system. To carry it out:")
                frame.screen.command("samtale sync")
        finally:
            proposal.close()
