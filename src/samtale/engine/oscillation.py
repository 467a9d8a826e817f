"""Oscillation: a field that flips between the same values, because another tool is at work, is held with its history."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from samtale.core.plan import EntityPlan, EntityState, Held
from samtale.engine.setting import Setting
from samtale.ports.store import RecordRow, Session

#: So many times the same value may win for one field within the window.
FLIPS = 3
WINDOW_MS = 24 * 3_600_000


class Oscillation:
    """Finds fields that flip."""

    def __init__(self, setting: Setting, session: Session) -> None:
        self.setting = setting
        self.session = session

    def held(self, state: EntityState, plan: EntityPlan, records: Sequence[RecordRow]) -> EntityPlan:
        """The plan without what flips; told by edits that bring back what a record showed before our own last write."""
        if not plan.agreed or not any(
            self._turned_back(side_record) for side_record in zip(state.sides, records, strict=True)
        ):
            return plan
        since = self.setting.clock.now_ms() - WINDOW_MS
        past = self.session.history(entity=state.id, since=since, kinds=("verdict",))
        flipping = []
        for field, agreed in plan.agreed.items():
            times = sum(
                1 for row in past if row.data.get("field") == field and _same(row.data.get("value"), agreed.value)
            )
            if times >= FLIPS:
                flipping.append(field)
        if not flipping:
            return plan
        held = [
            Held(
                code="oscillation",
                reason=f"{field} flips between the same values: another tool seems to write it too",
                refs=plan.looks,
                type=state.type.name,
                entity=state.id,
                field=field,
            )
            for field in flipping
        ]
        return msgspec.structs.replace(plan, agreed={}, bases=(), writes=(), verdicts=(), held=(*plan.held, *held))

    def _turned_back(self, pair: tuple[object, RecordRow]) -> bool:
        side, record = pair
        if not record.before:
            return False
        mapping = self.setting.maps.collections[side.map.system, side.map.member.collection]  # type: ignore[attr-defined]
        shown = side.shown  # type: ignore[attr-defined]
        return any(path in mapping.index and shown[mapping.index[path]] == raw for path, raw in record.before.items())


def _same(stored: object, value: tuple[object, ...]) -> bool:
    return isinstance(stored, list | tuple) and list(stored) == list(value)
