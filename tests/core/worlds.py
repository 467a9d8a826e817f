"""Strategies: small models, and entities in the middle of their life."""

from typing import Literal, TypeVar

import msgspec
from hypothesis import strategies as st

from samtale.core.compare import APART, NO_BASE, Side
from samtale.core.kinds import Form, Raw, kind_named
from samtale.core.mapping import CollectionMap, MemberMap, Unwritten
from samtale.core.model import (
    MISSING,
    Access,
    Agreed,
    Clear,
    ConflictRule,
    CreateRule,
    EntityType,
    Field,
    FieldValue,
    Member,
    Model,
    OnDelete,
    Part,
    Prefer,
    Property,
    Use,
    View,
)
from samtale.core.plan import Circumstances, EntityPlan, EntityState, decide
from tests.core.life import compiled

NAMES = ("alfa", "beta", "gamma", "delta")
TEXT = kind_named("text")
Wanted = TypeVar("Wanted")
FirstLink = Literal["ask", "newest"] | Prefer

#: What a property may show: little, so that values meet; a cut and a re-cased form among them, and something unreadable.
RAWS: st.SearchStrategy[Raw] = st.sampled_from(
    [None, "", "berg", "Berg", " berg ", "bergen", "oslo", "moss", {"not": "a text"}, MISSING]
)
BASES: st.SearchStrategy[Raw] = st.sampled_from([None, "", "berg", "Berg", "bergen", "oslo", "moss"])
VALUES = st.sampled_from([None, "berg", "Berg", "bergen", "oslo", "moss"])


def preferences(most: int) -> st.SearchStrategy[Prefer]:
    names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=most, unique=True)
    return names.map(lambda systems: Prefer(tuple(systems)))


@st.composite
def fields(draw: st.DrawFn) -> tuple[Field, ...]:
    asking: st.SearchStrategy[ConflictRule] = st.sampled_from(["newest", "ask"])
    rules = st.one_of(asking, preferences(2))
    clear: st.SearchStrategy[Clear] = st.sampled_from(["propagate", "propagate", "ignore"])
    shapes = draw(st.lists(st.sampled_from(["plain", "group"]), min_size=1, max_size=2))
    found = []
    for number, shape in enumerate(shapes):
        parts = ("",) if shape == "plain" else ("city", "code")
        found.append(
            Field(
                name=f"{shape}{number}",
                parts=tuple(Part(name=p, kind=TEXT) for p in parts),
                clear=draw(clear),
                conflict=draw(rules),
                required=number == 0 and draw(st.booleans()),
            )
        )
    return tuple(found)


@st.composite
def properties(draw: st.DrawFn, path: str) -> Property:
    updatable = draw(st.sampled_from([True, True, True, False]))
    return Property(
        path=path,
        form=Form(
            max_length=draw(st.sampled_from([None, None, 4])), nullable=draw(st.sampled_from([True, True, False]))
        ),
        updatable=updatable,
        creatable=updatable or draw(st.booleans()),
        required=draw(st.sampled_from([False, False, False, True])),
        timed=draw(st.booleans()),
    )


@st.composite
def views(draw: st.DrawFn, field: Field, number: int) -> View:
    count = len(field.parts)
    shown = (
        range(count) if draw(st.booleans()) else draw(st.lists(st.sampled_from(range(count)), min_size=1, unique=True))
    )
    prefix = f"{field.name}_{number}"
    uses: list[Use] = ["both", "both", "read", "write"]
    if number == 0:
        uses += ["both", "match"]
    return View(
        field=field.name,
        number=number,
        accesses=tuple(Access(part=p, properties=(draw(properties(f"{prefix}_{p}")),)) for p in sorted(shown)),
        use=draw(st.sampled_from(uses)),
    )


