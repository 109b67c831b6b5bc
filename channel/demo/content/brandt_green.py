"""Brandt Keramik, the second half: the thermocouple, Seladon Nr. 7, eighty-four plates and an open door."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("ofen", 45, "17:20", quotes="brand3", text="""
        **Es ist das Thermoelement.** Ich habe mir vom Kollegen in der Hafenstraße ein zweites geliehen und
        beide nebeneinander in den kleinen Ofen gehängt. Seins: 1.024 °C. Meins: 1.001 °C.

        Bei tausend Grad 23 zu wenig, oben heraus wird es eher mehr. Ich habe also seit Monaten mindestens
        20 Grad heißer gebrannt, als ich dachte. Kobalt gelaufen, Platten verklebt, und vermutlich auch ein
        Teil der verzogenen Teller: alles derselbe Draht.
    """),
    Note("werkstatt", 45, "17:46", """
        Das Ersatzteil ist so groß wie ein Bleistift. Wer den Fühler vor sechs Jahren eingebaut und seitdem
        nie geprüft hat? ||Ich. Es steht sogar mein Name auf dem Klebeband.||
    """),
    Note("werkstatt", 43, "15:04", quotes="links", text="""
        Elf Linkshänder haben sich gemeldet, eine davon mit einem Foto aller Tassen in ihrem Schrank und der
        Zeile „ich drehe die Motive seit dreißig Jahren zur Wand“. Es gibt jetzt eine Linkshänderserie.
        Zwölf Stück im nächsten Brand.
    """),
    Note("werkstatt", 42, "18:02", silent=True, text="""
        Nichts zu berichten. Jule hat gefegt, Schamotte hat zugesehen, der Ton hat geruht. So muss ein
        Sonntag.
    """),
    Note("ofen", 40, "10:10", """
        Neuer Fühler ist drin. Leerbrand bis 1.240 mit drei Kegelsätzen:

        | Lage | Anzeige | Kegel sagt |
        |---|---:|---:|
        | oben | 1.240 °C | 1.243 °C |
        | Mitte | 1.240 °C | 1.239 °C |
        | unten | 1.240 °C | 1.231 °C |

        Der alte hängt jetzt über der Tür, mit Datum. Geprüft wird ab sofort jedes Quartal, steht im
        Kalender, in Rot, zweimal.
    """),
    Note("rezepte", 38, "09:45", """
        **Nr. 7, was sich ändert – und was nicht**

        Mit dem Wissen von #ofen sieht alles anders aus: Nr. 6 war nicht nur falsch reduziert, sondern auch
        20 Grad zu heiß. Ich ändere deshalb am Rezept *nichts* außer Eisen von 1,4 auf 1,2 und gebe ihm
        einen fairen Brand. Zwei Dinge auf einmal zu ändern ist der Grund, warum ich nach Nr. 4 drei Monate
        verloren habe.
    """),
    Note("werkstatt", 37, "14:31", """
        Jule hat heute ihre ersten fünfzig Zylinder fertig. Dann habe ich ihr den Schneidedraht gegeben, und
        sie hat alle fünfzig längs durchgeschnitten, um die Wandstärke zu sehen. Das hat mein Meister mit
        mir auch gemacht. Ich habe damals im Lager geheult, sie hat nach dem zwölften gesagt: „Ah. Unten.
        Immer unten.“

        Sie wird besser als ich.
    """, key="jule"),
    Note("ofen", 35, "07:16", silent=True, text="""
        Brand 4. Brenner an 07:11. 70 Stücke, davon sechs Schalen Seladon Nr. 7 und zwölf Tassen links.
        Schieber geölt. Telefon im Flur.
    """),
    Note("ofen", 35, "21:08", """
        Aus um 20:55. Reduktion ab 900 °C, 30 Minuten kräftig, danach gerade so, dass die Flamme am Guckloch
        leckt. Kegel 7 nickt, Kegel 8 steht. Zum ersten Mal seit Wochen sagen Kegel und Anzeige dasselbe.
        Jetzt 36 Stunden nicht hineinsehen.
    """),
    Note("werkstatt", 33, "08:41", "Grün.", key="gruen"),
    Note("ofen", 33, "09:20", """
        **Brand 4, Öffnung bei 78 °C**

        | | eingesetzt | erste Wahl |
        |---|---:|---:|
        | Seladon Nr. 7 | 6 | 6 |
        | Tassen links | 12 | 11 |
        | Kobalt | 14 | 14 |
        | Teller, Probe | 10 | 9 |
        | Rest | 28 | 27 |

        67 von 70. Mein bester Brand in diesem Ofen. Die eine linke Tasse hat einen Riss am Henkel, rechts.
    """),
    Note("werkstatt", 33, "20:34", quotes="gruen", text="""
        Ich hole das nach, heute Morgen ging nur ein Wort.

        Es ist das Grün von einem Flaschenboden, den man gegen den Himmel hält. In den Drehrillen sammelt es
        sich und wird dunkel, am rohen Rand hört es auf wie eine Wasserlinie. Sechs Schalen, sechsmal
        gleich. Jule hat eine genommen, mit dem Fingernagel angeschlagen, und wir haben beide gewartet, bis
        der Ton ganz weg war.

        Danke an alle, die nach Nr. 5 und Nr. 6 geschrieben haben, ich solle nicht aufhören. Und an den
        einen, der geschrieben hat, Grau sei auch eine Farbe: stimmt, aber meine Regenrinne hat sie schon.
    """),
    Note("rezepte", 31, "18:03", pinned=True, key="nr7", text="""
        **Seladon Nr. 7 – das ganze Rezept**

        | Rohstoff | Teile |
        |---|---:|
        | Kalifeldspat | 40 |
        | Quarz | 27 |
        | Kreide | 18 |
        | Kaolin, roh | 7,5 |
        | Kaolin, kalziniert | 7,5 |
        | Eisenoxid, rot (dazu) | 1,2 |

        Litergewicht 1.440 g, 80er-Sieb, zwei Sekunden tauchen, 1,2 mm.

        1. Bis 900 °C mit 100 Grad je Stunde, viel Luft.
        2. 900 bis 940 °C: 30 Minuten kräftig reduzieren.
        3. Bis 1.240 °C mit 70 Grad je Stunde, leicht reduzierend.
        4. 15 Minuten halten, dann zu. Nicht nachlüften.

        Macht damit, was ihr wollt. Wenn es bei euch abrollt, ist es zu dick. Wenn es grau wird, wart ihr zu
        spät. Wenn es läuft: **prüft euren Fühler.**
    """, earlier="""
        **Seladon Nr. 7 – das ganze Rezept**

        | Rohstoff | Teile |
        |---|---:|
        | Kalifeldspat | 40 |
        | Quarz | 27 |
        | Kreide | 18 |
        | Kaolin, roh | 15 |
        | Kaolin, kalziniert | 7,5 |
        | Eisenoxid, rot (dazu) | 1,2 |

        Litergewicht 1.440 g, 80er-Sieb, zwei Sekunden tauchen, 1,2 mm.
    """),
    Note("werkstatt", 30, "12:00", min_rank=10, teaser="""
        Fünf der sechs Schalen in Seladon Nr. 7, 24 Stunden bevor sie im Laden stehen. Mit Maßen und den
        kleinen Fehlern, die jede hat.
    """, text="""
        Fünf, weil ich die sechste behalte. Das war nie anders geplant.

        - **A**, 14 cm: die dunkelste, ein Nadelstich innen.
        - **B**, 14 cm: steht wie eine Eins.
        - **C**, 16 cm: Glasurtropfen am Fuß, sauber geschliffen.
        - **D**, 16 cm: leicht oval, liegt deshalb besser in der Hand.
        - **E**, 21 cm: die große. Klingt am längsten, vier Sekunden, Jule hat gestoppt.

        Buchstabe an mich genügt. Wer bei Brand 2 leer ausgegangen ist, darf sich vordrängeln, und ihr wisst
        selbst, wer ihr seid.
    """),
    Note("markt", 30, "17:30", """
        **Offene Werkstatt, Samstag, {+8}** (nicht morgen, da hatte ich mich im Kalender vertan), 11 bis 18
        Uhr. Man darf an die Scheibe, man darf in den (kalten) Ofen kriechen, es gibt Kuchen. Kinder ja,
        Hunde ja, Schamotte entscheidet im Einzelfall.
    """, earlier="""
        **Offene Werkstatt, Samstag {+1}**, 11 bis 18 Uhr. Man darf an die Scheibe, man darf in den (kalten)
        Ofen kriechen, es gibt Kuchen. Kinder ja, Hunde ja, Schamotte entscheidet im Einzelfall.
    """),
    Note("ofen", 28, "11:00", """
        Heute nur Schrühbrand im kleinen Ofen: 48 Teller. Elektrisch, 960 °C, leise, langweilig, gut.
    """),
    Note("werkstatt", 26, "16:47", """
        84 Teller glasiert. Ich habe zweimal gezählt, weil Tarek beim ersten Mal 83 hatte und ich 85. Wir
        haben uns auf 83 geeinigt. Einer fehlt.
    """, key="fehlt"),
    Note("werkstatt", 25, "09:31", quotes="fehlt", text="""
        Der 84. Teller hat sich gefunden. ||Er lag unter der Katze, auf dem warmen Fensterbrett, mit der
        glasierten Seite nach oben.|| Neu glasiert. Ein Haar ist mitgebrannt worden, das wird ein
        Sammlerstück.
    """),
    Note("markt", 22, "19:33", """
        Offene Werkstatt, in Zahlen:

        - 140 Leute, Kuchen für 40
        - 26 Anfänge an der Scheibe, 3 davon symmetrisch
        - 1 Heiratsantrag (nicht an mich, im Ofen, sie hat Ja gesagt)
        - 0 kaputte Stücke, obwohl der Hund Fiete hieß und ein Bernhardiner war

        Ich habe ungefähr 140-mal erklärt, was ein Seladon ist, und erst beim letzten Mal gemerkt, dass man
        einfach eine Schale in die Hand geben kann und nichts sagen muss.
    """),
    Note("ofen", 21, "07:21", silent=True, text="""
        Brand 5, Brenner an 07:15. 84 Teller, sonst nichts. Sieben Platten, zwölf je Platte, gepackt nach
        einer Zeichnung von Tarek, die aussieht wie ein Parkhaus.
    """),
    Note("ofen", 19, "09:02", """
        **Brand 5, Öffnung.** 84 Teller, 81 erste Wahl, zwei mit Blase, einer mit Katzenhaar. Kein einziger
        verzogen. Ich habe jeden auf die Glasplatte gelegt und mit der Fühlerlehre geprüft: höchstens 0,6 mm
        Luft.
    """),
    Note("werkstatt", 18, "15:12", """
        Teller ausgeliefert. Der Koch hat einen genommen, daran geklopft, dann mit der Gabel
        darübergekratzt, so laut er konnte, und gewartet. Kein Strich. „Gut“, hat er gesagt, und das war’s.

        Danach gab es Scholle auf Nr. 17. Man isst anders, wenn man den Teller dreimal gedreht, gewendet,
        glasiert und einmal unter einer Katze gesucht hat.
    """),
    Note("werkstatt", 16, "17:30", ai="assisted", text="""
        Ein Töpfer aus Mashiko hat uns geschrieben, auf Japanisch, weil er beim offenen Samstag zu Besuch
        war und sein Englisch nicht mag. Ich kann kein Japanisch, die Übersetzung ist deshalb von einer
        Maschine und Yuki hat darübergesehen:

        > „Der Rand ist wie ein Strand. Man weiß, wo das Wasser war. Bitte werden Sie nicht besser darin.“

        Hängt jetzt über der Glasurwanne.
    """),
    Note("werkstatt", 15, "10:06", by="tarek", text="""
        Tarek mit den Fragen der Woche:

        **Spülmaschine?** Ja, alles. Außer der Sammeltasse mit Gold, und die hast du von deiner Tante.\\
        **Verschickt ihr in die Schweiz?** Ja. Zollpapiere macht Mara, deshalb freitags und mit Seufzen.\\
        **Warum ist meine Schale innen heller als auf dem Markt?** Weil dort die Sonne schien.\\
        **Kann ich den Henkel ankleben?** Kannst du. Schick ihn lieber her, dann kommt eine neue Tasse,
        solange es dieselbe Form gibt.
    """),
    Note("werkstatt", 13, "08:32", min_rank=10, teaser="""
        Serie „Ebbe“: drei Namen, drei Höhen, eine Entscheidung, bei der ich feststecke. Die Werkbank darf
        mitreden.
    """, text="""
        Die nächste Serie heißt **Ebbe**: Becher ohne Henkel, Seladon außen nur bis zur Hälfte, als wäre das
        Wasser gerade weg.

        1. *Nipp*, 7 cm, für Schnaps oder Ei
        2. *Spring*, 9 cm, für Kaffee
        3. *Kenter*, 11 cm, für Tee – so heißt es, wenn die Strömung kippt, aber Tarek sagt, das könne man
           nicht neben heißen Tee schreiben

        Höhe und Form stehen. **Aber wie weit hinauf geht die Glasur: Mitte oder Drittel?** Ich habe beides
        vor mir und finde immer das, das ich gerade nicht in der Hand habe, besser.
    """),
    Note("rezepte", 12, "18:20", """
        **Brennkurve zum Ausdrucken** (Gas, 300 Liter, Ofen 3)

        ```
        07:10   20 °C   Brenner 1, Schieber ganz offen
        11:00  400 °C   Brenner 2
        15:30  900 °C   Schieber halb: Reduktion, Flamme 10 cm
        16:00  940 °C   Schieber zwei Drittel, Flamme leckt
        20:20 1240 °C   halten
        20:35           alles zu, Guckloch stopfen
        ```

        Die Uhrzeiten sind aus dem Schnitt von fünf Bränden. Bei Ostwind rechnet eine Dreiviertelstunde
        dazu.
    """),
    Note("werkstatt", 10, "13:04", """
        Der Tonschneider ist stehen geblieben, mit vierzig Kilo im Hals. Sicherung heil, Motor heil, Riemen
        heil. Nach zwei Stunden Zerlegen: ein Teelöffel. Unserer. Der mit dem Anker.

        Bis das Getriebe gereinigt ist, wird von Hand geknetet. Jule macht Widderkopf, ich mache Geräusche.
    """),
    Note("werkstatt", 8, "16:42", silent=True, text="""
        Schamotte hat heute eine Maus gefangen und in eine *Spring* gelegt. Passt genau. Ich werde das nicht
        in die Beschreibung aufnehmen.
    """),
    Note("werkstatt", 7, "09:15", """
        Nächster großer Brand: 62 Stücke, davon 30 in Nr. 7. Zum ersten Mal eine ganze Etage. Ich habe den
        Ofen auf Papier gepackt, ausradiert, neu gepackt und dann doch Tarek das Parkhaus zeichnen lassen.
    """),
)
