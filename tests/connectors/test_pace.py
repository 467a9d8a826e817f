"""The pace: no window ever holds more requests than the vendor allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.engine.pace import Bucket, Limit, take


@given(
    limit=st.builds(Limit, requests=st.integers(1, 50), seconds=st.floats(0.5, 60)),
    pauses=st.lists(st.floats(0, 5), min_size=1, max_size=120),
)
def test_no_window_holds_more_than_the_limit(limit: Limit, pauses: list[float]) -> None:
    bucket: Bucket | None = None
    now, sent = 100.0, []
    for pause in pauses:
        now += pause
        bucket, wait = take(bucket, limit, now)
        sent.append(now + wait)
        now += wait
    for start in sent:
        within = [at for at in sent if start <= at < start + limit.seconds - 1e-6]
        assert len(within) <= limit.requests


@given(requests=st.integers(2, 50))
def test_the_pace_comes_close_to_the_limit(requests: int) -> None:
    limit, bucket, now = Limit(requests=requests), None, 0.0
    for _ in range(requests * 10):
        bucket, wait = take(bucket, limit, now)
        now += wait
    assert now <= 10 * requests / max(1, requests - limit.burst) + 1


def test_reservations_of_several_workers_queue_up() -> None:
    limit = Limit(requests=1)
    bucket, first = take(None, limit, 0.0)
    bucket, second = take(bucket, limit, 0.0)
    bucket, third = take(bucket, limit, 0.0)
    assert (first, second, third) == (0.0, 1.0, 2.0)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    limit = Limit(requests=1)
    bucket, _ = take(None, limit, 100.0)
    bucket, wait = take(bucket, limit, 50.0)
    assert wait == 1.0
    assert bucket.at == 100.0


@pytest.mark.parametrize(("requests", "seconds"), [(0, 1), (1, 0), (-1, 1)])
def test_a_limit_of_nothing_is_no_limit(requests: float, seconds: float) -> None:
    with pytest.raises(ValueError, match="more than zero"):
        Limit(requests=requests, seconds=seconds)
