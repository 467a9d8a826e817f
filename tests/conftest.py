"""Fixtures that every test may ask for: the shared folder, PostgreSQL, an empty store, and Hypothesis profiles.

Environment: SAMTALE_SHARED names the folder of vendors' files and documents (without it, `shared` beside the checkout;
tests that need it are skipped where there is none). SAMTALE_TEST_POSTGRES_URL names a PostgreSQL server (see
postgres.py). SAMTALE_HYPOTHESIS_PROFILE is default, ci or long.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from tests import postgres

ROOT = Path(__file__).resolve().parent.parent

# Machines that run tests are shared and slow at times, so no example has a deadline.
settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), print_blob=True)
settings.register_profile("long", settings.get_profile("ci"), max_examples=2_000)
settings.load_profile(os.environ.get("SAMTALE_HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vendors' OpenAPI files and dataflow documents, which is no part of the repository."""
    folder = Path(os.environ.get("SAMTALE_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared folder at {folder}; name one in SAMTALE_SHARED")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server, as SQLAlchemy takes it; started when the first test asks."""
    with postgres.server() as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database for one test."""
    with postgres.database(make_url(postgres_url)) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database for one test, once for each engine of the store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    address: str = request.getfixturevalue("postgres_database")
    return address
