"""Holds exchanges of HTTP to a vendor's own OpenAPI file.

`Contract(document, prefixes=...)` takes a pruned copy of the vendor's file (see `prune_*.py`); the host is ignored, the
path must begin with one of the prefixes. Beyond what the OpenAPI library checks, an undocumented query parameter and an
undocumented status break the contract too, and so does a request that matches no operation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from jsonschema.exceptions import best_match
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.finders import APICallPathFinder
from werkzeug.datastructures import Headers, ImmutableMultiDict

from samtale.simulators.base import Request, Response

_ALSO_JSON = ("application/json-patch+json", "application/problem+json", "text/json")
_HOST = "http://contract.invalid"

Handler = Callable[[Request], Response]


class ContractBroken(AssertionError):
    """A request or a response that the vendor's file does not allow."""


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One change to a vendor's file, with the reason why the file is wrong or of no use as it is.

    `apply` changes the document in place.
    """

    reason: str
    apply: Callable[[dict[str, Any]], None]


def pruned(
    document: Mapping[str, Any], operations: Mapping[str, Sequence[str]], repairs: Sequence[Repair]
) -> dict[str, Any]:
    """A repaired copy with only the given methods of the given paths. Raises KeyError when one of them is not there."""
    copy: dict[str, Any] = deepcopy(dict(document))
    copy["paths"] = {
        path: {
            **{method: copy["paths"][path][method] for method in methods},
            **{key: copy["paths"][path][key] for key in ("parameters",) if key in copy["paths"][path]},
        }
        for path, methods in operations.items()
    }
    for repair in repairs:
        repair.apply(copy)
    return copy


@dataclass
class _LibraryRequest:
    """A request in the shape that the OpenAPI library wants."""

    request: Request
    parameters: RequestParameters = field(init=False)
    host_url: str = _HOST

    def __post_init__(self) -> None:
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(self.request.query), header=Headers(list(self.request.headers.items()))
        )

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def method(self) -> str:
        return self.request.method.lower()

    @property
    def content_type(self) -> str:
        return self.request.header("content-type").partition(";")[0].strip().lower()

    @property
    def body(self) -> bytes | None:
        return self.request.body or None


@dataclass
class _LibraryResponse:
    """A response in the shape that the OpenAPI library wants."""

    response: Response

    @property
    def status_code(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Headers:
        return Headers(list(self.response.headers.items()))

    @property
    def content_type(self) -> str:
        given = {name.lower(): value for name, value in self.response.headers.items()}
        return given.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def data(self) -> bytes | None:
        return self.response.body or None


class Contract:
    """A vendor's API as its file describes it."""

    def __init__(self, document: Mapping[str, Any], *, prefixes: Sequence[str]) -> None:
        """`prefixes` are the paths under which the API is served, such as `/v2`; an empty one is the root."""
        copy = {**document, "servers": [{"url": f"{_HOST}{prefix}"} for prefix in prefixes]}
        readers: dict[str, Callable[[bytes], Any]] = dict.fromkeys(_ALSO_JSON, json.loads)
        self._api = OpenAPI.from_dict(copy, config=Config(extra_media_type_deserializers=readers))
        self._finder = APICallPathFinder(self._api.spec)

    def check_exchange(self, request: Request, response: Response) -> None:
        """Both halves of an exchange. Raises ContractBroken."""
        self.check_request(request)
        self.check_response(request, response)

    def check_request(self, request: Request) -> None:
        """Raises ContractBroken when the vendor's file has no such request."""
        asked = _LibraryRequest(request)
        operation = self._operation(request)
        documented = {p["name"].lower() for p in operation.get("parameters", []) if p["in"] == "query"}
        unknown = sorted({name for name, _ in request.query if name.lower() not in documented})
        if unknown:
            raise ContractBroken(f"{_told(request)}: undocumented query parameters {', '.join(unknown)}")
        try:
            self._api.validate_apicall_request(asked)
        except OpenAPIError as error:
            sent = request.body[:500].decode(errors="replace")
            raise ContractBroken(f"{_told(request)}: {_reason(error)}; sent: {sent}") from error

    def check_response(self, request: Request, response: Response) -> None:
        """Raises ContractBroken when the vendor's file has no such answer to this request."""
        operation = self._operation(request)
        if str(response.status) not in operation["responses"]:
            raise ContractBroken(f"{_told(request)}: the status {response.status} is not documented")
        try:
            self._api.validate_apicall_response(_LibraryRequest(request), _LibraryResponse(response))
        except OpenAPIError as error:
            raise ContractBroken(f"{_told(request)} answered {response.status}: {_reason(error)}") from error

    def watching(self, handler: Handler) -> Handler:
        """The handler, with every exchange checked on its way; a cut connection leaves the request to be checked."""

        def watched(request: Request) -> Response:
            self.check_request(request)
            response = handler(request)
            self.check_response(request, response)
            return response

        return watched

    def _operation(self, request: Request) -> dict[str, Any]:
        try:
            found = self._finder.find(request.method.lower(), f"{_HOST}{request.path}")
        except OpenAPIError as error:
            raise ContractBroken(f"{_told(request)} matches no operation of the vendor's file") from error
        with found.operation.resolve() as resolved, found.path.resolve() as path:
            own, shared = resolved.contents.get("parameters", []), path.contents.get("parameters", [])
            return {**resolved.contents, "parameters": [self._whole(p) for p in (*shared, *own)]}

    def _whole(self, parameter: dict[str, Any]) -> dict[str, Any]:
        """A parameter with its reference followed."""
        if "$ref" not in parameter:
            return parameter
        place: Any = self._api.spec.read_value()
        for step in parameter["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        found: dict[str, Any] = place
        return found


def _told(request: Request) -> str:
    return f"{request.method} {request.path}"


def _reason(error: BaseException) -> str:
    """What failed, and the innermost reason that the library gives, with its place in the document."""
    outer = str(error)
    while error.__cause__ is not None:
        error = error.__cause__
    found = best_match(getattr(error, "schema_errors", ()) or ())
    return f"{outer}: {found.message} at {found.json_path}" if found is not None else f"{outer}: {error}"
