"""Akte Küste, the second half: a ship called Patience, four hundred and twelve pages, and part one."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("werkraum", 46, "15:25", by="jonas", text="""
        Schiffe dieser Größe senden alle paar Sekunden ihre Position. Das Baggerschiff heißt *Geduld*, und
        ich habe 60 Tage davon geladen. Die Lücken:

        | | Reisen | davon mit Funkstille | Dauer im Schnitt |
        |---|---:|---:|---:|
        | tagsüber | 71 | 0 | – |
        | nachts | 48 | 14 | 41 Minuten |

        Alle 14 Lücken beginnen zwischen Meile 2,6 und 3,4. Das Klappfeld liegt bei Meile 9.

        Vorsicht: Empfang kann ausfallen, an Küsten sowieso. Also habe ich geprüft, ob in denselben Minuten
        *andere* Schiffe dort zu hören waren. Waren sie. Vierzehnmal.
    """),
    Note("dispatch", 45, "10:45", by="siobhan", text="""
        The dredger is called *Geduld*, which means Patience. I would like it noted that I did not make that
        up and that Lene has forbidden me to use it in a headline.

        She makes two runs a night. On fourteen nights out of sixty, she went quiet about three miles out,
        for forty minutes, and came back on the air already facing home. The dumping ground is at nine.

        What we can say: she was silent, and she was quick. What we can’t: what she did there. That needs
        eyes.
    """),
    Note("akte", 41, "11:30", text="""
        Drei Nächte auf dem Deich. Ein Fernrohr, ein Klappstuhl, zwei Leute, ein Heft.

        Erste Nacht: Nebel. Zweite Nacht: nichts, außer dass mir jemand um Viertel nach eins Suppe gebracht
        hat, ein Herr mit Hund, der wissen wollte, ob wir Vögel zählen. Dritte Nacht, Vollmond, 0:52 Uhr:
        Die *Geduld* kommt aus dem Hafen, tief im Wasser. 1:34 Uhr, kurz hinter der Tonne 7: Sie dreht bei.
        1:43 Uhr: Sie fährt zurück, und die rote Wasserlinie, die vorher nicht zu sehen war, ist zu sehen.

        Enno hat dieselben Zeiten in sein eigenes Heft geschrieben. Wir haben erst am Morgen verglichen.
    """),
    Note("beweise", 38, "18:30", text="""
        **Die Deichhefte.** Beide Abschriften nebeneinander, Nacht drei:

        | Uhrzeit | Heft Lene | Heft Enno |
        |---|---|---|
        | 0:52 | läuft aus, tief | läuft aus, „voll“ |
        | 1:33–1:34 | dreht bei | stoppt, dreht |
        | 1:43 | fährt zurück, rot sichtbar | fährt zurück, rot sichtbar |
        | 2:20 | fest | fest, Licht aus |

        Dazu die Funkspur derselben Nacht: still von 1:29 bis 2:08. Enno bittet um den Hinweis, dass die
        Flecken auf Seite 4 Suppe sind.
    """),
    Note("akte", 36, "10:00", silent=True, quotes="nicht", text="""
        Heute nur das: 40 Tage seit dem Antrag, 23 seit dem Widerspruch, der Zettel an der Tür ist ab.
        Nachgefragt, per Brief, per Fax, per Fax mit Sendebericht.
    """),
    Note("akte", 34, "17:40", text="""
        Es gibt jetzt eine zweite Quelle. Mehr steht hier nicht, und zwar absichtlich.

        Weil ihr fragt, wie man uns etwas gibt: **auf Papier, ohne Absender, in den Briefkasten.** Keine
        Dienstgeräte, kein Dienst-WLAN, keine Mail von der Arbeit. Wer zögert, hat recht damit. Wir warten.
        Das Schiff heißt ja auch so.
    """),
    Note("akte", 31, "12:10", key="anwalt", text="""
        Post von einer Kanzlei, vier Seiten, im Auftrag der Firma K. Wir sollen bis {+3} unterlassen zu
        behaupten, Firma K. habe Gutachten gefälscht.

        Das haben wir nie behauptet. Wir haben alle Beiträge noch einmal gelesen, mit einer Anwältin, mit
        Lineal. **Geändert: nichts.** Geantwortet: höflich. Beigelegt: unsere Fragen 1 bis 23, auf die wir
        uns ebenfalls bis {+3} freuen.
    """),
    Note("dispatch", 30, "10:20", by="siobhan", text="""
        On being written to by lawyers: the paper is very thick. There’s a smell of cedar. You’re accused of
        something you didn’t say, in sentences so long that by the end you half want to have said it.

        Our lawyer read it twice, underlined one comma, and asked for the biscuits. We’re fine. If that
        changes, you’ll read it here before you read it anywhere else.
    """),
    Note("akte", 27, "16:05", quotes="anwalt", text="""
        Frist für die 23 Fragen: gestern. Antworten: eine. Auf Frage 17 („Wie viele Proben wurden
        genommen?“) schreibt Firma K.: „**Ausreichend viele.**“
    """, earlier="""
        Frist für die 23 Fragen: gestern. Antworten: eine. Auf Frage 16 („Wie viele Proben wurden
        genommen?“) schreibt Firma K.: „**Ausreichend viele.**“
    """),
    Note("werkraum", 24, "14:55", ai="assisted", text="""
        Der Widerspruch hat gewirkt. Heute früh standen zwei Kartons vor der Tür: **412 Seiten, auf Papier,
        einseitig, ungelocht, nicht in der richtigen Reihenfolge.**

        Zum Einlesen benutzen wir Texterkennung, und ein Sprachmodell auf unserem eigenen Rechner schlägt
        vor, welche Seiten zusammengehören. Entschieden wird von Hand. Zitiert wird nur, was jemand auf
        Papier gesehen hat. Dieser Beitrag trägt das Etikett, weil die Liste unten so entstanden ist:

        - 188 Seiten Schriftwechsel
        - 131 Seiten Messprotokolle
        - 60 Seiten Rechnungen
        - 33 Seiten komplett schwarz
    """),
    Note("dispatch", 22, "11:50", by="siobhan", text="""
        Four hundred and twelve pages, eleven volunteers, one long table. Thirty-three pages are entirely
        black. Somebody has redacted the page *numbers*. Somebody has also redacted a recipe for plum cake,
        badly, so that we know the oven temperature but not the plums.

        By evening a retired customs officer had found the pages are out of order in a *pattern*: they were
        dropped, once, and picked up by a left-handed person. I have no idea if it’s true. It sorted the
        box.
    """),
    Note("akte", 20, "09:48", text="""
        **Seite 268.** Eine Rechnung über die Probenahme im dritten Jahr: ein Tag, zwei Mann, „Entnahme von
        Bord der *Geduld*“, mit Datum.

        Auf Seite 391 liegt eine andere Rechnung, von einer Werft, 140 Kilometer entfernt. Für denselben
        Tag. *Geduld*, Trockendock, Tag 6 von 11.

        *Wir wissen:* Ein Schiff kann nicht gleichzeitig im Dock stehen und im Hafen Proben nehmen.\\
        *Wir vermuten:* Die Probe gibt es nicht.\\
        *Wir wissen nicht:* ob sich jemand im Datum geirrt hat. Danach haben wir heute alle drei Beteiligten
        gefragt, mit Frist.
    """),
    Note("akte", 17, "18:12", min_rank=20, teaser="""
        Seite 268 und Seite 391 nebeneinander, mit allem, was wir schwärzen mussten, und der Begründung,
        warum.
    """, text="""
        Was auf den beiden Rechnungen steht, Zeile für Zeile; geschwärzt haben wir nur Kontonummern und zwei
        Vornamen:

        | | S. 268 | S. 391 |
        |---|---|---|
        | Aussteller | Firma K. | Werft |
        | Leistung | Probenahme, ein Tag | Docken, Tag 6 |
        | Ort | Wittersiel, Hafen | Dock 2 |
        | Schiff | *Geduld* | *Geduld* |
        | abgezeichnet | „sachlich richtig“, Kürzel | „sachlich richtig“, **dasselbe Kürzel** |

        Das Kürzel kennen wir. Die Person hat bis Montag Zeit und hat am Telefon sehr lange nichts gesagt.
    """),
    Note("werkraum", 15, "13:30", text="""
        Prüftag. Drei Leute, die den Text nicht geschrieben haben, gehen ihn Satz für Satz durch.

        | | Sätze |
        |---|---:|
        | insgesamt | 196 |
        | belegt mit Papier | 151 |
        | belegt mit zwei Zeugen | 22 |
        | gestrichen, zu schwach | 14 |
        | gestrichen, zu schön | 9 |

        Die neun tun weh. Siobhan hat um einen davon gekämpft, mit Würde, und verloren.
    """),
    Note("akte", 13, "10:15", text="""
        **Teil eins erscheint am Donnerstag, {+3}, um 9 Uhr.** Zuerst hier, für alle, ohne Schranke. Wer
        zahlt, bekommt die Unterlagen dazu, nicht die Nachricht. Das war immer die Abmachung.
    """),
    Note("akte", 10, "09:00", pinned=True, key="eins", text="""
        ## Dreimal derselbe Schlick

        Der Hafen Wittersiel lässt seit Jahren Baggergut verklappen, das nach unseren Messungen mit einem
        Werftgift belastet ist. Die Gutachten, die es für sauber erklären, enthalten in drei Jahren
        dieselben Zahlen. Eine der zugehörigen Proben soll an Bord eines Schiffes genommen worden sein, das
        an diesem Tag im Trockendock stand.

        **Was wir belegen können**

        - Elf von vierzehn Messwerten sind in drei Jahren identisch.
        - Vier unserer fünf Hafenproben liegen beim Drei- bis Vierfachen des Richtwerts. Die Vergleichsprobe
          oberhalb liegt bei 4.
        - In 14 von 60 Nächten schwieg der Sender der *Geduld* drei Meilen vor der Küste; in einer davon
          haben zwei Leute unabhängig gesehen, wie das Schiff dort leer wurde.
        - Beide Rechnungen für denselben Tag hat dieselbe Person abgezeichnet.

        **Was wir nicht belegen können**

        - Wer die Zahlen übernommen hat und ob mit Absicht.
        - Wie viel verklappt wurde und wo genau.
        - Dass jemand im Hafenamt es wusste. Das Amt sagt: nein. Das drucken wir.

        Firma K. hat auf 22 von 23 Fragen nicht geantwortet. Die Person mit dem Kürzel hat geantwortet, und
        zwar ausführlich. Davon handelt Teil zwei.
    """),
    Note("dispatch", 10, "09:05", by="siobhan", text="""
        **The same mud, three times: part one is out.** In short: three years of lab reports share eleven of
        fourteen numbers. Our own jars came back at three to four times the limit. And one official sample
        was taken aboard a ship that was, that day, standing in a dry dock 140 kilometres away with no water
        under it.

        It’s free to read, all of it, in #akte in German and on
        [aktekueste.example/en](https://aktekueste.example/en) in mine. If you find an error, it’s the best
        thing you can send us.
    """),
    Note("akte", 8, "12:20", quotes="eins", text="""
        Zwei Tage danach. 214 Zuschriften, davon 190 freundlich, 17 mit Hinweisen, sechs mit Großbuchstaben.
        Eine vom Mann mit dem Gurkenglas. Er schreibt: „Gut. Jetzt wisst ihr’s auch.“
    """),
    Note("werkraum", 6, "10:30", by="jonas", quotes="fehler", text="""
        Kleine Berichtigung zu Teil eins, der Vollständigkeit halber: Im Absatz über die Werft stand „Dock
        3“. Es ist **Dock 2**. Geändert um 10:12 Uhr, die alte Fassung bleibt einsehbar. Die Achsen stimmen
        diesmal. Ich habe sie meiner Mutter vorgelesen.
    """),
    Note("akte", 5, "16:35", text="""
        Das Hafenamt teilt mit, die Verklappung sei „**bis zur Klärung offener Fragen vorsorglich
        ausgesetzt**“. Die *Geduld* liegt fest. Ich bin hingegangen und habe eine Weile zugesehen, wie sie
        nichts tut.
    """, key="stopp"),
    Note("dispatch", 4, "10:50", by="siobhan", text="""
        They’ve stopped. “As a precaution, until open questions have been clarified.” I’ve been doing this
        for nineteen years and I can count on one hand the times something stopped.

        Nobody here is celebrating; the mud that went out is still out there. But the man who brought the
        jar came by with smoked eel, wrapped in last week’s newspaper. Not ours. He said ours was still
        being read.
    """),
    Note("beweise", 3, "18:20", text="""
        Für die Ablage: die Antwort des Hafenamts im Wortlaut, unsere 23 Fragen mit der einen Antwort, und
        eine Liste aller 131 Messprotokolle mit unserer Einschätzung (grün, gelb, „bitte?“). Gelb sind 40,
        „bitte?“ sind elf.
    """),
    Note("akte", 2, "11:05", min_rank=10, teaser="""
        Wie Teil zwei entsteht: das Gespräch mit der Person, die beide Rechnungen abgezeichnet hat. Noch
        ohne das, was sie gesagt hat.
    """, text="""
        Wir haben sie in ihrer Küche getroffen, viereinhalb Stunden. Sie hatte alles ausgedruckt, auch
        unsere Beiträge, und mit Bleistift Häkchen gemacht. An zwei Stellen stand ein Fragezeichen. An einer
        davon hatte sie recht.

        Sie liest jetzt ihre Zitate gegen. Das dauert, so lange es dauert. Zwei Dinge kann ich sagen: Sie
        hat nicht um Mitleid gebeten, und es gibt einen **Ordner**.
    """),
    Note("werkraum", 1, "14:10", silent=True, text="""
        Neu an der Tür: ein zweiter Zettel. „Ordner“, darunter ein Datum, das wir noch nicht verraten. Jonas
        hat Kekse gekauft, die guten.
    """),
    Note("akte", 1, "18:20", key="geduld", text="""
        Am Sonntag beantworten wir eure Fragen zur Arbeit an der Akte, zu dritt, mit Tee. Nicht zu dem, was noch nicht
        belegt ist. Schreibt sie hier darunter, und stimmt für die der anderen.
    """),
    Note("dispatch", 0, "-8:15", by="siobhan", text="""
        A reader in Aberdeen has sent us eleven years of her late father’s logbooks, because he dredged too,
        and because he wrote down every drop with a little drawing of the weather. Not evidence of anything
        here. I’ve read four of them anyway. *Rain, then a seal.*
    """),
    Note("akte", 0, "-3:05", quotes="stopp", text="""
        Der Umweltausschuss tagt öffentlich: **Donnerstag, {thu+7}, 18 Uhr, Aula der Schule.**
        Tagesordnungspunkt 4 heißt „Verschiedenes“. Das sind wir. Kommt früh, es gibt 120 Stühle, und der
        Hausmeister lässt sich nicht erweichen.
    """),
    Note("beweise", 0, "-1:50", key="ordner", text="""
        **Der Ordner.** Blau, zwei Zentimeter, Handschrift auf dem Rücken. Seit heute liegt eine beglaubigte
        Kopie bei unserer Anwältin. Wir haben das Inhaltsverzeichnis gelesen: 44 Einträge, der älteste neun
        Jahre alt. Eintrag 31 heißt ||„Für den Fall, dass jemand fragt“.||
    """),
    Note("werkraum", 0, "-0:35", by="jonas", text="""
        Ich tippe das Inhaltsverzeichnis ab. Zweimal, unabhängig. Bis morgen Mittag bitte keine Fragen, nur
        Kekse.
    """),
)
