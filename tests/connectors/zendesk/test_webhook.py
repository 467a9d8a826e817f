"""Zendesk's webhooks: what is genuine, and what is not."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from samtale.connectors.zendesk.webhook import MAX_AGE, is_genuine, signature

SECRET = "demo-signing-secret"
STAMP = "2026-01-05T08:00:00Z"
NOW = 1_767_600_000_000
BODY = b'{"type":"zen:event-type:user.created"}'


def genuine(**changes: object) -> bool:
    given: dict[str, object] = {
        "secret": SECRET, "signature_header": signature(SECRET, STAMP, BODY), "timestamp_header": STAMP,
        "body": BODY, "now_ms": NOW, **changes,
    }  # fmt: skip
    return is_genuine(given.pop("secret"), **given)  # type: ignore[arg-type]


def test_the_signature_is_over_timestamp_and_body_with_nothing_between() -> None:
    digest = hmac.new(SECRET.encode(), STAMP.encode() + BODY, hashlib.sha256).digest()
    assert signature(SECRET, STAMP, BODY) == base64.b64encode(digest).decode()
    assert genuine()
    assert genuine(body=b"", signature_header=signature(SECRET, STAMP, b""))


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "another"},
        {"secret": ""},
        {"body": BODY + b" "},
        {"timestamp_header": "2026-01-05T08:00:01Z"},
        {"timestamp_header": ""},
        {"timestamp_header": "yesterday", "signature_header": signature(SECRET, "yesterday", BODY)},
        {"signature_header": ""},
        {"signature_header": "blåbær"},
        {"signature_header": signature(SECRET, f"{STAMP}.", BODY)},
        {"now_ms": NOW + int(MAX_AGE * 1000) + 1},
        {"now_ms": NOW - int(MAX_AGE * 1000) - 1},
    ],
)
def test_anything_else_is_not(changes: dict[str, object]) -> None:
    assert not genuine(**changes)


@pytest.mark.parametrize("late", [-MAX_AGE, 0, MAX_AGE])
def test_clocks_may_differ_a_little(late: float) -> None:
    assert genuine(now_ms=NOW + int(late * 1000))
