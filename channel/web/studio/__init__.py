"""The studio: where a community is run. Each module is one of its places; whoever may enter stands beside its address."""

from starlette.routing import Route

from channel.members import Action
from channel.routing import Handler, Policy, role, route
from channel.web.looks import MAX_FORM_BYTES
from channel.web.studio import (
    attach,
    comments,
    connect,
    coupons,
    cropping,
    desk,
    drafts,
    dropping,
    emotes,
    feeds,
    gifts,
    hooks,
    inbox,
    invites,
    library,
    looks,
    member,
    members,
    money,
    new_price,
    owed,
    polls,
    posts,
    publish,
    questions,
    reach,
    rooms,
    settings,
    talks,
    tiers,
)

ROOT = "/studio/{handle}"
MAX_UPLOAD_BYTES = 2**40  # of the form with files; what each may have is told as it comes

_DESK = role(Action.SEE_STUDIO, "post")
_WRITE = role(Action.POST, "post")
_PIN = role(Action.PIN, "post")
_ANSWER = role(Action.ANSWER, "post")
_SORT = role(Action.MODERATE, "post")
_PEOPLE = role(Action.SEE_MEMBERS, "members")
_MODERATE = role(Action.MODERATE, "members")
_EXPORT = role(Action.EXPORT_MEMBERS, "members")
_INVITE = role(Action.INVITE, "members")
_TIERS = role(Action.EDIT_TIERS)
_ROOMS = role(Action.EDIT_ROOMS)
_MONEY = role(Action.HANDLE_MONEY)
_CONNECT = role(Action.CONNECT_MONEY)
_LOOK = role(Action.EDIT_COMMUNITY)
_OWN = role(Action.CLOSE_COMMUNITY)


def _get(path: str, handler: Handler, policy: Policy) -> Route:
    return route(ROOT + path, handler, policy)


def _post(path: str, handler: Handler, policy: Policy, *, max_body_bytes: int | None = None) -> Route:
    return route(ROOT + path, handler, policy, methods=("POST",), max_body_bytes=max_body_bytes)


