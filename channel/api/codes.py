"""Every `code` that a refusal may carry. They are part of the contract: programs decide by them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """`meaning` is for whoever writes the program."""

    status: int
    meaning: str


CODES: Final[dict[str, Code]] = {
    "malformed": Code(400, "The body is not valid JSON in UTF-8."),
    "unauthorized": Code(401, "No credentials, or none that are still good."),
    "forbidden": Code(403, "Known to you, but beyond your rights."),
    "scope": Code(403, "The token's scopes do not reach that far."),
    "room_locked": Code(403, "Your tier does not open this room."),
    "rank": Code(403, "The other person's role is as high as yours or higher."),
    "community_closed": Code(
        403, "The community is closed: no posts, no invites. As 409: it takes nobody in."
    ),
    "banned": Code(403, "This account is banned from the community."),
    "suspended": Code(403, "This account is suspended on the whole server."),
    "cross_site": Code(403, "A session cookie came from another site. Use a token there."),
    "muted": Code(403, "You are muted in the community: you read on, but do not write."),
    "tier_too_low": Code(403, "Your tier lets you read here, but not ask."),
    "not_found": Code(404, "Does not exist, or you may not know that it does."),
    "method_not_allowed": Code(405, "See the header Allow."),
    "conflict": Code(409, "The world moved on: look again."),
    "edited_meanwhile": Code(409, "The post is at another revision than the one you changed."),
    "too_many_edits": Code(409, "A post can be edited 500 times."),
    "too_many_pins": Code(409, "Ten posts of a room can be pinned."),
    "too_many_rooms": Code(409, "A community has at most 100 rooms."),
    "too_many_tiers": Code(409, "A community has at most 50 tiers."),
    "too_many_invites": Code(409, "A community has at most 1,000 open invites."),
    "too_many_owned": Code(409, "An account owns at most 100 communities."),
    "last_room": Code(409, "A community keeps at least one room."),
    "free_tier": Code(409, "The free tier stays."),
    "tier_in_use": Code(409, "Members have this tier: give them another one first."),
    "tier_sold": Code(409, "The tier was sold: archive it instead."),
    "too_many_prices": Code(409, "A tier has at most 30 prices."),
    "owner": Code(409, "The owner cannot leave: transfer the community first."),
    "not_owner": Code(409, "The community has another owner now."),
    "not_a_member": Code(409, "The person is not in the community."),
    "not_muted": Code(409, "The person is not muted."),
    "not_banned": Code(409, "The person is not banned."),
    "not_in_that_state": Code(409, "There is no way from the member's state to the one you asked for."),
    "prompt_closed": Code(409, "The post takes no more questions and votes."),
    "too_many_questions": Code(409, "Ten of your questions wait there, or no more fit at all."),
    "question_closed": Code(409, "The question is no longer open."),
    "edited_already": Code(409, "A question can be changed once."),
    "own_question": Code(409, "Nobody votes for their own question."),
    "no_votes": Code(409, "There are no votes at that place."),
    "too_many_merged": Code(409, "200 questions can be put to one."),
    "asker_locked_out": Code(409, "Who asked could not read the answer: send `even_if_locked`, or open it."),
    "deleted": Code(409, "The community is deleted: undo that first."),
    "answer_lost": Code(409, "Done before, but the first answer can no longer be shown."),
    "gone": Code(410, "Was here and will not come back."),
    "invite_expired": Code(410, "The invite is too old."),
    "invite_used_up": Code(410, "The invite has been used as often as it may be."),
    "invite_revoked": Code(410, "The invite was taken back. As 409: it cannot be opened again."),
    "invite_paused": Code(410, "The invite is paused; it may come back."),
    "too_large": Code(413, "A body has at most 256 KiB."),
    "unsupported_media_type": Code(415, "Send application/json."),
    "invalid": Code(422, "`errors` names each field and what to do about it."),
    "idempotency_mismatch": Code(422, "The Idempotency-Key was used for another call."),
    "too_many": Code(429, "Wait for Retry-After seconds."),
    "broken": Code(500, "A fault of the server. It is noted under `request_id`."),
    "unavailable": Code(503, "Nothing was saved. Wait for Retry-After seconds and repeat."),
    "disk_full": Code(507, "Nothing was saved: the server's disk is full. Reading goes on."),
}
