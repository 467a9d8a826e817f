"""Checks: what only shows when fields, members and rules are seen together.

Each function looks at one rule of the model and notes what breaks it. Rules that speak of one row are checked where
rows are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import cel

from samtale.config.diagnose import Findings, did_you_mean
from samtale.config.fields import FieldDraft
from samtale.config.members import MemberDraft
from samtale.config.nodes import Node
from samtale.core.conditions import compiles
from samtale.core.model import CreateRule, MatchRule, Property

#: Names that a CEL macro binds: the `x` of `list.exists(x, x > 1)`.
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*(\w+)")
#: Functions that the CEL library offers without extensions.
_FUNCTIONS = frozenset(
    [
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "string",
        "int",
        "uint",
        "double",
        "bytes",
        "timestamp",
        "duration",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
        "type",
        "dyn",
    ]
)


@dataclass(frozen=True, slots=True)
class TypeDraft:
    """An entity type as read, before it becomes part of the model."""

    name: str
    node: Node
    own: bool  #: a file of the project speaks of it
    fields: dict[str, FieldDraft]
    members: dict[str, MemberDraft]
    rules: tuple[tuple[MatchRule, Node], ...] = ()

    def shown(self, field: str) -> list[MemberDraft]:
        """The members that show a field, or this part of it (``field.part``)."""
        name, _, part = field.partition(".")
        found = []
        for draft in self.members.values():
            parts = {self.fields[name].field.parts[row.part].name for f, row in draft.rows if f == name}
            if parts and (not part or part in parts):
                found.append(draft)
        return found


def check_overlaps(types: Mapping[str, TypeDraft], findings: Findings) -> None:
    """No record may belong to two members, unless one of them maps nothing."""
    everyone = [(t.name, draft) for t in types.values() for draft in t.members.values()]
    for (type_a, a), (type_b, b) in combinations(everyone, 2):
        if a.member.name != b.member.name or not a.rows or not b.rows:
            continue
        where_a, where_b = dict(a.member.where), dict(b.member.where)
        if any(path in where_b and where_b[path] != value for path, value in where_a.items()):
            continue
        # Mend the one that makes no difference yet; else the project's own; else the later.
        at = a if (not where_a, not a.node.standard) > (not where_b, not b.node.standard) else b
        other = type_b if at is a else type_a
        why = f"A record of `{a.member.name}` can belong to `{type_a}` and to `{type_b}`."
        remedy = (
            f"Tell them apart with a `where` on one property, with another value than in `{other}`; or map nothing."
        )
        findings.add("members_overlap", at.node, why=why, remedy=remedy)


def check_references(types: Mapping[str, TypeDraft], findings: Findings) -> None:
    """A reference leads to a type that exists, by a property whose keys are keys of that type's members."""
    for draft in types.values():
        for field in draft.fields.values():
            if field.field.to is not None and field.field.to not in types:
                why = f"`{field.field.name}` leads to `{field.field.to}`."
                findings.add("unknown_type", field.node, why=why, remedy=did_you_mean(field.field.to, types))
        for _, field, prop, targets, node in _references(types, draft):
            if not targets:
                why = f"`{prop.path}` refers to {', '.join(prop.refers)}; none is a member of `{field.field.to}`."
                remedy = f"Add one of them as a member of `{field.field.to}`, or remove the row."
                findings.add("reference_elsewhere", node, why=why, remedy=remedy)


class _Reference(NamedTuple):
    """A property that shows a reference, and the members that it can lead to."""

    member: MemberDraft
    field: FieldDraft
    prop: Property
    targets: list[MemberDraft]
    node: Node


def _references(types: Mapping[str, TypeDraft], draft: TypeDraft) -> Iterator[_Reference]:
    for member in draft.members.values():
        for name, row in member.rows:
            field = draft.fields[name]
            target = types.get(field.field.to) if field.field.to is not None else None
            if target is None:
                continue
            for prop in row.properties:
                names = [f"{member.member.system}.{collection}" for collection in prop.refers]
                targets = [target.members[n] for n in names if n in target.members]
                yield _Reference(member, field, prop, targets, row.node)


def check_cycles(types: Mapping[str, TypeDraft], findings: Findings) -> None:
    """No member whose records we create may wait, by required references, for itself."""
    waits: dict[tuple[str, str], set[tuple[str, str]]] = {}
    places: dict[tuple[str, str], Node] = {}
    for draft in types.values():
        for member, field, prop, targets, node in _references(types, draft):
            if member.member.create and (prop.required or field.field.required):
                place = (draft.name, member.member.name)
                places.setdefault(place, node)
                ahead = {(t.member.entity, t.member.name) for t in targets}
                if all(types[entity].members[name].member.create for entity, name in ahead):
                    waits.setdefault(place, set()).update(ahead)
    for start in waits:
        path = _cycle(start, waits)
        if path:
            why = "It waits for itself: " + " → ".join(f"{entity} `{name}`" for entity, name in path) + "."
            remedy = "Make one of these references optional, or take `create` from one of the members."
            findings.add("reference_cycle", places[start], why=why, remedy=remedy)
            return


def _cycle(start: tuple[str, str], waits: Mapping[tuple[str, str], set[tuple[str, str]]]) -> list[tuple[str, str]]:
    """A way from a place back to itself, or nothing."""
    ways = [[start]]
    seen: set[tuple[str, str]] = set()
    while ways:
        way = ways.pop()
        for ahead in sorted(waits.get(way[-1], ())):
            if ahead == start:
                return [*way, ahead]
            if ahead not in seen:
                seen.add(ahead)
                ways.append([*way, ahead])
    return []


