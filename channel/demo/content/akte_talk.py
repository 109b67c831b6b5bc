"""Akte Küste, what people say to each other about it."""

from channel.demo.talk import Asked, Below, Circle, Questions, Said, Talk, Thread

# fmt: off
TALK = Talk(
    emoji="👏 👀 ❤️ 🦭 💡",
    below=(
        Below("stopp", (
            Said("dinhan", 8, "„Vorsorglich ausgesetzt“ nach drei Jahren. Ich drucke mir das aus.", (
                Said("jonas", 15, "Bitte mit Datum. Wir haben schon erlebt, dass sich Pressemitteilungen bewegen."),
            )),
            Said("otto", 21, "Danke, dass ihr hingegangen seid. Manchmal ist Zusehen die ganze Arbeit."),
            Said("fietesfrauchen", 64, "Liegt die Geduld jetzt da, wo man sie vom Deich aus sieht?"),
        )),
        Below("ordner", (
            Said("dinhan", 6, "Eintrag 31. Ich sitze auf meinen Händen."),
            Said("otto", 12, "Wird das Inhaltsverzeichnis irgendwann öffentlich, oder bleibt es bei der Anwältin?", (
                Said("", 20, "Öffentlich wird, was zwei unabhängige Quellen hat. Das gilt auch für Inhaltsverzeichnisse."),
            )),
        )),
    ),
    circles=(
        Circle("mitlesen", "Mitlesen", "Fragen, Hinweise zum Verständnis, Zeitungsausschnitte. Keine Namen von Dritten.", (
            Thread("Wie liest man ein Messprotokoll?", 70, (
                Said("fietesfrauchen", 0, "Was heißt „TS“ in der dritten Spalte? Trockensubstanz oder Tiefensonde?"),
                Said("jonas", 30, "Trockensubstanz, in Prozent. Je niedriger, desto mehr Wasser haben sie mitgebaggert. Die Tiefensonde steht nirgends, das ist ja das Problem."),
                Said("fietesfrauchen", 42, "Ah! Dann ergibt Seite 12 plötzlich Sinn."),
            ), best=1),
            Thread("Ausschusssitzung: wer kommt?", 2, (
                Said("otto", 0, "Ich bin da und halte zwei Stühle frei."),
                Said("dinhan", 9, "Ich nehme einen. Bringe Kekse mit, die guten, Jonas hat die Marke verraten."),
                Said("enno", 15, "Bitte denkt daran: mitschreiben ja, filmen erst nach Rückfrage beim Hausmeister."),
            )),
        )),
    ),
    questions=(
        Questions("geduld", (
            Asked("pia", "Wie schützt ihr die Menschen, die mit euch sprechen?", 6),
            Asked("dinhan", "Was kostet eine Recherche wie diese, alles zusammen?", 3),
        )),
    ),
)
