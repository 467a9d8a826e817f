"""The one HTTP client of all connectors: pooled, timed, paced, repeated by verb, silent about values.

What becomes of an answer, before a connector sees it:

    nothing was sent (no connection)      Retry, any verb
    network trouble after that, 5xx, 408  a reading call: Retry; a writing call: Uncertain, never sent again
    429                                   Retry, any verb: it is a definite refusal
    401                                   the token is renewed once, then Unauthorized
    403                                   Unauthorized, with the missing privilege
    a redirect, HTML, broken JSON         BadAnswer; after a write that may have worked, Uncertain
    anything else                         is the connector's to judge

``Retry`` means that nothing was written, so this client repeats exactly what raises it, with back-off, and at last
lets it go up. Repeating is tenacity's work. Bodies, queries and header values appear in no log and no error.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter

from samtale import __version__
from samtale.connectors.http.address import check_address, check_resolved, is_loopback, same_origin
from samtale.connectors.http.call import Answer, Call, clock_offset
from samtale.connectors.http.pace import LocalPace, Pace
from samtale.core.problems import BadAnswer, Problem, Retry, SystemTrouble, Unauthorized, Uncertain
from samtale.engine.pace import Limit
from samtale.ports.clock import Clock

log = logging.getLogger("samtale.http")


class _WithoutQuery(logging.Filter):
    """httpx2 logs whole addresses; queries may hold values."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(a.copy_with(query=None) if isinstance(a, httpx2.URL) else a for a in record.args)
        return True


