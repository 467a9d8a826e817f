"""Zoho Accounts: consent, grant codes, refresh and access tokens, and what the CRM makes of an Authorization header.

Follows Zoho's "OAuth overview", "Refreshing access tokens" and "Token validity" pages; the HTTP status of token errors
is not documented, so it is an option. Knows nothing of records.
"""

from __future__ import annotations

import random
import re
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from samtale.simulators.base import Request, Response, SimClock, json_response
from samtale.simulators.zohocrm.answers import Refusal

ACCESS_SECONDS = 3_600.0
LIVE_TOKENS = 15
TOKENS_A_WINDOW = 10
WINDOW_SECONDS = 600.0
CODE_SECONDS = 120.0
REFRESH_TOKENS = 20

#: Everything a two-way synchronization needs, and no more.
SCOPES = (
    "ZohoCRM.modules.ALL",
    "ZohoCRM.settings.ALL",
    "ZohoCRM.users.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.coql.READ",
    "ZohoSearch.securesearch.READ",
)


@dataclass(kw_only=True)
class _Refresh:
    """One refresh token: the access tokens it gave that still live, oldest first, and when it gave its last ones."""

    scopes: tuple[str, ...]
    live: deque[str] = field(default_factory=deque)
    given: deque[float] = field(default_factory=deque)


@dataclass(frozen=True, kw_only=True)
class _Access:
    scopes: tuple[str, ...]
    expires: float


@dataclass(frozen=True, kw_only=True)
class _Code:
    scopes: tuple[str, ...]
    redirect_uri: str
    offline: bool
    expires: float


