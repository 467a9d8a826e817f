"""``samtale history``: what happened to a record, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from samtale.cli.frame import Frame, samtale_command
from samtale.cli.proposing import REASONS

if TYPE_CHECKING:
    from samtale.cli.naming import Names
    from samtale.core.model import Model
    from samtale.engine.setting import Setting
    from samtale.ports.store import HistoryRow

SAYS = {
    "linked": "linked", "unlinked": "link ended", "verdict": "agreed", "observed": "seen to be edited", "created": "created by us",
    "adopted": "created by us, found again", "updated": "written by us", "deleted": "deleted by us", "gone": "deleted in its system",
    "back": "there again", "answer": "an attempt ended",
}  # fmt: skip


@samtale_command(
    "history",
    short_help="What happened to a record, and when.",
    epilog="Example:  samtale history powerofficego.Customers:1000114",
)
@click.argument("ref")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest so many events.")
def command(frame: Frame, *, ref: str, limit: int) -> None:
    """Show what happened to REF and the records linked with it: edits seen, decisions, writes, answers.

    REF is a record (system.collection:key) or an entity's id. Asks the store alone.
    """
    from samtale.cli.naming import Names
    from samtale.cli.screen import moment
    from samtale.engine.use_cases import history

    with frame.opened(reach=False, engine=False) as work:
        rows = history(work.setting, ref, limit)
        places = collections_of(work.setting)
        frame.data = {"events": [event_json(row, places) for row in rows]}
        names = Names(work.setting)
        table = [
            [moment(row.at), SAYS.get(row.kind, row.kind), where(row, places), told(row, work.setting.model, names)]
            for row in rows
        ]
        if table:
            frame.screen.table(["when", "what", "where", ""], table, indent=0, whole=["when", "what", "where"])
        else:
            frame.screen.say("Nothing has happened to it since it was first read.")


def collections_of(setting: Setting) -> dict[int, tuple[str, str]]:
    """Systems and collections by the number that the store gave them."""
    with setting.store.read() as session:
        return {row.id: place for place, row in setting.known(session).items()}


def event_json(row: HistoryRow, places: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
    """One event for programs."""
    system, collection = places.get(row.collection or 0, ("", ""))
    return {
        "at": row.at, "kind": row.kind, "type": row.type, "entity": row.entity, "system": system, "collection": collection,
        "key": row.key, "data": dict(row.data),
    }  # fmt: skip


def where(row: HistoryRow, places: Mapping[int, tuple[str, str]]) -> str:
    """The record that an event is about, or the entity."""
    place = places.get(row.collection or 0)
    return f"{'.'.join(place)}:{row.key}" if place else row.type


def told(row: HistoryRow, model: Model, names: Names) -> str:
    """What an event came to, in a line or a few."""
    data = row.data
    match row.kind:
        case "verdict":
            agreed = value_text(model, row, data["value"])
            why = REASONS.get(data["reason"], data["reason"])
            who = "" if data["reason"] == "chosen" else f", from {data['origin']}"
            lines = [f"{data['field']} = {agreed}   ({why}{who})"]
            lines += [f"gave way: {value_text(model, row, value)}, from {at}" for at, value in data.get("losers", ())]
            return "\n".join(lines)
        case "observed" | "updated":
            return "\n".join(f"{path}: {text(old)} → {text(new)}" for path, (old, new) in data.items())
        case "created" | "adopted":
            return "\n".join(f"{path}: {text(value)}" for path, value in data.get("values", {}).items())
        case "linked":
            return f"by {names.rules(data.get('how', ''), row.type)}"
        case _:
            return "\n".join(f"{key}: {text(value)}" for key, value in data.items())


def value_text(model: Model, row: HistoryRow, value: Any) -> str:
    """The value of a verdict's field, as history keeps it, for people."""
    fields = [f for t in model.types if t.name == row.type for f in t.fields if f.name == row.data.get("field")]
    if fields and isinstance(value, list | tuple) and len(value) == len(fields[0].parts):
        return fields[0].show(tuple(tuple(part) if isinstance(part, list) else part for part in value)) or "(empty)"
    return text(value)


def text(value: Any) -> str:
    """A raw value on one line."""
    from samtale.cli.screen import short
    from samtale.core.model import MISSING

    if value == MISSING:
        return "(not shown)"
    return "(empty)" if value in (None, "") else short(str(value))
