"""JSON in and out without a detour over floats: an amount stays the number that the system wrote. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decoded(raw: bytes | msgspec.Raw) -> Any:
    """A JSON text as values, numbers with a fraction as Decimal. Raises msgspec.DecodeError."""
    return _decoder.decode(raw)


def encoded(value: Any) -> bytes:
    """Values as a JSON text, a Decimal as a number."""
    return _encoder.encode(value)
