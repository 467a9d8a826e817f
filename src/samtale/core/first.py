"""The quick way through a first link on which all agree.

Most entities begin so: one record alone, or records that show exactly the same. What comes out is what the whole decision would say,
which a property test holds it to; anything less plain is left to the whole decision.
"""

from __future__ import annotations

from collections.abc import Sequence

from samtale.core.compare import Side, is_empty
from samtale.core.mapping import Unread
from samtale.core.merge import ANYTIME, Interval
from samtale.core.model import Agreed, EntityType, FieldValue, Model


def agreement(entity_type: EntityType, sides: Sequence[Side], model: Model) -> dict[str, Agreed] | None:
    """The agreed values of a new entity whose records show the same in every view; None if they do not."""
    if not all(side.map.plain for side in sides):
        return None
    ordered = sorted(sides, key=lambda s: _rank(model, s)) if len(sides) > 1 else sides
    agreed: dict[str, Agreed] = {}
    for index, field in enumerate(entity_type.fields):
        value: FieldValue | None = None
        first: Side | None = None
        for side in ordered:
            for number in side.map.by_field[index]:
                shown = side.map.read(number, side.shown)
                if type(shown) is Unread or ... in shown or (value is not None and shown != value):
                    return None
                if value is None:
                    value, first = shown, side
        if value is None or first is None:
            continue
        if is_empty(value):
            agreed[field.name] = Agreed(value, 1, first.member, ANYTIME, ANYTIME)
        else:
            agreed[field.name] = Agreed(value, 1, first.member, *known_when(first))
    return agreed


def known_when(side: Side) -> Interval:
    """When a value that was there from the beginning was set, as far as the record's modified time tells."""
    return (
        Interval(side.modified - 1, side.modified + 999)
        if side.modified is not None
        else Interval(ANYTIME, side.seen_at)
    )


def _rank(model: Model, side: Side) -> tuple[int, str]:
    order = model.order
    return (order.index(side.map.system) if side.map.system in order else len(order), side.member)
