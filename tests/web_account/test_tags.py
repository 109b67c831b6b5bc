"""What comes of a #tag, chosen on every page on which notices are chosen: the whole server."""

from channel import following, notices, push
from channel.accounts import Account
from channel.following import Wish, actions, links
from channel.following.sight import some_devices
from channel.notices.links import Ends, sealed
from channel.push import links as of_device
from channel.push import queries
from tests.posts.writing import post
from tests.push.browsers import Browser as Subscribed
from tests.web.conftest import Site
from tests.web_account.conftest import says
from tests.web_account.test_notices import reader
from tests.web_account.test_push import switched_on

TAG = "/@anna/tag/tour"


async def rules(site: Site, account: Account) -> tuple[dict[str | None, str], dict[str | None, str]]:
    """By letter and on devices."""
    async with site.db.read() as tx:
        letters, pushed = await notices.rules(tx, account.id), await push.rules(tx, account.id)
    return {one.key: one.how for one in letters}, {one.key: one.how for one in pushed}


async def test_a_tag_is_chosen_on_its_own_page_in_one_step(mailing: Site) -> None:
    browser, bob, _ = await switched_on(mailing)
    await post(mailing.anna, "The #Tour")
    page = await browser.get(TAG)
    says(page, 200, 'aria-label="Notices of #tour"', 'name="push"')
    saved = await browser.post(TAG, {"push": "none", "how": "instant"})
    assert saved.answer.headers["location"] == f"{TAG}?said=saved"
    assert await rules(mailing, bob) == ({"#tour": "instant"}, {"#tour": "none"})
    says(await browser.get(f"{TAG}?said=saved"), 200, "Saved.")
    await browser.post(TAG, {"push": "", "how": ""})
    assert await rules(mailing, bob) == ({}, {})


async def test_what_is_no_choice_is_refused_and_nothing_is_written(mailing: Site) -> None:
    browser, bob, _ = await switched_on(mailing)
    for form in ({"push": "daily"}, {"how": "hourly"}):
        says(await browser.post(TAG, form), 422)
    says(await browser.post("/@anna/tag/12", {"push": "none"}), 422)
    says(await mailing.stranger().post(TAG, {"push": "none"}), 401)
    assert await rules(mailing, bob) == ({}, {})


async def test_a_stranger_is_led_to_follow_that_tag_alone(mailing: Site) -> None:
    await post(mailing.anna, "The #Tour")
    stranger = mailing.stranger()
    says(await stranger.get(TAG), 200, 'href="/follow/@anna?tag=tour"')
    says(await stranger.get("/follow/@anna?tag=Tour"), 200, "Only those with #tour")
    says(await stranger.get("/follow/@anna?tag=12"), 200)
    assert "Which posts" not in await stranger.get("/follow/@anna")


async def test_the_page_of_all_notices_has_the_tags_that_there_are(mailing: Site) -> None:
    bob = await reader(mailing)
    await post(mailing.anna, "The #Tour")
    browser, ours = await mailing.browser(bob), mailing.anna.community.id
    says(await browser.get("/account/notices"), 200, f'name="tag-{ours}-tour"', "Another way for #tags")
    given = {
        f"how-{ours}": "none",
        f"tag-{ours}-tour": "daily",
        f"tag-{ours}_new": " #Merch ",
        f"tag-{ours}_how": "instant",
    }
    assert (await browser.post("/account/notices/anna", given)).status == 303
    assert (await rules(mailing, bob))[0] == {None: "none", "#tour": "daily", "#merch": "instant"}
    says(await browser.get("/account/notices"), 200, f'name="tag-{ours}-merch"')
    wrong = await browser.post("/account/notices/anna", given | {f"tag-{ours}_new": "12"})
    says(wrong, 422, "Write one #tag", 'value="12"')
    many = {f"tag-{ours}-t{number}": "none" for number in range(21)}
    says(await browser.post("/account/notices/anna", given | many), 422, "at most 20 #tags")


