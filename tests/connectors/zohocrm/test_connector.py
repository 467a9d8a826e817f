"""Zoho CRM: what its connector sends, and what it makes of the answers that the exam cannot bring about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import msgspec
import pytest

from samtale.connectors.zohocrm.about import ABOUT, CONTACT
from samtale.connectors.zohocrm.connector import ZohoCrm
from samtale.connectors.zohocrm.metadata import learned
from samtale.core.problems import (
    BadAnswer,
    Gone,
    Moved,
    Refused,
    Retry,
    SamtaleError,
    SystemTrouble,
    Taken,
    Unauthorized,
    Uncertain,
)  # fmt: skip
from samtale.ports.connector import Draft, Page, Written
from samtale.testing.clocks import StillClock

Answerer = Callable[[httpx2.Request], httpx2.Response]
KEYS = {"client_id": "i", "client_secret": "w", "refresh_token": "r"}
OLD = "2026-01-05T07:00:00+01:00"
NEW = "2026-01-05T09:00:00+01:00"


def reply(status: int, value: Any = None, **headers: str) -> httpx2.Response:
    if value is None:
        return httpx2.Response(status, headers=headers)
    return httpx2.Response(status, json=value, headers=headers)


def rows(*ids: int, more: bool = False, token: str | None = None, **fields: Any) -> httpx2.Response:
    data = [{"id": str(i), "Modified_Time": OLD, **fields} for i in ids]
    return reply(200, {"data": data, "info": {"more_records": more, "next_page_token": token}})


def success(key: str, stamp: str = NEW) -> dict[str, Any]:
    return {"code": "SUCCESS", "status": "success", "message": "", "details": {"id": key, "Modified_Time": stamp}}


def error(code: str, message: str = "said", **details: Any) -> dict[str, Any]:
    return {"code": code, "status": "error", "message": message, "details": details}


class Crm:
    """The vendor's side, one function for all calls but the token's; remembers them."""

    def __init__(self, answer: Answerer, **options: Any) -> None:
        self.requests: list[httpx2.Request] = []
        self.tokens = 0
        self.clock = StillClock()
        self._answer = answer
        self.connector = ZohoCrm(
            system="crm",
            base_url="https://accounts.zoho.eu",
            credentials=KEYS,
            options=options,
            clock=self.clock,
            transport=httpx2.MockTransport(self._handle),
        )

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "accounts.zoho.eu":
            self.tokens += 1
            token = {"access_token": f"t{self.tokens}", "api_domain": "https://www.zohoapis.eu", "expires_in": 3600}
            return reply(200, token)
        assert request.url.host == "www.zohoapis.eu"
        self.requests.append(request)
        return self._answer(request)

    def sent(self, number: int = -1) -> Any:
        return json.loads(self.requests[number].content)

    def query(self, number: int = -1) -> dict[str, str]:
        return dict(self.requests[number].url.params)

    def update(self, version: str | None = OLD, expected: Mapping[str, Any] | None = None) -> Written:
        return self.connector.update("Account", "7", {"Phone": "1"}, expected or {"Phone": None}, version)


def keys(pages: list[Page]) -> list[str]:
    return [json.loads(record)["id"] for page in pages for record in page.records]


def writing(written: httpx2.Response, shown: httpx2.Response | None = None) -> Answerer:
    """One answer for writes, another for the reads around them."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return (shown or reply(204)) if request.method == "GET" else written

    return answer


# -- reading


def test_the_second_page_is_asked_for_by_its_token_with_all_else_the_same() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return rows(3) if "page_token" in request.url.params else rows(1, 2, more=True, token="next")

    crm = Crm(answer)
    pages = list(crm.connector.read("Deal", None))
    assert keys(pages) == ["1", "2", "3"]
    first, second = crm.query(0), crm.query(1)
    assert second.pop("page_token") == "next"
    assert first == second
    assert (first["sort_by"], first["sort_order"], first["per_page"]) == ("id", "asc", "200")
    assert "page" not in first
    assert crm.requests[0].headers["authorization"] == "Zoho-oauthtoken t1"


