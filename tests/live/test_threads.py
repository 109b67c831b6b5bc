"""Threads live: comments come to all who may read their post, and to nobody from the moment they may not."""

import json
from typing import Any

import pytest

from channel import comments, members, posts, rooms
from channel.accounts import Account
from channel.comments import Comment, reading
from channel.members import actions, governing
from channel.posts import Draft
from channel.posts.model import Post
from tests.live.site import Site


async def say(site: Site, post: Post, author: Account, text: str, **more: Any) -> Comment:
    rendered = await comments.prepare(text, rooms={})
    async with site.db.write() as tx:
        thread = await comments.thread(tx, post.id, author.id, hold=True)
        made, _ = await comments.publish(tx, thread, author, rendered, **more)
    return made


async def close(site: Site, post: Post, min_rank: int | None) -> None:
    """Change who may read a post."""
    rendered = await posts.prepare(Draft.parse(post.text, min_rank=min_rank), rooms={})
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        await posts.edit(tx, by, await posts.one(tx, post.id), rendered)


@pytest.mark.parametrize("form", ["json", "html"])
async def test_a_comment_comes_to_everybody_who_reads_along(site: Site, form: str) -> None:
    post = await site.post("Hello")
    bob = await site.member("Bob")
    stream = f"thread:{post.id}"
    async with site.follow(bob) as live, site.follow() as guest:
        for one in (live, guest):
            [told] = (await one.subscribe(stream, form=form))["streams"]
            assert told["head"] == 0
        made = await say(site, post, bob, "Said **live**")
        for one in (live, guest):
            event = await one.next("event")
            assert (event["stream"], event["kind"], event["seq"]) == (stream, "comment.published", 1)
            assert "<strong>live</strong>" in json.dumps(event["data"])
        async with site.db.write() as tx:
            thread, found = await reading.of_comment(tx, made.id, bob.id, hold=True)
            await comments.delete(tx, thread, found)
        assert (await guest.next("event"))["kind"] == "comment.deleted"
        async with site.follow() as late:
            await late.subscribe(stream, after=0, form=form)
            heard = [await late.next("event") for _ in range(2)]
            assert "Said" not in json.dumps(heard)


async def test_whoever_may_not_read_the_post_hears_nothing_of_its_thread(site: Site) -> None:
    post = await site.post("Paid", min_rank=10)
    bob, eve = await site.member("Bob"), await site.member("Eve", gold=True)
    async with site.follow(bob) as free, site.follow(eve) as gold:
        await free.socket.send(
            json.dumps({"type": "subscribe", "id": 1, "streams": [{"stream": f"thread:{post.id}"}]})
        )
        assert (await free.next("error"))["code"] == "post_locked"
        await gold.subscribe(f"thread:{post.id}")
        await say(site, post, eve, "Among us")
        assert "Among us" in json.dumps(await gold.next("event"))


@pytest.mark.parametrize("how", ["locked", "deleted", "room", "tier", "left"])
async def test_from_the_moment_on_that_one_may_not_read_nothing_is_heard(site: Site, how: str) -> None:
    """Without following the room: the change is told there, and the thread's rights follow it."""
    open_to = 10 if how == "tier" else None
    post = await site.post("Hello", min_rank=open_to)
    if how == "left":
        async with site.db.write() as tx:
            by = await members.entitlement(tx, site.community, site.creator.id)
            room = await governing.edit_room(tx, by, site.community, site.room, min_rank=0)
            assert room.min_rank == 0
    eve = await site.member("Eve", gold=True) if how == "tier" else await site.member("Eve")
    async with site.follow(eve) as live:
        await live.subscribe(f"thread:{post.id}")
        await say(site, post, site.creator, "Still for all")
        assert "Still for all" in json.dumps(await live.next("event"))
        if how == "locked":
            await close(site, post, 10)
        elif how == "deleted":
            async with site.db.write() as tx:
                by = await members.entitlement(tx, site.community, site.creator.id)
                await posts.delete(tx, by, await posts.one(tx, post.id))
        elif how == "room":
            async with site.db.write() as tx:
                by = await members.entitlement(tx, site.community, site.creator.id)
                await governing.edit_room(
                    tx, by, site.community, await rooms.one(tx, site.room.id), min_rank=10
                )
        elif how == "tier":
            async with site.db.read() as tx:
                free = (await members.queries.standing(tx, site.community.id, site.creator.id)).tier_id  # type: ignore[union-attr]
            await site.give(eve, free)
        else:
            await site.act(actions.ban, eve.id)
        if how != "deleted":
            await say(site, post, site.creator, "Not for Eve")
        heard = []
        while True:
            try:
                frame = await live.next()
            except Exception:
                break
            heard.append(frame)
            if frame["type"] == "error":
                break
        assert "Not for Eve" not in json.dumps(heard)
        if how != "left":
            assert heard[-1]["code"] == "forbidden"
            assert heard[-1]["detail"] == "You may no longer read this post, or it was deleted."


async def test_what_waits_is_told_to_moderators_and_to_others_when_it_is_approved(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.member("Bob")
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        await governing.edit_room(tx, by, site.community, site.room, comment_first_held=True)
    async with site.follow(site.creator) as anna, site.follow() as guest, site.follow(bob) as author:
        for one in (anna, guest, author):
            await one.subscribe(f"thread:{post.id}", form="html")
        held = await say(site, post, bob, "My first")
        told = {
            name: (await one.next("event"))["data"]
            for name, one in (("anna", anna), ("guest", guest), ("bob", author))
        }
        assert "My first" in told["anna"]["html"]
        assert told["guest"] == told["bob"] == {"id": held.id, "rev": 0, "html": ""}
        async with site.db.write() as tx:
            thread, found = await reading.of_comment(tx, held.id, site.creator.id, hold=True)
            await comments.approve(tx, thread, found)
        shown = await guest.next("event")
        assert (shown["kind"], shown["seq"]) == ("comment.shown", 2)
        assert "My first" in shown["data"]["html"]


async def test_who_writes_a_comment_is_told_of_those_who_may(site: Site) -> None:
    post = await site.post("Hello")
    bob, cem = await site.member("Bob"), await site.member("Cem")
    await site.act(actions.mute, cem.id)
    stream = f"thread:{post.id}"
    async with site.follow(bob) as writer, site.follow(cem) as muted, site.follow() as guest:
        for one in (writer, muted, guest):
            await one.subscribe(stream)
        for one in (muted, writer):
            await one.socket.send(json.dumps({"type": "typing", "stream": stream}))
        told = await guest.next("typing")
        assert [one["name"] for one in told["who"]] == ["Bob"]


async def test_the_room_hears_how_many_comments_a_post_has(site: Site) -> None:
    post = await site.post("Paid words", min_rank=10)
    eve = await site.member("Eve", gold=True)
    async with site.follow() as guest:
        await guest.subscribe(site.stream)
        await say(site, post, eve, "Among us")
        site.app.state.services.bus.note("counts", {"room_id": site.room.id, "post_ids": [post.id]})
        told = await guest.next("counts")
        assert told["posts"][post.id]["comments"] == 1
