"""The steps of the migrations build the tables that schema.py describes, on both engines."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, text

from samtale.store.migrations import steps, upgrade
from samtale.store.schema import HEAD, metadata, version

# What a database says of its own tables, without the order of creation: columns, keys, indexes with their conditions.
SQLITE = """
    SELECT m.type, m.name, m.tbl_name, x.name, x.type, x."notnull", x.pk, x.dflt_value, m.sql LIKE '%WITHOUT ROWID%' AS a, ''
    FROM sqlite_master m, pragma_table_xinfo(m.name) x WHERE m.type = 'table'
    UNION ALL
    SELECT m.type, m.name, m.tbl_name, x.name, x.seqno, x."desc", x.coll, x.key, l."unique",
           CASE WHEN l.partial THEN substr(m.sql, instr(m.sql, ' WHERE ')) ELSE '' END
    FROM sqlite_master m, pragma_index_list(m.tbl_name) l, pragma_index_xinfo(m.name) x
    WHERE m.type = 'index' AND l.name = m.name
    ORDER BY 1, 2, 4, 5
"""
POSTGRES = """
    SELECT table_name, column_name, ordinal_position::text, data_type, collation_name, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT tablename, indexname, indexdef, NULL, NULL, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), NULL, NULL, NULL, NULL
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    ORDER BY 1, 2, 3
"""


@pytest.fixture
def empty(store_url: str) -> Iterator[Connection]:
    """A connection to an empty database."""
    engine = create_engine(store_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def described(connection: Connection) -> list[tuple[object, ...]]:
    """All that the database knows of our tables."""
    query = SQLITE if connection.dialect.name == "sqlite" else POSTGRES
    rows = [tuple(row) for row in connection.execute(text(query))]
    return [row for row in rows if version.name not in map(str, row[:3])]


def test_migrations_and_schema_build_the_same_tables(empty: Connection) -> None:
    upgrade(empty, None)
    migrated = described(empty)
    empty.rollback()
    metadata.drop_all(empty)
    metadata.create_all(empty)
    assert described(empty) == migrated
    assert len(migrated) > 100


def test_the_newest_step_is_the_one_that_the_program_expects() -> None:
    assert steps().get_heads() == [HEAD]


def test_every_key_begins_with_the_workspace() -> None:
    for table in metadata.tables.values():
        keys = [list(table.primary_key), *(list(index.columns) for index in table.indexes)]
        assert table.name == "workspace" or all(key[0].name == "workspace" for key in keys), table.name


def test_a_step_that_is_not_known_is_not_run(empty: Connection) -> None:
    assert upgrade(empty, "9999") is False
    assert described(empty) == []
