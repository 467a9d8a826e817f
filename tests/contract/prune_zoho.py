"""A pruned and repaired copy of Zoho CRM's OpenAPI files, made fresh for each run and never kept.

Zoho publishes one file per area; this joins those that a synchronization needs. They are newer than what the copies of
its documentation describe, and in places stricter than the service they document: `REPAIRS` lists every change with its
reason. Run as a script, this prints the list and the size of the copy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.contract.validate import Contract, Repair, pruned

SHARED = Path(os.environ.get("SAMTALE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
FOLDER = SHARED / "openapi" / "zoho" / "v8-oas31-2026-08"
AREAS = ("record", "fields", "coql", "module-search", "recycle-bin", "org", "users")
API = "/crm/v8"

OPERATIONS: dict[str, tuple[str, ...]] = {
    f"{API}{path}": methods
    for path, methods in {
        "/{module}": ("get", "post", "put", "delete"),
        "/{module}/{recordID}": ("get", "put", "delete"),
        "/{module}/upsert": ("post",),
        "/{module}/deleted": ("get",),
        "/{module}/search": ("get",),
        "/settings/fields": ("get", "post"),
        "/settings/fields/{fieldId}": ("get",),
        "/settings/recycle_bin": ("get",),
        "/settings/recycle_bin/{recordId}": ("delete",),
        "/settings/recycle_bin/{recordId}/actions/restore": ("post",),
        "/settings/recycle_bin/actions/restore": ("post",),
        "/coql": ("post",),
        "/org": ("get",),
        "/users": ("get",),
        "/users/{user}": ("get",),
    }.items()
}

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["code", "message", "status", "details"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "string", "pattern": "^[A-Z_]+$"},
        "message": {"type": "string"},
        "status": {"type": "string", "enum": ["error"]},
        "details": {"type": "object"},
    },
}
_WRITES = ((f"{API}/{{module}}", "post"), (f"{API}/{{module}}", "put"), (f"{API}/{{module}}/{{recordID}}", "put"),
           (f"{API}/{{module}}/upsert", "post"))  # fmt: skip


def joined() -> dict[str, Any]:
    """The areas as one document; components are named after their area. Raises FileNotFoundError."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Zoho CRM", "version": "v8"},
        "paths": {},
        "components": {},
    }
    for area in AREAS:
        text = (FOLDER / f"zoho-crm-{area}-openapi.json").read_text(encoding="utf-8")
        part = json.loads(text)
        for node in _nodes(part):
            if isinstance(node.get("$ref"), str):
                front, _, name = node["$ref"].rpartition("/")
                node["$ref"] = f"{front}/{area}.{name}"
        for path, item in part["paths"].items():
            document["paths"].setdefault(f"{API}{path}", {}).update(item)
        for kind in ("schemas", "parameters"):
            for name, component in part["components"].get(kind, {}).items():
                document["components"].setdefault(kind, {})[f"{area}.{name}"] = component
    return document


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document, inner ones too."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                yield operation


