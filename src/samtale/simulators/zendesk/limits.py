"""How often one may call: per account, per endpoint, and per record.

Follows Zendesk's pages Rate Limits, Incremental Exports and Users (Limits). The limits of some endpoints are far below
the account's. The refusal of too many user writes is plain text; whether the organizations' limit counts a record or
the account is not clear: an option says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from math import ceil

from samtale.simulators.base import SimClock
from samtale.simulators.zendesk.answers import Refusal, listed, plainly


class Limits:
    """Windows that slide, by name; None is no limit. `spend` raises Refusal with status 429."""

    def __init__(
        self, *, clock: SimClock, account: int | None, exports: int | None, users: int | None, records: int | None,
        organizations: str,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._account = account
        self._exports = exports
        self._users = users
        self._records = records
        self._organizations = organizations
        self._spent: dict[str, deque[float]] = {}

    def spend(self, method: str, rest: list[str]) -> None:
        """Count one call by its method and the parts of its path."""
        self._take("account", self._account, 60.0, self._too_many)
        match (method, *rest):
            case ("GET", "incremental", *_):
                self._take("exports", self._exports, 60.0, self._too_many_exports)
            case ("PUT", "users", key) if key.isdigit():
                self._take(f"user {key}", self._records, 60.0, self._too_many_writes)
                self._take("users", self._users, 1.0, self._too_many_writes)
            case ("PUT", "organizations", key) if key.isdigit():
                name = f"organization {key}" if self._organizations == "record" else "organizations"
                self._take(name, self._records, 60.0, self._too_many_updates)
            case ("DELETE", "deleted_users", _):
                self._take("purges", 700, 600.0, self._too_many)

    def headers(self) -> Mapping[str, str]:
        """What every answer tells of the account's limit."""
        if self._account is None:
            return {}
        left = max(0, self._account - len(self._spent.get("account", ())))
        return {"x-rate-limit": str(self._account), "x-rate-limit-remaining": str(left)}

    def _take(
        self, name: str, limit: int | None, seconds: float, refusal: Callable[[Mapping[str, str]], Refusal]
    ) -> None:
        if limit is None:
            return
        now = self._clock.elapsed()
        spent = self._spent.setdefault(name, deque())
        while spent and spent[0] <= now - seconds:
            spent.popleft()
        if len(spent) >= limit:
            raise refusal({"retry-after": str(max(1, ceil((spent[0] + seconds - now) / self._clock.speed)))})
        spent.append(now)

    def _too_many(self, headers: Mapping[str, str]) -> Refusal:
        return listed(429, "TooManyRequests", "Too many requests", headers)

    def _too_many_exports(self, headers: Mapping[str, str]) -> Refusal:
        told = f"total={self._exports}; remaining=0; resets={headers['retry-after']}"
        return listed(
            429, "TooManyRequests", "Too many requests", {**headers, "zendesk-ratelimit-incremental-exports": told}
        )

    def _too_many_writes(self, headers: Mapping[str, str]) -> Refusal:
        told = f"total={self._records}; remaining=0; resets={headers['retry-after']}"
        text = "Number of allowed incremental user updates exceeded"
        return plainly(429, text, {**headers, "zendesk-ratelimit-create-update-user": told})

    def _too_many_updates(self, headers: Mapping[str, str]) -> Refusal:
        return listed(429, "TooManyRequests", "Too many requests to update", headers)
