"""A pruned and repaired copy of PowerOffice Go's OpenAPI file, made fresh for each run and never kept.

The vendor publishes one file per area; the merged copy that the tests find has lost some things on its way. `REPAIRS`
lists every change with its reason. Run as a script, this prints the list and the size of the copy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.contract.validate import Contract, Repair, pruned

SHARED = Path(os.environ.get("SAMTALE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
FILE = SHARED / "openapi" / "poweroffice-v2.json"
PREFIXES = ("/v2", "/Demo/v2")

_LIST, _ONE = ("get", "post"), ("get", "patch", "delete")
OPERATIONS: dict[str, tuple[str, ...]] = {
    "/ClientIntegrationInformation": ("get",),
    "/Customers": _LIST, "/Customers/{id}": _ONE,
    "/Suppliers": _LIST, "/Suppliers/{id}": _ONE,
    "/Employees": _LIST, "/Employees/{employeeId}": _ONE,
    "/ContactPersons": ("get",), "/ContactPersons/{contactId}": ("post",), "/ContactPersons/{contactId}/{id}": _ONE,
    "/Departments": _LIST, "/Departments/{id}": _ONE,
    "/Products": _LIST, "/Products/{id}": _ONE,
    "/Projects": _LIST, "/Projects/{id}": _ONE,
}  # fmt: skip

POST_ONLY: dict[str, frozenset[str]] = {
    "Customer": frozenset({
        "DeliveryTerm", "DepartmentCode", "InvoiceBrandingThemeCode", "PaymentTerm", "SalesPersonEmployeeNumber",
        "SubLedgerNumberSeriesId",
    }),
    "Supplier": frozenset({"SubLedgerNumberSeriesId"}),
    "Employee": frozenset({"DepartmentCode", "LocationCode", "ManagerEmployeeNo", "SubLedgerNumberSeriesId"}),
    "ContactPerson": frozenset(),
    "Department": frozenset({"ManagerEmployeeNo"}),
    "Product": frozenset({
        "OptionalSalesAccount", "OptionalSalesAccountAgricultureDepartment", "ProductGroupCode", "StandardSalesAccount",
        "StandardSalesAccountAgricultureDepartment",
    }),
    "Project": frozenset({
        "BrandingThemeCode", "CustomerNo", "DeliveryTerm", "DepartmentCode", "LocationCode", "ParentProjectCode",
        "PaymentTerms", "ProjectManagerEmployeeNo",
    }),
}  # fmt: skip
"""Properties of the create schema that the vendor's patch schema does not have."""


def _flat_parameters(document: dict[str, Any]) -> None:
    properties = document["components"]["schemas"]["ResourceParameters"]["properties"]
    flat = [
        {"name": name, "in": "query", "schema": {k: v for k, v in schema.items() if k in ("type", "format")}}
        for name, schema in properties.items()
        if not schema.get("readOnly")
    ]
    for item in document["paths"].values():
        operation = item.get("get", {})
        kept = [p for p in operation.get("parameters", []) if p["name"] != "resourceParameter"]
        if len(kept) != len(operation.get("parameters", [])):
            operation["parameters"] = kept + flat


