"""Faults: what goes wrong between a client and a simulated system, by seeded rules.

`Faults` holds the rules that someone set through the door, and `as_handler` plays them around a simulator's `handle`,
for the server and for tests in the same process alike. Faults that need the vendor's shape of reply (`HOOKS`) are
handed to the simulator in `Request.hooks`. Nothing here may know sockets or a vendor.
"""

from __future__ import annotations

import random
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from samtale.simulators.base import ConnectionCut, DoorError, Request, Response, Simulator

Kind = Literal[
    "lost_reply", "cut_before", "down", "status", "slow", "html", "truncate", "wrong_content_type", "clock_skew",
    "empty_list", "endless_pages", "stale_read", "duplicate_between_pages", "reformat",
]  # fmt: skip

HOOKS: frozenset[str] = frozenset({"empty_list", "endless_pages", "stale_read", "duplicate_between_pages", "reformat"})
"""Faults that the simulator itself acts out.

`empty_list`: a list call answers as if there were no rows. `endless_pages`: there is always a next page.
`stale_read`: reads show the state of `seconds` ago. `duplicate_between_pages`: the first row of a page repeats the last
row of the page before. `reformat`: on a write, text in `property` (all text when empty) is stored in another `form`.
"""

Form = Literal["upper", "lower", "title", "strip_spaces"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault: which requests it may strike, how often, and the parameters of its kind.

    `path` is a regular expression searched in `path?query`. The first `after` matching requests are spared, then it
    strikes with `probability`, at most `times` times (None: for ever).
    """

    kind: Kind
    method: str | None = None
    path: str = ""
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    status: int = 500
    """`status`: the HTTP status of the reply."""
    body: str = ""
    """`status`, `html`: the body of the reply."""
    headers: dict[str, str] = {}
    """`status`: headers of the reply, such as Retry-After."""
    when: Literal["before", "after"] = "before"
    """`status`, `slow`, `html`: before the system handles the request, or after it did (and committed)."""
    seconds: float = 1.0
    """`slow`: how long; `stale_read`: how far back; `clock_skew`: how far off the system's clock is from then on."""
    declared: Literal["full", "short"] = "full"
    """`truncate`: the Content-Length tells of the full body, or of the part that is sent."""
    content_type: str = "text/plain"
    """`wrong_content_type`: what the reply claims to be."""
    property: str = ""
    """`reformat`: the property, by the vendor's name (`MailAddress.City` for a nested one)."""
    form: Form = "upper"
    """`reformat`: what the system makes of the text."""

    def concerns(self, request: Request) -> bool:
        """Whether this rule is about such a request at all."""
        if self.method is not None and self.method.upper() != request.method:
            return False
        target = f"{request.path}?{urlencode(request.query)}" if request.query else request.path
        return re.search(self.path, target, re.IGNORECASE) is not None

    def reformatted(self, text: str) -> str:
        """What the system stores instead of `text` (kind `reformat`)."""
        if self.form == "upper":
            return text.upper()
        if self.form == "lower":
            return text.lower()
        if self.form == "title":
            return text.title()
        return re.sub(r"\s+", "", text)


class FaultPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `PUT /faults` takes: the rules, and the seed of their chances."""

    seed: int = 0
    rules: tuple[Rule, ...] = ()


def read_plan(value: Any) -> FaultPlan:
    """A plan from JSON values. Raises DoorError that names the place and the reason."""
    try:
        plan = msgspec.convert(value, FaultPlan)
        for rule in plan.rules:
            re.compile(rule.path)
    except msgspec.ValidationError as error:
        kinds = ", ".join(Kind.__args__)  # type: ignore[attr-defined]
        raise DoorError(
            f"the faults cannot be read: {error}",
            f'send {{"seed": 1, "rules": [{{"kind": "lost_reply", "method": "POST", "times": 1}}]}}; kinds: {kinds}',
        ) from error
    except re.error as error:
        raise DoorError(
            f"a rule's path is not a regular expression: {error}", "escape its special characters"
        ) from error
    return plan


class Faults:
    """The rules in force and how often each has struck. Safe for many threads."""

    def __init__(self, rules: Iterable[Rule] = (), *, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self.set(FaultPlan(seed=seed, rules=tuple(rules)))

    def set(self, plan: FaultPlan) -> None:
        """Replace all rules; counters and chances start anew."""
        with self._lock:
            self._plan = plan
            self._random = random.Random(plan.seed)  # noqa: S311 - repeatable chances, no secrets
            self._seen = [0] * len(plan.rules)
            self._struck = [0] * len(plan.rules)

    def shown(self) -> dict[str, Any]:
        """The rules as JSON values, each with `struck`, the number of times it did."""
        with self._lock:
            rules = [
                {**msgspec.to_builtins(rule), "struck": n}
                for rule, n in zip(self._plan.rules, self._struck, strict=True)
            ]
            return {"seed": self._plan.seed, "rules": rules}

    def striking(self, request: Request) -> dict[str, Rule]:
        """The rules that strike this request, by kind (the first of a kind); counts them as struck."""
        if not self._plan.rules:
            return {}
        found: dict[str, Rule] = {}
        with self._lock:
            for index, rule in enumerate(self._plan.rules):
                if rule.kind in found or not rule.concerns(request):
                    continue
                self._seen[index] += 1
                if self._seen[index] <= rule.after or (rule.times is not None and self._struck[index] >= rule.times):
                    continue
                if rule.probability < 1.0 and self._random.random() >= rule.probability:
                    continue
                self._struck[index] += 1
                found[rule.kind] = rule
        return found


_SECRET_NAMES = re.compile(r"authorization|cookie|key|token|secret|code$|password", re.IGNORECASE)


class RequestLog:
    """The last requests with their outcome, secrets replaced by `***`. Safe for many threads."""

    def __init__(self, size: int = 100_000) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=size)

    def add(self, request: Request, at: str, status: int | None) -> None:
        """Note a request; a `status` of None means that the connection was cut."""
        self._entries.append({
            "method": request.method,
            "path": request.path,
            "query": [[k, "***" if _SECRET_NAMES.search(k) else v] for k, v in request.query],
            "headers": {k: "***" if _SECRET_NAMES.search(k) else v for k, v in request.headers.items()},
            "status": status,
            "time": at,
        })  # fmt: skip

    def entries(self) -> list[dict[str, Any]]:
        """The requests, oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        self._entries.clear()


def as_handler(
    simulator: Simulator, faults: Faults | None = None, log: RequestLog | None = None
) -> Callable[[Request], Response]:
    """The simulator behind its faults, as one function. The function raises ConnectionCut where a fault says so."""
    faults = faults or Faults()

    def handler(request: Request) -> Response:
        status: int | None = None
        try:
            striking = faults.striking(request)
            response = _play(simulator, request, striking) if striking else simulator.handle(request)
            status = response.status
            return response
        finally:
            if log is not None:
                log.add(request, simulator.clock.now().isoformat(), status)

    return handler


def _play(simulator: Simulator, request: Request, striking: dict[str, Rule]) -> Response:
    """One request with the faults that strike it: first what comes before handling, then what comes after."""
    if "down" in striking or "cut_before" in striking:
        raise ConnectionCut
    if (skew := striking.get("clock_skew")) is not None:
        simulator.clock.skew = skew.seconds
    slow = striking.get("slow")
    if slow is not None and slow.when == "before":
        simulator.clock.sleep(slow.seconds)
    instead = striking.get("status") or striking.get("html")
    if instead is not None and instead.when == "before":
        return _instead(instead)
    hooks = {kind: rule for kind, rule in striking.items() if kind in HOOKS}
    response = simulator.handle(replace(request, hooks=hooks))
    if slow is not None and slow.when == "after":
        simulator.clock.sleep(slow.seconds)
    if "lost_reply" in striking:
        raise ConnectionCut
    return _spoilt(_instead(instead), striking) if instead is not None else _spoilt(response, striking)


_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in.</p></body></html>"


def _instead(rule: Rule) -> Response:
    """The reply that a rule of kind `status` or `html` puts in place of the system's."""
    if rule.kind == "html":
        return Response(200, {"content-type": "text/html; charset=utf-8"}, (rule.body or _PAGE).encode())
    headers = {name.lower(): value for name, value in rule.headers.items()}
    return Response(rule.status, {"content-type": "application/json", **headers}, rule.body.encode())


def _spoilt(response: Response, striking: dict[str, Rule]) -> Response:
    """The reply with its content type or its length falsified."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = response.body
    if (wrong := striking.get("wrong_content_type")) is not None:
        headers["content-type"] = wrong.content_type
    if (cut := striking.get("truncate")) is not None:
        if cut.declared == "full":
            headers["content-length"] = str(len(body))
        body = body[: len(body) // 2]
    return Response(response.status, headers, body)
