"""Reads cases: small models and situations written down in TOML, in the words of whoever knows the domain.

``(empty)`` is a property that is explicitly empty, ``(hidden)`` one that the payload lacks. A member is called by its system. What a
case does not mention is as it was when last settled.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from samtale.core.compare import APART, NO_BASE, Side
from samtale.core.kinds import Form, Raw, kind_named
from samtale.core.mapping import CollectionMap, MemberMap, References, Unwritten
from samtale.core.model import (
    MISSING,
    Access,
    Agreed,
    CreateRule,
    EntityType,
    Field,
    FieldValue,
    Member,
    Model,
    Part,
    Prefer,
    Property,
    View,
)
from samtale.core.plan import Circumstances, EntityState, Held, NewLink
from tests.core.life import compiled

FOLDER = Path(__file__).with_name("cases")
WORDS: dict[str, Raw] = {"(empty)": None, "(hidden)": MISSING}


def cases(*names: str, section: str = "case") -> list[Any]:
    """All cases of these files, each with what its file says about all of them."""
    found: list[Any] = []
    for name in names:
        book = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), parse_float=Decimal)
        shared = {key: value for key, value in book.items() if not isinstance(value, list)}
        found.extend(pytest.param({**shared, **case}, id=f"{name}: {case['what']}") for case in book[section])
    return found


def raw(text: Raw) -> Raw:
    return WORDS.get(text, text) if isinstance(text, str) else text


def said(text: Raw) -> Raw:
    """The way back, for comparing with what a case expects."""
    return next((word for word, value in WORDS.items() if value == text and type(value) is type(text)), text)


@dataclass
class Told:
    """A case, put together."""

    case: Mapping[str, Any]
    type: EntityType
    state: EntityState
    around: Circumstances
    maps: Mapping[str, MemberMap] = field(default_factory=dict)


def told(case: Mapping[str, Any]) -> Told:
    """The entity and the circumstances that a case describes."""
    entity_type = type_of(case)
    model = Model(types=(entity_type,), order=tuple(case["members"]), **_settings(case.get("settings", {})))
    collections = compiled(entity_type)
    maps = {m.system: m for c in collections.values() for m in c.members}
    agreed = _all_agreed(case, entity_type)
    refs = _references(case.get("references", {}))
    shown = {system: case[system] for system in case["members"] if system in case}
    sides = [
        _side(case, maps[system], collections[maps[system].place], agreed, given, refs)
        for system, given in shown.items()
    ]
    state = EntityState(
        type=entity_type,
        id="e1",
        new="agreed" not in case,
        agreed=agreed,
        sides=sides,
        links=tuple(NewLink(system=s, collection="things", key=s, how="rule 1") for s in case.get("joins", ())),
        gone=tuple((s, f"{s}.things") for s in case.get("gone", ())),
        unseen=case.get("unseen", False),
        suspended=tuple(f"{s}.things" for s in case.get("suspended", ())),
    )
    return Told(case, entity_type, state, _around(case, model, collections, refs), maps)


def _around(
    case: Mapping[str, Any],
    model: Model,
    collections: dict[tuple[str, str], CollectionMap],
    refs: References,
) -> Circumstances:
    refused = case.get("not_asked", ())
    return Circumstances(
        model=model,
        refs=refs,
        collections=collections,
        writable=lambda place: place[0] not in case.get("paused", ()),
        answers={("thing", name): tuple(systems) for name, systems in case.get("answers", {}).items()},
        open={(s, "things", s): {f"{m}.things" for m in names} for s, names in case.get("open", {}).items()},
        may_create=lambda state, target, rule, origin: _permission(case, target.system, refused),
    )


def _permission(case: Mapping[str, Any], system: str, refused: Any) -> Any:
    if system in refused:
        return ""
    if system in case.get("incomplete", ()):
        return Held(code="incomplete", reason="not read completely yet")
    return None


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    settings = dict(given)
    if isinstance(settings.get("first_link"), list):
        settings["first_link"] = Prefer(tuple(settings["first_link"]))
    return settings


def type_of(case: Mapping[str, Any]) -> EntityType:
    fields = []
    for name, kind in case["fields"].items():
        options = dict(case.get("rules", {}).get(name, {}))
        if isinstance(options.get("conflict"), list):
            options["conflict"] = Prefer(tuple(options["conflict"]))
        parts = kind.items() if isinstance(kind, dict) else [("", kind)]
        made = tuple(Part(name=p, kind=_kind(k)) for p, k in parts)
        to = "other" if kind == "reference" else None
        fields.append(Field(name=name, parts=made, to=to, **options))
    names = list(case["members"])
    members = tuple(_member(case, system, tuple(fields)) for system in names)
    return EntityType(name="thing", fields=tuple(fields), members=members)


def _kind(name: str) -> Any:
    return kind_named(name, to="other") if name == "reference" else kind_named(name)


def _member(case: Mapping[str, Any], system: str, fields: tuple[Field, ...]) -> Member:
    create = tuple((f"{origin}.things", CreateRule()) for origin in case.get("create", {}).get(system, ()))
    views = [v for f in fields for v in _views(case, system, f)]
    deleting = case.get("on_delete", {}).get(system, "keep")
    return Member(
        entity="thing",
        system=system,
        collection="things",
        label=system,
        views=tuple(views),
        create=create,
        on_delete=deleting,
    )


def _views(case: Mapping[str, Any], system: str, field: Field) -> list[View]:
    """The first property of every part makes the primary, the second ones the first follower, and so on."""
    given = {**case["members"][system], **case.get("map", {}).get(system, {})}
    shown: dict[int, list[Access]] = {}
    for number, part in enumerate(field.parts):
        paths = given.get(f"{field.name}.{part.name}" if part.name else field.name, [])
        for place, path in enumerate([paths] if isinstance(paths, str) else paths):
            joined = path.split("+")
            properties = tuple(_property(case, system, p, field) for p in joined)
            shown.setdefault(place, []).append(Access(part=number, properties=properties))
    use = case.get("use", {}).get(system, {}).get(field.name, "both")
    return [View(field=field.name, number=n, accesses=tuple(a), use=use) for n, a in sorted(shown.items())]


def _property(case: Mapping[str, Any], system: str, path: str, field: Field) -> Property:
    rights = dict(case.get("rights", {}).get(path, {}))
    form = Form(**{key: rights.pop(key) for key in ("max_length", "nullable", "type") if key in rights})
    refers = ("others",) if field.to else ()
    return Property(path=path, form=form, refers=refers, **rights)


def value_of(field: Field, given: Any) -> FieldValue:
    """A value as cases write it: a text, or a table of parts."""
    if isinstance(given, dict):
        return tuple(_part(given.get(p.name, "(empty)")) for p in field.parts)
    return (_part(given),) if len(field.parts) == 1 else tuple(_part(given) for _ in field.parts)


def _part(text: Any) -> Any:
    return None if text == "(empty)" else text


def _all_agreed(case: Mapping[str, Any], entity_type: EntityType) -> dict[str, Agreed]:
    """What is agreed: what the case says; its other fields are agreed to be empty, but for those that are new to the model."""
    if "agreed" not in case:
        return {}
    given = {f.name: f.empty for f in entity_type.fields if f.name not in case.get("new_fields", ())}
    told = {name: _agreed(entity_type.field(name), text) for name, text in case["agreed"].items()}
    return {name: Agreed(empty, 1, "", 0, 0) for name, empty in given.items()} | told


def _agreed(field: Field, given: Any) -> Agreed:
    told = given if isinstance(given, dict) and "value" in given else {"value": given}
    value = value_of(field, told["value"])
    times = told.get("when", [0, 0])
    return Agreed(value, told.get("rev", 1), told.get("origin", "poweroffice.things"), *times)


def _references(given: Mapping[str, Any]) -> References:
    """``{entity: {system: key}}``: which records of another type belong together."""
    refs = References()
    for entity, keys in given.items():
        for system, key in keys.items():
            refs.entities[system, "others", key] = entity
            refs.keys[entity, system, "others"] = key
    return refs


def _side(
    case: Mapping[str, Any],
    record: MemberMap,
    collection: CollectionMap,
    agreed: Mapping[str, Agreed],
    given: Mapping[str, Raw],
    refs: References,
) -> Side:
    """What a record shows now, and its base: what it would show had it been settled with what is agreed, or ``before``."""
    system = record.system
    before = case.get("before", {}).get(system, {})
    standing = case.get("standing", {}).get(system, {})
    unknown = {*given, *before} - set(collection.paths)
    assert not unknown, f"{system} has no property {sorted(unknown)}"
    base: list[Raw] = [MISSING] * len(collection.paths)
    revs = []
    joins = system in case.get("joins", ()) or not agreed
    for number, view in enumerate(record.views):
        name = f"{view.field}/{view.number}" if view.number else view.field
        known = agreed.get(view.field)
        stands = "no base" if joins or known is None else standing.get(name, "settled")
        if known is not None and stands != "no base":
            _settle(record, number, known.value, base, refs)
        revs.append({"no base": NO_BASE, "apart": APART}.get(stands, _rev(known, stands)))
    for path, text in before.items():
        base[collection.index[path]] = raw(text)
    shown = [raw(given.get(path, None if b == MISSING else b)) for path, b in zip(collection.paths, base, strict=True)]
    time = case.get("times", {}).get(system, {})
    return Side(
        map=record,
        key=system,
        shown=shown,
        base=base,
        revs=revs,
        modified=time.get("modified"),
        looked_after=time.get("after", 0),
        seen_at=time.get("until", 1),
    )


def _rev(known: Agreed | None, stands: str) -> int:
    assert stands in ("settled", "behind", "no base", "apart"), stands
    return NO_BASE if known is None else known.rev - (stands == "behind")


def _settle(record: MemberMap, number: int, value: FieldValue, base: list[Raw], refs: References) -> None:
    blank: list[Raw] = [None] * len(base)
    for position in record.positions[number]:
        base[position] = None
    at = dict(zip(_paths(record, number), record.positions[number], strict=True))
    try:
        for path, text in record.write(number, value, blank, refs).items():
            base[at[path]] = text
    except Unwritten:  # a property that is read alone, or that cuts: a case says itself what it showed
        for position in at.values():
            base[position] = None


def _paths(record: MemberMap, number: int) -> list[str]:
    return [p.path for access in record.views[number].accesses for p in access.properties]


def standing_after(told: Told, plan_state: EntityState) -> dict[str, dict[str, str]]:
    """How each view stands, in words: settled, behind, no base, apart."""
    found: dict[str, dict[str, str]] = {}
    for side in plan_state.sides:
        for number, view in enumerate(side.map.views):
            name = f"{view.field}/{view.number}" if view.number else view.field
            known = plan_state.agreed.get(view.field)
            rev = side.revs[number]
            word = {NO_BASE: "no base", APART: "apart"}.get(rev)
            word = word or ("settled" if known and rev == known.rev else "behind")
            found.setdefault(side.map.system, {})[name] = word
    return found
