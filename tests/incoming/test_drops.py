"""Posting by mail: what comes to a secret address is a draft of its owner, and nothing else ever."""

import pytest
from sqlalchemy import func, select

from channel.errors import Forbidden, NotFound
from channel.incoming import drops
from channel.members import Role, actions
from channel.posts import drafts
from channel.posts.model import SavedDraft
from channel.posts.tables import posts
from tests.incoming.postbox import Postbox, written


async def _address(box: Postbox) -> str:
    scene = box.room.scene
    async with box.room.db.write() as tx:
        return box.addresses.drafts(await drops.renew(tx, await scene.by(tx, scene.owner), scene.news))


async def _drafts(box: Postbox) -> list[SavedDraft]:
    scene = box.room.scene
    async with box.room.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(posts)) == 0, "never published"
        return await drafts.own_drafts(tx, await scene.by(tx, scene.owner))


async def test_a_mail_is_a_draft_with_its_subject_as_heading(box: Postbox) -> None:
    mail = written(
        "The **kiln** is hot.\r\n-- \r\nAnna", sender="anna@work.example", Subject="=?utf-8?q?Gl=C3=BCht?="
    )
    assert await box.take(mail, await _address(box))
    [draft] = await _drafts(box)
    assert draft.sketch.text == "# Glüht\n\nThe **kiln** is hot."
    assert draft.sketch.room_id == box.room.scene.news.id


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
async def test_a_subject_that_nobody_encoded_is_read(box: Postbox, charset: str) -> None:
    mail = written("Words").replace(b"Re: Kiln", "Töpfe & =?utf-8?q?M=C3=BCll?=".encode(charset))
    assert await box.take(mail, await _address(box))
    [draft] = await _drafts(box)
    assert draft.sketch.text == "# Töpfe & Müll\n\nWords"


async def test_a_new_address_ends_the_old_one(box: Postbox) -> None:
    old = await _address(box)
    new = await _address(box)
    assert old != new
    await box.take(written("Old", name="1"), old)
    assert await _drafts(box) == []
    await box.take(written("New", name="2"), new)
    assert len(await _drafts(box)) == 1


async def test_whoever_writes_there_no_more_drafts_there_no_more(box: Postbox) -> None:
    scene = box.room.scene
    eva = await scene.member("Eva", role=Role.EDITOR)
    async with box.room.db.write() as tx:
        drop_id = await drops.renew(tx, await scene.by(tx, eva), scene.news)
        await actions.give_role(tx, await scene.by(tx, scene.owner), scene.community, eva.id, Role.MEMBER)
    await box.take(written("Still here"), box.addresses.drafts(drop_id))
    async with box.room.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(drafts.drafts)) == 0


async def test_only_who_writes_there_gets_an_address(box: Postbox) -> None:
    scene, bob = box.room.scene, await box.room.scene.member("Bob")
    async with box.room.db.write() as tx:
        with pytest.raises((Forbidden, NotFound)):
            await drops.renew(tx, await scene.by(tx, bob), scene.news)
        with pytest.raises((Forbidden, NotFound)):
            await drops.renew(tx, await scene.by(tx, None), scene.news)


async def test_a_draft_too_many_comes_back_to_its_owner(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.posts.drafts.MAX_DRAFTS", 1)
    await box.room.address(box.room.scene.owner, "anna@example.net")
    where = await _address(box)
    for number in range(2):
        await box.take(written(f"Number {number}", name=str(number)), where)
    [told] = await box.answers()
    assert "Number 1" in told
    assert "100 drafts" in told
