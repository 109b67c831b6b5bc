"""Publishing: once, whoever asks how; and what a script is told."""

from channel.members import Role
from tests.web_studio.conftest import Browser, Site, says


def letter(site: Site, text: str = "Hello", **more: object) -> dict[str, object]:
    return {"key": "a-key", "room": site.anna.news.id, "text": text, "min_rank": "", "ai": "none", **more}


FRAGMENT = {"channel-fragment": "1"}


async def test_sending_twice_under_one_key_is_one_post(site: Site, anna: Browser) -> None:
    for _ in range(2):
        assert (await anna.post("/posts", letter(site))).status_code == 303
    assert len((await anna.see("/posts")).ids(r"popovertarget=\"delete-([0-9a-f-]{36})")) == 1


async def test_a_script_gets_the_article_as_the_author_sees_it(site: Site, anna: Browser) -> None:
    await site.anna.tier("Gold", 10)
    answer = await anna.post("/posts", letter(site, "**Gold**", min_rank="10", teaser="shine"), **FRAGMENT)
    says(answer, 201, "<strong>Gold</strong>", 'class="post"')
    assert answer.text.startswith("<article")
    again = await anna.post("/posts", letter(site, "another text"), **FRAGMENT)
    says(again, 201, "<strong>Gold</strong>")


async def test_a_script_is_told_what_is_wrong(site: Site, anna: Browser) -> None:
    answer = await anna.post("/posts", letter(site, "   "), **FRAGMENT)
    assert answer.status_code == 422
    assert answer.json()["problems"] == {"text": "Write something first."}
    assert answer.json()["detail"] == "Write something first."
    nowhere = await anna.post("/posts", letter(site, room="nowhere"), **FRAGMENT)
    assert nowhere.json()["problems"] == {"room": "Choose the room that this goes to."}


async def test_a_script_without_the_right_is_told_so(site: Site) -> None:
    moderator = await site.browser(await site.member("mo", role=Role.MODERATOR))
    answer = await moderator.post("/posts", letter(site), **FRAGMENT)
    assert answer.status_code == 403
    assert "does not allow" in answer.json()["detail"]


async def test_a_room_may_be_named_by_its_address(site: Site, anna: Browser) -> None:
    assert (await anna.post("/posts", letter(site, room="news"))).status_code == 303


async def test_who_writes_in_a_room_comes_back_to_it(site: Site, anna: Browser) -> None:
    answer = await anna.post("/posts", letter(site, next="/@anna/news"))
    assert answer.headers["location"] == "/@anna/news"
    astray = await anna.post("/posts", letter(site, key="b", next="//evil.example"))
    assert astray.headers["location"] == "/studio/anna?said=sent"


async def test_what_was_typed_stands_again_with_what_is_wrong(site: Site, anna: Browser) -> None:
    await site.anna.tier("Gold", 10)
    long = "x" * 10_001
    typed = letter(site, long, teaser="A teaser to keep", min_rank="10", ai="assisted")
    answer = await anna.post("/posts", typed)
    says(answer, 422, "A post has at most 10,000 characters", long, "A teaser to keep")
    says(answer, 422, '<option value="10" selected', '<option value="assisted" selected', 'value="a-key"')


async def test_a_rank_that_no_tier_has_is_refused_with_the_choices(site: Site, anna: Browser) -> None:
    says(
        await anna.post("/posts", letter(site, min_rank="77")),
        422,
        "No tier has this rank",
        "Hello</textarea>",
    )
    says(
        await anna.post("/posts", letter(site, min_rank="x")),
        422,
        "Write a whole number.",
        "Hello</textarea>",
    )


async def test_a_quote_is_offered_sent_and_shown(site: Site, anna: Browser) -> None:
    await anna.send("/posts", letter(site, "The first words"))
    (post,) = (await anna.see("/posts")).ids(r"\?quote=([0-9a-f-]{36})")
    desk = await anna.see(f"?quote={post}")
    assert "The first words" in desk
    assert desk.hidden("quote") == post
    answer = await anna.post("/posts", letter(site, "An answer", key="b", quote=post), **FRAGMENT)
    says(answer, 201, 'class="quote"', "The first words")


async def test_a_quote_from_elsewhere_is_not_offered(site: Site, anna: Browser) -> None:
    assert (await anna.see("?quote=0198d000-0000-7000-8000-000000000000")).hidden("quote") == ""


async def test_nobody_posts_into_a_closed_community_and_nothing_typed_is_lost(
    site: Site, anna: Browser
) -> None:
    await anna.send("/settings/close")
    says(await anna.post("/posts", letter(site, "Kept")), 403, "The community is closed", "Kept</textarea>")
    assert "Save as draft" in await anna.see()
    await anna.send("/settings/reopen")
    assert (await anna.post("/posts", letter(site, "Kept"))).status_code == 303


