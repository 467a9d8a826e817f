"""One project from its first plan to everyday questions, through the command line, over HTTP."""

import json
import stat
from pathlib import Path

from tests.cli.conftest import Call, Company

WRITES = {"create", "update", "archive", "delete"}


def test_a_plan_writes_to_no_system(company: Company, call: Call) -> None:
    answer = call("plan", "--project", company.root, "--json")
    plan = answer.json
    assert answer.exit == (1 if plan["held"] else 0)
    assert plan["counts"]["link"] > 5
    assert plan["counts"]["create"] == sum(1 for w in plan["writes"] if w["kind"] == "create") > 0
    assert plan["counts"]["held"] == len(plan["held"])
    assert plan["unapproved"] == len(plan["writes"])
    asked = company.door("GET", "zohocrm", "requests") + company.door("GET", "powerofficego", "requests")
    assert {r["method"] for r in asked if "oauth" not in r["path"].lower()} == {"GET"}


def test_the_plan_for_people_is_grouped_and_says_what_to_do(company: Company, call: Call) -> None:
    answer = call("plan", "--project", company.root)
    for words in ("Link  ", "Create  ", "Update  ", "in zohocrm.Contact", "because", "samtale sync", "Held  "):
        assert words in answer.out
    everything = call("plan", "--project", company.root, "--all")
    assert len(everything.out) > len(answer.out)


def test_a_first_run_needs_an_approved_plan(company: Company, call: Call) -> None:
    answer = call("sync", "--project", company.root, "--json")
    assert answer.exit == 2
    assert answer.codes == ["approval_needed"]
    asked = company.door("GET", "zohocrm", "requests") + company.door("GET", "powerofficego", "requests")
    assert {r["method"] for r in asked if "oauth" not in r["path"].lower()} == {"GET"}


def test_sync_carries_out_what_was_planned_and_then_has_nothing_to_write(company: Company, call: Call) -> None:
    before = len(company.records("zohocrm", "Account")) + len(company.records("zohocrm", "Contact"))
    plan = call("plan", "--project", company.root, "--json").json
    first = call("sync", "--project", company.root, "--yes", "--json")
    assert first.json["done"] >= len(plan["writes"]) - first.json["failed"]
    assert first.json["plan"] == plan["id"]
    assert first.json["quiet"] is True
    after = len(company.records("zohocrm", "Account")) + len(company.records("zohocrm", "Contact"))
    assert after - before == plan["counts"]["create"]
    again = call("sync", "--project", company.root, "--full", "--json")
    assert (again.json["done"], again.json["quiet"]) == (0, True)
    assert call("sync", "--project", company.root).out.endswith("nothing to write\n")


