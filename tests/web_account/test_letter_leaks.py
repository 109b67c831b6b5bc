"""Letters with pictures at every state of a tier: an address that was sent once shows what its reader may see now."""

from sqlalchemy import update

from channel.members import Role, actions, unlocks
from channel.members.tables import memberships
from channel.money import Money
from channel.notices.pictures import Picture, Reader, mailbox, sealed
from tests.media.sending import photo
from tests.web.conftest import HOST, Site
from tests.web_account import gallery

# Who holds an address from before anything changed, and who may still load by it: the open picture, and the one for Gold.
LOADS = {
    "free": (True, False),
    "gold": (True, True),
    "top": (True, True),
    "lapsed": (True, False),
    "ended": (True, False),
    "paid": (True, True),
    "editor": (True, True),
    "banned": (False, False),
    "asking": (False, False),
}


async def changed(site: Site, unlocked: str) -> None:
    """What happens to them after the letters were written."""
    scene, who = site.anna, site.anna.people
    async with site.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        mine = memberships.c.account_id
        await tx.run(update(memberships).where(mine == who["lapsed"].id).values(tier_until=tx.now))
        await actions.give_tier(tx, owner, scene.community, [who["ended"].id], scene.free.id)
        await actions.ban(tx, owner, scene.community, who["banned"].id)
        await actions.give_role(tx, owner, scene.community, who["editor"].id, Role.EDITOR)
        await unlocks.unlock(tx, who["paid"].id, unlocked, "purchase")
        await tx.run(update(memberships).where(mine == who["asking"].id).values(state="requested"))


async def test_an_address_shows_what_its_reader_may_see_when_it_is_used(site: Site) -> None:
    gold, top = await site.anna.tier("Gold", 10), await site.anna.tier("Top", 20)
    tiers = {"gold": gold, "top": top, "lapsed": gold, "ended": gold, "banned": gold}
    shown, secret = await gallery.picture(site), await gallery.picture(site, photo(320, 200, "red"))
    made = await gallery.post(site, "Open", shown)
    paid = await gallery.post(site, "Inside", secret, min_rank=10, unlock=Money(500, "EUR"))
    key = site.app.state.services.secret
    addresses = {}
    for name in LOADS:
        who = await gallery.reader(site, name, tier=tiers.get(name))
        mail = await gallery.letter(site, who, paid)
        # Who may not see it is sent no address of it; whether one opens that was made all the same is asked below.
        assert len(gallery.images(mail)) == (name in tiers), name
        reader = Reader("member", who.id, mailbox(key, f"{name}@example.net"), site.clock())
        addresses[name] = [
            f"{HOST}/notices/picture/{sealed(key, Picture(reader, post.id, one.id, 1_200))}"
            for post, one in ((made, shown), (paid, secret))
        ]
        if name in tiers:
            assert [image.src for image in gallery.images(mail)] == addresses[name][1:]
    await changed(site, paid.id)
    for name, expected in LOADS.items():
        pages = [await gallery.loaded(site, address) for address in addresses[name]]
        assert tuple(page.status == 200 for page in pages) == expected, name
        assert all(page.status in (200, 404) for page in pages)
        assert all((b"WEBP" in page.answer.content) == (page.status == 200) for page in pages)


async def test_who_follows_without_an_account_is_sent_what_everybody_may_see(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    shown, secret = await gallery.picture(site), await gallery.picture(site, photo(320, 200, "red"))
    made = await gallery.post(site, "Open", shown)
    paid = await gallery.post(site, "Inside", secret, min_rank=10)
    key, zoe = site.app.state.services.secret, await gallery.follower(site)
    reader = Reader("follower", zoe.id, mailbox(key, zoe.email), site.clock())
    for post, one, status in ((made, shown, 200), (paid, secret, 404), (made, secret, 404)):
        token = sealed(key, Picture(reader, post.id, one.id, 1_200))
        assert (await gallery.loaded(site, f"{HOST}/notices/picture/{token}")).status == status
