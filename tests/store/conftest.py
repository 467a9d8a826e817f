"""An open store on each engine, and values that no store should stumble over."""

from collections.abc import Iterator

import pytest

from samtale.ports.store import Store
from samtale.store import open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty workspace in an empty database."""
    opened = open_store(store_url, "acme")
    yield opened
    opened.close()
