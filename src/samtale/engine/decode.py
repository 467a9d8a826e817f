"""Decode: from a record as the vendor's JSON to the raw values that the model reads, in the order of its collection's shape.

Typed decoding of the mapped properties only; everything else in the record is skipped without being built. Records that do not fit
(other case, a text where an object was expected) take the slower way through a whole dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from samtale.core.kinds import Raw
from samtale.core.mapping import CollectionMap
from samtale.core.model import MISSING
from samtale.core.problems import BadAnswer, Problem
from samtale.ports.connector import CollectionSpec, Record


class Observation(NamedTuple):
    """What one look at one record showed."""

    key: str
    digest: bytes
    shown: list[Raw]
    version: str | None
    modified: int | None  #: milliseconds, by the system's clock
    created: int | None
    mark: str | None


def digest(record: Record) -> bytes:
    """A digest by which an unchanged record is recognized; the one that processors compute fastest."""
    return sha256(record).digest()[:16]


def instant(raw: Raw) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 instant; a missing zone means UTC. None if it is not one."""
    if not isinstance(raw, str) or not raw:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


class Decoder:
    """Decodes the records of one collection."""

    def __init__(self, spec: CollectionSpec, mapping: CollectionMap, *, ignores_case: bool = False) -> None:
        self.spec = spec
        self.mapping = mapping
        self._ignores_case = ignores_case
        self._absent: Raw = None if spec.omits_empty else MISSING
        properties = {p.path: p for p in spec.properties}
        self._hidden = tuple(
            mapping.index[path] for path in mapping.paths if path in properties and properties[path].hidden
        )
        own = [path for path in (spec.key, spec.version, spec.modified, spec.created, spec.mark) if path is not None]
        self._paths = (*mapping.paths, *(path for path in dict.fromkeys(own) if path not in mapping.index))
        self._at = {path: i for i, path in enumerate(self._paths)}
        self._typed = msgspec.json.Decoder(_struct(self._paths), float_hook=Decimal)
        self._whole = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
        self._extract = _extractor(self._paths)

    def __call__(self, record: Record) -> Observation:
        """Decode one record. Raises BadAnswer for what is not a JSON object with a key."""
        try:
            values = self._extract(self._typed.decode(record))
        except (msgspec.ValidationError, AttributeError):
            values = None
        except msgspec.DecodeError:
            raise self._bad("a record is not valid JSON") from None
        if values is None or (self._ignores_case and msgspec.UNSET in values):
            values = self._slowly(record)
        shown = [self._absent if value is msgspec.UNSET else value for value in values]
        for position in self._hidden:
            if shown[position] == "hidden":
                shown[position] = MISSING
        key = shown[self._at[self.spec.key]]
        if key is None or key == MISSING or isinstance(key, (dict, list)):
            raise self._bad(f"a record has no {self.spec.key}")
        return Observation(
            str(key),
            digest(record),
            shown[: len(self.mapping.paths)],
            self._text(shown, self.spec.version),
            instant(self._own(shown, self.spec.modified)),
            instant(self._own(shown, self.spec.created)),
            self._text(shown, self.spec.mark),
        )

    def named(self, observation: Observation) -> dict[str, Raw]:
        """What was shown, by path."""
        return dict(zip(self.mapping.paths, observation.shown, strict=True))

    def _own(self, shown: Sequence[Raw], path: str | None) -> Raw:
        return None if path is None else shown[self._at[path]]

    def _text(self, shown: Sequence[Raw], path: str | None) -> str | None:
        raw = self._own(shown, path)
        return None if raw is None or raw == MISSING or raw == "" else str(raw)

    def _bad(self, why: str) -> BadAnswer:
        place = f"{self.mapping.system}.{self.mapping.collection}"
        return BadAnswer(
            Problem(
                code="bad_record",
                summary="A system answered with something that is not a record.",
                why=f"{place}: {why}",
                remedy="Check the base URL, and whether something stands between Samtale and the system.",
                command=f"samtale check --system {self.mapping.system}",
            )
        )

    def _slowly(self, record: Record) -> list[Any]:
        try:
            whole = self._whole.decode(record)
        except (msgspec.ValidationError, msgspec.DecodeError):
            raise self._bad("a record is not a JSON object") from None
        return [_walk(whole, path.split("."), self._ignores_case) for path in self._paths]


def _walk(value: Any, segments: Sequence[str], ignores_case: bool) -> Any:
    for segment in segments:
        if value is None:
            return None
        if not isinstance(value, dict):
            return msgspec.UNSET
        if segment not in value and ignores_case:
            segment = next((name for name in value if name.lower() == segment.lower()), segment)
        value = value.get(segment, msgspec.UNSET)
    return value


def _tree(paths: Sequence[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in paths:
        place = tree
        *parents, leaf = path.split(".")
        for parent in parents:
            below = place.get(parent)
            if not isinstance(below, dict):
                below = place[parent] = {}
            place = below
        place.setdefault(leaf, None)
    return tree


def _struct(paths: Sequence[str]) -> type[msgspec.Struct]:
    def build(tree: Mapping[str, Any]) -> type[msgspec.Struct]:
        fields: list[tuple[str, Any, Any]] = []
        names: dict[str, str] = {}
        for i, (name, below) in enumerate(tree.items()):
            kind: Any = Any if below is None else build(below) | None | msgspec.UnsetType
            fields.append((f"f{i}", kind, msgspec.UNSET))
            names[f"f{i}"] = name
        return msgspec.defstruct("Mapped", fields, rename=names, gc=False)

    return build(_tree(paths))


def _extractor(paths: Sequence[str]) -> Callable[[Any], list[Any]]:
    """A function from the decoded struct to its values in the order of ``paths``."""
    tree = _tree(paths)
    flat: list[tuple[int, str]] = []
    deep: list[tuple[int, tuple[str, ...]]] = []
    for i, path in enumerate(paths):
        attributes, place = [], tree
        for segment in path.split("."):
            attributes.append(f"f{list(place).index(segment)}")
            place = place[segment] or {}
        if len(attributes) == 1:
            flat.append((i, attributes[0]))
        else:
            deep.append((i, tuple(attributes)))

    def extract(decoded: Any) -> list[Any]:
        values: list[Any] = [None] * len(paths)
        for i, name in flat:
            values[i] = getattr(decoded, name)
        for i, names in deep:
            value = decoded
            for name in names:
                if value is None or value is msgspec.UNSET:
                    break
                value = getattr(value, name)
            values[i] = value
        return values

    return extract
