"""What an answer says of the system's clock."""

from __future__ import annotations

import pytest

from samtale.connectors.http.call import clock_offset

NOON = 1_767_614_400_000
DATE = "Mon, 05 Jan 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("sent", "received", "offset"),
    [
        (NOON, NOON + 80, 0),
        (NOON + 999, NOON + 1_099, 0),
        (NOON - 40, NOON + 60, 0),
        (NOON - 3_600_000, NOON - 3_600_000 + 100, 3_600_450),
        (NOON + 3_600_000, NOON + 3_600_000 + 100, -3_599_550),
    ],
)
def test_the_offset_is_the_middle_of_what_the_header_allows(sent: int, received: int, offset: int) -> None:
    assert clock_offset(DATE, sent, received) == offset


@pytest.mark.parametrize("date", ["", "yesterday", "99"])
def test_without_a_readable_date_nothing_is_known(date: str) -> None:
    assert clock_offset(date, NOON, NOON) == 0
