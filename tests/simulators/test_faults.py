"""Faults strike the requests they are about, as often as they say, the same way for the same seed."""

from __future__ import annotations

import json
import re

import pytest

from samtale.simulators.base import ConnectionCut, DoorError, FakeClock, Request, Simulator
from samtale.simulators.faults import Faults, RequestLog, Rule, as_handler, read_plan
from tests.simulators.conftest import Notes

GET = Request("GET", "/notes")
POST = Request("POST", "/notes", body=b'{"text": "second"}')


def test_the_notes_satisfy_the_protocol(notes: Notes) -> None:
    simulator: Simulator = notes
    assert simulator.handle(GET).json() == [{"text": "first"}]


def test_a_lost_reply_has_been_committed_and_a_cut_before_has_not(notes: Notes) -> None:
    lost = as_handler(notes, Faults([Rule(kind="lost_reply", method="POST", times=1)]))
    with pytest.raises(ConnectionCut):
        lost(POST)
    assert len(notes.notes) == 2
    cut = as_handler(notes, Faults([Rule(kind="cut_before", method="POST", times=1)]))
    with pytest.raises(ConnectionCut):
        cut(POST)
    assert len(notes.notes) == 2
    assert cut(POST).status == 201


@pytest.mark.parametrize(("when", "kept"), [("before", 1), ("after", 2)])
def test_a_status_comes_before_or_after_the_commit(notes: Notes, when: str, kept: int) -> None:
    plan = {"kind": "status", "status": 429, "when": when, "headers": {"Retry-After": "2"}, "body": "{}"}
    faults = Faults()
    faults.set(read_plan({"rules": [plan]}))
    response = as_handler(notes, faults)(POST)
    assert (response.status, response.headers["retry-after"], len(notes.notes)) == (429, "2", kept)


def test_after_and_times_count_only_requests_that_match(notes: Notes) -> None:
    handler = as_handler(notes, Faults([Rule(kind="status", method="GET", path="^/notes", after=1, times=2)]))
    handler(POST)
    assert [handler(GET).status for _ in range(5)] == [200, 500, 500, 200, 200]


def test_the_path_is_searched_with_its_query(notes: Notes) -> None:
    handler = as_handler(notes, Faults([Rule(kind="status", path="page=2")]))
    assert handler(Request("GET", "/notes", [("page", "1")])).status == 200
    assert handler(Request("GET", "/notes", [("page", "2")])).status == 500


def test_the_same_seed_strikes_the_same_requests(notes: Notes) -> None:
    def run(seed: int) -> list[int]:
        handler = as_handler(notes, Faults([Rule(kind="status", probability=0.5)], seed=seed))
        return [handler(GET).status for _ in range(40)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert set(run(1)) == {200, 500}


def test_slow_takes_the_clocks_time(notes: Notes) -> None:
    before = notes.clock.elapsed()
    as_handler(notes, Faults([Rule(kind="slow", seconds=30)]))(GET)
    assert notes.clock.elapsed() - before == 30


def test_a_skewed_clock_stays_skewed(notes: Notes) -> None:
    clock = notes.clock
    before = clock.now()
    handler = as_handler(notes, Faults([Rule(kind="clock_skew", seconds=3600, times=1)]))
    handler(GET)
    handler(GET)
    assert (clock.now() - before).total_seconds() == 3600


def test_truncation_declares_the_full_or_the_short_length(notes: Notes) -> None:
    whole = notes.handle(GET).body
    full = as_handler(notes, Faults([Rule(kind="truncate")]))(GET)
    short = as_handler(notes, Faults([Rule(kind="truncate", declared="short")]))(GET)
    assert full.body == short.body == whole[: len(whole) // 2]
    assert full.headers["content-length"] == str(len(whole))
    assert "content-length" not in short.headers


def test_html_and_a_wrong_content_type(notes: Notes) -> None:
    page = as_handler(notes, Faults([Rule(kind="html")]))(GET)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    wrong = as_handler(notes, Faults([Rule(kind="wrong_content_type", content_type="image/png")]))(GET)
    assert wrong.headers["content-type"] == "image/png"
    assert wrong.json() == [{"text": "first"}]


def test_faults_of_the_vendors_shape_reach_the_simulator(notes: Notes) -> None:
    assert as_handler(notes, Faults([Rule(kind="empty_list")]))(GET).json() == []


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"rules": [{"kind": "lost_repply"}]}, "lost_repply"),
        ({"rules": [{"kind": "slow", "secs": 1}]}, "secs"),
        ({"rules": [{"kind": "slow", "seconds": "x"}]}, "rules[0].seconds"),
        ({"rules": [{"kind": "slow", "path": "("}]}, "regular expression"),
        ({"rule": []}, "rule"),
    ],
)
def test_a_wrong_plan_says_where_and_why(plan: dict[str, object], says: str) -> None:
    with pytest.raises(DoorError, match=re.escape(says)):
        read_plan(plan)


def test_what_is_shown_can_be_set_again() -> None:
    faults = Faults([Rule(kind="slow", seconds=2.5, times=3)], seed=7)
    shown = faults.shown()
    assert shown == {"seed": 7, "rules": [{"kind": "slow", "seconds": 2.5, "times": 3, "struck": 0}]}
    rules = [{k: v for k, v in rule.items() if k != "struck"} for rule in shown["rules"]]
    assert [read_plan({"seed": 7, "rules": rules}).rules[0].seconds] == [2.5]


def test_the_log_keeps_no_secret() -> None:
    log = RequestLog()
    handler = as_handler(Notes(FakeClock()), Faults([Rule(kind="down", after=1)]), log)
    secret = {"authorization": "Bearer s3cret", "ocp-apim-subscription-key": "s3cret", "accept": "*/*"}
    handler(Request("GET", "/notes", [("refresh_token", "s3cret"), ("page", "1")], secret))
    with pytest.raises(ConnectionCut):
        handler(GET)
    assert "s3cret" not in json.dumps(log.entries())
    assert [(e["path"], e["status"], e["query"]) for e in log.entries()] == [
        ("/notes", 200, [["refresh_token", "***"], ["page", "1"]]),
        ("/notes", None, []),
    ]
