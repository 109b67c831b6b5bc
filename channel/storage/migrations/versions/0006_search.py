"""The search index, and the triggers that tell it what to look at again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _documents()
    _around_them()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgres()
    # What is there already is found from the first minutes after the start on.
    op.execute(
        "INSERT INTO search_changes (kind, doc_id) SELECT 'post', id FROM posts WHERE deleted_at IS NULL ORDER BY id"
    )


def _documents() -> None:
    op.create_table(
        "search_audiences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_search_audiences_room_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_audiences")),
        sa.UniqueConstraint("room_id", "rank", name=op.f("uq_search_audiences_room_id_rank")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "search_docs",
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audience_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("doc_id", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_search_docs")),
        sa.UniqueConstraint("kind", "doc_id", name=op.f("uq_search_docs_kind_doc_id")),
    )
    op.create_index("ix_search_docs_audience_id_at", "search_docs", ["audience_id", "at"], unique=False)


def _around_them() -> None:
    op.create_table(
        "search_authors",
        sa.Column("audience_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_search_authors_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("audience_id", "account_id", name=op.f("pk_search_authors")),
    )
    op.create_index("ix_search_authors_account_id", "search_authors", ["account_id"], unique=False)
    op.create_table(
        "search_changes",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("doc_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_changes")),
    )


def _sqlite() -> None:
    # Beginnings of 2 to 4 letters have lists of their own; those of longer ones are few enough to be put together.
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(words, second, facts, columnsize=0, prefix='2 3 4', "
        "tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute(
        "CREATE TRIGGER search_post_came AFTER INSERT ON posts "
        "BEGIN INSERT INTO search_changes (kind, doc_id) VALUES ('post', NEW.id); END"
    )
    op.execute(
        "CREATE TRIGGER search_post_changed AFTER UPDATE OF rev, deleted_at ON posts "
        "BEGIN INSERT INTO search_changes (kind, doc_id) VALUES ('post', NEW.id); END"
    )
    op.execute(
        "CREATE TRIGGER search_post_went AFTER DELETE ON posts "
        "BEGIN INSERT INTO search_changes (kind, doc_id) VALUES ('post', OLD.id); END"
    )


def _postgres() -> None:
    op.execute(
        "CREATE TABLE search_words (place BIGINT PRIMARY KEY REFERENCES search_docs ON DELETE CASCADE, "
        "vector TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX ix_search_words_vector ON search_words USING gin (vector)")
    op.execute(
        "CREATE FUNCTION search_post() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO search_changes (kind, doc_id) "
        "VALUES ('post', CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER search_post AFTER INSERT OR UPDATE OF rev, deleted_at OR DELETE ON posts "
        "FOR EACH ROW EXECUTE FUNCTION search_post()"
    )
