"""Spill: entity plans kept in a nameless file of this process, so that memory stays flat however large a plan is.

Plans are taken apart into plain tuples, which ``marshal`` writes and reads many times faster than ``pickle`` does whole objects; what it
cannot write (exact decimals, verdicts with losers) goes the slower way. Nobody else can reach the file: it has no name.
"""

from __future__ import annotations

import marshal
import pickle
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from samtale.core.kinds import Raw
from samtale.core.model import Agreed
from samtale.core.proposals import EntityPlan, FieldChange, NewBase, NewLink, Write


class Spill:
    """Entity plans in a file, in order."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="samtale-plan-")  # noqa: SIM115 - lives until close
        self._count = 0

    def add(self, plan: EntityPlan) -> None:
        """Append one plan."""
        self._count += 1
        if not plan.held and not plan.verdicts:
            try:
                line = marshal.dumps(_apart(plan))
            except ValueError:
                pass
            else:
                self._file.write(_head(b"m", line) + line)
                return
        line = pickle.dumps(plan, pickle.HIGHEST_PROTOCOL)
        self._file.write(_head(b"p", line) + line)

    def __iter__(self) -> Iterator[EntityPlan]:
        self._file.seek(0)
        for _ in range(self._count):
            head = self._file.read(5)
            line = self._file.read(int.from_bytes(head[1:], "big"))
            if head[:1] == b"m":
                yield _together(marshal.loads(line))  # noqa: S302 - our own nameless file
            else:
                yield pickle.loads(line)  # noqa: S301 - likewise
        self._file.seek(0, 2)

    def close(self) -> None:
        """Throw everything away."""
        self._file.close()


def _head(kind: bytes, line: bytes) -> bytes:
    return kind + len(line).to_bytes(4, "big")


def _apart(plan: EntityPlan) -> tuple[Any, ...]:
    return (
        plan.type,
        plan.entity,
        plan.new,
        tuple((n.system, n.collection, n.key, n.how) for n in plan.links),
        {name: tuple(agreed) for name, agreed in plan.agreed.items()},
        tuple((b.system, b.collection, b.key, b.revs, b.base) for b in plan.bases),
        tuple(
            (
                w.id,
                w.kind,
                w.system,
                w.collection,
                w.key,
                w.version,
                w.origin,
                w.clears,
                tuple(
                    (c.field, c.new, c.properties)
                    if c.old is None and c.reason == "created"
                    else (c.field, c.new, c.properties, c.old, c.reason, c.expected)
                    for c in w.fields
                ),
            )
            for w in plan.writes
        ),
        plan.looks,
        plan.behind,
    )


def _together(parts: tuple[Any, ...]) -> EntityPlan:
    type_name, entity, new, links, agreed, bases, writes, looks, behind = parts
    return EntityPlan(
        type=type_name,
        entity=entity,
        new=new,
        links=tuple(NewLink(system=s, collection=c, key=k, how=h) for s, c, k, h in links),
        agreed={name: Agreed(*values) for name, values in agreed.items()},
        bases=tuple(NewBase(system=s, collection=c, key=k, revs=r, base=b) for s, c, k, r, b in bases),
        writes=tuple(_write(type_name, entity, *w) for w in writes),
        looks=looks,
        behind=behind,
    )


def _change(
    field: str,
    new: str,
    properties: dict[str, Raw],
    old: str | None = None,
    reason: str = "created",
    expected: dict[str, Raw] | None = None,
) -> FieldChange:
    return FieldChange(field=field, old=old, new=new, reason=reason, properties=properties, expected=expected or {})


def _write(
    type_name: str,
    entity: str,
    write_id: str,
    kind: Any,
    system: str,
    collection: str,
    key: str | None,
    version: str | None,
    origin: Any,
    clears: bool,
    fields: tuple[Any, ...],
) -> Write:
    changes = tuple(_change(*field) for field in fields)
    return Write(
        id=write_id,
        kind=kind,
        type=type_name,
        system=system,
        collection=collection,
        key=key,
        entity=entity,
        fields=changes,
        version=version,
        origin=origin,
        clears=clears,
    )
