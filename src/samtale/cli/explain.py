"""``samtale explain``: why a record's values are what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from samtale.cli.frame import Frame, samtale_command

if TYPE_CHECKING:
    from samtale.cli.naming import Names
    from samtale.cli.screen import Screen
    from samtale.engine.asking import FieldView, SideView
    from samtale.engine.use_cases import Explanation

STATES = {
    "settled": "settled",
    "behind": "behind: not written yet",
    "edited": "edited, not decided yet",
    "apart": "stands apart",
    "unreadable": "cannot be read",
    "no base": "not agreed yet",
    "one way": "read only, flows one way",
    "not shown": "not shown to us",
}
VERDICTS = {
    "unchanged": "nobody changed it",
    "same": "what the records showed when they were linked",
    "filled": "the other records were empty when they were linked",
    "finer": "the most exact of equal values",
    "edited": "edited",
    "cleared": "emptied",
    "newest": "the newest of several edits",
    "tie": "one of several edits at the same time; the order of systems decided",
    "preferred": "a rule prefers this system",
    "first_link": "values differed at the first link, and a rule or an answer chose this one",
    "agreed": "an older edit gave way to it",
    "chosen": "a person chose it",
    "created": "the record was created with it",
}


@samtale_command(
    "explain",
    short_help="Why a record's values are what they are.",
    epilog="Example:  samtale explain zohocrm.Account:3100000000000002629",
)
@click.argument("ref")
@click.option("--field", "only", metavar="FIELD", help="Explain this field alone.")
def command(frame: Frame, *, ref: str, only: str | None) -> None:
    """Show, for every field of REF, the agreed value, what each system shows, and why it is so.

    REF is a record (system.collection:key) or an entity's id, as plan, review and status show them. Asks the store alone.
    """
    from samtale.cli.naming import Names
    from samtale.engine.use_cases import explain, held_json

    with frame.opened(reach=False, engine=False) as work:
        found = explain(work.setting, ref)
        fields = [f for f in found.fields if only in (None, f.field)]
        if only is not None and not fields and found.fields:
            names = ", ".join(f.field for f in found.fields)
            raise click.UsageError(f"There is no field `{only}`; there are {names}.", click.get_current_context())
        frame.data = {
            "type": found.type,
            "entity": found.entity,
            "records": [{"ref": list(name), "how": how} for name, how in found.records],
            "fields": [field_json(f) for f in fields],
            "held": held_json(found.held),
        }
        show_explanation(frame.screen, found, fields, Names(work.setting))
        if found.held:
            frame.found()


def field_json(view: FieldView) -> dict[str, Any]:
    """One field as the JSON contract has it."""
    return {
        "field": view.field, "agreed": view.agreed, "origin": view.origin, "rev": view.rev,
        "sides": [
            {"system": s.system, "collection": s.collection, "key": s.key, "properties": list(s.properties), "shown": s.shown,
             "base": s.base, "state": s.state}
            for s in view.sides
        ],
        "verdict": view.verdict,
    }  # fmt: skip


def show_explanation(screen: Screen, found: Explanation, fields: list[FieldView], names: Names) -> None:
    """For people: records first, then field by field."""
    from samtale.cli.held import show_held
    from samtale.cli.screen import reference

    called = names.of(name for name, _ in found.records)
    title = next((called[name] for name, _ in found.records if called[name]), "")
    if found.entity:
        screen.say(f"{title}   {found.type} {found.entity}".strip(), "bold")
    else:
        screen.say(title or "A record that is not linked", "bold")
    rows = [[reference(name), _linked_by(names.rules(how, found.type))] for name, how in found.records]
    width = max((len(ref) for ref, _ in rows), default=0)
    for ref, how in rows:
        screen.say(f"{ref:{width}}   {how}", indent=2)
    for view in fields:
        if view.agreed or any(s.shown for s in view.sides):
            _show_field(screen, view)
    if found.held:
        screen.heading("Held")
        show_held(screen, found.held, names, everything=True)


def _linked_by(how: str) -> str:
    known = {
        "origin": "where it began", "created": "created by us", "mark": "known by our mark", "person": "linked by a person",
        "adopted": "created by us, found again", "not linked": "not linked",
    }  # fmt: skip
    return known.get(how, f"linked by the {how}" if how.startswith("same ") else f"linked by {how}")


def _show_field(screen: Screen, view: FieldView) -> None:
    from rich.text import Text

    from samtale.cli.screen import moment, short

    screen.say()
    screen.say(f"{view.field}: {view.agreed or ('(empty)' if view.agreed is not None else '(not agreed)')}", "bold")
    verdict = view.verdict
    if verdict is not None:
        why = VERDICTS.get(verdict["reason"], verdict["reason"])
        who = f", in {verdict['origin']}" if verdict["origin"] else ""
        at = moment(verdict["at"]) if verdict["at"] else ""
        screen.say(f"because: {why}{who}{f' ({at})' if at else ''}", indent=2)
        for origin, value in verdict["losers"]:
            screen.say(f"gave way: {value or '(empty)'}, in {origin}", "dim", indent=2)
    rows: list[list[str | Text]] = []
    for side in view.sides:
        style = "" if side.state in ("settled", "one way", "apart") else "yellow"
        rows.append([f"{side.system}.{side.collection}", ", ".join(side.properties), _shows(side, short),
                     Text(STATES[side.state], style=style)])  # fmt: skip
    screen.table(["in", "property", "shows", "state"], rows)


def _shows(side: SideView, short: Any) -> str:
    if side.shown is None:
        return "(nothing)"
    shown = short(side.shown) or "(empty)"
    return shown if side.base in (None, side.shown) else f"{shown}   (settled on: {short(side.base) or '(empty)'})"
