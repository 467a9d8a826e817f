"""Who may call: API tokens by HTTP Basic, and OAuth with refresh tokens that work once.

Follows Zendesk's pages Security and Authentication, OAuth Tokens for Grant Types, and its help article on refresh
tokens: a successful refresh deletes the access and refresh token before it. The identities API refuses tokens that are
scoped to users alone.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Any

from samtale.simulators.base import Request, Response, SimClock, json_response
from samtale.simulators.zendesk.answers import Refusal, forbidden, unauthenticated


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What opens the account."""

    email: str
    api_token: str
    client_id: str
    client_secret: str
    refresh_token: str


@dataclass(frozen=True)
class _Access:
    scopes: tuple[str, ...]
    expires: float


class Gate:
    """The account's credentials and tokens. `api_tokens` False: the account has no API tokens any more."""

    def __init__(
        self, *, clock: SimClock, keys: Keys, scopes: tuple[str, ...], lifetime: float, api_tokens: bool
    ) -> None:
        self._clock = clock
        self._keys = keys
        self._scopes = scopes
        self._lifetime = lifetime
        self._api_tokens = api_tokens
        self._refresh = keys.refresh_token
        self._access: dict[str, _Access] = {}
        self._refreshed: str | None = None

    # -- tokens

    def issue(self, request: Request) -> Response:
        """The token endpoint, `/oauth/tokens`, which takes JSON."""
        try:
            said = request.json()
        except ValueError:
            said = None
        if request.header("content-type").partition(";")[0].strip() != "application/json" or not isinstance(said, dict):
            return _refused(400, "invalid_request", "The request is missing a required parameter")
        if (said.get("client_id"), said.get("client_secret")) != (self._keys.client_id, self._keys.client_secret):
            return _refused(401, "invalid_client", "Client authentication failed")
        match said.get("grant_type"):
            case "client_credentials":
                return json_response(200, self._granted(said, None))
            case "refresh_token" if said.get("refresh_token") == self._refresh:
                if self._refreshed is not None:
                    self._access.pop(self._refreshed, None)
                self._refresh = f"refresh-{secrets.token_urlsafe(24)}"
                answer = self._granted(said, self._refresh)
                self._refreshed = answer["access_token"]
                return json_response(200, answer)
            case "refresh_token":
                return _refused(400, "invalid_grant", "The refresh token is invalid or was used already")
        return _refused(400, "unsupported_grant_type", "The grant type is not supported")

    def _granted(self, said: dict[str, Any], refresh: str | None) -> dict[str, Any]:
        access = f"access-{secrets.token_urlsafe(24)}"
        wanted = str(said.get("scope") or "").split()
        scopes = tuple(scope for scope in wanted if scope in self._scopes) or self._scopes
        self._access[access] = _Access(scopes, self._clock.elapsed() + self._lifetime)
        lives = max(1, int(self._lifetime / self._clock.speed))
        answer: dict[str, Any] = {
            "access_token": access, "token_type": "bearer", "scope": " ".join(scopes), "expires_in": lives,
        }  # fmt: skip
        if refresh is not None:
            answer |= {"refresh_token": refresh, "refresh_token_expires_in": 30 * 86_400}
        return answer

    def expire_access(self) -> None:
        """Let every access token run out now."""
        self._access.clear()

    # -- calls

    def admit(self, request: Request, rest: list[str]) -> bool:
        """Whether the caller is known; without any credentials a person is anonymous. Raises Refusal (401, 403)."""
        scheme, _, value = request.header("authorization").partition(" ")
        if scheme.casefold() == "basic":
            return self._basic(value.strip())
        if scheme.casefold() == "bearer":
            access = self._access.get(value.strip())
            if access is None or access.expires <= self._clock.elapsed():
                said = {"error": "invalid_token", "error_description": "The access token provided is invalid"}
                raise Refusal(json_response(401, said))
            self._covered(access, "read" if request.method == "GET" else "write", rest)
            return True
        return False

    def _basic(self, value: str) -> bool:
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise unauthenticated() from None
        if not user.endswith("/token"):
            return False  # a password: sign-in by password is switched off, so nobody is known
        right = (user.removesuffix("/token").casefold(), password) == (self._keys.email, self._keys.api_token)
        if not right or not self._api_tokens:
            raise unauthenticated()
        return True

    def _covered(self, access: _Access, right: str, rest: list[str]) -> None:
        """Broad scopes open everything; those of a resource open that resource, identities excepted."""
        if right in access.scopes or (right == "read" and rest[-1] == "me"):
            return
        resource = (
            "organizations" if rest[0].startswith("organization") else rest[1] if rest[0] == "incremental" else rest[0]
        )
        if "identities" in rest or f"{resource}:{right}" not in access.scopes:
            raise forbidden()


def _refused(status: int, error: str, description: str) -> Response:
    return json_response(status, {"error": error, "error_description": description})
