"""What waits, said by those who know: one query for each kind. This is where a kind is added.

A query says of each thing of a community that waits: `what` (its id), `who` (the account it is from), `since` (epoch ms:
when it began to wait) and `mark`, a number that grows with everything that happens in it, so that what was put away
comes back. It may use the values `community_id` and `window_from`, and looks at no more rows than it says. Besides the
query a kind needs its word in model.Kind and api/message_shapes.Kind, a loader in contents.py, its link in
render/inbox.py, and its name and sign in templates/parts/inbox.html; the rest follows. So do mentions of the team, once
they are stored: the post is `what`, its author `who`, when it was written `since`, its revision `mark`.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, BindParameter, Select, bindparam, func, or_, select

from channel.comments.tables import comments, reports
from channel.inbox.model import MOST_COMMENTS, MOST_MENTIONS, MOST_REPORTS, Kind
from channel.members.model import Action, Role, State
from channel.members.tables import memberships
from channel.mentions.tables import mentions
from channel.messages.tables import conversations
from channel.posts.tables import posts
from channel.questions.tables import questions

COMMUNITY: BindParameter[str] = bindparam("community_id")
WINDOW_FROM = bindparam("window_from", type_=BigInteger)
_IN = memberships.c.state.in_((State.ACTIVE.value, State.MUTED.value))


@dataclass(frozen=True, slots=True)
class Source:
    """`sees`: whose business it is; to them it can be given, too."""

    kind: Kind
    sees: Action
    waiting: Select[Any]


def _open_questions() -> Select[Any]:
    """In prompts that are there and in the box; a changed one is a new one."""
    mark = func.coalesce(questions.c.edited_at, questions.c.created_at)
    return (
        select(
            questions.c.id.label("what"), questions.c.author_id.label("who"),
            questions.c.created_at.label("since"), mark.label("mark"),
        )
        .outerjoin(posts, posts.c.id == questions.c.prompt_id)
        .where(questions.c.community_id == COMMUNITY, questions.c.state == "open", posts.c.deleted_at.is_(None))
    )  # fmt: skip


def _unanswered_comments() -> Select[Any]:
    """What followers said in a branch (a comment and the answers below it) after the team last did.

    One item of each person and branch. Of the newest comments of the last thirty days: see MOST_COMMENTS.
    """
    newest = (
        select(
            func.coalesce(comments.c.reply_to, comments.c.id).label("branch"), comments.c.author_id,
            comments.c.thread_id, comments.c.seq, comments.c.created_at,
        )
        .where(
            comments.c.community_id == COMMUNITY, comments.c.state == "shown",
            comments.c.created_at > WINDOW_FROM, comments.c.by_staff.is_(False),
        )
        .order_by(comments.c.created_at.desc(), comments.c.id.desc())
        .limit(MOST_COMMENTS)
        .subquery("newest")
    )  # fmt: skip
    answer = comments.alias("answer")
    answered = select(answer.c.id).where(
        answer.c.reply_to == newest.c.branch, answer.c.by_staff, answer.c.state == "shown",
        answer.c.seq > newest.c.seq,
    )  # fmt: skip
    here = (memberships.c.community_id == COMMUNITY) & (memberships.c.account_id == newest.c.author_id)
    return (
        select(
            newest.c.branch.label("what"), newest.c.author_id.label("who"),
            func.min(newest.c.created_at).label("since"), func.max(newest.c.seq).label("mark"),
        )
        .join_from(newest, posts, posts.c.id == newest.c.thread_id)
        .join(memberships, here & _IN)
        .where(posts.c.deleted_at.is_(None), ~answered.exists())
        .group_by(newest.c.branch, newest.c.author_id)
    )  # fmt: skip


def _held_comments() -> Select[Any]:
    """They wait for a yes; a reworded one is looked at again."""
    return (
        select(
            comments.c.id.label("what"), comments.c.author_id.label("who"),
            comments.c.created_at.label("since"), comments.c.rev.label("mark"),
        )
        .join(posts, posts.c.id == comments.c.thread_id)
        .where(comments.c.community_id == COMMUNITY, comments.c.state == "held", posts.c.deleted_at.is_(None))
    )  # fmt: skip


def _reports() -> Select[Any]:
    """One item of each thing that was reported, from who wrote it; another report of it is something new.

    The mark counts all reports there ever were of it, so that one after a decision is more than those before.
    """
    oldest = (
        select(reports.c.about, reports.c.post_id, reports.c.comment_id, reports.c.created_at)
        .where(reports.c.community_id == COMMUNITY, reports.c.done.is_(False))
        .order_by(reports.c.created_at, reports.c.id)
        .limit(MOST_REPORTS)
        .subquery("oldest")
    )
    ever = reports.alias("ever")
    number = select(func.count()).where(ever.c.about == oldest.c.about).scalar_subquery()
    who = func.coalesce(comments.c.author_id, posts.c.author_id)
    return (
        select(
            oldest.c.about.label("what"), who.label("who"), func.min(oldest.c.created_at).label("since"),
            number.label("mark"),
        )
        .join_from(oldest, posts, posts.c.id == oldest.c.post_id)
        .outerjoin(comments, comments.c.id == oldest.c.comment_id)
        .where(posts.c.deleted_at.is_(None))
        .group_by(oldest.c.about, comments.c.author_id, posts.c.author_id)
    )  # fmt: skip


def _requests() -> Select[Any]:
    """Those who ask to be let in. Asking again after a no is something new."""
    account, at = memberships.c.account_id, memberships.c.joined_at
    return select(account.label("what"), account.label("who"), at.label("since"), at.label("mark")).where(
        memberships.c.community_id == COMMUNITY, memberships.c.state == State.REQUESTED.value
    )


def _mentions() -> Select[Any]:
    """Messages of groups in which a follower names somebody of the team, after which the team said nothing there.

    Of the newest of the last thirty days. A reworded one is something new. In comments the comment itself waits.
    """
    team, author = memberships.alias("team"), memberships.alias("author")
    staff = select(team.c.account_id).where(
        team.c.community_id == COMMUNITY, team.c.role != Role.MEMBER.value
    )
    newest = (
        select(mentions.c.post_id)
        .where(
            mentions.c.community_id == COMMUNITY, mentions.c.created_at > WINDOW_FROM,
            or_(mentions.c.account_id.in_(staff), mentions.c.kind == "role"),
        )
        .order_by(mentions.c.created_at.desc(), mentions.c.post_id.desc())
        .limit(MOST_MENTIONS)
        .subquery("newest_mentions")
    )  # fmt: skip
    answer, here = posts.alias("answer"), author.c.account_id == posts.c.author_id
    answered = select(answer.c.id).where(
        answer.c.topic_id == posts.c.topic_id, answer.c.seq > posts.c.seq, answer.c.deleted_at.is_(None),
        answer.c.author_id.in_(staff),
    )  # fmt: skip
    return (
        select(
            posts.c.id.label("what"), posts.c.author_id.label("who"), posts.c.created_at.label("since"),
            posts.c.rev.label("mark"),
        )
        .join(author, here & (author.c.community_id == COMMUNITY) & (author.c.role == Role.MEMBER.value))
        .where(
            posts.c.id.in_(select(newest.c.post_id)), posts.c.topic_id.is_not(None), posts.c.deleted_at.is_(None),
            author.c.state.in_((State.ACTIVE.value, State.MUTED.value)), ~answered.exists(),
        )
    )  # fmt: skip


def _messages() -> Select[Any]:
    """Conversations in which a follower has the last word, of those who can still read an answer."""
    talk = conversations.c
    here = (memberships.c.community_id == COMMUNITY) & (memberships.c.account_id == talk.account_id)
    return (
        select(
            talk.id.label("what"), talk.account_id.label("who"), talk.waits_from.label("since"),
            talk.waits_seq.label("mark"),
        )
        .join(memberships, here & _IN)
        .where(talk.community_id == COMMUNITY, talk.waits_from.is_not(None))
    )  # fmt: skip


SOURCES: Final[tuple[Source, ...]] = (
    Source("comment", Action.SEE_STUDIO, _unanswered_comments()),
    Source("held", Action.MODERATE, _held_comments()),
    Source("mention", Action.SEE_STUDIO, _mentions()),
    Source("message", Action.ANSWER, _messages()),
    Source("question", Action.SEE_STUDIO, _open_questions()),
    Source("report", Action.MODERATE, _reports()),
    Source("request", Action.MODERATE, _requests()),
)
OF_KIND: Final[dict[Kind, Source]] = {source.kind: source for source in SOURCES}
