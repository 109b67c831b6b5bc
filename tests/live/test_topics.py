"""Groups over live connections: who reads a topic is told what happens to it, and two devices agree on what is read."""

import secrets

from channel import members, posts, topics
from channel.accounts import Account
from channel.members import governing
from channel.posts import Draft, moving, talk
from channel.posts.model import Post
from channel.rooms import Room
from channel.topics import Topic
from tests.live.site import Site


async def group_of(site: Site, **rules: object) -> Room:
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        return await governing.create_room(
            tx,
            by,
            site.community,
            slug="talk",
            name="Talk",
            kind="group",
            **rules,  # type: ignore[arg-type]
        )


async def say(site: Site, room: Room, text: str, topic: Topic | None, author: Account | None = None) -> Post:
    author = author or site.creator
    rendered = await posts.prepare(Draft.parse(text), rooms={})
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, author.id)
        made, _ = await posts.publish(tx, by, author, room, rendered, secrets.token_hex(8), topic=topic)
        return made


async def start(site: Site, room: Room, name: str) -> Topic:
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        return await topics.start(tx, by, room, name)


async def test_who_reads_a_topic_is_told_when_it_is_split(site: Site) -> None:
    room, bob = await group_of(site), await site.member("Bob")
    tour = await start(site, room, "The tour")
    said = [await say(site, room, f"number {n}", tour) for n in range(3)]
    async with site.follow(bob) as phone:
        await phone.subscribe(f"room:{room.id}", form="html")
        async with site.db.write() as tx:
            by = await members.entitlement(tx, site.community, site.creator.id)
            beds = await moving.move(tx, by, room, [said[1].id], "Beds", source=tour)
        started, moved = await phone.next("event"), await phone.next("event")
        assert (started["kind"], started["data"]["topic"]["name"]) == ("topic.changed", "Beds")
        assert (moved["kind"], moved["data"]["post_ids"]) == ("posts.moved", [said[1].id])
        assert moved["data"]["topic"]["number"] == beds.number
        assert moved["seq"] == started["seq"] + 1
        late = await say(site, room, "late", beds)
        told = await phone.next("event")
        assert (told["seq"], told["data"]["topic"]) == (late.seq, beds.id)
        assert f'data-topic="{beds.id}"' in told["data"]["html"]


async def test_who_comes_back_is_told_where_messages_are_now(site: Site) -> None:
    room, bob = await group_of(site), await site.member("Bob")
    tour, beds = await start(site, room, "The tour"), await start(site, room, "Beds")
    said = await say(site, room, "hello", tour)
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        await moving.merge(tx, by, room, tour, beds)
    async with site.follow(bob) as phone:
        await phone.say(type="subscribe", id=1, streams=[{"stream": f"room:{room.id}", "after": 0}])
        heard = [await phone.next("event") for _ in range(5)]
    published = next(one for one in heard if one["kind"] == "post.published")
    assert (published["seq"], published["data"]["post"]["topic"]["id"]) == (said.seq, beds.id)
    assert heard[-2]["data"]["topic"]["moved_to"] == beds.id


async def test_two_devices_agree_on_what_is_read_in_a_topic(site: Site) -> None:
    room, bob = await group_of(site), await site.member("Bob")
    tour = await start(site, room, "The tour")
    said = [await say(site, room, f"number {n}", tour) for n in range(3)]
    await say(site, room, "elsewhere", None)
    stream = f"room:{room.id}"
    async with site.follow(bob) as phone, site.follow(bob) as desk:
        for device in (phone, desk):
            await device.subscribe(stream)
        await phone.say(type="read", stream=stream, seq=said[1].seq, topic=tour.id)
        for device in (phone, desk):
            assert await device.next("read") == {
                "type": "read", "stream": stream, "seq": said[1].seq, "topic": tour.id
            }  # fmt: skip
        await desk.say(
            type="read", stream=stream, seq=said[0].seq, topic=tour.id
        )  # behind: nothing moves back
        await desk.say(type="read", stream=stream, seq=said[2].seq, topic=tour.id)
        assert (await phone.next("read"))["seq"] == said[2].seq
    async with site.db.read() as tx:
        new = await talk.unread(tx, bob.id, room.id)
        assert (tour.id in new.by_topic, new.total) == (False, 1)
        assert [(await posts.one(tx, post.id)).views for post in said] == [1, 1, 1]


async def test_the_log_begins_for_a_newcomer_where_the_group_does(site: Site) -> None:
    room = await group_of(site, history=0)
    for number in range(3):
        await say(site, room, f"old {number}", None)
    while True:  # they come later than the last old message, by the clock too
        bob = await site.member("Bob")
        async with site.db.read() as tx:
            by = await members.entitlement(tx, site.community, bob.id)
            if await posts.horizon.first_seq(tx, by, room) == 4:
                break
    fresh = await say(site, room, "fresh", None)
    async with site.follow(bob) as phone:
        await phone.say(type="subscribe", id=1, streams=[{"stream": f"room:{room.id}", "after": 0}])
        answer = (await phone.next("subscribed"))["streams"][0]
        assert answer["gap"] == {"from": 1, "to": 3}
        told = await phone.next("event")
        assert (told["seq"], told["data"]["post"]["text"]) == (fresh.seq, "fresh")
