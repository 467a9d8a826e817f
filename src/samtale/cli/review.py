"""``samtale review``: everything that is held back, and how to settle it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from samtale.cli.frame import Frame, samtale_command
from samtale.cli.held import KINDS, WORDINGS, command_for, kind_of, show_held

if TYPE_CHECKING:
    from samtale.engine.setting import Setting


@samtale_command(
    "review",
    short_help="What is held back, and how to settle it.",
    epilog="Examples:  samtale review    samtale review --only conflicts --all",
)
@click.option("--only", type=click.Choice([*KINDS, *WORDINGS]), metavar="KIND",
              help=f"Only this kind: {', '.join(KINDS)}; or one reason, such as required.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="List every one of them.")
def command(frame: Frame, *, only: str | None, everything: bool) -> None:
    """List what is held back, by reason, as of the last look at the systems, with the command that settles each.

    Nothing here is lost: what is held is planned again as soon as its reason is gone.
    """
    from samtale.cli.naming import Names
    from samtale.engine.use_cases import held_json, review

    with frame.opened(reach=False, engine=False) as work:
        found = [h for h in review(work.setting) if only in (None, h.code, kind_of(h)) and h.code != "first_run"]
        attempts = _attempts(work.setting) if only in (None, "unknown") else []
        items = [
            {**shown, "kind": kind_of(one), "type": one.type, "command": command_for(one)}
            for one, shown in zip(found, held_json(found), strict=True)
        ]
        frame.data = {"held": items, "attempts": attempts}
        if found:
            frame.found()
            show_held(frame.screen, found, Names(work.setting), everything=everything)
        else:
            frame.screen.say("Nothing is held.")
        for attempt in attempts:
            frame.screen.say()
            frame.screen.say(f"{attempt['attempt']}: a create in {attempt['place']}, {attempt['outcome']}")
            frame.screen.command(f"samtale resolve --unknown {attempt['attempt']} --key KEY")
            frame.screen.command(f"samtale resolve --unknown {attempt['attempt']} --nothing")


def _attempts(setting: Setting) -> list[dict[str, str]]:
    """Creates whose outcome a person may have to settle."""
    from samtale.cli.history import collections_of
    from samtale.engine.use_cases import status

    places = collections_of(setting)
    return [
        {"attempt": a.id, "entity": a.entity, "place": ".".join(places.get(a.collection, ("", ""))), "state": a.state,
         "outcome": a.outcome}
        for a in status(setting).unknown
        if a.kind == "create"
    ]  # fmt: skip