async def test_silent_posts_are_marked(site: Site, anna: Browser) -> None:
    answer = await anna.post("/posts", letter(site, silent="1"), **FRAGMENT)
    says(answer, 201, "data-silent")


async def test_drafts_are_saved_by_scripts(site: Site, anna: Browser) -> None:
    asked = {"accept": "application/json"}
    first = await anna.post("/drafts", {"text": "Ha", "room": site.anna.news.id}, **asked)
    assert first.status_code == 200
    draft = first.json()["id"]
    assert first.json()["saved_at"].startswith("2026-01-01T")
    second = await anna.post("/drafts", {"id": draft, "text": "Half"}, **asked)
    assert second.json()["id"] == draft
    assert len((await anna.see("/drafts")).ids(r"\?draft=([0-9a-f-]{36})")) == 1
    lost = await anna.post("/drafts", {"id": "0198d000-0000-7000-8000-000000000000", "text": "Half"}, **asked)
    assert lost.status_code == 404
    empty = await anna.post("/drafts", {"text": " "}, **asked)
    assert empty.json()["problems"] == {"text": "Write something first."}


async def test_nobody_sees_the_drafts_of_another(site: Site, anna: Browser) -> None:
    kept = await anna.send("/drafts", {"text": "My secret"})
    (draft,) = kept.ids(r"\?draft=([0-9a-f-]{36})")
    editor = await site.browser(await site.member("eda", role=Role.EDITOR))
    assert "My secret" not in await editor.see("/drafts")
    assert (await editor.get(f"?draft={draft}")).status_code == 404


async def test_a_preview_of_what_cannot_be_published_says_why(site: Site, anna: Browser) -> None:
    says(await anna.post("/preview", letter(site, "x" * 10_001)), 200, "at most 10,000 characters")
    says(await anna.post("/preview", letter(site, " ")), 200, "What you write appears here")


async def test_a_preview_runs_no_markup(site: Site, anna: Browser) -> None:
    answer = await anna.post("/preview", letter(site, "<script>alert(1)</script>", teaser="<b>x</b>"))
    assert "<script>" not in answer.text


async def test_two_editors_do_not_overwrite_each_other_unawares(site: Site, anna: Browser) -> None:
    await anna.send("/posts", letter(site, "First"))
    (post,) = (await anna.see("/posts")).ids(r"\?quote=([0-9a-f-]{36})")
    theirs = {"rev": "1", "text": "Theirs", "min_rank": "", "ai": "none"}
    await anna.send(f"/posts/{post}", theirs)
    refused = await anna.post(f"/posts/{post}", theirs | {"text": "Mine"})
    says(refused, 409, "This post was changed meanwhile", "Mine</textarea>", "Theirs", 'name="rev" value="2"')
    assert "Mine" in await anna.send(f"/posts/{post}", theirs | {"rev": "2", "text": "Mine"})


async def test_an_edit_keeps_what_was_typed_and_names_the_field(site: Site, anna: Browser) -> None:
    await anna.send("/posts", letter(site, "First"))
    (post,) = (await anna.see("/posts")).ids(r"\?quote=([0-9a-f-]{36})")
    typed = {"rev": "1", "text": "Mine", "teaser": "t" * 281, "min_rank": "", "ai": "none"}
    says(await anna.post(f"/posts/{post}", typed), 422, 'href="#f-teaser"', "at most 280", "Mine</textarea>")
    shown = await anna.post(f"/posts/{post}", typed | {"teaser": "", "do": "preview"})
    says(shown, 200, 'id="views"', "Mine</textarea>")


async def test_ten_pins_are_enough(site: Site, anna: Browser) -> None:
    for number in range(11):
        await anna.send("/posts", letter(site, f"Post {number}", key=f"k{number}"))
    ids = (await anna.see("/posts")).ids(r"\?quote=([0-9a-f-]{36})")
    for post in ids[:10]:
        await anna.send(f"/posts/{post}/pin", {"position": "1"})
    says(await anna.post(f"/posts/{ids[10]}/pin", {"position": "1"}), 409, "Unpin one of them first")
    told = await anna.post(f"/posts/{ids[10]}/pin", {"position": "1"}, **{"sec-fetch-mode": "cors"})
    assert told.json()["detail"] == "Ten posts are pinned already. Unpin one of them first."
    done = await anna.post(f"/posts/{ids[0]}/pin", {"position": ""}, **{"sec-fetch-mode": "cors"})
    assert done.json() == {"said": "unpinned"}
