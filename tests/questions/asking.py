"""Asking and answering in tests, as the pages do."""

import secrets

from channel import posts
from channel.accounts import Account
from channel.posts.model import Draft, Post
from channel.questions import Question, Words, actions, answering, moderating, prompts, queries
from channel.questions.model import Box, Prompt, Terms
from channel.rooms import Room
from tests.cast import Scene
from tests.posts import writing


async def prompt(scene: Scene, text: str = "Ask me anything", *, min_rank: int | None = None,
                 room: Room | None = None, asks_rank: int | None = None, **terms: object) -> Prompt:  # fmt: skip
    """A post of the scene's owner that asks for questions."""
    post = await writing.post(scene, text, min_rank=min_rank, room=room)
    async with scene.db.write() as tx:
        by = await scene.by(tx, scene.owner)
        return await prompts.ask_for(
            tx, by, post, Terms.parse(tx.now, min_rank=asks_rank, **terms), fresh=True
        )  # type: ignore[arg-type]


async def box(scene: Scene, *, on: bool = True, min_rank: int = 0) -> Box:
    """The scene's box, switched on."""
    async with scene.db.write() as tx:
        return await prompts.set_box(
            tx, await scene.by(tx, scene.owner), scene.community, on=on, min_rank=min_rank
        )


async def ask(
    scene: Scene,
    who: Account,
    where: Prompt | Box,
    text: str = "Why?",
    *,
    show_name: bool = True,
    key: str = "",
) -> Question:
    """A question that was asked for the first time."""
    async with scene.db.write() as tx:
        by = await scene.by(tx, who)
        if isinstance(where, Prompt):
            where = await queries.prompt(tx, where.post_id)
        words = Words.parse(text, show_name=show_name)
        made, created = await actions.ask(tx, by, who, where, words, key=key or secrets.token_hex(8))
    assert created
    return made


async def vote(scene: Scene, who: Account, question: Question) -> bool:
    async with scene.db.write() as tx:
        return await actions.vote(tx, await scene.by(tx, who), await queries.one(tx, question.id))


async def unvote(scene: Scene, who: Account, question: Question) -> bool:
    async with scene.db.write() as tx:
        return await actions.unvote(tx, await scene.by(tx, who), await queries.one(tx, question.id))


async def merge(scene: Scene, target: Question, *duplicates: Question, by: Account | None = None) -> Question:
    async with scene.db.write() as tx:
        return await moderating.merge(tx, await scene.by(tx, by or scene.owner), duplicates, target)


async def answer(
    scene: Scene,
    question: Question,
    text: str = "Because.",
    *,
    by: Account | None = None,
    room: Room | None = None,
    min_rank: int | None = None,
    key: str = "",
    anyway: bool = False,
) -> Post:
    """The post that answers, by the scene's owner in `news` unless told otherwise."""
    author = by or scene.owner
    asked = answering.about(await now(scene, question))
    draft = Draft.parse(answering.quoting(asked, text), min_rank=min_rank)
    reply = answering.Reply(
        asked, room or scene.news, await posts.prepare(draft, rooms={}), key or secrets.token_hex(8), anyway
    )
    async with scene.db.write() as tx:
        post, _ = await answering.answer(tx, await scene.by(tx, author), author, scene.community, reply)
    return post


async def now(scene: Scene, question: Question) -> Question:
    """The question as it is stored."""
    async with scene.db.read() as tx:
        return await queries.one(tx, question.id)
