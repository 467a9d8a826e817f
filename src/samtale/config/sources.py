"""Sources: the packaged models and the project's own, laid over each other into one tree per entity type.

In a packaged model a member is named by its connector (``zohocrm.Account``); here it becomes a member of every system
of that connector. A project's file may say anything again: maps are merged by key, everything else is replaced, and a
key without a value removes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from samtale.config.diagnose import Findings, did_you_mean
from samtale.config.nodes import Node, read_file, read_text
from samtale.config.project import Project
from samtale.config.reader import Reader
from samtale.ports.connector import About, CollectionSpec

TYPE_KEYS = ("entity", "fields", "match", "members")
STANDARD_FOLDER = "samtale/models/standard"


class Sources(NamedTuple):
    """All that was written about the project's entity types."""

    types: dict[str, Node]  #: entity type, and its merged map; packaged types first
    own: frozenset[str]  #: entity types that a file of the project speaks of
    removed: frozenset[str]  #: members (``system.collection``) that the project took out of packaged types


def standard_texts() -> dict[str, str]:
    """The packaged models: file name, as people know it, and text."""
    folder = files("samtale") / "models" / "standard"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return {f"{STANDARD_FOLDER}/{name}": (folder / name).read_text(encoding="utf-8") for name in names}


@cache
def _standard_nodes() -> tuple[Node, ...]:
    findings = Findings()
    nodes = [n for file, text in standard_texts().items() for n in read_text(text, file, findings, standard=True)]
    findings.stop_at_errors()
    return tuple(nodes)


def read_sources(project: Project, abouts: Mapping[str, About], findings: Findings) -> Sources:
    """Read and merge every file; what is wrong with one is noted, and the rest goes on."""
    return _SourceReader(project, abouts, findings).sources()


def find_collection(about: About, name: str) -> CollectionSpec | None:
    """The collection of that name, or of that former name."""
    for spec in about.collections:
        if spec.name == name:
            return spec
    return next((spec for spec in about.collections if name in spec.former), None)


