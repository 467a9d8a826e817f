"""Whether a webhook came from Zendesk, and is of now. Pure: what came and the present time in, an answer out.

Source: Zendesk's page "Verifying a webhook": the header ``X-Zendesk-Webhook-Signature`` is the base64 of an HMAC-SHA256
over the timestamp of ``X-Zendesk-Webhook-Signature-Timestamp`` followed by the raw body, with nothing in between. A
delivery may come twice; ``X-Zendesk-Webhook-Invocation-Id`` tells. The page sets no limit for a timestamp's age; the
limit here is ours, since without one an old delivery could be sent again for ever.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

SIGNATURE_HEADER = "x-zendesk-webhook-signature"
TIMESTAMP_HEADER = "x-zendesk-webhook-signature-timestamp"
INVOCATION_HEADER = "x-zendesk-webhook-invocation-id"
#: Seconds by which a timestamp may differ from our clock.
MAX_AGE = 300.0


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Zendesk writes into the header for this body; the body of some webhooks is empty."""
    return base64.b64encode(hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()).decode()


def is_genuine(
    secret: str, *, signature_header: str, timestamp_header: str, body: bytes, now_ms: int, max_age: float = MAX_AGE
) -> bool:
    """Whether the signature is right and the timestamp no more than ``max_age`` seconds away from ``now_ms``.

    Compares in constant time. An empty secret never fits.
    """
    if not secret or not signature_header or not timestamp_header:
        return False
    right = hmac.compare_digest(
        signature(secret, timestamp_header, body).encode(), signature_header.strip().encode("utf-8", "replace")
    )
    try:
        sent = datetime.fromisoformat(timestamp_header)
    except ValueError:
        return False
    sent = sent if sent.tzinfo is not None else sent.replace(tzinfo=UTC)
    return right and abs(now_ms / 1000 - sent.timestamp()) <= max_age
