"""Nodes: YAML as plain values that know where they were written.

Accepted is the part of YAML 1.2 that a person writes by hand: maps, lists, text, numbers, true, false, null. Anchors,
aliases, tags and merge keys are refused, which also rules out files that grow without bound when they are read.
Nothing here knows what keys mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from samtale.config.diagnose import Findings

Scalar = str | int | float | bool | None

#: Bytes; a hundred times what the largest standard model needs.
SIZE_LIMIT = 512 * 1024
DEPTH_LIMIT = 16

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Place:
    """A file, as people know it, and perhaps a line in it."""

    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a file. A value that belongs to a key stands on the line of its key."""

    value: Scalar | dict[str, Node] | list[Node]
    file: str
    line: int
    standard: bool = False  #: written in a packaged model, not by the project

    @property
    def entries(self) -> dict[str, Node]:
        """Of a map, its values by key; of anything else nothing."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """Of a list its values; of anything else the value itself as the only one."""
        return self.value if isinstance(self.value, list) else [self]

    def replaced(self, value: Scalar | dict[str, Node] | list[Node]) -> Node:
        """The same place with another value."""
        return Node(value, self.file, self.line, self.standard)


def read_file(path: Path, shown: str, findings: Findings) -> list[Node]:
    """The documents of a YAML file on disk; what cannot be read is noted and yields nothing. ``shown``: the file as
    people know it.
    """
    at = Place(shown)
    try:
        if path.stat().st_size > SIZE_LIMIT:
            findings.add(
                "file_too_large",
                at,
                why=f"It has more than {SIZE_LIMIT // 1024} KiB.",
                remedy="Split it, one file per entity type.",
            )
            return []
        content = path.read_bytes()
    except FileNotFoundError:
        findings.add(
            "file_missing",
            at,
            why=f"There is no {path}.",
            remedy="Create it, or run the command in the project's folder.",
        )
        return []
    except OSError as trouble:
        findings.add("file_unreadable", at, why=f"{trouble.strerror}.", remedy="Give this user the right to read it.")
        return []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        line = content[: trouble.start].count(b"\n") + 1
        findings.add(
            "file_encoding", Place(shown, line), why="A byte there is not UTF-8.", remedy="Save the file as UTF-8."
        )
        return []
    return read_text(text, shown, findings)


def read_text(text: str, shown: str, findings: Findings, *, standard: bool = False) -> list[Node]:
    """The documents of a YAML text; what cannot be read is noted and yields nothing."""
    if not _acceptable(text, shown, findings):
        return []
    reader = _Builder(shown, findings, standard)
    try:
        roots = list(YAML(typ="safe", pure=True).compose_all(text))
    except YAMLError as trouble:
        _note_syntax(trouble, text, shown, findings)
        return []
    return [reader.build(root) for root in roots]


def _acceptable(text: str, shown: str, findings: Findings) -> bool:
    """Walk over the text without building anything: refuse what could grow, or is not what it seems."""
    depth = 0
    try:
        for event in _events(text):
            at = Place(shown, event.start_mark.line + 1)
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                findings.add(
                    "yaml_alias", at, why="Files with aliases can grow without bound.", remedy="Write the value out."
                )
                return False
            if isinstance(event, DocumentStartEvent) and event.version not in (None, (1, 2)):
                findings.add(
                    "yaml_feature", at, why="It asks for another version of YAML.", remedy="Remove the line `%YAML`."
                )
                return False
            if isinstance(event, CollectionStartEvent):
                depth += 1
                if depth > DEPTH_LIMIT:
                    findings.add(
                        "yaml_depth", at, why=f"There are more than {DEPTH_LIMIT} levels.", remedy="Write it flatter."
                    )
                    return False
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
            explicit = isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None
            if explicit and event.tag != "!":
                findings.add(
                    "yaml_feature",
                    at,
                    why="It gives a value a type (`!...`).",
                    remedy="Remove the word that begins with `!`.",
                )
                return False
    except YAMLError as trouble:
        _note_syntax(trouble, text, shown, findings)
        return False
    return True


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _note_syntax(trouble: YAMLError, text: str, shown: str, findings: Findings) -> None:
    mark = trouble.problem_mark if isinstance(trouble, MarkedYAMLError) else None
    line = mark.line + 1 if mark is not None else None
    at = Place(shown, line)
    lines = text.splitlines()
    written = lines[line - 1] if line is not None and line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        findings.add("yaml_tab", at, why="YAML allows only spaces there.", remedy="Replace the tab by two spaces.")
        return
    reason = (
        isinstance(trouble, MarkedYAMLError) and trouble.problem
    ) or "it holds a character that YAML does not allow"
    remedy = "Look at this line and the one before it: a missing colon, quote or bracket, or a different indentation."
    findings.add("yaml_syntax", at, why=f"Reading stopped there: {reason}.", remedy=remedy)


class _Builder:
    """Turns what the YAML library composed into nodes."""

    def __init__(self, file: str, findings: Findings, standard: bool) -> None:
        self.file = file
        self.findings = findings
        self.standard = standard

    def build(self, composed: Any, line: int | None = None) -> Node:
        at = line if line is not None else composed.start_mark.line + 1
        if isinstance(composed, MappingNode):
            return Node(self._map(composed), self.file, at, self.standard)
        if isinstance(composed, SequenceNode):
            return Node([self.build(item) for item in composed.value], self.file, at, self.standard)
        return Node(self._scalar(composed, at), self.file, at, self.standard)

    def _map(self, composed: Any) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, value in composed.value:
            line = key.start_mark.line + 1
            at = Place(self.file, line)
            if not isinstance(key, ScalarNode):
                self.findings.add(
                    "not_a_mapping",
                    at,
                    why="A key is itself a list or a map.",
                    remedy="Begin the line with a word and a colon.",
                )
                continue
            if key.value in entries:
                why = f"`{key.value}` is also on line {entries[key.value].line}."
                self.findings.add("duplicate_key", at, why=why, remedy="Keep one of the two.")
                continue
            entries[key.value] = self.build(value, line)
        return entries

    def _scalar(self, composed: Any, line: int) -> Scalar:
        tag, text = composed.tag.removeprefix(_TAG), composed.value
        if tag == "null":
            return None
        if tag == "bool":
            return bool(text.lower() == "true")
        try:
            if tag == "int":
                return (
                    int(text.replace("_", ""), 0)
                    if text.lstrip("+-")[:2] in ("0x", "0o")
                    else int(text.replace("_", ""))
                )
            if tag == "float" and math.isfinite(number := float(text.replace("_", ""))):
                return number
        except ValueError:
            at = Place(self.file, line)
            self.findings.add(
                "wrong_value", at, why="It looks like a number and is none.", remedy="Put it in quotes if it is text."
            )
        return str(text)
