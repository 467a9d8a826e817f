"""Members: the part of a model file that says which property of a collection shows which field.

Rights, forms and references come from the connector's ``PropertySpec``; a model file adds only what the vendor cannot
know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from samtale.config.diagnose import Findings, did_you_mean
from samtale.config.fields import FieldDraft
from samtale.config.forms import FormReader, fitting_types
from samtale.config.nodes import Node
from samtale.config.reader import Reader, described
from samtale.core.kinds import Raw
from samtale.core.model import Access, CreateRule, Member, OnDelete, Property, Use, View
from samtale.ports.connector import About, CollectionSpec, PropertySpec

MEMBER_KEYS = ("label", "aliases", "where", "properties", "create", "on_delete")
ROW_KEYS = ("path", "join", "use", "values", "style")
USES = ("both", "read", "write", "match")


@dataclass(frozen=True, slots=True)
class Row:
    """One place of a record that shows one part of a field, before places are gathered into views."""

    part: int
    number: int  #: 0 the primary, 1 and up the followers
    properties: tuple[Property, ...]
    use: Use
    node: Node


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """A member, and what only the checks need."""

    member: Member
    node: Node
    spec: CollectionSpec
    about: About
    rows: tuple[tuple[str, Row], ...] = ()  #: field name, row
    waiting: frozenset[str] = frozenset()  #: fields with a row that was left out
    origins: dict[str, Node] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether anything can be sent there."""
        return any(row.use in ("both", "write") for _, row in self.rows)


