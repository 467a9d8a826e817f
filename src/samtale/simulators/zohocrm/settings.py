"""What a client asks about the organization itself: fields (and a new one), users, the organization, the recycle bin.

Follows Zoho's pages "Fields Metadata", "Create Custom Fields", "Get Users", "Get Organization" and "Recycle Bin".
"""

from __future__ import annotations

import re
from typing import Any

from samtale.simulators.base import Request, Response, json_response
from samtale.simulators.zohocrm.answers import Json, Refusal, batch, invalid, missing_parameter, nothing, succeeded
from samtale.simulators.zohocrm.fields import JSON_TYPES, MODULES, Field, Module, described
from samtale.simulators.zohocrm.reading import PER_PAGE, chosen, whole
from samtale.simulators.zohocrm.table import Deleted, Table, User

NEW_FIELDS = 5
TEXT_LENGTH = 255
LABEL_LENGTH = 25
_CREATABLE = ("text", "textarea", "email", "phone", "website", "picklist", "date", "datetime", "integer", "currency",
              "double", "boolean")  # fmt: skip
_CAN_BE_UNIQUE = frozenset({"text", "email", "phone", "integer", "website"})
USER_TYPES = ("AllUsers", "ActiveUsers", "ConfirmedUsers", "ActiveConfirmedUsers", "CurrentUser", "AdminUsers",
              "ActiveConfirmedAdmins", "DeactiveUsers", "NotConfirmedUsers", "DeletedUsers")  # fmt: skip


