"""Brandt Keramik, in German: a potter by the sea who shows what breaks."""

from channel.demo.content import brandt_glazes, brandt_green, brandt_now, brandt_talk
from channel.demo.content.cast import AMARA, MARA, TAREK
from channel.demo.model import DraftPlan, InvitePlan, RoomPlan, TierPlan
from channel.demo.script import Door, Story

TIERS = (
    TierPlan(
        "Zaungast",
        0,
        (
            "Werkstatt, Ofen und Markt, jeden Tag",
            "Reagieren und fragen",
            "Geht, wann du willst",
        ),
        60,
        "Über den Zaun schauen ist umsonst.",
    ),
    TierPlan(
        "Werkbank",
        10,
        (
            "Alles vom Zaungast",
            "Neue Stücke 24 Stunden vor allen anderen",
            "Mitreden, wenn ich feststecke",
            "Zweite Wahl auf dem Markt ab halb neun",
        ),
        32,
        "Bezahlt den Ton.",
    ),
    TierPlan(
        "Ofenkreis",
        20,
        (
            "Alles von der Werkbank",
            "Alle Rezepte, Brennkurven und Irrtümer",
            "Schick dein Probeplättchen, ich sehe es mir an",
            "Einmal im Jahr einen Becher mit deinem Namen unterm Fuß",
        ),
        12,
        "Bezahlt das Gas und die Versuche.",
    ),
    TierPlan(
        "Eigenes Fach",
        30,
        (
            "Alles vom Ofenkreis",
            "Ein Fach in jedem großen Brand für ein Stück von dir",
            "Sechs Plätze, mehr Fächer hat der Ofen nicht",
        ),
        85,
        "Für Leute, die selbst drehen und keinen Gasofen in der Wohnung haben.",
    ),
)

ROOMS = (
    RoomPlan(
        "werkstatt", "Werkstatt", "Jeden Tag: was gelingt, was bricht und was als Nächstes in den Ofen kommt."
    ),
    RoomPlan("ofen", "Ofenprotokoll", "Jeder Brand mit Zahlen. Eingesetzt, heil, Scherben."),
    RoomPlan("markt", "Markt & Termine", "Wo wir stehen, wann die Tür offen ist, und was davon übrig blieb."),
    RoomPlan(
        "rezepte", "Ofenkreis", "Glasuren, Brennkurven und die Fehler auf dem Weg dorthin.", min_rank=20
    ),
)

DOORS = (
    Door(InvitePlan("Schild am Marktstand"), 30, since_day=50),
    Door(InvitePlan("Profil-Link"), 26),
    Door(InvitePlan("Zettel im Paket"), 18),
    Door(InvitePlan("Glasurkurs", max_uses=12, tier_rank=20, state="paused"), 8),
    Door(InvitePlan("Presse", max_uses=24, expires_in_days=30, tier_rank=10), 3),
    Door(InvitePlan("Offene Werkstatt", requires_approval=True), 7, since_day=22),
    Door(InvitePlan("Flyer mit Druckfehler", state="revoked"), 2),
)

DRAFTS = (
    DraftPlan(
        "werkstatt", "Warum ich keine Kurse für Junggesellenabschiede mehr gebe, in drei Scherben:\n\n1. "
    ),
    DraftPlan(
        "rezepte",
        "**Nr. 8?** Dieselbe Glasur auf dunklem Ton. Nur eine Idee, noch nichts gebrannt, bitte nicht",
    ),
)

STORY = Story(
    handle="brandtkeramik",
    name="Brandt Keramik",
    about=(
        "Töpferin in Warnemünde. Ich drehe unter der Woche, brenne sonntags und zeige auch, was bricht. Seit ein paar Monaten jage ich ein Seladon, "
        "das so grün ist wie ein Flaschenboden gegen den Himmel. Hier steht alles zuerst, mit Zahlen, Scherben und Katze."
    ),
    hue=32,
    cover="art:shelf",
    avatar="art:bowl",
    language="de",
    owner=MARA,
    co_workers=((TAREK, "editor"), (AMARA, "moderator")),
    tiers=TIERS,
    rooms=ROOMS,
    doors=DOORS,
    crowd=((0, 40), (10, 22), (20, 10), (30, 5)),
    requests=3,
    speaks=("german", "german", "german", "nordic", "turkish", "polish", "global"),
    drafts=DRAFTS,
    notes=brandt_glazes.NOTES + brandt_green.NOTES + brandt_now.NOTES,
    talk=brandt_talk.TALK,
)
