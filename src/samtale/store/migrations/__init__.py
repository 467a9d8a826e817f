"""Migrations: how a database of an older samtale becomes one of this. Alembic runs them in the transaction that opens
the store.

Each file in ``versions`` is one step and is never changed once released; schema.py names the newest as HEAD. A test
holds what the steps build against schema.py, on both engines.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from samtale.store.statistics import describe


def steps() -> ScriptDirectory:
    """All steps that this program knows."""
    return ScriptDirectory.from_config(_config())


def upgrade(connection: Connection, revision: str | None) -> bool:
    """Run the steps after ``revision`` (None: all) in the connection's transaction; False if it is not known here."""
    if revision is not None and revision not in {step.revision for step in steps().walk_revisions()}:
        return False
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        describe(connection)
    return True


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
