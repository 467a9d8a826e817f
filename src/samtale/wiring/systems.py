"""The systems of a project: connectors by name, what each told of itself, and whether it lets us in.

What a system told at its last check is kept in the project's folder, so that explaining and reviewing need no network.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from samtale.config.load import load_model
from samtale.config.project import PROJECT_FILE, STATE_FOLDER, Project, SystemConfig
from samtale.config.secrets import Secrets
from samtale.connectors.registry import about_of, connector_class
from samtale.core.model import Model
from samtale.core.problems import Problem, SamtaleError, SystemTrouble
from samtale.engine.setting import System
from samtale.ports.clock import Clock
from samtale.ports.connector import About, Connector, Cursor, Draft, Fetched, Page, Written
from samtale.wiring.folder import state_folder

LEARNED_FOLDER = "learned"


class Systems:
    """The systems of a project, with what is known of each: from the connector, from its last check, from this one."""

    def __init__(self, project: Project, clock: Clock) -> None:
        self.project = project
        self.clock = clock
        self.trouble: dict[str, list[Problem]] = {}
        self.abouts = {name: self._remembered(config) for name, config in project.systems.items()}
        self.by_name = {name: self._system(config, None) for name, config in project.systems.items()}
        self.connectors: dict[str, Connector] = {}  #: by system, once asked, whether it let us in or not
        self._model: tuple[Model, list[Problem]] | None = None

    def model(self) -> tuple[Model, list[Problem]]:
        """The project's model, as the systems are known by now. Raises SamtaleError."""
        if self._model is None:
            self._model = load_model(self.project, self.abouts)
        return self._model

    def secrets_missing(self) -> list[Problem]:
        """What is wrong with the secrets of the systems that take part."""
        found = []
        for config in self._taking_part():
            for problem in Secrets(config.auth, self.project.root).problems():
                why = f"{config.name}: {problem.why}"
                found.append(msgspec.structs.replace(problem, why=why, file=problem.file or PROJECT_FILE))
        return found

    def connect(self, only: Sequence[str] | None = None) -> None:
        """Try the credentials of every system, and learn what its account has. Trouble with one stops no other.

        Raises SamtaleError for secrets that are not set.
        """
        missing = self.secrets_missing()
        if missing:
            raise SamtaleError(*missing)
        wanted = self._collections()
        taking = [c for c in self._taking_part() if only is None or c.name in only]
        connectors = {config.name: self._connector(config, wanted.get(config.name)) for config in taking}
        self.connectors |= connectors
        before = dict(self.abouts)
        with ThreadPoolExecutor(max_workers=max(1, len(connectors)), thread_name_prefix="check") as pool:
            for name, problems in zip(connectors, pool.map(_checked, connectors.values()), strict=True):
                if problems:
                    self.trouble[name] = problems
                else:
                    self.abouts[name] = connectors[name].about()
                    self._remember(name)
                connector = None if problems else connectors[name]
                self.by_name[name] = self._system(self.project.systems[name], connector)
        if before != self.abouts:
            self._model = None

    def learn(self, name: str) -> None:
        """Ask a system once more what its account has, and remember it."""
        problems = _checked(self.connectors[name])
        if problems:
            self.trouble[name] = problems
        else:
            self.abouts[name] = self.connectors[name].about()
            self._model = None
            self._remember(name)

    def collections_of(self, name: str) -> list[str]:
        """The collections of a system that the model uses; all that are known while the model cannot be read."""
        found = self._collections().get(name)
        return found if found is not None else [spec.name for spec in self.abouts[name].collections]

    def close(self) -> None:
        """Close every connection."""
        for connector in self.connectors.values():
            close: Callable[[], None] | None = getattr(connector, "close", None)
            if close is not None:
                close()

    def _taking_part(self) -> list[SystemConfig]:
        return [config for config in self.project.systems.values() if not config.switches.pause]

    def _collections(self) -> dict[str, list[str]]:
        """By system, the collections that the model uses; nothing where the model needs to be known better first."""
        try:
            model, _ = self.model()
        except SamtaleError:
            return {}
        found: dict[str, list[str]] = {name: [] for name in self.project.systems}
        for member in (m for t in model.types for m in t.members):
            if member.collection not in found[member.system]:
                found[member.system].append(member.collection)
        return found

    def _connector(self, config: SystemConfig, collections: list[str] | None) -> Connector:
        options: dict[str, Any] = dict(config.options)
        if collections:
            options["collections"] = collections
        return connector_class(config.connector)(
            system=config.name,
            base_url=config.base_url,
            credentials=dict(Secrets(config.auth, self.project.root)),
            options=options,
            clock=self.clock,
        )

    def _system(self, config: SystemConfig, connector: Connector | None) -> System:
        return System(
            name=config.name,
            connector=connector or Unreached(config.name, self.abouts[config.name]),
            switches=config.switches,
            collections=config.collections,
            reachable=connector is not None,
        )

    # what systems told of themselves, kept so that explaining needs no network

    def _learned_file(self, name: str) -> Path:
        return self.project.root / STATE_FOLDER / LEARNED_FOLDER / f"{name}.json"

    def _remembered(self, config: SystemConfig) -> About:
        stock = about_of(config.connector)
        try:
            kept = msgspec.json.decode(self._learned_file(config.name).read_bytes(), type=_Learned)
        except (OSError, msgspec.DecodeError):
            return stock
        return kept.about if kept.stock == _digest(stock) else stock

    def _remember(self, name: str) -> None:
        kept = _Learned(stock=_digest(about_of(self.project.systems[name].connector)), about=self.abouts[name])
        file = self._learned_file(name)
        state_folder(self.project.root)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        new = file.with_suffix(f".{os.getpid()}")
        new.write_bytes(msgspec.json.encode(kept))
        new.replace(file)


class _Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What a system told of itself, and a digest of what the connector knew without asking: another version may know better."""

    stock: str
    about: About


class Unreached:
    """A connector for a system that is not spoken to in this run: it knows its collections, and every verb says so."""

    def __init__(self, system: str, about: About) -> None:
        self._system = system
        self._about = about

    def about(self) -> About:
        return self._about

    def check(self) -> list[Problem]:
        return [self._problem()]

    def read(self, collection: str, since: Cursor | None) -> Iterator[Page]:
        raise SystemTrouble(self._problem())

    def fetch(self, collection: str, keys: Sequence[str]) -> Fetched:
        raise SystemTrouble(self._problem())

    def create(self, collection: str, drafts: Sequence[Draft]) -> list[Written | SystemTrouble]:
        raise SystemTrouble(self._problem())

    def update(
        self, collection: str, key: str, values: Mapping[str, Any], expected: Mapping[str, Any], version: str | None
    ) -> Written:
        raise SystemTrouble(self._problem())

    def delete(self, collection: str, key: str, version: str | None) -> None:
        raise SystemTrouble(self._problem())

    def _problem(self) -> Problem:
        return Problem(
            code="not_reached",
            summary="A system is not reached in this run.",
            why=f"{self._system} is paused, or did not let us in.",
            remedy="Try its credentials.",
            command=f"samtale connect {self._system}",
        )


def _checked(connector: Connector) -> list[Problem]:
    try:
        return connector.check()
    except SamtaleError as error:
        return list(error.problems)


def _digest(about: About) -> str:
    return blake2b(msgspec.json.encode(about), digest_size=12).hexdigest()