@st.composite
def types(draw: st.DrawFn) -> EntityType:
    names = draw(st.permutations(NAMES))[: draw(st.integers(2, 4))]
    its = draw(fields())
    deleting: st.SearchStrategy[OnDelete] = st.sampled_from(["keep", "keep", "delete"])
    found = []
    for name in names:
        its_views = [
            draw(views(field, number)) for field in its for number in range(draw(st.sampled_from([1, 1, 1, 2, 3, 0])))
        ]
        create = tuple((f"{other}.things", CreateRule()) for other in names if other != name)
        found.append(
            Member(
                entity="thing",
                system=name,
                collection="things",
                label=name,
                views=tuple(its_views),
                create=create if draw(st.booleans()) else (),
                on_delete=draw(deleting),
            )
        )
    return EntityType(name="thing", fields=its, members=tuple(found))


@st.composite
def models(draw: st.DrawFn) -> Model:
    asking: st.SearchStrategy[FirstLink] = st.sampled_from(["ask", "newest"])
    first = st.one_of(asking, preferences(4))
    return Model(
        types=(draw(types()),),
        order=tuple(draw(st.permutations(NAMES))),
        first_link=draw(first),
        followers=draw(st.sampled_from(["equal", "apart"])),
    )


@st.composite
def agreements(draw: st.DrawFn, field: Field, names: list[str]) -> Agreed:
    after = draw(st.integers(0, 40))
    value: FieldValue = tuple(draw(VALUES) for _ in field.parts)
    origin = draw(st.sampled_from([*names, "person"]))
    return Agreed(value, draw(st.integers(1, 3)), origin, after, after + draw(st.integers(0, 10)))


@st.composite
def sides(
    draw: st.DrawFn, record: MemberMap, collection: CollectionMap, agreed: dict[str, Agreed], *, joins: bool
) -> Side:
    """One record: some views settled, some behind, some edited, some without base, some apart."""
    size = len(collection.paths)
    shown: list[Raw] = [None] * size
    base: list[Raw] = [MISSING] * size
    revs = []
    for number, view in enumerate(record.views):
        known = agreed.get(view.field)
        states = ["settled", "settled", "edited", "behind", "behind edited", "no base"]
        if view.number > 0:
            states.append("apart")
        state = "no base" if joins or known is None else draw(st.sampled_from(states))
        for position in record.positions[number]:
            base[position] = MISSING if state == "no base" else draw(BASES)
            shown[position] = draw(RAWS)
        rev = NO_BASE
        if known is not None and state != "no base":
            rev = APART if state == "apart" else known.rev if state in ("settled", "edited") else known.rev - 1
            if rev == known.rev:
                settle(record, number, known.value, base)
            if state in ("settled", "behind"):
                for position in record.positions[number]:
                    shown[position] = base[position]
        revs.append(rev)
    looked = draw(st.integers(0, 60))
    return Side(
        map=record,
        key="1",
        shown=shown,
        base=base,
        revs=revs,
        modified=draw(st.one_of(st.none(), st.integers(0, 80))),
        looked_after=looked,
        seen_at=looked + draw(st.integers(1, 20)),
    )


def settle(record: MemberMap, number: int, value: FieldValue, base: list[Raw]) -> None:
    """A base as it stands when a view was settled with this value."""
    for position in record.positions[number]:
        base[position] = None
    for access, at in zip(record.views[number].accesses, record.positions[number], strict=True):
        piece = tuple(v if part == access.part else ... for part, v in enumerate(value))
        try:
            base[at] = next(iter(record.write(number, piece, [None] * len(base)).values()), None)
        except Unwritten:
            base[at] = value[access.part]  # type: ignore[assignment]


