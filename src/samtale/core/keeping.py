"""Keeping: in which order an entity's agreed values are kept, and how they are read again under a model that has changed.

A position names the field with its parts and their kinds, so that a group that got, lost or moved parts is read by their names, and
what was agreed as one kind is read anew as another. It must not know where values are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from samtale.core.kinds import Form, Unreadable, Value
from samtale.core.model import Agreed, EntityType, Field


class _Move(NamedTuple):
    """Where a kept value stands, and which field it is of."""

    at: int
    field: Field
    #: by today's parts: where the part stood, and whether its kind is another now; None: all is as it was
    parts: tuple[tuple[int, bool] | None, ...] | None


class Keeping:
    """The agreed values of one entity type, as a list in a fixed order (its *shape*)."""

    def __init__(self, entity_type: EntityType) -> None:
        self._fields = {field.name: field for field in entity_type.fields}
        self.shape: tuple[str, ...] = tuple(_position(field) for field in entity_type.fields)
        self._moves: dict[tuple[str, ...], list[_Move]] = {}

    def kept(self, agreed: Mapping[str, Agreed | None]) -> list[Agreed | None]:
        """Values by field name, in the order of the shape."""
        return [*map(agreed.get, self._fields)]

    def read(self, shape: tuple[str, ...], values: Sequence[Agreed | None]) -> dict[str, Agreed]:
        """Values that were kept under a shape, by field name; without those that mean nothing under today's model."""
        moves = self._moves.get(shape)
        if moves is None:
            moves = self._moves[shape] = self._moves_from(shape)
        found: dict[str, Agreed] = {}
        for at, field, parts in moves:
            agreed = values[at]
            if agreed is None:
                continue
            if parts is not None:
                try:
                    agreed = agreed._replace(value=_moved(field, agreed, parts))
                except Unreadable:
                    continue
            found[field.name] = agreed
        return found

    def _moves_from(self, shape: Sequence[str]) -> list[_Move]:
        moves = []
        for at, position in enumerate(shape):
            name, _, described = position.partition("\t")
            field = self._fields.get(name)
            if field is None:
                continue
            if position in (name, _position(field)):
                moves.append(_Move(at, field, None))
                continue
            kinds = dict(part.split(":") for part in described.split(" "))
            before = list(kinds)
            parts = tuple(
                (before.index(p.name), kinds[p.name] != p.kind.name) if p.name in kinds else None for p in field.parts
            )
            if any(parts):
                moves.append(_Move(at, field, parts))
        return moves


def _moved(field: Field, agreed: Agreed, parts: Sequence[tuple[int, bool] | None]) -> tuple[Value | None, ...]:
    """A value under today's parts and kinds. Raises Unreadable for what today's kind does not take."""
    value: list[Value | None] = []
    for part, move in zip(field.parts, parts, strict=True):
        said = None if move is None else agreed.value[move[0]]
        if move is not None and move[1] and said is not None:
            said = part.kind.read(str(said), Form())
        value.append(None if said is ... else said)
    return tuple(value)


def _position(field: Field) -> str:
    return f"{field.name}\t{' '.join(f'{part.name}:{part.kind.name}' for part in field.parts)}"
