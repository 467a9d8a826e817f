"""The client: what is repeated and what never is, how long it waits, what it refuses, and what it keeps to itself."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator

import httpx2
import pytest

from samtale.connectors.http import Answer, Authorizer, Call, Dialect, Grant, HttpClient, Settings
from samtale.core.problems import BadAnswer, Retry, SamtaleError, SystemTrouble, Unauthorized, Uncertain
from samtale.engine.pace import Limit
from samtale.testing.clocks import StillClock

GET = Call(method="GET", path="things", query=[("q", "query-secret")])
POST = Call(method="POST", path="things", body=b'{"name": "body-secret"}')
REPEATABLE = Call(method="POST", path="token", repeatable=True)
OK = {"ok": True}

Handler = Callable[[httpx2.Request], httpx2.Response]


class Script:
    """Answers one after the other, the last one for ever; an exception is raised."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)


def status(code: int, **headers: str) -> httpx2.Response:
    return httpx2.Response(code, json={"message": "answer-secret"}, headers=headers)


def client(handler: Handler, clock: StillClock, **more: object) -> HttpClient:
    return HttpClient(
        system="books",
        base_url="https://api.example/v1",
        clock=clock,
        transport=httpx2.MockTransport(handler),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def test_an_answer_knows_when_it_was_asked_for(clock: StillClock) -> None:
    date = "Mon, 05 Jan 2026 09:00:00 GMT"
    answer = client(Script(httpx2.Response(200, json=OK, headers={"Date": date})), clock).call(GET)
    assert answer.requested_at == clock.now_ms()
    assert answer.clock_offset == 1_767_603_600_000 + 500 - clock.now_ms()
    assert answer.decode(dict) == OK


@pytest.mark.parametrize("code", [500, 502, 503, 504, 408, 429])
def test_a_read_is_repeated_with_growing_waits_and_given_up(clock: StillClock, code: int) -> None:
    script = Script(status(code))
    with pytest.raises(Retry):
        client(script, clock).call(GET)
    assert len(script.requests) == 5
    assert len(clock.slept) == 4
    assert clock.slept[0] < clock.slept[2] < clock.slept[3] < 10


@pytest.mark.parametrize("code", [500, 502, 503, 504, 408])
def test_a_write_is_never_repeated_on_an_unknown_outcome(clock: StillClock, code: int) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        script = Script(status(code))
        with pytest.raises(Uncertain):
            client(script, clock).call(Call(method=method, path="things"))
        assert len(script.requests) == 1


def test_a_definite_refusal_repeats_any_verb(clock: StillClock) -> None:
    script = Script(status(429, **{"Retry-After": "7"}), status(429, **{"Retry-After": "7"}), status(201))
    assert client(script, clock).call(POST).status == 201
    assert clock.slept == [7.0, 7.0]


def test_a_wait_that_is_too_long_is_left_to_the_caller(clock: StillClock) -> None:
    script = Script(status(429, **{"Retry-After": "3600"}))
    with pytest.raises(Retry) as raised:
        client(script, clock).call(GET)
    assert raised.value.after == 3600
    assert clock.slept == []


def test_retry_after_may_be_a_date_by_the_systems_own_clock(clock: StillClock) -> None:
    dates = {"Retry-After": "Mon, 05 Jan 2026 09:00:30 GMT", "Date": "Mon, 05 Jan 2026 09:00:00 GMT"}
    client(Script(status(503, **dates), status(200)), clock).call(GET)
    assert clock.slept == [30.0]


def request() -> httpx2.Request:
    return httpx2.Request("GET", "https://api.example")


@pytest.mark.parametrize(
    ("error", "call", "trouble", "tries"),
    [
        (httpx2.ConnectError("x"), POST, Retry, 5),
        (httpx2.ConnectTimeout("x"), POST, Retry, 5),
        (httpx2.PoolTimeout("x"), POST, Retry, 5),
        (httpx2.ReadTimeout("x"), POST, Uncertain, 1),
        (httpx2.ReadError("x"), POST, Uncertain, 1),
        (httpx2.WriteError("x"), POST, Uncertain, 1),
        (httpx2.WriteTimeout("x"), POST, Uncertain, 1),
        (httpx2.RemoteProtocolError("x"), POST, Uncertain, 1),
        (httpx2.RemoteProtocolError("x"), GET, Retry, 5),
        (httpx2.ReadTimeout("x"), GET, Retry, 5),
        (httpx2.ReadTimeout("x"), REPEATABLE, Retry, 5),
        (httpx2.LocalProtocolError("x"), POST, BadAnswer, 1),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, Exception) else str(getattr(v, "method", v)),
)
def test_network_trouble_is_told_by_what_may_have_been_sent(
    clock: StillClock, error: Exception, call: Call, trouble: type[SystemTrouble], tries: int
) -> None:
    script = Script(error)
    with pytest.raises(trouble):
        client(script, clock).call(call)
    assert len(script.requests) == tries


def test_an_answer_that_drips_is_cut_off_by_the_total_time(clock: StillClock) -> None:
    def drip() -> Iterator[bytes]:
        while True:
            clock.advance(20)
            yield b" "

    def handler(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"Content-Type": "application/json"}, content=drip())

    with pytest.raises(Retry):
        client(handler, clock, settings=Settings(attempts=2, total=100)).call(GET)