logging.getLogger("httpx2").addFilter(_WithoutQuery())


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How patient the client is. Times in seconds, sizes in bytes."""

    connect: float = 10.0
    read: float = 60.0  #: between two pieces of an answer
    total: float = 300.0  #: one whole answer
    attempts: int = 5
    longest_wait: float = 60.0  #: a longer wait is left to the caller, who has other work to do
    first_wait: float = 0.5
    max_body: int = 64 * 1024 * 1024
    limit: Limit | None = None  #: of the account, as the vendor declares it
    allow_internal: bool = False  #: let link-local addresses pass


class Grant:
    """Headers that prove who we are, and the address that they are good for (None: the client's own).

    Shows nothing of itself.
    """

    __slots__ = ("base_url", "headers")

    def __init__(self, headers: Mapping[str, str], base_url: str | None = None) -> None:
        self.headers = headers
        self.base_url = base_url

    def __repr__(self) -> str:
        return "Grant(***)"


class Authorizer:
    """Where grants come from. This one needs none; ``samtale.connectors.auth`` has those that do."""

    def grant(self) -> Grant:
        """A grant that is good now. Raises Unauthorized, Retry."""
        return Grant({})

    def refused(self, grant: Grant) -> bool:
        """The system refused this grant: forget it. Whether asking for another one makes sense."""
        return False


class Dialect:
    """What a vendor says in answers that are trouble for any connector. The defaults know plain HTTP only."""

    def renewable(self, answer: Answer) -> bool:
        """Whether a 401 may be cured by a new token."""
        return True

    def reason(self, answer: Answer) -> str:
        """A short reason without values: a code, a title, a missing privilege."""
        return ""

    def wait(self, answer: Answer) -> float | None:
        """Seconds that the system asks us to wait."""
        return answer.retry_after()

    def noted(self, headers: Mapping[str, str]) -> float:
        """Seconds to wait before the next call, by the headers of the last answer."""
        return 0.0


class HttpClient:
    """Calls one system. Safe for many threads; close it when done."""

    def __init__(
        self,
        *,
        system: str,
        base_url: str | None,
        clock: Clock,
        authorizer: Authorizer | None = None,
        dialect: Dialect | None = None,
        settings: Settings | None = None,
        headers: Mapping[str, str] | None = None,
        account: Callable[[], str] | None = None,
        pace: Pace | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """``base_url`` None: the grants say where.

        ``account`` names whose limit is used. Raises SamtaleError for an unsafe address.
        """
        self.system = system
        self.settings = settings or Settings()
        self._base = None if base_url is None else self._checked(base_url)
        self._clock = clock
        self._authorizer = authorizer or Authorizer()
        self._dialect = dialect or Dialect()
        self._account = account or (lambda: system)
        self._pace = pace or LocalPace(clock)
        self._injected = transport
        self._headers = {"Accept": "application/json", "User-Agent": f"samtale/{__version__}", **(headers or {})}
        self._clients: dict[bool, httpx2.Client] = {}
        self._resolved: set[tuple[str, int]] = set()
        self._guard = threading.Lock()
        self._not_before = 0.0
        self.clock_offset = 0  #: milliseconds that the system's clock was ahead of ours in its last answer

    def close(self) -> None:
        """Close all connections."""
        with self._guard:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def call(self, call: Call) -> Answer:
        """The system's answer, whatever its status below 500 says to the connector (not 401, 403, 408, 429, redirects).

        Raises Retry, Unauthorized, Uncertain, BadAnswer as the table above says.
        """
        self._authorizer.grant()  # a token endpoint in trouble has had its repetitions when it raises
        return Retrying(
            sleep=self._clock.sleep,
            retry=retry_if_exception_type(Retry),
            stop=self._give_up,
            wait=self._wait,
            reraise=True,
        )(self._attempt, call)

    def _give_up(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self.settings.attempts or (_asked(state) or 0.0) > self.settings.longest_wait

    def _wait(self, state: RetryCallState) -> float:
        asked, first = _asked(state), self.settings.first_wait
        if asked is not None:
            return asked
        return wait_exponential_jitter(multiplier=first, max=self.settings.longest_wait, jitter=first)(state)

    def _attempt(self, call: Call) -> Answer:
        answer, grant = self._send(call)
        if answer.status == 401 and self._dialect.renewable(answer) and self._authorizer.refused(grant):
            answer, grant = self._send(call)
        return self._judged(answer)

    def _send(self, call: Call) -> tuple[Answer, Grant]:
        grant = self._authorizer.grant()
        url = self._address(call, grant)
        self._await_turn()
        client = self._client(url)
        request = client.build_request(
            call.method,
            url,
            params=list(call.query) or None,
            content=call.body,
            headers={**call.headers, **grant.headers},
        )
        requested_at, started = self._clock.now_ms(), self._clock.monotonic()
        try:
            response = client.send(request, stream=True)
            try:
                body = self._body(response, call, started)
            finally:
                response.close()
        except httpx2.TransportError as error:
            raise self._network(call, error) from None
        except httpx2.InvalidURL:
            raise BadAnswer(
                self._problem("bad_address", "An address for {} cannot be used.", call.shown, "Check base_url.")
            ) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        took = int((self._clock.monotonic() - started) * 1000)
        log.debug("%s %s: %s in %s ms", self.system, call.shown, response.status_code, took)
        self._not_before = self._clock.monotonic() + self._dialect.noted(headers)
        answer = Answer(
            system=self.system,
            call=call,
            status=response.status_code,
            headers=headers,
            body=body,
            requested_at=requested_at,
            clock_offset=clock_offset(headers.get("date", ""), requested_at, requested_at + took),
        )
        self.clock_offset = answer.clock_offset
        return answer, grant

    def _body(self, response: httpx2.Response, call: Call, started: float) -> bytes:
        """The body, up to its limits of size and time."""
        pieces: list[bytes] = []
        size = 0
        for piece in _decoded(response):
            size += len(piece)
            if size > self.settings.max_body:
                raise self._unread(
                    call, response, f"Its body is larger than {self.settings.max_body // 1024 // 1024} MB."
                )
            if self._clock.monotonic() - started > self.settings.total:
                raise httpx2.ReadTimeout("the whole answer took too long", request=response.request)
            pieces.append(piece)
        return b"".join(pieces)

    def _judged(self, answer: Answer) -> Answer:
        """The answer, if it is the connector's to judge; else what it means."""
        status, reason = answer.status, self._dialect.reason(answer)
        said = f"{answer.call.shown} got status {status}{': ' + reason if reason else ''}."
        if status == 429:
            raise Retry(
                self._problem(
                    "too_many_requests",
                    "{} asks us to slow down.",
                    said,
                    "Nothing to do: Samtale waits and tries again.",
                ),
                after=self._dialect.wait(answer),
            )
        if status in (401, 403):
            raise Unauthorized(_no_entry(self.system, said, privilege=status == 403))
        if status >= 500 or status == 408:
            if not answer.call.safe:
                raise Uncertain(self._problem("uncertain", "{} did not say whether a write took effect.", said, _LOOK))
            raise Retry(
                self._problem(
                    "system_failing", "{} has trouble of its own.", said, "Nothing to do: Samtale tries again."
                ),
                after=self._dialect.wait(answer),
            )
        if 300 <= status < 400 and status != 304:
            problem = self._problem(
                "redirected",
                "{} sends us to another address.",
                said,
                "Give the final address as base_url in samtale.yaml.",
            )
            raise BadAnswer(problem)
        if status < 300 and answer.body and not answer.is_json:
            answer.decode(dict[str, Any])
        return answer

    def _network(self, call: Call, error: httpx2.TransportError) -> SystemTrouble:
        """What a failure of the network means, by what may have been sent when it came."""
        said = f"{call.shown}: {_FAILURES.get(type(error), 'the connection failed')}."
        if isinstance(error, (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol)):
            return BadAnswer(
                self._problem("bad_request", "A request to {} could not be built.", said, "Check base_url and auth.")
            )
        unsent = isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError))
        if unsent or call.safe:
            return Retry(
                self._problem(
                    "unreachable", "{} cannot be reached.", said, "Check base_url and the network; Samtale tries again."
                )
            )
        return Uncertain(self._problem("uncertain", "{} did not say whether a write took effect.", said, _LOOK))

    def _unread(self, call: Call, response: httpx2.Response, why: str) -> SystemTrouble:
        answer = Answer(
            system=self.system, call=call, status=response.status_code, headers={}, body=b"", requested_at=0
        )
        return answer.broken(why)

    def _address(self, call: Call, grant: Grant) -> str:
        base = grant.base_url or self._base
        if base is None:
            problem = self._problem(
                "no_address", "It is not known where {} can be reached.", "", "Set base_url in samtale.yaml."
            )
            raise Unauthorized(problem)
        if not call.path.startswith(("http://", "https://")):
            return f"{base}/{call.path.lstrip('/')}"
        if not same_origin(call.path, base):
            raise BadAnswer(
                self._problem(
                    "foreign_address", "{} names an address of another host.", "It was not followed.", "Check base_url."
                )
            )
        return call.path

    def _await_turn(self) -> None:
        wait = self._pace.take(self._account(), self.settings.limit) if self.settings.limit else 0.0
        wait = max(wait, self._not_before - self._clock.monotonic())
        if wait > 0:
            self._clock.sleep(wait)

    def _client(self, url: str) -> httpx2.Client:
        """The pool for this address: proxies of the environment are not asked for what is on this machine."""
        parts = urlsplit(url)
        host, local = parts.hostname or "", is_loopback(parts.hostname or "")
        place = (host, parts.port or 443)
        if self._injected is None and not local and not self.settings.allow_internal and place not in self._resolved:
            check_resolved(self.system, *place)
            self._resolved.add(place)
        with self._guard:
            if local not in self._clients:
                timeout = httpx2.Timeout(self.settings.read, connect=self.settings.connect)
                self._clients[local] = httpx2.Client(
                    transport=self._injected,
                    verify=_tls(),
                    headers=self._headers,
                    timeout=timeout,
                    follow_redirects=False,
                    trust_env=not local,
                )
            return self._clients[local]

    def _checked(self, url: str) -> str:
        return check_address(self.system, url, allow_internal=self.settings.allow_internal)

    def _problem(self, code: str, summary: str, why: str, remedy: str) -> Problem:
        return Problem(code=code, summary=summary.format(self.system), why=why, remedy=remedy)


