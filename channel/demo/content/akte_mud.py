"""Akte Küste, the first half: a jar of mud, three identical lab reports and one mistake of our own."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("akte", 82, "09:02", pinned=True, text="""
        **Worum es hier geht.** In Wittersiel wird der Hafen ausgebaggert, jedes Jahr rund 90.000 Kubikmeter
        Schlick. Er wird auf See verklappt, weil er laut Gutachten sauber ist. Wir haben Grund, das zu
        prüfen.

        So arbeiten wir:

        - Wir schreiben auf, was wir **wissen**, was wir **vermuten** und was wir **nicht wissen**. In
          dieser Reihenfolge und getrennt.
        - Fehler stehen in #werkraum, oben angeheftet, mit Datum. Nicht am Ende, nicht klein.
        - Firmen und Leute heißen hier mit Buchstaben, bis sie antworten konnten.
        - Auf Englisch schreibt Siobhan in #dispatch. Das ist keine Übersetzung, sondern dieselbe Recherche
          mit anderem Tee.

        Unterlagen liegen in #beweise. Die Leuchttürme bezahlen dafür die Laborrechnungen.
    """),
    Note("dispatch", 82, "10:31", by="siobhan", pinned=True, text="""
        **What this is.** A small harbour on a cold coast digs up its mud every year and drops it in the
        sea. The mud is certified clean. A man who fishes there says it smells of paint.

        I’m Siobhan. Lene does the asking, Jonas does the counting, and I write it in English for those of
        you who live on the other side of the same water. I’ll say so when I am quoting, when I am guessing,
        and when I’ve been wrong, which I date.
    """),
    Note("akte", 80, "11:15", text="""
        Das Glas steht auf meinem Schreibtisch, zwischen Telefon und Topfpflanze. Es ist ein Gurkenglas, das
        Etikett ist noch dran. Darin ist etwas Schwarzes, das sich auch nach zwei Tagen nicht abgesetzt hat.

        Der Mann, der es gebracht hat, fischt seit 31 Jahren vor Wittersiel. Er wollte keinen Kaffee. Er hat
        gesagt: „Macht das mal auf, aber nicht hier drin.“ Wir haben es auf dem Parkplatz aufgemacht. Es
        riecht nach Bootslack.

        **Was das beweist: nichts.** Ein Glas ohne Ort, ohne Uhrzeit und ohne Zeugen ist eine Geschichte,
        keine Probe.
    """),
    Note("werkraum", 76, "14:20", text="""
        Heute ging der Antrag raus. Wer selbst einen stellen will, hier der Kern; er passt auf eine Seite,
        und mehr liest dort niemand:

        ```
        Antrag auf Zugang zu Umweltinformationen

        Ich bitte um Übersendung aller Untersuchungen zu
        Schadstoffen im Baggergut des Hafens Wittersiel aus
        den letzten fünf Jahren, einschließlich
        Probenahmeprotokollen und Schriftwechsel dazu.

        Elektronisch, soweit vorhanden. Sollten einzelne
        Seiten nicht herausgegeben werden, bitte ich um
        Begründung Seite für Seite.
        ```

        Der letzte Satz ist der wichtige. Frist: ein Monat. Wir hängen einen Zettel an die Tür.
    """),
    Note("akte", 73, "17:05", text="""
        Drei Gutachten brauchten gar keinen Antrag. Sie hingen seit Jahren als Anlage 14 im öffentlichen
        Ratsinformationssystem, unter „Sonstiges“, zwischen einer Spielplatzordnung und dem Angebot für
        einen Rasentraktor.

        Jonas liest sie heute Abend. Er hat um Ruhe gebeten und um die guten Kekse.
    """),
    Note("werkraum", 71, "12:40", by="jonas", text="""
        Zu den drei Gutachten. Ich habe die Tabellen abgetippt, zweimal, unabhängig, und dann die
        Unterschiede gesucht. Zwischen meinen beiden Abschriften: einer (Zahlendreher, meiner). **Zwischen
        den drei Gutachten aus drei Jahren: auch fast keiner.**

        | Stoff (mg/kg) | Jahr 1 | Jahr 2 | Jahr 3 |
        |---|---:|---:|---:|
        | Tributylzinn | 0,0731 | 0,0731 | 0,0731 |
        | Blei | 38,2 | 38,2 | 38,2 |
        | Zink | 164 | 164 | 167 |
        | Quecksilber | 0,219 | 0,219 | 0,219 |

        Elf von vierzehn Werten sind bis auf die letzte Stelle gleich. Schlick ist kein Leitungswasser. Zwei
        Eimer vom selben Tag unterscheiden sich stärker.
    """),
    Note("akte", 69, "09:30", text="""
        **0,0731.** Diese Zahl steht in drei Gutachten aus drei aufeinanderfolgenden Jahren. Der Richtwert,
        ab dem nicht mehr verklappt werden darf, liegt bei 0,1.

        *Wir wissen:* Die Berichte haben verschiedene Daten, verschiedene Auftragsnummern und dieselbe
        Unterschrift.\\
        *Wir vermuten:* Es wurde einmal gemessen und dreimal berichtet.\\
        *Wir wissen nicht:* von wem, für wen und ob das Hafenamt es gemerkt hat. Es gibt dafür auch
        langweilige Erklärungen, und wir fragen zuerst nach denen.
    """),
    Note("dispatch", 68, "10:12", by="siobhan", text="""
        **The same mud, three times.** Imagine stepping on the scales on your birthday three years running
        and weighing 73.1 kilos, to the gram, with eleven of your fourteen other measurements also
        unchanged, shoe size included.

        You might be very disciplined. Or you might be reading an old bit of paper.

        Jonas typed out every table twice before he’d let me say this. I have rarely seen a man so unhappy
        to find a pattern.
    """),
    Note("beweise", 66, "18:00", text="""
        **Neu in der Ablage**

        1. Gutachten A, B, C mit unseren Markierungen
        2. Jonas’ Abschriften, beide, samt Fehler
        3. Vergleichstabelle, 14 Stoffe, drei Jahre
        4. Dateieigenschaften: B und C wurden laut Zeitstempel mit derselben Vorlage **41 Minuten
           nacheinander** gespeichert, obwohl ein Jahr dazwischenliegen soll

        Zu Nr. 4 bitte noch nichts weitersagen. Zeitstempel können auch vom Umzug auf einen neuen Rechner
        stammen. Das klären wir.
    """),
    Note("werkraum", 62, "16:48", text="""
        Wie man eine Probe nimmt, die hält, wenn jemand an ihr zieht:

        1. Zwei Leute, einer davon nicht von uns (danke, Enno, und danke dem Pastor).
        2. Ort auf drei Meter genau, Uhrzeit, Tide, Foto mit Zettel.
        3. Gläser vom Labor, nicht aus der Küche. Füllen, verschließen, Siegel, Unterschrift quer darüber.
        4. Kühlkette. Unsere Kühlbox war zu klein, deshalb standen zwei Gläser über Nacht bei der Nachbarin,
           versiegelt, im Gemüsefach. Sie hat ein Protokoll unterschrieben und eine Torte verschoben.
        5. Eine Probe von oberhalb des Hafens, wo nichts sein dürfte. Ohne die ist alles andere wertlos.

        Sechs Gläser sind unterwegs. Ergebnis in etwa zehn Tagen.
    """),
    Note("akte", 59, "13:37", key="nicht", text="""
        Das Hafenamt hat geantwortet, 13 Tage vor der Frist, drei Zeilen:

        > „Die von Ihnen erbetenen Unterlagen liegen hier nicht vor. Wir bitten um Verständnis.“

        Drei der Unterlagen, die dort nicht vorliegen, tragen den Eingangsstempel des Hafenamts. Wir haben
        heute Widerspruch eingelegt und Kopien der Stempel beigefügt. Verständnis haben wir auch beigefügt.
    """),
    Note("dispatch", 57, "11:20", by="siobhan", text="""
        There is a particular German for *not here*. “Liegt hier nicht vor” doesn’t say the document doesn’t
        exist. It does not say they’ve never seen it. It says that, at this desk, at this moment, it is not
        lying down.

        Lene has asked whether it might be standing.
    """),
    Note("akte", 54, "18:15", min_rank=10, teaser="""
        Ein Nachmittag mit jemandem, der elf Jahre auf Baggerschiffen gefahren ist. Wie man verklappt, wie
        man Wege spart, und woran man es vom Deich aus erkennt.
    """, text="""
        Er hat elf Jahre auf Baggerschiffen gearbeitet, nicht auf diesem, und seinen Namen brauchen wir
        nicht. Er hat uns mit Zuckerstücken auf der Tischdecke erklärt, wie es geht.

        „Du hast ein Klappfeld, das liegt neun Meilen draußen. Neun hin, neun zurück, das sind bei dem
        Wetter vier Stunden. Klappst du nach drei Meilen, schaffst du am Tag eine Reise mehr. Die Klappen
        gehen unten auf, das dauert sieben Minuten. **Von oben sieht man nichts. Von der Seite sieht man,
        dass das Schiff plötzlich einen Meter höher schwimmt.**“

        Er hat zwei Stück Zucker gegessen und gesagt, er behaupte nicht, dass es hier so sei. Wir auch
        nicht. Aber wir wissen jetzt, wohin wir das Fernglas halten müssen.
    """),
    Note("akte", 51, "10:03", text="""
        **Das Labor hat geantwortet.** Tributylzinn, Mikrogramm je Kilo Trockenmasse. Der Richtwert ist 100.

        | Glas | Ort | Wert |
        |---|---|---:|
        | 1 | Hafenbecken Nord | 311 |
        | 2 | Hafenbecken Nord, zweites Glas | 287 |
        | 3 | vor der alten Werft | 402 |
        | 4 | Einfahrt | 96 |
        | 5 | Becken Süd | 355 |
        | 6 | oberhalb des Hafens, zum Vergleich | 4 |

        *Wir wissen:* Vier von fünf Gläsern aus dem Hafen liegen beim Drei- bis Vierfachen dessen, was
        verklappt werden darf. Im Gutachten steht 73.\\
        *Wir wissen nicht:* ob von genau dort gebaggert wurde. Das ist jetzt die Frage.
    """),
    Note("werkraum", 50, "09:10", pinned=True, key="fehler", text="""
        **Berichtigung.** In der Grafik, die wir gestern um 10:40 Uhr verschickt haben, stand an der Achse
        „mg/kg“. Richtig ist **µg/kg**. Das ist ein Faktor von tausend, und er ließ den Hafen aussehen wie
        ein Chemiewerk nach der Explosion.

        Die Tabelle im Beitrag war richtig, die Grafik nicht. Sie war elf Stunden online. Gefunden hat es
        eine Leserin, die Chemie unterrichtet und sehr höflich fragte, ob dort noch jemand lebe.

        Ursache: Ich habe die Grafik nach Mitternacht gebaut. Neue Regel: nach 21 Uhr wird nichts
        veröffentlicht, was Achsen hat. – Jonas
    """, by="jonas"),
)
