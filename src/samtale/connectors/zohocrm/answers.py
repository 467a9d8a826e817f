"""What Zoho CRM's codes mean. Pure: an item or an answer in, the trouble to raise out.

Source: Zoho's pages for each call, "Status codes" and "API limits". Codes say what happened, HTTP statuses hardly do:
errors come under 200, 201, 202, 207 and 400 alike. So items are judged one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from samtale.connectors.http import Answer, Dialect
from samtale.connectors.wording import masked
from samtale.core.problems import (
    BadAnswer,
    Gone,
    Moved,
    Problem,
    Refused,
    Retry,
    SystemTrouble,
    Taken,
    Unauthorized,
    Uncertain,
)  # fmt: skip
from samtale.ports.connector import CollectionSpec

#: Codes of status 401 that a new access token cures.
STALE_TOKEN = frozenset({"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE", ""})
#: Codes of a token endpoint that mean "too often", with seconds to wait: ten tokens in ten minutes are given out.
THROTTLED = {"Access Denied": 120.0, "access_denied": 120.0}

_NO_ENTRY = frozenset({"NO_PERMISSION", "AUTHORIZATION_FAILED", "OAUTH_SCOPE_MISMATCH", *STALE_TOKEN} - {""})
_LATER = frozenset({"TOO_MANY_REQUESTS"})
_UNKNOWN = frozenset({"INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "UNABLE_TO_PROCESS"})
_ADDRESS = frozenset({"INVALID_MODULE", "INVALID_URL_PATTERN", "API_NOT_SUPPORTED"})
_EXPLAINED = {
    "MANDATORY_NOT_FOUND": "A required value is missing",
    "INVALID_DATA": "A value does not fit the field",
    "DEPENDENT_FIELD_MISSING": "A value that this one depends on is missing",
    "DEPENDENT_MISMATCH": "A value does not fit one that it depends on",
    "RECORD_LOCKED": "Somebody locked the record",
    "RECORD_IN_BLUEPRINT": "The record is in a blueprint, which allows only its own transitions",
    "NOT_APPROVED": "The record waits for approval",
    "LIMIT_EXCEEDED": "A limit of the field or the module is exceeded",
}


class ZohoDialect(Dialect):
    """Zoho's codes in 401, 403 and 429, and its count of remaining credits.

    The header X-API-CREDITS-REMAINING appears when half the day's credits are used ("API limits"). Below ``reserve``
    every call waits a second, so that a person's own tools keep working.
    """

    def __init__(self, reserve: int) -> None:
        self._reserve = reserve

    def renewable(self, answer: Answer) -> bool:
        """A token may be stale; a missing scope stays missing."""
        return code_of(answer.lenient()) in STALE_TOKEN

    def reason(self, answer: Answer) -> str:
        """The code, and the privileges that are missing."""
        said = answer.lenient()
        details = said.get("details") if isinstance(said, dict) else None
        lacking = details.get("permissions") if isinstance(details, dict) else None
        named = f" ({', '.join(map(str, lacking))})" if isinstance(lacking, list) else ""
        return masked(code_of(said) + named)

    def noted(self, headers: Mapping[str, str]) -> float:
        """A second, if few credits are left."""
        left = headers.get("x-api-credits-remaining", "")
        return 1.0 if left.isdigit() and int(left) < self._reserve else 0.0


def code_of(said: Any) -> str:
    """The code of a bare error, or of the first item; empty if there is none."""
    for one in errors_in(said):
        return str(one.get("code", ""))
    return ""


def errors_in(said: Any) -> Iterator[Mapping[str, Any]]:
    """The errors in an answer's body, bare or as items."""
    if not isinstance(said, dict):
        return
    if "code" in said:
        yield said
    for name in ("data", "fields"):
        items = said.get(name)
        yield from (i for i in items if isinstance(i, dict) and is_error(i)) if isinstance(items, list) else ()


def is_error(item: Mapping[str, Any]) -> bool:
    """Whether an item says that something went wrong."""
    return item.get("status") != "success" and item.get("code") != "SUCCESS"