@cache
def _tls() -> ssl.SSLContext:
    """What certificates are trusted: read once, since that takes as long as a call."""
    return httpx2.create_ssl_context()


_LOOK = "Nothing to do: Samtale looks before it writes again, so nothing is written twice."

_FAILURES: dict[type[Exception], str] = {
    httpx2.ConnectError: "no connection",
    httpx2.ConnectTimeout: "no connection in time",
    httpx2.ReadTimeout: "no answer in time",
    httpx2.WriteTimeout: "the request could not be sent in time",
    httpx2.PoolTimeout: "all connections are in use",
    httpx2.ReadError: "the connection broke off",
    httpx2.WriteError: "the connection broke off",
    httpx2.RemoteProtocolError: "the connection was closed, or what came is not HTTP",
    httpx2.ProxyError: "the proxy refused",
}


def _asked(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.after if isinstance(error, Retry) else None


def _decoded(response: httpx2.Response) -> Iterator[bytes]:
    """The body in pieces; a wrong compression counts as a broken connection."""
    try:
        yield from response.iter_bytes()
    except httpx2.DecodingError as error:
        raise httpx2.RemoteProtocolError(str(type(error)), request=response.request) from None


def _no_entry(system: str, said: str, *, privilege: bool) -> Problem:
    if privilege:
        return Problem(
            code="missing_privilege",
            summary=f"{system} does not allow this to the account that Samtale uses.",
            why=said,
            remedy="Give the account the missing privilege in the system itself, then check again.",
            command="samtale check",
        )
    return Problem(
        code="not_authorized",
        summary=f"{system} does not accept the credentials.",
        why=said,
        remedy="Check what auth in samtale.yaml refers to; connect the account again if it was revoked.",
        command="samtale connect",
    )
