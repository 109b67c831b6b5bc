"""Akte Küste, in German and English: three reporters, one harbour and its mud."""

from channel.demo.content import akte_mud, akte_patience, akte_talk
from channel.demo.content.cast import ENNO, JONAS, LENE, SIOBHAN
from channel.demo.model import DraftPlan, InvitePlan, RoomPlan, TierPlan
from channel.demo.script import Door, Story

TIERS = (
    TierPlan(
        "Strand",
        0,
        (
            "Alles, was wir veröffentlichen, sofort und ohne Schranke",
            "Berichtigungen zuerst",
            "Dispatches in English",
        ),
        205,
        "Lesen ist frei. Immer.",
    ),
    TierPlan(
        "Lotse",
        10,
        (
            "Alles vom Strand",
            "Wie Gespräche zustande kamen, bevor der Text steht",
            "Fragen an uns, wir antworten jede Woche",
        ),
        185,
        "Bezahlt Fahrkarten und Fotokopien.",
    ),
    TierPlan(
        "Leuchtturm",
        20,
        (
            "Alles vom Lotsen",
            "Die Ablage: Unterlagen, Tabellen, Deichhefte",
            "Ein Stuhl am langen Tisch, wenn wieder Kartons kommen",
        ),
        85,
        "Bezahlt die Laborrechnungen.",
    ),
    TierPlan(
        "Rückendeckung",
        30,
        (
            "Alles vom Leuchtturm",
            "Einmal im Jahr alle Zahlen: wofür das Geld war und was es nicht geschafft hat",
        ),
        262,
        "Bezahlt die Anwältin. Hoffentlich selten.",
    ),
)

ROOMS = (
    RoomPlan("akte", "Die Akte", "Die Recherche, in der Reihenfolge, in der sie passiert."),
    RoomPlan("dispatch", "Dispatches", "The same investigation in English, with different tea."),
    RoomPlan("werkraum", "Werkraum", "Methoden, Anträge, Berichtigungen. Zum Nachmachen und Nachprüfen."),
    RoomPlan(
        "beweise",
        "Beweismittel",
        "Unterlagen, Tabellen und Deichhefte, mit unseren Anmerkungen.",
        min_rank=20,
    ),
)

DOORS = (
    Door(InvitePlan("Zeitung am Kiosk"), 14, since_day=10),
    Door(InvitePlan("English edition"), 12),
    Door(InvitePlan("Vortrag in der Aula", max_uses=120), 10),
    Door(InvitePlan("Langer Tisch", max_uses=11, tier_rank=20), 5, since_day=22),
    Door(InvitePlan("Redaktionen", max_uses=20, expires_in_days=14, tier_rank=10), 3),
    Door(InvitePlan("Hinweisgeber-Kontakt", requires_approval=True, state="paused"), 0),
    Door(InvitePlan("Mitmachen", requires_approval=True), 3),
)

DRAFTS = (
    DraftPlan("akte", "# Eintrag 31\n\nSie hat das Blatt neun Jahre lang aufgehoben. Auf die Frage, warum, "),
    DraftPlan("dispatch", "The folder is blue. I know Lene has asked me not to describe the folder, but"),
)

STORY = Story(
    handle="aktekueste",
    name="Akte Küste",
    about=(
        "Drei Leute, ein Hafen, 90.000 Kubikmeter Schlick im Jahr. Wir schreiben auf, was wir wissen, was wir vermuten und "
        "was wir nicht wissen. *Investigations from a cold coast, in German and in English: reading is free, evidence costs "
        "us lab fees.*"
    ),
    hue=205,
    cover="art:coast",
    avatar="art:mountains",
    language="de",
    owner=LENE,
    co_workers=((JONAS, "editor"), (SIOBHAN, "editor"), (ENNO, "moderator")),
    tiers=TIERS,
    rooms=ROOMS,
    doors=DOORS,
    crowd=((0, 18), (10, 11), (20, 8), (30, 2)),
    requests=2,
    speaks=("german", "german", "english", "nordic", "dutch", "turkish", "global"),
    drafts=DRAFTS,
    notes=akte_mud.NOTES + akte_patience.NOTES,
    talk=akte_talk.TALK,
)
