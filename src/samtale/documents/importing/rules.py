"""Match rules from merge tables, and create rules from the rule of each section, in its direction.

A condition that can be read with certainty becomes one on the origin's record; any other becomes a rule that creates
nothing until a person has put the condition into words that a machine understands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from samtale.documents.grammar import Rule
from samtale.documents.importing.decisions import Ledger
from samtale.documents.importing.fields import Fields, Shown
from samtale.documents.importing.gathering import Joint, TypeFacts, TypeKey
from samtale.documents.importing.joining import Entity, identifier
from samtale.documents.importing.standard import paths_of
from samtale.documents.naming import folded
from samtale.ports.connector import CollectionSpec

#: A condition that creates nothing.
NEVER_TRUE = "false"
#: From the most cautious to the most open; of two rules for one direction the more cautious is taken.
CAUTION = (Rule.MATCH_ONLY, Rule.CONDITIONAL, Rule.CONNECTED, Rule.MATCH_OR_CREATE, Rule.ALWAYS)
_PERCENT = re.compile(r"\b(\d{1,3})% probability\b", re.IGNORECASE)
_OF_TYPE = re.compile(r"\bis of type (\w+(?: User)?)$", re.IGNORECASE)


class CreateDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A create rule to be, with what should stand beside it."""

    rule: Any  #: as model files write it; None takes a packaged rule away
    comment: str = ""


