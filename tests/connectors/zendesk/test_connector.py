"""Zendesk: what the exam cannot bring about: late exports, limits, rotating tokens, merges, rights."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from samtale.connectors.auth import Secret
from samtale.connectors.zendesk.about import LAG
from samtale.core.problems import Problem, Refused, SamtaleError, Taken
from samtale.ports.connector import Draft, Written
from tests.connectors.zendesk.desk import KEYS, Help

REFRESH = {**KEYS, "refresh_token": "demo-refresh-token"}
TOKEN = {"email": "demo@samtale-demo.example", "api_token": "demo-api-token"}


def create(desk: Help, collection: str, values: dict[str, Any], mark: str = "mark-1") -> Any:
    (outcome,) = desk.connector.create(collection, [Draft(values=values, mark=mark)])
    return outcome


# -- reading


@pytest.mark.parametrize("collection", ["Users", "Organizations"])
def test_a_change_shows_in_the_export_after_a_minute_and_is_never_lost(collection: str) -> None:
    desk = Help(records=30)
    desk.clock.advance(600)
    records, _, cursor = desk.read(collection)
    for number, key in enumerate(list(records)[:6]):
        desk.simulator.door_put(collection, key, {"notes": f"number {number}"})
        seen, _, _ = desk.read(collection, cursor)
        assert seen.get(key, {}).get("notes") != f"number {number}"
        desk.clock.advance(LAG)
        seen, _, cursor = desk.read(collection, cursor)
        assert seen[key]["notes"] == f"number {number}"
        desk.clock.advance(17)


@pytest.mark.parametrize("collection", ["Users", "Organizations"])
def test_long_reads_take_many_pages_and_show_everything_once(collection: str) -> None:
    desk = Help(records=2600, requests_per_minute=None)
    there = {str(r["id"]) for r in desk.simulator.door_get(collection)}
    records, deleted, cursor = desk.read(collection)
    assert records.keys() == there
    assert deleted == set()
    since = {**cursor, "start": 0}
    desk.calls.clear()
    assert desk.read(collection, since)[0].keys() == there
    assert len(desk.calls) == -(-len(there) // 1000)


def test_deleted_and_merged_users_are_told_and_fetched_no_more() -> None:
    desk = Help()
    kept, lost, gone = (desk.person(email=f"{n}@firm.example") for n in ("kept", "lost", "gone"))
    _, _, cursor = desk.read("Users")
    desk.simulator.door_merge("Users", lost, kept)
    desk.simulator.door_delete("Users", gone)
    desk.clock.advance(LAG)
    records, deleted, _ = desk.read("Users", cursor)
    assert kept in records
    assert deleted == {lost, gone}
    fetched = desk.connector.fetch("Users", [kept, lost, gone])
    assert [json.loads(r)["id"] for r in fetched.records] == [int(kept)]
    assert desk.addresses(kept) == {"kept@firm.example": True, "lost@firm.example": False}
    assert desk.connector.merged_into("Users", lost) is None


def test_lists_that_show_deleted_users_show_no_record_of_them() -> None:
    desk = Help(deleted_in_lists=True)
    key = desk.person()
    desk.simulator.door_delete("Users", key)
    records, _, _ = desk.read("Users")
    assert key not in records


def test_a_merge_of_organizations_leads_from_the_loser_to_the_winner() -> None:
    desk = Help()
    kept, lost = desk.company("A"), desk.company("B")
    desk.simulator.door_merge("Organizations", lost, kept)
    assert desk.connector.merged_into("Organizations", lost) == kept
    assert desk.connector.merged_into("Organizations", kept) is None
    assert desk.connector.fetch("Organizations", [lost]).records == []


def test_an_expired_cursor_is_replaced_by_its_time() -> None:
    desk = Help(records=30)
    records, _, cursor = desk.read("Users")
    key = next(iter(records))
    desk.simulator.door_put("Users", key, {"notes": "new"})
    desk.clock.advance(LAG)
    seen, _, later = desk.read("Users", {**cursor, "cursor": "expired!"})
    assert seen[key]["notes"] == "new"
    assert later["cursor"] != "expired!"


@pytest.mark.parametrize("collection", ["Users", "Organizations"])
def test_a_clock_that_was_put_back_means_a_full_pass(collection: str) -> None:
    desk = Help(records=30)
    records, _, cursor = desk.read(collection)
    desk.clock.skew = -7200
    seen, _, later = desk.read(collection, cursor)
    assert seen.keys() == records.keys()
    assert int(str(later["start"])) < int(str(cursor["start"]))


def test_suspended_users_are_users() -> None:
    desk = Help()
    key = desk.person(suspended=True)
    assert desk.read("Users")[0][key]["suspended"] is True


# -- limits


def test_exports_wait_for_their_own_limit() -> None:
    desk = Help(records=30)
    _, _, cursor = desk.read("Organizations")
    began = desk.clock.elapsed()
    for _ in range(25):
        _, _, cursor = desk.read("Organizations", cursor)
    assert 100 < desk.clock.elapsed() - began < 300
    assert len(desk.calls) == 26


def test_one_user_a_second_is_updated_and_one_record_five_times_a_minute() -> None:
    desk = Help()
    keys = [desk.person() for _ in range(4)]
    began = desk.clock.elapsed()
    for key in keys:
        desk.change(key, notes="one")
    assert desk.clock.elapsed() - began >= 3
    assert [c for c in desk.calls if c.startswith("PUT")] == [f"PUT users/{key}" for key in keys]
    for number in range(8):
        desk.change(keys[0], notes=f"number {number}")
    assert desk.clock.elapsed() - began >= 60
    assert desk.user(keys[0])["notes"] == "number 7"


def test_a_refusal_for_haste_without_words_or_time_waits_ten_seconds() -> None:
    desk = Help()
    key = desk.person()
    times = iter([True, False, False, False])
    desk.intercept = lambda r: httpx2.Response(429, text="slow down") if r.method == "PUT" and next(times) else None
    began = desk.clock.elapsed()
    desk.change(key, notes="one")
    assert desk.clock.elapsed() - began >= 10


# -- proving who we are


class Store:
    """Remembers what it was given, and what the account had issued by then."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, name: str, value: str) -> None:
        assert name == "refresh_token"
        self.kept.append(value)


