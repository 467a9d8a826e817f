"""Held things on a screen: by reason, each with the command that settles it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from samtale.cli.naming import Names
from samtale.cli.screen import Screen, count, inert, reference, short
from samtale.core.link import RecordName
from samtale.core.plan import Held

#: Held things of one reason that are shown where a person did not ask for all.
FEW = 3


class Wording(NamedTuple):
    """How one code is told: a heading, and the command that settles one such thing."""

    says: str
    settle: str = (
        ""  #: ``{a}``, ``{b}`` records, ``{ref}`` the entity or first record, ``{field}``, ``{type}``, ``{system}``
    )
    kind: str = "other"  #: what ``review --only`` calls it


WORDINGS: Mapping[str, Wording] = {
    "conflict": Wording(
        "edited differently in several systems", "samtale resolve {ref} {field} --take {system}", "conflicts"
    ),
    "first_link": Wording(
        "values differ at first link; one answer settles a whole field",
        "samtale resolve --first-link {type}.{field} --prefer {systems}",
        "conflicts",
    ),
    "delete": Wording("deleted in one system and edited in another", "samtale explain {ref}", "conflicts"),
    "ambiguous": Wording("may be the same as more than one record", "samtale link {a} {b}", "ambiguous"),
    "twin": Wording("looks like a record that is linked already", "samtale link --distinct {a} {b}", "ambiguous"),
    "suggested": Wording("may be the same; only you can tell", "samtale link {a} {b}", "suggested"),
    "merge": Wording("two linked things may be one", "samtale link {a} {b}", "suggested"),
    "unknown": Wording("a create whose outcome is unknown", "samtale review --only unknown", "unknown"),
    "attempt": Wording("may come from a create whose outcome is unknown; settles itself", "", "unknown"),
    "marked": Wording("was created by us for something not known any more", "samtale history {a}", "unknown"),
    "other_type": Wording("is linked as something else; unlink it first to let it change", "samtale unlink {ref}"),
    "incomplete": Wording("waits until everything has been read once", ""),
    "linking": Wording("nothing is created while records are being linked", "samtale link --done"),
    "unreadable": Wording("a value cannot be read; mend it in its system", "samtale explain {ref}"),
    "unwritable": Wording("a value does not fit the other system", "samtale explain {ref}"),
    "required": Wording("a required value is missing; fill it in", "samtale explain {ref}"),
    "waiting": Wording("waits for another record to be linked", "samtale explain {ref}"),
    "impossible": Wording("can never be translated", "samtale explain {ref}"),
    "brake": Wording("a brake: more writes than is usual", "samtale plan --save plan.json && samtale sync --plan plan.json"),
    "first_run": Wording("first writes of their kind need an approved plan", "samtale sync"),
    "oscillation": Wording("flips between values; another tool may be at work", "samtale history {ref}"),
    "refused": Wording("refused by its system; tried again when it changes", "samtale history {ref}"),
    "missing": Wording("was not found at the last look", "samtale history {ref}"),
    "unavailable": Wording("its system is out of reach", "samtale connect"),
}  # fmt: skip

#: Codes of records that may be the same thing.
ALIKE = frozenset({"ambiguous", "twin", "suggested", "merge"})
#: What ``review --only`` takes.
KINDS = ("conflicts", "ambiguous", "suggested", "unknown", "other")


def kind_of(held: Held) -> str:
    """The kind under which ``review --only`` finds it."""
    return WORDINGS[held.code].kind


def command_for(held: Held) -> str:
    """The command that settles it, or looks closer; empty where it settles itself."""
    refs = [reference(r) for r in held.refs]
    first = refs[0] if refs else held.entity
    systems = list(dict.fromkeys(member.split(".")[0] for member, _ in held.candidates))
    systems = systems or list(dict.fromkeys(r[0] for r in held.refs)) or ["SYSTEM"]
    template = WORDINGS[held.code].settle
    if "{b}" in template and len(refs) < 2:
        template = "samtale history {ref}"
    found = template.format(
        a=first, b=refs[1] if len(refs) > 1 else "", ref=first or "REF", field=held.field, type=held.type,
        system=systems[0], systems=",".join(systems),
    )  # fmt: skip
    return inert(found)


def settles(held: Held) -> tuple[str, ...]:
    """What is settled by one answer: things of one reason that one command cannot settle together stand apart."""
    if held.code == "first_link":
        return (held.code, held.type, held.field)
    if held.code == "brake":
        return (held.code, held.reason)
    return (held.code,)


def show_held(screen: Screen, held: Iterable[Held], names: Names, *, everything: bool) -> None:
    """All held things, grouped; the most pressing groups first."""
    groups: dict[tuple[str, ...], list[Held]] = defaultdict(list)
    for one in held:
        groups[settles(one)].append(one)
    order = list(WORDINGS)
    for number, (_, group) in enumerate(sorted(groups.items(), key=lambda g: (order.index(g[0][0]), g[0]))):
        if number:
            screen.say()
        _show_group(screen, group, names, everything)


def _show_group(screen: Screen, held: Sequence[Held], names: Names, everything: bool) -> None:
    group = (
        sorted(held, key=lambda one: len(one.refs) < 2) if held[0].code in ALIKE else held
    )  # what can be answered first
    first = group[0]
    wording = WORDINGS[first.code]
    about = f"{first.type}.{first.field}: " if first.code == "first_link" else ""
    screen.say(f"{len(group):,}  {about}{wording.says}", "yellow", indent=2)
    reasons = Counter(names.rules(one.reason, one.type) for one in group)
    if first.code not in ("first_link", "first_run", "conflict"):
        for reason, number in reasons.most_common(None if everything else FEW):
            screen.say(f"{f'{number:,} × ' if len(reasons) > 1 else ''}{reason}", "dim", indent=5)
    if first.code != "brake":
        shown = group if everything else _apart(group)[:FEW]
        _show_things(screen, shown, names)
        if len(group) > len(shown):
            screen.say(f"and {count(len(group) - len(shown), 'more', 'more')}", "dim", indent=5)
    command = command_for(first)
    if command:
        screen.command(command, indent=5)


def _apart(group: Sequence[Held]) -> list[Held]:
    """Those about other records than the ones before them, then the rest: the most to see in a few lines."""
    seen: set[RecordName] = set()
    fresh: list[Held] = []
    rest: list[Held] = []
    for one in group:
        (rest if seen.intersection(one.refs) else fresh).append(one)
        seen.update(one.refs)
    return fresh + rest


def _show_things(screen: Screen, shown: Sequence[Held], names: Names) -> None:
    called = names.of(ref for one in shown for ref in one.refs)
    if shown[0].code in ALIKE:
        _show_alike(screen, shown, called)
    elif all(one.candidates for one in shown):
        _show_sides(screen, shown, called)
    else:
        for one in shown:
            refs = [f"{inert(reference(ref))} {called[ref]}".strip() for ref in one.refs[:4]]
            screen.say("  ".join(part for part in ("  ".join(refs) or one.entity, one.field) if part), indent=5)


def _show_alike(screen: Screen, shown: Sequence[Held], called: Mapping[RecordName, str]) -> None:
    """Records that may be the same, side by side, one below the other."""
    rows: list[list[str]] = []
    for one in shown:
        rows += [
            [f"{'=?' if number else '  '} {inert(reference(ref))}", called[ref]] for number, ref in enumerate(one.refs)
        ]
    screen.table(["   record", "called"], rows, indent=5, whole=["   record"])


def _show_sides(screen: Screen, shown: Sequence[Held], called: Mapping[RecordName, str]) -> None:
    """What each member shows of a field; the first row names the record, the next says how to ask for it."""
    rows: list[list[str]] = []
    for one in shown:
        ref = inert(reference(one.refs[0])) if one.refs else one.entity
        heads = [name, ref] if one.refs and (name := called[one.refs[0]]) else [ref]
        heads += [""] * (len(one.candidates) - len(heads))
        fields = [one.field] + [""] * len(heads)
        sides = [[member, short(value, 40) or "(empty)"] for member, value in one.candidates]
        sides += [["", ""]] * (len(heads) - len(sides))
        rows += [[head, field, *side] for head, field, side in zip(heads, fields, sides, strict=False)]
    screen.table(["record", "field", "in", "shows"], rows, indent=5, whole=["record", "field", "in"])