class Settings:
    """Answers GET and POST /settings/fields, /settings/recycle_bin, /users and /org."""

    def __init__(self, table: Table) -> None:
        self._table = table

    # -- fields

    def fields(self, request: Request) -> Response:
        """GET /settings/fields?module="""
        module = _module(request)
        fields = self._table.fields[module.api_name].values()
        return json_response(200, {"fields": [self._described(module, field) for field in fields]})

    def field(self, request: Request, key: str) -> Response:
        """GET /settings/fields/{id}?module="""
        module = _module(request)
        for field in self._table.fields[module.api_name].values():
            if self._table.field_id(module.api_name, field.api_name) == key:
                return json_response(200, {"fields": [self._described(module, field)]})
        raise invalid("the id given seems to be invalid", resource_path_index=2)

    def _described(self, module: Module, field: Field) -> Json:
        return described(
            field,
            field_id=self._table.field_id(module.api_name, field.api_name),
            profile_id=self._table.profile_id,
        )

    def create_fields(self, request: Request) -> Response:
        """POST /settings/fields?module=: up to five fields; the API name is made from the label."""
        module = _module(request)
        try:
            body = request.json()
        except ValueError as error:
            raise invalid("body", expected_data_type="jsonobject") from error
        wanted = body.get("fields") if isinstance(body, dict) else None
        where = {"api_name": "fields", "json_path": "$.fields"}
        if not isinstance(wanted, list) or not wanted:
            raise Refusal("MANDATORY_NOT_FOUND", "required field not found", where)
        if len(wanted) > NEW_FIELDS:
            raise Refusal("LIMIT_EXCEEDED", "too many fields in one call", {"limit": NEW_FIELDS})
        fields = [self._new_field(module, one, place) for place, one in enumerate(wanted)]
        results = []
        for field in fields:
            self._table.fields[module.api_name][field.api_name] = field
            key = self._table.field_id(module.api_name, field.api_name)
            results.append(succeeded("field created", {"id": key}))
        return batch(results, all_well=201, wrapper="fields")

    def _new_field(self, module: Module, wanted: Any, place: int) -> Field:
        """One field to be made. Raises Refusal, for the whole request."""
        path = f"$.fields[{place}]"
        if not isinstance(wanted, dict):
            raise invalid(expected_data_type="jsonobject", api_name="fields", json_path=path)
        for name in ("field_label", "data_type"):
            if not isinstance(wanted.get(name), str) or not wanted[name].strip():
                raise Refusal(
                    "MANDATORY_NOT_FOUND", "required field not found", {"api_name": name, "json_path": f"{path}.{name}"}
                )
        label, data_type = wanted["field_label"].strip(), wanted["data_type"]
        at_label = {"api_name": "field_label", "json_path": f"{path}.field_label"}
        if len(label) > LABEL_LENGTH:
            raise invalid(maximum_length=LABEL_LENGTH, **at_label)
        if data_type not in _CREATABLE:
            at_type = {"api_name": "data_type", "json_path": f"{path}.data_type"}
            raise invalid(supported_values=list(_CREATABLE), **at_type)
        api_name = re.sub(r"\W+", "_", label, flags=re.ASCII).strip("_")
        if not re.match(r"[A-Za-z]", api_name):
            raise invalid(**at_label)
        if api_name.lower() in {name.lower() for name in self._table.fields[module.api_name]}:
            raise Refusal("DUPLICATE_DATA", "duplicate data", at_label)
        unique = wanted.get("unique")
        if unique and data_type not in _CAN_BE_UNIQUE:
            raise Refusal(
                "NOT_ALLOWED", "this data type cannot be unique", {"api_name": "unique", "json_path": f"{path}.unique"}
            )
        return Field(
            api_name=api_name,
            label=label,
            data_type=data_type,
            length=self._length(wanted, data_type, path),
            unique=None if not unique else bool(isinstance(unique, dict) and unique.get("case_sensitive")),
            choices=tuple(str(one.get("actual_value")) for one in wanted.get("pick_list_values") or []),
            custom=True,
        )

    def _length(self, wanted: Json, data_type: str, path: str) -> int | None:
        if JSON_TYPES[data_type] != "string" or data_type in {"date", "datetime"}:
            return 9 if data_type == "integer" else None
        most = 32_000 if data_type == "textarea" else TEXT_LENGTH
        length = wanted.get("length", most)
        if not isinstance(length, int) or not 1 <= length <= most:
            raise invalid(api_name="length", json_path=f"{path}.length", range={"from": 1, "to": most})
        return length

    # -- users and organization

    def users(self, request: Request) -> Response:
        """GET /users?type=; CurrentUser is whoever gave consent."""
        kind = chosen(request, "type", USER_TYPES, "AllUsers")
        page, per_page = whole(request, "page", 1), whole(request, "per_page", PER_PAGE, most=PER_PAGE)
        if kind == "CurrentUser":
            users = [self._table.integration]
        elif kind in {"DeactiveUsers", "NotConfirmedUsers", "DeletedUsers"}:
            users = []
        else:
            users = list(self._table.users.values())
        shown = users[(page - 1) * per_page : page * per_page]
        if not shown:
            return nothing()
        return json_response(200, {
            "users": [self._user(user) for user in shown],
            "info": {
                "per_page": per_page,
                "count": len(shown),
                "page": page,
                "more_records": page * per_page < len(users),
            },
        })  # fmt: skip

    def user(self, key: str) -> Response:
        """GET /users/{id}"""
        user = self._table.users.get(key)
        return nothing() if user is None else json_response(200, {"users": [self._user(user)]})

    def _user(self, user: User) -> Json:
        first, last = user.name.rsplit(" ", 1)
        return {
            "id": user.id,
            "full_name": user.name,
            "first_name": first,
            "last_name": last,
            "email": user.email,
            "status": "active",
            "confirm": True,
            "profile": {"name": "Administrator", "id": self._table.profile_id},
            "role": {"name": "CEO", "id": self._table.role_id},
            "type__s": "Regular User",
            "time_zone": "Europe/Oslo",
            "locale": "en_GB",
            "language": "en_GB",
            "country_locale": "no_NO",
            "zuid": user.id,
            "created_time": None,
        }

    def org(self) -> Response:
        """GET /org"""
        return json_response(200, {"org": [{
            "id": self._table.org_id,
            "company_name": "Simulated Company",
            "type": "production",
            "domain_name": "org20099",
            "currency": "Norwegian Krone - NOK",
            "currency_symbol": "kr",
            "iso_code": "NOK",
            "currency_locale": "nb_NO",
            "time_zone": "Europe/Oslo",
            "country": "Norway",
            "country_code": "NO",
            "primary_email": self._table.person.email,
            "mc_status": False,
            "hipaa_compliance_enabled": False,
            "privacy_settings": False,
        }]})  # fmt: skip

    # -- recycle bin

    def recycle_bin(self, request: Request) -> Response:
        """GET /settings/recycle_bin: what can still be brought back, latest first."""
        page, per_page = whole(request, "page", 1), whole(request, "per_page", PER_PAGE, most=PER_PAGE)
        found = [(MODULES[name], one) for name, bin_ in self._table.bin.items() for one in bin_.values()]
        found.sort(key=lambda pair: (pair[1].at, int(pair[1].id)), reverse=True)
        shown = found[(page - 1) * per_page : page * per_page]
        if not shown:
            return nothing()
        return json_response(200, {
            "recycle_bin": [self._binned(module, one) for module, one in shown],
            "info": {
                "per_page": per_page,
                "count": len(shown),
                "page": page,
                "more_records": page * per_page < len(found),
            },
        })  # fmt: skip

    def _binned(self, module: Module, one: Deleted) -> Json:
        assert one.row is not None
        return {
            "id": one.id,
            "display_name": str(self._table.value(module, one.row, module.name_field)),
            "deleted_time": self._table.shown_time(one.at),
            "owner": self._table.users[one.row.values["Owner"]].brief(),
            "module": module.api_name,
            "deleted_by": one.by.brief(),
        }

    def restore(self, keys: list[str]) -> Response:
        """POST /settings/recycle_bin/{id}/actions/restore, or /actions/restore with ids."""
        return self._each(keys, "record restored", self.bring_back)

    def purge(self, keys: list[str]) -> Response:
        """DELETE /settings/recycle_bin/{id}, or with ids: delete for good."""

        def purge(key: str) -> None:
            self._table.purge(self._where(key), key)

        return self._each(keys, "record deleted", purge)

    def _each(self, keys: list[str], message: str, do: Any) -> Response:
        results: list[Json] = []
        for key in keys:
            try:
                do(key)
                results.append(succeeded(message, {"id": key}))
            except Refusal as refusal:
                results.append(refusal.shown())
        return batch(results, all_well=200, wrapper="recycle_bin")

    def bring_back(self, key: str) -> None:
        """Restore one record and what its deletion took along. Raises Refusal."""
        module = self._where(key)
        parent = self._table.bin[module.api_name][key].parent
        if parent is not None and parent in self._table.bin["Accounts"]:
            raise Refusal("CANNOT_RESTORE_WITHOUT_PARENT", "restore the parent record first", {"id": key})
        self._table.restore(module, key)
        for name, bin_ in self._table.bin.items():
            for child in [one.id for one in bin_.values() if one.parent == key]:
                self._table.restore(MODULES[name], child)

    def _where(self, key: str) -> Module:
        for name, bin_ in self._table.bin.items():
            if key in bin_:
                return MODULES[name]
        raise invalid("the id given seems to be invalid", id=key)


def _module(request: Request) -> Module:
    name = request.parameter("module")
    if not name:
        raise missing_parameter("module")
    if name not in MODULES:
        raise Refusal("INVALID_MODULE", "The module name given seems to be invalid", {"param_name": "module"})
    return MODULES[name]