def test_a_wide_module_is_read_in_slices_that_fit_together() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        names = request.url.params["fields"].split(",")
        assert len(names) <= 50
        assert len(request.url.params["fields"]) <= 1024
        wanted = request.url.params.get("ids", "1,2").split(",")
        data = [{"id": i, **dict.fromkeys(names, f"{i}"), "Modified_Time": OLD} for i in wanted]
        return reply(200, {"data": data, "info": {"more_records": False}})

    crm = Crm(answer)
    custom = [{"api_name": f"Custom_{n}", "data_type": "text", "length": 10} for n in range(120)]
    crm.connector._about = msgspec.structs.replace(ABOUT, collections=(learned(CONTACT, custom, None),))
    (page,) = crm.connector.read("Contact", None)
    records = [json.loads(record) for record in page.records]
    assert [record["id"] for record in records] == ["1", "2"]
    assert all(record[f"Custom_{n}"] == record["id"] for record in records for n in range(120))
    assert [dict(r.url.params).get("ids") for r in crm.requests] == [None, "1,2", "1,2"]


def test_a_record_edited_between_two_slices_is_read_again() -> None:
    times = iter([OLD, NEW, NEW, NEW])

    def answer(request: httpx2.Request) -> httpx2.Response:
        names = request.url.params["fields"].split(",")
        stamp = next(times)
        record = {"id": "1", **dict.fromkeys(names, stamp), "Modified_Time": stamp}
        return reply(200, {"data": [record], "info": {"more_records": False}})

    crm = Crm(answer)
    custom = [{"api_name": f"Custom_{n}", "data_type": "text", "length": 10} for n in range(60)]
    crm.connector._about = msgspec.structs.replace(ABOUT, collections=(learned(CONTACT, custom, None),))
    (page,) = crm.connector.read("Contact", None)
    assert set(json.loads(page.records[0]).values()) == {"1", NEW}


@pytest.mark.parametrize("status", [200, 400])
def test_beyond_the_reach_of_tokens_a_walk_goes_by_time(status: int) -> None:
    limit = reply(status, error("PAGINATION_LIMIT_EXCEEDED", limit=100_000))

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked = dict(request.url.params)
        if asked["sort_by"] == "id":
            return limit if "page_token" in asked else rows(1, more=True, token="a")
        since = request.headers.get("if-modified-since")
        if since is None:
            return limit if "page_token" in asked else rows(2, more=True, token="b")
        assert since == "2026-01-05T05:59:50+00:00"
        return rows(3)

    pages = list(Crm(answer).connector.read("Deal", None))
    assert set(keys(pages)) == {"1", "2", "3"}
    assert [page.last for page in pages] == [False, False, True]


def test_a_walk_by_time_that_does_not_get_on_says_what_to_do() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if "page_token" in request.url.params:
            return reply(400, error("PAGINATION_LIMIT_EXCEEDED"))
        return rows(1, more=True, token="a")

    with pytest.raises(BadAnswer) as raised:
        list(Crm(answer).connector.read("Deal", None))
    assert raised.value.problems[0].code == "too_many_at_once"


@pytest.mark.parametrize("second", [rows(1, more=True, token="b"), rows(2, more=True, token="a")])
def test_pages_without_an_end_are_stopped(second: httpx2.Response) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        again = "page_token" in request.url.params
        return reply(200, second.json()) if again else rows(1, more=True, token="a")

    with pytest.raises(BadAnswer):
        list(Crm(answer).connector.read("Deal", None))


def test_an_incremental_read_overlaps_and_ends_with_deletions() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/deleted"):
            return reply(304)
        page = request.url.params["page"]
        data = [{"id": f"{page}{n}", "deleted_time": NEW} for n in range(2)]
        return reply(200, {"data": data, "info": {"more_records": page == "1"}})

    crm = Crm(answer)
    first, last = crm.connector.read("Deal", {"modified": OLD, "deleted": NEW})
    assert (first.last, last.last) == (False, True)
    assert last.deleted == ["10", "11", "20", "21"]
    assert last.cursor == {"modified": OLD, "deleted": "2026-01-05T09:00:00+01:00"}
    assert crm.requests[0].headers["if-modified-since"] == "2026-01-05T05:59:50+00:00"
    assert crm.requests[1].headers["if-modified-since"] == "2026-01-05T07:59:50+00:00"


def test_a_feed_of_deletions_without_an_end_is_stopped() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/deleted"):
            return reply(304)
        return reply(200, {"data": [{"id": "1"}], "info": {"more_records": True}})

    pages = list(Crm(answer).connector.read("Deal", {"modified": OLD, "deleted": OLD}))
    assert pages[-1].deleted == ["1"]
    assert pages[-1].last


def test_an_error_under_a_good_status_is_an_error() -> None:
    with pytest.raises(Unauthorized):
        list(Crm(lambda r: reply(200, error("NO_PERMISSION", permissions=["X"]))).connector.read("Deal", None))
    with pytest.raises(BadAnswer):
        list(Crm(lambda r: reply(200, {"data": [{"name": "no id"}]})).connector.read("Deal", None))