class Accounts:
    """The accounts server. Not safe for threads: the simulator holds one lock."""

    def __init__(
        self,
        *,
        clock: SimClock,
        seed: int,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        scopes: tuple[str, ...],
        error_status: int,
    ) -> None:
        self._clock = clock
        self._random = random.Random(f"tokens {seed}")  # noqa: S311 - made-up tokens that open nothing
        self._client = (client_id, client_secret)
        self._scopes = scopes
        self._error_status = error_status
        self._refresh: dict[str, _Refresh] = {refresh_token: _Refresh(scopes=scopes)}
        self._access: dict[str, _Access] = {}
        self._killed: set[str] = set()
        self._codes: dict[str, _Code] = {}

    # -- the endpoints

    def handle(self, request: Request) -> Response:
        """Answer one call below /oauth/v2."""
        match (request.method, request.path.removeprefix("/oauth/v2")):
            case ("GET", "/auth"):
                return self._consent(request)
            case ("POST", "/token"):
                return self._token(request)
            case ("POST", "/token/revoke"):
                return self._revoke(_parameters(request).get("token", ""))
            case (_, "/token" | "/token/revoke"):
                return json_response(405, {"error": "invalid_request"})
        return json_response(404, {"error": "invalid_request"})

    def _consent(self, request: Request) -> Response:
        """The consent page, with someone who always agrees at once: straight back with code, location and server."""
        asked = dict(request.query)
        if asked.get("client_id") != self._client[0]:
            return self._error("invalid_client")
        if asked.get("response_type") != "code" or not asked.get("redirect_uri"):
            return self._error("invalid_redirect_uri")
        scopes = tuple(scope for scope in re.split(r"[,\s]+", asked.get("scope", "")) if scope)
        code = self._code(scopes or self._scopes, asked["redirect_uri"], asked.get("access_type") == "offline")
        back = {"code": code, "location": "eu", "accounts-server": own_url(request)}
        if "state" in asked:
            back["state"] = asked["state"]
        return Response(302, {"location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _code(self, scopes: tuple[str, ...], redirect_uri: str, offline: bool) -> str:
        code = f"1000.{self._random.randbytes(16).hex()}"
        self._codes[code] = _Code(
            scopes=scopes, redirect_uri=redirect_uri, offline=offline, expires=self._clock.elapsed() + CODE_SECONDS
        )
        return code

    def _token(self, request: Request) -> Response:
        asked = _parameters(request)
        if asked.get("client_id") != self._client[0]:
            return self._error("invalid_client")
        if asked.get("client_secret") != self._client[1]:
            return self._error("invalid_client_secret")
        match asked.get("grant_type"):
            case "refresh_token":
                refresh = self._refresh.get(asked.get("refresh_token", ""))
                return self._error("invalid_code") if refresh is None else self._grant(request, refresh, {})
            case "authorization_code":
                return self._redeem(request, asked)
        return self._error("unsupported_grant_type")

    def _redeem(self, request: Request, asked: dict[str, str]) -> Response:
        """A grant code is good once, for a few minutes, and for the address it was sent to."""
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.expires < self._clock.elapsed():
            return self._error("invalid_code")
        if asked.get("redirect_uri") != code.redirect_uri:
            return self._error("invalid_redirect_uri")
        refresh = _Refresh(scopes=code.scopes)
        if not code.offline:
            return self._grant(request, refresh, {})
        name = f"1000.{self._random.randbytes(16).hex()}"
        self._refresh[name] = refresh
        while len(self._refresh) > REFRESH_TOKENS:
            del self._refresh[next(iter(self._refresh))]
        return self._grant(request, refresh, {"refresh_token": name})

    def _grant(self, request: Request, refresh: _Refresh, more: dict[str, str]) -> Response:
        now = self._clock.elapsed()
        while refresh.given and refresh.given[0] <= now - WINDOW_SECONDS:
            refresh.given.popleft()
        if len(refresh.given) >= TOKENS_A_WINDOW:
            reason = "too many requests continuously; try again after some time"
            return json_response(400, {"error": "Access Denied", "error_description": reason, "status": "failure"})
        refresh.given.append(now)
        token = f"1000.{self._random.randbytes(16).hex()}.{self._random.randbytes(16).hex()}"
        self._access[token] = _Access(scopes=refresh.scopes, expires=now + ACCESS_SECONDS)
        refresh.live.append(token)
        while len(refresh.live) > LIVE_TOKENS:
            self._kill(refresh.live.popleft())
        return json_response(200, {
            "access_token": token,
            **more,
            "scope": " ".join(refresh.scopes),
            "api_domain": own_url(request),
            "token_type": "Bearer",
            "expires_in": max(1, int(ACCESS_SECONDS / self._clock.speed)),
        })  # fmt: skip

    def _revoke(self, token: str) -> Response:
        refresh = self._refresh.pop(token, None)
        if refresh is not None:
            for access in refresh.live:
                self._kill(access)
        elif token in self._access:
            self._kill(token)
        else:
            return self._error("invalid_code")
        return json_response(200, {"status": "success"})

    def _kill(self, token: str) -> None:
        if self._access.pop(token, None) is not None:
            self._killed.add(token)

    def _error(self, code: str) -> Response:
        return json_response(self._error_status, {"error": code})

    # -- the CRM's side

    def admit(self, request: Request, wanted: tuple[str, ...]) -> None:
        """Let a call in whose token has one of the wanted scopes. Raises Refusal (401).

        Only `Authorization: Zoho-oauthtoken` counts; what any other scheme gets is [inferred].
        """
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme != "Zoho-oauthtoken" or not token.strip():
            raise Refusal("AUTHENTICATION_FAILURE", "Authentication failed", status=401)
        token = token.strip()
        if token in self._killed:
            raise Refusal("INVALID_OAUTHTOKEN", "invalid oauth token", status=401)
        access = self._access.get(token)
        if access is None or access.expires <= self._clock.elapsed():
            raise Refusal("INVALID_TOKEN", "invalid oauth token", status=401)
        if not any(_covers(scope, want) for scope in access.scopes for want in wanted):
            raise Refusal("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL", status=401)

    def expire_access(self) -> None:
        """Let every access token run out now, as after an hour."""
        self._access.clear()


def own_url(request: Request) -> str:
    """This server's address as the client called it."""
    return f"http://{request.header('host') or '127.0.0.1'}"


def _parameters(request: Request) -> dict[str, str]:
    """Parameters from the query and from a form body. A JSON body counts for nothing."""
    found = dict(request.query)
    if request.header("content-type").partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        found |= parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return found


def _covers(held: str, wanted: str) -> bool:
    """Whether a scope held covers the one wanted: `ZohoCRM.modules.ALL` covers `ZohoCRM.modules.Deals.READ`.

    WRITE stands for CREATE and UPDATE [inferred].
    """
    held, wanted = held.lower(), wanted.lower()
    *area, right = held.split(".")
    *wanted_area, wanted_right = wanted.split(".")
    if wanted_area[: len(area)] != area:
        return False
    return right in {"all", wanted_right} or (right == "write" and wanted_right in {"create", "update"})
