"""``samtale unlink``: end a link."""

from __future__ import annotations

import click

from samtale.cli.frame import Frame, samtale_command


@samtale_command(
    "unlink",
    short_help="End a link; both records stay as they are.",
    epilog="Example:  samtale unlink zohocrm.Account:3100000000000002629",
)
@click.argument("ref", metavar="REF")
def command(frame: Frame, *, ref: str) -> None:
    """End the link of the record REF (system.collection:key). No record changes and none is deleted.

    The records are not linked again by a rule, and neither gets a new counterpart until you say so (`samtale link --create REF`).
    """
    from samtale.cli.screen import reference
    from samtale.engine.use_cases import unlink

    with frame.opened(reach=False, engine=True) as work:
        parted = [reference(name) for name in unlink(work.setting, ref)]
        frame.data = {"record": ref, "parted": parted}
        frame.screen.say(
            f"{ref} is linked to nothing now{f'; before it was {chr(44).join(parted)}' if parted else ''}."
        )
        frame.screen.say("If they belong together after all, or if it may get a counterpart again:")
        for other in parted[:1]:
            frame.screen.command(f"samtale link {ref} {other}")
        frame.screen.command(f"samtale link --create {ref}")