ROUTES = [
    _get("", desk.desk, _DESK),
    _get("/inbox", inbox.show, _DESK),
    _post("/inbox", inbox.act, _DESK),
    _get("/messages", talks.listing, _ANSWER),
    _post("/messages", talks.set_box, _LOOK),
    _get("/messages/{id}", talks.show, _ANSWER),
    _post("/messages/{id}", talks.act, _ANSWER),
    _get("/answers", talks.saved_answers, _ANSWER),
    _post("/answers", talks.change_saved, _ANSWER),
    _get("/posts", posts.listing, _DESK),
    _post("/posts", publish.publish, _WRITE),
    _post("/preview", publish.show_preview, _WRITE),
    _post("/media", attach.add, _WRITE, max_body_bytes=MAX_UPLOAD_BYTES),
    _get("/telling", reach.telling, _WRITE),
    _get("/posts/{id}/reach", reach.report, _DESK),
    _get("/posts/{id}", posts.edit_form, _WRITE),
    _post("/posts/{id}", posts.save, _WRITE),
    _post("/posts/{id}/media", posts.attach_files, _WRITE, max_body_bytes=MAX_UPLOAD_BYTES),
    _post("/posts/{id}/delete", posts.delete, _WRITE),
    _post("/posts/{id}/pin", posts.pin, _PIN),
    _post("/posts/{id}/poll/close", polls.close, _WRITE),
    _get("/posts/{id}/poll.csv", polls.table, _WRITE),
    _post("/posts/{id}/prompt", questions.set_prompt, _WRITE),
    _get("/questions", questions.show, _DESK),
    _post("/questions", questions.sort_out, _SORT),
    _post("/questions/box", questions.set_box, _LOOK),
    _post("/questions/{id}/answer", questions.answer, _WRITE),
    _get("/drafts", drafts.listing, _WRITE),
    _post("/drafts", drafts.save, _WRITE),
    _get("/drafts/by-mail", dropping.show, _WRITE),
    _post("/drafts/by-mail", dropping.act, _WRITE),
    _post("/drafts/{id}/delete", drafts.delete, _WRITE),
    _get("/library", library.show, _WRITE),
    _post("/library", library.add, _WRITE, max_body_bytes=MAX_UPLOAD_BYTES),
    _get("/library/{id}", library.show_one, _WRITE),
    _post("/library/{id}", library.save, _WRITE),
    _post("/library/{id}/crop", cropping.crop, _WRITE),
    _post("/library/{id}/chapters", cropping.chapter, _WRITE),
    _post("/library/{id}/replace", library.replace, _WRITE, max_body_bytes=MAX_UPLOAD_BYTES),
    _post("/library/{id}/delete", library.delete, _WRITE),
    _get("/library/{id}/original", library.original, _WRITE),
    _post("/library/{id}/original", library.forget_original, _WRITE),
    _post("/library/{id}/credentials", library.keep_credentials, _WRITE),
    _get("/comments", comments.show, _MODERATE),
    _post("/comments", comments.act, _MODERATE),
    _get("/members", members.show, _PEOPLE),
    _get("/members.csv", members.export, _EXPORT),
    _post("/members/bulk", members.bulk, _PEOPLE),
    _get("/feeds", feeds.show, _PEOPLE),
    _post("/feeds/{id}", feeds.act, _MODERATE),
    _get("/members/{id}", member.show, _PEOPLE),
    _post("/members/{id}", member.act, _PEOPLE),
    _post("/members/{id}/money", member.act_on_money, _MONEY),
    _get("/tiers", tiers.listing, _TIERS),
    _post("/tiers", tiers.create, _TIERS),
    _get("/tiers/{id}", tiers.edit_form, _TIERS),
    _post("/tiers/{id}", tiers.save, _TIERS),
    _post("/tiers/{id}/prices", tiers.offer, _TIERS),
    _post("/tiers/{id}/prices/retire", tiers.retire, _TIERS),
    _get("/tiers/{id}/prices/{price_id}/change", new_price.show, _TIERS),
    _post("/tiers/{id}/prices/{price_id}/change", new_price.ask, _TIERS),
    _post("/tiers/{id}/prices/{price_id}/change/off", new_price.call_off, _TIERS),
    _post("/tiers/{id}/delete", tiers.delete, _TIERS),
    _get("/money/owed", owed.show, _MONEY),
    _post("/money/owed", owed.act, _MONEY),
    _get("/money/gifts", gifts.listing, _MONEY),
    _post("/money/gifts", gifts.create, _MONEY),
    _post("/money/gifts/{id}/revoke", gifts.revoke, _MONEY),
    _get("/money/gifts/cards", gifts.cards, _MONEY),
    _get("/money/gifts/{id}/qr.svg", gifts.code, _MONEY),
    _get("/money", money.show, _MONEY),
    _get("/money.csv", money.export, _MONEY),
    _get("/money/coupons", coupons.listing, _MONEY),
    _post("/money/coupons", coupons.create, _MONEY),
    _post("/money/coupons/{id}", coupons.switch, _MONEY),
    _get("/money/connect", connect.show, _CONNECT),
    _post("/money/connect", connect.act, _CONNECT),
    _get("/invites", invites.listing, _PEOPLE),
    _post("/invites", invites.create, _INVITE),
    _get("/invites/{id}", invites.show, _PEOPLE),
    _post("/invites/{id}/state", invites.switch, _PEOPLE),
    _get("/invites/{id}/qr.svg", invites.code, _PEOPLE),
    _get("/invites/{id}/poster", invites.poster, _PEOPLE),
    _get("/rooms", rooms.listing, _ROOMS),
    _post("/rooms", rooms.create, _ROOMS),
    _get("/rooms/{slug}", rooms.edit_form, _ROOMS),
    _post("/rooms/{slug}", rooms.save, _ROOMS),
    _post("/rooms/{slug}/move", rooms.move, _ROOMS),
    _post("/rooms/{slug}/delete", rooms.delete, _ROOMS),
    _get("/settings", settings.show, _LOOK),
    _post("/settings", settings.save, _LOOK),
    _post("/icon", looks.icon, _LOOK, max_body_bytes=MAX_FORM_BYTES),
    _post("/cover", looks.cover, _LOOK, max_body_bytes=MAX_FORM_BYTES),
    _get("/emoji", emotes.listing, _LOOK),
    _post("/emoji", emotes.add, _LOOK, max_body_bytes=MAX_FORM_BYTES),
    _post("/emoji/{name}", emotes.change, _LOOK),
    _get("/hooks", hooks.listing, _LOOK),
    _post("/hooks", hooks.create, _LOOK),
    _get("/hooks/{id}", hooks.show, _LOOK),
    _post("/hooks/{id}", hooks.act, _LOOK),
    _post("/incoming", hooks.let_in, _LOOK),
    _post("/incoming/{id}", hooks.shut, _LOOK),
    _post("/settings/close", settings.close, _OWN),
    _post("/settings/reopen", settings.reopen, _OWN),
    _post("/settings/delete", settings.delete, _OWN),
    _post("/settings/undo-delete", settings.undo_delete, _OWN),
    _post("/settings/transfer", settings.transfer, _OWN),
]
