"""``samtale sync``: carry out the plan until there is nothing to write."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samtale.cli.frame import DONE, Frame, samtale_command
from samtale.core.problems import Problem, SamtaleError

if TYPE_CHECKING:
    from samtale.engine.setting import Setting
    from samtale.engine.use_cases import Approval, Proposal, Result


@samtale_command(
    "sync",
    short_help="Carry out the plan, until there is nothing to write.",
    epilog="Examples:  samtale sync    samtale sync --yes    samtale sync --plan plan.json",
)
@click.option("--plan", "saved", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Carry out exactly the writes of a saved plan; what would be another write now is left out.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Approve a first run without asking. Brakes still hold.")
@click.option("--full", is_flag=True, help="Read everything, not only what changed.")
def command(frame: Frame, *, saved: Path | None, yes: bool, full: bool) -> None:
    """Look at every system, write what is to be written, and look again, until there is nothing to write.

    The first run shows its plan and asks. Later runs ask only when a brake holds something back. Interrupt it at any moment: the next run
    carries on where it ended.
    """
    from samtale.cli.proposing import approved_by
    from samtale.engine.use_cases import sync

    listed = approved_by(saved) if saved is not None else None
    with frame.opened(reach=True, engine=True) as work:
        approval = Asking(frame, work.setting, listed, yes)
        result = sync(work.setting, approval=approval, full=full)
        _tell(frame, work.setting, result, approval)


def _approval(ids: AbstractSet[str], *, only: bool = False) -> Approval:
    from samtale.engine.use_cases import Approval

    return Approval(frozenset(ids), only)


class NotApproved(SamtaleError):
    """Nobody approved the first run."""


class Asking:
    """Asks a person, or does what was said on the command line."""

    def __init__(self, frame: Frame, setting: Setting, listed: frozenset[str] | None, yes: bool) -> None:
        self._frame = frame
        self._setting = setting
        self._listed = listed
        self._yes = yes
        self.differ = 0  #: writes that no saved plan lists
        self._declined: set[str] = set()

    def __call__(self, proposal: Proposal, first: bool) -> Approval | None:
        """As ``engine.cycle.Approve``."""
        if self._listed is not None:
            ids = {write.id for write in proposal.writes}
            self.differ = len(ids - self._listed)
            return _approval(ids & self._listed, only=True)
        waiting = proposal.unapproved - self._declined
        if self._yes:
            return _approval(self._free(proposal) & proposal.unapproved)  # nobody looked: brakes count the others
        if not waiting and not (proposal.brakes and self._frame.interactive):
            return None
        if not self._frame.interactive:
            if first and waiting:
                raise NotApproved(_nobody())
            return None
        return self._ask(proposal, first)

    def _free(self, proposal: Proposal) -> frozenset[str]:
        """Everything but what a brake holds."""
        held = {write.id for write in proposal.writes if (h := proposal.blocked(write)) and h.code != "first_run"}
        return frozenset(write.id for write in proposal.writes if write.id not in held)

    def _ask(self, proposal: Proposal, first: bool) -> Approval | None:
        from samtale.cli.naming import Names
        from samtale.cli.proposing import show_plan

        free = self._free(proposal)
        everything = frozenset(write.id for write in proposal.writes)
        braked = everything - free - self._declined
        if not (proposal.unapproved - self._declined) and not braked:
            return None
        with self._frame.progress.paused():
            show_plan(self._frame.screen, proposal, Names(self._setting), everything=False, held_too=False)
            self._frame.screen.say()
            approved: frozenset[str] = frozenset()
            if proposal.unapproved - self._declined:
                says = "This is the first run." if first else "Some of these are the first writes of their kind."
                if click.confirm(f"{says} Write all this to the systems?", err=True):
                    approved = free
                elif first:
                    raise NotApproved(_declined())
                else:
                    self._declined |= proposal.unapproved
            if braked and click.confirm(f"A brake holds {len(braked)} of these writes. Let them pass?", err=True):
                return _approval(approved | braked)
            self._declined |= braked
            return _approval(approved)


def _nobody() -> Problem:
    return Problem(
        code="approval_needed",
        summary="The first run needs an approved plan, and there is nobody to ask.",
        why="Nobody has approved a plan of this project yet, and this is not a terminal.",
        remedy="Look at the plan, then approve it: run `samtale sync --plan plan.json`, or `samtale sync --yes`.",
        command="samtale plan --save plan.json",
    )


def _declined() -> Problem:
    return Problem(
        code="not_approved",
        summary="Nothing was written, since the plan was not approved.",
        remedy="Change the project or the model, and look at the plan again.",
        command="samtale plan",
    )


def _tell(frame: Frame, setting: Setting, result: Result, approval: Asking) -> None:
    from samtale.cli.screen import count

    outcome = result.outcome
    frame.data = {
        "plan": result.plan, "done": outcome.done, "failed": outcome.failed, "unknown": outcome.unknown, "quiet": result.quiet,
        "held": result.held, "left_out": outcome.left_out, "rounds": result.rounds, "written": outcome.written,
    }  # fmt: skip
    frame.problem(*outcome.problems, exit=DONE)
    screen = frame.screen
    for line in written(outcome.written):
        screen.say(line, indent=2)
    if result.counts.get("link"):
        screen.say(f"{count(result.counts['link'], 'record')} linked", indent=2)
    if outcome.failed:
        screen.say(f"{count(outcome.failed, 'write')} failed; each stays to be written, or is held with its reason.")
    if outcome.unknown:
        screen.say(
            f"{count(outcome.unknown, 'write')} with an unknown outcome: the next run finds out, before anything else."
        )
    if approval.differ:
        screen.say(f"{count(approval.differ, 'write')} left out: not what the saved plan lists. See `samtale plan`.")
        frame.found()
    if result.held:
        screen.say(f"{result.held:,} held back. `samtale review` says why, and how to settle each.")
        frame.found()
    if outcome.failed or outcome.unknown:
        frame.found()
    if setting.stop.is_set():
        screen.say(f"Stopped after {count(outcome.done, 'write')}. The rest is not done; the next run carries on.")
        screen.command("samtale sync")
    elif any(not s.reachable and not s.pause for s in setting.systems.values()):
        screen.say("Not every system let us in, so this is not the last word. The next run carries on.")
    elif result.quiet and not outcome.done:
        screen.say("Nothing was written." if approval.differ else "nothing to write")
    elif result.quiet:
        screen.say(f"Done: {count(outcome.done, 'write')}. A further look found nothing to write.")


def written(counts: Mapping[str, int]) -> list[str]:
    """What was written, for people: ``96 creates in zohocrm``."""
    from samtale.cli.screen import count

    found = []
    for name, number in sorted(counts.items()):
        system, _, kind = name.rpartition(" ")
        found.append(f"{count(number, kind)} in {system}")
    return found
