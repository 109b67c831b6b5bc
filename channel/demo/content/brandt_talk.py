"""Brandt Keramik, what people say to each other about it."""

from channel.demo.talk import Asked, Below, Circle, Letters, Questions, Said, Talk, Thread, Vote

# fmt: off
TALK = Talk(
    emoji="🏺 ❤️ 👏 😂 🔥 💚",
    below=(
        Below("heil", (
            Said("jule", 3, "58 von 62! Ich habe den Zettel von der Ofentür in meinen Kalender geklebt.", (
                Said("", 6, "Der bleibt da kleben. Für den nächsten Brand schreibst du bitte einen neuen."),
                Said("otto", 9, "„Mara, nein“ als Becheraufdruck. Ich nehme zwei."),
            )),
            Said("hanne", 8, "Eine ganze Etage Grün. Das ist die schönste Nachricht, die ich heute im Bus gelesen habe."),
            Said("enno", 14, "Und die zwei, die es nicht geschafft haben? Ich frage für meine Eule.", (
                Said("", 19, "Enno. Es tut mir leid. Die Augen."),
                Said("enno", 22, "Ich habe es gelesen und nicht gemacht. Nächste Eule: Augen zuerst."),
            )),
            Said("fietesfrauchen", 31, "War Schamotte wirklich still?? Hat jemand nachgesehen, ob es ihm gut geht?"),
        )),
        Below("scherbe", (
            Said("suvi", 2, "Mosaik. 18 Vorfahren sind genug, irgendwann braucht auch eine Scherbe Urlaub."),
            Said("otto", 5, "Scherbenkiste. Man reißt Familien nicht auseinander."),
            Said("jonas", 9, "Mosaik im Fensterbrett der Werkstatt, dann sieht die Kiste wenigstens hin."),
        )),
        Below("brand6", (
            Said("lene", 20, "Wind Süd 2 und dreizehn Stunden: schreibt ihr das eigentlich irgendwo zusammen? Ich würde die Kurve gern neben der vom Frühjahr sehen.", (
                Said("tarek", 40, "Liegt als Tabelle bei mir. Ich stelle sie in #ofen, wenn die Holzwolle aus der Tastatur ist."),
            )),
        )),
    ),
    votes=(
        Vote("scherbe", "Was wird aus dem zersprungenen Becher?",
             (("Mosaik im Fensterbrett", 46), ("Scherbenkiste, zu seinen Vorfahren", 38), ("Jule entscheidet", 16)), days=3),
        Vote("kegel", "Welcher Kegel fällt zuerst?", (("Kegel 6", 61), ("Kegel 7", 27), ("Kegel 8", 12)),
             kind="quiz", right=1, explanation="Je kleiner die Nummer, desto früher wird er weich. Kegel 6 nickt bei etwa 1.222 °C."),
    ),
    circles=(
        Circle("tresen", "Am Tresen", "Hier redet ihr. Wir sitzen dabei, mit nassen Händen.", (
            Thread("Eure ersten Stücke", 52, (
                Said("nia", 0, "Meine erste Schale ist fertig und so dick, dass sie einen Sturm überlebt. Wie bekommt ihr die Wand dünn, ohne dass alles umfällt?"),
                Said("jule", 14, "Langsamer drehen, als du denkst, und nach jedem Zug einmal ausatmen. Ernsthaft."),
                Said("amara", 26, "Und lieber dreimal ein bisschen ziehen als einmal viel. Ab der Mitte die Scheibe noch langsamer."),
                Said("nia", 1440, "Dritte Schale: 6 mm statt 14! Ausatmen war es. Danke euch beiden."),
                Said("", 1455, "Sechs Millimeter sind gut. Die erste bitte trotzdem aufheben, die wird in zehn Jahren die wichtigste."),
            ), best=1),
            Thread("Fahrgemeinschaft zum Markt am Kran", 30, (
                Said("hanne", 0, "Fährt jemand aus Richtung Norden am Samstag zum Stand? Ich hätte Platz für zwei und eine Kiste."),
                Said("fietesfrauchen", 22, "Ich würde in Rendsburg zusteigen, mit Hund. Fiete ist ruhig und riecht nur bei Regen."),
                Said("hanne", 29, "Abgemacht, dann hoffen wir auf Sonne. Halb acht am Bahnhof?"),
                Said("fietesfrauchen", 33, "Halb acht. Fiete freut sich auf Schamotte."),
            )),
            Thread("Spülmaschine, ja oder nein", 9, (
                Said("suvi", 0, "Darf *Ebbe* in die Spülmaschine? Mein Mitbewohner fragt nicht, er tut."),
                Said("tarek", 17, "Ja. Nr. 7 ist dicht. Was sie nicht mag, ist der Sturz davor."),
                Said("suvi", 21, "Dann sage ich ihm, die Maschine ist erlaubt und die Schwerkraft verboten."),
                Said("otto", 95, "Meine drei gehen seit zwei Jahren hinein, 55 °C. Kein Kratzer."),
            )),
        )),
        Circle("faecher", "Eigene Fächer", "Für alle mit einem eigenen Fach. Belegung, Trocknen, Trost.", (
            Thread("Wer braucht am Samstag den Schrühbrand?", 20, (
                Said("otto", 0, "Ich hätte zwei Kerzenhalter, lederhart seit gestern. Reicht das?"),
                Said("", 35, "Bis Samstag lederhart ist zu nass, bis Sonntag passt. Ich verschiebe um einen Tag, wenn niemand weint."),
                Said("otto", 41, "Niemand weint."),
            )),
        ), min_rank=30),
    ),
    questions=(
        Questions("fragen", (
            Asked("jule", "Warum brennst du Nr. 7 eigentlich mit Gas und nicht elektrisch? Wegen der Reduktion, oder magst du einfach die Flamme?", 9),
            Asked("pia", "Nimmst du irgendwann wieder Leute für einen Wochenendkurs? Ich würde auch putzen.", 7),
            Asked("suvi", "Wie lange hat es gedauert, bis du von den Bechern leben konntest?", 5, show_name=False),
            Asked("lene", "Welches Stück gibst du nie her?", 4),
        ), days=5),
    ),
    letters=(
        Letters("otto", 30, (
            Said("otto", 0, "Mein Kerzenhalter hat nach dem Schrühbrand einen Haarriss am Fuß. Darf er trotzdem mit in den Glasurbrand?"),
            Said("", 95, "Wenn er beim Klopfen noch klingt, ja. Klingt er dumpf, behalte ihn lieber so. Schick gern ein Bild in die Gruppe."),
            Said("otto", 110, "Er klingt. Danke dir!"),
        )),
        Letters("lene", 6, (
            Said("lene", 0, "Ich schreibe an einem Stück über Handwerk an der Küste. Hättet ihr nächste Woche eine halbe Stunde, gern am Telefon, gern mit Ofengeräusch?"),
        )),
    ),
    saved=(
        ("Pakete", "Wir packen dienstags und freitags. Wenn etwas zerbrochen ankommt, schick uns ein Bild, dann brennen wir es neu."),
        ("Kurse", "Die Termine für das Frühjahr stehen im Januar in #markt, zuerst für die Werkbank."),
    ),
)
