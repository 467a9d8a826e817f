"""Insert, update, upsert and delete: per-item results in input order, unique fields, conditions, locks and automation.

Follows Zoho's pages "Insert Records", "Update Records", "Upsert Records" and "Delete Records". Knows the table and the
checker; nothing of tokens or paging.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from samtale.simulators.base import Request, Response
from samtale.simulators.faults import Rule
from samtale.simulators.zohocrm.answers import Json, Refusal, batch, invalid, missing_parameter, several, succeeded
from samtale.simulators.zohocrm.fields import MODULES, STAGES, Field, Module
from samtale.simulators.zohocrm.reading import time_header
from samtale.simulators.zohocrm.table import Row, Table, User
from samtale.simulators.zohocrm.validation import Checker

BATCH = 100
TRIGGERS = ("workflow", "approval", "blueprint", "pathfinder", "orchestration")
_REFORMATTED = frozenset({"text", "textarea", "phone", "website", "email"})


@dataclass(frozen=True, kw_only=True)
class _Call:
    """What holds for every item of one write."""

    module: Module
    by: User
    unmodified_since: datetime | None = None
    automated: bool = False
    reformat: Rule | None = None


class Writer:
    """Answers writes.

    `blueprint`: the Stage of a deal belongs to a blueprint, so a plain update of it is refused. `workflow_after`:
    seconds after which a workflow touches a record again, unless the write's `trigger` leaves workflows out; None for
    no workflows. `cascade`: deleting an account takes its contacts and deals along (what Zoho does there is not
    documented); else their lookups go blank while it is away.
    """

    def __init__(self, table: Table, *, blueprint: bool, workflow_after: float | None, cascade: bool) -> None:
        self._table = table
        self._blueprint = blueprint
        self._workflow_after = workflow_after
        self._cascade = cascade
        self._due: list[tuple[float, str, str]] = []

    # -- the endpoints

    def insert(self, module: Module, request: Request) -> Response:
        """POST /{Module}."""
        body = _body(request)
        call = self._call(module, request, body)
        return self._each(_items(body), lambda item, place: self._insert(call, item, place), all_well=201)

    def update(self, module: Module, request: Request, key: str | None) -> Response:
        """PUT /{Module} with an id in every item, or PUT /{Module}/{id} with one item."""
        body = _body(request)
        items = _items(body)
        call = self._call(module, request, body)
        if key is not None:
            items = [{**item, "id": key} if isinstance(item, dict) else item for item in items[:1]]
        return self._each(items, lambda item, place: self._update_by_id(call, item, place), all_well=200)

    def upsert(self, module: Module, request: Request) -> Response:
        """POST /{Module}/upsert."""
        body = _body(request)
        call = self._call(module, request, body)
        looked_at = self._duplicate_check(module, body.get("duplicate_check_fields"))
        return self._each(_items(body), lambda item, place: self._upsert(call, item, place, looked_at), all_well=200)

    def delete(self, module: Module, request: Request, key: str | None) -> Response:
        """DELETE /{Module}?ids=a,b or DELETE /{Module}/{id}. There is no condition on a deletion."""
        ids = request.parameter("ids") if key is None else key
        if not ids:
            raise missing_parameter("ids")
        keys = [one.strip() for one in ids.split(",") if one.strip()]
        if len(keys) > BATCH:
            raise Refusal("LIMIT_EXCEEDED", "ids limit exceeded", {"param_name": "ids", "limit": BATCH})
        return self._each([{"id": one} for one in keys], lambda item, _: self._delete(module, item["id"]), all_well=200)

    def _each(self, items: list[Any], write: Any, *, all_well: int) -> Response:
        results: list[Json] = []
        for place, item in enumerate(items):
            try:
                if not isinstance(item, dict):
                    raise invalid(expected_data_type="jsonobject", api_name="data", json_path=f"$.data[{place}]")
                results.append(write(item, place))
            except Refusal as refusal:
                results.append(refusal.shown())
        return batch(results, all_well=all_well)

    def _call(self, module: Module, request: Request, body: Json) -> _Call:
        trigger = body.get("trigger")
        if trigger is not None:
            for place, value in enumerate(trigger if isinstance(trigger, list) else [trigger]):
                if value not in TRIGGERS:
                    raise invalid(api_name="trigger", json_path=f"$.trigger[{place}]", supported_values=list(TRIGGERS))
        return _Call(
            module=module,
            by=self._table.integration,
            unmodified_since=time_header(request, "if-unmodified-since"),
            automated=trigger is None or "workflow" in trigger,
            reformat=request.hooks.get("reformat"),
        )

    # -- one item

    def _insert(self, call: _Call, item: Json, place: int) -> Json:
        row = self.add(call.module, item, call.by, place=place, reformat=call.reformat)
        self._automate(call, row)
        return succeeded("record added", self._details(row))

    def _update_by_id(self, call: _Call, item: Json, place: int) -> Json:
        key = item.get("id")
        if key is None:
            raise Refusal(
                "MANDATORY_NOT_FOUND",
                "required field not found",
                {"api_name": "id", "json_path": f"$.data[{place}].id"},
            )
        row = self._table.rows[call.module.api_name].get(str(key))
        if row is None:
            raise invalid("the id given seems to be invalid", api_name="id", json_path=f"$.data[{place}].id")
        return succeeded("record updated", self._details(self._update(call, row, item, place)))

    def _update(self, call: _Call, row: Row, item: Json, place: int) -> Row:
        if call.unmodified_since is not None and row.modified > call.unmodified_since:
            raise Refusal(
                "ALREADY_MODIFIED", "the record was modified after the time specified", self._details(row), status=412
            )
        _refuse_if_kept(row)
        row = self.change(call.module, row, item, call.by, place=place, reformat=call.reformat)
        self._automate(call, row)
        return row

    def _upsert(self, call: _Call, item: Json, place: int, looked_at: list[str]) -> Json:
        """Update the first record that has one of these values already, else insert. An id of a record that is there
        counts first [inferred]."""
        row, found = self._table.rows[call.module.api_name].get(str(item.get("id") or "")), None
        if row is None:
            row, found = self._recognized(call.module, item, looked_at)
        if row is None:
            return {**self._insert(call, item, place), "action": "insert", "duplicate_field": None}
        details = self._details(self._update(call, row, item, place))
        return succeeded("record updated", details, action="update", duplicate_field=found)

    def _recognized(self, module: Module, item: Json, looked_at: list[str]) -> tuple[Row | None, str | None]:
        """The first record that has a value of the item, and the field by which it was recognized."""
        fields = self._table.fields[module.api_name]
        for name in looked_at:
            value = item.get(name)
            if isinstance(value, str) and value:
                row = self._table.holding(module, fields[name], value)
                if row is not None:
                    return row, name
        return None, None

    def _duplicate_check(self, module: Module, listed: Any) -> list[str]:
        """The fields by which upsert recognizes a record, in order.

        None listed: the system field, then every unique one. Only unique ones listed: the system field is left out, but
        all unique ones still count, the listed first.
        """
        fields = self._table.fields[module.api_name]
        unique = [name for name, field in fields.items() if field.unique is not None]
        allowed = [module.system_duplicate_field, *unique]
        if not listed:
            return allowed
        for place, name in enumerate(listed if isinstance(listed, list) else [listed]):
            if name not in allowed:
                raise invalid(
                    api_name="duplicate_check_fields",
                    json_path=f"$.duplicate_check_fields[{place}]",
                    supported_values=allowed,
                )
        return list(dict.fromkeys([*listed, *unique]))

    def _delete(self, module: Module, key: str) -> Json:
        row = self._table.rows[module.api_name].get(key)
        if row is None:
            raise invalid("record not deleted", id=key)
        _refuse_if_kept(row)
        self.remove(module, key, self._table.integration)
        return succeeded("record deleted", {"id": key})

    # -- what the door does too

    def add(self, module: Module, item: Json, by: User, *, place: int = 0, reformat: Rule | None = None) -> Row:
        """Create a record. Raises Refusal."""
        values = self._checked(module, item, place, None, reformat)
        for field in self._table.fields[module.api_name].values():
            if field.data_type == "boolean":
                values.setdefault(field.api_name, False)
        values["Owner"] = values.get("Owner") or by.id
        now = self._table.now()
        row = Row(id=self._table.new_id(), values=values, created=now, modified=now, created_by=by, modified_by=by)
        return self._table.put(module, row)

    def change(
        self, module: Module, row: Row, item: Json, by: User, *, place: int = 0, reformat: Rule | None = None
    ) -> Row:
        """Change a record. Raises Refusal."""
        values = self._checked(module, item, place, row, reformat)
        plain = by is self._table.integration
        if self._blueprint and plain and "Stage" in values and values["Stage"] != row.values.get("Stage"):
            raise Refusal("RECORD_IN_BLUEPRINT", "The record is in blue print", {"api_name": "Stage"})
        return self._table.change(module, row, values, by)

    def remove(self, module: Module, key: str, by: User) -> None:
        """Move a record, and with `cascade` what hangs on it, to the recycle bin."""
        self._table.delete(module, key, by)
        if self._cascade and module.api_name == "Accounts":
            for name in ("Contacts", "Deals"):
                rows = self._table.rows[name].values()
                for child in [row.id for row in rows if row.values.get("Account_Name") == key]:
                    self._table.delete(MODULES[name], child, by, parent=key)

    def _checked(
        self, module: Module, item: Json, place: int, row: Row | None, reformat: Rule | None
    ) -> dict[str, Any]:
        """The values to store: valid, reformatted if a fault says so, and unique where they must be."""
        table = self._table
        fields = table.fields[module.api_name]
        checker = Checker(fields, lambda name, key: key in table.rows[name], lambda key: key in table.users)
        values, refusals = checker.read(item, place, creating=row is None)
        for name, value in values.items():
            field = fields[name]
            if reformat is not None and _reformats(reformat, field, value):
                value = reformat.reformatted(value)
                values[name] = value
            if field.unique is None or value is None:
                continue
            holder = table.holding(module, field, value, besides=None if row is None else row.id)
            if holder is not None:
                refusals.append(self._duplicate(module, name, holder, place))
        if refusals:
            raise several(refusals)
        stage = values.get("Stage")
        if isinstance(stage, str) and "Probability" not in values and (row is None or row.values.get("Stage") != stage):
            values["Probability"] = STAGES[stage]
        return values

    def _duplicate(self, module: Module, name: str, holder: Row, place: int) -> Refusal:
        return Refusal("DUPLICATE_DATA", "duplicate data", {
            "api_name": name,
            "json_path": f"$.data[{place}].{name}",
            "duplicate_record": {
                "id": holder.id,
                "Owner": self._table.shown(module, holder, "Owner"),
                "module": {"api_name": module.api_name, "id": self._table.field_id(module.api_name, "")},
            },
            "more_records": False,
        })  # fmt: skip

    def _details(self, row: Row) -> Json:
        return {
            "id": row.id,
            "Created_Time": self._table.shown_time(row.created),
            "Modified_Time": self._table.shown_time(row.modified),
            "Created_By": row.created_by.brief(),
            "Modified_By": row.modified_by.brief(),
            "$approval_state": row.approval,
        }

    # -- automation

    def _automate(self, call: _Call, row: Row) -> None:
        if self._workflow_after is not None and call.automated:
            due = self._table.clock.elapsed() + self._workflow_after
            heapq.heappush(self._due, (due, call.module.api_name, row.id))

    def run_automation(self) -> None:
        """Let workflows that are due touch their records: Modified_Time moves once more, no value does."""
        clock = self._table.clock
        while self._due and self._due[0][0] <= clock.elapsed():
            due, name, key = heapq.heappop(self._due)
            row = self._table.rows[name].get(key)
            if row is not None:
                late = timedelta(seconds=(clock.elapsed() - due) / clock.speed)
                moment = max(row.modified, (clock.now() - late).replace(microsecond=0))
                self._table.put(MODULES[name], replace(row, modified=moment))


def _reformats(rule: Rule, field: Field, value: Any) -> bool:
    """Whether a fault changes the form of this text."""
    return rule.property in {"", field.api_name} and field.data_type in _REFORMATTED and isinstance(value, str)


def _refuse_if_kept(row: Row) -> None:
    """Locked records and records that wait for approval take no writes."""
    if row.locked:
        raise Refusal("RECORD_LOCKED", "the record is locked", {"id": row.id})
    if row.approval != "approved":
        raise Refusal("NOT_APPROVED", "record not approved", {"id": row.id})


def _body(request: Request) -> Json:
    try:
        body = request.json()
    except ValueError as error:
        raise invalid("body", expected_data_type="jsonobject") from error
    if not isinstance(body, dict):
        raise invalid("body", expected_data_type="jsonobject")
    return body


def _items(body: Mapping[str, Any]) -> list[Any]:
    items = body.get("data")
    where = {"api_name": "data", "json_path": "$.data"}
    if items is None or items == []:
        raise Refusal("MANDATORY_NOT_FOUND", "required field not found", where)
    if not isinstance(items, list):
        raise invalid(expected_data_type="jsonarray", **where)
    if len(items) > BATCH:
        raise Refusal("LIMIT_EXCEEDED", "Record insertion limit has been exceeded.", {**where, "maximum_length": BATCH})
    return items