def _answer(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def _results(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of one result in the data of an answer."""
    found: dict[str, Any] = _schema(document, name)["properties"]["data"]["items"]
    return found


def _bare_errors(document: dict[str, Any]) -> None:
    for operation in _operations(document):
        for status in ("400", "401", "403", "404", "429", "500"):
            content = operation["responses"].get(status, {}).get("content", {}).get("application/json")
            if content is None:
                operation["responses"][status] = _answer(_ERROR, "a fault of the whole request")
            else:
                content["schema"] = {"anyOf": [content["schema"], _ERROR]}


def _pages_of_200(document: dict[str, Any]) -> None:
    _schema(document, "record.RecordGETSucessResponse")["properties"]["data"]["maxItems"] = 200


def _no_more_pages(document: dict[str, Any]) -> None:
    info = _schema(document, "record.RecordGETSucessResponse")["properties"]["info"]["properties"]
    for name in ("next_page_token", "previous_page_token", "page_token_expiry"):
        info[name]["type"] = ["string", "null"]


def _addresses_of_users(document: dict[str, Any]) -> None:
    record = _results(document, "record.RecordGETSucessResponse")["properties"]
    for name in ("Created_By", "Modified_By"):
        record[name]["properties"]["email"] = {"type": "string"}


def _unchanged(document: dict[str, Any]) -> None:
    document["paths"][f"{API}/{{module}}"]["get"]["responses"]["304"] = {"description": "nothing changed"}


def _mixed_results(document: dict[str, Any]) -> None:
    for path, method in _WRITES:
        good = deepcopy(_results(document, "record.RecordSuccessResponse"))
        if path.endswith("upsert"):
            good["properties"] |= {
                "action": {"enum": ["insert", "update"]},
                "duplicate_field": {"type": ["string", "null"]},
            }
            whole = deepcopy(_schema(document, "record.RecordSuccessResponse"))
            whole["properties"]["data"]["items"] = good
            document["paths"][path][method]["responses"]["200"] = _answer(whole, "all went well")
        mixed = {
            "type": "object",
            "required": ["data"],
            "properties": {
                "data": {
                    "type": "array",
                    "minItems": 2,
                    "maxItems": 100,
                    "items": {"anyOf": [good, _results(document, "record.RecordsErrorResponse")]},
                }
            },
        }
        document["paths"][path][method]["responses"]["207"] = _answer(mixed, "some went well")


def _more_codes(document: dict[str, Any]) -> None:
    codes = _results(document, "record.RecordsErrorResponse")["properties"]["code"]["enum"]
    codes += ["RECORD_IN_BLUEPRINT", "NOT_APPROVED", "ALREADY_MODIFIED"]


def _refused_deletions(document: dict[str, Any]) -> None:
    errors = _schema(document, "record.RecordsErrorResponse")
    for path in (f"{API}/{{module}}", f"{API}/{{module}}/{{recordID}}"):
        responses = document["paths"][path]["delete"]["responses"]
        content = responses["400"]["content"]["application/json"]
        content["schema"] = {"anyOf": [content["schema"], errors]}


def _optional_include(document: dict[str, Any]) -> None:
    document["components"]["parameters"]["fields.Includes"]["required"] = False


def _readable_patterns(document: dict[str, Any]) -> None:
    for node in _nodes(document):
        if isinstance(node.get("pattern"), str) and r"\p{" in node["pattern"]:
            del node["pattern"]


def _a_hundred_ids(document: dict[str, Any]) -> None:
    for name in ("record.Ids", "record.Fields"):
        document["components"]["parameters"][name]["schema"]["maxLength"] = 100 * 51


def _own_token_scheme(document: dict[str, Any]) -> None:
    header = {
        "name": "Authorization",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": "^Zoho-oauthtoken [^ ]+$"},
    }
    for operation in _operations(document):
        operation.pop("security", None)
        operation.setdefault("parameters", []).append(header)


def _token_endpoint(document: dict[str, Any]) -> None:
    texts = ("access_token", "refresh_token", "scope", "api_domain", "token_type")
    granted = {
        "type": "object",
        "required": ["access_token", "api_domain", "token_type", "expires_in"],
        "additionalProperties": False,
        "properties": {**{name: {"type": "string"} for name in texts}, "expires_in": {"type": "integer"}},
    }
    refused = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    names = ("grant_type", "client_id", "client_secret", "refresh_token", "code", "redirect_uri")
    form = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    document["paths"]["/oauth/v2/token"] = {
        "post": {
            "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names],
            "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": form}}},
            "responses": {
                "200": _answer({"anyOf": [granted, refused]}, "granted, or refused by the error key"),
                "400": _answer(refused, "refused"),
            },
        }
    }


REPAIRS: tuple[Repair, ...] = (
    Repair(
        reason="Faults of a whole request come as a bare error object (the documentation's samples and its page of "
        "status codes); the file wraps them into data, wants resource_path_index in all, and has no 429 for records.",
        apply=_bare_errors,
    ),
    Repair(reason="A page holds up to 200 records; the file says 100.", apply=_pages_of_200),
    Repair(reason="The page tokens and their expiry are null on the last page.", apply=_no_more_pages),
    Repair(reason="Created_By and Modified_By carry an e-mail address as Owner does.", apply=_addresses_of_users),
    Repair(reason="If-Modified-Since answers 304; the file knows neither.", apply=_unchanged),
    Repair(
        reason="Some items may fail: 207 is documented for writes. Upsert tells the action and the field by which it "
        "recognized a record; the file reuses the schema of insert, which forbids both.",
        apply=_mixed_results,
    ),
    Repair(
        reason="Zoho's older file of the same version lists codes for blueprints and approvals; a condition that fails "
        "for one item of several can only be told among the items.",
        apply=_more_codes,
    ),
    Repair(
        reason="A deletion that fails is told with INVALID_DATA in data (the delete page); the file allows "
        "NO_PERMISSION alone.",
        apply=_refused_deletions,
    ),
    Repair(
        reason="`include` asks for more; the file makes it required, no sample of the documentation sends it.",
        apply=_optional_include,
    ),
    Repair(
        reason="Patterns with Unicode classes are not of the dialect that JSON Schema asks for, and Python reads none.",
        apply=_readable_patterns,
    ),
    Repair(
        reason="100 ids of 19 digits, or 50 names of 100 characters, do not fit into the 1,024 characters of the file.",
        apply=_a_hundred_ids,
    ),
    Repair(
        reason="The security scheme stands for Bearer tokens; Zoho takes only its own Zoho-oauthtoken.",
        apply=_own_token_scheme,
    ),
    Repair(reason="The accounts server has no file; its token endpoint is restated here.", apply=_token_endpoint),
)


def zoho_contract() -> Contract:
    """The contract of Zoho CRM and of its token endpoint. Raises FileNotFoundError when the files are not there."""
    return Contract(pruned(joined(), OPERATIONS, REPAIRS), prefixes=("",))


if __name__ == "__main__":
    for number, repair in enumerate(REPAIRS, 1):
        print(f"{number}. {repair.reason}")
    result = pruned(joined(), OPERATIONS, REPAIRS)
    print(f"{len(result['paths'])} paths, {len(json.dumps(result)):,} characters")
