"""Echo, lag, oscillation, writing, unknown outcomes, failures and bad answers (design 5.10 to 5.13)."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from samtale.core.problems import SamtaleError
from samtale.engine import use_cases
from tests.engine.house import Desk
from tests.engine.people import NUMBERS, Build, account, approve_everything, firm, linked_firms

# echo and lag (5.10)


def test_our_own_writes_come_back_as_nothing(build: Build) -> None:
    """5.10: no call that could change anything, however often we look, full passes included."""
    house, a, _ = linked_firms(build)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.sync("none")
    before = house.po.writes(), house.zoho.writes()
    for seconds in (0, 1, 5, 3600, 90_000):
        house.wait(seconds)
        house.sync("none", full=seconds == 5)
    assert (house.po.writes(), house.zoho.writes()) == before


def test_what_a_system_makes_of_our_value_is_its_base(quick: Build) -> None:
    """5.10: Zoho stores it in capitals; that is not sent back, and a later edit there is an edit."""
    house, a, b = linked_firms(quick)
    house.zoho.fault("reformat", property="Account_Name", form="upper")
    house.po.edit("Customers", a, Name="Ny Acme AS")
    house.sync("none")
    assert house.zoho.get("Account", b, "Account_Name") == "NY ACME AS"
    assert house.po.get("Customers", a, "Name") == "Ny Acme AS"
    house.assert_quiet()
    house.zoho.calm()
    house.zoho.edit("Account", b, Account_Name="Nyere Acme AS")
    house.sync("none")
    assert house.po.get("Customers", a, "Name") == "Nyere Acme AS"
    house.assert_quiet()


def test_a_lagging_replica_reverts_nobody(build: Build) -> None:
    """5.10: reads that show the value from before our write, within the declared lag, are no information."""
    house, a, b = linked_firms(build)
    house.zoho.edit("Account", b, Phone="+4723000000")
    house.sync("none")  # writes to PowerOffice Go, and looks again while its replica still shows the old number
    assert house.po.get("Customers", a, "PhoneNumber") == "+4723000000"
    house.po.fault("stale_read", method="GET", seconds=1.9)
    house.sync("none")
    assert house.po.get("Customers", a, "PhoneNumber") == "+4723000000"
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    house.po.calm()
    house.assert_quiet()


def test_a_field_that_flips_is_held(quick: Build) -> None:
    """5.10: another tool writes its own value back again and again: after some rounds it is held, with its history."""
    house, a, b = linked_firms(quick)
    ours, theirs = "+4723000000", "+4724000000"
    for _ in range(8):
        house.po.edit("Customers", a, PhoneNumber=ours)
        house.sync("none")
        house.wait(60)
        house.zoho.edit("Account", b, Phone=theirs)
        house.sync("none")
        house.wait(60)
    assert "oscillation" in house.held()
    writes = len(house.po.writes()) + len(house.zoho.writes())
    house.po.edit("Customers", a, PhoneNumber=ours)
    house.sync("none")
    assert len(house.po.writes()) + len(house.zoho.writes()) == writes


# writing (5.11)


def _edit_before_write(desk: Desk, method: str, edit: object) -> list[str]:
    """Somebody edits the record just as our write to it is about to be sent; once."""
    seen: list[str] = []

    def before(request: object) -> None:
        if request.method == method and not seen:  # type: ignore[attr-defined]
            seen.append(method)
            edit()  # type: ignore[operator]

    desk.before_call = before
    return seen


def test_an_edit_that_we_have_not_seen_is_never_overwritten_in_zoho(build: Build) -> None:
    """5.11: the condition fails (412): looked at again, planned anew; both edits are known and the newer one wins."""
    house, a, b = linked_firms(build)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.wait(60)
    seen = _edit_before_write(house.zoho, "PUT", lambda: house.zoho.edit("Account", b, Phone="+4724000000"))
    result = house.sync("none")
    assert seen == ["PUT"]
    assert result.outcome.moved == 1
    assert house.zoho.get("Account", b, "Phone") == "+4724000000"
    assert house.po.get("Customers", a, "PhoneNumber") == "+4724000000"
    losers = [h.data["losers"] for h in use_cases.history(house.setting, f"zoho.Account:{b}") if h.kind == "verdict"]
    assert ["po.Customers", ["+4723000000"]] in [x for found in losers for x in found]
    house.assert_quiet()


def test_an_edit_that_we_have_not_seen_is_never_overwritten_in_poweroffice(quick: Build) -> None:
    """5.11: a patch with tests; the same field and another one."""
    house, a, b = linked_firms(quick)
    house.zoho.edit("Account", b, Phone="+4723000000")
    house.wait(60)
    seen = _edit_before_write(house.po, "PATCH", lambda: house.po.edit("Customers", a, PhoneNumber="24 00 00 00"))
    house.sync("none")
    assert seen == ["PATCH"]
    assert house.po.get("Customers", a, "PhoneNumber") == "24 00 00 00"
    assert house.zoho.get("Account", b, "Phone") == "+4724000000"
    house.assert_quiet()


def test_a_record_that_went_as_we_wrote_is_no_trouble(quick: Build) -> None:
    """5.11, 5.7: gone: looked at again; nothing is created in its place."""
    house, a, b = linked_firms(quick)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    _edit_before_write(house.zoho, "PUT", lambda: house.zoho.remove("Account", b))
    for _ in range(3):
        house.sync("none")
        house.wait(10)
    assert house.zoho.all("Account") == []
    house.assert_quiet()


def test_a_silent_no_op_is_a_failure(quick: Build) -> None:
    """5.11: Zoho says that it worked, and shows what it showed before: refused, held with the reason, retried when input changes."""
    house, a, b = linked_firms(quick)
    writer: Any = house.zoho.simulator._writer  # type: ignore[attr-defined]
    put = writer.change
    writer.change = lambda module, row, item, *more, **options: put(module, row, {}, *more, **options)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    result = house.sync("none")
    assert result.outcome.failed == 1
    assert house.held() == ["refused"]
    before = house.zoho.writes()
    house.sync("none")
    assert house.zoho.writes() == before
    writer.change = put
    house.po.edit("Customers", a, PhoneNumber="23000001")
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4723000001"
    house.assert_quiet()


def test_a_refused_value_is_held_and_tried_again_when_it_changes(build: Build) -> None:
    """5.13: one bad record never stops the others; the same write is not sent twice."""
    house, a, b = linked_firms(build)
    other = house.po.add("Customers", **firm("Other AS", NUMBERS[1], PhoneNumber="22111111"))
    house.sync()
    house.zoho.edit("Account", b, Billing_City="Oslo")  # PowerOffice Go keeps no address without a postal code
    house.zoho.edit("Account", house.partner("po.Customers", other, "zoho.Account"), Phone="23000000")
    house.sync("none")
    assert house.held() == ["refused"]
    assert house.po.get("Customers", other, "PhoneNumber") == "+4723000000"
    before = house.po.writes()
    house.sync("none")
    assert house.po.writes() == before
    house.zoho.edit("Account", b, Billing_Code="0155", Billing_Street="Storgata 1", Billing_Country="Norway")
    house.sync("none")
    assert house.po.get("Customers", a, "MailAddress.City") == "Oslo"
    assert house.held() == []
    house.assert_quiet()


def test_a_value_that_does_not_fit_is_held(quick: Build) -> None:
    """Bad input: a value too long for the other system."""
    house, a, b = linked_firms(quick)
    house.po.edit("Customers", a, Name="Et Svært Langt Navn " * 15, PhoneNumber="23000000")
    house.sync("none")
    assert house.zoho.get("Account", b, "Account_Name") == "Acme AS"
    assert set(house.held()) <= {"unwritable", "refused"}
    assert house.held()
    house.po.edit("Customers", a, Name="Kort AS")
    house.sync("none")
    assert house.zoho.get("Account", b, "Account_Name") == "Kort AS"
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    house.assert_quiet()


# unknown outcomes (5.12)

CREATES = "/crm/v8/Accounts"


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("lost_reply", {}),
        ("cut_before", {}),
        ("status", {"status": 500, "when": "after"}),
        ("status", {"status": 502, "when": "before"}),
        ("html", {"when": "after"}),
        ("truncate", {}),
        ("wrong_content_type", {}),
    ],
)
def test_a_create_with_an_unknown_outcome_is_never_repeated_blindly(
    quick: Build, kind: str, more: dict[str, object], mark: bool
) -> None:
    """5.12: found by its mark or by resemblance, or created once more; in every case exactly one record."""
    house = quick(mark=mark)
    a = house.po.add("Customers", **firm(number=None))
    b = house.po.add("Customers", **firm("Other AS", NUMBERS[1]))
    house.zoho.fault(kind, method="POST", path=CREATES, times=1, **more)
    house.sync()
    house.zoho.calm()
    for _ in range(2):
        house.wait(10)
        house.sync()
    assert sorted(r["Account_Name"] for r in house.zoho.all("Account")) == ["Acme AS", "Other AS"]
    assert house.partner("po.Customers", a, "zoho.Account") != house.partner("po.Customers", b, "zoho.Account")
    house.assert_quiet()


def test_an_unknown_create_that_several_resemble_is_parked(quick: Build) -> None:
    """5.12: a person types two records with that name just then: parked, shown, settled by a person; nothing is created meanwhile."""
    house = quick(mark=False)
    a = house.po.add("Customers", **firm(number=None))
    house.zoho.fault("lost_reply", method="POST", path=CREATES, times=1)

    def typed(request: object) -> None:
        house.zoho.after_call = lambda _: None
        house.zoho.simulator.door_put("Account", None, {"Account_Name": "Acme AS"})

    def before(request: object) -> None:
        if request.method == "POST" and CREATES in request.url.path:  # type: ignore[attr-defined]
            house.zoho.before_call = lambda _: None
            typed(request)

    house.zoho.before_call = before
    house.sync()
    house.zoho.calm()
    house.wait(10)
    house.sync()
    assert len(house.zoho.all("Account")) == 2
    (unknown,) = use_cases.status(house.setting).unknown
    assert unknown.state == "parked"
    ours = next(r["id"] for r in house.zoho.all("Account") if r["Created_By"]["name"] == "Integration User")
    use_cases.settle_unknown(house.setting, unknown.id, ours)
    house.sync()
    assert house.partner("po.Customers", a, "zoho.Account") == ours
    assert len(house.zoho.all("Account")) == 2


def test_a_unique_value_that_is_taken_is_a_suggestion(quick: Build) -> None:
    """5.3: "already taken" leads to the record that has it; nothing is created twice."""
    house = quick()
    a = house.po.add("Customers", **firm(number=None))
    house.sync("none")
    mark = house.setting.mark(("zoho", "Account"), ("po", "Customers", a))
    hidden = house.zoho.add("Account", Account_Name="Bears It Already AS", Samtale_Mark=mark)
    house.zoho.fault("empty_list", method="GET", path=CREATES)
    house.sync()
    house.zoho.calm()
    assert len(house.zoho.all("Account")) == 1
    house.wait(10)
    house.sync()
    assert house.partner("po.Customers", a, "zoho.Account") == hidden


# systems in trouble (5.13)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("down", {}),
        ("status", {"status": 503}),
        ("html", {}),
        ("truncate", {}),
        ("wrong_content_type", {}),
        ("endless_pages", {}),
        ("status", {"status": 401, "body": '{"code":"INVALID_TOKEN"}'}),
    ],
)
def test_one_system_in_trouble_stops_no_other_and_loses_nothing(
    quick: Build, kind: str, more: dict[str, object]
) -> None:
    """5.13, bad input: a clear problem; nothing is written that was not seen; afterwards everything catches up."""
    house, a, b = linked_firms(quick)
    house.zoho.fault(kind, path="/crm/v8/(Accounts|Contacts)", **more)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    c = house.po.add("Customers", **firm("New AS", NUMBERS[1]))
    house.sync("none")
    if kind not in ("endless_pages", "wrong_content_type"):
        assert house.ear.problems, "nobody was told"
    for problem in house.ear.problems:
        assert problem.summary
        assert "23000000" not in f"{problem.summary} {problem.why} {problem.remedy}"
    house.zoho.calm()
    house.wait(10)
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"
    assert house.partner("po.Customers", c, "zoho.Account")
    assert len(house.zoho.all("Account")) == 2
    house.assert_quiet()


def test_poweroffice_down_while_zoho_goes_on(quick: Build) -> None:
    """5.13: what Zoho's people typed meanwhile arrives later."""
    house, a, b = linked_firms(quick)
    house.po.fault("down")
    house.zoho.edit("Account", b, Phone="+4723000000")
    house.sync("none")
    assert house.po.get("Customers", a, "PhoneNumber") == "22334455"
    house.po.calm()
    house.sync("none")
    assert house.po.get("Customers", a, "PhoneNumber") == "+4723000000"
    house.assert_quiet()


