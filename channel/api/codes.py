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
    "post_locked": Code(403, "Your tier does not open this post, nor what is said about it."),
    "join_first": Code(403, "Members of the community may do this: join it."),
    "muted": Code(403, "You are muted: `detail` says until when and why."),
    "comments_off": Code(403, "Nobody comments in this room or under this post."),
    "comments_closed": Code(403, "The days in which one could comment on the post are over."),
    "rank_too_low": Code(403, "The room lets members of a higher tier comment."),
    "too_new": Code(403, "The room lets those comment who joined some days ago."),
    "rank": Code(403, "The other person's role is as high as yours or higher."),
    "community_closed": Code(
        403, "The community is closed: no posts, no invites. As 409: it takes nobody in."
    ),
    "tier_too_low": Code(403, "Your tier reads this, and does not take part in it."),
    "banned": Code(403, "This account is banned from the community."),
    "suspended": Code(403, "This account is suspended on the whole server."),
    "reactions_off": Code(403, "The room takes no reactions, or not this emoji."),
    "cross_site": Code(403, "A session cookie came from another site. Use a token there."),
    "not_found": Code(404, "Does not exist, or you may not know that it does."),
    "method_not_allowed": Code(405, "See the header Allow."),
    "conflict": Code(409, "The world moved on: look again."),
    "edited_meanwhile": Code(409, "The post is at another revision than the one you changed."),
    "too_many_edits": Code(409, "A post can be edited 500 times."),
    "too_many_reactions": Code(
        409, "An account reacts to a post with at most 3 emoji, and all together with at most 20."
    ),
    "too_many_pins": Code(409, "Ten posts of a room can be pinned."),
    "too_many_rooms": Code(409, "A community has at most 100 rooms."),
    "too_many_tiers": Code(409, "A community has at most 50 tiers."),
    "too_many_invites": Code(409, "A community has at most 1,000 open invites."),
    "too_many_owned": Code(409, "An account owns at most 100 communities."),
    "poll_closed": Code(409, "Nobody votes in this poll any more."),
    "poll_open": Code(409, "The tally is published when the poll has ended."),
    "already_voted": Code(409, "You have voted, and in this poll a vote is final."),
    "vote_final": Code(409, "In this poll a vote cannot be taken back."),
    "receipt_needed": Code(409, "You have voted in an anonymous poll: changing that needs your code."),
    "last_room": Code(409, "A community keeps at least one room."),
    "free_tier": Code(409, "The free tier stays."),
    "tier_in_use": Code(409, "Members have this tier: give them another one first."),
    "tier_sold": Code(409, "The tier was sold: archive it instead."),
    "too_many_prices": Code(409, "A tier has at most 30 prices."),
    "owner": Code(409, "The owner cannot leave: transfer the community first."),
    "not_owner": Code(409, "The community has another owner now."),
    "not_a_member": Code(409, "The person is not in the community."),
    "not_muted": Code(409, "The person is not muted."),
    "not_held": Code(409, "The comment does not wait for approval any more: it was removed."),
    "not_banned": Code(409, "The person is not banned."),
    "not_in_that_state": Code(409, "There is no way from the member's state to the one you asked for."),
    "deleted": Code(409, "The community is deleted: undo that first."),
    "staff": Code(409, "Who runs the community has nothing to buy in it."),
    "have": Code(409, "The tier is the account's for good."),
    "included": Code(409, "The account has a higher tier."),
    "paying": Code(409, "A subscription runs here already: switch or end it first."),
    "archived": Code(409, "The tier is not given to anybody new."),
    "not_sold": Code(409, "The tier cannot be bought at the moment."),
    "requested": Code(409, "The account has asked to join, and waits for a yes."),
    "approval": Code(409, "Joining needs a yes: ask to join first."),
    "tier_full": Code(409, "All seats of the tier are taken."),
    "coupon_used": Code(409, "The account has used this code before."),
    "coupon_used_up": Code(409, "The code is not valid any more."),
    "no_such_provider": Code(409, "The server does not offer this way to pay."),
    "provider_off": Code(409, "The creator has switched this way to pay off."),
    "provider_key": Code(403, "The provider refuses the creator's key, who is told of it."),
    "provider_refused": Code(409, "The provider refuses what was asked of it, and says why."),
    "begun_before": Code(409, "Begun before with other details: start again."),
    "checkout_over": Code(409, "The checkout is over: order again."),
    "not_running": Code(409, "Only what runs can be ended."),
    "ended": Code(409, "The subscription has ended: buy again."),
    "price_change_runs": Code(409, "Who pays this price has been asked for another one already."),
    "price_change_over": Code(409, "The change of price was carried out or called off, or was never asked."),
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