def check_creation(types: Mapping[str, TypeDraft], findings: Findings) -> None:
    """Every rule for creating names a member as its origin, can succeed, and has a condition that can be decided."""
    for draft in types.values():
        for member in draft.members.values():
            if member.member.create:
                _check_target(draft, member, findings)
            for origin, rule in member.member.create:
                node = member.origins[origin]
                if origin not in draft.members or origin == member.member.name:
                    why = (
                        f"`{origin}` is the member itself."
                        if origin == member.member.name
                        else f"`{draft.name}` has no `{origin}`."
                    )
                    others = [name for name in draft.members if name != member.member.name]
                    findings.add("unknown_member", node, why=why, remedy=did_you_mean(origin, others))
                    continue
                _check_condition(rule, draft.members[origin], node, findings)
                _check_connected(rule, draft.name, member, types, node, findings)


def _check_target(draft: TypeDraft, member: MemberDraft, findings: Findings) -> None:
    name, spec = member.member.name, member.spec
    if not spec.writable:
        remedy = "Remove `create`; its records still contribute."
        findings.add("create_impossible", member.node, why=f"`{name}` cannot be written.", remedy=remedy)
    elif not any(p.creatable for _, row in member.rows if row.use in ("both", "write") for p in row.properties):
        remedy = "Map at least one property that can be written, or remove `create`: a record is never created empty."
        findings.add(
            "create_impossible", member.node, why=f"`{name}` shows no field that could be filled.", remedy=remedy
        )
    sent = {p.path for _, row in member.rows if row.use in ("both", "write") for p in row.properties}
    sent |= {path for path, _ in member.member.where}
    for prop in spec.properties:
        if prop.required and prop.creatable and prop.path not in sent and prop.path != spec.key:
            remedy = f"Map `{prop.path}` to a field, or remove `create`."
            why = f"{member.about.title} creates no record of {spec.name} without `{prop.path}`."
            findings.add("required_unmapped", member.node, why=why, remedy=remedy)
    for path, _ in member.member.where:
        if not next(p for p in spec.properties if p.path == path).creatable:
            why = f"`{path}` decides who belongs to `{name}`, and cannot be given to a new record."
            findings.add("create_impossible", member.node, why=why, remedy="Remove `create`.")


def _check_condition(rule: CreateRule, origin: MemberDraft, node: Node, findings: Findings) -> None:
    if rule.when is None:
        return
    trouble = compiles(rule.when)
    if trouble is not None:
        remedy = "Write CEL over the origin's properties: `CustomerSince != null && IsActive`. See https://cel.dev."
        findings.add("bad_condition", node, why=f"It is {trouble}.", remedy=remedy)
        return
    program = cel.compile(rule.when)
    known = {p.path.partition(".")[0] for p in origin.spec.properties}
    for name in program.variables():
        if name not in known and name not in _BOUND.findall(rule.when):
            why = f"`{name}` is no property of `{origin.member.name}`."
            findings.add("bad_condition", node, why=why, remedy=did_you_mean(name, known))
    for name in program.functions():
        if name[0].isalpha() and name not in _FUNCTIONS:
            findings.add(
                "bad_condition", node, why=f"`{name}()` is no function.", remedy=did_you_mean(name, _FUNCTIONS)
            )


def _check_connected(
    rule: CreateRule, entity: str, member: MemberDraft, types: Mapping[str, TypeDraft], node: Node, findings: Findings
) -> None:
    for other in rule.when_connected:
        if other not in types:
            findings.add(
                "unknown_type", node, why=f"`when_connected` names `{other}`.", remedy=did_you_mean(other, types)
            )
            continue
        there = [m for m in types[other].members.values() if m.member.system == member.member.system]
        if not there:
            why = f"`{other}` has no member in `{member.member.system}`."
            remedy = f"Add one, or remove `{other}` from `when_connected`."
            findings.add("connected_nowhere", node, why=why, remedy=remedy)
        elif not any(types[other].fields[f].field.to == entity for m in there for f, _ in m.rows):
            why = f"No member of `{other}` in `{member.member.system}` shows a reference to `{entity}`."
            remedy = f"Map one, or remove `{other}` from `when_connected`."
            findings.add("connected_nowhere", node, why=why, remedy=remedy)


def standing_rules(draft: TypeDraft, findings: Findings) -> Iterator[MatchRule]:
    """The match rules that can ever hold. A packaged one that nobody can answer goes silently; the project's own are
    told of.
    """
    for rule, node in draft.rules:
        unshown = [field for field in rule.fields if not draft.shown(field)]
        if not unshown:
            yield rule
        elif not node.standard:
            late = any(f.partition(".")[0] in m.waiting for f in unshown for m in draft.members.values())
            code = "match_idle" if late else "match_unmapped"
            why = f"No member of `{draft.name}` shows {', '.join(f'`{f}`' for f in unshown)}."
            findings.add(code, node, why=why, remedy="Map it in two members, or remove the rule.")


def note_single_members(draft: TypeDraft, findings: Findings) -> None:
    """Tell of fields that go nowhere, in one line for each entity type."""
    alone = {name: m[0].member.name for name in draft.fields if len(m := draft.shown(name)) == 1}
    if alone and len(draft.members) > 1:
        why = f"In `{draft.name}`: " + ", ".join(f"`{field}` (`{member}`)" for field, member in alone.items()) + "."
        findings.add(
            "single_member",
            draft.node,
            why=why,
            remedy="Nothing to do, if that is meant; else map it in another member.",
        )
