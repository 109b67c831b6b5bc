"""What a post carries is found, too: triggers tell the search index of media that come, go, or are described anew."""

from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

_CHANGED = "INSERT INTO search_changes (kind, doc_id) VALUES"
_ITS_POSTS = (
    "INSERT INTO search_changes (kind, doc_id) SELECT 'post', post_id FROM post_media WHERE media_id = NEW.id"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgres()
    op.execute(
        "INSERT INTO search_changes (kind, doc_id) SELECT 'post', id FROM posts "
        "WHERE deleted_at IS NULL AND media_count > 0 ORDER BY id"
    )


def _sqlite() -> None:
    for name, when, row in (
        ("came", "INSERT", "NEW"),
        ("changed", "UPDATE OF media_id", "NEW"),
        ("went", "DELETE", "OLD"),
    ):
        op.execute(
            f"CREATE TRIGGER search_media_{name} AFTER {when} ON post_media "
            f"BEGIN {_CHANGED} ('post', {row}.post_id); END"
        )
    op.execute(
        "CREATE TRIGGER search_media_said AFTER UPDATE OF alt, name ON media "
        f"WHEN OLD.alt IS NOT NEW.alt OR OLD.name IS NOT NEW.name BEGIN {_ITS_POSTS}; END"
    )


def _postgres() -> None:
    op.execute(
        "CREATE FUNCTION search_carried() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{_CHANGED} ('post', CASE WHEN TG_OP = 'DELETE' THEN OLD.post_id ELSE NEW.post_id END); "
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER search_carried AFTER INSERT OR UPDATE OF media_id OR DELETE ON post_media "
        "FOR EACH ROW EXECUTE FUNCTION search_carried()"
    )
    op.execute(
        f"CREATE FUNCTION search_said() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_ITS_POSTS}; "
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER search_said AFTER UPDATE OF alt, name ON media FOR EACH ROW "
        "WHEN (OLD.alt IS DISTINCT FROM NEW.alt OR OLD.name IS DISTINCT FROM NEW.name) "
        "EXECUTE FUNCTION search_said()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("came", "changed", "went", "said"):
            op.execute(f"DROP TRIGGER search_media_{name}")
    else:
        op.execute("DROP TRIGGER search_carried ON post_media")
        op.execute("DROP TRIGGER search_said ON media")
        op.execute("DROP FUNCTION search_carried()")
        op.execute("DROP FUNCTION search_said()")
