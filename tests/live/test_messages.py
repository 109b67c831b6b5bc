"""What a follower hears live of a conversation with the team, and that nobody else does."""

from channel.members import actions
from tests.cast import Scene
from tests.live.site import Site
from tests.messages import writing


def scene(site: Site) -> Scene:
    """The site's community, as the verbs for messages know it."""
    return Scene(site.db, site.creator, site.community, site.room, site.gold)


async def test_both_sides_of_a_conversation_are_told_to_its_follower(site: Site) -> None:
    bob, eve = await site.member("Bobby"), await site.member("Eve")
    anna = scene(site)
    await writing.open_box(anna)
    async with site.follow(bob) as his, site.follow(eve) as hers:
        await his.subscribe("me")
        await hers.subscribe("me", site.stream)
        mine = await writing.write(anna, bob, "Psst")
        event = await his.next("event")
        assert (event["kind"], event["data"]["community"]) == ("message.sent", "anna")
        assert event["data"]["message"]["id"] == mine.id
        answered = await writing.answer(anna, bob, "In *our* name")
        told = (await his.next("event"))["data"]["message"]
        assert (told["side"], told["author"], told["as_team"]) == ("team", None, True)
        assert site.creator.id not in str(told), "who of the team wrote it"
        assert "<em>our</em>" in told["html"]
        await writing.answer(anna, bob, "And in mine", as_team=False)
        assert (await his.next("event"))["data"]["message"]["author"]["name"] == "Anna"
        await writing.remove(anna, answered)
        event = await his.next("event")
        assert (event["kind"], event["data"]["message"]["text"]) == ("message.deleted", "")
        assert event["data"]["message"]["deleted"] is True
        await site.post("For everybody")
        heard = await hers.next("event")
        assert (heard["kind"], heard["seq"]) == ("post.published", 1), "the first thing that others hear"


async def test_pages_are_told_to_look_again_without_a_word_of_it(site: Site) -> None:
    bob = await site.member("Bobby")
    anna = scene(site)
    await writing.open_box(anna)
    async with site.follow(bob) as his:
        await his.subscribe("me", form="html")
        await writing.write(anna, bob, "Psst")
        event = await his.next("event")
        assert (event["kind"], event["data"]) == ("message.sent", {"reload": True})


async def test_who_was_banned_is_told_nothing_more(site: Site) -> None:
    bob = await site.member("Bobby")
    anna = scene(site)
    await writing.open_box(anna)
    async with site.follow(bob) as his:
        await his.subscribe("me")
        await writing.write(anna, bob, "Psst")
        assert (await his.next("event"))["data"]["message"]["text"] == "Psst"
        await site.act(actions.ban, bob.id)
        await writing.answer(anna, bob, "What only we should know")
        kinds = [await his.next("event") for _ in range(2)]
        assert [event["kind"] for event in kinds] == ["membership.changed", "message.sent"]
        assert kinds[1]["data"]["message"] is None
