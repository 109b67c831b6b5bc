"""The words that scripts show: printed into every page in its language, read by static/js/words.js.

Holes are {named}; a key ending in _one or _other is chosen by the number {n}.
"""

from collections.abc import Callable
from typing import Final

from channel.i18n import noop as N_

_FEED: Final = {
    "today": N_("Today"),
    "any_moment": N_("any moment now"),
    "yesterday": N_("Yesterday"),
    "now": N_("now"),
    "unread": N_("unread"),
    "unread_line": N_("New posts"),
    "new_below_one": N_("{n} new"),
    "new_below_other": N_("{n} new"),
    "newest": N_("Newest"),
    "named_one": N_("{n} mention of you"),
    "named_other": N_("{n} mentions of you"),
    "way_back": N_("Back to where you were"),
    "post_arrived": N_("New post by {name}: {text}"),
    "posts_arrived_one": N_("{n} new post"),
    "posts_arrived_other": N_("{n} new posts"),
    "ended": N_("You can no longer read this room."),
    "moved_line_one": N_("{n} message was moved to another topic."),
    "moved_line_other": N_("{n} messages were moved to another topic."),
    "merged_line": N_("This topic was merged into another one. Its messages stand here, in their order."),
    "no_more_unread": N_("Nothing more is unread here."),
    "reconnecting": N_("Connecting again … nothing gets lost"),
    "offline": N_("You are offline. Nothing gets lost."),
    "online": N_("Connected again"),
}

_OFFLINE: Final = {
    "kept_since": N_("Kept on this device, as of {time}."),
    "waits_network": N_("waits for the network"),
    "waits_count_one": N_("{n} thing waits for the network."),
    "waits_count_other": N_("{n} things wait for the network."),
    "not_sent_count_one": N_("{n} thing was not taken."),
    "not_sent_count_other": N_("{n} things were not taken."),
    "all_sent": N_("Everything is sent."),
    "view_text": N_("See what it was"),
    "discard": N_("Discard"),
    "voted_for": N_("Your vote: {options}"),
    "shared_no_files": N_("Files cannot be added here. The words came along."),
}

_MEDIA: Final = {
    "attach": N_("Add pictures and files"),
    "attached": N_("{name} is added."),
    "attach_most": N_("A post carries at most 10 pictures and files. Make two posts of it."),
    "describe": N_("Description of {name}"),
    "what_shows": N_("What does it show?"),
    "earlier": N_("Move {name} one place forward"),
    "later": N_("Move {name} one place back"),
    "moved_to": N_("{name} is now number {place} of {count}."),
    "take_off": N_("Remove {name}"),
    "taken_off": N_("{name} is removed."),
    "up_pause": N_("Pause {name}"),
    "up_resume": N_("Go on with {name}"),
    "up_retry": N_("Try {name} again"),
    "up_choose": N_("Choose {name} again"),
    "up_queued": N_("Waits for its turn"),
    "up_sending": N_("{sent} of {size} · {n} %"),
    "up_waiting": N_("Waits for the network, then goes on by itself"),
    "up_paused": N_("Paused at {sent} of {size}"),
    "up_lost": N_(
        "This browser could not keep the file. Choose it again, and it goes on where it stopped: {sent} of {size}."
    ),
    "up_other": N_("That is another file. Choose {name} with {size}, or remove it here."),
    "up_stuck": N_("{name} has not arrived. Go on with it or remove it, then send."),
    "up_held_one": N_("Is sent as soon as {n} file has arrived."),
    "up_held_other": N_("Is sent as soon as {n} files have arrived."),
    "up_unhold": N_("Do not send yet"),
    "picture": N_("Picture"),
    "picture_before": N_("Picture before"),
    "picture_after": N_("Next picture"),
    "made": N_("Being prepared …"),
    "made_so_far": N_("Being prepared: {n} %"),
    "says_ai": N_("Its content credentials say that AI was used. Choose that above if it is so."),
    "made_as_sent": N_(
        "Goes out as it was sent, with all that its device wrote into it: this server has no ffmpeg."
    ),
    "not_clean": N_("The virus scanner does not let this file through. Remove it, and send another one."),
    "not_made": N_("This file could not be prepared. Leave it out, or send it in another format."),
    "caption_alone": N_("Captions belong to a video: add the video first."),
    "captioned": N_("Captions: {language}"),
    "caption_add": N_("Captions"),
    "caption_put": N_("Add them"),
    "caption_language": N_("Language of the captions"),
    "uncaption": N_("Remove the captions: {language}"),
    "uncaptioned": N_("Captions removed: {language}"),
    "record": N_("Record a voice note"),
    "voice_note": N_("Voice note"),
    "recording": N_("Recording"),
    "record_pause": N_("Pause"),
    "record_on": N_("Go on recording"),
    "record_stop": N_("Done"),
    "record_drop": N_("Throw it away"),
    "record_add": N_("Add it"),
    "loudness": N_("Loudness"),
    "no_microphone": N_(
        "The microphone cannot be used. Allow it for this page in your browser, then try again."
    ),
}

_THREAD: Final = {
    "comment_arrived": N_("New comment by {name}"),
    "answer_to": N_("To {name}"),
    "typing": N_("Writing: {names}"),
    "thread_ended": N_("You can no longer read these comments."),
}

