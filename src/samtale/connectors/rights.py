"""What a schema lets be written, asked before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from samtale.core.kinds import Raw
from samtale.core.problems import Problem, Refused
from samtale.ports.connector import CollectionSpec


def refuse_unwritable(spec: CollectionSpec, values: Mapping[str, Raw], *, creating: bool) -> None:
    """Refuse values for properties that are unknown, hidden or read-only, and new records without what they must have.

    Raises Refused with the paths.
    """
    allowed = {p.path for p in spec.properties if not p.hidden and (p.creatable if creating else p.updatable)}
    wrong = tuple(sorted(path for path in values if path not in allowed))
    lacking = tuple(p.path for p in spec.properties if creating and p.required and values.get(p.path) in (None, ""))
    if not wrong and not lacking:
        return
    found = [("Cannot be written", wrong), ("Must be given", lacking)]
    problem = Problem(
        code="read_only" if wrong else "required",
        summary=f"A record of {spec.name} cannot be written like this.",
        why=" ".join(f"{what}: {', '.join(paths)}." for what, paths in found if paths),
        remedy="Take the property out of the model or mark it as read only there; complete the other system's record.",
        command="samtale check",
    )
    raise Refused(problem, properties=wrong + lacking)
