"""The tables. ``workspace`` comes first in every key, so that one database holds many companies apart.

What lives here: names, types, keys and indexes, for both engines. It must not know how rows are read or written. A
change here needs a migration (migrations/versions); a test holds the two against each other.

Times are milliseconds since 1970 UTC. Values are compact JSON in bytes (values.py), since a PostgreSQL text cannot
hold a NUL. Texts sort by code point on both engines. On SQLite, tables are clustered by their primary key (WITHOUT
ROWID): most reads are by key or in the order of keys, and a second copy of the key would cost a tenth of the file.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

#: Revision of the newest migration: a database that bears it needs none, and Alembic is not even imported.
HEAD = "0001"

#: States in which an attempt may still take effect: it holds its claims.
UNSETTLED = ("open", "unknown", "parked")
#: The same in SQL: a query is served by a partial index only if it repeats the index's condition word for word.
IS_UNSETTLED = "state IN ('open', 'unknown', 'parked')"
IS_REFUSED = "state = 'refused'"
IS_OPEN_CREATE = f"kind = 'create' AND {IS_UNSETTLED}"

metadata = MetaData()

NAME = Text().with_variant(Text(collation="C"), "postgresql")
BYTES = LargeBinary()


def _required(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _optional(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=True)


def _table(name: str, key: tuple[str, ...], *parts: SchemaItem) -> Table:
    """A table of one workspace's rows, clustered by its key."""
    return Table(
        name,
        metadata,
        Column("workspace", Integer, nullable=False, autoincrement=False),
        *parts,
        PrimaryKeyConstraint("workspace", *key, name=f"{name}_key"),
        sqlite_with_rowid=False,
    )


workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, nullable=False, autoincrement=False),
    _required("name", NAME),
    PrimaryKeyConstraint("id", name="workspace_key"),
)
Index("workspace_name", workspace.c.name, unique=True)

#: Texts that are part of a key but too long for one: ``short`` stands for them everywhere else.
long_name = _table("long_name", ("short",), _required("short", NAME), _required("name", BYTES))

collection = _table(
    "collection",
    ("id",),
    _required("id", Integer),
    _required("system", NAME),
    _required("name", NAME),
    _optional("cursor", BYTES),
    _optional("complete_at", BigInteger),
    _optional("pass_started_at", BigInteger),
    _required("size", Integer),
    _required("connected_at", BigInteger),
    _optional("observed_at", BigInteger),
    _optional("brake", NAME),
)
Index("collection_name", collection.c.workspace, collection.c.system, collection.c.name, unique=True)

shape = _table("shape", ("id",), _required("id", Integer), _required("positions", BYTES))

record = _table(
    "record",
    ("collection", "key"),
    _required("collection", Integer),
    _required("key", NAME),
    _required("digest", BYTES),
    _required("shape", Integer),
    _required("shown", BYTES),
    _required("seen_at", BigInteger),
    _required("after", BigInteger),
    _optional("version", NAME),
    _optional("modified", BigInteger),
    _optional("created", BigInteger),
    _optional("missing_since", BigInteger),
    _optional("written_at", BigInteger),
    _optional("before", BYTES),
    _required("first_seen", BigInteger),  # kept when the record changes
)

#: Who bears a match value: found by digest here, and by record in match_of.
match_value = _table(
    "match_value",
    ("digest", "collection", "key"),
    _required("digest", BigInteger),
    _required("collection", Integer),
    _required("key", NAME),
)
match_of = _table(
    "match_of",
    ("collection", "key"),
    _required("collection", Integer),
    _required("key", NAME),
    _required("digests", BYTES),  # eight bytes each, signed, big end first, in order
)

entity = _table(
    "entity",
    ("id",),
    _required("id", NAME),
    _required("type", NAME),
    _required("shape", Integer),
    _required("agreed", BYTES),
    _optional("merged_into", NAME),
)
Index("entity_type", entity.c.workspace, entity.c.type, entity.c.id)

