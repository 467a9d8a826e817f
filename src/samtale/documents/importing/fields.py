"""The fields of an entity type, and which property of which member shows them.

A packaged model knows first; then the vendor's schema; then what documents print. A property that nothing can be done
with is left out and told.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from samtale.documents.grammar import Row
from samtale.documents.importing.decisions import Ledger, Place
from samtale.documents.importing.gathering import Joint, TypeKey
from samtale.documents.importing.joining import Components, Entity, free, identifier
from samtale.documents.importing.standard import Entry, is_optional, paths_of
from samtale.ports.connector import PropertySpec

#: Kinds for a property's type, the most telling first, and the types of the properties that can show each.
KINDS = {
    "boolean": ("boolean", "integer", "string"),
    "date": ("date", "datetime", "string"),
    "datetime": ("datetime", "date", "string"),
    "decimal": ("decimal", "integer", "string"),
    "integer": ("integer", "decimal", "string"),
}
#: The same for kinds that only packaged models use; any other is text.
MORE_KINDS = {
    "org_number": ("string", "integer"),
    "phone": ("string", "integer"),
    "choice": ("string", "integer", "boolean"),
    "reference": ("string", "integer", "object"),
}
#: Kinds for the types that documents print.
PRINTED = {"boolean": "boolean", "integer": "integer", "float": "decimal", "decimal": "decimal"}
#: Last names of paths that hold another record's key, where no schema tells.
KEY_ENDINGS = ("id", "ids")


class Shown(NamedTuple):
    """A property of a type."""

    type: TypeKey
    path: str


class FieldDraft(msgspec.Struct, kw_only=True):
    """A field, or a part of one, to be."""

    name: str
    definition: Mapping[str, Any]  #: as model files write it; of a part, that of the whole field
    rows: dict[TypeKey, list[Entry]]
    standard: bool = False  #: a packaged model describes it

    @property
    def whole(self) -> str:
        """The field that this is, or is a part of."""
        return self.name.partition(".")[0]


class Fields:
    """Finds the fields of one entity type."""

    def __init__(self, entity: Entity, home: Mapping[tuple[str, str], str], ledger: Ledger) -> None:
        """`home`: entity types by system and collection, to tell where a reference leads."""
        self.entity = entity
        self.home = home
        self.ledger = ledger
        self.drafts: list[FieldDraft] = []
        self.field_of: dict[Shown, FieldDraft] = {}
        self.compared: set[Shown] = set()  #: properties that no row names, and a merge table does
        self.comments: dict[TypeKey, list[str]] = {}
        self.rows: dict[Shown, list[Row]] = {}
        self.places: dict[Shown, list[Place]] = {}

    def find(self) -> None:
        """Find all fields; afterwards `drafts` holds them, in the order of the packaged model, then of the documents."""
        joined: Components[Shown] = Components()
        for joint in self.entity.joints:
            for path, other, row in joint.rows:
                self.note_row(joint, Shown(joint.one, path), Shown(joint.other, other), row, joined)
        for joint in self.entity.joints:
            for path, other in (pair for combination in joint.merge for pair in combination):
                pair = (Shown(joint.one, path), Shown(joint.other, other))
                self.note_merge(joint, pair, joined)
        for group in joined:
            self.draft(group)
        self.complete_groups()
        self.keep_each_once()
        order = list(_parts(self.entity.standard.fields)) if self.entity.standard else []
        self.drafts.sort(key=lambda d: order.index(d.name) if d.name in order else len(order))

    # rows and merge tables

    def note_row(self, joint: Joint, one: Shown, other: Shown, row: Row, joined: Components[Shown]) -> None:
        place = Place(file=joint.place.file, line=row.line)
        keys = [self.is_key(shown) for shown in (one, other)]
        heading = joint.section.heading
        if all(keys):
            self.ledger.note(
                "identity", f"{heading}: {one.path} → {other.path} is identity.", "Keys are never copied.", place
            )
            for shown in (one, other):
                self.comments.setdefault(shown.type, []).append(f"identity: {one.path} → {other.path}, never copied")
                self.rows.setdefault(shown, []).append(row)
            self.add_identity(one, other)
            return
        if not any(map(self.refers, (one, other))) and all(self.names_a_key(s) for s in (one, other)):
            what = f"{heading}: {one.path} → {other.path} look like keys of other records."
            remedy = "Make it a field of kind reference, and say to which entity type; keys are never copied as values."
            self.ledger.decide("reference_unsure", what, remedy, place)
            self.leave_out(one, other, "looks like a reference; say where it leads")
            return
        for shown in (one, other):
            self.rows.setdefault(shown, []).append(row)
            self.places.setdefault(shown, []).append(place)
        joined.join(one, other)

    def note_merge(self, joint: Joint, pair: tuple[Shown, Shown], joined: Components[Shown]) -> None:
        if all(map(self.is_key, pair)):
            return
        fields = [self.standard_field(shown) for shown in pair]
        apart = joined.leader(pair[0]) != joined.leader(pair[1])
        in_rows = [shown in self.rows for shown in pair]
        same = None not in fields and fields[0] == fields[1]
        if apart and not same and (all(in_rows) or None not in fields):
            what = f"{joint.section.heading}: {pair[0].path} matches {pair[1].path}, which shows another field."
            remedy = "A rule compares one field with itself; map both properties to one field, or match by another."
            self.ledger.decide("match_across", what, remedy, joint.place)
            return
        for shown, known, field in zip(pair, in_rows, fields, strict=True):
            if not known and field is None:
                self.compared.add(shown)
        joined.join(*pair)

    # one field

    def draft(self, group: Sequence[Shown]) -> None:
        """The field that all these properties show."""
        usable = [shown for shown in group if self.usable(shown)]
        if not usable:
            return
        names = Counter(name for shown in usable if (name := self.standard_field(shown)))
        if len(names) > 1:
            told = " and ".join(f"`{name}`" for name in sorted(names))
            what = f"In `{self.entity.name}`, rows join {told}, which Samtale's model keeps apart."
            remedy = "They are one field now. If that was not meant, remove the row from the model file."
            self.ledger.decide("fields_joined", what, remedy, *self.places_of(usable))
        if names:
            name = min(names, key=lambda n: (-names[n], n))
            assert self.entity.standard is not None
            definition = self.entity.standard.fields[name.partition(".")[0]]
            kind = _kind_of(definition, name)
            fitting = [shown for shown in usable if self.fits(shown, kind)]
            self.odd([shown for shown in usable if shown not in fitting], f"cannot show a field of kind {kind}", "")
            self.add(FieldDraft(name=name, definition=definition, rows={}, standard=True), fitting)
            return
        found = self.definition(usable)
        if found is not None:
            definition, fitting = found
            name = free(self.name_of(usable), {d.whole for d in self.drafts} | self.standard_names())
            self.add(FieldDraft(name=name, definition=definition, rows={}), fitting)

    def add(self, draft: FieldDraft, shown: Iterable[Shown]) -> None:
        """Take a field up; one of a packaged name that is there already grows."""
        there = next((d for d in self.drafts if d.name == draft.name), None)
        field = there or draft
        for each in shown:
            self.field_of[each] = field
        by_type: dict[TypeKey, list[str]] = {}
        for each in shown:
            by_type.setdefault(each.type, []).append(each.path)
        for key, paths in by_type.items():
            field.rows[key] = self.entries(field, key, paths)
        if there is None:
            self.drafts.append(field)

    def entries(self, field: FieldDraft, key: TypeKey, paths: Sequence[str]) -> list[Entry]:
        """The places of a row: those of the packaged model in its order, then the others as documents name them."""
        member = self.entity.types[key].standard
        known = member.rows.get(field.name, ()) if member is not None and field.standard else ()
        strange = not set(paths) & {path for entry in known for path in paths_of(entry)}
        whole = strange or "." in field.name or any(isinstance(entry, dict) for entry in known)
        kept = [e for e in known if whole or is_optional(e) or set(paths_of(e)) & set(paths)]
        there = {path for entry in kept for path in paths_of(entry)}
        extra = [path for path in paths if path not in there]
        open_to_choice = [path for path in extra if self.writable(Shown(key, path))]
        if open_to_choice and len(open_to_choice) + len(kept) > 1:
            what = (
                f"{key.member}: {', '.join(p for e in kept for p in paths_of(e))}{', ' * bool(kept)}{', '.join(extra)} "
            )
            remedy = (
                "The first is the main one, and the others follow it. Put another first, or remove what should not."
            )
            where = [place for path in paths for place in self.places.get(Shown(key, path), ())]
            self.ledger.decide("primary_unsure", f"{what}show one field, `{field.name}`.", remedy, *where)
        return [*kept, *(self.entry(key, path) for path in extra)]

    def entry(self, key: TypeKey, path: str) -> Entry:
        facts = self.entity.types[key]
        spec = facts.property(path)
        if Shown(key, path) in self.compared:
            return {"path": path, "use": "match"}
        if spec is not None and facts.spec is not None and spec.path == facts.spec.key:
            return {"path": path, "use": "read"}
        if spec is None and facts.spec is not None:
            return f"{path}?"
        return path

    def complete_groups(self) -> None:
        """Parts of a packaged group come with their places, so that a billing street stays with its billing city."""
        for draft in [d for d in self.drafts if d.standard and "." in d.name]:
            for key in draft.rows:
                member = self.entity.types[key].standard
                for name, entries in member.rows.items() if member is not None else ():
                    if name.partition(".")[0] == draft.whole:
                        part = next((d for d in self.drafts if d.name == name), None)
                        if part is None:
                            part = FieldDraft(name=name, definition=draft.definition, rows={}, standard=True)
                            self.drafts.append(part)
                        part.rows.setdefault(key, list(entries))

    def keep_each_once(self) -> None:
        """A property that the documents put into another field leaves the packaged place."""
        for draft in self.drafts:
            for key, entries in list(draft.rows.items()):
                homes = ({self.field_of.get(Shown(key, path), draft).name for path in paths_of(e)} for e in entries)
                draft.rows[key] = [e for e, home in zip(entries, homes, strict=True) if home == {draft.name}]
                if not draft.rows[key]:
                    del draft.rows[key]

    # what a group of properties is

    def definition(self, shown: Sequence[Shown]) -> tuple[Mapping[str, Any], list[Shown]] | None:
        """The kind of a field that no packaged model has, and the properties that can show it."""
        specs = {s: spec for s in shown if (spec := self.spec(s)) is not None}
        if any(spec.refers for spec in specs.values()):
            return self.reference(shown, specs)
        types = {spec.type for spec in specs.values()}
        if types & {"array", "object"}:
            self.odd(shown, "holds a list or an object", "Describe it by hand: lists are of kind list.")
            return None
        kind = next((k for k in KINDS if k in types), "text")
        if not specs:
            printed = Counter(PRINTED[r.type] for s in shown for r in self.rows.get(s, ()) if r.type in PRINTED)
            kind = max(printed, key=lambda k: (printed[k], k)) if printed else "text"
            if any(r.type not in PRINTED and r.type != "string" for s in shown for r in self.rows.get(s, ())):
                what = f"{' → '.join(s.path for s in shown[:2])} was converted by a rule that documents do not tell."
                remedy = f"It is of kind {kind} now; choose another kind if it is a date, a code or an amount."
                self.ledger.decide("converted", what, remedy, *self.places_of(shown))
        fitting = [s for s in shown if s not in specs or specs[s].type in KINDS.get(kind, ("string",))]
        self.odd([s for s in shown if s not in fitting], f"cannot show a {kind}", "Map another property.")
        return {"kind": kind}, fitting

    def reference(
        self, shown: Sequence[Shown], specs: Mapping[Shown, PropertySpec]
    ) -> tuple[Mapping[str, Any], list[Shown]] | None:
        """A reference to the entity type of the collections whose keys are held."""
        homes = Counter(
            home
            for s, spec in specs.items()
            for collection in spec.refers
            if (home := self.home.get((s.type.system, collection)))
        )
        fitting = [s for s in shown if s not in specs or specs[s].refers]
        self.odd([s for s in shown if s not in fitting], "is not known to hold a key", "Map the one that does.")
        if not homes:
            self.odd(fitting, "leads to records that no model describes", "Describe them, then map it as a reference.")
            return None
        return {"kind": "reference", "to": min(homes, key=lambda h: (-homes[h], h))}, fitting

    def add_identity(self, *shown: Shown) -> None:
        """Keys that documents set side by side: compared at most, never written."""
        draft = next((d for d in self.drafts if d.name == "id"), None)
        if draft is None:
            draft = FieldDraft(name="id", definition={"kind": "text"}, rows={})
            self.drafts.append(draft)
        for each in shown:
            draft.rows[each.type] = [{"path": each.path, "use": "match"}]
        specs = [self.spec(Shown(key, paths_of(e[0])[0])) for key, e in draft.rows.items()]
        if any(spec is not None and spec.type == "integer" for spec in specs):
            draft.definition = {"kind": "integer"}

    def usable(self, shown: Shown) -> bool:
        """Whether anything can be done with a property; else that is told."""
        spec = self.spec(shown)
        facts = self.entity.types[shown.type]
        if spec is not None and spec.hidden:
            self.odd([shown], "shows a placeholder only", spec.note)
            return False
        if not self.writable(shown) and spec is not None:
            what = f"{shown.type.member}: {shown.path} is read-only in the vendor's API."
            self.ledger.note("row_impossible", what, spec.note, *self.places.get(shown, ()))
        if spec is None and facts.spec is not None:
            what = f"{shown.type.member}: {shown.path} is not known to the connector."
            remedy = "It takes part if the account has it; correct its name if it is misspelled."
            self.ledger.decide("property_unknown", what, remedy, *self.places.get(shown, ()))
        return True

    def name_of(self, shown: Sequence[Shown]) -> str:
        """The most frequent name; among equals that of a known system, then the shortest."""
        counted = Counter(_last_name(s.path) for s in shown)
        known = {_last_name(s.path) for s in shown if self.spec(s) is not None}
        return min(counted, key=lambda n: (-counted[n], n not in known, len(n), n))

    # small questions

    def spec(self, shown: Shown) -> PropertySpec | None:
        return self.entity.types[shown.type].property(shown.path)

    def standard_field(self, shown: Shown) -> str | None:
        member = self.entity.types[shown.type].standard
        return member.field_of(shown.path) if member is not None else None

    def standard_names(self) -> set[str]:
        return set(self.entity.standard.fields) if self.entity.standard else set()

    def fits(self, shown: Shown, kind: str) -> bool:
        """Whether a property can show a value of a kind, as far as its vendor tells."""
        spec = self.spec(shown)
        if spec is None:
            return True
        types = KINDS.get(kind) or MORE_KINDS.get(kind) or ("string",)
        return spec.type in types and (kind == "reference") == bool(spec.refers)

    def is_key(self, shown: Shown) -> bool:
        spec = self.entity.types[shown.type].spec
        return spec.key == shown.path if spec is not None else shown.path.lower() in ("id", "$original_id")

    def refers(self, shown: Shown) -> bool:
        spec = self.spec(shown)
        return bool(spec and spec.refers) or self.standard_field(shown) is not None

    def writable(self, shown: Shown) -> bool:
        spec = self.spec(shown)
        return spec is None or spec.creatable or spec.updatable

    def names_a_key(self, shown: Shown) -> bool:
        return identifier(shown.path).split("_")[-1] in KEY_ENDINGS and not self.is_key(shown)

    def places_of(self, shown: Iterable[Shown]) -> Iterator[Place]:
        for each in shown:
            yield from self.places.get(each, ())

    def leave_out(self, one: Shown, other: Shown, why: str) -> None:
        for shown in (one, other):
            self.comments.setdefault(shown.type, []).append(f"{one.path} → {other.path}: {why}")

    def odd(self, shown: Iterable[Shown], why: str, remedy: str) -> None:
        """Put properties to a person that cannot take part."""
        for each in shown:
            what = f"{each.type.member}: {each.path} {why}, and is left out."
            self.ledger.decide("property_left_out", what, remedy, *self.places.get(each, ()))
            self.comments.setdefault(each.type, []).append(f"{each.path}: {why}")


def _parts(definitions: Mapping[str, Any]) -> Iterator[str]:
    """Fields and parts of groups by name, as they are written."""
    for name, definition in definitions.items():
        parts = definition.get("group", ()) if isinstance(definition, Mapping) else ()
        yield from (f"{name}.{part}" for part in parts) if parts else (name,)


def _kind_of(definition: Any, name: str) -> str:
    """The kind of a field, or of a part of one, as model files write it."""
    if isinstance(definition, Mapping):
        part = name.partition(".")[2]
        return _kind_of(definition["group"][part], "") if part else str(definition["kind"])
    return str(definition)


def _last_name(path: str) -> str:
    """What a path calls its value: "city" of `address.City`, and "customer" of `CustomerId` and `Customer.id`."""
    names = [identifier(name) for name in path.split(".")]
    last = names[-2] if names[-1] in ("id", "value") and len(names) > 1 else names[-1]
    return last.removesuffix("_id") or last
