"""Every page of the demo: where it is, who looks at it, and the language it is looked at in."""

from dataclasses import dataclass

from tests.browser.demo import Who

GERMAN, ENGLISH = "brandtkeramik", "nightferry"
STUDIO = f"/studio/{GERMAN}"


@dataclass(frozen=True, slots=True)
class Place:
    """One page. `path` is a whole URL for pages of the empty server; `status` is what it answers."""

    name: str
    path: str
    who: Who
    language: str = "en"
    status: int = 200


# A {hole} is looked up in the demo that runs (addresses.py).
PAGES: tuple[Place, ...] = (
    Place("front", "/", "guest"),
    Place("community", f"/@{ENGLISH}", "guest"),
    Place("community-german", f"/@{GERMAN}", "guest", "de"),
    Place("community-member", f"/@{GERMAN}", "free", "de"),
    Place("home", "/", "paying"),
    Place("home-unread", "/?show=unread", "paying", "de"),
    Place("room", f"/@{GERMAN}/werkstatt", "paying", "de"),
    Place("room-free", f"/@{GERMAN}/werkstatt", "free", "de"),
    Place("room-guest", f"/@{ENGLISH}/{{room}}", "guest"),
    Place("room-creator", f"/@{GERMAN}/ofen", "creator", "de"),
    Place("room-locked", f"/@{GERMAN}/rezepte", "free", "de", 403),
    Place("room-welcome", f"/@{ENGLISH}/{{room}}?welcome=1", "free"),
    Place("hello", f"/@{ENGLISH}/hello", "free"),
    Place("permalink", "{permalink}", "paying", "de"),
    Place("permalink-locked", "{locked}", "free", "de"),
    Place("history", "{history}", "paying", "de"),
    Place("prompt", "{prompt}/questions", "free", "de"),
    Place("prompt-guest", "{prompt}/questions", "guest"),
    Place("prompt-post", "{prompt}", "free", "de"),
    Place("question-box", f"/@{GERMAN}/questions", "free", "de"),
    Place("question-box-closed", f"/@{ENGLISH}/questions", "guest"),
    Place("messages", f"/messages/{GERMAN}", "free", "de"),
    Place("messages-none", f"/messages/{GERMAN}", "paying"),
    Place("messages-off", f"/messages/{ENGLISH}", "free"),
    Place("join", "/join/{code}", "guest", "de"),
    Place("join-approval", "/join/{asking}", "guest", "de"),
    Place("join-already", "/join/{code}", "free", "de"),
    Place("join-gone", "/join/{gone}", "guest", "de", 410),
    Place("gift-buy", f"/@{GERMAN}/gift", "paying", "de"),
    Place("gift-buy-guest", f"/@{ENGLISH}/gift", "guest"),
    Place("gift-enter", "/gift", "guest"),
    Place("gift-redeem", "/gift/{gift}", "guest", "de"),
    Place("gift-redeem-member", "/gift/{gift}", "free", "de"),
    Place("gift-gone", "/gift/{gift_gone}", "guest", "de", 410),
    Place("gift-card", "{gift_card}", "creator", "de"),
    Place("transfer", "{transfer}", "paying", "de"),
    Place("sign-in", "/sign-in", "guest"),
    Place("sign-in-link", "{link}", "unset"),
    Place("set-up", "{setup}", "unset"),
    Place("set-up-waiting", "{waiting}", "unset", "de"),
    Place("new", "/new", "creator"),
    Place("studio", STUDIO, "creator", "de"),
    Place("studio-inbox", f"{STUDIO}/inbox", "creator", "de"),
    Place("studio-inbox-done", f"{STUDIO}/inbox?show=done", "creator"),
    Place("studio-messages", f"{STUDIO}/messages", "creator", "de"),
    Place("studio-talk", f"{STUDIO}/messages/{{talk}}", "creator", "de"),
    Place("studio-answers", f"{STUDIO}/answers", "creator", "de"),
    Place("studio-posts", f"{STUDIO}/posts", "creator", "de"),
    Place("studio-post", f"{STUDIO}/posts/{{post}}", "creator", "de"),
    Place("studio-questions", f"{STUDIO}/questions", "creator", "de"),
    Place("studio-questions-aside", f"{STUDIO}/questions?state=spam", "creator"),
    Place("studio-drafts", f"{STUDIO}/drafts", "creator", "de"),
    Place("studio-draft", f"{STUDIO}?draft={{draft}}", "creator", "de"),
    Place("studio-members", f"{STUDIO}/members", "creator", "de"),
    Place("studio-members-none", f"{STUDIO}/members?q=zzzz", "creator"),
    Place("studio-member", f"{STUDIO}/members/{{member}}", "creator", "de"),
    Place("studio-tiers", f"{STUDIO}/tiers", "creator", "de"),
    Place("studio-tier", f"{STUDIO}/tiers/{{tier}}", "creator", "de"),
    Place("studio-money", f"{STUDIO}/money", "creator", "de"),
    Place("studio-money-pretend", f"{STUDIO}/money?test=1", "creator"),
    Place("studio-money-connect", f"{STUDIO}/money/connect", "creator", "de"),
    Place("studio-money-coupons", f"{STUDIO}/money/coupons", "creator", "de"),
    Place("studio-invites", f"{STUDIO}/invites", "creator", "de"),
    Place("studio-invite", f"{STUDIO}/invites/{{invite}}", "creator", "de"),
    Place("studio-poster", f"{STUDIO}/invites/{{invite}}/poster", "creator", "de"),
    Place("studio-owed", f"{STUDIO}/money/owed", "creator", "de"),
    Place("studio-gifts", f"{STUDIO}/money/gifts", "creator", "de"),
    Place("studio-rooms", f"{STUDIO}/rooms", "creator", "de"),
    Place("studio-room", f"{STUDIO}/rooms/werkstatt", "creator", "de"),
    Place("studio-settings", f"{STUDIO}/settings", "creator", "de"),
    Place("account", "/account", "creator"),
    Place("account-follower", "/account", "free", "de"),
    Place("tip", f"/@{GERMAN}/tip", "free", "de"),
    Place("checkout", "{checkout}", "guest", "de"),
    Place("checkout-member", "{checkout}", "free", "de"),
    Place("sandbox", "{sandbox}", "free"),
    Place("sandbox-card", "{card}", "free"),
    Place("pay", "{pay}", "free", "de"),
    Place("pay-waiting", "{pay_waiting}", "free", "de"),
    Place("account-memberships", "/account/memberships", "free", "de"),
    Place("account-memberships-none", "/account/memberships", "creator"),
    Place("account-membership", "{membership}", "free", "de"),
    Place("account-switch", "{membership}/switch", "free"),
    Place("account-switch-preview", "{switch}", "free", "de"),
    Place("account-cancel", "{membership}/cancel", "free", "de"),
    Place("admin", "/admin", "creator"),
    Place("admin-now", "/admin/now", "creator"),
    Place("admin-accounts", "/admin/accounts", "creator"),
    Place("admin-communities", "/admin/communities", "creator"),
    Place("admin-jobs", "/admin/jobs", "creator"),
    Place("admin-health", "/admin/health", "creator"),
    Place("admin-pages", "/admin/pages", "creator"),
    Place("about", "/about", "guest"),
    Place("terms", "/terms", "guest", "de"),
    Place("contact", "/contact", "guest"),
    Place("error-404", "/@nobody-here", "guest", "en", 404),
    Place("error-404-member", "/@nobody-here", "free", "de", 404),
    Place("api-docs", "/api/docs", "guest"),
)
