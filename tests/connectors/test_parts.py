"""Paths, instants, exact numbers, and vendors' sentences without values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from samtale.connectors.exact import decoded, encoded
from samtale.connectors.paths import differing, ignored, nested, same, shown_at
from samtale.connectors.times import earlier_by, instant, later, watermark
from samtale.connectors.wording import masked, mentioned
from samtale.core.kinds import Raw
from samtale.core.model import MISSING

RECORD = {"Name": "A", "Address": {"City": "Oslo"}, "Empty": None, "Number": 3}


@pytest.mark.parametrize(
    ("path", "shown"),
    [("Name", "A"), ("Address.City", "Oslo"), ("Address.Zip", MISSING), ("Empty.City", None), ("No", MISSING),
     ("Name.City", MISSING)],
)  # fmt: skip
def test_what_a_record_shows(path: str, shown: object) -> None:
    assert shown_at(RECORD, path) == shown


def test_nesting() -> None:
    assert nested({"a.b": 1, "a.c": 2, "d": None}) == {"a": {"b": 1, "c": 2}, "d": None}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("", None, True),
        (None, MISSING, True),
        (1, 1.0, True),
        (1, Decimal("1.0"), True),
        (Decimal("1.50"), Decimal("1.5"), True),
        (1, True, False),
        ("1", 1, False),
        ("2024-01-01", "2024-01-01T00:00:00", True),
        ("2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z", True),
        ("2024-01-01T00:00:00.1234567Z", "2024-01-01T00:00:00.123456Z", True),
        ("2024-01-01", "2024-01-02", False),
        ("20240101", "2024-01-01", False),
        ("a", "A", False),
    ],
)
def test_sameness(one: object, other: object, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


def test_what_is_not_known_does_not_differ() -> None:
    assert differing(RECORD, {"Name": MISSING, "No": "x", "Number": 3}) == ()
    assert differing(RECORD, {"Name": "B", "Address.City": "Oslo", "Empty": "x"}) == ("Name", "Empty")


def test_a_write_is_ignored_only_if_the_old_value_still_shows() -> None:
    before: dict[str, Raw] = {"Name": "A", "Address.City": "Bergen", "Number": 3}
    assert ignored(RECORD, {"Name": "B", "Address.City": "Bodø", "Number": 3}, before) == ("Name",)
    assert ignored(RECORD, {"Name": "B"}, {}) == ()


def test_seven_digits_survive() -> None:
    text = "2021-09-25T08:03:00.1234567Z"
    assert instant(text) == datetime(2021, 9, 25, 8, 3, 0, 123456, UTC)
    assert later("2021-09-25T08:03:00.1234561Z", text) == text
    assert later(text, "2021-09-25T08:03:00.1234561Z") == text
    assert later(None, text) == text
    assert later(text, None) == later(text, "never") == text
    assert earlier_by(text, 10) == datetime(2021, 9, 25, 8, 2, 50, 123456, UTC)
    with pytest.raises(ValueError, match="instant"):
        earlier_by("never", 10)


def test_a_watermark_never_lies_after_the_read_began() -> None:
    began = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert watermark("2026-01-05T11:00:00.1234567Z", began) == "2026-01-05T11:00:00.1234567Z"
    assert watermark("2026-01-05T13:00:01+01:00", began) == began.isoformat()
    assert watermark(None, began) == began.isoformat()


def test_amounts_are_exact() -> None:
    assert decoded(b'{"Amount": 0.1}') == {"Amount": Decimal("0.1")}
    assert encoded({"Amount": Decimal("1234567890.123456789")}) == b'{"Amount":1234567890.123456789}'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ExternalCode is already in use. 'ABC' is used on Id = 123456.",
         "ExternalCode is already in use. '…' is used on Id = …."),
        ("EmailAddress kari@example.com is not valid", "EmailAddress … is not valid"),
        ("Call +47 22 33 44 55", "Call …"),
        ("path segment 'Name' was not found", "path segment 'Name' was not found"),
        ("Acme is too long", "… is too long"),
        ("two\nlines\x07", "two lines"),
    ],
)  # fmt: skip
def test_values_leave_a_vendors_sentence_and_names_stay(text: str, shown: str) -> None:
    assert masked(text, names=["Name", "MailAddress.City"], values=["Acme", "ab"]) == shown


def test_properties_are_found_in_a_sentence() -> None:
    assert mentioned("City and ZipCode are required", ["MailAddress.City", "MailAddress.ZipCode", "Name"]) == (
        "MailAddress.City",
        "MailAddress.ZipCode",
    )
