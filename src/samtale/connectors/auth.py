"""How connectors prove who they are: client credentials and refresh tokens, renewed early, by one thread at a time.

Authlib writes the token requests (RFC 6749). Its client for httpx2 is not used, since that *is* an HTTP client, with its
own clock, its own repeating and its own error texts, while a token request must go through ours: timeouts, limits,
redaction, a clock that tests can move.

Secrets come already resolved, or as functions that resolve them; nothing here stores, logs or shows them.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Mapping

from samtale.connectors.http import Answer, Authorizer, Call, Grant, HttpClient, check_address
from samtale.core.problems import BadAnswer, Problem, Retry, SamtaleError, Unauthorized
from samtale.ports.clock import Clock

Secret = str | Callable[[], str]

#: A token is renewed when this share of its life is over.
RENEW_AT = 0.8


class Credentials:
    """Resolved secrets by name. Shows names only."""

    def __init__(self, system: str, secrets: Mapping[str, Secret]) -> None:
        self._system = system
        self._secrets = dict(secrets)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._secrets))})"

    def __getitem__(self, name: str) -> str:
        """The secret of that name, without the line break that files end with.

        Raises Unauthorized if absent or unusable.
        """
        secret = self._secrets.get(name)
        value = (secret() if callable(secret) else secret or "").strip()
        if not value:
            raise Unauthorized(self._problem(name, "missing_credential", "There is no value for it."))
        if not value.isascii() or not value.isprintable() or " " in value:
            raise Unauthorized(
                self._problem(name, "unusable_credential", "Its value holds spaces or characters that no key has.")
            )
        return value

    def digest(self, *names: str) -> str:
        """A fingerprint of some secrets, to tell accounts apart without keeping them."""
        return hashlib.sha256("\0".join(self[name] for name in names).encode()).hexdigest()[:16]

    def _problem(self, name: str, code: str, why: str) -> Problem:
        return Problem(
            code=code,
            summary=f"The credential {name} of {self._system} cannot be used.",
            why=why,
            remedy=f"Let auth.{name} of {self._system} refer to a secret in samtale.yaml: env:X, file:X or keyring:X.",
            command="samtale connect",
        )


class Token:
    """An access token with its life in seconds, and the address that came with it. Shows nothing of itself."""

    __slots__ = ("base_url", "lives", "value")

    def __init__(self, value: str, *, lives: float, base_url: str | None = None) -> None:
        self.value = value
        self.lives = lives
        self.base_url = base_url

    def __repr__(self) -> str:
        return "Token(***)"


class TokenKeeper(Authorizer):
    """Keeps one access token, asks for the next in good time, and lets one thread ask while the others wait."""

    def __init__(self, clock: Clock, ask: Callable[[], Token], headers: Callable[[Token], Mapping[str, str]]) -> None:
        self._clock = clock
        self._ask = ask
        self._headers = headers
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._renew_at = 0.0

    def grant(self) -> Grant:
        """A grant whose token is good for a while yet. Raises Unauthorized, Retry, BadAnswer."""
        with self._lock:
            if self._grant is None or self._clock.monotonic() >= self._renew_at:
                asked_at = self._clock.monotonic()
                token = self._ask()
                self._grant = Grant(self._headers(token), token.base_url)
                self._renew_at = asked_at + token.lives * RENEW_AT
            return self._grant

    def refused(self, grant: Grant) -> bool:
        """Forget a refused token, unless another thread has replaced it already."""
        with self._lock:
            if self._grant is grant:
                self._grant = None
        return True


def client_credentials(
    client: HttpClient, path: str, credentials: Credentials, *, user: str, password: str, headers: Mapping[str, str]
) -> Token:
    """A token for a key pair: HTTP Basic and a form (RFC 6749, 4.4). ``user`` and ``password`` name credentials.

    Raises Unauthorized for wrong keys, Retry, BadAnswer.
    """
    pair = base64.b64encode(f"{credentials[user]}:{credentials[password]}".encode()).decode()
    answer = _post(client, path, {"grant_type": "client_credentials"}, {"Authorization": f"Basic {pair}", **headers})
    return _token(client.system, answer, lambda code: _refused(client.system, code, f"auth.{user} and auth.{password}"))


def refresh_token(client: HttpClient, path: str, credentials: Credentials, *, throttled: Mapping[str, float]) -> Token:
    """A token for a refresh token, client_id and client_secret (RFC 6749, 6), in a form body so that no log sees it.

    ``throttled`` maps error codes that mean "too often" to seconds to wait. Raises Unauthorized, Retry, BadAnswer.
    """
    form = {
        "grant_type": "refresh_token",
        **{name: credentials[name] for name in ("client_id", "client_secret", "refresh_token")},
    }
    answer = _post(client, path, form, {})

    def trouble(code: str) -> Retry | Unauthorized:
        if code in throttled:
            problem = Problem(
                code="too_many_tokens",
                summary=f"{client.system} gives no further tokens for a while.",
                why=f"The token endpoint said {code}: too many tokens were asked for in a short time.",
                remedy="Wait some minutes; let one process at a time use this account.",
            )
            return Retry(problem, after=throttled[code])
        return _refused(client.system, code, "auth.client_id, auth.client_secret and auth.refresh_token")

    return _token(client.system, answer, trouble)


def exchange_code(client: HttpClient, path: str, credentials: Credentials, *, redirect_uri: str | None = None) -> str:
    """The refresh token for a one-time grant code (credential ``code``), for ``samtale connect``.

    Raises as refresh_token does.
    """
    form = {
        "grant_type": "authorization_code",
        **{name: credentials[name] for name in ("client_id", "client_secret", "code")},
    }
    if redirect_uri is not None:
        form["redirect_uri"] = redirect_uri
    answer = _post(client, path, form, {})
    said = answer.lenient()
    if isinstance(said, dict) and isinstance(said.get("refresh_token"), str):
        return str(said["refresh_token"])
    code = str(said.get("error", "no refresh token")) if isinstance(said, dict) else "no refresh token"
    raise _refused(client.system, code, "the grant code, which lives for some minutes and works once")


def _post(client: HttpClient, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
    from authlib.oauth2.rfc6749.parameters import prepare_token_request  # type: ignore[import-untyped]  # slow to import

    return client.call(
        Call(
            method="POST",
            path=path,
            headers={"Content-Type": "application/x-www-form-urlencoded", **headers},
            body=str(prepare_token_request(**form)).encode(),
            repeatable=True,
        )
    )


def _token(system: str, answer: Answer, trouble: Callable[[str], Retry | Unauthorized]) -> Token:
    """The token in an answer. Vendors put errors under any status, so the key ``error`` counts, not the status."""
    said = answer.lenient()
    if not isinstance(said, dict):
        raise answer.broken("A token endpoint answers with a JSON object.")
    if "error" in said or answer.status >= 400:
        code = said.get("error")
        raise trouble(code if isinstance(code, str) and len(code) <= 40 else f"status {answer.status}")
    value, lives = said.get("access_token"), said.get("expires_in", 600)
    if not isinstance(value, str) or not value or not isinstance(lives, int | float):
        raise answer.broken("There is no access token in it.")
    address = said.get("api_domain")
    try:
        base_url = check_address(system, address) if isinstance(address, str) and address else None
    except SamtaleError as error:
        raise BadAnswer(*error.problems) from None
    return Token(value, lives=float(lives), base_url=base_url)


def _refused(system: str, code: str, what: str) -> Unauthorized:
    return Unauthorized(
        Problem(
            code="not_authorized",
            summary=f"{system} does not accept the credentials.",
            why=f"The token endpoint said {code}.",
            remedy=f"Check {what}, and that they belong to the environment or data center of base_url.",
            command="samtale connect",
        )
    )