def test_an_answer_that_is_too_large_is_not_taken(clock: StillClock) -> None:
    script = Script(httpx2.Response(200, json="x" * 3_000_000))
    with pytest.raises(BadAnswer) as raised:
        client(script, clock, settings=Settings(max_body=2_000_000)).call(GET)
    assert "larger than" in raised.value.problems[0].why
    with pytest.raises(Uncertain):
        client(script, clock, settings=Settings(max_body=2_000_000)).call(POST)


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"<html>", "text/html; charset=utf-8", "an HTML page"),
        (b'{"a": ', "application/json", "malformed or was cut off"),
        (b'{"a": "\xff"}', "application/json", "malformed or was cut off"),
        (b"[1]", "application/json", "another shape"),
        (b"{}", "text/plain", "plain text"),
    ],
)
def test_what_is_no_json_is_said_clearly(clock: StillClock, body: bytes, kind: str, why: str) -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"Content-Type": kind}, content=body)

    with pytest.raises(BadAnswer) as read:
        client(handler, clock).call(GET).decode(dict)
    assert why in read.value.problems[0].why
    with pytest.raises(Uncertain) as written:
        client(handler, clock).call(POST).decode(dict)
    assert why in written.value.problems[0].why


def test_a_redirect_is_never_followed(clock: StillClock) -> None:
    script = Script(status(302, Location="https://elsewhere.example/"))
    with pytest.raises(BadAnswer):
        client(script, clock).call(GET)
    assert [str(r.url.host) for r in script.requests] == ["api.example"]


def test_an_absolute_address_leads_to_the_same_host_only(clock: StillClock) -> None:
    script = Script(status(200))
    http = client(script, clock)
    assert http.call(Call(method="GET", path="https://api.example:443/v1/more?page=2")).status == 200
    for foreign in ("https://api.example.evil/v1", "http://api.example/v1", "https://api.example:8443/v1"):
        with pytest.raises(BadAnswer):
            http.call(Call(method="GET", path=foreign))
    assert len(script.requests) == 1


class Doorman(Authorizer):
    """Gives numbered grants; renewing helps as often as it is told."""

    def __init__(self, *, helps: bool = True) -> None:
        self.given = 0
        self._helps = helps
        self._current: Grant | None = None

    def grant(self) -> Grant:
        if self._current is None:
            self.given += 1
            self._current = Grant({"Authorization": f"Bearer grant-secret-{self.given}"})
        return self._current

    def refused(self, grant: Grant) -> bool:
        self._current = None
        return self._helps


def test_a_refused_token_is_renewed_once(clock: StillClock) -> None:
    doorman = Doorman()
    script = Script(status(401), status(201))
    assert client(script, clock, authorizer=doorman).call(POST).status == 201
    assert doorman.given == 2
    with pytest.raises(Unauthorized):
        client(Script(status(401)), clock, authorizer=doorman).call(GET)
    assert doorman.given == 3


def test_a_missing_privilege_is_named_and_no_token_renewed(clock: StillClock) -> None:
    class Telling(Dialect):
        def reason(self, answer: Answer) -> str:
            return "needs Customer_Full"

    doorman = Doorman()
    with pytest.raises(Unauthorized) as raised:
        client(Script(status(403)), clock, authorizer=doorman, dialect=Telling()).call(POST)
    assert raised.value.problems[0].code == "missing_privilege"
    assert "needs Customer_Full" in raised.value.problems[0].why
    assert doorman.given == 1


def test_calls_keep_the_declared_pace(clock: StillClock) -> None:
    http = client(Script(status(200)), clock, settings=Settings(limit=Limit(requests=10)))
    for _ in range(31):
        http.call(GET)
    assert 3.0 <= clock.monotonic() < 4.0


def test_headers_may_slow_us_down(clock: StillClock) -> None:
    class Tired(Dialect):
        def noted(self, headers: object) -> float:
            return 2.0

    http = client(Script(status(200)), clock, dialect=Tired())
    http.call(GET)
    http.call(GET)
    assert clock.slept == [2.0]


def test_nothing_secret_is_logged_or_told(clock: StillClock, caplog: pytest.LogCaptureFixture) -> None:
    texts: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for answer in (status(200), status(429), status(500), status(403), httpx2.ReadTimeout("x")):
            for call in (GET, POST):
                http = client(Script(answer), clock, authorizer=Doorman(), settings=Settings(attempts=1))
                texts.append(repr(vars(http)))
                try:
                    http.call(call)
                except SamtaleError as error:
                    texts += [str(error), repr(error.problems), repr(error.__cause__)]
    assert "things" in caplog.text
    for text in (caplog.text, *texts):
        for secret in ("query-secret", "body-secret", "answer-secret", "grant-secret"):
            assert secret not in text


def test_proxies_of_the_environment_are_not_asked_for_this_machine(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as proxy, socket.create_server(("127.0.0.1", 0)) as nobody:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        http = HttpClient(system="books", base_url=url, clock=clock, settings=Settings(attempts=1, read=0.2))
        with pytest.raises(Retry):
            http.call(GET)
        proxy.settimeout(0.05)
        with pytest.raises(TimeoutError):
            proxy.accept()
