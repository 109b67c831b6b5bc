"""Whether a filed document still is what it was filed as, as both engines ask in their queries. Pure."""

from typing import Final

# SQL for the seq of the post that `search_docs d` is, or under which it stands (-1 is the rank of everyone).
# NULL between a change and its filing: what is filed is of another revision than the document then, or for others than
# may read it now, and must not be found.
# LIMIT and OFFSET change nothing but the plan: the post is found by its id. PostgreSQL would otherwise make joins of it
# and might begin with all posts of the room.
SEQ_NOW: Final = """(
  SELECT p.seq FROM posts p
  WHERE p.id = CASE d.kind WHEN 'post' THEN d.doc_id ELSE (
    SELECT c.thread_id FROM comments c WHERE c.id = d.doc_id AND c.rev = d.rev AND c.state = 'shown') END
  AND (d.kind <> 'post' OR p.rev = d.rev) AND p.deleted_at IS NULL AND EXISTS (
    SELECT 1 FROM search_audiences a
    WHERE a.id = d.audience_id AND a.room_id = p.room_id AND a.rank = coalesce(p.min_rank, -1)
    LIMIT 1 OFFSET 0))"""