def test_too_many_requests_are_waited_out(quick: Build) -> None:
    """5.13: 429 with its header, on a write as well."""
    house, a, b = linked_firms(quick)
    house.zoho.fault("status", status=429, headers={"Retry-After": "3"}, path="/crm/v8/Accounts", times=3)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"


@pytest.mark.parametrize("skew", [3600.0, -3600.0])
def test_a_clock_an_hour_off_does_not_decide_conflicts(quick: Build, skew: float) -> None:
    """5.4, bad input: times are corrected by the Date header: the really newer edit wins."""
    house, a, b = linked_firms(quick)
    house.zoho.simulator.clock.skew = skew
    house.sync("none")
    house.zoho.edit("Account", b, Phone="22000001")
    house.wait(300)
    house.po.edit("Customers", a, PhoneNumber="22000002")
    house.wait(5)
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4722000002"
    assert house.reason(f"po.Customers:{a}", "phone") == "newest"
    house.assert_quiet()


# the store in trouble


def _store_file(store_url: str) -> Path:
    return Path(store_url.removeprefix("sqlite:///"))


def test_a_full_disk_is_told_and_harms_nothing(quick: Build) -> None:
    """Bad input: ``max_page_count``: a clear error; the store is whole, and the next run with room carries on."""
    house, _, _ = linked_firms(quick)
    with house.store._writer.connect() as connection:  # type: ignore[attr-defined]
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    for n in range(60):
        house.po.add("Customers", **firm(f"Firm {n} {'x' * 80}", None))
    with pytest.raises(SamtaleError) as raised:
        house.sync("none")
    assert "full" in f"{raised.value.problems[0].summary} {raised.value.problems[0].why}".lower()
    with house.store._writer.connect() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    house.restart()
    house.sync()
    assert len(house.zoho.all("Account")) == 61
    house.assert_quiet()