def test_keys_are_fetched_fifty_at_a_time() -> None:
    crm = Crm(lambda request: rows(*map(int, request.url.params["ids"].split(","))))
    fetched = crm.connector.fetch("Deal", [str(n) for n in range(120)])
    assert len(fetched.records) == 120
    assert len(crm.requests) == 3


# -- tokens


@pytest.mark.parametrize("code", ["INVALID_TOKEN", "INVALID_OAUTHTOKEN"])
def test_a_stale_token_is_renewed_once(code: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        stale = request.headers["authorization"] == "Zoho-oauthtoken t1"
        return reply(401, error(code)) if stale else reply(204)

    crm = Crm(answer)
    assert list(crm.connector.read("Deal", None))[-1].last
    assert crm.tokens == 2


def test_a_missing_scope_is_not_cured_by_another_token() -> None:
    crm = Crm(lambda request: reply(401, error("OAUTH_SCOPE_MISMATCH")))
    with pytest.raises(Unauthorized) as raised:
        list(crm.connector.read("Deal", None))
    assert crm.tokens == 1
    assert "OAUTH_SCOPE_MISMATCH" in raised.value.problems[0].why


def test_a_missing_permission_is_named() -> None:
    crm = Crm(lambda request: reply(403, error("NO_PERMISSION", permissions=["Crm_Implied_View_Deals"])))
    with pytest.raises(Unauthorized) as raised:
        list(crm.connector.read("Deal", None))
    assert "Crm_Implied_View_Deals" in raised.value.problems[0].why


def test_calls_slow_down_when_credits_run_low() -> None:
    crm = Crm(lambda request: reply(204, **{"X-API-CREDITS-REMAINING": "150"}))
    for _ in range(3):
        list(crm.connector.read("Deal", None))
    assert crm.clock.slept == [1.0, 1.0]


def test_an_unknown_data_center_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SamtaleError) as raised:
        ZohoCrm(system="crm", base_url=None, credentials=KEYS, options={"data_center": "mars"}, clock=StillClock())
    assert "eu" in raised.value.problems[0].why


# -- creating


def draft(name: str = "A") -> Draft:
    return Draft(values={"Account_Name": name, "Parent_Account.id": "9"}, mark="m")


def test_records_are_inserted_in_one_call_that_starts_no_automation() -> None:
    crm = Crm(writing(reply(201, {"data": [success("1"), success("2")]})))
    outcomes = crm.connector.create("Account", [draft("A"), draft("B")])
    assert [outcome.key for outcome in outcomes if isinstance(outcome, Written)] == ["1", "2"]
    assert crm.requests[0].url.path == "/crm/v8/Accounts"
    assert crm.sent(0) == {
        "data": [
            {"Account_Name": "A", "Parent_Account": {"id": "9"}},
            {"Account_Name": "B", "Parent_Account": {"id": "9"}},
        ],
        "trigger": [],
    }
    chosen = Crm(writing(reply(201, {"data": [success("1")]})), trigger="workflow, approval", mark_property="Our_Mark")
    chosen.connector.create("Account", [draft()])
    assert chosen.sent(0)["trigger"] == ["workflow", "approval"]
    assert chosen.sent(0)["data"][0]["Our_Mark"] == "m"


@pytest.mark.parametrize("status", [200, 201, 202, 207, 400])
def test_each_item_is_judged_by_itself_whatever_the_status(status: int) -> None:
    items = [
        success("1"),
        error("DUPLICATE_DATA", api_name="Samtale_Mark", duplicate_record={"id": "77"}),
        error("INVALID_DATA", api_name="Parent_Account", json_path="$.data[2].Parent_Account"),
        error("MULTIPLE_OR_MULTI_ERRORS", errors=[error("INVALID_DATA", api_name="Phone"),
                                                  error("MANDATORY_NOT_FOUND", api_name="Account_Name")]),
        error("RECORD_LOCKED"),
        error("INTERNAL_ERROR"),
        error("NO_PERMISSION"),
    ]  # fmt: skip
    crm = Crm(writing(reply(status, {"data": items})))
    outcomes = crm.connector.create("Account", [draft() for _ in items])
    kinds = [Written, Taken, Refused, Refused, Refused, Uncertain, Unauthorized]
    assert [type(outcome) for outcome in outcomes] == kinds
    taken, lookup, several = outcomes[1:4]
    assert isinstance(taken, Taken)
    assert taken.key == "77"
    assert isinstance(lookup, Refused)
    assert lookup.properties == ("Parent_Account.id",)
    assert isinstance(several, Refused)
    assert several.properties == ("Phone", "Account_Name")


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (reply(400, error("INVALID_MODULE")), BadAnswer),
        (reply(400, error("AUTHORIZATION_FAILED")), Unauthorized),
        (reply(200, error("TOO_MANY_REQUESTS")), Retry),
        (reply(201, {"data": [success("1")]}), Uncertain),
        (reply(201, {"data": [success("1"), success("")]}), Uncertain),
        (reply(201, {"info": {}}), Uncertain),
        (reply(201, [1]), Uncertain),
        (reply(400, {"data": [error("LIMIT_EXCEEDED")]}), Refused),
    ],
)
def test_an_answer_that_is_no_list_of_results(answer: httpx2.Response, trouble: type[SystemTrouble]) -> None:
    outcomes = Crm(writing(answer)).connector.create("Account", [draft(), draft()])
    assert [type(outcome) for outcome in outcomes] == [trouble, trouble]