class MemberReader(Reader):
    """Reads the members of one entity type."""

    def __init__(
        self, findings: Findings, entity: str, fields: Mapping[str, FieldDraft], timezone: str, region: str
    ) -> None:
        super().__init__(findings)
        self.entity = entity
        self.fields = fields
        self.forms = FormReader(findings, timezone, region)
        #: `field` or `field.part`, and which part of which field that is
        self.parts = {
            f"{name}.{part.name}" if part.name else name: (draft, i)
            for name, draft in fields.items()
            for i, part in enumerate(draft.field.parts)
        }

    def member(self, name: str, node: Node, about: About, spec: CollectionSpec) -> MemberDraft:
        """A member of this entity type; what is wrong with it is noted, and the rest is read."""
        entries = self.keys(node, MEMBER_KEYS, f"the member `{name}`")
        rows: list[tuple[str, Row]] = []
        waiting: set[str] = set()
        for key, value in self.entries(entries["properties"], "properties").items() if "properties" in entries else ():
            found = self.parts.get(key)
            if found is None:
                self.note_unknown_field(key, value)
                continue
            draft, part = found
            for number, item in enumerate(value.items):
                row = self.row(item, draft, part, number, about, spec)
                if row is None:
                    waiting.add(draft.field.name)
                else:
                    rows.append((draft.field.name, row))
        self.note_twice(rows, name)
        system, _, collection = name.partition(".")
        member = Member(
            entity=self.entity,
            system=system,
            collection=collection,
            label=self.text(entries.get("label"), "the label") or spec.name,
            aliases=self.texts(entries.get("aliases"), "the aliases"),
            where=self.where(entries.get("where"), about, spec),
            views=self.views(rows),
            create=self.create(entries.get("create")),
            on_delete=cast(
                OnDelete, self.one_of(entries.get("on_delete"), "on_delete", ("keep", "archive", "delete"), "keep")
            ),
        )
        origins = dict(entries["create"].entries) if "create" in entries else {}
        return MemberDraft(member, node, spec, about, tuple(rows), frozenset(waiting), origins)

    def note_unknown_field(self, key: str, node: Node) -> None:
        group = self.fields.get(key)
        if group is not None:
            parts = ", ".join(f"`{key}.{part.name}`" for part in group.field.parts)
            self.findings.add("unknown_field", node, why=f"`{key}` is a group.", remedy=f"Map its parts: {parts}.")
        else:
            why = f"`{self.entity}` has no `{key}`."
            self.findings.add("unknown_field", node, why=why, remedy=did_you_mean(key, self.parts))

    # one row

    def row(
        self, node: Node, draft: FieldDraft, part: int, number: int, about: About, spec: CollectionSpec
    ) -> Row | None:
        """A row, or None if it is left out, with or without a finding."""
        entries = {"path": node} if not isinstance(node.value, dict) else self.keys(node, ROW_KEYS, "a property")
        if ("path" in entries) == ("join" in entries):
            if entries or not isinstance(node.value, dict):
                remedy = "Write `path: PROPERTY` for one, or `join: [FIRST, SECOND]` for several that make one value."
                self.findings.add("field_shape", node, why="It needs either `path` or `join`.", remedy=remedy)
            return None
        kind = draft.field.parts[part].kind.name
        if "join" in entries and kind not in ("text", "person_name"):
            remedy = "Map one property, or make the field `text`."
            self.findings.add("kind_clash", node, why=f"Only text can be joined, and this is `{kind}`.", remedy=remedy)
            return None
        written = (
            self.texts(entries["join"], "the properties to join")
            if "join" in entries
            else (self.text(entries["path"], "a property") or "",)
        )
        stated = "use" in entries
        use = cast(Use, self.one_of(entries.get("use"), "use", USES, "both"))
        found = []
        for path in written:
            prop_spec = self.find(path, node, about, spec) if path else None
            if prop_spec is None or not self.usable(prop_spec, kind, use, stated, node, spec):
                continue
            prop = self.property(prop_spec, draft, kind, entries, node, spec)
            if prop is not None:
                found.append(prop)
                self.note_one_way(prop, use, prop_spec, node, spec)
        return Row(part, number, tuple(found), use, node) if found else None

    def find(self, written: str, node: Node, about: About, spec: CollectionSpec) -> PropertySpec | None:
        """The property of that name. A trailing `?` forgives its absence, and so does a packaged model, but not
        without a word.
        """
        optional, path = written.endswith("?"), written.removesuffix("?")
        by_path = {p.path: p for p in spec.properties}
        found = by_path.get(path)
        if found is None and about.ignores_case:
            found = next((p for p in spec.properties if p.path.lower() == path.lower()), None)
        if found is None:
            found = next((p for p in spec.properties if path in p.former), None)
            if found is not None:
                why = f"`{path}` of {spec.name} is now called `{found.path}`."
                self.findings.add("former_name", node, why=why, remedy=f"Write `{found.path}`.")
        if found is None and not optional:
            self.note_unknown(path, node, about, spec)
        if found is not None and found.hidden:
            if not optional:
                code = "left_out" if node.standard else "property_hidden"
                why = f"{about.title} shows a placeholder in `{found.path}` of {spec.name}."
                remedy = f"{found.note} Grant the privilege to our user, or remove the row.".lstrip()
                self.findings.add(code, node, why=why, remedy=remedy)
            return None
        return found

    def note_unknown(self, path: str, node: Node, about: About, spec: CollectionSpec) -> None:
        why = f"{spec.name} of {about.title} shows no `{path}`: misspelled, hidden from us, or not in this account."
        remedy = did_you_mean(path, [p.path for p in spec.properties])
        if not remedy.startswith("Did"):
            remedy = f'Write `"{path}?"` if only some accounts have it.'
        self.findings.add("left_out" if node.standard else "unknown_property", node, why=why, remedy=remedy)

    def usable(self, prop: PropertySpec, kind: str, use: Use, stated: bool, node: Node, spec: CollectionSpec) -> bool:
        """Whether the property's type and rights allow the row at all."""
        allowed = fitting_types(kind)
        if prop.type not in allowed:
            wanted = " or ".join(f"`{t}`" for t in allowed)
            why = f"`{prop.path}` is `{prop.type}`; a field of kind `{kind}` needs {wanted}."
            self.findings.add("kind_clash", node, why=why, remedy="Map another property, or change the field's kind.")
            return False
        if (kind == "reference") != bool(prop.refers) and prop.path != spec.key:
            if kind == "reference":
                remedy = "Map the property that holds the other record's key."
                self.findings.add(
                    "reference_nowhere", node, why=f"`{prop.path}` is not known to hold a key.", remedy=remedy
                )
            else:
                targets = ", ".join(prop.refers)
                remedy = "Make the field a reference: `{kind: reference, to: ENTITY}`."
                self.findings.add("reference_as_value", node, why=f"`{prop.path}` refers to {targets}.", remedy=remedy)
            return False
        if prop.path == spec.key and use != "match" and use != "read":
            remedy = "Remove the row: links remember which records are the same. `use: read` copies the key as a value."
            self.findings.add(
                "reference_as_value", node, why=f"`{prop.path}` is the key of {spec.name}.", remedy=remedy
            )
            return False
        return self.permitted(prop, kind, use, stated, node, spec)

    def permitted(
        self, prop: PropertySpec, kind: str, use: Use, stated: bool, node: Node, spec: CollectionSpec
    ) -> bool:
        writable = prop.creatable or prop.updatable
        own_address = kind == "url" and not writable and not stated
        if not (prop.readable or writable) or own_address:
            note = prop.note or "It is read-only; such an address is mostly the record's own, in the API."
            remedy = "Remove the row, or map a property that can be changed." + (
                " Write `use: read` if it is meant." if own_address else ""
            )
            self.findings.add("left_out", node, why=f"`{prop.path}` of {spec.name}: {note}", remedy=remedy)
            return False
        if use == "write" and not (writable and spec.writable):
            why = f"`{prop.path}` of {spec.name} is read-only. {prop.note}".rstrip()
            self.findings.add("property_read_only", node, why=why, remedy="Write `use: read`, or map another property.")
            return False
        if use != "write" and not prop.readable:
            why = f"`{prop.path}` of {spec.name} can be sent, but is never shown. {prop.note}".rstrip()
            self.findings.add(
                "property_unreadable", node, why=why, remedy="Map another property, or write `use: write`."
            )
            return False
        return True

    def property(
        self,
        prop: PropertySpec,
        draft: FieldDraft,
        kind: str,
        entries: Mapping[str, Node],
        node: Node,
        spec: CollectionSpec,
    ) -> Property | None:
        form = self.forms.form(prop, draft, kind, entries, node)
        if form is None:
            return None
        return Property(
            path=prop.path,
            form=form,
            readable=prop.readable,
            creatable=prop.creatable and spec.writable,
            updatable=prop.updatable and spec.writable,
            required=prop.required,
            timed=prop.timed,
            refers=prop.refers,
        )

    def note_one_way(
        self, prop: Property, use: Use, spec: PropertySpec, node: Node, collection: CollectionSpec
    ) -> None:
        if use not in ("both", "write") or prop.updatable:
            return
        when = "can be given only when a record is created" if prop.creatable else "is read-only"
        remedy = spec.note or "Nothing to do, if that is meant; `use: read` says so."
        self.findings.add("one_way", node, why=f"`{prop.path}` of {collection.name} {when}.", remedy=remedy)

    # what rows add up to

    def note_twice(self, rows: list[tuple[str, Row]], name: str) -> None:
        written: dict[str, str] = {}
        for field_name, row in rows:
            for prop in row.properties if row.use in ("both", "write") else ():
                if prop.path in written:
                    why = f"`{prop.path}` of `{name}` shows `{written[prop.path]}` and `{field_name}`."
                    self.findings.add(
                        "property_twice", row.node, why=why, remedy="Remove one of the two, or give it `use: read`."
                    )
                written.setdefault(prop.path, field_name)

    def views(self, rows: list[tuple[str, Row]]) -> tuple[View, ...]:
        """Rows gathered by field and place, in the order of the fields; places that were left out close up."""
        views: list[View] = []
        for name in self.fields:
            mine = [row for field_name, row in rows if field_name == name]
            for number, place in enumerate(sorted({row.number for row in mine})):
                here = sorted((row for row in mine if row.number == place), key=lambda row: row.part)
                if len({row.use for row in here}) > 1:
                    remedy = "Give all of them the same `use`: a group is read and written as one value."
                    self.findings.add(
                        "use_mixed", here[0].node, why=f"`{name}` has parts of different `use`.", remedy=remedy
                    )
                accesses = tuple(Access(part=row.part, properties=row.properties) for row in here)
                views.append(View(field=name, number=number, accesses=accesses, use=here[0].use))
        return tuple(views)

    def where(self, node: Node | None, about: About, spec: CollectionSpec) -> tuple[tuple[str, Raw], ...]:
        found: list[tuple[str, Raw]] = []
        for path, value in self.entries(node, "`where`").items() if node is not None else ():
            prop = self.find(path, value, about, spec)
            if prop is None:
                continue
            fits = {
                "boolean": isinstance(value.value, bool),
                "integer": isinstance(value.value, int) and not isinstance(value.value, bool),
                "string": isinstance(value.value, str),
            }
            if not prop.readable:
                self.findings.add(
                    "property_unreadable",
                    value,
                    why=f"`{prop.path}` is never shown.",
                    remedy="Choose another property.",
                )
            elif not fits.get(prop.type, False):
                why = f"`{prop.path}` is `{prop.type}`, and the value is {described(value)}."
                self.findings.add(
                    "kind_clash",
                    value,
                    why=why,
                    remedy="Compare text, whole numbers, or true and false with their like.",
                )
            else:
                found.append((prop.path, cast(Raw, value.value)))
        return tuple(found)

    def create(self, node: Node | None) -> tuple[tuple[str, CreateRule], ...]:
        if node is None or node.value == "never":
            return ()
        if not isinstance(node.value, dict):
            remedy = "Write `never`, or `{ORIGIN MEMBER: always}`."
            self.findings.add("wrong_value", node, why=f"`create` is {described(node)}.", remedy=remedy)
            return ()
        return tuple((origin, rule) for origin, entry in node.value.items() if (rule := self.rule(entry)) is not None)

    def rule(self, node: Node) -> CreateRule | None:
        if node.value == "always":
            return CreateRule()
        entries = self.keys(node, ("when", "when_connected"), "a rule") if isinstance(node.value, dict) else {}
        if len(entries) != 1:
            remedy = (
                'Write `always`, `{when: "CONDITION"}` or `{when_connected: [ENTITY TYPE]}`; remove the line for never.'
            )
            self.findings.add("wrong_value", node, why=f"The rule is {described(node)}.", remedy=remedy)
            return None
        connected = self.texts(entries.get("when_connected"), "the entity types")
        if "when_connected" in entries and not connected:
            self.findings.add(
                "wrong_value", node, why="`when_connected` names no entity type.", remedy="Name one, or write `always`."
            )
        return CreateRule(when=self.text(entries.get("when"), "a condition"), when_connected=connected)
