"""Fields: the part of a model file that says what an entity type is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from samtale.config.diagnose import did_you_mean
from samtale.config.nodes import Node
from samtale.config.reader import Reader, described
from samtale.core.kinds import KINDS, Kind, UnknownKind, kind_named
from samtale.core.model import Clear, ConflictRule, Field, Part, Prefer

FIELD_KEYS = ("kind", "group", "required", "clear", "conflict", "to", "values", "of")
#: Kinds that need to be told more, and the key that tells it.
TOLD_BY = {"reference": "to", "choice": "values", "list": "of"}

#: Kinds that may be part of a group, or of a list.
SIMPLE = [kind for kind in KINDS if kind not in TOLD_BY]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """A field, and what only the checks need."""

    field: Field
    node: Node
    values: tuple[str, ...] = ()  #: of a choice


class FieldReader(Reader):
    """Reads the fields of one entity type."""

    def fields(self, node: Node | None, systems: Mapping[str, object]) -> dict[str, FieldDraft]:
        """The fields by name, in the order of the file."""
        found: dict[str, FieldDraft] = {}
        for name, entry in self.entries(node, "fields").items() if node is not None else ():
            self.name(name, entry)
            draft = self.field(name, entry, systems)
            if draft is not None:
                found[name] = draft
        return found

    def name(self, name: str, node: Node) -> None:
        if not _NAME.fullmatch(name):
            remedy = "Use small letters, digits and `_`, and begin with a letter."
            self.findings.add("wrong_value", node, why=f"`{name}` cannot be the name of a field.", remedy=remedy)

    def field(self, name: str, node: Node, systems: Mapping[str, object]) -> FieldDraft | None:
        entries = {"kind": node} if isinstance(node.value, str) else self.keys(node, FIELD_KEYS, f"the field `{name}`")
        if not entries:
            return None
        if ("kind" in entries) == ("group" in entries):
            remedy = "Write `kind: KIND` for one value, or `group: {PART: KIND}` for several that belong together."
            self.findings.add("field_shape", node, why=f"`{name}` needs either a kind or a group.", remedy=remedy)
            return None
        to = self.text(entries.get("to"), "the entity type")
        values = self.texts(entries.get("values"), "the values of a choice")
        parts = (
            self.group(name, entries["group"]) if "group" in entries else self.single(name, node, entries, to, values)
        )
        if not parts:
            return None
        field = Field(
            name=name,
            parts=parts,
            required=self.switch(entries.get("required"), "required", False),
            clear=cast(Clear, self.one_of(entries.get("clear"), "clear", ("propagate", "ignore"), "propagate")),
            conflict=self.conflict(entries.get("conflict"), systems),
            to=to if parts[0].kind.name == "reference" else None,
        )
        return FieldDraft(field, node, values)

    def single(
        self, name: str, node: Node, entries: Mapping[str, Node], to: str | None, values: tuple[str, ...]
    ) -> tuple[Part, ...]:
        """The one part of a field that is no group."""
        kind = self.kind_name(entries["kind"], list(KINDS))
        if kind is None:
            return ()
        for owner, key in TOLD_BY.items():
            if (key in entries) != (kind == owner):
                missing = key not in entries
                why = f"`{name}` is of kind `{kind}`" + (
                    f" and lacks `{key}`." if missing else f"; `{key}` belongs to `{owner}`."
                )
                remedy = f"Add `{key}:`." if missing else f"Remove `{key}`, or write `kind: {owner}`."
                self.findings.add("field_shape", node, why=why, remedy=remedy)
                return ()
        told: dict[str, object] = {}
        if kind == "reference":
            told = {"to": to or ""}
        elif kind == "choice":
            told = {"values": values}
        elif kind == "list":
            told = {"of": self.kind_name(entries["of"], SIMPLE) or "text"}
        made = self.made(node, kind, told)
        return (Part(name="", kind=made),) if made is not None else ()

    def group(self, name: str, node: Node) -> tuple[Part, ...]:
        """The parts of a group."""
        parts = []
        for part, entry in self.entries(node, f"the parts of `{name}`").items():
            self.name(part, entry)
            inner = (
                self.keys(entry, ("kind",), f"the part `{part}`", required=("kind",)).get("kind")
                if entry.entries
                else entry
            )
            kind = self.kind_name(inner, SIMPLE) if inner is not None else None
            if kind is not None:
                parts.append(Part(name=part, kind=kind_named(kind)))
        if node.value == {}:
            self.findings.add(
                "field_shape", node, why=f"The group `{name}` has no parts.", remedy="Name them: `{street: text}`."
            )
        return tuple(parts)

    def made(self, node: Node, kind: str, told: Mapping[str, object]) -> Kind | None:
        """The kind itself, or None after a finding: a choice whose values cannot be told apart."""
        try:
            return kind_named(kind, **told)
        except UnknownKind as trouble:
            self.findings.add(
                "field_shape", node, why=f"{str(trouble).capitalize()}.", remedy="Change what it is told."
            )
            return None

    def kind_name(self, node: Node, allowed: list[str]) -> str | None:
        name = self.text(node, "a kind")
        if name is None or name in allowed:
            return name
        why = f"`{name}` is none" + (" that may stand here." if name in KINDS else ".")
        self.findings.add("unknown_kind", node, why=why, remedy=did_you_mean(name, allowed))
        return None

    def conflict(self, node: Node | None, systems: Mapping[str, object]) -> ConflictRule:
        if node is None or node.value == "newest":
            return "newest"
        if node.value == "ask":
            return "ask"
        if not node.entries:
            remedy = "Write `newest`, `ask`, or `{prefer: [SYSTEM, ...]}`."
            self.findings.add("wrong_value", node, why=f"`conflict` is {described(node)}.", remedy=remedy)
            return "newest"
        names = self.texts(
            self.keys(node, ("prefer",), "`conflict`", required=("prefer",)).get("prefer"), "a list of systems"
        )
        for name in names:
            if name not in systems:
                self.findings.add("unknown_system", node, why=f"`{name}` is none.", remedy=did_you_mean(name, systems))
        return Prefer(names)
