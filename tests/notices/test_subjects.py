"""What the subject of a letter about several posts says: what one of them is called, and how many more there are."""

from sqlalchemy import update

from channel.communities.tables import communities
from tests.notices.mailroom import Mailroom
from tests.posts.writing import post
from tests.topics import talking

DAY_MS = 24 * 3_600_000


async def subject(room: Mailroom) -> str:
    """Of the letter of the next day."""
    room.clock.forward(DAY_MS)
    [letter] = await room.brought()
    return letter.subject


async def test_a_letter_about_several_posts_is_called_by_the_first(room: Mailroom) -> None:
    await room.reader("Bob", "daily")
    await post(room.scene, "# Bread at last\n\nAfter *nine* hours.")
    for text in ("Second", "Third", "Fourth"):
        await post(room.scene, text)
    assert await subject(room) == "Annas world: Bread at last and 3 more"


async def test_a_german_one_says_it_in_german_for_one_and_for_more(room: Mailroom) -> None:
    await room.reader("Bob", "daily", language="de")
    for text in ("Endlich Brot.", "Zwei"):
        await post(room.scene, text)
    assert await subject(room) == "Annas world: Endlich Brot und 1 weiterer"
    for text in ("Wer mag Brot?", "Zwei", "Drei"):
        await post(room.scene, text)
    assert await subject(room) == "Annas world: Wer mag Brot? und 2 weitere"


async def test_what_is_important_names_the_letter_before_what_came_earlier(room: Mailroom) -> None:
    await room.reader("Bob", "daily")
    await post(room.scene, "Small talk")
    await post(room.scene, "We move house", important=True)
    assert await subject(room) == "Annas world: We move house and 1 more"


async def test_long_words_and_a_long_name_leave_the_number_in_sight(room: Mailroom) -> None:
    await room.reader("Bob", "daily", language="de")
    async with room.db.write() as tx:
        await tx.run(update(communities).values(name="N" * 80))
    for text in ("An einem Morgen im November " * 8, *("Noch einer",) * 12):
        await post(room.scene, text)
    said = await subject(room)
    assert said.startswith("N" * 80 + ": An einem Morgen im November An einem Morgen im …")
    assert said.endswith(" und 12 weitere")
    assert len(said) <= 150


async def test_a_spoiler_stays_hidden_and_what_is_nothing_else_names_no_letter(room: Mailroom) -> None:
    await room.reader("Bob", "daily")
    await post(room.scene, "||The butler||")
    await post(room.scene, "It was ||the gardener||, they say")
    assert await subject(room) == "Annas world: It was ▒▒▒, they say and 1 more"
    for text in ("||One||", "||Two||."):
        await post(room.scene, text)
    assert await subject(room) == "Annas world: 2 new posts"


async def test_what_can_be_read_names_the_letter_and_of_what_is_locked_no_more_than_its_teaser(
    room: Mailroom,
) -> None:
    await room.scene.tier("Gold", 10)
    await room.reader("Bob", "daily")
    await post(room.scene, "zirkonsilikat", min_rank=10, teaser="About glaze")
    await post(room.scene, "zirkonsilikat", min_rank=10)
    assert await subject(room) == "Annas world: About glaze and 1 more"
    await post(room.scene, "# Zirkonsilikat", min_rank=10, teaser="About glaze", important=True)
    await post(room.scene, "For all")
    assert await subject(room) == "Annas world: For all and 1 more"
    for _ in range(2):
        await post(room.scene, "zirkonsilikat", min_rank=10)
    assert await subject(room) == "Annas world: 2 new posts"


async def test_what_is_said_in_groups_never_names_a_letter_about_posts_too(room: Mailroom) -> None:
    mara = await room.reader("Mara", "daily")
    group = await talking.group(room.scene)
    topic = await talking.start(room.scene, group, "Glaze")
    await talking.follow(room.scene, topic, mara, push="none", mail="daily")
    await talking.say(room.scene, group, "Between us", topic=topic)
    await post(room.scene, "A post")
    assert await subject(room) == "Annas world: A post and 1 message"
    await talking.say(room.scene, group, "Between us", topic=topic)
    await talking.say(room.scene, group, "Still", topic=topic)
    await post(room.scene, "A post")
    assert await subject(room) == "Annas world: A post and 2 more"