def test_a_new_refresh_token_is_kept_before_anything_else_is_asked() -> None:
    store = Store()
    desk = Help(credentials=REFRESH, store=store)
    assert desk.connector.check() == []
    assert len(store.kept) == 1
    desk.simulator.gate.expire_access()
    assert desk.connector.check() == []
    assert len(store.kept) == 2
    assert store.kept[1] not in repr(vars(desk.connector))


def test_a_refresh_token_that_was_used_is_dead_and_the_kept_one_lives() -> None:
    store = Store()
    desk = Help(credentials=REFRESH, store=store)
    assert desk.connector.check() == []
    (problem,) = desk.connect(REFRESH, {}).check()
    assert problem.code == "not_authorized"
    assert "works once" in problem.why
    assert desk.connect({**REFRESH, "refresh_token": store.kept[-1]}, {}).check() == []


def test_a_token_that_another_run_renewed_is_looked_up_again() -> None:
    kept = {"refresh_token": "demo-refresh-token"}

    class Shared:
        def keep(self, name: str, value: str) -> None:
            kept[name] = value

    secrets: dict[str, Secret] = {**KEYS, "refresh_token": lambda: kept["refresh_token"]}
    desk = Help(credentials=secrets, store=Shared())
    assert desk.connector.check() == []
    other = desk.connect(secrets, {}, Shared())
    assert other.check() == []  # which ends the first one's tokens
    assert desk.connector.check() == []


def test_a_token_that_cannot_be_kept_is_not_used() -> None:
    class Full:
        def keep(self, name: str, value: str) -> None:
            raise SamtaleError(Problem(code="secret_not_kept", summary="The secret cannot be kept."))

    desk = Help(credentials=REFRESH, store=Full())
    with pytest.raises(SamtaleError) as raised:
        desk.connector.check()
    assert raised.value.problems[0].code == "secret_not_kept"
    assert desk.calls == []