class Life:
    """An entity as it stands, and the world around it; told in a few lines when it fails a law."""

    def __init__(self, state: EntityState, around: Circumstances) -> None:
        self.state = state
        self.around = around

    def plan(self) -> EntityPlan:
        return decide(self.state, self.around)

    def __repr__(self) -> str:
        model = self.around.model
        lines = [
            f"order {model.order}, first link {model.first_link}, followers {model.followers}, new {self.state.new}"
        ]
        for field in self.state.type.fields:
            rules = f"conflict {field.conflict}, clear {field.clear}, required {field.required}"
            lines.append(f"field {field.name}: {rules}, {self.state.agreed.get(field.name)}")
        for side in self.state.sides:
            lines.append(
                f"{side.member}: modified {side.modified}, looked {side.looked_after}..{side.seen_at}, "
                f"writable {self.around.writable(side.map.place)}"
            )
            for number, view in enumerate(side.map.views):
                at = side.map.positions[number]
                told = ", ".join(
                    f"part {a.part} shows {side.shown[p]!r} base {side.base[p]!r} {_told(a.properties[0])}"
                    for a, p in zip(view.accesses, at, strict=True)
                )
                lines.append(f"  {view.field}/{view.number} {view.use} rev {side.revs[number]}: {told}")
        return "\n".join(["", *lines])


def _told(prop: Property) -> str:
    marks = [name for name in ("readable", "creatable", "updatable") if not getattr(prop, name)]
    return f"(max {prop.form.max_length} not {marks} required {prop.required} nullable {prop.form.nullable})"


@st.composite
def entities(draw: st.DrawFn, *, new: bool | None = None) -> Life:
    """An entity in the middle of its life, or one that is only found now."""
    model = draw(models())
    entity_type = model.types[0]
    collections = compiled(entity_type)
    new = draw(st.sampled_from([False, False, True])) if new is None else new
    names = [m.name for m in entity_type.members]
    agreed = {f.name: draw(agreements(f, names)) for f in entity_type.fields if not new and draw(st.integers(0, 4))}
    present = [m for c in collections.values() for m in c.members]
    present = present[: draw(st.integers(1, len(present)))]
    state = EntityState(
        type=entity_type,
        id="e1",
        new=new,
        agreed=agreed,
        sides=[
            draw(
                sides(m, collections[m.system, m.member.collection], agreed, joins=new or draw(st.integers(0, 5)) == 0)
            )
            for m in present
        ],
    )
    absent = [m for m in entity_type.members if m.name not in {s.member for s in state.sides}]
    fate = draw(st.sampled_from(["", "", "", "gone", "suspended"]))
    if fate == "gone" and not new:
        state.gone = tuple((m.system, m.name) for m in absent[:1])
    if fate == "suspended" and not new:
        state.suspended = tuple(m.name for m in absent[:1])
    paused = draw(st.sampled_from([None, None, None, *NAMES]))
    return Life(state, Circumstances(model=model, collections=collections, writable=lambda place: place[0] != paused))


def renamed(life: Life, names: dict[str, str]) -> Life:
    """The same life, its systems called something else."""

    def member(name: str) -> str:
        system, dot, collection = name.partition(".")
        return names.get(system, system) + dot + collection

    def rule(wanted: Wanted) -> Wanted | Prefer:
        return Prefer(tuple(names[s] for s in wanted.systems)) if isinstance(wanted, Prefer) else wanted

    old = life.state.type
    replace = msgspec.structs.replace
    entity_type = replace(
        old,
        fields=tuple(replace(f, conflict=rule(f.conflict)) for f in old.fields),
        members=tuple(
            replace(m, system=names[m.system], create=tuple((member(o), r) for o, r in m.create)) for m in old.members
        ),
    )
    model = life.around.model
    collections = compiled(entity_type)
    maps = {m.name: m for c in collections.values() for m in c.members}
    state = replace(
        life.state,
        type=entity_type,
        agreed={f: a._replace(origin=member(a.origin)) for f, a in life.state.agreed.items()},
        sides=[replace(s, map=maps[member(s.member)]) for s in life.state.sides],
        gone=tuple((names[s], member(m)) for s, m in life.state.gone),
        suspended=tuple(member(m) for m in life.state.suspended),
    )
    back = {new: old for old, new in names.items()}
    around = Circumstances(
        model=replace(
            model,
            types=(entity_type,),
            order=tuple(names[s] for s in model.order),
            first_link=rule(model.first_link),
        ),
        collections=collections,
        writable=lambda place: life.around.writable((back[place[0]], place[1])),
    )
    return Life(state, around)
