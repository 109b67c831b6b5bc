"""Comments are found too: triggers tell the search index of them, and of the posts that take them along."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Kinds of changes, see 0006: "thread" is all that stands under a post.
_CHANGED = "INSERT INTO search_changes (kind, doc_id) VALUES"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgres()
    _take_in_what_is_there()


def _sqlite() -> None:
    for name, when, row in (
        ("came", "INSERT", "NEW"),
        ("changed", "UPDATE OF rev, state, thread_id", "NEW"),
        ("went", "DELETE", "OLD"),
    ):
        op.execute(
            f"CREATE TRIGGER search_comment_{name} AFTER {when} ON comments "
            f"BEGIN {_CHANGED} ('comment', {row}.id); END"
        )
    op.execute(
        "CREATE TRIGGER search_thread AFTER UPDATE OF min_rank, room_id, deleted_at ON posts "
        "WHEN OLD.min_rank IS NOT NEW.min_rank OR OLD.room_id IS NOT NEW.room_id "
        f"OR OLD.deleted_at IS NOT NEW.deleted_at BEGIN {_CHANGED} ('thread', NEW.id); END"
    )
    op.execute(
        "CREATE TRIGGER search_post_answered AFTER UPDATE OF comments ON posts "
        f"WHEN (OLD.comments > 0) IS NOT (NEW.comments > 0) BEGIN {_CHANGED} ('post', NEW.id); END"
    )


def _postgres() -> None:
    op.execute(
        "CREATE FUNCTION search_comment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{_CHANGED} ('comment', CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER search_comment AFTER INSERT OR UPDATE OF rev, state, thread_id OR DELETE ON comments "
        "FOR EACH ROW EXECUTE FUNCTION search_comment()"
    )
    op.execute(
        "CREATE FUNCTION search_thread() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{_CHANGED} ('thread', NEW.id); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER search_thread AFTER UPDATE OF min_rank, room_id, deleted_at ON posts FOR EACH ROW "
        "WHEN (OLD.min_rank IS DISTINCT FROM NEW.min_rank OR OLD.room_id IS DISTINCT FROM NEW.room_id "
        "OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at) EXECUTE FUNCTION search_thread()"
    )
    op.execute(
        "CREATE TRIGGER search_post_answered AFTER UPDATE OF comments ON posts FOR EACH ROW "
        "WHEN ((OLD.comments > 0) IS DISTINCT FROM (NEW.comments > 0)) EXECUTE FUNCTION search_post()"
    )


def _take_in_what_is_there() -> None:
    """Comments, and the posts of which more is told now: messages, those with comments, those that ask."""
    op.execute(
        "INSERT INTO search_changes (kind, doc_id) SELECT 'comment', id FROM comments "
        "WHERE state = 'shown' ORDER BY id"
    )
    op.execute(
        "INSERT INTO search_changes (kind, doc_id) SELECT 'post', id FROM posts WHERE deleted_at IS NULL "
        "AND (topic_id IS NOT NULL OR comments > 0 OR id IN (SELECT post_id FROM prompts)) ORDER BY id"
    )
