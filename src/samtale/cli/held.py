"""Held things on a screen: by reason, each with the command that settles it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from samtale.cli.screen import Screen, count, inert, reference, short
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


def show_held(screen: Screen, held: Iterable[Held], *, everything: bool) -> None:
    """All held things, grouped; the most pressing groups first."""
    groups: dict[tuple[str, ...], list[Held]] = defaultdict(list)
    for one in held:
        groups[settles(one)].append(one)
    order = list(WORDINGS)
    for _, group in sorted(groups.items(), key=lambda g: (order.index(g[0][0]), g[0])):
        _show_group(screen, group, everything)


def _show_group(screen: Screen, group: Sequence[Held], everything: bool) -> None:
    first = group[0]
    wording = WORDINGS[first.code]
    about = f"{first.type}.{first.field}: " if first.code == "first_link" else ""
    screen.say(f"{len(group):,}  {about}{wording.says}", indent=2)
    reasons = Counter(one.reason for one in group)
    if first.code not in ("first_link", "first_run", "conflict"):
        for reason, number in reasons.most_common(None if everything else FEW):
            screen.say(f"{reason}{f' ({number:,})' if len(reasons) > 1 else ''}", "dim", indent=5)
    if first.code != "brake":
        for one in group if everything else group[:FEW]:
            screen.say(_one_line(one), indent=5)
        if len(group) > FEW and not everything:
            screen.say(f"and {count(len(group) - FEW, 'more', 'more')}", "dim", indent=5)
    command = command_for(first)
    if command:
        screen.command(command, indent=5)


def _one_line(held: Held) -> str:
    if held.candidates:
        shown = "   ".join(f"{member}: {short(value, 40) or '(empty)'}" for member, value in held.candidates)
        where = reference(held.refs[0]) if held.refs else held.entity
        return f"{inert(where)}  {held.field}   {shown}"
    names = "  ".join(inert(reference(r)) for r in held.refs[:4]) or held.entity
    return f"{names}{'  ' + held.field if held.field else ''}"
