"""The shapes of Zoho's answers: refusals, per-item results and the HTTP status that goes with a batch.

Knows envelopes and codes only, as Zoho's "Status Codes & Errors" page and its OpenAPI files give them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samtale.simulators.base import Response, json_response

Json = dict[str, Any]


class Refusal(Exception):
    """Zoho says no: to one item of a batch, or to the whole request with `status`."""

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None, *, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.status = status

    def shown(self) -> Json:
        """The error envelope, the same for an item and for a whole request."""
        return {"code": self.code, "details": self.details, "message": self.message, "status": "error"}


def invalid(message: str = "invalid data", **details: Any) -> Refusal:
    """INVALID_DATA, the code for most of what can be wrong with a value."""
    return Refusal("INVALID_DATA", message, details)


def missing_parameter(name: str) -> Refusal:
    """A query parameter is required and absent."""
    return Refusal("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {"param_name": name})


def several(refusals: Sequence[Refusal]) -> Refusal:
    """One refusal as it is; more than one as MULTIPLE_OR_MULTI_ERRORS with all of them inside."""
    if len(refusals) == 1:
        return refusals[0]
    errors = [refusal.shown() for refusal in refusals]
    return Refusal("MULTIPLE_OR_MULTI_ERRORS", "multiple errors", {"errors": errors})


def refused(refusal: Refusal) -> Response:
    """A request-level fault: the bare error object."""
    return json_response(refusal.status, refusal.shown())


def succeeded(message: str, details: Json, **more: Any) -> Json:
    """One item of a batch that went well; upsert adds `action` and `duplicate_field`."""
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success", **more}


def batch(results: Sequence[Json], *, all_well: int, wrapper: str = "data") -> Response:
    """Results in input order: `all_well` (200 or 201), 207 when some failed, 400 when all did.

    A lone ALREADY_MODIFIED is 412 (Zoho, "Update Records"). What a batch of which *some* items are already modified
    gets is not documented: 207 here [inferred].
    """
    errors = [result for result in results if result["status"] == "error"]
    if not errors:
        status = all_well
    elif len(errors) < len(results):
        status = 207
    elif all(error["code"] == "ALREADY_MODIFIED" for error in errors):
        status = 412
    else:
        status = 400
    return json_response(status, {wrapper: list(results)})


def nothing(status: int = 204) -> Response:
    """No rows: 204 (or 304 with If-Modified-Since), and never a body."""
    return Response(status)
