"""Brandt Keramik, the last days before the demo was opened."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("werkstatt", 6, "15:20", quotes="jule", text="""
        Jules erste Tasse, die nicht durchgeschnitten wird. Sie hat sie selbst ausgesucht, aus 22. Ich hätte
        dieselbe genommen, habe aber so getan, als müsste ich überlegen.
    """),
    Note("markt", 5, "18:05", pinned=True, text="""
        **Nächster Markt: Samstag, {sat+14}, 9 bis 17 Uhr, wieder am Kran, Stand 41.** Wer in der Werkbank
        oder im Ofenkreis ist und den Pass auf dem Telefon zeigt, darf ab halb neun an die Kiste mit der
        zweiten Wahl.

        Ich bringe die ersten *Ebbe*-Becher mit, dreißig, wenn der Ofen mitspielt. Acht Gewichte. Acht.
    """),
    Note("werkstatt", 4, "11:40", min_rank=30, teaser="""
        Belegung der sechs eigenen Fächer im nächsten Brand: wer was wohin bekommt, und was ich über zwei
        der Stücke denke.
    """, text="""
        Eure Fächer, von oben nach unten:

        | Fach | Was | Meine Meinung |
        |---|---|---|
        | 1 | Teekanne, Deckel extra | Deckel bitte mitbrennen, auf der Kanne, sonst passt er nie wieder |
        | 2 | vier Fliesen | gut |
        | 3 | Eule | sehr gut, Augen durchstechen, sonst platzt sie |
        | 4 | Schale, sehr dick | zwei Tage länger trocknen, sie kommt in den nächsten Brand |
        | 5 | Kerzenhalter | gut, Fuß abwischen |
        | 6 | „Überraschung“ | ich habe hineingesehen, es ist ein Zahnputzbecher, und er ist schön |
    """),
    Note("werkstatt", 3, "10:12", by="tarek", text="""
        Seit wir mit Holzwolle packen: 164 Pakete, **eine** Reklamation. Und da war der Karton von außen
        nass, also war es vermutlich ein Teich. Danke an alle, die die Wolle zurückschicken, aber bitte ohne
        Füllung. Wir haben letzte Woche einen Hamster erwartet, es war dann nur ein Socken.
    """),
    Note("ofen", 2, "07:18", silent=True, text="""
        Brand 6. Brenner an 07:09. 62 Stücke, 30 davon Nr. 7. Fühler geprüft: 1.000 zu 1.001. Wind Süd 2.
    """, key="brand6"),
    Note("ofen", 2, "20:41", """
        Aus um 20:29. Kegel 7 nickt, Kegel 8 steht, Anzeige 1.240. Dreizehn Stunden Flamme ansehen, und am
        Ende dreht man einen Hahn zu.
    """),
    Note("werkstatt", 1, "12:30", """
        Nicht aufmachen.
    """),
    Note("werkstatt", 1, "18:15", """
        Nicht. Aufmachen. Jule hat einen Zettel an die Ofentür gehängt: „Mara, nein.“ Es hat geholfen, ich
        bin zum Sieben gegangen. Acht Liter Nr. 7, und der Finger bleibt grün bis morgen.
    """),
    Note("werkstatt", 1, "19:40", key="kegel", text="""
        Während ich nicht aufmache: ein Rätsel für alle, die neu sind. In jedem Brand stehen drei Kegel nebeneinander,
        und ich sehe nur durch ein Loch von zwei Zentimetern, was sie tun.
    """),
    Note("werkstatt", 0, "-7:30", key="fragen", text="""
        Der Ofen kühlt noch, ich habe Zeit und nasse Füße. **Fragt mich etwas.** Über Glasuren, über Rechnungen, über
        die Katze. Ich antworte bis zum Wochenende, und die klügste Frage bekommt den Becher mit der Maus.
    """),
    Note("rezepte", 0, "-6:10", quotes="nr7", text="""
        Drei von euch haben Nr. 7 nachgebrannt und Plättchen geschickt. Zweimal grün, einmal Regenrinne. Die
        Regenrinne kam mit einer Brennkurve dazu, auf der man sieht, dass erst bei 980 °C reduziert wurde.
        **Vierzig Grad früher anfangen**, dann sehen wir uns nächste Woche wieder.
    """),
    Note("ofen", 0, "-3:20", quotes="brand6", text="""
        **Brand 6, Öffnung bei 81 °C**

        | | eingesetzt | erste Wahl | zweite | Scherben |
        |---|---:|---:|---:|---:|
        | Seladon Nr. 7 | 30 | 28 | 1 | 1 |
        | Tassen links | 12 | 12 | 0 | 0 |
        | Kobalt | 14 | 13 | 1 | 0 |
        | eigene Fächer | 6 | 5 | 0 | 1 |

        Die Scherbe aus den Fächern ist die Eule. Die Augen waren nicht durchgestochen. Ich habe es
        geschrieben.
    """),
    Note("werkstatt", 0, "-2:35", key="heil", text="""
        **Ofen 3 ist auf.** 62 Stücke hinein, 58 erste Wahl heraus. Eine ganze Etage Grün, und als die Tür
        aufging, war es kurz still, sogar Schamotte. Alle Zahlen in #ofen, auch die zwei, die es nicht
        geschafft haben.
    """),
    Note("werkstatt", 0, "-1:25", min_rank=10, opens=((20, 0), (68, None)), teaser="""
        Die 28 neuen Stücke in Nr. 7, alle mit Maßen. Werkbank und Ofenkreis dürfen heute aussuchen, der
        Laden öffnet morgen Mittag.
    """, text="""
        Kurz, weil die Liste lang ist: 10 *Nipp*, 12 *Spring*, 6 Schalen. Die Glasur geht bei allen **bis
        zum Drittel**; ihr habt mit 19 zu 8 entschieden, und ihr hattet recht.

        - *Nipp* 1–10: Nr. 4 hat einen Tropfen, Nr. 9 eine Delle vom Daumen. Meinem.
        - *Spring* 1–12: alle gleich, so gleich es bei mir geht. Nr. 7 ist die mit der Maus, ||bei 1.240 °C
          sterilisiert, mehr geht nicht.||
        - Schalen 1–6: 16 cm, die letzte klingt am längsten.

        Nummer an mich. Tarek packt schon.
    """),
    Note("werkstatt", 0, "-0:22", key="scherbe", quotes="heil", text="""
        Frage an alle, während ich Füße schleife: Aus dem einen zersprungenen Becher könnte man Mosaik
        machen, oder er kommt in die Scherbenkiste zu seinen 18 Vorfahren. Was ist würdiger?
    """),
)
