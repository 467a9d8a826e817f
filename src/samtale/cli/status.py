"""``samtale status``: a project in numbers."""

from __future__ import annotations

from samtale.cli.frame import Frame, samtale_command


@samtale_command("status", short_help="Collections, links and what waits, in numbers.")
def command(frame: Frame) -> None:
    """How many records each collection holds, how many of them are linked, when each was read, and what waits.

    Asks the store alone, no system; so it answers while a synchronization runs, and when a system is down.
    """
    from samtale.cli.screen import moment
    from samtale.engine.use_cases import status

    with frame.opened(reach=False, engine=False) as work:
        found = status(work.setting)
        rows = found.collections
        frame.data = {
            "approved": found.approved,
            "linking": found.linking,
            "waiting": bool(found.looks),
            "collections": [
                {"system": c.system, "collection": c.collection, "records": c.records, "linked": c.linked,
                 "observed_at": c.observed_at, "complete_at": c.complete_at, "brake": c.brake}
                for c in rows
            ],
            "unknown": [{"attempt": a.id, "type": a.type, "entity": a.entity, "state": a.state} for a in found.unknown],
        }  # fmt: skip
        screen = frame.screen
        screen.table(
            ["collection", "#records", "#linked", "last read", "last read whole", ""],
            [[f"{c.system}.{c.collection}", f"{c.records:,}", f"{c.linked:,}", moment(c.observed_at),
              moment(c.complete_at), f"brake: {c.brake}" if c.brake else ""] for c in rows],
            indent=0,
            whole=["collection", "last read", "last read whole"],
        )  # fmt: skip
        if not rows:
            screen.say("Nothing has been read yet.")
            screen.command("samtale plan")
        elif not found.approved:
            screen.say("No plan has been approved yet.")
            screen.command("samtale sync")
        if found.linking:
            screen.say("Records are being linked; none is created until you say that linking is done.")
            screen.command("samtale link --done")
        for name in sorted({c.system for c in rows if work.setting.systems[c.system].pause}):
            screen.say(f"{name} is paused.")
        for c in rows:
            if c.brake:
                screen.say(
                    f"{c.system}.{c.collection} suddenly showed far fewer records; their absence is not believed."
                )
                screen.command(f"samtale resolve --believe {c.system}.{c.collection}")
        if found.unknown:
            frame.found()
            screen.say(f"{len(found.unknown)} creates have an unknown outcome.")
            screen.command("samtale review --only unknown")
        if any(c.brake for c in rows):
            frame.found()