def test_a_record_that_cannot_be_read_back_was_written_all_the_same() -> None:
    for shown in (reply(204), reply(500), rows(1, Account_Name="A")):  # gone, failing, edited since
        (outcome,) = Crm(writing(reply(201, {"data": [success("1")]}), shown)).connector.create("Account", [draft()])
        assert isinstance(outcome, Written)
        assert outcome.record is None


# -- updating


def test_an_update_carries_one_record_and_its_condition() -> None:
    shown = reply(200, {"data": [{"id": "7", "Modified_Time": NEW, "Phone": "1"}]})
    crm = Crm(writing(reply(200, {"data": [success("7")]}), shown))
    assert crm.update().record is not None
    put, get = crm.requests
    assert (put.method, put.url.path, put.headers["if-unmodified-since"]) == ("PUT", "/crm/v8/Accounts/7", OLD)
    assert crm.sent(0) == {"data": [{"Phone": "1"}], "trigger": []}
    assert dict(get.url.params)["ids"] == "7"


def test_a_young_version_is_compared_with_the_record_first() -> None:
    young = "2026-01-05T09:59:55+01:00"
    date = {"Date": "Mon, 05 Jan 2026 09:00:00 GMT"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return reply(200, {"data": [{"id": "7", "Modified_Time": young, "Phone": "someone's"}]}, **date)
        return reply(200, {"data": [success("7")]}, **date)

    crm = Crm(answer)
    crm.connector.fetch("Account", ["7"])
    crm.requests.clear()
    with pytest.raises(Moved):
        crm.update("2026-01-05T10:00:00+01:00")
    with pytest.raises(Moved):
        crm.update(young)
    assert [r.method for r in crm.requests] == ["GET", "GET"]


def test_without_a_version_the_record_must_show_what_is_expected() -> None:
    shown = reply(200, {"data": [{"id": "7", "Modified_Time": OLD, "Phone": "2"}]})
    crm = Crm(writing(reply(200, {"data": [success("7", OLD)]}), shown))
    with pytest.raises(Moved):
        crm.update(None)
    assert [r.method for r in crm.requests] == ["GET"]
    with pytest.raises(Gone):
        Crm(lambda request: reply(204)).update(None)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (reply(412, {"data": [error("ALREADY_MODIFIED", id="7")]}), Moved),
        (reply(412, error("ALREADY_MODIFIED")), Moved),
        (reply(200, {"data": [error("ALREADY_MODIFIED", id="7")]}), Moved),
        (reply(400, {"data": [error("INVALID_DATA", "the id given seems to be invalid", id="7")]}), Gone),
        (reply(400, {"data": [error("INVALID_DATA", api_name="Phone", maximum_length=30)]}), Refused),
        (reply(400, error("INVALID_DATA", api_name="Nonsense")), Refused),
        (reply(202, {"data": [error("RECORD_IN_BLUEPRINT")]}), Refused),
        (reply(200, {"data": []}), Uncertain),
    ],
)
def test_refusals_of_an_update(answer: httpx2.Response, trouble: type[SystemTrouble]) -> None:
    with pytest.raises(trouble):
        Crm(writing(answer)).update()


def test_somebody_elses_edit_right_after_ours_is_not_taken_for_ours() -> None:
    later = reply(200, {"data": [{"id": "7", "Modified_Time": "2026-01-05T09:00:01+01:00", "Phone": "2"}]})
    assert Crm(writing(reply(200, {"data": [success("7")]}), later)).update().record is None


