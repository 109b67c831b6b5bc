"""Night Ferry, what people say to each other about it."""

from channel.demo.talk import Below, Circle, Said, Talk, Thread, Vote

# fmt: off
TALK = Talk(
    emoji="❤️ 🌊 😂 🔥 👏 🫶",
    below=(
        Below("pressing", (
            Said("hanne", 4, "At 45! Please tell me somebody recorded that.", (
                Said("bram", 11, "I did. It is our chipmunk period. Nobody will ever hear it."),
                Said("yuki", 12, "i have a copy"),
            )),
            Said("marit", 16, "The pencil K. I would frame the label and never play the record."),
            Said("otto", 33, "How many sides before the four of you agreed it was done?"),
        )),
        Below("fridge", (
            Said("rosalia", 2, "Which note is this one?", (
                Said("ines", 5, "A flat G again. They are all a flat G. I have stopped asking."),
            )),
            Said("jule", 6, "Fridge on the guest list, plus one."),
        )),
        Below("setlist", (
            Said("marit", 12, "Pilot Light from the floor is the right ending and I will not be taking questions."),
            Said("dinhan", 25, "Low Bridge with the quiet ending, please. The loud one wakes the fish.", (
                Said("", 31, "The fish shop closes at seven. The fish are past caring."),
            )),
        )),
    ),
    votes=(
        Vote("setlist", "Low Bridge: which ending tonight?", (("The quiet one", 54), ("The loud one", 46)), sealed=True, days=1),
    ),
    circles=(
        Circle("canteen", "The Canteen", "For everyone on board. Take a tray.", (
            Thread("Lifts to the small shows", 40, (
                Said("rosalia", 0, "Anyone driving up from the south on the night? I can bring sandwiches and a working map."),
                Said("jule", 18, "Two seats from me. The map is welcome, mine thinks the tunnel is still closed."),
                Said("rosalia", 25, "Deal. Egg or cheese?"),
                Said("jule", 26, "Yes."),
            )),
            Thread("Chords for Hold", 28, (
                Said("suvi", 0, "Is the second chord in the verse a G6 or am I just hearing the fridge?"),
                Said("bram", 50, "Both. It is a G6 because of the fridge."),
                Said("suvi", 58, "I have been playing this wrong in the most correct way possible."),
            ), best=1),
            Thread("What are you listening to", 7, (
                Said("lene", 0, "Harbour recordings from Esbjerg, two hours, no music. Best record of the year so far."),
                Said("yuki", 44, "link please. for drums"),
                Said("hanne", 80, "My neighbour learning the accordion. It is the same song since March. I think he is close."),
            )),
        ), slow_s=10),
    ),
)