async def test_who_follows_by_mail_chooses_behind_the_link(mailing: Site) -> None:
    await post(mailing.anna, "The #Tour")
    async with mailing.db.write() as tx:
        wish = Wish(mailing.anna.community.id, "zoe@example.net", "instant", "en")
        zoe = await actions.confirm(tx, await actions.confirmation(tx, wish))
    mine = f"/follow/by/{links.sealed(mailing.app.state.services.secret, zoe.id)}"
    stranger = mailing.stranger()
    says(await stranger.get(mine), 200, 'name="tag-tour"')
    here = {"how": "instant", "zone": "UTC", "hour": "7"}
    chosen = {"tag-tour": "none", "tag_new": "merch", "tag_how": "weekly", "per_week": "3"}
    await stranger.post(mine, here | chosen)
    async with mailing.db.read() as tx:
        kept = await following.one(tx, zoe.id)
    assert (kept.chosen, kept.per_week) == ({"#tour": "none", "#merch": "weekly"}, 3)
    says(await stranger.get(mine), 200, '<option value="3" selected>')
    says(await stranger.post(mine, here | {"per_week": "99"}), 422, "Choose from 1 to 20 posts a week")
    says(await stranger.post(mine, here | {"tag_new": "1", "tag_how": "weekly"}), 422, "Write one #tag")


async def test_a_device_without_an_account_chooses_behind_its_link(mailing: Site) -> None:
    await post(mailing.anna, "The #Tour")
    stranger = mailing.stranger()
    made = await stranger.post("/follow/@anna/device", {**Subscribed("x").given, "only": "#Tour"})
    mine = made.answer.headers["location"].partition("?")[0]
    says(await stranger.get(mine), 200, 'name="tag-tour"')
    await stranger.post(mine, {"how": "instant", "zone": "UTC", "tag-tour": "important", "per_week": "2"})
    async with mailing.db.read() as tx:
        [one] = await some_devices(tx, mailing.anna.community.id, "", 9)
    assert (one.how, one.chosen, one.per_week) == ("instant", {"#tour": "important"}, 2)
    says(await stranger.post("/follow/@anna/device", {**Subscribed("y").given, "only": "12"}), 422)


async def test_a_letter_leads_to_choosing_one_tag_less(mailing: Site) -> None:
    bob = await reader(mailing)
    await post(mailing.anna, "The #Tour")
    ours = mailing.anna.community
    await (await mailing.browser(bob)).post("/account/notices/anna", {f"how-{ours.id}": "instant"})
    path = f"/notices/off/{sealed(mailing.app.state.services.secret, Ends(bob.id, ours.id, None))}"
    nobody = mailing.stranger()
    says(await nobody.get(path), 200, '<option value="tour"')
    says(await nobody.post(path, {"what": "tag", "tag": "tour"}), 200, "#tour")
    assert (await rules(mailing, bob))[0] == {None: "instant", "#tour": "none"}
    says(await nobody.post(path, {"what": "tag", "tag": "1"}), 422)


async def test_a_notice_leads_to_choosing_one_tag_less(mailing: Site) -> None:
    _, bob, _ = await switched_on(mailing)
    await post(mailing.anna, "The #Tour")
    async with mailing.db.read() as tx:
        [here] = await queries.devices(tx, bob.id)
    told = of_device.From(here.id, mailing.anna.community.id)
    path = f"/notices/quiet/{of_device.sealed(mailing.app.state.services.secret, told)}"
    nobody = mailing.stranger()
    says(await nobody.get(path), 200, '<option value="tour"')
    says(await nobody.post(path, {"what": "tag", "tag": "tour"}), 200, "#tour")
    assert (await rules(mailing, bob))[1] == {"#tour": "none"}


async def test_a_tag_that_stands_only_in_locked_words_is_offered_to_nobody_else(mailing: Site) -> None:
    bob = await reader(mailing)
    await mailing.anna.tier("Gold", 10)
    await post(mailing.anna, "The #reunion", min_rank=10)
    ours = mailing.anna.community
    assert "reunion" not in await (await mailing.browser(bob)).get("/account/notices")
    path = f"/notices/off/{sealed(mailing.app.state.services.secret, Ends(bob.id, ours.id, None))}"
    assert "reunion" not in await mailing.stranger().get(path)