# -- deleting


def test_a_delete_compares_the_version_first() -> None:
    shown = reply(200, {"data": [{"id": "7", "Modified_Time": OLD}]})
    crm = Crm(writing(reply(200, {"data": [success("7")]}), shown))
    crm.connector.delete("Account", "7", "2026-01-05T06:00:00Z")
    assert [r.method for r in crm.requests] == ["GET", "DELETE"]
    assert crm.query() == {"wf_trigger": "false"}
    with pytest.raises(Moved):
        crm.connector.delete("Account", "7", NEW)
    loud = Crm(writing(reply(200, {"data": [success("7")]}), shown), trigger=["workflow"])
    loud.connector.delete("Account", "7", None)
    assert loud.query() == {}


# -- metadata

FIELDS: list[dict[str, Any]] = [
    {"api_name": "Last_Name", "data_type": "text", "length": 80, "system_mandatory": True},
    {"api_name": "Email", "data_type": "email", "length": 100, "unique": {"casesensitive": "false"}},
    {"api_name": "Full_Name", "data_type": "text", "field_read_only": True},
    {"api_name": "Account_Name", "data_type": "lookup", "lookup": {"module": {"api_name": "Accounts"}}},
    {"api_name": "Partner", "data_type": "lookup", "lookup": {"module": {"api_name": "Deals"}}},
    {"api_name": "Level", "data_type": "picklist", "pick_list_values": [
        {"actual_value": "-None-", "type": "used"}, {"actual_value": "A", "type": "used"},
        {"actual_value": "B", "type": "unused"}]},
    {"api_name": "Score", "data_type": "currency", "operation_type": {"api_create": True, "api_update": False}},
    {"api_name": "Samtale_Mark", "data_type": "text", "length": 100, "unique": {"casesensitive": "false"}},
    {"api_name": "Modified_Time", "data_type": "datetime", "field_read_only": True},
    {"api_name": "Old", "data_type": "text", "type": "unused"},
]  # fmt: skip


def test_an_account_has_its_own_fields_lengths_choices_and_rights() -> None:
    spec = learned(CONTACT, FIELDS, None)
    found = {p.path: p for p in spec.properties}
    assert found["Last_Name"].max_length == 80
    assert found["Last_Name"].required
    assert found["Email"].unique
    assert not found["Full_Name"].creatable
    assert found["Account_Name.id"].refers == ("Account",)
    assert not found["Account_Name.name"].updatable
    assert found["Partner.id"].refers == ("Deal",)
    assert found["Level"].values == ("A",)
    assert (found["Score"].type, found["Score"].creatable, found["Score"].updatable) == ("decimal", True, False)
    assert not found["Modified_Time"].creatable
    assert not {"Mobile", "Old"} & found.keys()
    assert spec.key in found
    assert spec.mark == "Samtale_Mark"


def test_a_mark_needs_a_unique_field_unless_one_is_named() -> None:
    plain = [{**field, "unique": {}} for field in FIELDS]
    assert learned(CONTACT, plain, None).mark is None
    assert learned(CONTACT, plain, "Last_Name").mark == "Last_Name"
    assert learned(CONTACT, FIELDS, "Full_Name").mark is None
    assert learned(CONTACT, FIELDS, "Nowhere").mark is None


def test_check_tells_what_is_wrong_instead_of_raising() -> None:
    crm = Crm(lambda request: reply(401, error("OAUTH_SCOPE_MISMATCH")))
    (problem,) = crm.connector.check()
    assert problem.code == "not_authorized"
    half = Crm(
        lambda r: (
            reply(400, error("NO_PERMISSION")) if r.url.params["module"] == "Deals" else reply(200, {"fields": FIELDS})
        )
    )
    (problem,) = half.connector.check()
    assert problem.code == "missing_privilege"
    assert half.connector.about().collection("Contact").mark == "Samtale_Mark"
    assert len(half.requests) == 3


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (reply(400, {"fields": [error("DUPLICATE_DATA", api_name="field_label")]}), Taken),
        (reply(403, error("NO_PERMISSION")), Unauthorized),
        (reply(400, error("LIMIT_EXCEEDED")), Refused),
        (reply(500), Uncertain),
    ],
)
def test_a_mark_field_that_cannot_be_made(answer: httpx2.Response, trouble: type[SystemTrouble]) -> None:
    with pytest.raises(trouble):
        Crm(lambda request: answer).connector.create_mark("Account")
