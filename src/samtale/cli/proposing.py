"""A plan on a screen, as JSON, and in a file that a person can approve."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from samtale.cli.held import show_held
from samtale.cli.naming import Names
from samtale.cli.screen import Screen, count, inert, reference, short
from samtale.core.plan import EntityPlan, Held, Write
from samtale.core.problems import Problem, SamtaleError
from samtale.engine.use_cases import Proposal, held_json, write_json

#: Writes of one member that are listed where a person did not ask for all.
SHOWN = 8
SAMPLES = 3
#: Longest name above a key: what the longest keys have.
KEY_WIDTH = 22

#: Why a field is written, in plain words.
REASONS = {
    "same": "others show it",
    "filled": "was empty here",
    "finer": "is more exact",
    "edited": "edited",
    "cleared": "emptied",
    "newest": "newest edit",
    "tie": "tie: system order",
    "preferred": "preferred system",
    "first_link": "differed at link",
    "agreed": "agreed already",
    "chosen": "a person chose it",
    "behind": "not written before",
    "created": "new record",
}


def held_items(proposal: Proposal) -> list[Held]:
    """What is held, apart from writes that wait only for a first approval: the plan itself asks for that."""
    return [one for one in proposal.held if one.code != "first_run"]


def plan_json(proposal: Proposal) -> dict[str, Any]:
    """The plan as the JSON contract has it."""
    held = held_items(proposal)
    counts = {"link": 0, "create": 0, "update": 0, **proposal.counts, "held": len(held)}
    return {
        "id": proposal.id,
        "counts": counts,
        "unapproved": len(proposal.unapproved),
        "writes": [write_json(write) for write in proposal.writes],
        "held": held_json(held),
    }


def save_plan(path: Path, proposal: Proposal) -> None:
    """Write the plan to a file for its owner alone: it holds people's data. Raises SamtaleError."""
    text = json.dumps(
        {"schema": 1, "command": "plan", **plan_json(proposal)}, ensure_ascii=False, indent=1, default=str
    )
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text + "\n")
    except OSError as error:
        why = f"{path}: {error.strerror}."
        raise SamtaleError(
            Problem(code="file_unwritable", summary="The plan cannot be saved.", why=why, remedy="Name another file.")
        ) from None


def approved_by(path: Path) -> frozenset[str]:
    """The ids of the writes in a saved plan. Raises SamtaleError for a file that is none."""
    why = ""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if saved["schema"] == 1 and saved["command"] == "plan":
            return frozenset(str(write["id"]) for write in saved["writes"])
    except OSError as error:
        why = f"{path}: {error.strerror}."
    except (ValueError, KeyError, TypeError):
        why = ""
    raise SamtaleError(
        Problem(
            code="no_plan_file",
            summary="The file is not a saved plan.",
            why=why or f"{path} was not written by `samtale plan --save`.",
            remedy="Save a plan, look at it, then run it.",
            command="samtale plan --save plan.json",
        )
    )


def show_plan(
    screen: Screen, proposal: Proposal, names: Names, *, everything: bool, few: int = SHOWN, held_too: bool = True
) -> None:
    """The plan, grouped; long groups are summed up unless everything is asked for, and what is held unless ``held_too``."""
    if screen.quiet:
        return
    held = held_items(proposal)
    if proposal.nothing and not held:
        return
    _show_links(screen, proposal, names)
    creates: dict[str, list[Write]] = defaultdict(list)
    others: dict[tuple[str, str], list[Write]] = defaultdict(list)
    counts: Counter[tuple[str, str]] = Counter()
    for write in proposal.writes:
        place = f"{write.system}.{write.collection}"
        counts[write.kind, place] += 1
        rows = creates[place] if write.kind == "create" else others[write.kind, place]
        if everything or len(rows) < few:
            rows.append(write)
    _show_creates(screen, creates, counts, everything)
    for (kind, place), writes in others.items():
        _show_updates(screen, names, kind, writes, counts[kind, place])
    if held and not held_too:
        screen.heading(f"Held  {len(held):,}")
        screen.say("`samtale review` lists them, each with its reason.", indent=2)
    elif held:
        screen.heading(f"Held  {len(held):,}")
        show_held(screen, held, names, everything=everything)