_WRITING: Final = {
    "sent": N_("Sent"),
    "sent_to_one": N_("Sent to {n} person"),
    "sent_to_other": N_("Sent to {n} people"),
    "send_to": N_("Send to {n}"),
    "view_post": N_("View post"),
    "waiting": N_("waiting to be sent"),
    "waiting_offline": N_("will be sent when you are online"),
    "not_sent": N_("Not sent. {why}"),
    "retry": N_("Try again"),
    "rewrite": N_("Edit"),
    "outbox_full": N_("Too many posts are waiting to be sent. This one stays in the text field."),
    "draft_saved": N_("Draft saved {time}"),
    "draft_waits": N_("Draft not saved yet"),
    "left_one": N_("{n} character left"),
    "left_other": N_("{n} characters left"),
    "over_limit_one": N_("{n} character too many"),
    "over_limit_other": N_("{n} characters too many"),
    "md_text": N_("text"),
    "md_link": N_("words of the link"),
    "unquote": N_("Do not quote"),
    "names": N_("Whom to name"),
    "names_found_one": N_("{n} name. Choose with the arrow keys."),
    "names_found_other": N_("{n} names. Choose with the arrow keys."),
    "people_one": N_("{n} person"),
    "people_other": N_("{n} people"),
    "notifies_one": N_("Notifies {n} person"),
    "notifies_other": N_("Notifies {n} people"),
}

_MENU: Final = {
    "post_menu": N_("What to do with this post"),
    "react": N_("React"),
    "who_reacted": N_("Who reacted"),
    "reacted": N_("You reacted with {emoji}"),
    "unreacted": N_("You took {emoji} back"),
    "not_reacted": N_("Your reaction was not saved. {why}"),
    "reaction_count": N_("{emoji}, {n}"),
    "reaction_yours": N_("{emoji}, {n}, yours too"),
    "unreached": N_("The server cannot be reached."),
    "join_to_react": N_("Join to react"),
    "join": N_("Join"),
    "copy_link": N_("Copy link"),
    "copy_text": N_("Copy text"),
    "share": N_("Share"),
    "quote": N_("Quote"),
    "history": N_("Earlier versions"),
    "edit": N_("Edit"),
    "pin": N_("Pin"),
    "unpin": N_("Unpin"),
    "delete": N_("Delete"),
    "delete_question": N_("Delete this post?"),
    "delete_more": N_("Readers will see that something was deleted here. It cannot be brought back."),
    "mark_answer": N_("This answers it …"),
    "move_messages": N_("Move …"),
    "voted": N_("Your vote counts"),
    "unvoted": N_("Vote taken back"),
    "questions_one": N_("{n} question"),
    "questions_other": N_("{n} questions"),
    "pinned": N_("Pinned"),
    "unpinned": N_("No longer pinned"),
    "failed": N_("That did not work. {why}"),
    "cancel": N_("Cancel"),
    "close": N_("Close"),
    "copied": N_("Copied"),
    "link_copied": N_("Link copied"),
    "text_copied": N_("Text copied"),
    "copy_failed": N_("Your browser does not allow copying. Select the text and copy it yourself."),
    "chosen_one": N_("{n} chosen"),
    "chosen_other": N_("{n} chosen"),
}

_KEYS: Final = {
    "keys": N_("Keys"),
    "palette": N_("Jump to …"),
    "nothing_found": N_("Nothing found"),
    "search_posts": N_("Search for “{words}”"),
    "key_palette": N_("Jump anywhere"),
    "key_next": N_("Next post"),
    "key_previous": N_("Previous post"),
    "key_unread": N_("Next unread"),
    "key_write": N_("Write"),
    "key_answer": N_("Answer the question"),
    "key_done": N_("Done"),
    "key_later": N_("Later"),
    "key_assign": N_("Assign"),
    "key_send": N_("Send"),
    "key_search": N_("Search"),
    "key_end": N_("To the newest post"),
    "key_home": N_("Your rooms"),
    "key_studio": N_("Studio"),
    "key_account": N_("Account"),
    "key_close": N_("Close"),
    "key_help": N_("These keys"),
}

_PASSKEYS: Final = {
    "passkey_cancelled": N_("No passkey was used. You can try again."),
    "passkey_known": N_("This device already has a passkey for your account."),
    "passkey_failed": N_("The passkey did not work. {why}"),
}

_POLLS: Final = {
    "poll_share": N_("{n}%"),
    "poll_votes_one": N_("{n} vote"),
    "poll_votes_other": N_("{n} votes"),
    "poll_change": N_("Change my vote"),
    "poll_yours": N_("Your vote"),
    "poll_right": N_("Right answer"),
    "poll_counted": N_("Your vote is counted"),
    "poll_retracted": N_("Your vote is taken back"),
    "poll_was_right": N_("That is right"),
    "poll_was_wrong": N_("Not quite; the right answer is marked"),
    "poll_code": N_("The code of your vote, to find it in the tally:"),
    "poll_copy_code": N_("Copy the code"),
    "poll_retract": N_("Take my vote back"),
    "poll_end": N_("End the poll"),
    "poll_end_question": N_("End this poll now?"),
    "poll_end_more": N_("Nobody can vote any more, and its results stand. It cannot be opened again."),
}

WORDS: Final[dict[str, str]] = (
    _FEED | _OFFLINE | _MEDIA | _THREAD | _WRITING | _MENU | _KEYS | _PASSKEYS | _POLLS
)


def words(gettext: Callable[[str], str]) -> dict[str, str]:
    """Every key with its words in the language of `gettext`."""
    return {key: gettext(message) for key, message in WORDS.items()}
