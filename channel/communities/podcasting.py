"""What directories of podcasts want to know of a show: a category out of Apple's list, and where its owner is reached.

The address is one that the creator typed to be published. It is never taken from an account: whose that is chose it to
sign in with, and said so to nobody else. Pure.
"""

from typing import Final

from channel.accounts.model import parse_email
from channel.communities.fields import Check
from channel.errors import Invalid
from channel.i18n import noop as N_

# Apple's list, as all other directories take it, too. Names go into feeds as they stand here.
CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    N_("Arts"): (
        N_("Books"), N_("Design"), N_("Fashion & Beauty"), N_("Food"), N_("Performing Arts"), N_("Visual Arts"),
    ),
    N_("Business"): (
        N_("Careers"), N_("Entrepreneurship"), N_("Investing"), N_("Management"), N_("Marketing"), N_("Non-Profit"),
    ),
    N_("Comedy"): (N_("Comedy Interviews"), N_("Improv"), N_("Stand-Up")),
    N_("Education"): (N_("Courses"), N_("How To"), N_("Language Learning"), N_("Self-Improvement")),
    N_("Fiction"): (N_("Comedy Fiction"), N_("Drama"), N_("Science Fiction")),
    N_("Government"): (),
    N_("Health & Fitness"): (
        N_("Alternative Health"), N_("Fitness"), N_("Medicine"), N_("Mental Health"), N_("Nutrition"), N_("Sexuality"),
    ),
    N_("History"): (),
    N_("Kids & Family"): (
        N_("Education for Kids"), N_("Parenting"), N_("Pets & Animals"), N_("Stories for Kids"),
    ),
    N_("Leisure"): (
        N_("Animation & Manga"), N_("Automotive"), N_("Aviation"), N_("Crafts"), N_("Games"), N_("Hobbies"),
        N_("Home & Garden"), N_("Video Games"),
    ),
    N_("Music"): (N_("Music Commentary"), N_("Music History"), N_("Music Interviews")),
    N_("News"): (
        N_("Business News"), N_("Daily News"), N_("Entertainment News"), N_("News Commentary"), N_("Politics"),
        N_("Sports News"), N_("Tech News"),
    ),
    N_("Religion & Spirituality"): (
        N_("Buddhism"), N_("Christianity"), N_("Hinduism"), N_("Islam"), N_("Judaism"), N_("Religion"),
        N_("Spirituality"),
    ),
    N_("Science"): (
        N_("Astronomy"), N_("Chemistry"), N_("Earth Sciences"), N_("Life Sciences"), N_("Mathematics"),
        N_("Natural Sciences"), N_("Nature"), N_("Physics"), N_("Social Sciences"),
    ),
    N_("Society & Culture"): (
        N_("Documentary"), N_("Personal Journals"), N_("Philosophy"), N_("Places & Travel"), N_("Relationships"),
    ),
    N_("Sports"): (
        N_("Baseball"), N_("Basketball"), N_("Cricket"), N_("Fantasy Sports"), N_("Football"), N_("Golf"),
        N_("Hockey"), N_("Rugby"), "Running", N_("Soccer"), N_("Swimming"), N_("Tennis"), N_("Volleyball"),
        N_("Wilderness"), N_("Wrestling"),
    ),
    N_("Technology"): (),
    N_("True Crime"): (),
    N_("TV & Film"): (
        N_("After Shows"), N_("Film History"), N_("Film Interviews"), N_("Film Reviews"), N_("TV Reviews"),
    ),
}  # fmt: skip
WITHIN: Final = "/"  # between a category and the one within it, as in Arts/Books
ALL: Final = tuple(
    name for top, within in CATEGORIES.items() for name in (top, *(f"{top}{WITHIN}{one}" for one in within))
)
# What they are called on our pages, in words to be translated; "Running" alone is said of a job in the queue.
_CALLED: Final = {"Running": N_("Running and jogging")}
OFFERED: Final = tuple(
    (name, tuple(_CALLED.get(part, part) for part in name.split(WITHIN))) for name in ALL
)  # with the words of each
UNSAID: Final = "Society & Culture"  # one must stand in a feed: where nobody chose, the widest


def _category(value: str) -> str:
    if value and value not in ALL:
        raise Invalid(podcast_category="Choose one of the categories.")
    return value


def _email(value: str) -> str:
    try:
        return parse_email(value) if value.strip() else ""
    except Invalid as problem:  # it speaks of the field it knows
        raise Invalid(podcast_email=problem.detail) from problem


CHECKS: Final[dict[str, Check]] = {"podcast_category": _category, "podcast_email": _email}