class Rules:
    """Finds the rules of one entity type."""

    def __init__(self, entity: Entity, fields: Fields, types: Mapping[TypeKey, TypeFacts], ledger: Ledger) -> None:
        """`types`: all types of all documents with the entity type that they belong to, for connected creation."""
        self.entity = entity
        self.fields = fields
        self.types = types
        self.ledger = ledger

    # match

    def match(self, present: frozenset[str]) -> list[Mapping[str, Any]] | None:
        """The match rules of the model file; None where those of the packaged model say it all.

        `present`: the members that there will be, for packaged rules that are for certain members only.
        """
        asked: dict[tuple[str, ...], list[Joint]] = {}
        for joint in self.entity.joints:
            for combination in joint.merge:
                fields = self.fields_of(joint, combination)
                if fields and joint not in asked.setdefault(fields, []):
                    asked[fields].append(joint)
        standard = list(self._standard(present))
        new = []
        for fields, joints in asked.items():
            rest = [j for j in joints if not any(self.covers(rule, fields, j) for rule in standard)]
            if rest:
                new.append(self.rule(fields, rest))
        if not self.entity.standard and not new:
            self.ask_for_match()
        if not new and self.entity.standard:
            return None
        return [*new, *standard]

    def fields_of(self, joint: Joint, combination: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        """The fields that a combination compares; none if one of its pairs shows two of them."""
        names = []
        for pair in combination:
            shown = (Shown(key, path) for key, path in zip((joint.one, joint.other), pair, strict=True))
            one, other = (self.fields.field_of.get(each) for each in shown)
            if one is None or one is not other:
                return ()
            names.append(one.name)
        return tuple(dict.fromkeys(names))

    def rule(self, fields: Sequence[str], joints: Sequence[Joint]) -> Mapping[str, Any]:
        """A rule for some fields: for all members, or for those that the documents compare by them."""
        if len({(j.one, j.other) for j in self.entity.joints}) == len({(j.one, j.other) for j in joints}):
            return {"fields": list(fields)}
        shared = [key for key in (joints[0].other, joints[0].one) if all(key in (j.one, j.other) for j in joints)]
        only = shared[:1] or sorted({j.other for j in joints})
        return {"fields": list(fields), "only": [key.member for key in only]}

    def covers(self, rule: Mapping[str, Any], fields: Sequence[str], joint: Joint) -> bool:
        """Whether a rule links records of a section's two types by these fields alone, without asking."""
        only = rule.get("only", ())
        fits = not only or joint.one.member in only or joint.other.member in only
        parts = {p for name in rule["fields"] for p in self.parts_of(name)}
        return rule.get("trust", "link") == "link" and parts == set(fields) and fits

    def parts_of(self, name: str) -> Sequence[str]:
        """A field of a packaged rule by its parts, which a merge table names one by one."""
        return [d.name for d in self.fields.drafts if d.whole == name] or [name]

    def ask_for_match(self) -> None:
        creating = [j for j in self.entity.joints if j.section.rule in (Rule.ALWAYS, Rule.CONDITIONAL) and j.rows]
        if not creating:
            return
        words = ("mail", "number", "code", "sku", "name", "title", "phone")
        near = [d.name for word in words for d in self.fields.drafts if word in d.name and len(d.rows) > 1]
        like = f", such as `- {{fields: [{near[0]}], trust: suggest}}`" if near else ""
        what = f"`{self.entity.name}` is created without being matched, so records on both sides would be doubled."
        remedy = f"Write a rule under `match`{like}; or link by hand what is there."
        self.ledger.decide("match_missing", what, remedy, *(j.place for j in creating))

    def _standard(self, present: frozenset[str]) -> Iterator[Mapping[str, Any]]:
        for rule in self.entity.standard.match if self.entity.standard else ():
            if "only" not in rule:
                yield rule
                continue
            only = [name for wanted in rule["only"] for name in present_as(wanted, self.types, present)]
            if only:
                yield {**rule, "only": only}

    # create

    def create(self) -> dict[TypeKey, dict[str, CreateDraft]]:
        """By member, the rules for creating there, by origin."""
        directed: dict[tuple[TypeKey, TypeKey], list[Joint]] = {}
        for joint in self.entity.joints:
            directed.setdefault((joint.one, joint.other), []).append(joint)
        found: dict[TypeKey, dict[str, CreateDraft]] = {}
        for (one, other), joints in directed.items():
            joint = min(joints, key=lambda j: CAUTION.index(j.section.rule))
            if len({j.section.rule for j in joints}) > 1:
                what = f"{joint.section.heading} stands there with different rules; the most cautious is taken."
                remedy = f"Look at `create` of {other.member}."
                self.ledger.decide("rules_differ", what, remedy, *(j.place for j in joints))
            draft = self.creation(joint) or self.taken_away(one, other)
            if draft is not None:
                found.setdefault(other, {})[one.member] = draft
        return found

    def creation(self, joint: Joint) -> CreateDraft | None:
        """The rule of one direction; None if nothing is created."""
        if joint.section.rule is Rule.MATCH_ONLY:
            return None
        trouble = self.hindrance(joint.other)
        if trouble:
            what = f"{joint.section.heading}: {joint.other.member} cannot be created: {trouble}."
            remedy = "Its records are linked and never created. Map what is lacking, and write `create`."
            self.ledger.decide("create_impossible", what, remedy, joint.place)
            return None
        if joint.section.rule is Rule.CONDITIONAL:
            return self.conditional(joint)
        if joint.section.rule is Rule.CONNECTED:
            return self.connected(joint)
        return CreateDraft(rule="always")

    def taken_away(self, one: TypeKey, other: TypeKey) -> CreateDraft | None:
        """What takes a packaged rule away that the documents do not have."""
        system, standard = self.entity.types[one].system, self.entity.types[other].standard
        if system is None or standard is None or f"{system.about.connector}.{one.collection}" not in standard.origins:
            return None
        return CreateDraft(rule=None, comment="the documents only link")

    def hindrance(self, key: TypeKey) -> str:
        """Why no record of a type could be created; empty if one could."""
        facts = self.entity.types[key]
        shown = {p for d in self.fields.drafts for entry in d.rows.get(key, ()) for p in _written(entry)}
        if facts.standard is not None:
            mine = {d.name for d in self.fields.drafts if key in d.rows}
            rest = (entries for name, entries in facts.standard.rows.items() if name not in mine)
            shown |= {p for entries in rest for entry in entries for p in _written(entry)}
        if facts.spec is None:
            return "" if shown else "no property is mapped"
        if not facts.spec.writable:
            return "the vendor lets nobody write it"
        if not any(_creatable(facts.spec, path) for path in shown):
            return "no property is mapped that could be written"
        shown |= set(facts.standard.said.get("where", {})) if facts.standard is not None else set()
        lacking = [p.path for p in facts.spec.properties if p.required and p.creatable and p.path not in shown]
        return f"{', '.join(lacking)} is required, and not mapped" if lacking else ""

    def conditional(self, joint: Joint) -> CreateDraft:
        said = joint.section.condition or ""
        when = read_condition(said, self.entity.types[joint.one].spec)
        if when is not None:
            what = f"{joint.section.heading}: `{said}` is read as `{when}`."
            self.ledger.note("condition_read", what, "Correct it in the model file if that is not meant.", joint.place)
            return CreateDraft(rule={"when": when}, comment=said)
        what = f"{joint.section.heading}: the condition `{said}` is in words."
        remedy = f"Write it as CEL over {joint.one.member} in place of `{NEVER_TRUE}`; until then nothing is created."
        self.ledger.decide("condition_unread", what, remedy, joint.place)
        return CreateDraft(rule={"when": NEVER_TRUE}, comment=said)

    def connected(self, joint: Joint) -> CreateDraft:
        names = joint.section.connected_to
        found = [self.connecting(joint.one.system, name, joint.other.system) for name in names]
        strange = [name for name, entity in zip(names, found, strict=True) if entity is None]
        entities = sorted({entity for entity in found if entity is not None})
        comment = f"connected to {', '.join(names)}"
        if strange:
            what = f"{joint.section.heading}: {', '.join(strange)} is no type that the documents join on both sides."
            remedy = "Name the entity types whose records lead to a new one in `when_connected`."
            self.ledger.decide("connection_unread", what, remedy, joint.place)
        if entities:
            return CreateDraft(rule={"when_connected": entities}, comment=comment)
        return CreateDraft(rule={"when": NEVER_TRUE}, comment=comment)

    def connecting(self, system: str, name: str, into: str) -> str | None:
        """The entity type that an internal name of the old service means, such as "Powerofficego-salesorders"; it has
        to have a member in the system that the records are created in, too.
        """
        wanted = folded(name).removesuffix("s")
        there = {facts.entity for key, facts in self.types.items() if key.system == into}
        for key, facts in self.types.items():
            own = {folded(text).removesuffix("s") for text in (key.collection, facts.printed)}
            if key.system == system and facts.entity in there and any(wanted.endswith(text) for text in own):
                return facts.entity
        return None


def read_condition(said: str, spec: CollectionSpec | None) -> str | None:
    """A condition as CEL over the origin's properties, if its words leave no doubt and the vendor has the property."""
    known = {p.path: p for p in spec.properties} if spec is not None else {}
    percent = _PERCENT.search(said)
    if percent and "Probability" in known:
        return f"Probability == {int(percent[1])}"
    of_type = _OF_TYPE.search(said)
    role = known.get("role")
    if of_type and role is not None:
        value = identifier(of_type[1]).replace("_", "-")
        return f'role == "{value}"' if value in role.values else None
    return None


def present_as(wanted: str, types: Mapping[TypeKey, TypeFacts], present: frozenset[str]) -> Iterator[str]:
    """A packaged member (``connector.Collection``) as members that there will be."""
    connector, _, collection = wanted.partition(".")
    names = {k.system for k, f in types.items() if f.system is not None and f.system.about.connector == connector}
    yield from sorted(name for system in (names or {connector}) if (name := f"{system}.{collection}") in present)


def _written(entry: Any) -> tuple[str, ...]:
    """The properties of a place that are sent to the system, and surely there."""
    if isinstance(entry, str) and entry.endswith("?"):
        return ()
    return () if isinstance(entry, dict) and entry.get("use", "both") in ("match", "read") else paths_of(entry)


def _creatable(spec: CollectionSpec, path: str) -> bool:
    return any(p.path == path and p.creatable for p in spec.properties)