def _show_links(screen: Screen, proposal: Proposal, names: Names) -> None:
    pairs: Counter[tuple[str, str, str]] = Counter()
    for plan in proposal:
        for how, records in _joins(plan):
            pairs[plan.type, records, how] += 1
    if pairs:
        screen.heading(f"Link  {count(proposal.counts['link'], 'record')}, as {count(pairs.total(), 'thing')}")
        rows = [
            [f"{n:,}", kind, records, linked_by(names.rules(how, kind))]
            for (kind, records, how), n in pairs.most_common()
        ]
        screen.table(["#", "type", "records", "because of"], rows)


def linked_by(how: str) -> str:
    """How records were found to be the same thing."""
    known = {"origin": "its first record", "mark": "our mark", "person": "an answer of yours"}
    return known.get(how, how)


def _joins(plan: EntityPlan) -> Iterable[tuple[str, str]]:
    """How records of one entity come together, and of which members they are."""
    if len(plan.links) < 2 and plan.new:
        return
    how = next((link.how for link in plan.links if link.how != "origin"), "origin")
    names = sorted(f"{link.system}.{link.collection}" for link in plan.links)
    if names:
        yield how, " = ".join(names) if len(names) > 1 else f"{names[0]} joins"


def _show_creates(
    screen: Screen, creates: dict[str, list[Write]], counts: Counter[tuple[str, str]], everything: bool
) -> None:
    if not creates:
        return
    screen.heading(f"Create  {sum(n for (kind, _), n in counts.items() if kind == 'create'):,}")
    if everything:
        for place, writes in creates.items():
            rows = [[_origin(w), _fields(w)] for w in writes]
            screen.say(f"in {place}", indent=2)
            screen.table(["for", "with"], rows, indent=4)
        return
    rows = [
        [place, f"{counts['create', place]:,}", ", ".join(_title(w) for w in writes[:SAMPLES])
         + (", …" if counts["create", place] > SAMPLES else "")]
        for place, writes in creates.items()
    ]  # fmt: skip
    screen.table(["in", "#records", "such as"], rows)


def _show_updates(screen: Screen, names: Names, kind: str, writes: Sequence[Write], total: int) -> None:
    called = names.of((w.system, w.collection, w.key or "") for w in writes)
    records = [(called[w.system, w.collection, w.key or ""], w) for w in writes]
    screen.heading(f"{kind.capitalize()}  {total:,}  in {writes[0].system}.{writes[0].collection}")
    if kind != "update":
        screen.table(["key", "record"], [[w.key or "", name] for name, w in records], whole=["key"])
    else:
        screen.table(
            ["record", "field", "shows", "will show", "because"],
            _changes(records),
            whole=["record", "field", "because"],
        )
    if total > len(writes):
        screen.say(
            f"and {count(total - len(writes), 'more', 'more')} (`samtale plan --all` lists them)", "dim", indent=2
        )


def _changes(records: Sequence[tuple[str, Write]]) -> list[list[str | Text]]:
    """A row for each field of each write; the first names the record, the next has its key."""
    rows: list[list[str | Text]] = []
    for name, write in records:
        key = inert(write.key or "")
        heads = [short(name, KEY_WIDTH), key] if name and name != key else [key]
        seen: set[str] = set()
        own: list[list[str | Text]] = []
        for change in write.fields:
            field = change.field if change.field not in seen else f"  {next(iter(change.properties))}"
            seen.add(change.field)
            old = Text(short(change.old), style="red") if change.old else Text("(empty)", style="dim")
            new = Text(short(change.new), style="green") if change.new else Text("(empty)", style="dim")
            own.append(["", field, old, new, REASONS.get(change.reason, change.reason)])
        own += [["", "", "", "", ""] for _ in heads[len(own) :]]
        for row, head in zip(own, heads, strict=False):
            row[0] = Text(head, style="dim" if head == key and len(heads) > 1 else "")
        rows += own
    return rows


def _title(write: Write) -> str:
    """What to call a record that does not exist yet: what it will show of its first filled field."""
    for change in write.fields:
        if change.new:
            return short(" ".join(dict.fromkeys(str(value) for value in change.properties.values())), 30)
    return "?"


def _origin(write: Write) -> str:
    return inert(reference(write.origin)) if write.origin else ""


def _fields(write: Write) -> str:
    return "; ".join(f"{change.field}: {short(change.new)}" for change in write.fields)
