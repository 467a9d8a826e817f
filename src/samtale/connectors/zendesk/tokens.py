"""How this connector proves who it is: an API token, an OAuth client of its own, or a refresh token that works once.

Source: Zendesk's pages Security and Authentication and OAuth Tokens for Grant Types, and its help article on refresh
tokens. A successful refresh deletes the tokens before it, so the new refresh token must be kept *before* it is used:
whoever loses it has to connect the account by hand. Zendesk withdraws API tokens during 2026 and 2027.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from samtale.connectors.auth import Credentials, Secret, Token, TokenKeeper
from samtale.connectors.exact import encoded
from samtale.connectors.http import Answer, Authorizer, Call, Grant, HttpClient
from samtale.core.problems import Problem, SamtaleError, Unauthorized
from samtale.ports.clock import Clock

#: The identities API refuses tokens that are scoped to users alone, so the broad scopes are asked for.
SCOPE = "read write"
TOKEN_PATH = "oauth/tokens"  # noqa: S105 - an address


class SecretStore(Protocol):
    """Keeps a credential that a system replaced. Wiring gives one, which writes to where the project refers to."""

    def keep(self, name: str, value: str) -> None:
        """Keep the new value of ``auth.name`` for good; it is used only after this returned.

        Raises SamtaleError if it cannot be kept.
        """
        ...


class ApiToken(Authorizer):
    """An API token: HTTP Basic as ``{email}/token``."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def grant(self) -> Grant:
        """The same header every time. Raises Unauthorized for missing credentials."""
        pair = f"{self._credentials['email']}/token:{self._credentials['api_token']}"
        return Grant({"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})

    def refused(self, grant: Grant) -> bool:
        """There is no other one to try."""
        return False


class OAuth:
    """Asks the token endpoint: by refresh token if there is one, else as the client itself."""

    def __init__(
        self, client: HttpClient, credentials: Credentials, *, rotating: bool, store: SecretStore | None
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._rotating = rotating
        self._store = store
        self._renewed: Token | None = None  # holds the current refresh token; Token shows nothing of itself

    def ask(self) -> Token:
        """The next access token. Raises Unauthorized, Retry, BadAnswer; SamtaleError if a secret cannot be kept."""
        if not self._rotating:
            return self._token(self._post({"grant_type": "client_credentials"}))
        used = self._renewed.value if self._renewed is not None else self._credentials["refresh_token"]
        answer = self._post({"grant_type": "refresh_token", "refresh_token": used})
        said = answer.lenient()
        stored = self._credentials["refresh_token"]
        if isinstance(said, dict) and said.get("error") == "invalid_grant" and stored != used:
            answer = self._post({"grant_type": "refresh_token", "refresh_token": stored})  # another run renewed it
        return self._token(answer)

    def _post(self, grant: Mapping[str, str]) -> Answer:
        names = ("client_id", "client_secret")
        body = {**grant, **{name: self._credentials[name] for name in names}, "scope": SCOPE}
        return self._client.call(
            Call(
                method="POST",
                path=TOKEN_PATH,
                headers={"Content-Type": "application/json"},
                body=encoded(body),
                repeatable=True,  # if a lost answer used up the refresh token, the next one says so
            )
        )

    def _token(self, answer: Answer) -> Token:
        said = answer.lenient()
        if not isinstance(said, dict):
            raise answer.broken("A token endpoint answers with a JSON object.")
        if "error" in said or answer.status >= 400:
            raise Unauthorized(self._refused(said.get("error"), answer))
        value, lives = said.get("access_token"), said.get("expires_in") or 600
        if not isinstance(value, str) or not value or not isinstance(lives, int | float):
            raise answer.broken("There is no access token in it.")
        renewed = said.get("refresh_token")
        if self._rotating and isinstance(renewed, str) and renewed:
            if self._store is not None:
                self._store.keep("refresh_token", renewed)
            self._renewed = Token(renewed, lives=0.0)
        return Token(value, lives=float(lives))

    def _refused(self, error: Any, answer: Answer) -> Problem:
        said = error if isinstance(error, str) and len(error) <= 40 else f"status {answer.status}"
        keys = "auth.client_id, auth.client_secret" + (" and auth.refresh_token" if self._rotating else "")
        lost = " A refresh token works once; one that was used already is dead." if said == "invalid_grant" else ""
        return Problem(
            code="not_authorized",
            summary=f"{answer.system} does not accept the credentials.",
            why=f"The token endpoint said {said}.{lost}",
            remedy=f"Check {keys}; connect the account again if they are right.",
            command="samtale connect",
        )


def authorizer(
    asking: HttpClient, credentials: Mapping[str, Secret], secrets: Credentials, clock: Clock, store: SecretStore | None
) -> Authorizer:
    """By the credentials that are given. Raises SamtaleError if they make no whole set."""
    given = set(credentials)
    if {"email", "api_token"} <= given:
        return ApiToken(secrets)
    if {"client_id", "client_secret"} <= given:
        oauth = OAuth(asking, secrets, rotating="refresh_token" in given, store=store)
        return TokenKeeper(clock, oauth.ask, lambda token: {"Authorization": f"Bearer {token.value}"})
    raise SamtaleError(
        Problem(
            code="missing_credential",
            summary=f"The credentials of {asking.system} are no whole set.",
            why=f"There are: {', '.join(sorted(given)) or 'none'}.",
            remedy="Give client_id and client_secret, with refresh_token for a person's own grant; or email and "
            "api_token, while Zendesk still takes them.",
            command="samtale connect",
        )
    )