def test_an_api_token_works_while_the_account_has_them() -> None:
    assert Help(credentials=TOKEN).connector.check() == []
    (problem,) = Help(credentials=TOKEN, api_tokens=False).connector.check()
    assert problem.code == "not_authorized"


def test_credentials_that_make_no_whole_set_are_named() -> None:
    with pytest.raises(SamtaleError) as raised:
        Help(credentials={"client_id": "demo-client-id"})
    assert raised.value.problems[0].code == "missing_credential"


def anonymous(request: httpx2.Request) -> httpx2.Response | None:
    nobody = {"id": None, "name": "Anonymous user"}
    return httpx2.Response(200, json={"user": nobody}) if request.url.path.endswith("/me") else None


@pytest.mark.parametrize(
    ("prepare", "options", "code"),
    [
        (anonymous, {}, "not_authorized"),
        (None, {"role": "agent"}, "missing_privilege"),
        (None, {"scopes": ("users:read", "users:write", "organizations:read")}, "missing_privilege"),
    ],
    ids=["nobody", "an agent", "narrow scopes"],
)
def test_check_says_what_is_lacking(
    prepare: Callable[[httpx2.Request], httpx2.Response | None] | None, options: dict[str, Any], code: str
) -> None:
    desk = Help(**options)
    if prepare is not None:
        desk.intercept = prepare
    problems = desk.connector.check()
    assert code in {problem.code for problem in problems}


# -- what the account has


def test_check_learns_the_accounts_own_fields() -> None:
    desk = Help()
    assert desk.connector.check() == []
    about = desk.connector.about()
    fields = {p.path: p for p in about.collection("Organizations").properties}
    assert fields["organization_fields.segment"].values == ("small", "large")
    assert fields["organization_fields.customer_since"].type == "date"
    assert {p.path: p.type for p in about.collection("Users").properties}["user_fields.newsletter"] == "boolean"
    assert not fields["url"].updatable
    assert "organization_fields.website" in fields["url"].note
    again = desk.connector.check()
    assert again == []
    assert desk.connector.about() == about


def test_lists_that_replace_lists_are_never_sent() -> None:
    desk = Help()
    key = desk.company("A", domain_names=["a.example"])
    with pytest.raises(Refused):
        desk.connector.update("Organizations", key, {"domain_names": ["b.example"]}, {}, None)
    desk.connector.update("Organizations", key, {"notes": "new"}, {"notes": None}, None)
    assert desk.bodies[-1] == {"organization": {"notes": "new"}}


# -- creating


def test_nobody_is_written_to() -> None:
    desk = Help()
    mails = desk.simulator.table.mails
    assert isinstance(create(desk, "Users", {"name": "Kari", "email": "kari@firm.example"}), Written)
    assert desk.simulator.table.mails == mails


def test_what_is_taken_leads_to_who_has_it() -> None:
    desk = Help(search_lag=0)
    person = desk.person(email="old@firm.example")
    desk.change(person, email="kari@firm.example")
    company = desk.company("Firm AS")
    for values, collection, path, key in (
        ({"name": "K", "email": "KARI@firm.example"}, "Users", "email", person),
        ({"name": "K", "email": "old@firm.example"}, "Users", "email", person),
        ({"name": " firm as "}, "Organizations", "name", company),
    ):
        outcome = create(desk, collection, values)
        assert isinstance(outcome, Taken)
        assert (outcome.properties, outcome.key) == ((path,), key)


def test_an_address_that_the_search_does_not_know_yet_is_taken_by_nobody_known() -> None:
    desk = Help()
    desk.clock.advance(3600)
    desk.person(email="kari@firm.example")
    outcome = create(desk, "Users", {"name": "K", "email": "kari@firm.example"})
    assert isinstance(outcome, Taken)
    assert outcome.key is None
