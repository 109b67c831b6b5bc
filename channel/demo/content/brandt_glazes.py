"""Brandt Keramik, the first half: two ruined loads, a market in the wind, and a thermocouple under suspicion."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("werkstatt", 82, "08:12", pinned=True, text="""
        **Moin, ich bin Mara.** Ich drehe unter der Woche, brenne sonntags und mache dienstags den Ofen auf.
        Hier steht, was dabei herauskommt – auch wenn es Scherben sind.

        - #werkstatt ist der Alltag. Ein bis zwei Beiträge am Tag, nie nachts.
        - #ofen ist das Protokoll: Zahlen, Kegel, Ausschuss. Trocken wie Schrühware.
        - #markt sind Termine und was danach davon übrig war.
        - #rezepte gehört dem Ofenkreis. Der bezahlt den Ton für die Versuche, also bekommt er die
          Ergebnisse.

        Tarek verschickt die Pakete und schreibt hier auch manchmal. Amara passt auf, dass niemand über
        Bleiglasuren streitet. Schamotte ist die Katze und an nichts schuld.
    """),
    Note("werkstatt", 81, "07:48", """
        600 Kilo Ton sind da. Der Fahrer hat auf seine Hebebühne gezeigt und gesagt: „Die geht heute nicht.“
        Also 60 Säcke zu zehn Kilo, von Hand, über den Hof, durch die schmale Tür. Wir zählen das als
        Jahresgymnastik.
    """),
    Note("werkstatt", 80, "16:24", """
        Vierzig Tassen gehenkelt, Radio gehört, nicht aufgepasst: bei dreien sitzt der Henkel so, dass der
        Daumenabdruck nur für die linke Hand passt. Bevor ich sie einsumpfe – **gibt es hier Linkshänder?**
    """, key="links"),
    Note("rezepte", 79, "11:05", """
        **Seladon Nr. 5, Ansatz für Sonntag**

        Nr. 4 war schön grün, aber so dünn, dass man die Drehspuren zählen konnte. Für Nr. 5 habe ich den
        Kaolinanteil erhöht, damit die Glasur länger in der Schwebe bleibt und ich dicker tauchen kann.

        | Rohstoff | Nr. 4 | Nr. 5 |
        |---|---:|---:|
        | Kalifeldspat | 44 | 40 |
        | Quarz | 28 | 25 |
        | Kreide | 18 | 17 |
        | Kaolin | 10 | 18 |
        | Eisenoxid, rot (dazu) | 1,4 | 1,4 |

        Litergewicht 1.480 g, zweimal durchs 80er-Sieb. 18 Teile rohes Kaolin sind viel, das weiß ich. Mal
        sehen, ob es mir jemand übel nimmt. Vermutlich der Ofen.
    """, key="nr5"),
    Note("werkstatt", 78, "18:31", """
        Schamotte hat in der Feuchtkiste geschlafen. Auf zwölf Schalen ist jetzt ein Pfotenabdruck, auf der
        dreizehnten der ganze Hintern. Die dreizehnte behalte ich.
    """),
    Note("ofen", 77, "07:10", silent=True, text="""
        Brand 1, Gas, Ofen 3. Brenner an um 07:04. 74 Stücke, davon 21 mit Seladon Nr. 5, sechs
        Probeplättchen vorn am Guckloch. Wind West 4, der Kamin zieht ordentlich.
    """),
    Note("ofen", 77, "20:46", """
        Aus um 20:38. Reduktion ab 920 °C, Kegel 7 liegt, Kegel 8 nickt. Klappe zu, Gas zu, Licht aus, Mara
        auch.
    """, key="brand1"),
    Note("ofen", 75, "09:15", quotes="brand1", text="""
        **Brand 1, Öffnung bei 86 °C**

        | | Stück |
        |---|---:|
        | eingesetzt | 74 |
        | erste Wahl | 49 |
        | zweite Wahl | 7 |
        | Scherbenkiste | 18 |

        Alle 18 sind #Seladon Nr. 5. Die Glasur ist beim Trocknen gerissen und im Brand zu Inseln
        zusammengelaufen, dazwischen nackter Scherben. Sieht aus wie eine Landkarte von einem Land, in dem
        ich nicht wohnen möchte.
    """),
    Note("werkstatt", 75, "10:02", """
        Für alle, die #ofen nicht lesen: 18 von 21 Seladonschalen sind hin. Ich war erst wütend, dann habe
        ich Kaffee gekocht, dann habe ich eine davon umgedreht und gesehen, dass sie unten, wo ich beim
        Tauchen schludrig und dünn war, **genau das Grün hat, das ich will.**

        Die Farbe stimmt also. Nur der Rest nicht.
    """),
    Note("werkstatt", 73, "13:10", """
        Anruf vom Gasthaus am Fähranleger: 84 Teller, flach, 26 cm, spülmaschinenfest, „gern so mit eurem
        rohen Rand“. Ich habe Ja gesagt, bevor mir eingefallen ist, dass ich seit drei Jahren keinen
        einzigen flachen Teller gedreht habe.
    """, key="teller"),
    Note("rezepte", 72, "17:55", quotes="nr5", text="""
        **Warum Nr. 5 abgerollt ist**

        1. 18 Teile rohes Kaolin schwinden beim Trocknen so stark, dass die Schicht reißt. Die Risse waren
           am Samstagabend schon da. Ich habe sie gesehen und gedacht: wird schon zuschmelzen. Wird es
           nicht.
        2. Zu dick: 2,1 mm statt 1,2. Ich habe drei Sekunden getaucht, weil das Telefon ging.
        3. Die Schalen waren von der Feuchtkiste noch klamm.

        Nächster Versuch: das halbe Kaolin vorher auf 900 °C kalzinieren. Das nimmt die Schwindung heraus
        und lässt die Chemie, wie sie ist. Und das Telefon bleibt im Flur.
    """),
    Note("werkstatt", 70, "12:02", silent=True, text="""
        Sonntag ohne Brand. Ungewohnt. Ich habe die Fenster geputzt, was man daran merkt, dass heute drei
        Leute geklopft und gefragt haben, ob wir neu sind.
    """),
    Note("werkstatt", 68, "15:33", quotes="teller", text="""
        Zwischenstand Teller: 20 gedreht, 11 verzogen. Ein flacher Teller will beim Trocknen unbedingt
        aussehen wie ein Kartoffelchip. Der Rand trocknet zuerst, zieht sich zusammen, und die Mitte hat
        keine Wahl.

        Ich lerne gerade zum zweiten Mal im Leben etwas, das ich mit 22 schon konnte.
    """),
    Note("werkstatt", 66, "09:20", """
        Jemand hat gefragt, woher der „Unfallrand“ kommt. Kurze Antwort: von einem Unfall.

        Lange Antwort: Vor vier Jahren ist mir beim Tauchen die Zange abgerutscht, und bei einer ganzen
        Reihe Tassen blieb oben ein Fingerbreit roh. Ich wollte sie auf dem Markt unter den Tisch stellen.
        Eine ältere Dame hat sich gebückt, eine herausgezogen, mit dem Daumen über den Rand gestrichen und
        gesagt: „Endlich eine, bei der man merkt, wo der Ton anfängt.“

        Sie hat vier genommen. Seitdem rutscht mir die Zange absichtlich ab.
    """),
    Note("markt", 65, "18:10", """
        **Hafenmarkt, Samstag, {+15}, 9 bis 17 Uhr, Stand 41.** Das ist der am Kran, nicht der am
        Fischbrötchen – wobei ihr dort vorher vorbeimüsst, also plant es ein.

        Wer eine alte Tasse von mir mit Sprung hat: mitbringen. Ich sammle Fehler und gebe Ersatz, solange
        der Vorrat reicht. Lageplan: [hafenmarkt.example/lageplan](https://hafenmarkt.example/lageplan)
    """, pinned=True),
    Note("ofen", 63, "07:25", silent=True, text="""
        Brand 2. Brenner an 07:19. 68 Stücke. #Seladon Nr. 6 auf nur acht Schalen, ich werde vorsichtig. Dazu
        zwei Etagen Kobalt innen, die Krüge für den Markt.
    """),
    Note("ofen", 61, "08:50", text="""
        **Brand 2, Öffnung**

        | | eingesetzt | gut | festgeklebt |
        |---|---:|---:|---:|
        | Seladon Nr. 6 | 8 | 0 | 0 |
        | Kobaltkrüge | 26 | 9 | 17 |
        | Rest | 34 | 31 | 0 |

        Nr. 6 hält jetzt auf dem Scherben, ist aber grau wie eine Regenrinne. Und das Kobalt ist gelaufen,
        bei 1.240 °C, wo es seit Jahren brav stehen bleibt. Es ist die Wand herunter, über den Fuß und hat
        die Krüge mit der Platte verschweißt.

        Anzeige: 1.240. Haltezeit: 20 Minuten. Alles wie immer. Ich verstehe es nicht.
    """),
    Note("werkstatt", 61, "19:42", """
        Drei Stunden mit dem Winkelschleifer. Von 17 festgeklebten Krügen sind vier zu retten, mit einem
        Fuß, der etwas kürzer ist als geplant. Zwei Ofenplatten sind Schrott.

        Ich schreibe das nicht für Mitleid. Ich schreibe es, weil ich vorhin beim Fegen gemerkt habe, dass
        ich am liebsten nur die 40 guten Stücke zeigen würde, und dass das genau der Grund war, diesen Kanal
        aufzumachen.
    """),
    Note("werkstatt", 59, "12:15", min_rank=10, teaser="""
        Die vier Kurzfüßigen: gerettete Kobaltkrüge aus Brand 2, mit Maßen und wie ihr einen bekommt. Einen
        Tag vor allen anderen.
    """, text="""
        **Die vier Kurzfüßigen**

        - Nr. 1: 19 cm, steht gerade, Nase im Kobalt links unten.
        - Nr. 2: 18,5 cm, wackelt auf Glas, nicht auf Holz.
        - Nr. 3: 19 cm, der schönste, unten geschliffen wie ein Schuh.
        - Nr. 4: 17 cm, eher eine Vase, wenn wir ehrlich sind.

        Schreibt mir eine Nummer und einen Satz, was hineinsoll. Bei zweien auf denselben Krug entscheidet
        Schamotte, indem sie sich vor einen der Zettel setzt. Morgen Mittag zeige ich, was übrig ist, allen.
    """),
    Note("rezepte", 58, "16:00", text="""
        **Nr. 6: warum grau statt grün**

        Seladon ist ein bisschen Eisen, dem man zur richtigen Zeit den Sauerstoff wegnimmt. Zur falschen
        Zeit fängt man sich Kohlenstoff ein, und den sieht man als Grau.

        Bei mir: Reduktion erst ab 1.010 °C, weil der Schieber geklemmt hat. Da war die Glasur außen schon
        zu. Der Scherben konnte nicht mehr atmen, der Rauch blieb drin.

        Also: Schieber gangbar machen, bei 900 °C anfangen, eine halbe Stunde kräftig, dann nur noch leicht.
        Rezept bleibt, wie es ist: **40 / 27 / 18 / 15**, davon das halbe Kaolin kalziniert, Eisen 1,4.
    """),
    Note("werkstatt", 56, "10:33", by="tarek", text="""
        Hier Tarek. Nach drei Reklamationen in einem Monat haben wir gestern die Verpackung geprüft, und
        zwar wissenschaftlich: zwölf Kartons, aus 1,20 m vom Heuboden auf den Hof.

        - Luftpolster: 2 von 4 Tassen kaputt
        - Zeitungspapier, zwei Lagen: 1 von 4
        - Holzwolle, fest gestopft, Tasse mit Pappring am Henkel: **0 von 4, auch beim dritten Wurf**

        Ab morgen also Holzwolle. Mara hat beim Werfen mehr gelacht als beim Öffnen von Brand 2.
    """),
    Note("werkstatt", 54, "14:05", text="""
        Ich hab’s. Teller trocknen jetzt zwischen zwei Gipskartonplatten, obendrauf ein Ziegel, drei Tage,
        jeden Morgen wenden. Von 20 sind **17 flach**. Die anderen drei werden Seifenschalen mit
        Überzeugung.
    """),
    Note("werkstatt", 52, "20:15", """
        Packliste für Samstag, wie jedes Mal zu spät:

        - 212 Stücke in 19 Bananenkisten
        - Zelt, vier Gewichte, *diesmal wirklich alle vier*
        - Wechselgeld, Stift, der andere Stift
        - Tarek
        - Thermoskanne (hat letztes Mal gefehlt, wurde bemerkt)
        - das Schild, auf dem „Anfassen erlaubt“ steht
    """),
    Note("markt", 51, "21:30", """
        Aufbau morgen ab 6:30 Uhr. Vorhersage: Südwest 6, in Böen 8. Wir bringen sechs Gewichte mit.
    """),
    Note("markt", 50, "19:12", """
        **Marktbericht.** Die Böe kam um 11:20 Uhr. Das Zelt ist mit allen sechs Gewichten anderthalb Meter
        nach Lee gewandert, samt Tarek, der noch am Gestänge hing und „ich hab’s“ rief.

        Bilanz: eine Bodenvase, zwei Tassen, ein Kratzer am Nachbarstand (Honig, sehr nett). Ansonsten der
        beste Tag seit langem. Tassen um 14 Uhr ausverkauft, Schalen bis auf fünf weg, elf alte Tassen mit
        Sprung eingetauscht. Eine davon war gar nicht von mir, aber die Geschichte dazu war gut.

        Neu hier über das Schild am Stand? Willkommen. Morgen wird gebrannt.
    """),
    Note("ofen", 49, "07:32", silent=True, text="""
        Brand 3, Brenner an 07:28. Müde, aber der Ofen war gepackt. Kobalt nur innen und dünn. Drei Sätze
        Kegel statt einem: oben, Mitte, unten.
    """),
    Note("werkstatt", 48, "11:20", """
        Montag nach dem Markt. Ich habe Muskeln, von denen die Anatomie nichts weiß.
    """),
    Note("ofen", 47, "09:05", key="brand3", text="""
        **Brand 3, Öffnung.** Kobalt wieder gelaufen, wenn auch nur bei vier von zwölf. Dafür haben die
        Kegel geredet:

        | Lage | Anzeige | Kegel sagt |
        |---|---:|---:|
        | oben | 1.240 °C | etwa 1.262 °C |
        | Mitte | 1.240 °C | etwa 1.264 °C |
        | unten | 1.240 °C | etwa 1.258 °C |

        Kegel lügen nicht, die fallen einfach um. Irgendetwas zwischen Flamme und Anzeige lügt.
    """),
)
