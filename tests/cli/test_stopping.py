"""Ctrl-C and worse, at a real process: it says what is done, and the next run carries on."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import SPEED, Call, Company, command, environment


def slow(seconds: float, **where: Any) -> dict[str, Any]:
    """A fault that holds a reply back for so many seconds of ours; simulators count in theirs."""
    return {"kind": "slow", "seconds": seconds * SPEED, **where}


def start(company: Company, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments, "--project", company.root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )  # fmt: skip


def wait_for(company: Company, system: str, wanted: Callable[[dict[str, Any]], bool], number: int) -> None:
    """Until a system has been asked so often for something."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if sum(map(wanted, company.door("GET", system, "requests"))) >= number:
            return
        time.sleep(0.02)
    raise AssertionError("it was never asked for")


def wait_for_writes(company: Company, number: int) -> None:
    """Until PowerOffice Go has answered so many writes."""
    wait_for(company, "powerofficego", lambda r: r["method"] == "PATCH", number)


def settled(company: Company, call: Call) -> None:
    """Runs until quiet; nothing is there twice, and nothing is left to write."""
    company.faults("powerofficego")
    company.faults("zohocrm")
    assert call("sync", "--yes", "--project", company.root, "--json").json["quiet"] is True
    last = call("sync", "--full", "--project", company.root, "--json").json
    assert (last["done"], last["quiet"]) == (0, True)
    for collection, name in (("Account", "Account_Name"), ("Contact", "Full_Name")):
        made = [r[name] for r in company.records("zohocrm", collection) if r.get("Created_By", {}).get("name") == "API"]
        assert len(made) == len(set(made))


def test_the_first_ctrl_c_ends_after_the_call_under_way(company: Company, call: Call) -> None:
    company.faults("powerofficego", slow(0.4, method="PATCH"))
    run = start(company, "sync", "--yes")
    wait_for_writes(company, 2)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "Stopping after the call under way" in err
    assert "the next run carries on" in out
    assert "Traceback" not in err
    settled(company, call)


def test_json_after_ctrl_c_says_what_was_done(company: Company, call: Call) -> None:
    company.faults("powerofficego", slow(0.4, method="PATCH"))
    run = start(company, "sync", "--yes", "--json")
    wait_for_writes(company, 2)
    run.send_signal(signal.SIGTERM)
    out, _ = run.communicate(timeout=20)
    assert run.returncode == 130
    value = json.loads(out)
    assert value["exit"] == 130
    assert value["done"] >= 1
    assert value["quiet"] is False
    settled(company, call)


def test_the_second_ctrl_c_ends_at_once(company: Company, call: Call) -> None:
    company.faults("powerofficego", slow(20, method="PATCH", after=1, times=1))
    run = start(company, "sync", "--yes")
    wait_for_writes(company, 1)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    time.sleep(0.3)
    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert time.monotonic() - began < 5
    assert "Traceback" not in err
    settled(company, call)


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_run_is_carried_on(seed: int, company: Company, call: Call) -> None:
    company.faults("powerofficego", slow(0.05))
    company.faults("zohocrm", slow(0.05))
    run = start(company, "sync", "--yes")
    wait_for_writes(company, 1 + 2 * seed)
    run.kill()
    run.communicate(timeout=20)
    settled(company, call)


def test_ctrl_c_while_reading_leaves_no_plan(company: Company, call: Call) -> None:
    company.faults("zohocrm", slow(2, path="/crm/v8/(Accounts|Contacts)"))
    run = start(company, "plan")
    wait_for(company, "zohocrm", lambda r: "/settings/fields" in r["path"], 2)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    # Python itself ends by the signal, which shells call 130 too, if it came while a module was still being made.
    assert run.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in err
    assert "samtale sync" not in out
    company.faults("zohocrm")
    assert call("plan", "--project", company.root).exit in (0, 1)


def test_a_simulator_serves_until_it_is_told_to_stop() -> None:
    run = subprocess.Popen(
        command("simulator", "zohocrm", "--records", "20"), stdout=subprocess.PIPE, text=True, env=environment()
    )
    assert run.stdout is not None
    said: dict[str, Any] = json.loads(run.stdout.readline())
    import httpx2

    door = httpx2.get(said["door"], trust_env=False).json()
    assert door["name"] == "zohocrm"
    assert said["url"].startswith("http://127.0.0.1:")
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait(timeout=10) == 0
