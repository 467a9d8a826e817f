"""Who may come in: keys, tokens, privileges and the rate limit, as API Management and the token server check them.

Sources: the token endpoint's spec, and the vendor's pages on authentication and on requests.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import deque
from collections.abc import Iterable
from math import ceil
from urllib.parse import parse_qs

from samtale.simulators.base import Request, Response, SimClock, json_response
from samtale.simulators.powerofficego.answers import gateway
from samtale.simulators.powerofficego.schema import TYPES

WITH_WRITE: tuple[str, ...] = tuple(sorted({f"{role}_Full" for t in TYPES for role in t.roles}))
"""Every privilege that there is, with the right to write."""
TOKEN_LIFETIME = 1200.0
"""Seconds that a token lives."""


class Gate:
    """The keys of one integration with one company, its tokens, and the calls of the last second."""

    def __init__(
        self,
        clock: SimClock,
        *,
        application_key: str,
        client_key: str,
        subscription_key: str,
        privileges: Iterable[str],
        rate_limit: int,
        retry_after: bool,
    ) -> None:
        self._clock = clock
        self._user = (application_key, client_key)
        self._subscription_key = subscription_key
        self.privileges = frozenset(privileges)
        self._rate_limit = rate_limit
        self._retry_after = retry_after
        self._tokens: dict[str, float] = {}
        self._issued = 0
        self._calls: deque[float] = deque()

    def refusal(self, request: Request, roles: Iterable[str], *, write: bool) -> Response | None:
        """What stands in the way of an API call; None when nothing does.

        Asked in this order: subscription key (401), rate limit (429), bearer token (401), privilege (403). `roles` are
        the type's; a plain one reads, one with `_Full` writes too. None of them means any token will do.
        """
        if (refused := self.refusal_of_subscription(request)) is not None:
            return refused
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme.lower() != "bearer" or self._tokens.get(token.strip(), -1.0) < self._clock.elapsed():
            return gateway(401, "Unauthorized. Access token is missing or invalid.", {"www-authenticate": "Bearer"})
        accepted = {f"{role}_Full" for role in roles} | (set() if write else set(roles))
        if accepted and not accepted & self.privileges:
            detail = f"The integration needs one of these privileges: {', '.join(sorted(accepted))}."
            return json_response(403, {"title": "Missing privilege", "status": 403, "detail": detail})
        return None

    def refusal_of_subscription(self, request: Request, *, code_as_text: bool = False) -> Response | None:
        """What the subscription key gets: 401 when it is wrong, 429 above ten calls a second of this key.

        The limit counts all companies of an integration together. `Retry-After` is what API Management sends as a rule
        [inferred] and can be switched off. The token endpoint writes its status code as text.
        """
        key = request.header("ocp-apim-subscription-key") or request.parameter("subscription-key") or ""
        if not key:
            return gateway(401, "Access denied due to missing subscription key. Make sure to include it in requests.")
        if key != self._subscription_key:
            return gateway(401, "Access denied due to invalid subscription key. Provide a valid key.")
        now = self._clock.elapsed()
        while self._calls and self._calls[0] <= now - 1.0:
            self._calls.popleft()
        if self._rate_limit and len(self._calls) >= self._rate_limit:
            wait = ceil(1 / self._clock.speed)
            message = f"Rate limit is exceeded. Try again in {wait} seconds."
            headers = {"retry-after": str(wait)} if self._retry_after else {}
            return json_response(429, {"statusCode": "429" if code_as_text else 429, "message": message}, headers)
        self._calls.append(now)
        return None

    def token(self, request: Request) -> Response:
        """Answer the token endpoint: client credentials, with Basic for the two keys and a form as body.

        Wrong keys are a 400 with RFC 6749's `invalid_client`, not a 401. There is no refresh token.
        """
        if (refused := self.refusal_of_subscription(request, code_as_text=True)) is not None:
            return refused
        if request.header("content-type").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return _token_error("invalid_request", "The content type must be application/x-www-form-urlencoded.")
        grant = parse_qs(request.body.decode("utf-8", "replace")).get("grant_type", [""])[0]
        if not grant:
            return _token_error("invalid_request", "The parameter grant_type is missing.")
        if grant != "client_credentials":
            return _token_error("unsupported_grant_type", "Only client_credentials is supported.")
        if _basic(request.header("authorization")) != self._user:
            text = "Client integration not found. Check the application key and the client key."
            return _token_error("invalid_client", text)
        self._issued += 1
        token = "sim." + hashlib.sha256(f"{self._subscription_key} {self._issued}".encode()).hexdigest()
        self._tokens[token] = self._clock.elapsed() + TOKEN_LIFETIME
        told = max(1, int(TOKEN_LIFETIME / self._clock.speed))
        return json_response(200, {"access_token": token, "token_type": "bearer", "expires_in": told})

    def revoke(self) -> None:
        """Let all tokens end at once, as when the integration is taken away and given back."""
        self._tokens.clear()


def _token_error(code: str, text: str) -> Response:
    return json_response(400, {"error": code, "error_description": text})


def _basic(header: str) -> tuple[str, str] | None:
    """User and password of a Basic header; None when it is none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None
