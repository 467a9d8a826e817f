"""What dataflow documents are made from and held against: the project's model, and what is known of each system.

Asks no system and opens no store: what systems told of themselves at the last ``connect`` is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from samtale.config.diagnose import Findings
from samtale.config.nodes import Node
from samtale.config.project import PROJECT_FILE, Project, SystemConfig, find_project
from samtale.config.sources import read_sources, standard_texts
from samtale.connectors.registry import CONNECTORS, about_of
from samtale.core.model import Member, Model
from samtale.core.problems import Problem, SamtaleError
from samtale.documents.from_model import LeftOut
from samtale.documents.introduction import Imprint
from samtale.documents.naming import System, property_named
from samtale.ports.connector import About
from samtale.wiring.clock import SystemClock
from samtale.wiring.systems import Systems


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """All that a project knows about its documents."""

    project: Project
    model: Model
    warnings: list[Problem]  #: limits of the model that one may live with
    systems: tuple[System, ...]  #: of the project, in its order
    others: tuple[System, ...]  #: one for each connector that the project does not use
    left_out: tuple[LeftOut, ...]
    imprint: Imprint


def papers_of(project: Project) -> Papers:
    """What documents of this project say. Raises SamtaleError if the model cannot be read."""
    opened = Systems(project, SystemClock())
    try:
        model, warnings = opened.model()
        abouts = opened.abouts
    finally:
        opened.close()
    imprint = Imprint(project=project.workspace, model=_version(project), owner=project.owner, notice=project.notice)
    return Papers(
        project=project,
        model=model,
        warnings=warnings,
        systems=tuple(_system(config, project, abouts[name]) for name, config in project.systems.items()),
        others=_others(project),
        left_out=tuple(_left_out(project, model, abouts)),
        imprint=imprint,
    )


def known_systems(project: Project | None) -> tuple[System, ...]:
    """The project's systems by their names there, and one for each connector that it does not use."""
    if project is None:
        return _others(None)
    abouts = Systems(project, SystemClock()).abouts
    mine = tuple(_system(config, project, abouts[name]) for name, config in project.systems.items())
    return (*mine, *_others(project))


def has_project(directory: Path | None) -> bool:
    """Whether there is a project in this folder, or without one around the present folder."""
    if directory is not None:
        return (directory / PROJECT_FILE).is_file()
    try:
        find_project(Path.cwd())
    except SamtaleError:
        return False
    return True


def _others(project: Project | None) -> tuple[System, ...]:
    used = {config.connector for config in project.systems.values()} if project is not None else set()
    return tuple(System(name=kind, about=about_of(kind)) for kind in CONNECTORS if kind not in used)


def _system(config: SystemConfig, project: Project, about: About) -> System:
    twins = [name for name, other in project.systems.items() if other.connector == config.connector]
    switches = {spec.name: config.switches_of(spec.name) for spec in about.collections}
    return System(
        name=config.name,
        about=about,
        printed=config.name if len(twins) > 1 else about.document_name,
        unshared=frozenset(name for name, switch in switches.items() if not switch.share),
        paused=frozenset(name for name, switch in switches.items() if switch.pause),
    )


def _version(project: Project) -> str:
    """A short digest of all model files, packaged and own."""
    digest = blake2b(digest_size=4)
    for name, text in standard_texts().items():
        digest.update(f"{name}\0{text}\0".encode())
    folder = project.models
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml")) if folder.is_dir() else ():
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


# rows that a model file asks for and the model does without


def _left_out(project: Project, model: Model, abouts: dict[str, About]) -> Iterator[LeftOut]:
    types = read_sources(project, abouts, Findings()).types
    for entity_type in model.types:
        written = types[entity_type.name].entries.get("members")
        for member in entity_type.members:
            node = written.entries.get(member.name) if written is not None else None
            if node is not None and "properties" in node.entries:
                yield from _rows_left_out(member, node.entries["properties"], abouts[member.system])


def _rows_left_out(member: Member, rows: Node, about: About) -> Iterator[LeftOut]:
    used = {p.path for view in member.views for access in view.accesses for p in access.properties}
    spec = about.collection(member.collection)
    for field, node in rows.entries.items():
        for item in node.items:
            named = item.entries.get("path") or item.entries.get("join") or item
            for path in (str(one.value).removesuffix("?") for one in named.items):
                prop = property_named(about, spec, path)
                if prop is not None and prop.path not in used:
                    yield LeftOut(member=member.name, field=field, spec=prop)
