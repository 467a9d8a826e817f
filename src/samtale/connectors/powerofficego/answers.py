"""What PowerOffice Go's refusals mean. Pure: an answer in, the trouble to raise out.

Source: the problem details and their examples in the vendor's OpenAPI documents. Titles and details are prose
without codes, in either case of letters; so a few phrases are recognized, and everything else is a refusal that
shows the vendor's own words, with the values taken out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from samtale.connectors.http import Answer, Dialect
from samtale.connectors.wording import masked, mentioned, scalars
from samtale.core.kinds import Raw
from samtale.core.problems import BadAnswer, Gone, Moved, Problem, Refused, SystemTrouble, Taken, Unauthorized
from samtale.ports.connector import CollectionSpec

_SECONDS = re.compile(r"try again in (\d+) second", re.IGNORECASE)
_OWNER = re.compile(r"already in use.*?\bId = (\d+)", re.IGNORECASE | re.DOTALL)
_TEST_FAILED = re.compile(r"\btest (value|operation)\b|\boperation '?test'?\b|\btest\b.*\bfailed\b", re.IGNORECASE)


class PowerOfficeDialect(Dialect):
    """Too many requests may come without Retry-After, and say in prose how long to wait; at least a second is asked
    for.
    """

    def wait(self, answer: Answer) -> float | None:
        """Seconds to wait: the header, else the sentence in the body, else a second for a 429."""
        told = answer.retry_after()
        if told is None and (found := _SECONDS.search(_text(answer.lenient(), "message"))):
            told = float(found[1])
        return max(1.0, told or 0.0) if answer.status == 429 else told

    def reason(self, answer: Answer) -> str:
        """The title of the problem details, which is a constant of the vendor's."""
        said = answer.lenient()
        return masked(_text(said, "title") or _text(said, "message"))


def trouble(
    answer: Answer, spec: CollectionSpec, values: Mapping[str, Raw], *, addressed: bool = True
) -> SystemTrouble:
    """The trouble that an answer of 400 to 499 is. ``addressed``: the call named a record, which may be gone."""
    said = answer.lenient()
    title, detail = _text(said, "title"), _text(said, "detail")
    if answer.status == 404 and not title and "statuscode" in _names(said):
        return BadAnswer(_problem(answer, "no_such_path", "{} does not know this path.", "", "Check base_url."))
    if answer.status == 404 and addressed and "validation" not in title.casefold():
        return gone(answer, spec)
    if "privilege" in title.casefold():
        why = masked(f"{title}: {detail}")
        return Unauthorized(
            _problem(
                answer, "missing_privilege", "{} does not allow this to the account that Samtale uses.", why, _GRANT
            )
        )
    if addressed and _TEST_FAILED.search(detail):
        return moved(answer, spec, ())
    errors = _errors(said)
    paths = [p.path for p in spec.properties if p.creatable or p.updatable]
    why = masked(". ".join(filter(None, [title, detail, *errors.values()])), names=paths, values=scalars(values))
    named = mentioned(" ".join([detail, *errors]), paths)
    if (owner := _OWNER.search(detail)) is not None:
        problem = _problem(answer, "taken", "{} has another record with a value that must be unique.", why, _LINK)
        return Taken(problem, properties=named, key=owner[1])
    if answer.status == 409:
        problem = _problem(answer, "in_use", "{} keeps a record that is in use.", why, "Archive it instead.")
        return Refused(problem)
    return Refused(
        _problem(answer, "refused", "{} refuses a value.", why or f"Status {answer.status}.", _FIX), properties=named
    )


def moved(answer: Answer, spec: CollectionSpec, paths: tuple[str, ...]) -> Moved:
    """The record shows something else than the write was decided on."""
    why = f"In {spec.name}: {', '.join(paths)}." if paths else f"In {spec.name}."
    return Moved(_problem(answer, "moved", "A record of {} was edited in the meantime.", why, "Nothing to do."))


def gone(answer: Answer, spec: CollectionSpec) -> Gone:
    """There is no such record."""
    return Gone(_problem(answer, "gone", "A record of {} does not exist any more.", f"In {spec.name}.", ""))


def silently(answer: Answer, spec: CollectionSpec, paths: tuple[str, ...]) -> Refused:
    """The system said yes and changed nothing."""
    why = f"In {spec.name}: {', '.join(paths)}."
    problem = _problem(answer, "silently_ignored", "{} accepted a write and did not carry it out.", why, _FIX)
    return Refused(problem, properties=paths)


_FIX = "Correct the value in either system, or take the property out of the model."
_GRANT = "Give the integration the privilege in PowerOffice Go, under the client's settings."
_LINK = "Link the two records, or correct the value in one of the systems."


def _problem(answer: Answer, code: str, summary: str, why: str, remedy: str) -> Problem:
    return Problem(code=code, summary=summary.format(answer.system), why=why, remedy=remedy)


def _names(said: Any) -> dict[str, Any]:
    return {str(k).casefold(): v for k, v in said.items()} if isinstance(said, dict) else {}


def _text(said: Any, name: str) -> str:
    value = _names(said).get(name.casefold())
    return value if isinstance(value, str) else ""


def _errors(said: Any) -> dict[str, str]:
    """The ``errors`` of ASP.NET's validation details, one sentence a field."""
    errors = _names(said).get("errors")
    if not isinstance(errors, dict):
        return {}
    return {str(k): " ".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in errors.items()}
