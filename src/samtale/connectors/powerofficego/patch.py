"""JSON Patch documents for PowerOffice Go. Pure: values in, operations out.

Paths are spelled exactly as the vendor spells properties: a patch in other cases was seen to be ignored. A ``test``
makes the patch conditional on what the record shows, since the API knows no versions. A nested value can be tested
and replaced only inside an address that exists; where none may, the record has to be looked at first, and the
address is added whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from samtale.connectors.paths import nested
from samtale.core.kinds import Raw
from samtale.core.model import MISSING
from samtale.core.problems import Problem, Refused
from samtale.ports.connector import CollectionSpec

Operation = dict[str, Any]

#: What an address must hold to be kept at all.
ADDRESS = "MailAddress"
ADDRESS_NEEDS = ("MailAddress.City", "MailAddress.ZipCode")


def must_look(spec: CollectionSpec, values: Mapping[str, Raw], expected: Mapping[str, Raw]) -> bool:
    """Whether the record has to be fetched before it can be patched.

    So it is when an address is written that may not exist (nothing of it is expected to be filled), and when something
    is expected of a property that a patch cannot reach.
    """
    patchable = {p.path for p in spec.properties if p.updatable}
    return any(path not in patchable for path in expected) or (bool(_inside(values)) and not _filled(expected))


def operations(
    values: Mapping[str, Raw], expected: Mapping[str, Raw], record: Mapping[str, Any] | None, *, tests: bool
) -> list[Operation]:
    """The patch that writes ``values``. ``record`` is what was looked at, None if nothing was.

    Raises Refused for half an address.
    """
    exists = _filled(expected) if record is None else record.get(ADDRESS) is not None
    patch: list[Operation] = []
    if tests:
        reachable = {path: value for path, value in expected.items() if exists or not _inside([path])}
        patch += [{"op": "test", "path": _pointer(p), "value": v} for p, v in sorted(reachable.items()) if v != MISSING]
    inside = {path: values[path] for path in _inside(values) if not exists}
    patch += [{"op": "replace", "path": _pointer(p), "value": v} for p, v in sorted(values.items()) if p not in inside]
    whole = {path: value for path, value in inside.items() if value not in (None, "")}
    if whole:
        check_address(whole)
        patch.append({"op": "add", "path": f"/{ADDRESS}", "value": nested(whole)[ADDRESS]})
    return patch


def check_address(values: Mapping[str, Raw]) -> None:
    """Refuse an address without City and ZipCode, which PowerOffice does not keep. Raises Refused."""
    lacking = tuple(path for path in ADDRESS_NEEDS if values.get(path) in (None, ""))
    if _filled(values) and lacking:
        problem = Problem(
            code="half_address",
            summary="PowerOffice Go keeps an address only with both City and ZipCode.",
            why=f"There is no value for {', '.join(lacking)}.",
            remedy="Complete the address in the other system.",
        )
        raise Refused(problem, properties=lacking)


def _inside(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.startswith(f"{ADDRESS}.")]


def _filled(values: Mapping[str, Raw]) -> bool:
    """Whether any part of the address has a value."""
    return any(values[path] not in (None, "", MISSING) for path in _inside(values))


def _pointer(path: str) -> str:
    return "/" + path.replace("~", "~0").replace("/", "~1").replace(".", "/")
