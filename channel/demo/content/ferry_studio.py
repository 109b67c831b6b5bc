"""Night Ferry in the boathouse: a record called Slack Water, a fridge in G, and a song that would not stay cut."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("studio", 80, "19:05", by="yuki", text="""
        drum day. fourteen microphones, two of them for the room, one of them for luck. snare is tuned.
        snare is not tuned. the tide comes in under the boathouse at four and the low end changes. we are
        recording around the moon now.
    """),
    Note("studio", 78, "17:48", text="""
        Vocals for “Breakwater”. Nine takes. Take two was the one; takes three to nine were me trying to
        sing like take two.
    """),
    Note("studio", 76, "18:30", by="ines", key="hum", text="""
        There is a hum on track 4. Not mains: mains sits at 50 Hz, this is at 97 and a bit, and it breathes.
        Twenty seconds on, forty off. Swapped so far:

        - every cable in the left crate
        - the desk’s power supply
        - the guitar
        - the guitarist (Bram had a go)

        Still there.
    """),
    Note("studio", 75, "11:12", by="ines", quotes="hum", text="""
        Found it. The old fridge on the other side of the wall, with four kilos of mussels in it that belong
        to the man with the crane. 97.6 Hz when the compressor runs, which is a slightly flat G.

        The take is perfect otherwise. We are discussing whether we have a problem or a **drone**.
    """),
    Note("vault", 73, "19:40", text="""
        **“Breakwater”, how it started.** The first version was a waltz with a different tune, on the back
        of a ferry timetable. This is what it says, as far as I can read it:

        > you said the sea was only weather lying down\\
        > ~~you said~~ you said a lot of things, it was that kind of town\\
        > I kept the ticket, kept the stub, kept count\\
        > something something *came around*

        “Something something” lasted eight months. The line that’s there now came while I was queuing for
        fish.
    """),
    Note("studio", 71, "20:10", by="bram", text="""
        The bass amp made a noise like a cow in a tunnel and then stopped. I played the take anyway,
        straight into the desk, hearing only the strings. It is the best bass on the record. I have decided
        to learn nothing from this.
    """),
    Note("studio", 67, "18:15", key="cut", text="""
        We have eleven songs and room for ten that belong together. We put it to a vote on four slips of
        paper, and all four said the same thing, so **“Pilot Light” is off the record.**

        It’s a good song. It’s just the only one that is about staying, and the rest of them are about
        boats.
    """),
    Note("vault", 66, "12:20", text="""
        For whoever asked: “Pilot Light”, in case you want to sing it somewhere we’re not going to.

        ```
        Em              C
        leave the small flame on
        G            D/F#
        I won't be very long
        Em            C           Am
        and if I am, then you can tell by the light
        B7                    Em
        which one of us was wrong
        ```

        Capo 3. The low part starts a fifth under the tune and is easier than it looks.
    """),
    Note("vault", 60, "13:05", by="yuki", text="""
        tempos, since people ask. breakwater 92. tin roof 118. harbourmaster 71, live 76, after coffee 80.
    """, earlier="""
        tempos, since people ask. breakwater 92. tin roof 118. harbourmaster 71, live 71.
    """),
    Note("tour", 39, "19:15", min_rank=20, teaser="""
        The Ghent recording: what it is, who made it, and why upper deck gets to read the letter that came
        with it.
    """, text="""
        Somebody in the fourth row in Ghent was holding a phone, face down, in a coat pocket. She wrote to
        us:

        > “I wasn’t filming, I had promised myself not to. I only pressed record because I wanted to be able
        to prove to my brother that it happened. You can hear my keys.”

        Four minutes and six seconds. You *can* hear her keys. You can also hear two hundred people find a
        harmony in the dark. We have asked whether we may use it, and she said: only with the keys.
    """),
    Note("studio", 30, "15:40", text="""
        Back in the boathouse, with ears like wool. Mixing starts Monday with Marit, who has one rule:
        nobody says “warm” for the first week.

        Running order as of today:

        1. Breakwater
        2. Tin Roof
        3. The Harbourmaster’s Daughter Is Fine
        4. Hold (the one with the fridge)
        5. Reflective Vest (new, from the canteen; “Pontoon” made way and hasn’t complained)
        6. Slack Water
        7. Low Bridge
        8. All the Lights on the Other Side
        9. Lock-Keeper
        10. Last Bus to the Terminal
    """),
    Note("studio", 27, "21:02", by="bram", key="loud", text="""
        First mixes. I am told the bass is too loud. The bass is not too loud. The bass is *honest*.
    """),
    Note("vault", 25, "18:00", text="""
        Three titles this record nearly had, with the reasons against:

        - **Tidal Range**: sounds like outdoor trousers
        - **Lorry Deck**: Bram wanted it, see previous
        - **The Lights on the Other Side**: lovely, and taken by a funeral home in Ystad

        *Slack Water* is the half-hour when the tide has stopped going out and hasn’t started coming in.
        Nothing pulls. It seemed the right name for a record made between two tours.
    """),
    Note("studio", 24, "18:22", quotes="loud", text="""
        Car test. Four people in Margaret, engine off, listening through door speakers from another century,
        with the brass band still faintly audible underneath.

        The bass is too loud. Bram heard it himself and went for a walk along the pontoon.
    """),
    Note("studio", 21, "13:10", by="yuki", silent=True, text="""
        listened on headphones by the water. changed nothing. good day.
    """),
    Note("studio", 18, "19:34", quotes="cut", text="""
        We have un-cut it.

        Nobody argued. Marit played the ten songs in order, and when the last one ended, all of us were
        waiting for the same thing to start. So yesterday we set up in a ring, one microphone in the middle,
        and did “Pilot Light” once. Under the third chorus, very low, there’s Ghent. Keys and all.

        “Reflective Vest” comes off instead. It’s a joke that took four minutes, and you’ve all heard it in
        the canteen by now anyway.
    """),
    Note("vault", 17, "12:15", text="""
        Guitar part for “Hold”, because the fridge makes the tuning strange. Everything goes down about
        seven cents: tune to the drone and *then* to each other, never to a tuner.

        - Low string to the fridge
        - The rest by ear
        - If it sounds wrong with the radio on, it’s right
    """),
    Note("studio", 14, "17:50", by="ines", text="""
        For the technical ones. We kept the fridge. It’s on its own fader, high-passed at 80, and Marit
        rides it so that it comes up in the gaps between lines and gets out of the way of the voice. The man
        with the crane has asked for a credit. He’ll be listed as **mussels**.
    """),
    Note("studio", 11, "20:20", text="""
        Mix 14. We compared it with mix 3, blind, on slips of paper again. Four votes for 3.

        Eleven mixes of learning that the second week was a mistake. Mix 3 it is, with Bram one decibel down
        and the fridge one up.
    """),
    Note("studio", 10, "18:45", min_rank=20, teaser="""
        Why mix 3 beat mix 14: Marit’s notes on both, song by song, with the fader moves we undid. For upper
        deck.
    """, text="""
        Marit’s own words, with permission:

        | Song | 3 | 14 |
        |---|---|---|
        | Breakwater | voice dry, you believe her | voice in a cathedral, you admire her |
        | Tin Roof | drums spill everywhere, alive | drums tidy, furnished |
        | Hold | fridge by accident | fridge by committee |
        | Low Bridge | ends too early | ends when it should; *keep this one* |

        So it’s mix 3 for nine songs and mix 14 for the last forty seconds of “Low Bridge”. If you hear the
        join, tell Ines, not me.
    """),
    Note("studio", 8, "16:15", by="bram", text="""
        Sequencing. Ten slips of paper on the floor of the boathouse, four adults crawling. At some point
        the cat from next door lay down on “Lock-Keeper” and would not be moved, so that is now side two,
        track four.
    """),
)
