"""Setting: everything one project's engine works with, put together once and passed around."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from functools import cached_property
from hashlib import blake2b

import msgspec

from samtale.core.brakes import Limits
from samtale.core.keeping import Keeping
from samtale.core.kinds import Raw
from samtale.core.link import RecordName, RuleSet
from samtale.core.mapping import ModelMap
from samtale.core.model import Model, Switches
from samtale.engine.decode import Decoder
from samtale.ports.clock import Clock
from samtale.ports.connector import About, CollectionSpec, Connector
from samtale.ports.reporter import Reporter, Silence
from samtale.ports.store import CollectionRow, Session, Store

Place = tuple[str, str]  #: system, collection


class System(msgspec.Struct, kw_only=True):
    """One account in one product, with its switches."""

    name: str
    connector: Connector
    switches: Switches = Switches()
    collections: Mapping[str, Switches] = {}  #: switches of single collections, where they differ
    reachable: bool = True  #: set false for the rest of a run when the system turns us away

    @property
    def pause(self) -> bool:
        """Whether the whole system is left alone."""
        return self.switches.pause

    def of(self, collection: str) -> Switches:
        """The switches of one collection; what is off for the system is off for all of it."""
        own, all_ = self.collections.get(collection, self.switches), self.switches
        return Switches(
            share=own.share and all_.share,
            full_sync=own.full_sync and all_.full_sync,
            pause=own.pause or all_.pause,
        )


class Setting:
    """A project at work: model, systems, store, clock. One per run; ``stop`` asks it to end after the call under way."""

    def __init__(
        self,
        *,
        model: Model,
        systems: Mapping[str, System],
        store: Store,
        clock: Clock,
        secret: bytes,
        reporter: Reporter | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.model = model
        self.systems = dict(systems)
        self.store = store
        self.clock = clock
        self.reporter: Reporter = reporter or Silence()
        self.limits = limits or Limits()
        self.stop = threading.Event()
        self.indexed: set[Place] = set()  #: collections whose match keys are known to follow from this model
        self.numbered = False  #: the store has a number for every collection and its shape
        self._secret = secret
        self.noticed: dict[Place, bool] = {}  #: which collections are shared, as the store was told

    @cached_property
    def abouts(self) -> dict[str, About]:
        return {name: system.connector.about() for name, system in self.systems.items()}

    @cached_property
    def specs(self) -> dict[Place, CollectionSpec]:
        """Collections that the model uses."""
        return {
            (member.system, member.collection): self.abouts[member.system].collection(member.collection)
            for entity_type in self.model.types
            for member in entity_type.members
        }

    @cached_property
    def maps(self) -> ModelMap:
        return ModelMap(self.model, {place: self._kept_besides(place) for place in self.specs})

    @cached_property
    def connects(self) -> bool:
        """Whether any create depends on what refers to a record."""
        return any(rule.when_connected for t in self.model.types for m in t.members for _, rule in m.create)

    @cached_property
    def rules(self) -> dict[str, RuleSet]:
        return {t.name: RuleSet(t) for t in self.model.types}

    @cached_property
    def keeping(self) -> dict[str, Keeping]:
        """How agreed values are kept, by entity type."""
        return {t.name: Keeping(t) for t in self.model.types}

    @cached_property
    def decoders(self) -> dict[Place, Decoder]:
        return {
            place: Decoder(spec, self.maps.collections[place], ignores_case=self.abouts[place[0]].ignores_case)
            for place, spec in self.specs.items()
        }

    def _kept_besides(self, place: Place) -> tuple[str, ...]:
        """Properties that are kept although they show no field: our mark, what archives a record where that is opted into, and what
        conditions over these records mention.
        """
        spec = self.specs[place]
        name = ".".join(place)
        expressions = [
            rule.when
            for entity_type in self.model.types
            for member in entity_type.members
            for origin, rule in member.create
            if origin == name and rule.when
        ]
        mentioned = [p.path for p in spec.properties if any(p.path in expression for expression in expressions)]
        archives = any(m.name == name and m.on_delete == "archive" for t in self.model.types for m in t.members)
        own = (spec.mark, spec.archive[0] if archives and spec.archive else None)
        return tuple(dict.fromkeys((*mentioned, *(path for path in own if path))))

    def writable(self, place: Place) -> bool:
        """Whether records of this collection may be written now: shared, not paused, within our rights, and reachable."""
        return self.shared(place) and self.systems[place[0]].reachable and self.specs[place].writable

    def shared(self, place: Place) -> bool:
        """Whether the project lets this collection be written."""
        switches = self.systems[place[0]].of(place[1])
        return switches.share and not switches.pause

    def paused(self, place: Place) -> bool:
        """Whether this collection is neither read nor written for now."""
        return self.systems[place[0]].of(place[1]).pause

    def lag_ms(self, system: str) -> int:
        """Within this time after a write, a read may still show what was before."""
        return int(self.abouts[system].lag * 1000)

    def mark(self, target: Place, origin: RecordName) -> str:
        """The mark of a record created in ``target`` for ``origin``: a keyed digest, the same in every run."""
        text = "\x1f".join((*target, *origin))
        return "samtale-" + hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), blake2b).hexdigest()[:32]

    def rows(self, session: Session) -> dict[Place, CollectionRow]:
        """The collections that the model uses, as the store knows them; new ones are put in."""
        known = session.collections()
        now = self.clock.now_ms()
        return {
            place: known.get(place) or session.put_collection(CollectionRow(0, *place, connected_at=now))
            for place in self.specs
        }

    def known(self, session: Session) -> dict[Place, CollectionRow]:
        """As ``rows``, for reading sessions: collections that were never observed are left out."""
        return {place: row for place, row in session.collections().items() if place in self.specs}

    def values(self, place: Place, shown: list[Raw]) -> dict[str, Raw]:
        """Raw values by path."""
        return dict(zip(self.maps.collections[place].paths, shown, strict=True))
