"""How Zendesk says no: four envelopes and plain text, none of them universal.

Follows the error examples in Zendesk's API reference; which envelope a fault gets is what live probing by third
parties showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samtale.simulators.base import Response, json_response


class Refusal(Exception):
    """A call that is answered with an error; `response` is that answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def invalid(field: str, description: str, error: str = "InvalidValue") -> Refusal:
    """A value that cannot be stored: 422 with the property under `details`."""
    details = {field: [{"description": description, "error": error}]}
    said = {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
    return Refusal(json_response(422, said))


def taken(field: str, description: str) -> Refusal:
    """A value that must be unique and is not."""
    return invalid(field, description, "DuplicateValue")


def not_found() -> Refusal:
    """There is no such record."""
    return Refusal(json_response(404, {"error": "RecordNotFound", "description": "Not found"}))


def no_endpoint() -> Refusal:
    """There is no such path, or not in this plan."""
    return Refusal(json_response(404, {"error": "InvalidEndpoint", "description": "Not found"}))


def forbidden() -> Refusal:
    """The account's role or the token's scopes do not suffice."""
    said = {"error": {"title": "Forbidden", "message": "You do not have access to this page."}}
    return Refusal(json_response(403, said))


def malformed(title: str, message: str) -> Refusal:
    """A parameter or a body that cannot be understood."""
    return Refusal(json_response(400, {"error": {"title": title, "message": message}}))


def listed(status: int, code: str, title: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """An error as newer endpoints tell it."""
    return Refusal(json_response(status, {"errors": [{"code": code, "title": title}]}, headers))


def unauthenticated(why: str = "Couldn't authenticate you") -> Refusal:
    """Credentials that open nothing."""
    return Refusal(json_response(401, {"error": why}))


def plainly(status: int, text: str, headers: Mapping[str, str]) -> Refusal:
    """An error as plain text."""
    return Refusal(Response(status, {"content-type": "text/plain; charset=utf-8", **headers}, text.encode()))


def whole(value: Any, title: str = "Invalid attribute") -> int:
    """A number in a path or a query. Raises Refusal (400)."""
    if not str(value).isascii() or not str(value).isdigit():
        raise malformed(title, "You passed an invalid value. It must be an integer")
    return int(value)
