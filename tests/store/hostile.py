"""Hypothesis strategies: texts, keys, raw values and typed values, the worst that a system could send among them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

#: Keys that have spoiled a database somewhere: NUL, lone surrogates, our own escapes, very long, empty, look-alikes.
ODD_KEYS = (
    "", "\x00", "a\x00", "\ud800", "x\udfffy", "\x1b", '\x1b"a"', "\x1b#a", "k" * 301, "k" * 302, "\U0001f600" * 4000, "Ø", "O\u0338",
    "\u202e", "\ufeff", "\n", " ", "1", "01", "١", "A", "a", "%", "'; DROP TABLE record; --", "{}", "null", "\x7f", "\u2028",
)  # fmt: skip

any_text = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(ODD_KEYS)
keys = st.sampled_from(ODD_KEYS) | st.text(st.characters(exclude_categories=()), max_size=3)
moments = st.integers(0, 2**45)
digests = st.sampled_from((-(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1)) | st.integers(-(2**63), 2**63 - 1)

decimals = st.decimals(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | any_text | decimals
raw_values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
moments_of_day = st.datetimes() | st.datetimes(timezones=st.just(UTC))
typed_values = st.recursive(
    scalars | st.dates() | moments_of_day | st.times(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
field_values = st.lists(typed_values | st.just(...), min_size=1, max_size=3).map(tuple)

#: One of everything, to be sure that luck did not leave it out.
TYPED: tuple[Any, ...] = (
    "",
    "x",
    1,
    True,
    None,
    ...,
    Decimal("10"),
    Decimal("10.00"),
    Decimal("1E+5"),
    date(2024, 2, 29),
    datetime(1, 1, 1),
    (),
)


def exactly(value: object) -> object:
    """Something equal only for values of the same types and digits: 1, True, 1.0 and Decimal('1.00') are all equal in Python."""
    if isinstance(value, tuple | list):
        return [exactly(part) for part in value]
    if isinstance(value, dict):
        return {key: exactly(entry) for key, entry in value.items()}
    if isinstance(value, Decimal):
        return ("decimal", str(value))
    return (type(value).__name__, value)