class _SourceReader(Reader):
    def __init__(self, project: Project, abouts: Mapping[str, About], findings: Findings) -> None:
        super().__init__(findings)
        self.project = project
        self.abouts = abouts

    def sources(self) -> Sources:
        types: dict[str, Node] = {}
        own: dict[str, str] = {}
        removed: set[str] = set()
        for node in _standard_nodes():
            types[str(node.entries["entity"].value)] = self.expanded(node)
        for name, node in self.project_documents():
            if name in own:
                why = f"`{name}` is described in {own[name]} already."
                self.findings.add("duplicate_key", node, why=why, remedy="Describe an entity type in one place.")
                continue
            own[name] = node.file
            over = self.canonical_members(node)
            removed |= {key for key, member in _members(over).items() if member.value is None}
            base = types.get(name)
            types[name] = self.overlay(base, over) if base is not None else self.overlay(over.replaced({}), over)
        return Sources(types, frozenset(own), frozenset(removed))

    def project_documents(self) -> Iterator[tuple[str, Node]]:
        folder = self.project.models
        paths = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml")) if folder.is_dir() else []
        for path in paths:
            documents = read_file(path, f"models/{path.name}", self.findings)
            for node in documents:
                entries = self.keys(node, TYPE_KEYS, "a model file", required=("entity",))
                name = self.text(entries.get("entity"), "the name of the entity type")
                if name is not None:
                    yield name, node.replaced(dict(entries))

    # packaged models

    def expanded(self, node: Node) -> Node:
        """A packaged model with every member of a connector as a member of each system of that connector."""
        entries = dict(node.entries)
        members: dict[str, Node] = {}
        for name, member in _members(node).items():
            for system_name in self.names_of(name):
                inner = dict(member.entries)
                if "create" in inner and inner["create"].entries:
                    rules = {o: rule for origin, rule in inner["create"].entries.items() for o in self.names_of(origin)}
                    inner["create"] = inner["create"].replaced(rules)
                members[system_name] = member.replaced(inner)
        entries["members"] = entries["members"].replaced(members)
        if "match" in entries:
            entries["match"] = entries["match"].replaced(
                [r for rule in entries["match"].items for r in self.expanded_rule(rule)]
            )
        return node.replaced(entries)

    def expanded_rule(self, rule: Node) -> Iterator[Node]:
        """A packaged match rule; one that is for certain members only goes with them."""
        only = rule.entries.get("only")
        if only is None:
            yield rule
            return
        names = [item.replaced(name) for item in only.items for name in self.names_of(str(item.value))]
        if names:
            yield rule.replaced({**rule.entries, "only": only.replaced(list(names))})

    def names_of(self, member: str) -> list[str]:
        """``connector.Collection`` as members of this project: none, one, or one for each system of the connector."""
        connector, _, collection = member.partition(".")
        systems = [name for name, system in self.project.systems.items() if system.connector == connector]
        return [
            f"{name}.{collection}" for name in systems if find_collection(self.abouts[name], collection) is not None
        ]

    # the project's models

    def canonical_members(self, node: Node) -> Node:
        """The same tree with members and origins under their current names; what names nothing is noted and goes."""
        entries = dict(node.entries)
        if "members" in entries:
            members: dict[str, Node] = {}
            for written, member in self.entries(entries["members"], "members").items():
                name = self.canonical(written, member)
                if name in members:
                    self.findings.add(
                        "duplicate_key",
                        member,
                        why=f"`{written}` and another key mean `{name}`.",
                        remedy="Keep one of the two.",
                    )
                elif name is not None:
                    members[name] = self.canonical_origins(member)
            entries["members"] = entries["members"].replaced(members)
        return node.replaced(entries)

    def canonical_origins(self, member: Node) -> Node:
        create = member.entries.get("create")
        if create is None or not create.entries:
            return member
        rules = {
            name: rule
            for written, rule in create.entries.items()
            if (name := self.canonical(written, rule)) is not None
        }
        return member.replaced({**member.entries, "create": create.replaced(rules)})

    def canonical(self, written: str, node: Node) -> str | None:
        """``system.collection`` with the collection's current name; None, and a finding, if there is no such thing."""
        system, _, collection = written.partition(".")
        if system not in self.project.systems or not collection:
            same_kind = [f"`{name}`" for name, config in self.project.systems.items() if config.connector == system]
            remedy = (
                f"Name the system: {' or '.join(same_kind)}."
                if same_kind
                else did_you_mean(system, self.project.systems)
            )
            why = f"`{written}` should be SYSTEM.COLLECTION, and `{system}` is no system."
            self.findings.add("unknown_system", node, why=why, remedy=remedy)
            return None
        about = self.abouts[system]
        spec = find_collection(about, collection)
        if spec is None:
            remedy = did_you_mean(collection, [s.name for s in about.collections])
            self.findings.add("unknown_collection", node, why=f"{about.title} has no `{collection}`.", remedy=remedy)
            return None
        if spec.name != collection:
            why = f"`{collection}` is now called `{spec.name}`."
            self.findings.add("former_name", node, why=why, remedy=f"Write `{system}.{spec.name}`.")
        return f"{system}.{spec.name}"

    def overlay(self, base: Node, over: Node) -> Node:
        """What ``over`` says laid over ``base``."""
        if not isinstance(base.value, dict) or not isinstance(over.value, dict):
            return over
        merged = dict(base.value)
        for key, node in over.value.items():
            if node.value is None:
                if merged.pop(key, None) is None:
                    remedy = "Remove the line; or write `{}` after it if it is meant to hold nothing."
                    self.findings.add(
                        "nothing_to_remove",
                        node,
                        why=f"`{key}` has no value, and nothing of that name stands below it.",
                        remedy=remedy,
                    )
            elif key in merged:
                merged[key] = self.overlay(merged[key], node)
            else:
                merged[key] = self.overlay(node.replaced({}), node) if isinstance(node.value, dict) else node
        return Node(merged, over.file, over.line)


def _members(node: Node) -> dict[str, Node]:
    return dict(node.entries["members"].entries) if "members" in node.entries else {}
