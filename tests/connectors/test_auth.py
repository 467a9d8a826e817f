"""Tokens: asked for by one thread at a time, renewed in good time, and never shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import httpx2
import pytest

from samtale.connectors.auth import (
    Credentials,
    Token,
    TokenKeeper,
    client_credentials,
    exchange_code,
    refresh_token,
)  # fmt: skip
from samtale.connectors.http import HttpClient, Settings
from samtale.core.problems import BadAnswer, Retry, SystemTrouble, Unauthorized
from samtale.testing.clocks import StillClock

SECRETS = Credentials("crm", {"client_id": "id-1", "client_secret": lambda: "word-1\n", "refresh_token": "again-1"})
THROTTLED = {"Access Denied": 120.0}


class Endpoint:
    """A token endpoint with one answer; remembers what was asked."""

    def __init__(self, status: int, body: object, kind: str = "application/json") -> None:
        self.answer = (status, body, kind)
        self.requests: list[httpx2.Request] = []

    def client(self, clock: StillClock) -> HttpClient:
        transport = httpx2.MockTransport(self._answer)
        settings = Settings(attempts=2)
        return HttpClient(
            system="crm", base_url="https://accounts.example", clock=clock, transport=transport, settings=settings
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        status, body, kind = self.answer
        if isinstance(body, bytes):
            return httpx2.Response(status, headers={"Content-Type": kind}, content=body)
        return httpx2.Response(status, json=body)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def test_client_credentials_go_as_basic_and_form(clock: StillClock) -> None:
    endpoint = Endpoint(200, {"access_token": "t", "token_type": "bearer", "expires_in": 1200})
    token = client_credentials(
        endpoint.client(clock),
        "OAuth/Token",
        SECRETS,
        user="client_id",
        password="client_secret",
        headers={"X-Key": "k"},
    )
    (request,) = endpoint.requests
    assert (token.value, token.lives) == ("t", 1200)
    assert request.headers["authorization"] == "Basic aWQtMTp3b3JkLTE="
    assert request.headers["x-key"] == "k"
    assert request.content == b"grant_type=client_credentials"


def test_a_refresh_token_goes_in_the_body_and_never_in_the_address(clock: StillClock) -> None:
    endpoint = Endpoint(200, {"access_token": "t", "api_domain": "https://www.zohoapis.eu/", "expires_in": 3600})
    token = refresh_token(endpoint.client(clock), "oauth/v2/token", SECRETS, throttled=THROTTLED)
    (request,) = endpoint.requests
    assert token.base_url == "https://www.zohoapis.eu"
    assert not request.url.query
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["id-1"],
        "client_secret": ["word-1"],
        "refresh_token": ["again-1"],
    }


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    ("code", "trouble"), [("invalid_code", Unauthorized), ("invalid_client", Unauthorized), ("Access Denied", Retry)]
)
def test_the_error_counts_not_the_status(
    clock: StillClock, status: int, code: str, trouble: type[SystemTrouble]
) -> None:
    endpoint = Endpoint(status, {"error": code})
    expected = Unauthorized if status == 401 else trouble
    with pytest.raises(expected) as raised:
        refresh_token(endpoint.client(clock), "oauth/v2/token", SECRETS, throttled=THROTTLED)
    if expected is Retry:
        assert isinstance(raised.value, Retry)
        assert raised.value.after == 120
    assert "again-1" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<html>sign in</html>", "text/html"), (b'{"access', "application/json"), (b"[]", "application/json"),
     (b'{"expires_in": 3600}', "application/json")],
)  # fmt: skip
def test_a_token_endpoint_that_answers_nonsense(clock: StillClock, body: bytes, kind: str) -> None:
    with pytest.raises(BadAnswer):
        refresh_token(Endpoint(200, body, kind).client(clock), "oauth/v2/token", SECRETS, throttled=THROTTLED)


def test_an_api_domain_that_must_not_be_spoken_to(clock: StillClock) -> None:
    endpoint = Endpoint(200, {"access_token": "t", "api_domain": "http://169.254.169.254", "expires_in": 3600})
    with pytest.raises(BadAnswer):
        refresh_token(endpoint.client(clock), "oauth/v2/token", SECRETS, throttled=THROTTLED)


def test_a_grant_code_is_exchanged_for_a_refresh_token(clock: StillClock) -> None:
    secrets = Credentials("crm", {"client_id": "i", "client_secret": "w", "code": "c"})
    good = Endpoint(200, {"access_token": "t", "refresh_token": "again"})
    assert exchange_code(good.client(clock), "oauth/v2/token", secrets) == "again"
    online = Endpoint(200, {"access_token": "t"})
    with pytest.raises(Unauthorized):
        exchange_code(online.client(clock), "oauth/v2/token", secrets)


def bearer(token: Token) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token.value}"}


def test_a_token_is_kept_and_renewed_before_it_ends(clock: StillClock) -> None:
    given: list[str] = []

    def ask() -> Token:
        given.append(f"t{len(given)}")
        return Token(given[-1], lives=1200)

    keeper = TokenKeeper(clock, ask, bearer)
    assert keeper.grant() is keeper.grant()
    clock.advance(950)
    assert keeper.grant().headers == {"Authorization": "Bearer t0"}
    clock.advance(20)
    assert keeper.grant().headers == {"Authorization": "Bearer t1"}


def test_one_thread_asks_while_the_others_wait(clock: StillClock) -> None:
    asked: list[int] = []

    def ask() -> Token:
        asked.append(threading.get_ident())
        time.sleep(0.05)
        return Token("t", lives=1200)

    keeper = TokenKeeper(clock, ask, bearer)
    with ThreadPoolExecutor(8) as pool:
        grants = list(pool.map(lambda _: keeper.grant(), range(8)))
    assert len(asked) == 1
    assert len(set(map(id, grants))) == 1
    with ThreadPoolExecutor(8) as pool:  # eight threads meet the same 401
        list(pool.map(lambda _: (keeper.refused(grants[0]), keeper.grant()), range(8)))
    assert len(asked) == 2


@pytest.mark.parametrize("value", ["", " \n", "two words", "ring\x07", "nøkkel"])
def test_a_credential_that_cannot_be_one_is_named_but_not_shown(value: str) -> None:
    with pytest.raises(Unauthorized) as raised:
        Credentials("crm", {"client_id": value})["client_id"]
    assert "client_id" in str(raised.value)
    assert value.strip() == "" or value not in str(raised.value)
    with pytest.raises(Unauthorized):
        Credentials("crm", {})["client_id"]


def test_nothing_shows_its_secrets() -> None:
    keeper = TokenKeeper(StillClock(), lambda: Token("t-secret", lives=9), bearer)
    texts = [repr(SECRETS), repr(Token("t-secret", lives=1)), repr(keeper.grant()), repr(vars(keeper))]
    for text in texts:
        assert not any(secret in text for secret in ("word-1", "again-1", "t-secret"))
    assert SECRETS.digest("client_id") != SECRETS.digest("refresh_token")