def test_a_file_size_limit_is_told_and_harms_nothing(quick: Build) -> None:
    """Bad input: RLIMIT_FSIZE."""
    house, _, _ = linked_firms(quick)
    for n in range(60):
        house.po.add("Customers", **firm(f"Firm {n} {'x' * 80}", None))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_store_file(house.store_url).stat().st_size + 40_000, hard))
    try:
        with pytest.raises(SamtaleError) as raised:
            house.sync("none")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert raised.value.problems[0].remedy
    house.restart()
    house.sync()
    assert len(house.zoho.all("Account")) == 61
    house.assert_quiet()


def test_a_locked_store_is_told(quick: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad input: another program keeps the database locked for longer than our patience."""
    monkeypatch.setattr("samtale.store.open.PATIENCE", 0.2)
    house, a, b = linked_firms(quick)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    with closing(sqlite3.connect(_store_file(house.store_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SamtaleError) as raised:
            house.sync("none")
        other.execute("ROLLBACK")
    assert "lock" in f"{raised.value.problems[0].summary} {raised.value.problems[0].why}".lower()
    house.restart()
    house.sync("none")
    assert house.zoho.get("Account", b, "Phone") == "+4723000000"


def test_a_corrupt_store_is_told_before_anything_is_written(quick: Build) -> None:
    """Bad input: a page of the database is garbage: a clear error, and no system is written."""
    house, a, _ = linked_firms(quick)
    house.po.edit("Customers", a, PhoneNumber="23000000")
    house.store.close()
    file = _store_file(house.store_url)
    with closing(sqlite3.connect(file)) as whole:
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    file.write_bytes(content)
    before = house.po.writes(), house.zoho.writes()
    from samtale.store import open_store

    def run() -> None:
        house.store = open_store(house.store_url, "test")
        house.restart()
        house.sync("none")

    with pytest.raises(SamtaleError) as raised:
        run()
    assert raised.value.problems[0].remedy
    assert (house.po.writes(), house.zoho.writes()) == before


def test_a_bad_mark_property_is_no_reason_to_create_twice(quick: Build) -> None:
    """5.12: somebody empties the mark of a record that we created: it stays linked."""
    house = quick()
    a = house.po.add("Customers", **firm(number=None))
    house.sync()
    approve_everything(house)
    (b,) = [r["id"] for r in house.zoho.all("Account")]
    house.zoho.edit("Account", b, Samtale_Mark=None)
    house.zoho.add("Account", **account("Another AS", None))
    house.po.edit("Customers", a, Name="Acme Ny AS")
    house.sync("none")
    assert house.zoho.get("Account", b, "Account_Name") == "Acme Ny AS"
    assert len(house.zoho.all("Account")) == 2
    house.assert_quiet()
