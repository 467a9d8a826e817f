"""A pruned and repaired copy of Zendesk's OpenAPI file, made fresh for each run and never kept.

The file describes answers well and requests hardly: `REPAIRS` lists every change with its reason. What it lacks (merges
of organizations, the token endpoint) is restated from Zendesk's newer reference. Run as a script, this prints the list
and the size of the copy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from tests.contract.prune_zoho import SHARED
from tests.contract.validate import Contract, Repair, pruned

FILE = SHARED / "openapi" / "zendesk.yaml"
API = "/api/v2"

OPERATIONS: dict[str, tuple[str, ...]] = {
    f"{API}{path}": methods
    for path, methods in {
        "/users": ("get", "post"),
        "/users/me": ("get",),
        "/users/show_many": ("get",),
        "/users/search": ("get",),
        "/users/{user_id}": ("get", "put", "delete"),
        "/users/{user_id}/identities": ("get", "post"),
        "/users/{user_id}/identities/{user_identity_id}": ("get", "put", "delete"),
        "/users/{user_id}/identities/{user_identity_id}/make_primary": ("put",),
        "/users/{user_id}/organizations/{organization_id}": ("delete",),
        "/users/{user_id}/organizations/{organization_id}/make_default": ("put",),
        "/users/{user_id}/merge": ("put",),
        "/deleted_users": ("get",),
        "/organizations": ("get", "post"),
        "/organizations/show_many": ("get",),
        "/organizations/search": ("get",),
        "/organizations/{organization_id}": ("get", "put", "delete"),
        "/organization_memberships": ("post",),
        "/incremental/users/cursor": ("get",),
        "/incremental/organizations": ("get",),
        "/user_fields": ("get",),
        "/organization_fields": ("get",),
    }.items()
}
#: Lists by cursor; the memberships of one user are in the file only as a plain list of all.
LISTS = tuple(f"{API}{path}" for path in (
    "/users", "/organizations", "/users/{user_id}/identities", "/user_fields", "/organization_fields", "/deleted_users",
))  # fmt: skip


class _Constructor(SafeConstructor):
    """Reads the bare `=` that the file holds as text, which YAML 1.1 gives a meaning of its own."""


_Constructor.add_constructor("tag:yaml.org,2002:value", SafeConstructor.construct_yaml_str)
_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def document() -> dict[str, Any]:
    """The vendor's file. Raises FileNotFoundError."""
    reader = YAML(typ="safe")
    reader.Constructor = _Constructor
    found: dict[str, Any] = reader.load(FILE.read_text(encoding="utf-8"))
    return found


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document, inner ones too."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _operations(copy: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in copy["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _schema(copy: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = copy["components"]["schemas"][name]
    return found


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "restated", "content": {"application/json": {"schema": schema}}}


def _query(name: str, type_: str = "string") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": type_}}


def _without_examples(copy: dict[str, Any]) -> None:
    copy["components"].pop("examples", None)
    for node in list(_nodes(copy["paths"])) + list(_nodes(copy["components"])):
        node.pop("examples", None)
        if "type" in node or "schema" in node or "$ref" in node:
            node.pop("example", None)


def _pages(copy: dict[str, Any]) -> None:
    for path in LISTS:
        operation = copy["paths"][path]["get"]
        operation.setdefault("parameters", []).extend([_query("page[size]", "integer"), _query("page[after]")])
    meta = {
        "type": "object",
        "required": ["has_more"],
        "properties": {
            "has_more": {"type": "boolean"},
            "after_cursor": {"type": "string", "nullable": True},
            "before_cursor": {"type": "string", "nullable": True},
        },
    }
    for name in ("UsersResponse", "OrganizationsResponse", "UserIdentitiesResponse", "OrganizationFieldsResponse"):
        _schema(copy, name)["properties"]["meta"] = meta


def _memberships_of_one(copy: dict[str, Any]) -> None:
    listed = _answer({"$ref": "#/components/schemas/OrganizationMembershipsResponse"})
    copy["paths"][f"{API}/users/{{user_id}}/organization_memberships"] = {
        "parameters": [{"$ref": "#/components/parameters/UserId"}],
        "get": {"parameters": [_query("page[size]", "integer"), _query("page[after]")], "responses": {"200": listed}},
    }


def _export_by_cursor(copy: dict[str, Any]) -> None:
    copy["components"]["parameters"]["IncrementalUnixTime"]["required"] = False
    export = copy["paths"][f"{API}/incremental/organizations"]["get"]
    export.setdefault("parameters", []).append(_query("per_page", "integer"))


def _empty_is_null(copy: dict[str, Any]) -> None:
    for name in ("UserForAdmin", "UserForEndUser", "DeletedUserObject", "OrganizationObject"):
        for path, schema in _schema(copy, name)["properties"].items():
            if path not in ("id", "name", "url", "created_at", "updated_at"):
                schema["nullable"] = True
    inner = _schema(copy, "OrganizationObject")["properties"]["organization_fields"]["additionalProperties"]
    inner["oneOf"] = [{"type": "string", "nullable": True}, {"type": "number"}, {"type": "boolean"}]


