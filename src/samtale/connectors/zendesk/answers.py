"""What Zendesk's errors mean. Pure: an answer in, the trouble to raise out.

Source: the error examples in Zendesk's API reference. There are four envelopes and plain text, none of them universal,
so each is looked for, and what is found is shown in the vendor's own words with the values taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from samtale.connectors.http import Answer, Dialect
from samtale.connectors.wording import masked, mentioned, scalars
from samtale.core.kinds import Raw
from samtale.core.problems import (
    BadAnswer,
    Gone,
    Moved,
    Problem,
    Refused,
    SystemTrouble,
    Taken,
    Unauthorized,
    Uncertain,
)  # fmt: skip
from samtale.ports.connector import CollectionSpec

#: Seconds to wait after a 429 without Retry-After; Zendesk's own client waits as long.
PATIENCE = 10.0
#: Names in errors that are no property's name.
_NAMES: Mapping[str, str] = {"organization": "organization_id", "value": "email"}


class ZendeskDialect(Dialect):
    """Refusals for haste may be plain text without Retry-After; a lost account limit is told in headers."""

    def wait(self, answer: Answer) -> float | None:
        """Seconds to wait, by the header; after a 429 without it, ten."""
        told = answer.retry_after()
        return PATIENCE if told is None and answer.status == 429 else told

    def reason(self, answer: Answer) -> str:
        """The error's code or title, which is a constant of the vendor's."""
        return masked(code_of(answer.lenient()))


class Complaint(NamedTuple):
    """One thing that Zendesk objects to."""

    field: str
    text: str
    code: str


def code_of(said: Any) -> str:
    """The code or title of an error in any envelope; empty if there is none."""
    if not isinstance(said, dict):
        return ""
    error = said.get("error")
    if isinstance(error, dict):
        return str(error.get("title", ""))
    if isinstance(error, str):
        return error
    listed = said.get("errors")
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        return str(listed[0].get("code", listed[0].get("title", "")))
    return ""


def complaints(said: Any) -> Iterator[Complaint]:
    """What a 422 says about single properties."""
    details = said.get("details") if isinstance(said, dict) else None
    for field, found in details.items() if isinstance(details, dict) else ():
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, dict):
                yield Complaint(str(field), str(one.get("description", "")), str(one.get("error", "")))
            else:
                yield Complaint(str(field), str(one), "")


def trouble(
    answer: Answer, spec: CollectionSpec, values: Mapping[str, Raw], *, value_of: str | None = None
) -> SystemTrouble:
    """The trouble that an answer of 400 to 499 is. ``value_of``: the property that an identity's ``value`` stands for."""
    said = answer.lenient()
    code = code_of(said)
    if answer.status == 404:
        if code == "InvalidEndpoint" or not code:
            why = f"{answer.call.shown} got status 404 ({code or 'no reason'})."
            return BadAnswer(_problem(answer, "no_such_path", "{} does not know this path.", why, "Check base_url."))
        return gone(answer, spec)
    if answer.status == 409:
        return moved(answer, spec, ())
    if answer.status < 400:
        return answer.broken("It is neither what was asked for nor an error.")
    found = list(complaints(said))
    paths = tuple(dict.fromkeys(p for one in found for p in _paths(one, spec, values, value_of)))
    words = " ".join(one.text for one in found) or _message(said) or code or f"Status {answer.status}"
    names = [p.path for p in spec.properties]
    why = f"{spec.name}: {masked(words, names=names, values=scalars(values))}"
    if any(_is_duplicate(one) for one in found):
        problem = _problem(answer, "taken", "{} has another record with a value that must be unique.", why, _LINK)
        return Taken(problem, properties=paths)
    return Refused(_problem(answer, "refused", "{} refuses a value.", why, _FIX), properties=paths)


def moved(answer: Answer, spec: CollectionSpec, paths: tuple[str, ...]) -> Moved:
    """The record shows something else than the write was decided on."""
    why = f"In {spec.name}: {', '.join(paths)}." if paths else f"In {spec.name}."
    return Moved(_problem(answer, "moved", "A record of {} was edited in the meantime.", why, "Nothing to do."))


def gone(answer: Answer, spec: CollectionSpec) -> Gone:
    """There is no such record, or it is a deleted user."""
    return Gone(_problem(answer, "gone", "A record of {} does not exist any more.", f"In {spec.name}.", ""))


def silently(answer: Answer, spec: CollectionSpec, paths: tuple[str, ...]) -> Refused:
    """The system said yes and changed nothing."""
    why = f"In {spec.name}: {', '.join(paths)}."
    problem = _problem(answer, "silently_ignored", "{} accepted a write and did not carry it out.", why, _FIX)
    return Refused(problem, properties=paths)


def impossible(system: str, path: str, why: str, remedy: str) -> Refused:
    """A write that cannot be done without doing something else as well; nothing was sent."""
    problem = Problem(code="refused", summary=f"{system} cannot take this value.", why=why, remedy=remedy)
    return Refused(problem, properties=(path,))


def partly(system: str, spec: CollectionSpec, cause: SystemTrouble) -> Uncertain:
    """Of several calls that one update takes, some took effect and one did not."""
    reasons = " ".join(p.why for p in cause.problems)
    return Uncertain(
        Problem(
            code="partly_written",
            summary=f"{system} took a part of an update.",
            why=f"In {spec.name}, one of several calls failed: {reasons}",
            remedy="Nothing to do: Samtale looks at the record again and writes what is left.",
        )
    )


def nobody(system: str) -> Unauthorized:
    """The credentials are those of nobody: Zendesk answers them like a visitor, without an error."""
    return Unauthorized(
        Problem(
            code="not_authorized",
            summary=f"{system} does not know who we are.",
            why="It answered as it does to an anonymous visitor, which wrong credentials make us.",
            remedy="Check what auth in samtale.yaml refers to; connect the account again if it was revoked.",
            command="samtale connect",
        )
    )


_FIX = "Correct the value in either system, or take the property out of the model."
_LINK = "Link the two records, or correct the value in one of the systems."


def _paths(one: Complaint, spec: CollectionSpec, values: Mapping[str, Raw], value_of: str | None) -> tuple[str, ...]:
    """The properties that a complaint is about. A clash of ``external_id`` is told in words alone, under ``name``."""
    known = {p.path for p in spec.properties}
    if one.text.casefold().startswith("external"):
        return ("external_id",)
    if one.field == "value" and value_of is not None:
        return (value_of,)
    path = one.field if one.field in known else _NAMES.get(one.field, "")
    if path in known:
        return (path,)
    named = mentioned(one.text, values)
    custom = tuple(p for p in values if "." in p)
    return named or (custom if len(custom) == 1 else ())


def _is_duplicate(one: Complaint) -> bool:
    text = one.text.casefold()
    return one.code == "DuplicateValue" or "already been taken" in text or "already being used" in text


def _message(said: Any) -> str:
    if not isinstance(said, dict):
        return ""
    error = said.get("error")
    if isinstance(error, dict):
        return f"{error.get('title', '')}: {error.get('message', '')}"
    return str(said.get("description", ""))


def _problem(answer: Answer, code: str, summary: str, why: str, remedy: str) -> Problem:
    return Problem(code=code, summary=summary.format(answer.system), why=why, remedy=remedy)
