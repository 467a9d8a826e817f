"""SQLite reaches rows by the index that was made for it, in a store without a single row as in a full one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Table

from samtale.store import open_store
from samtale.store.bulk import _sqlite_find
from samtale.store.schema import IS_OPEN_CREATE, attempt, claim, entity, link, match_value, record


@pytest.mark.parametrize(
    ("table", "column", "same", "where"),
    [
        (record, "key", ("workspace", "collection"), ""),
        (match_value, "digest", ("workspace",), ""),
        (entity, "id", ("workspace",), ""),
        (link, "key", ("workspace", "collection"), ""),
        (link, "entity", ("workspace",), ""),
        (attempt, "entity", ("workspace",), IS_OPEN_CREATE),
        (claim, "claim", ("workspace", "collection"), ""),
    ],
    ids=lambda value: getattr(value, "name", None) or str(value)[:12],
)
@pytest.mark.parametrize("analyzed", [False, True], ids=["new", "analyzed"])
def test_rows_are_found_by_their_column_and_not_by_reading_a_workspace(
    tmp_path: Path, table: Table, column: str, same: tuple[str, ...], where: str, analyzed: bool
) -> None:
    store = open_store(tmp_path / "store.db", "test")
    if analyzed:
        store.analyze()
    store.close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        text = _sqlite_find(table.name, column, "*", where, same)
        steps = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + text, [1] * len(same) + ["[]"])]
    assert f"{column}=?)" in steps[0]
    assert steps[0].startswith(f"SEARCH {table.name} USING")
