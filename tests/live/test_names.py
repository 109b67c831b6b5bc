"""Those whom a post names are told on their own stream, and what is read everywhere is told to other devices."""

from channel import members, posts
from channel.accounts import Account
from channel.live import catchup
from channel.members import queries
from channel.posts import Draft
from channel.posts.linking import links
from channel.posts.model import Post
from tests.live.site import Site


async def name(site: Site, text: str, key: str, **facts: object) -> Post:
    """The creator writes a post that may name somebody."""
    async with site.db.read() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        found = await links(tx, by, site.community, text, room=site.room)
    draft = Draft.parse(text, **facts)  # type: ignore[arg-type]
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    async with site.db.write() as tx:
        made, _ = await posts.publish(tx, by, site.creator, site.room, rendered, key)
    return made


def written(account: Account) -> str:
    return f"@[x]({account.id})"


async def test_somebody_who_is_named_is_told_where_and_nobody_of_what_they_may_not_read(site: Site) -> None:
    bob = await site.member("Bob")
    async with site.follow(bob) as phone:
        await phone.subscribe(f"account:{bob.id}")
        await name(site, f"{written(bob)} the secret", "k-locked", min_rank=10)
        made = await name(site, f"Hello {written(bob)}", "k-open")
        frame = await phone.next("event")
    assert (frame["kind"], frame["data"]["post_id"]) == ("mention.told", made.id), "nothing of the locked one"
    assert frame["data"] == {
        "community": "anna", "room_id": site.room.id, "post_id": made.id, "seq": made.seq
    }  # fmt: skip


async def test_all_read_on_one_device_is_read_on_the_others(site: Site) -> None:
    bob = await site.member("Bob")
    made = await site.post("for everybody")
    async with site.follow(bob) as phone:
        await phone.subscribe(site.stream)
        async with site.db.write() as tx:
            mine = await queries.entitlements(tx, bob.id)
            moved = await catchup.read_all(tx, bob.id, mine, tx.now)
        catchup.tell(site.app.state.services.bus, bob.id, moved)
        frame = await phone.next("read")
    assert (frame["stream"], frame["seq"]) == (site.stream, made.seq)