def _patch_documents(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        if "patch" in item:
            kind = path.split("/")[1].removesuffix("s")
            schemas[f"{kind}PatchDocument"] = {
                "type": "array",
                "items": {"anyOf": list(_patch_operations(schemas, kind))},
            }
            body = item["patch"]["requestBody"]["content"]["application/json-patch+json"]
            body.pop("example", None)
            body["schema"] = {"$ref": f"#/components/schemas/{kind}PatchDocument"}


def _patch_operations(schemas: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Every operation that a patch of this kind may hold: one alternative per property, with its type."""
    values = {}
    for name, schema in schemas[f"{kind}PostDto"]["properties"].items():
        if name in POST_ONLY[kind]:
            continue
        values[f"/{name}"] = schema
        if name == "MailAddress":
            inner = schemas[schema["$ref"].rpartition("/")[2]]["properties"]
            values.update({f"/{name}/{part}": part_schema for part, part_schema in inner.items()})
    writes = [
        {
            "type": "object",
            "required": ["op", "path", "value"],
            "additionalProperties": False,
            "properties": {
                "op": {"type": "string", "enum": ["add", "replace", "test"]},
                "path": {"type": "string", "enum": [path]},
                "value": schema,
            },
        }
        for path, schema in values.items()
    ]
    removal = {
        "type": "object",
        "required": ["op", "path"],
        "additionalProperties": False,
        "properties": {
            "op": {"type": "string", "enum": ["remove"]},
            "path": {"type": "string", "enum": list(values)},
        },
    }
    return [*writes, removal]


def _problem_details(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["ProblemDetails"] = {
        "type": "object",
        "required": ["title", "detail"],
        "properties": {
            "type": {"type": "string", "nullable": True},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string", "nullable": True},
        },
    }


def _problem_media_type(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                for media in list(content.values()):
                    if media["schema"].get("$ref", "").endswith("/ProblemDetails"):
                        content["application/problem+json"] = deepcopy(media)


def _nullable_addresses(document: dict[str, Any]) -> None:
    for name in ("ContactAddressDto", "ContactAddressPostDto", "AddressDto", "AddressPostDto"):
        if name in document["components"]["schemas"]:
            document["components"]["schemas"][name]["nullable"] = True


def _nullable_enums(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        if "enum" in schema and schema.get("nullable"):
            schema["enum"] = [*schema["enum"], None]


def _token_endpoint(document: dict[str, Any]) -> None:
    text = {"type": "string"}
    document["paths"]["/OAuth/Token"] = {
        "servers": [{"url": "http://contract.invalid"}, {"url": "http://contract.invalid/Demo"}],
        "post": {
            "parameters": [
                {
                    "name": "Authorization",
                    "in": "header",
                    "required": True,
                    "schema": {"type": "string", "pattern": "^Basic "},
                },
                {"name": "Ocp-Apim-Subscription-Key", "in": "header", "required": True, "schema": text},
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/x-www-form-urlencoded": {
                        "schema": {
                            "type": "object",
                            "required": ["grant_type"],
                            "additionalProperties": False,
                            "properties": {"grant_type": {"type": "string", "enum": ["client_credentials"]}},
                        }
                    }
                },
            },
            "responses": {
                "200": {
                    "description": "a token",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["access_token", "token_type", "expires_in"],
                                "additionalProperties": False,
                                "properties": {
                                    "access_token": text,
                                    "token_type": text,
                                    "expires_in": {"type": "integer"},
                                },
                            }
                        }
                    },
                },
                "400": {
                    "description": "an error of RFC 6749",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["error"],
                                "properties": {"error": text, "error_description": text},
                            }
                        }
                    },
                },
                "401": {"description": "no such subscription key"},
                "429": {"description": "too many requests"},
            },
        },
    }


def _required_headers(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        if path != "/OAuth/Token":
            for operation in item.values():
                operation.setdefault("parameters", []).extend(
                    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
                    for name in ("Authorization", "Ocp-Apim-Subscription-Key")
                )


REPAIRS: tuple[Repair, ...] = (
    Repair(
        reason="The paging parameters are shown as one object `resourceParameter`, but clients send them flat.",
        apply=_flat_parameters,
    ),
    Repair(
        reason="Null stands for an absent address in answers and patches; the schemas do not say so, and a reference "
        "cannot carry `nullable`.",
        apply=_nullable_addresses,
    ),
    Repair(
        reason="An enum that is nullable must also list null (OpenAPI 3.0.3 says so plainly; the file does not do it).",
        apply=_nullable_enums,
    ),
    Repair(
        reason="The patch schemas of the types were lost in the merge, and the general one allows only objects as "
        "values; each type gets its patchable properties, in exact case, with the types of its create schema.",
        apply=_patch_documents,
    ),
    Repair(
        reason="Error keys have capitals in the schema, but lower case in every example and captured body.",
        apply=_problem_details,
    ),
    Repair(
        reason="Errors may come as application/problem+json (RFC 7807), which the file does not list.",
        apply=_problem_media_type,
    ),
    Repair(
        reason="The token endpoint is described in a file of its own, which the merge left out.",
        apply=_token_endpoint,
    ),
    Repair(
        reason="The security schemes were lost in the merge: every call needs token and subscription key.",
        apply=_required_headers,
    ),
)


def poweroffice_contract() -> Contract:
    """The contract of PowerOffice Go. Raises FileNotFoundError when the vendor's file is not there."""
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return Contract(pruned(document, OPERATIONS, REPAIRS), prefixes=PREFIXES)


if __name__ == "__main__":
    for number, repair in enumerate(REPAIRS, 1):
        print(f"{number}. {repair.reason}")
    result = pruned(json.loads(FILE.read_text(encoding="utf-8")), OPERATIONS, REPAIRS)
    print(f"{len(result['paths'])} paths, {len(json.dumps(result)):,} characters")
