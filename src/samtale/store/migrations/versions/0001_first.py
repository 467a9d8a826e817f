"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BYTES = sa.LargeBinary()


def upgrade() -> None:
    """Build every table."""
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="workspace_key"),
    )
    op.create_index("workspace_name", "workspace", ["name"], unique=True)
    op.create_table(
        "long_name",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("short", NAME, nullable=False),
        sa.Column("name", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "short", name="long_name_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "collection",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("system", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("cursor", BYTES, nullable=True),
        sa.Column("complete_at", sa.BigInteger(), nullable=True),
        sa.Column("pass_started_at", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("connected_at", sa.BigInteger(), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=True),
        sa.Column("brake", NAME, nullable=True),
        sa.PrimaryKeyConstraint("workspace", "id", name="collection_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("collection_name", "collection", ["workspace", "system", "name"], unique=True)
    op.create_table(
        "shape",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("positions", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="shape_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("collection", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("digest", BYTES, nullable=False),
        sa.Column("shape", sa.Integer(), nullable=False),
        sa.Column("shown", BYTES, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("version", NAME, nullable=True),
        sa.Column("modified", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.Column("written_at", sa.BigInteger(), nullable=True),
        sa.Column("before", BYTES, nullable=True),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "collection", "key", name="record_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_value",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("digest", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("collection", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", NAME, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "digest", "collection", "key", name="match_value_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_of",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("collection", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("digests", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "collection", "key", name="match_of_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entity",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("shape", sa.Integer(), nullable=False),
        sa.Column("agreed", BYTES, nullable=False),
        sa.Column("merged_into", NAME, nullable=True),
        sa.PrimaryKeyConstraint("workspace", "id", name="entity_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("entity_type", "entity", ["workspace", "type", "id"], unique=False)
    op.create_table(
        "link",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("collection", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("entity", NAME, nullable=False),
        sa.Column("how", NAME, nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("shape", sa.Integer(), nullable=False),
        sa.Column("views", sa.SmallInteger(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=True),
        sa.Column("revs", BYTES, nullable=True),
        sa.Column("base", BYTES, nullable=True),
        sa.Column("state", NAME, nullable=False),
        sa.Column("place", NAME, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "collection", "key", "type", name="link_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("link_entity", "link", ["workspace", "entity", "collection", "place"], unique=True)
    op.create_table(
        "look",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("fetching", sa.Boolean(), nullable=False),
        sa.Column("collection", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "fetching", "collection", "key", name="look_key"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "look_due",
        "look",
        ["workspace", "due"],
        unique=False,
        sqlite_where=sa.text("fetching"),
        postgresql_where=sa.text("fetching"),
    )
    op.create_table(
        "attempt",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("entity", NAME, nullable=False),
        sa.Column("collection", sa.Integer(), nullable=False),
        sa.Column("key", NAME, nullable=True),
        sa.Column("mark", NAME, nullable=False),
        sa.Column("sent", BYTES, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("clears", sa.Boolean(), nullable=False),
        sa.Column("outcome", NAME, nullable=False),
        sa.Column("claims", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="attempt_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("attempt_closed", "attempt", ["workspace", "closed_at"], unique=False)
    op.create_index(
        "attempt_create",
        "attempt",
        ["workspace", "entity", "collection"],
        unique=True,
        sqlite_where=sa.text("kind = 'create' AND state IN ('open', 'unknown', 'parked')"),
        postgresql_where=sa.text("kind = 'create' AND state IN ('open', 'unknown', 'parked')"),
    )
    op.create_index(
        "attempt_state",
        "attempt",
        ["workspace", "state"],
        unique=False,
        sqlite_where=sa.text("state IN ('open', 'unknown', 'parked')"),
        postgresql_where=sa.text("state IN ('open', 'unknown', 'parked')"),
    )
    op.create_index(
        "attempt_refused",
        "attempt",
        ["workspace", "state"],
        unique=False,
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_table(
        "claim",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("collection", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("claim", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("attempt", NAME, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "collection", "claim", name="claim_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("claim_attempt", "claim", ["workspace", "attempt"], unique=False)
    op.create_table(
        "decision",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("answer", BYTES, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", NAME, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "kind", "subject", name="decision_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "history",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("type", NAME, nullable=False),
        sa.Column("entity", NAME, nullable=False),
        sa.Column("collection", sa.Integer(), nullable=True),
        sa.Column("key", NAME, nullable=False),
        sa.Column("data", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("workspace", "seq", name="history_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("history_at", "history", ["workspace", "at"], unique=False)
    op.create_index(
        "history_entity",
        "history",
        ["workspace", "entity", "seq"],
        unique=False,
        sqlite_where=sa.text("entity <> ''"),
        postgresql_where=sa.text("entity <> ''"),
    )
    op.create_index(
        "history_record",
        "history",
        ["workspace", "collection", "key", "seq"],
        unique=False,
        sqlite_where=sa.text("collection IS NOT NULL"),
        postgresql_where=sa.text("collection IS NOT NULL"),
    )
    op.create_table(
        "lease",
        sa.Column("workspace", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "name", name="lease_key"),
        sqlite_with_rowid=False,
    )