def trouble(answer: Answer, spec: CollectionSpec, item: Mapping[str, Any] | None = None) -> SystemTrouble:
    """The trouble that an item is, or, without one, the first error in the answer."""
    item = item if item is not None else next(errors_in(answer.lenient()), None)
    if item is None:
        return answer.broken("There is neither a result nor an error in it.")
    code = str(item.get("code", ""))
    causes = list(_causes(item))
    paths = tuple(dict.fromkeys(path for cause in causes for path in _paths(cause, spec)))
    why = f"{_EXPLAINED.get(code, masked(str(item.get('message', ''))))} ({code})"
    why = f"{spec.name}: {why}{': ' + ', '.join(paths) if paths else ''}."
    if code in _NO_ENTRY:
        return Unauthorized(_problem(answer, "missing_privilege", "{} does not allow this to Samtale.", why, _GRANT))
    if code in _LATER:
        return Retry(_problem(answer, "busy", "{} asks us to try again later.", why, "Nothing to do."))
    if code in _UNKNOWN:
        kind = BadAnswer if answer.call.safe else Uncertain
        return kind(_problem(answer, "system_failing", "{} has trouble of its own.", why, "Nothing to do."))
    if code in _ADDRESS:
        return BadAnswer(_problem(answer, "no_such_path", "{} does not know this path.", why, "Check base_url."))
    if code == "ALREADY_MODIFIED":
        return moved(answer, spec)
    if code == "INVALID_DATA" and not paths and _about_id(item):
        return gone(answer, spec)
    for cause in causes:
        if cause.get("code") == "DUPLICATE_DATA":
            problem = _problem(answer, "taken", "{} has another record with a value that must be unique.", why, _LINK)
            return Taken(problem, properties=paths, key=_owner(cause))
    return Refused(_problem(answer, "refused", "{} refuses a record.", why, _FIX), properties=paths)


def moved(answer: Answer, spec: CollectionSpec) -> Moved:
    """The record was edited after the version that the write was decided on."""
    return Moved(
        _problem(answer, "moved", "A record of {} was edited in the meantime.", f"In {spec.name}.", "Nothing to do.")
    )


def gone(answer: Answer, spec: CollectionSpec) -> Gone:
    """There is no such record."""
    return Gone(_problem(answer, "gone", "A record of {} does not exist any more.", f"In {spec.name}.", ""))


def silently(answer: Answer, spec: CollectionSpec, paths: tuple[str, ...]) -> Refused:
    """The system said yes and changed nothing."""
    why = f"In {spec.name}: {', '.join(paths)}."
    problem = _problem(answer, "silently_ignored", "{} accepted a write and did not carry it out.", why, _FIX)
    return Refused(problem, properties=paths)


_FIX = "Correct the value in either system, or take the property out of the model."
_LINK = "Link the two records, or correct the value in one of the systems."
_GRANT = "Give the user who connected Zoho CRM the permission, or connect again with all scopes."


def _causes(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An item, or what MULTIPLE_OR_MULTI_ERRORS gathers."""
    details = item.get("details")
    inner = details.get("errors") if isinstance(details, Mapping) else None
    inner = inner if isinstance(inner, list) else item.get("errors")
    if isinstance(inner, list) and inner:
        yield from (one for one in inner if isinstance(one, Mapping))
    else:
        yield item


def _paths(item: Mapping[str, Any], spec: CollectionSpec) -> list[str]:
    """The property that an error is about; expected_fields and dependees name several."""
    details = item.get("details")
    if not isinstance(details, Mapping):
        return []
    listed = details.get("expected_fields")
    about = [details, *(e for e in listed if isinstance(e, Mapping))] if isinstance(listed, list) else [details]
    known = {p.path for p in spec.properties}
    named = [str(e["api_name"]) for e in about if e.get("api_name") not in (None, spec.key)]
    return [name if name in known or f"{name}.id" not in known else f"{name}.id" for name in named]


def _about_id(item: Mapping[str, Any]) -> bool:
    """Whether INVALID_DATA means the record's own id: then it is gone."""
    details = item.get("details")
    api_name = details.get("api_name") if isinstance(details, Mapping) else None
    return api_name in (None, "id")


def _owner(item: Mapping[str, Any]) -> str | None:
    details = item.get("details")
    other = details.get("duplicate_record") if isinstance(details, Mapping) else None
    key = other.get("id") if isinstance(other, Mapping) else None
    if key is None and isinstance(details, Mapping):
        key = details.get("id")
    return str(key) if key is not None else None


def _problem(answer: Answer, code: str, summary: str, why: str, remedy: str) -> Problem:
    return Problem(code=code, summary=summary.format(answer.system), why=why, remedy=remedy)
