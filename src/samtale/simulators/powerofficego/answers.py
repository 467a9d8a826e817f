"""The vendor's ways of saying no, and its way of writing times.

Errors are problem details (RFC 7807) with lower-case keys and no machine-readable code; what API Management in front of
the API answers itself has `statusCode` and `message` instead (vendor's examples of each area; token endpoint's spec).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from samtale.simulators.base import Response, json_response


class Refused(Exception):
    """The API refuses a request; `response` is what it says."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.response = json_response(
            status,
            {"title": title, "status": status, "detail": detail, **more},
            {"content-type": "application/problem+json; charset=utf-8"},
        )


def validation(noun: str, detail: str, status: int = 400) -> Refused:
    """What a body or patch of a type gets that breaks a rule; also 404 when it refers to something absent."""
    return Refused(status, f"{_spoken(noun)} validation error(s)", detail)


def not_found(noun: str, id_: object) -> Refused:
    """What an unknown Id gets."""
    return Refused(404, "Object(s) not found", f"{_spoken(noun)} with id = {id_} not found.")


def cannot_cast(detail: str) -> Refused:
    """What an unreadable filter or path value gets."""
    return Refused(400, "Unable to cast object(s)", detail)


def gateway(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """What API Management answers before the API is reached."""
    return json_response(status, {"statusCode": status, "message": message}, headers)


def _spoken(noun: str) -> str:
    """`ContactPerson` as the texts write it: `Contact person`."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda m: f" {m[1].lower()}", noun)


_STAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,7}))? ?(Z|[+-]\d{2}:\d{2})?",
    re.IGNORECASE | re.ASCII,
)


def stamp(moment: datetime) -> str:
    """A time as the vendor writes it: UTC with seven digits of fraction (`2024-03-19T10:00:00.1234567Z`)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}{moment.microsecond % 10}Z"


def canonical(text: str) -> str:
    """A time that a client wrote, as the vendor writes it, so that times compare as text; no zone means UTC.

    Raises ValueError for anything else. Reads `2023-10-19T11:05:00.1234567Z` and `2021-09-25 08:03:00.1234567 -00:00`,
    the two forms of the vendor's examples.
    """
    found = _STAMP.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a time")
    day, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z", "z", "-00:00") else zone
    moment = datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction or '':0<7}Z"
