"""One call and its answer, as values, with the reading of an answer's body.

Knows HTTP and JSON, no vendor. Texts never hold a body, a query or a header's value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec

from samtale.core.problems import BadAnswer, Problem, SystemTrouble, Uncertain

T = TypeVar("T")

#: Verbs that change nothing, however often they are sent.
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask: ``path`` below the base address, or an absolute address on the same host."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    #: whether sending it twice does no more than sending it once; None: by the verb
    repeatable: bool | None = None

    @property
    def safe(self) -> bool:
        """Whether the call may be repeated although it may have taken effect."""
        return self.method in READING if self.repeatable is None else self.repeatable

    @property
    def shown(self) -> str:
        """Verb and path without the query, for logs and texts."""
        return f"{self.method} {self.path.split('?')[0]}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, with our clock before sending and how far the system's clock is ahead of ours (both
    milliseconds).
    """

    system: str
    call: Call
    status: int
    headers: Mapping[str, str]  #: names in lower case
    body: bytes
    requested_at: int
    clock_offset: int = 0

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        return kind in ("application/json", "text/json") or kind.endswith("+json")

    def decode(self, type: type[T]) -> T:  # noqa: A002 - named as in msgspec
        """The body as ``type``. Raises BadAnswer (or Uncertain, after a write) when it is no such JSON."""
        if not self.is_json:
            raise self.broken(f"It says that it is {_content_type(self)}, not JSON.")
        try:
            return msgspec.json.decode(self.body, type=type)
        except msgspec.ValidationError as error:
            raise self.broken(f"Its JSON has another shape than the contract says{_place(error)}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self.broken("Its JSON is malformed or was cut off.") from None

    def lenient(self) -> Any:
        """The body as JSON if it is any, else None: for the details of an error."""
        try:
            return msgspec.json.decode(self.body) if self.is_json else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def broken(self, why: str) -> SystemTrouble:
        """The trouble with an answer that breaks the contract: after a write, nobody knows whether it took effect."""
        problem = Problem(
            code="bad_answer",
            summary=f"{self.system} answered something that its contract does not know.",
            why=f"{self.call.shown} got status {self.status}. {why}",
            remedy="Check base_url in samtale.yaml; a login page or a proxy in between answers like this.",
            command="samtale check",
        )
        return Uncertain(problem) if not self.call.safe and self.status < 400 else BadAnswer(problem)

    def retry_after(self) -> float | None:
        """Seconds that the header Retry-After asks for; an HTTP date counts from the answer's own Date."""
        value = self.headers.get("retry-after", "").strip()
        if not value:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            pass
        until, now = http_date_ms(value), http_date_ms(self.headers.get("date", ""))
        if until is None:
            return None
        return max(0.0, (until - (now if now is not None else self.requested_at)) / 1000)


def http_date_ms(value: str) -> int | None:
    """An HTTP date as milliseconds since 1970 UTC; None if it is none."""
    try:
        return int(parsedate_to_datetime(value).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None


def clock_offset(date: str, sent_at: int, received_at: int) -> int:
    """How far the system's clock is ahead of ours, in milliseconds, by the Date header of an answer.

    The header names a whole second, and the system looked at its clock at some moment between sending and receiving.
    Where that leaves room for equal clocks, they are taken as equal; else the middle of what is possible is returned.
    """
    shown = http_date_ms(date)
    if shown is None:
        return 0
    least, most = shown - received_at, shown + 1000 - sent_at
    return 0 if least <= 0 <= most else (least + most) // 2


def _content_type(answer: Answer) -> str:
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    known = {
        "text/html": "an HTML page",
        "text/plain": "plain text",
        "application/xml": "XML",
        "text/xml": "XML",
        "": "nothing in particular",
    }
    return known.get(kind, "something else")


def _place(error: msgspec.ValidationError) -> str:
    """Where in the body, without the value: msgspec names types and the path only."""
    text = str(error)
    return f" ({text[text.index('`$') + 1 :].strip('`')})" if "`$" in text else ""
