"""Load: the project's model, from packaged and own files and from what each connector knows of its system.

``load_model`` is the door: it returns the frozen ``Model`` that decisions are made with, complete with rights, forms
and references, and what a person should know about it; or it raises with everything that is wrong, at once. Docs:
docs/reference/model-file.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from samtale.config.checks import (
    TypeDraft,
    check_creation,
    check_cycles,
    check_overlaps,
    check_references,
    note_single_members,
    standing_rules,
)
from samtale.config.diagnose import Findings, did_you_mean, in_order
from samtale.config.fields import FieldDraft, FieldReader
from samtale.config.members import MemberDraft, MemberReader
from samtale.config.nodes import Node, Place
from samtale.config.project import PROJECT_FILE, Project
from samtale.config.reader import Reader
from samtale.config.sources import Sources, find_collection, read_sources
from samtale.core.model import EntityType, MatchRule, Model
from samtale.core.problems import Problem
from samtale.ports.connector import About

RULE_KEYS = ("fields", "trust", "only")


def load_model(project: Project, abouts: Mapping[str, About]) -> tuple[Model, list[Problem]]:
    """The model of a project, and its warnings. ``abouts``: for every system of the project, what its connector knows
    of it.

    Raises SamtaleError with all problems of all files at once, errors first.
    """
    findings = Findings()
    check_systems(project, abouts, findings)
    sources = read_sources(project, abouts, findings)
    reader = _TypeReader(findings, project, abouts, sources)
    drafts = {name: reader.type(name, node) for name, node in sources.types.items()}
    drafts = _taking_part(drafts)
    check_overlaps(drafts, findings)
    check_references(drafts, findings)
    check_creation(drafts, findings)
    check_cycles(drafts, findings)
    types = tuple(_entity_type(draft, findings) for draft in drafts.values())
    findings.stop_at_errors()
    model = Model(
        types=types,
        order=project.order,
        first_link=project.first_link,
        followers=project.followers,
        timezone=project.timezone,
    )
    return model, in_order(findings.warnings)


def check_systems(project: Project, abouts: Mapping[str, About], findings: Findings) -> None:
    """The credentials and collections that the project file names are those that the connectors know."""
    at = Place(PROJECT_FILE)
    for name, system in project.systems.items():
        about = abouts[name]
        missing = [key for key in about.auth if key not in system.auth]
        extra = [key for key in system.auth if key not in about.auth]
        if missing or extra:
            said = [f"misses {', '.join(f'`{k}`' for k in missing)}"] * bool(missing)
            said += [f"has {', '.join(f'`{k}`' for k in extra)}, which means nothing to it"] * bool(extra)
            why = f"`{name}` ({about.title}) {' and '.join(said)}."
            remedy = "Under `auth` write " + ", ".join(f"`{key}: env:NAME`" for key in about.auth) + "."
            findings.add("auth_keys", at, why=why, remedy=remedy if about.auth else "Remove `auth`.")
        for collection in system.collections:
            if all(spec.name != collection for spec in about.collections):
                why = f"`{name}` has switches for `{collection}`."
                remedy = did_you_mean(collection, [spec.name for spec in about.collections])
                findings.add("unknown_collection", at, why=why, remedy=remedy)


class _TypeReader(Reader):
    """Reads merged trees into drafts."""

    def __init__(self, findings: Findings, project: Project, abouts: Mapping[str, About], sources: Sources) -> None:
        super().__init__(findings)
        self.project = project
        self.abouts = abouts
        self.sources = sources

    def type(self, name: str, node: Node) -> TypeDraft:
        entries = node.entries
        fields = FieldReader(self.findings).fields(entries.get("fields"), self.project.systems)
        reader = MemberReader(self.findings, name, fields, self.project.timezone, self.project.region)
        members: dict[str, MemberDraft] = {}
        for member, inner in entries["members"].entries.items() if "members" in entries else ():
            system, _, collection = member.partition(".")
            about = self.abouts[system]
            spec = find_collection(about, collection)
            if spec is not None and isinstance(inner.value, dict):
                members[member] = reader.member(member, self.without_removed(inner), about, spec)
            else:
                self.entries(inner, f"the member `{member}`")
        rules = tuple(self.rules(entries.get("match"), fields, members))
        return TypeDraft(name, node, name in self.sources.own, fields, members, rules)

    def without_removed(self, member: Node) -> Node:
        """A member without packaged rules for creating from members that the project removed."""
        create = member.entries.get("create")
        if create is None or not create.entries:
            return member
        rules = {o: rule for o, rule in create.entries.items() if not (rule.standard and o in self.sources.removed)}
        return member.replaced({**member.entries, "create": create.replaced(rules)})

    def rules(
        self, node: Node | None, fields: Mapping[str, FieldDraft], members: Mapping[str, MemberDraft]
    ) -> list[tuple[MatchRule, Node]]:
        if node is None:
            return []
        if not isinstance(node.value, list):
            self.findings.add(
                "not_a_list", node, why="`match` is no list.", remedy="Begin each rule with `- fields: [...]`."
            )
            return []
        rules = ((self.rule(item, fields, members), item) for item in node.value)
        return [(rule, item) for rule, item in rules if rule is not None]

    def rule(
        self, node: Node, fields: Mapping[str, FieldDraft], members: Mapping[str, MemberDraft]
    ) -> MatchRule | None:
        entries = self.keys(node, RULE_KEYS, "a match rule", required=("fields",))
        names = self.texts(entries.get("fields"), "the fields of a match rule")
        known = {f"{n}.{p.name}" for n, d in fields.items() for p in d.field.parts if p.name} | set(fields)
        only = [
            name
            for name in self.texts(entries.get("only"), "the members of a match rule")
            if name not in self.sources.removed
        ]
        unknown = False
        for name in names:
            if name not in known:
                unknown = True
                self.findings.add(
                    "unknown_field", entries["fields"], why=f"`{name}` is none.", remedy=did_you_mean(name, known)
                )
        for name in only:
            if name not in members:
                unknown = True
                self.findings.add(
                    "unknown_member", entries["only"], why=f"`{name}` is none.", remedy=did_you_mean(name, members)
                )
        if "fields" in entries and not names:
            self.findings.add(
                "wrong_value", node, why="The rule names no field.", remedy="Name those that must be equal."
            )
        if unknown or not names or ("only" in entries and not only):
            return None
        trust = self.one_of(entries.get("trust"), "trust", ("link", "suggest"), "link")
        return MatchRule(fields=names, trust=cast(Literal["link", "suggest"], trust), only=tuple(only))


def _taking_part(drafts: Mapping[str, TypeDraft]) -> dict[str, TypeDraft]:
    """Types worth reading records for: those with two members, those the project speaks of, and what these refer to."""
    wanted = [name for name, draft in drafts.items() if draft.own or len(draft.members) > 1]
    for name in wanted:
        referred = (draft.field.to for draft in drafts[name].fields.values())
        wanted.extend(sorted({to for to in referred if to is not None and to in drafts and to not in wanted}))
    return {name: draft for name, draft in drafts.items() if name in wanted}


def _entity_type(draft: TypeDraft, findings: Findings) -> EntityType:
    rules = tuple(standing_rules(draft, findings))
    note_single_members(draft, findings)
    return EntityType(
        name=draft.name,
        fields=tuple(f.field for f in draft.fields.values()),
        match=rules,
        members=tuple(m.member for m in draft.members.values()),
    )
