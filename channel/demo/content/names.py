"""Names for the followers: invented people, put together per language so that first and last name fit."""

import random
import unicodedata

from channel.demo.model import PersonPlan


def _listed(names: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in names.split(","))


# fmt: off
_FIRST = {
    "german": _listed("""
        Hanna, Friedhelm, Svenja, Torben, Ulrike, Malte, Gesine, Konrad, Wiebke, Lasse,
        Annegret, Finn, Heike, Johann, Merle, Reinhard, Silke, Thore, Ute, Volker, Carla,
        Ansgar, Birte, Dörte, Emil, Frauke, Gregor, Imke, Jürgen, Klara, Levin, Maike, Nele,
        Piet, Rieke, Sönke
    """),
    "nordic": _listed("""
        Astrid, Eskil, Freja, Gunnar, Ingrid, Kjell, Liv, Mikkel, Oddvar, Runa, Signe, Torvald,
        Aino, Eero, Maija, Solveig
    """),
    "turkish": _listed("""
        Aylin, Baran, Ceren, Deniz, Elif, Emre, Kerem, Leyla, Selin, Umut, Zeynep, Cem
    """),
    "polish": _listed("""
        Agnieszka, Bartosz, Celina, Grzegorz, Iga, Kacper, Małgorzata, Oliwia, Tomasz, Wanda
    """),
    "english": _listed("""
        Alistair, Beth, Callum, Dilys, Ewan, Fern, Gareth, Hattie, Isla, Jem, Kirsty, Lorna,
        Magnus, Nell, Owen, Priya, Rhona, Sandy, Tess, Winifred, Zachary, Morag, Dougie, Imogen,
        Rory
    """),
    "dutch": _listed("""
        Annelies, Bas, Daan, Femke, Gijs, Joris, Katrijn, Lotte, Maarten, Roos, Sjoerd, Wout
    """),
}
_LAST = {
    "german": _listed("""
        Ostermann, Behrens, Kröger, Thiessen, Wulff, Hinrichs, Matthiesen, Lührs, Paulsen,
        Rathje, Siemers, Tiedemann, Bruhn, Clasen, Detlefsen, Eggers, Frahm, Gosch, Hollander,
        Jebsen, Kühl, Lorenzen, Möllgaard, Nissen, Prüß, Reimers, Stüben, Voss, Wegener, Zander,
        Büsing, Ahlers, Groth
    """),
    "nordic": _listed("""
        Dahlgren, Ekman, Fossum, Haugland, Isaksen, Kvist, Lindqvist, Myhre, Norrby, Rønning,
        Skov, Tveit, Virtala, Ålund, Østby
    """),
    "turkish": _listed("""
        Aksoy, Bozkurt, Çelik, Demirci, Ersoy, Gündoğdu, Karaca, Özmen, Şahin, Tunç, Uçar
    """),
    "polish": _listed("""
        Adamczuk, Bielecka, Czaja, Głowacz, Jaworek, Kmieć, Majchrzak, Rybak, Sobczyk, Żurek
    """),
    "english": _listed("""
        Ashdown, Birkett, Coldwell, Dunmore, Eccles, Farthing, Garrick, Hesketh, Inchbald,
        Kinnear, Lockhart, Munro, Nuttall, Ogilvie, Pengelly, Quayle, Redfern, Strachan,
        Trevena, Urquhart, Wetherby, Yardley
    """),
    "dutch": _listed("""
        Boersma, Claes, van Dongen, Elzinga, Hoekstra, van der Kamp, Mertens, Postma, de Ruyck,
        Sikkema
    """),
}
_GLOBAL = _listed("""
    Aiyana Whitehorse, Amadou Diallo-Roux, Anjali Raghunathan, Baptiste Lemarchand, Beatriz
    Quintela, Chiamaka Eze, Dorji Wangmo, Elena Vasilescu, Farid Nazari, Giulia Bortolin, Hadiza
    Bello-Schmidt, Haruka Minamoto, Ilse Grobbelaar, Ivana Petrušić, Joaquín Elizalde, Kwabena
    Asante-Boateng, Lam Thị Hoa, Leilani Kahale, Marisol Echeverría, Mehrnaz Tavakoli, Mihail
    Dobrev, Nadia Benhaddou, Nikos Vlahakis, Oksana Hrytsenko, Paolo Zanirato, Rania
    Khoury-Falk, Ravindra Wickramage, Samir El Ouardi, Sefa Tuilagi, Seong-min Baek, Shirin
    Moradpour, Taras Kovalchyn, Thandeka Mabuza, Valérie Kerguelen, Xiulan Ouyang, Yevhen
    Marchuk, Yolanda Ixchel Pech, Zofia Abramowska, Mbali Nkambule, Tomás Ó Cuilinn, Rút
    Einarsdóttir, Ewa-Lena Sarri
""")
_NICKNAMES = _listed("""
    Tonmeister, kirschkern, Oma Erika, der mit dem Anhänger, leuchtfeuer_9, kaltwelle, Möwe,
    half past four, Big Stu, treibholz, ein Pfund Hering, Frau Doktor K., lowtide, Papa von Mio,
    salzhaut, T., zweite Wahl, scherbe, the quiet one, Deichkind a. D., nachtfähre, pebble,
    Tante Gerda, Windstärke 3, Lurch, moin, backrow, wrong pier, gurkenglas, M+J, kiln it, Ebbe
    & Flo, rostfrei, low bridge, unfallrand-ultra
""")
# fmt: on
_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae"}
)
_SHORTEST_HANDLE = 3


class NameBook:
    """Hands out people, none twice. The same seed gives the same people in the same order."""

    def __init__(self, rng: random.Random, taken: frozenset[str]) -> None:
        self._rng = rng
        self._handles = set(taken)
        self._names: set[str] = set()
        self._global = list(_GLOBAL)
        self._nicknames = list(_NICKNAMES)
        self._decks: dict[tuple[str, ...], list[str]] = {}
        rng.shuffle(self._global)
        rng.shuffle(self._nicknames)

    def stranger(self, speaks: tuple[str, ...]) -> PersonPlan:
        name = self._name(speaks)
        while name in self._names:
            name = self._name(speaks)
        self._names.add(name)
        return PersonPlan(self._handle(name), name, hue=self._rng.randrange(360))

    def _name(self, speaks: tuple[str, ...]) -> str:
        manner = self._rng.random()
        if manner < 0.16 and self._nicknames:
            return self._nicknames.pop()
        group = self._rng.choice(speaks)
        if group == "global" and self._global:
            return self._global.pop()
        return self._composed(group if group in _FIRST else speaks[0], manner)

    def _composed(self, group: str, manner: float) -> str:
        first, last = self._dealt(_FIRST[group]), self._dealt(_LAST[group])
        if manner < 0.26:
            return first
        if manner < 0.36:
            return f"{first} {last[0].upper()}."
        return f"{first} {last}"

    def _dealt(self, names: tuple[str, ...]) -> str:
        """Deal from a shuffled deck, so that a name comes again only after all others have."""
        deck = self._decks.setdefault(names, [])
        if not deck:
            deck.extend(self._rng.sample(names, len(names)))
        return deck.pop()

    def _handle(self, name: str) -> str:
        stem = _ascii(name)
        if len(stem) < _SHORTEST_HANDLE:
            stem = f"{stem}gast"
        handle, number = stem, 2
        while handle in self._handles:
            handle, number = f"{stem}{number}", number + 1
        self._handles.add(handle)
        return handle


def _ascii(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_FOLDED))
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())
