"""Whether the numbers that are kept of questions and votes are those of their rows."""

from sqlalchemy import func, select

from channel.questions.tables import prompts as prompt_table
from channel.questions.tables import questions, votes
from channel.storage import Database


async def counted(db: Database) -> None:
    """Every stored number is the number of rows it counts."""
    async with db.read() as tx:
        rows = (await tx.all(select(questions.c.id, questions.c.votes, questions.c.state))) or []
        for row in rows:
            number = await tx.value(
                select(func.count()).select_from(votes).where(votes.c.question_id == row.id)
            )
            assert number == row.votes, row
            assert row.votes == 0 or row.state in ("open", "answered", "spam"), row
        for row in await tx.all(select(prompt_table.c.post_id, prompt_table.c.questions)):
            listed = select(func.count()).select_from(questions)
            listed = listed.where(
                questions.c.prompt_id == row.post_id, questions.c.state.in_(["open", "answered"])
            )
            assert await tx.value(listed) == row.questions, row
        own = select(func.count()).select_from(votes.join(questions, questions.c.id == votes.c.question_id))
        assert await tx.value(own.where(questions.c.author_id == votes.c.account_id)) == 0, (
            "a vote for oneself"
        )
