"""The server and the door over real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx2
import pytest

from samtale.simulators import SIMULATORS, build
from samtale.simulators.base import FakeClock, SimClock
from samtale.simulators.server import Running, serve
from tests.simulators.conftest import Notes


@pytest.fixture
def running(notes: Notes) -> Iterator[Running]:
    with serve(notes) as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=5) as client:
        yield client


def test_it_serves_loopback_only_and_keeps_connections_alive(running: Running, client: httpx2.Client) -> None:
    assert running.url.startswith("http://127.0.0.1:")
    assert client.get(f"{running.url}/notes").json() == [{"text": "first"}]
    stream = client.get(f"{running.url}/notes").extensions["network_stream"]
    assert client.get(f"{running.url}/notes").extensions["network_stream"] is stream


def test_the_date_header_tells_the_simulators_clock(running: Running, client: httpx2.Client) -> None:
    client.put(f"{running.door_url}/clock", json={"skew": 3600})
    told = parsedate_to_datetime(client.get(f"{running.url}/notes").headers["date"])
    assert told == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_cut_connection_looks_like_one(running: Running, client: httpx2.Client) -> None:
    client.put(f"{running.door_url}/faults", json={"rules": [{"kind": "lost_reply", "method": "POST", "times": 1}]})
    with pytest.raises(httpx2.RemoteProtocolError):
        client.post(f"{running.url}/notes", json={"text": "second"})
    assert len(client.get(f"{running.url}/notes").json()) == 2
    shown = client.get(f"{running.door_url}/faults").json()
    assert shown["rules"][0]["struck"] == 1
    assert [e["status"] for e in client.get(f"{running.door_url}/requests").json()] == [None, 200]


def test_a_truncated_reply_ends_in_the_middle(running: Running, client: httpx2.Client) -> None:
    client.put(f"{running.door_url}/faults", json={"rules": [{"kind": "truncate", "times": 1}]})
    with pytest.raises(httpx2.RemoteProtocolError):
        client.get(f"{running.url}/notes")
    client.put(f"{running.door_url}/faults", json={"rules": [{"kind": "truncate", "declared": "short", "times": 1}]})
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
        client.get(f"{running.url}/notes").json()
    assert client.get(f"{running.url}/notes").json()


def test_the_door_reads_and_edits(running: Running, client: httpx2.Client) -> None:
    door = running.door_url
    assert client.get(door).json() == {"name": "notes", "collections": ["Notes"], "speed": 1.0}
    assert client.post(f"{door}/records/Notes", json={"text": "second"}).json() == {"text": "second"}
    assert client.put(f"{door}/records/Notes/1", json={"text": "other"}).json() == {"text": "other"}
    assert client.get(f"{door}/records/Notes/2").status_code == HTTPStatus.OK
    assert client.delete(f"{door}/records/Notes/2").json() == {"deleted": "2"}
    assert client.get(f"{door}/records/Notes/2").status_code == HTTPStatus.NOT_FOUND
    assert client.delete(f"{door}/requests").json() == {"cleared": True}
    assert client.get(f"{door}/requests").json() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/records/Nots", None, 404, "no collection Nots"),
        ("DELETE", "/records/Notes", None, 405, "needs a key"),
        ("PUT", "/records/Notes/1", "[]", 400, "not a JSON object"),
        ("PUT", "/records/Notes/1", "{", 400, "not JSON"),
        ("PUT", "/records/Notes/1", "{}", 400, "needs a text"),
        ("DELETE", "/records/Notes/9", None, 404, "no note 9"),
        ("GET", "/nothing", None, 404, "does not know"),
        ("POST", "/merge/Notes", '{"loser": 1, "survivor": 2}', 400, "has no merge"),
        ("PUT", "/faults", '{"rules": [{"kind": "x"}]}', 400, "cannot be read"),
        ("PUT", "/clock", '{"skew": "x"}', 400, "in seconds"),
        ("PUT", "/clock", '{"advance": -1}', 400, "only forward"),
    ],
)
def test_wrong_input_at_the_door_is_told(
    running: Running, client: httpx2.Client, method: str, path: str, body: str | None, status: int, says: str
) -> None:
    response = client.request(method, f"{running.door_url}{path}", content=body)
    assert response.status_code == status
    error = response.json()["error"]
    assert says in error["summary"]
    assert error["remedy"]


def test_stop_ends_open_connections_and_frees_the_port(notes: Notes, client: httpx2.Client) -> None:
    running = serve(notes)
    client.get(f"{running.url}/notes")
    port = int(running.url.rpartition(":")[2])
    running.stop()
    running.stop()
    with pytest.raises(httpx2.TransportError):
        client.get(f"{running.url}/notes")
    with serve(notes, port=port) as again:
        assert again.url == running.url


def test_a_taken_door_port_leaves_nothing_behind(notes: Notes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        with pytest.raises(OSError, match="in use"):
            serve(notes, port=port, door_port=taken.getsockname()[1])
        serve(notes, port=port).stop()


def test_a_chunked_body_is_refused(running: Running, client: httpx2.Client) -> None:
    assert client.post(f"{running.url}/notes", content=iter([b"{}"])).status_code == HTTPStatus.LENGTH_REQUIRED


def test_it_takes_hundreds_of_requests_a_second(running: Running) -> None:
    def hundred(_: int) -> int:
        with httpx2.Client() as client:
            return sum(client.get(f"{running.url}/notes").status_code == HTTPStatus.OK for _ in range(100))

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(hundred, range(4))) == 400
    assert time.monotonic() - began < 4


def test_a_real_clock_runs_at_its_speed_and_tells_the_true_time() -> None:
    clock = SimClock(speed=1000, skew=60)
    began, real = clock.elapsed(), time.monotonic()
    clock.sleep(10)
    assert clock.elapsed() - began >= 10
    assert time.monotonic() - real < 1
    assert 55 < (clock.now() - datetime.now(UTC)).total_seconds() < 65


def test_a_fake_clock_moves_only_when_told() -> None:
    clock = FakeClock()
    before = clock.now()
    clock.sleep(5)
    clock.advance(2)
    assert (clock.now() - before).total_seconds() == clock.elapsed() == 7
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_simulators_are_built_by_name() -> None:
    assert "powerofficego" in SIMULATORS
    simulator = build("powerofficego", seed=2, records=20, speed=50, rate_limit=0)
    assert simulator.name == "powerofficego"
    assert simulator.clock.speed == 50
    with pytest.raises(TypeError):
        build("powerofficego", no_such_option=1)
