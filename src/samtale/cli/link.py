"""``samtale link``: a person says what belongs together."""

from __future__ import annotations

import click

from samtale.cli.frame import Frame, samtale_command


@samtale_command(
    "link",
    short_help="Say that two records are the same, or that they are not.",
    epilog="Example:  samtale link powerofficego.Customers:1000132 zohocrm.Account:3100000000000002629",
)
@click.argument("refs", nargs=-1, metavar="[A B]")
@click.option("--distinct", is_flag=True, help="A and B are not the same thing; do not ask again.")
@click.option("--create", is_flag=True, help="After an unlink: A may get counterparts in the other systems again.")
@click.option("--begin", is_flag=True, help="Only link from now on, and create nothing, until `samtale link --done`.")
@click.option("--done", is_flag=True, help="Linking is done: records may be created.")
def command(frame: Frame, *, refs: tuple[str, ...], distinct: bool, create: bool, begin: bool, done: bool) -> None:
    """Link the records A and B: they are the same thing, whatever their values say. The next plan shows what follows.

    Where their values differ, the answer for first links decides field by field; nothing is overwritten unasked.
    """
    from samtale.engine import use_cases

    said = [name for name, given in
            (("--distinct", distinct), ("--create", create), ("--begin", begin), ("--done", done)) if given]  # fmt: skip
    wanted = 0 if begin or done else 1 if create else 2
    if len(said) > 1 or len(refs) != wanted:
        ways = "`link A B`, `link --distinct A B`, `link --create A`, `link --begin` or `link --done`"
        raise click.UsageError(f"Use it as {ways}.", click.get_current_context())
    with frame.opened(reach=False, engine=True) as work:
        frame.data = {"did": said[0].removeprefix("--") if said else "link", "records": list(refs)}
        if begin or done:
            use_cases.linking(work.setting, done=done)
            frame.screen.say("Records may be created now." if done else "Nothing is created until linking is done.")
        elif create:
            use_cases.create_again(work.setting, refs[0])
            frame.screen.say(f"{refs[0]} may get counterparts again.")
        elif distinct:
            use_cases.distinct(work.setting, *refs)
            frame.screen.say(f"{refs[0]} and {refs[1]} are not the same; they will not be suggested again.")
        else:
            use_cases.link(work.setting, *refs)
            frame.screen.say(f"{refs[0]} and {refs[1]} are the same. The next plan shows what follows:")
            frame.screen.command("samtale plan")
