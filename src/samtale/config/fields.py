"""Fields: the part of a model file that says what an entity type is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from samtale.config.diagnose import did_you_mean
from samtale.config.nodes import Node
from samtale.config.reader import Reader, described
from samtale.core.kinds import kind_named
from samtale.core.model import Clear, ConflictRule, Field, Part, Prefer

#: Every kind of value that a model file may name.
KIND_NAMES = (
    "text", "person_name", "email", "phone", "url", "org_number", "country", "currency", "language", "date", "datetime",
    "integer", "decimal", "boolean", "choice", "list", "reference",
)  # fmt: skip
FIELD_KEYS = ("kind", "group", "required", "clear", "conflict", "to", "values")

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
        parts, kind = self.parts(name, entries)
        if not parts:
            return None
        values = self.texts(entries.get("values"), "the values of a choice")
        self.shape(name, node, kind, entries)
        field = Field(
            name=name,
            parts=parts,
            required=self.switch(entries.get("required"), "required", False),
            clear=cast(Clear, self.one_of(entries.get("clear"), "clear", ("propagate", "ignore"), "propagate")),
            conflict=self.conflict(entries.get("conflict"), systems),
            to=self.text(entries.get("to"), "the entity type"),
        )
        return FieldDraft(field, node, values)

    def parts(self, name: str, entries: Mapping[str, Node]) -> tuple[tuple[Part, ...], str]:
        """The parts, and the kind of a field that has only one."""
        if "kind" in entries:
            kind = self.kind(entries["kind"], KIND_NAMES)
            return ((Part(name="", kind=kind_named(kind)),), kind) if kind else ((), "")
        simple = [kind for kind in KIND_NAMES if kind not in ("reference", "list", "choice")]
        parts = []
        for part, node in self.entries(entries["group"], f"the parts of `{name}`").items():
            self.name(part, node)
            inner = (
                self.keys(node, ("kind",), f"the part `{part}`", required=("kind",)).get("kind")
                if node.entries
                else node
            )
            kind = self.kind(inner, simple) if inner is not None else None
            if kind:
                parts.append(Part(name=part, kind=kind_named(kind)))
        if not entries["group"].entries:
            self.findings.add(
                "field_shape",
                entries["group"],
                why=f"The group `{name}` has no parts.",
                remedy="Name them: `{street: text}`.",
            )
        return tuple(parts), ""

    def kind(self, node: Node, allowed: list[str] | tuple[str, ...]) -> str | None:
        name = self.text(node, "a kind")
        if name is None or name in allowed:
            return name
        why = f"`{name}` is none" + (" that may be part of a group." if name in KIND_NAMES else ".")
        self.findings.add("unknown_kind", node, why=why, remedy=did_you_mean(name, allowed))
        return None

    def shape(self, name: str, node: Node, kind: str, entries: Mapping[str, Node]) -> None:
        """`to` belongs to references, `values` to choices; both need theirs."""
        for key, owner in (("to", "reference"), ("values", "choice")):
            if (key in entries) != (kind == owner):
                missing = key not in entries
                why = (
                    f"`{name}` is a {owner} without `{key}`."
                    if missing
                    else f"`{key}` says nothing about `{name}`, which is no {owner}."
                )
                remedy = f"Add `{key}:`." if missing else f"Remove `{key}`, or write `kind: {owner}`."
                self.findings.add("field_shape", node, why=why, remedy=remedy)

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