def _errors(copy: dict[str, Any]) -> None:
    told = {
        "anyOf": [
            {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
            {
                "type": "object",
                "required": ["error"],
                "properties": {"error": {"type": "object", "required": ["title", "message"]}},
            },
            {"type": "object", "required": ["errors"], "properties": {"errors": {"type": "array", "minItems": 1}}},
        ]
    }
    for _, _, operation in _operations(copy):
        for status in ("400", "401", "403", "404", "422", "429"):
            operation["responses"][status] = _answer(told)
            if status == "429":
                operation["responses"][status]["content"]["text/plain"] = {"schema": {"type": "string"}}


def _bodies(copy: dict[str, Any]) -> None:
    texts = {name: {"type": "string", "nullable": True} for name in ("name", "details", "notes", "external_id")}
    fields = {"organization_fields": {"type": "object"}, "tags": {"type": "array", "items": {"type": "string"}}}
    organization = {"type": "object", "additionalProperties": False, "properties": {**texts, **fields}}
    identity = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "enum": ["email", "phone_number"]},
            "value": {"type": "string"},
            "verified": {"type": "boolean"},
            "skip_verify_email": {"type": "boolean"},
        },
    }
    membership = {
        "type": "object",
        "required": ["user_id", "organization_id"],
        "properties": {"user_id": {"type": "integer"}, "organization_id": {"type": "integer"}},
    }
    for path, method, name, schema in (
        ("/organizations", "post", "organization", {**organization, "required": ["name"]}),
        ("/organizations/{organization_id}", "put", "organization", organization),
        ("/users/{user_id}/identities", "post", "identity", {**identity, "required": ["type", "value"]}),
        ("/users/{user_id}/identities/{user_identity_id}", "put", "identity", identity),
        ("/organization_memberships", "post", "organization_membership", membership),
    ):
        whole = {"type": "object", "required": [name], "additionalProperties": False, "properties": {name: schema}}
        copy["paths"][f"{API}{path}"][method]["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": whole}},
        }


def _merges(copy: dict[str, Any]) -> None:
    status = {"type": "string", "enum": ["new", "in_progress", "error", "complete"]}
    texts = {name: {"type": "string"} for name in ("id", "url")}
    ids = {name: {"type": "integer"} for name in ("loser_id", "winner_id")}
    merge = {
        "type": "object",
        "required": [*texts, *ids, "status"],
        "properties": {**texts, **ids, "status": status},
    }
    listed = {
        "type": "object",
        "required": ["organization_merges"],
        "properties": {"organization_merges": {"type": "array", "items": merge}},
    }
    copy["paths"][f"{API}/organizations/{{organization_id}}/merges"] = {
        "parameters": [{"$ref": "#/components/parameters/OrganizationId"}],
        "get": {
            "parameters": [_query("page[size]", "integer"), _query("page[after]")],
            "responses": {"200": _answer(listed)},
        },
    }


def _tokens(copy: dict[str, Any]) -> None:
    names = ("grant_type", "client_id", "client_secret", "scope")
    asked = {
        "type": "object",
        "required": list(names),
        "additionalProperties": False,
        "properties": {
            **{name: {"type": "string"} for name in (*names, "refresh_token")},
            "grant_type": {"type": "string", "enum": ["refresh_token", "client_credentials"]},
        },
    }
    lives = {"type": "integer", "minimum": 1}
    granted = {
        "type": "object",
        "required": ["access_token", "token_type", "scope", "expires_in"],
        "properties": {
            **{name: {"type": "string"} for name in ("access_token", "token_type", "scope", "refresh_token")},
            "expires_in": lives,
            "refresh_token_expires_in": lives,
        },
    }
    copy["paths"]["/oauth/tokens"] = {
        "post": {
            "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
            "responses": {"200": _answer(granted)},
        }
    }


def _any_credentials(copy: dict[str, Any]) -> None:
    copy.pop("security", None)


REPAIRS: tuple[Repair, ...] = (
    Repair(reason="Examples are no part of the contract, and hold bare dates.", apply=_without_examples),
    Repair(
        reason="The pages on pagination give every list page[size] and page[after], and meta in the answer; the file "
        "declares neither.",
        apply=_pages,
    ),
    Repair(
        reason="The page Organization Memberships lists those of one user under the user; the file has the list of all "
        "alone.",
        apply=_memberships_of_one,
    ),
    Repair(
        reason="start_time belongs to the first call only, a cursor to the others; per_page is documented for "
        "organizations too.",
        apply=_export_by_cursor,
    ),
    Repair(
        reason="What is empty reads null in the examples of the documentation; the file lets few properties be null, "
        "and custom fields neither be null nor checkboxes.",
        apply=_empty_is_null,
    ),
    Repair(
        reason="Errors are described in prose, in several envelopes, 429 also as plain text; the file has one 429.",
        apply=_errors,
    ),
    Repair(
        reason="The file has no bodies for organizations, identities and memberships; those of the samples are "
        "restated, without what a client must not send unasked (domain_names).",
        apply=_bodies,
    ),
    Repair(reason="The newer reference lists the merges of an organization.", apply=_merges),
    Repair(reason="The newer reference has the token endpoint for grant types.", apply=_tokens),
    Repair(reason="Beside HTTP Basic, Zendesk takes Bearer tokens.", apply=_any_credentials),
)


@cache
def zendesk_contract() -> Contract:
    """The contract of Zendesk. Raises FileNotFoundError when the file is not there."""
    return Contract(pruned(document(), OPERATIONS, REPAIRS), prefixes=("",))


if __name__ == "__main__":
    for number, repair in enumerate(REPAIRS, 1):
        print(f"{number}. {repair.reason}")
    result = pruned(document(), OPERATIONS, REPAIRS)
    print(f"{len(result['paths'])} paths, {len(json.dumps(result)):,} characters")
