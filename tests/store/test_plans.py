"""Look-ups go through an index with every column that is known, on a database that has never seen a row."""

from pathlib import Path

import pytest
from sqlalchemy import Table, create_engine

from samtale.store import bulk, open_store, schema
from samtale.store.schema import IS_OPEN_CREATE

LOOK_UPS = [
    (schema.record, "key", ("workspace", "collection"), "", "workspace=? AND collection=? AND key=?"),
    (schema.match_of, "key", ("workspace", "collection"), "", "workspace=? AND collection=? AND key=?"),
    (schema.match_value, "digest", ("workspace",), "", "workspace=? AND digest=?"),
    (schema.entity, "id", ("workspace",), "", "workspace=? AND id=?"),
    (schema.link, "key", ("workspace", "collection"), "", "workspace=? AND collection=? AND key=?"),
    (schema.link, "entity", ("workspace",), "", "INDEX link_entity (workspace=? AND entity=?"),
    (schema.claim, "claim", ("workspace", "collection"), "", "workspace=? AND collection=? AND claim=?"),
    (schema.attempt, "entity", ("workspace",), IS_OPEN_CREATE, "INDEX attempt_create (workspace=? AND entity=?"),
]


@pytest.mark.parametrize(("table", "column", "same", "where", "used"), LOOK_UPS)
def test_sqlite_descends_the_index(
    tmp_path: Path, table: Table, column: str, same: tuple[str, ...], where: str, used: str
) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path, "acme").close()
    query = bulk._sqlite_find(table.name, column, "*", where, same)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (*[1] * len(same), "[1]"))]
    engine.dispose()
    assert plan[0].startswith(f"SEARCH {table.name} USING ")
    assert used in plan[0]
