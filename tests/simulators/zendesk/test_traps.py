"""The simulated Zendesk does what the vendor's documentation says, its traps included."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from samtale.simulators.base import DoorError, FakeClock, Request, Response
from samtale.simulators.zendesk import Zendesk


class Calls:
    """An empty account on a clock that stands still, and calls to it with an API token."""

    def __init__(self, *, records: int = 0, **options: Any) -> None:
        self.clock = FakeClock()
        self.desk = Zendesk(seed=1, records=records, clock=self.clock, **options)

    def send(self, method: str, path: str, value: Any = None, **headers: str) -> Response:
        """A call below /api/v2."""
        pair = base64.b64encode(b"demo@samtale-demo.example/token:demo-api-token").decode()
        path, _, query = path.partition("?")
        own = {"authorization": f"Basic {pair}", "content-type": "application/json", **headers}
        body = b"" if value is None else json.dumps(value).encode()
        return self.desk.handle(Request(method, f"/api/v2/{path}", parse_qsl(query), own, body))

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status == 200
        return answer.json()

    def user(self, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "users", {"user": {"name": "Kari", "skip_verify_email": True, **values}})
        assert answer.status == 201
        return dict(answer.json()["user"])

    def organization(self, name: str, **values: Any) -> dict[str, Any]:
        answer = self.send("POST", "organizations", {"organization": {"name": name, **values}})
        assert answer.status == 201
        return dict(answer.json()["organization"])

    def change(self, user: int, **values: Any) -> dict[str, Any]:
        self.clock.advance(60)
        answer = self.send("PUT", f"users/{user}", {"user": values})
        assert answer.status == 200
        return dict(answer.json()["user"])

    def identities(self, user: int) -> dict[str, bool]:
        return {i["value"]: i["primary"] for i in self.get(f"users/{user}/identities")["identities"]}


# -- plain updates


def test_a_plain_address_is_a_second_address() -> None:
    calls = Calls()
    user = calls.user(email="old@a.example")
    assert calls.change(user["id"], email="new@a.example")["email"] == "old@a.example"
    assert calls.identities(user["id"]) == {"old@a.example": True, "new@a.example": False}
    assert calls.desk.table.mails == 1


def test_a_plain_number_is_a_second_number_beside_a_direct_line() -> None:
    calls = Calls()
    user = calls.user(phone="+4722000001")
    assert user["shared_phone_number"] is False
    assert calls.change(user["id"], phone="+4722000002")["phone"] == "+4722000001"
    assert calls.user(phone="+4722000001")["shared_phone_number"] is True


def test_a_plain_organization_ends_all_other_memberships() -> None:
    calls = Calls()
    one, two, three = (calls.organization(name)["id"] for name in ("A", "B", "C"))
    user = calls.user(organization_id=one)["id"]
    joined = {"organization_membership": {"user_id": user, "organization_id": two}}
    assert calls.send("POST", "organization_memberships", joined).status == 201
    assert calls.send("POST", "organization_memberships", joined).status == 422
    calls.change(user, organization_id=three)
    held = calls.get(f"users/{user}/organization_memberships")["organization_memberships"]
    assert [(m["organization_id"], m["default"]) for m in held] == [(three, True)]


def test_domains_are_replaced_and_draw_users_in() -> None:
    calls = Calls()
    company = calls.organization("A", domain_names=["a.example", "b.example"])
    assert calls.user(email="kari@B.example")["organization_id"] == company["id"]
    changed = {"organization": {"domain_names": ["c.example"]}}
    shown = calls.send("PUT", f"organizations/{company['id']}", changed).json()["organization"]
    assert shown["domain_names"] == ["c.example"]


def test_the_address_of_a_record_is_no_web_site_and_cannot_be_written() -> None:
    calls = Calls()
    company = calls.organization("A", url="https://www.a.example")
    assert company["url"].endswith(f"/api/v2/organizations/{company['id']}.json")


def test_names_and_marks_are_unique_whatever_their_case() -> None:
    calls = Calls()
    calls.organization("Firm AS", external_id="one")
    for item, said in (
        ({"name": " firm as "}, "Name: has already been taken"),
        ({"name": "B", "external_id": "ONE"}, "External has already been taken"),
    ):
        answer = calls.send("POST", "organizations", {"organization": item})
        assert answer.status == 422
        assert answer.json()["details"]["name"][0]["description"] == said
    calls.user(email="kari@a.example")
    answer = calls.send("POST", "users", {"user": {"name": "K", "email": "Kari@A.example"}})
    assert answer.json()["details"]["email"][0]["error"] == "DuplicateValue"


def test_custom_fields_keep_what_is_not_sent() -> None:
    calls = Calls()
    company = calls.organization("A", organization_fields={"website": "https://a.example", "segment": "small"})
    path = f"organizations/{company['id']}"
    changed = {"organization": {"organization_fields": {"segment": "large", "unknown": "x"}}}
    shown = calls.send("PUT", path, changed).json()["organization"]["organization_fields"]
    assert (shown["website"], shown["segment"], "unknown" in shown) == ("https://a.example", "large", False)
    wrong = {"organization": {"organization_fields": {"segment": "huge"}}}
    assert calls.send("PUT", path, wrong).status == 422


# -- deleting and merging


def test_deleted_users_stay_visible_until_they_are_purged() -> None:
    calls = Calls()
    user = calls.user(email="kari@a.example")["id"]
    assert calls.send("DELETE", f"users/{user}").json()["user"] == {"id": user, "name": "Kari", "active": False}
    assert calls.get(f"users/{user}")["user"]["active"] is False
    assert user not in [u["id"] for u in calls.get("users?page[size]=100")["users"]]
    assert [u["id"] for u in calls.get("deleted_users")["deleted_users"]] == [user]
    assert calls.user(email="kari@a.example")["email"] == "kari@a.example"
    assert calls.send("DELETE", f"deleted_users/{user}").status == 200
    assert calls.send("GET", f"users/{user}").status == 404
    assert calls.get("deleted_users")["deleted_users"][0]["name"] == "Permanently Deleted User"


def test_merged_organizations_hand_over_users_and_domains() -> None:
    calls = Calls()
    kept, lost = (
        calls.organization("A", domain_names=["a.example"]),
        calls.organization("B", domain_names=["b.example"]),
    )
    user = calls.user(organization_id=lost["id"])
    body = {"organization_merge": {"winner_id": kept["id"]}}
    assert calls.send("POST", f"organizations/{lost['id']}/merge", body).status == 200
    assert calls.get(f"users/{user['id']}")["user"]["organization_id"] == kept["id"]
    assert calls.get(f"organizations/{kept['id']}")["organization"]["domain_names"] == ["a.example", "b.example"]
    assert calls.send("GET", f"organizations/{lost['id']}").status == 404


def test_agents_are_not_merged() -> None:
    calls = Calls()
    agent, user = calls.user(role="agent")["id"], calls.user()["id"]
    assert calls.send("PUT", f"users/{agent}/merge", {"user": {"id": user}}).status == 403
    with pytest.raises(DoorError):
        calls.desk.door_merge("Users", str(agent), str(user))


# -- exports, pages, limits


def test_the_export_leaves_out_a_minute_and_repeats_the_boundary() -> None:
    calls = Calls()
    start = int(calls.clock.now().timestamp()) - 120
    company = calls.organization("A")["id"]
    path = "incremental/organizations"
    assert calls.get(f"{path}?start_time={start}")["organizations"] == []
    calls.clock.advance(60)
    shown = calls.get(f"{path}?start_time={start}")
    assert ([o["id"] for o in shown["organizations"]], shown["end_of_stream"]) == ([company], True)
    assert [o["id"] for o in calls.get(f"{path}?start_time={shown['end_time']}")["organizations"]] == [company]
    assert calls.send("GET", f"{path}?start_time={int(calls.clock.now().timestamp()) - 30}").status == 400


def test_the_users_export_goes_on_from_its_cursor() -> None:
    calls = Calls(records=40)
    calls.clock.advance(60)
    seen: list[int] = []
    query, pages = "start_time=0&per_page=20", 0
    while True:
        page = calls.get(f"incremental/users/cursor?{query}")
        seen += [u["id"] for u in page["users"]]
        pages += 1
        query = f"cursor={page['after_cursor']}&per_page=20"
        if page["end_of_stream"]:
            break
    assert pages > 1
    assert len(seen) == len(set(seen)) == len(calls.desk.door_get("Users"))
    again = calls.get(f"incremental/users/cursor?{query}")["users"]
    assert [u["id"] for u in again] == seen[-1:]


def test_pages_by_number_end_at_ten_thousand() -> None:
    answer = Calls().send("GET", "users?page=101&per_page=100")
    assert (answer.status, answer.json()["errors"][0]["code"]) == (400, "InvalidPaginationDepth")


def test_limits_of_endpoints_are_below_the_accounts() -> None:
    calls = Calls()
    user, other = calls.user()["id"], calls.user()["id"]
    calls.change(user, notes="a")
    answer = calls.send("PUT", f"users/{other}", {"user": {"notes": "a"}})
    assert (answer.status, answer.headers["content-type"][:10]) == (429, "text/plain")
    assert int(answer.headers["retry-after"]) >= 1
    statuses = [calls.send("GET", "incremental/users/cursor?start_time=0").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    small = Calls(requests_per_minute=3)
    statuses = [small.send("GET", "users").status for _ in range(4)]
    assert statuses == [200] * 3 + [429]


# -- who calls


def test_nobody_is_answered_as_a_visitor() -> None:
    calls = Calls()
    for headers in ({"authorization": ""}, {"authorization": "Basic " + base64.b64encode(b"demo:password").decode()}):
        answer = calls.send("GET", "users/me", **headers)
        assert (answer.status, answer.json()["user"]["id"]) == (200, None)
        assert calls.send("GET", "users", **headers).status == 401
    wrong = "Basic " + base64.b64encode(b"demo@samtale-demo.example/token:wrong").decode()
    assert calls.send("GET", "users/me", authorization=wrong).status == 401


def test_paths_may_end_in_json_and_unknown_ones_are_told_apart() -> None:
    calls = Calls()
    assert calls.get("users.json")["count"] == 1
    assert calls.send("GET", "nonsense").json()["error"] == "InvalidEndpoint"
    assert calls.send("GET", "users/4711").json()["error"] == "RecordNotFound"


# -- the door


def test_an_agent_who_edits_an_address_replaces_it() -> None:
    calls = Calls()
    user = calls.user(email="old@a.example", phone="+4722000001")["id"]
    shown = calls.desk.door_put("Users", str(user), {"email": "new@a.example", "phone": "+4722000002"})
    assert (shown["email"], shown["phone"]) == ("new@a.example", "+4722000002")
    assert calls.identities(user) == {"new@a.example": True, "+4722000002": True}
    company = calls.organization("A")["id"]
    calls.desk.door_put("Organizations", str(company), {"organization_fields.website": "https://a.example"})
    found = calls.desk.door_get_one("Organizations", str(company))
    assert found is not None
    assert found["organization_fields"]["website"] == "https://a.example"


def test_the_door_says_what_it_does_not_take() -> None:
    calls = Calls()
    for changes in ({"url": "https://a.example"}, {"name": ""}, {"email": "nonsense"}):
        with pytest.raises(DoorError):
            calls.desk.door_put("Users", None, {"name": "Kari", **changes})
