"""The service worker: one script at the root, for who is signed in."""

from channel.web.static import static_folder
from tests.web.conftest import Site


async def test_the_service_worker_rules_the_whole_site_and_is_asked_for_anew(site: Site) -> None:
    page = await site.stranger().get("/sw.js")
    headers = page.answer.headers
    assert page.status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert headers["service-worker-allowed"] == "/"
    assert headers["cache-control"] == "no-cache"
    assert "connect-src 'self'" in headers["content-security-policy"]
    again = await site.stranger().get("/sw.js", **{"if-none-match": headers["etag"]})
    assert again.status == 304


async def test_the_service_worker_is_made_of_all_parts_the_first_one_first(site: Site) -> None:
    script = (await site.stranger().get("/sw.js")).answer.text
    parts = [part.read_text("utf-8") for part in (static_folder() / "sw").glob("*.js")]
    assert len(parts) >= 2
    assert all(part in script for part in parts)
    assert script.startswith("// main.js")


async def test_it_is_registered_by_pages_of_the_signed_in_but_not_by_rooms(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    assert "js/worker.js" in await bob.get("/")
    assert "js/worker.js" not in await bob.get("/@anna/news")
    assert "js/worker.js" not in await site.stranger().get("/")
