"""What goes wrong outside, and in what people type: a problem with a remedy, never a traceback, never a value of a record."""

import json
import os
import re
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from samtale.cli.demo_folder import CREDENTIALS
from samtale.wiring import opened
from tests.cli.conftest import Call, Company

PLAN = "plan"


def problem(answer: Any, code: str) -> dict[str, Any]:
    """The problem of this code; it has to say what to do."""
    found: dict[str, Any] = next(p for p in answer.json["problems"] if p["code"] == code)
    assert found["summary"].endswith(".")
    assert found["remedy"]
    return found


def test_outside_of_a_project(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("status", "--json")
    assert answer.exit == 2
    assert problem(answer, "file_missing")["command"] == "samtale init"


def test_a_project_is_found_from_a_folder_inside(company: Company, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call(PLAN, "--project", company.root)
    (company.root / "models").mkdir()
    monkeypatch.chdir(company.root / "models")
    assert call("status").exit == 0


def test_before_the_first_plan_there_is_no_store(company: Company, call: Call) -> None:
    answer = call("status", "--project", company.root, "--json")
    assert answer.exit == 2
    assert problem(answer, "store_missing")["command"] == "samtale plan"


def test_mistakes_of_all_files_are_told_at_once(company: Company, call: Call) -> None:
    models = company.root / "models"
    models.mkdir()
    (models / "organization.yaml").write_text(
        "entity: organization\nmembres: {}\nmembers:\n  zohocrm.Account:\n    properties: {phone: Fone}\n"
    )
    (models / "person.yaml").write_text("entity: person\nmatch:\n  - fields: [shoe_size]\n")
    answer = call("check", "--project", company.root, "--json")
    assert answer.exit == 2
    assert {"unknown_key", "unknown_property", "unknown_field"} <= set(answer.codes)
    found = problem(answer, "unknown_property")
    assert (found["file"], found["line"]) == ("models/organization.yaml", 5)
    shown = call("check", "--project", company.root)
    assert "models/organization.yaml:5" in shown.err
    assert shown.err.index("models/organization.yaml") < shown.err.index("models/person.yaml")


def test_a_plan_with_a_broken_model_changes_nothing(company: Company, call: Call) -> None:
    (company.root / "models").mkdir()
    (company.root / "models" / "person.yaml").write_text("entity: person\nnonsense: 1\n")
    assert call("sync", "--yes", "--project", company.root).exit == 2
    assert not (company.root / ".samtale" / "store.db").exists()


def test_a_healthy_project_is_well(company: Company, call: Call) -> None:
    answer = call("check", "--project", company.root, "--json")
    assert answer.exit == 0
    assert set(answer.json["systems"].values()) == {"reached"}
    assert call("check", "--offline", "--project", company.root, "--json").json["systems"]["zohocrm"] == "not asked"


def test_a_missing_secret_names_the_command_that_sets_it(company: Company, call: Call) -> None:
    (company.root / ".samtale" / "secrets" / "zohocrm.refresh_token").unlink()
    for name in ("connect", "check", "plan", "sync"):
        answer = call(name, "--project", company.root, "--json")
        assert answer.exit == 2
        assert "zohocrm.refresh_token" in problem(answer, "secret_missing")["command"]


def test_an_exposed_secret_is_refused(company: Company, call: Call) -> None:
    (company.root / ".samtale" / "secrets" / "zohocrm.refresh_token").chmod(0o644)
    answer = call("connect", "zohocrm", "--project", company.root, "--json")
    assert answer.exit == 2
    assert problem(answer, "secret_exposed")["command"].startswith("chmod 600")


def test_wrong_credentials_stop_one_system_alone(company: Company, call: Call) -> None:
    call("sync", "--yes", "--project", company.root)
    (company.root / ".samtale" / "secrets" / "zohocrm.refresh_token").write_text("a-wrong-token\n")
    answer = call("sync", "--project", company.root, "--json")
    assert answer.exit == 2
    assert problem(answer, "not_authorized")
    assert answer.json["failed"] == 0
    assert "a-wrong-token" not in answer.out
    shown = call("sync", "--project", company.root)
    assert "nothing to write" not in shown.out
    reached = call("status", "--project", company.root, "--json").json["collections"]
    looks = {c["system"]: c["observed_at"] for c in reached if c["collection"] in ("Customers", "Account")}
    assert looks["powerofficego"] > looks["zohocrm"]


def test_a_system_that_is_down_is_named(company: Company, call: Call) -> None:
    company.systems["zohocrm"].stop()
    answer = call(PLAN, "--project", company.root, "--json")
    assert answer.exit == 2
    assert "zohocrm" in json.dumps(answer.json["problems"])


FAULTS: dict[str, dict[str, Any]] = {
    "html": {"kind": "html", "path": "/crm/v8/Contacts"},
    "truncated": {"kind": "truncate", "path": "/crm/v8/Contacts"},
    "wrong content type": {"kind": "wrong_content_type", "path": "/crm/v8/Contacts"},
    "endless pages": {"kind": "endless_pages", "path": "/crm/v8/Contacts"},
    "server errors": {"kind": "status", "status": 500, "path": "/crm/v8/Contacts"},
    "no privilege": {"kind": "status", "status": 403, "path": "/crm/v8/Contacts",
                     "body": '{"code":"NO_PERMISSION","details":{},"message":"permission denied","status":"error"}'},
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_answers_end_in_a_problem_and_touch_nothing_there(fault: str, company: Company, call: Call) -> None:
    file = company.root / "samtale.yaml"
    file.write_text(file.read_text().replace("connector: zohocrm", "connector: zohocrm\n    options: {attempts: 2}"))
    company.faults("zohocrm", FAULTS[fault])
    answer = call("sync", "--yes", "--project", company.root, "--json")
    assert answer.exit == 2
    assert answer.json["problems"]
    assert set(answer.json["written"]) <= {"powerofficego update"}
    asked = company.door("GET", "zohocrm", "requests")
    assert {r["method"] for r in asked if "oauth" not in r["path"].lower()} == {"GET"}
    assert all(p["remedy"] for p in answer.json["problems"])


def test_an_emptied_collection_is_not_believed(company: Company, call: Call) -> None:
    call("sync", "--yes", "--project", company.root)
    company.faults("zohocrm", {"kind": "empty_list", "path": "/crm/v8/Contacts"})
    answer = call("sync", "--full", "--project", company.root, "--json")
    assert answer.exit == 1
    assert problem(answer, "collection_emptied")["command"] == "samtale resolve --believe zohocrm.Contact"
    assert answer.json["done"] == 0
    status = call("status", "--project", company.root)
    assert (status.exit, "samtale resolve --believe zohocrm.Contact" in status.out) == (1, True)
    assert call("resolve", "--believe", "zohocrm.Contact", "--project", company.root).exit == 0


def test_references_that_lead_nowhere(company: Company, call: Call) -> None:
    call(PLAN, "--project", company.root)
    for ref in ("zohocrm.Account:1", "zohocrm.Nothing:1", "nobody", "a:b:c", "", "zohocrm.Account"):
        for name in ("explain", "history", "unlink"):
            answer = call(name, ref, "--project", company.root, "--json")
            assert answer.exit == 2
            assert problem(answer, "no_such_record")
    for arguments in (("nobody.name", "zohocrm"), ("person.shoe", "zohocrm"), ("person.name", "zoho")):
        answer = call(
            "resolve", "--first-link", arguments[0], "--prefer", arguments[1], "--project", company.root, "--json"
        )
        assert problem(answer, "unknown_name")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": 1, "command": "plan", "writes": [{}]}', "\udcff"])
def test_a_file_that_is_no_saved_plan(text: str, company: Company, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    answer = call("sync", "--plan", file, "--project", company.root, "--json")
    assert answer.exit == 2
    assert problem(answer, "no_plan_file")
    assert problem(call("sync", "--plan", tmp_path / "absent", "--project", company.root, "--json"), "no_plan_file")


def test_a_plan_that_cannot_be_saved(company: Company, call: Call, tmp_path: Path) -> None:
    answer = call(PLAN, "--save", tmp_path / "absent" / "plan.json", "--project", company.root, "--json")
    assert problem(answer, "file_unwritable")


def test_a_store_that_is_none_is_left_as_it_is(company: Company, call: Call) -> None:
    store = company.root / ".samtale" / "store.db"
    store.write_bytes(b"This is not a database." * 100)
    answer = call(PLAN, "--project", company.root, "--json")
    assert answer.exit == 2
    assert answer.json["problems"][0]["remedy"]
    assert store.read_bytes() == b"This is not a database." * 100


def test_a_full_store_is_told_and_unharmed(company: Company, call: Call) -> None:
    call(PLAN, "--project", company.root)
    store = company.root / ".samtale" / "store.db"
    done = company.run("sync", "--yes", "--json", preexec_fn=lambda: limit_files(store.stat().st_size + 4096))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["problems"][0]["code"].startswith("store_")
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert call("sync", "--yes", "--project", company.root, "--json").json["quiet"] is True


def limit_files(size: int) -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_two_engines_never_run_at_once(company: Company, call: Call) -> None:
    with opened(company.root, reach=False, engine="samtale sync"):
        answer = call(PLAN, "--project", company.root, "--json")
        assert answer.exit == 2
        assert re.search(
            rf"`samtale sync` of .*process {os.getpid()}\) since", problem(answer, "engine_running")["why"]
        )
        assert call("status", "--project", company.root).exit == 0
    assert call(PLAN, "--project", company.root).exit in (0, 1)


def test_a_lost_key_is_told_and_can_be_renewed(company: Company, call: Call) -> None:
    call(PLAN, "--project", company.root)
    key = company.root / ".samtale" / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.unlink()
    assert (
        problem(call(PLAN, "--project", company.root, "--json"), "key_lost")["command"] == "samtale connect --new-key"
    )
    assert call("connect", "--new-key", "--project", company.root, "--json").json["new_key"] is True
    assert call(PLAN, "--project", company.root).exit in (0, 1)


def test_a_bug_is_no_traceback_and_tells_no_value(
    company: Company, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Kari Nordmann")

    monkeypatch.setattr("samtale.engine.use_cases.propose", broken)
    monkeypatch.delenv("SAMTALE_DEBUG", raising=False)
    answer = call(PLAN, "--project", company.root, "--json")
    assert answer.exit == 2
    assert problem(answer, "bug")["why"].startswith("ValueError at test_bad_input.py:")
    assert "Kari" not in answer.out + answer.err
    monkeypatch.setenv("SAMTALE_DEBUG", "1")
    with pytest.raises(ValueError, match="Kari"):
        call(PLAN, "--project", company.root)


def test_no_error_shows_a_secret(company: Company, call: Call) -> None:
    company.systems["powerofficego"].stop()
    answer = call("sync", "--yes", "--project", company.root)
    for value in (v for keys in CREDENTIALS.values() for v in keys.values()):
        assert value not in answer.out + answer.err
