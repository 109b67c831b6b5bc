"""Night Ferry, in English: four people, a van called Margaret and a record called Slack Water."""

from channel.demo.content import ferry_now, ferry_studio, ferry_talk, ferry_tour
from channel.demo.content.cast import BRAM, INES, NIA, OONA, YUKI
from channel.demo.model import DraftPlan, InvitePlan, RoomPlan, TierPlan
from channel.demo.script import Door, Story

TIERS = (
    TierPlan(
        "On the quay",
        0,
        (
            "The tour diary and the studio log, as they happen",
            "Dates first, before the posters",
            "Wave us off any time",
        ),
        330,
        "For everyone who came to look at the boats.",
    ),
    TierPlan(
        "Lower deck",
        10,
        (
            "Everything on the quay",
            "The demo vault: lyrics, chords, crossings-out",
            "The record a week early",
            "Two names on the guest list, while the page lasts",
        ),
        358,
        "Pays for diesel.",
    ),
    TierPlan(
        "Upper deck",
        20,
        (
            "Everything on the lower deck",
            "Letters, mix notes and the arguments behind them",
            "The pressing with the handwritten label",
        ),
        262,
        "Pays for studio days. You can see the harbour lights from here.",
    ),
    TierPlan(
        "Crew",
        30,
        (
            "Everything on the upper deck",
            "Packing weekends at the boathouse",
            "Your name in the sleeve, spelled by you",
        ),
        205,
        "Pays for the pressing, and gets lentils.",
    ),
)

ROOMS = (
    RoomPlan("news", "Dates & News", "Dates and facts. Rare on purpose."),
    RoomPlan("tour", "Tour Diary", "From the van, the morning after."),
    RoomPlan("studio", "Studio Log", "Slack Water as it gets made, including what we throw away."),
    RoomPlan("vault", "Demo Vault", "Lyrics, chords and tapes before anyone should see them.", min_rank=10),
)

DOORS = (
    Door(InvitePlan("Merch table card"), 26, since_day=58),
    Door(InvitePlan("Ports tour poster"), 16, since_day=69),
    Door(InvitePlan("Link in bio"), 14),
    Door(InvitePlan("Lorry drivers of the canteen", max_uses=38, tier_rank=10), 6, since_day=48),
    Door(InvitePlan("Press and radio", max_uses=30, expires_in_days=21, tier_rank=20), 3),
    Door(InvitePlan("Crew applications", requires_approval=True), 3),
    Door(InvitePlan("Hamburg, old flyer", state="revoked"), 3),
)

DRAFTS = (
    DraftPlan(
        "tour",
        "Things Margaret has been mistaken for:\n\n- an ice-cream van (Ghent)\n- a police matter (Kiel)\n- ",
    ),
    DraftPlan(
        "studio",
        "On the second record already? No. But there is a riff. It is in 7 and Bram must not know until",
    ),
)

STORY = Story(
    handle="nightferry",
    name="Night Ferry",
    about=(
        "Four people, one van, songs about leaving places slowly. We are finishing a record called *Slack Water* in a boathouse "
        "with a fridge problem. Here you get the diary, the dead ends and the dates, in the order they happen."
    ),
    hue=358,
    cover="art:concert",
    avatar="art:concert",
    language="en",
    owner=NIA,
    co_workers=((BRAM, "admin"), (YUKI, "editor"), (INES, "editor"), (OONA, "moderator")),
    tiers=TIERS,
    rooms=ROOMS,
    doors=DOORS,
    crowd=((0, 26), (10, 16), (20, 9), (30, 3)),
    requests=2,
    speaks=("english", "english", "nordic", "dutch", "german", "global", "global"),
    drafts=DRAFTS,
    notes=ferry_tour.NOTES + ferry_studio.NOTES + ferry_now.NOTES,
    talk=ferry_talk.TALK,
)