def test_a_saved_plan_is_private_and_covers_exactly_its_writes(company: Company, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.touch(mode=0o644)
    call("plan", "--project", company.root, "--save", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    saved = json.loads(file.read_text())
    kept = [w for w in saved["writes"] if w["kind"] == "create"][:2]
    file.write_text(json.dumps({**saved, "writes": kept}))
    before = len(company.records("zohocrm", "Account")) + len(company.records("zohocrm", "Contact"))
    answer = call("sync", "--project", company.root, "--plan", file, "--json")
    assert answer.json["done"] == len(kept)
    assert answer.exit == 1
    after = len(company.records("zohocrm", "Account")) + len(company.records("zohocrm", "Contact"))
    assert after - before == len(kept)
    writes = [r for r in company.door("GET", "powerofficego", "requests") if r["method"] in ("PATCH", "POST")]
    assert [r for r in writes if "oauth" not in r["path"].lower()] == []


def test_what_changed_since_a_plan_was_saved_is_left_out(company: Company, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    call("plan", "--project", company.root, "--save", file)
    write = next(
        w for w in json.loads(file.read_text())["writes"] if w["kind"] == "update" and w["system"] == "zohocrm"
    )
    company.door("PUT", "zohocrm", f"records/{write['collection']}/{write['key']}", {"Phone": "+47 22 00 00 42"})
    answer = call("sync", "--project", company.root, "--plan", file)
    assert "left out: not what the saved plan lists" in answer.out
    shown = company.door("GET", "zohocrm", f"records/{write['collection']}/{write['key']}")
    assert shown["Phone"] == "+47 22 00 00 42"


def test_an_edit_goes_where_it_belongs_and_is_explained(company: Company, call: Call) -> None:
    call("sync", "--project", company.root, "--yes")
    ref, key, partner = linked_account(company, call)
    company.door("PUT", "zohocrm", f"records/Account/{key}", {"Phone": "+47 22 00 00 42"})
    planned = call("plan", "--project", company.root, "--json").json
    (change,) = [f for w in planned["writes"] if w["key"] == partner for f in w["fields"]]
    assert (change["field"], change["new"], change["reason"]) == ("phone", "+47 22 00 00 42", "edited")
    call("sync", "--project", company.root)
    shown = company.door("GET", "powerofficego", f"records/Customers/{partner}")["PhoneNumber"]
    assert "".join(filter(str.isdigit, shown)).endswith("22000042")

    explained = call("explain", ref, "--field", "phone", "--project", company.root)
    assert "phone: +47 22 00 00 42" in explained.out
    assert "because: edited, in zohocrm.Account" in explained.out
    (field,) = call("explain", ref, "--field", "phone", "--project", company.root, "--json").json["fields"]
    assert {side["state"] for side in field["sides"]} == {"settled"}
    assert field["verdict"]["reason"] == "edited"

    told = call("history", ref, "--project", company.root)
    assert "written by us" in told.out
    kinds = [event["kind"] for event in call("history", ref, "--project", company.root, "--json").json["events"]]
    assert kinds[-3:] == ["observed", "verdict", "updated"]


def test_status_counts(company: Company, call: Call) -> None:
    call("sync", "--project", company.root, "--yes")
    found = call("status", "--project", company.root, "--json").json
    assert found["approved"] is True
    counted = {c["collection"]: c["records"] for c in found["collections"]}
    assert counted["Account"] == len(company.records("zohocrm", "Account"))
    assert counted["Customers"] == len(company.records("powerofficego", "Customers"))
    shown = call("status", "--project", company.root)
    assert str(counted["Customers"]) in shown.out


def test_review_groups_what_is_held_and_its_commands_work(company: Company, call: Call) -> None:
    call("sync", "--project", company.root, "--yes")
    review = call("review", "--project", company.root, "--json")
    assert review.exit == 1
    suggested = [h for h in review.json["held"] if h["code"] == "suggested"]
    assert suggested
    only = call("review", "--only", "suggested", "--project", company.root, "--json").json["held"]
    assert [h["refs"] for h in only] == [h["refs"] for h in review.json["held"] if h["kind"] == "suggested"]
    _, *settle = only[0]["command"].split()
    assert call(*settle, "--project", company.root).exit == 0
    planned = call("plan", "--project", company.root, "--json").json
    still = [h["refs"][0] for h in planned["held"] if h["code"] == "suggested"]
    assert only[0]["refs"][0] not in still


def test_two_records_may_be_called_distinct(company: Company, call: Call) -> None:
    call("sync", "--project", company.root, "--yes")
    (held, *_) = call("review", "--only", "suggested", "--project", company.root, "--json").json["held"]
    pair = [".".join(name[:2]) + ":" + name[2] for name in held["refs"][:2]]
    assert call("link", "--distinct", *pair, "--project", company.root, "--json").json["did"] == "distinct"
    left = call("review", "--only", "suggested", "--project", company.root, "--json").json["held"]
    assert held["refs"][:2] not in [h["refs"][:2] for h in left]


def test_unlink_parts_and_link_joins_again(company: Company, call: Call) -> None:
    call("sync", "--project", company.root, "--yes")
    ref, _, partner = linked_account(company, call)
    answer = call("unlink", ref, "--project", company.root, "--json")
    assert answer.json["parted"] == [f"powerofficego.Customers:{partner}"]
    assert call("sync", "--project", company.root, "--json").json["done"] == 0
    assert call("explain", ref, "--project", company.root, "--json").json["entity"] == ""
    assert call("link", ref, f"powerofficego.Customers:{partner}", "--project", company.root).exit == 0
    call("sync", "--project", company.root)
    records = call("explain", ref, "--project", company.root, "--json").json["records"]
    assert ["powerofficego", "Customers", partner] in [r["ref"] for r in records]


def test_a_person_settles_a_field(company: Company, call: Call) -> None:
    call("sync", "--project", company.root, "--yes")
    ref, key, partner = linked_account(company, call)
    answer = call("resolve", ref, "phone", "--value", "+47 22 00 00 77", "--project", company.root, "--json")
    assert answer.json["value"] == "+47 22 00 00 77"
    call("sync", "--project", company.root)
    digits = "".join(
        filter(str.isdigit, company.door("GET", "powerofficego", f"records/Customers/{partner}")["PhoneNumber"])
    )
    assert digits.endswith("22000077")
    assert company.door("GET", "zohocrm", f"records/Account/{key}")["Phone"].endswith("22000077")


def test_one_answer_settles_a_field_at_first_link(company: Company, call: Call) -> None:
    file = company.root / "samtale.yaml"
    file.write_text(file.read_text().replace("first_link: newest", "first_link: ask"))
    held = call("plan", "--project", company.root, "--json").json["held"]
    asked = [h for h in held if h["code"] == "first_link" and h["field"] == "phone"]
    assert asked
    assert all(len(h["candidates"]) > 1 for h in asked)
    kind = call("review", "--only", "first_link", "--project", company.root, "--json").json["held"][0]["type"]
    assert (
        call(
            "resolve", "--first-link", f"{kind}.*", "--prefer", "zohocrm,powerofficego", "--project", company.root
        ).exit
        == 0
    )
    left = call("plan", "--project", company.root, "--json").json["held"]
    types = {
        h["type"] for h in call("review", "--only", "first_link", "--project", company.root, "--json").json["held"]
    }
    assert kind not in types
    assert len(left) < len(held)


def test_nothing_is_created_while_linking(company: Company, call: Call) -> None:
    assert call("link", "--begin", "--project", company.root).exit == 0
    assert call("plan", "--project", company.root, "--json").json["counts"]["create"] == 0
    assert call("link", "--done", "--project", company.root).exit == 0
    assert call("plan", "--project", company.root, "--json").json["counts"]["create"] > 0


def linked_account(company: Company, call: Call) -> tuple[str, str, str]:
    """An account of Zoho that is linked with a customer, both settled: its reference, its key, the customer's key."""
    held = {h["entity"] for h in call("review", "--project", company.root, "--json").json["held"]}
    for record in company.records("zohocrm", "Account"):
        ref = f"zohocrm.Account:{record['id']}"
        found = call("explain", ref, "--project", company.root, "--json").json
        partners = [r["ref"][2] for r in found["records"] if r["ref"][:2] == ["powerofficego", "Customers"]]
        phone = next((f for f in found["fields"] if f["field"] == "phone"), None)
        if partners and found["entity"] not in held and phone and {s["state"] for s in phone["sides"]} == {"settled"}:
            return ref, record["id"], partners[0]
    raise AssertionError("no account is linked")