link = _table(
    "link",
    ("collection", "key", "type"),
    _required("collection", Integer),
    _required("key", NAME),
    _required("type", NAME),
    _required("entity", NAME),
    _required("how", NAME),
    _required("linked_at", BigInteger),
    _required("shape", Integer),
    _required("views", SmallInteger),  # how many revisions; mostly they are equal, and then `rev` says which
    _optional("rev", Integer),
    _optional("revs", BYTES),
    _optional("base", BYTES),
    _required("state", NAME),
    _required("place", NAME),  # empty for the entity's active record in the collection, else the key: see below
)
#: One active record per entity and collection, any number of former ones; and the way from entities to their records.
Index("link_entity", link.c.workspace, link.c.entity, link.c.collection, link.c.place, unique=True)

look = _table(
    "look",
    ("fetching", "collection", "key"),
    _required("fetching", Boolean),
    _required("collection", Integer),
    _required("key", NAME),
    _required("due", BigInteger),
)
Index("look_due", look.c.workspace, look.c.due, sqlite_where=text("fetching"), postgresql_where=text("fetching"))

attempt = _table(
    "attempt",
    ("id",),
    _required("id", NAME),
    _required("kind", NAME),
    _required("type", NAME),
    _required("entity", NAME),
    _required("collection", Integer),
    _optional("key", NAME),
    _required("mark", NAME),
    _required("sent", BYTES),
    _required("started_at", BigInteger),
    _required("state", NAME),
    _required("due", BigInteger),
    _optional("closed_at", BigInteger),
    _required("approved", Boolean),
    _required("clears", Boolean),
    _required("outcome", NAME),
    _required("claims", BYTES),
)
Index(
    "attempt_create", attempt.c.workspace, attempt.c.entity, attempt.c.collection, unique=True,
    sqlite_where=text(IS_OPEN_CREATE), postgresql_where=text(IS_OPEN_CREATE),
)  # fmt: skip
Index(
    "attempt_state", attempt.c.workspace, attempt.c.state,
    sqlite_where=text(IS_UNSETTLED), postgresql_where=text(IS_UNSETTLED),
)  # fmt: skip
Index(
    "attempt_refused", attempt.c.workspace, attempt.c.state,
    sqlite_where=text(IS_REFUSED), postgresql_where=text(IS_REFUSED),
)  # fmt: skip
Index("attempt_closed", attempt.c.workspace, attempt.c.closed_at)

#: Match values that an open create holds for itself.
claim = _table(
    "claim",
    ("collection", "claim"),
    _required("collection", Integer),
    _required("claim", BigInteger),
    _required("attempt", NAME),
)
Index("claim_attempt", claim.c.workspace, claim.c.attempt)

decision = _table(
    "decision",
    ("kind", "subject"),
    _required("kind", NAME),
    _required("subject", NAME),
    _required("answer", BYTES),
    _required("at", BigInteger),
    _required("person", NAME),
)

history = _table(
    "history",
    ("seq",),
    _required("seq", BigInteger),
    _required("at", BigInteger),
    _required("kind", NAME),
    _required("type", NAME),
    _required("entity", NAME),
    _optional("collection", Integer),
    _required("key", NAME),
    _required("data", BYTES),
)
Index(
    "history_entity", history.c.workspace, history.c.entity, history.c.seq,
    sqlite_where=text("entity <> ''"), postgresql_where=text("entity <> ''"),
)  # fmt: skip
Index(
    "history_record", history.c.workspace, history.c.collection, history.c.key, history.c.seq,
    sqlite_where=text("collection IS NOT NULL"), postgresql_where=text("collection IS NOT NULL"),
)  # fmt: skip
Index("history_at", history.c.workspace, history.c.at)

lease = _table(
    "lease",
    ("name",),
    _required("name", NAME),
    _required("owner", NAME),  # empty: released
    _required("fence", BigInteger),
    _required("expires", BigInteger),
)

#: What Alembic keeps: the revision that the database is at.
version = Table("samtale_version", MetaData(), Column("version_num", String(32), primary_key=True))
