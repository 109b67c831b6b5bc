"""Night Ferry, the last days before the demo was opened: a master, a mistake and a test pressing."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("news", 16, "12:30", ai="generated", text="""
        The poster for the small shows is machine-made. Our illustrator broke her wrist on a kerb and the
        printer needed something by noon, so Bram typed “ferry, night, four people” into a box and got
        **five people and a ferry with legs**.

        We printed it. It says *generated* in the corner, as it does on this post. Drawn ones again as soon
        as Suvi is out of plaster.
    """),
    Note("studio", 6, "11:25", text="""
        The masters are back. Ines listened once, very still, took off the headphones and said: “Left is
        right.”

        The whole record is mirrored. The drums have swapped sides, I am standing where Bram stands, and
        Ghent is singing from the wrong half of the room. None of the rest of us had noticed. We’d had it on
        for two hours.
    """, key="mirror"),
    Note("studio", 5, "15:10", by="ines", quotes="mirror", text="""
        It was one cable, mine, from the right crate. I have put a sticker on it. Corrected masters arrived
        this afternoon, and I’ve checked each side against a stopwatch, a score and Yuki’s left hand.
    """),
    Note("vault", 5, "18:30", text="""
        The last verse of “Pilot Light” has changed since you had the chords. I sang it wrong in Leith and
        it was better:

        > and if the house is dark when I come in\\
        > I’ll know you slept, I’ll know I wasn’t missed\\
        > leave it anyway, the small blue thing\\
        > somebody else may need to see by it
    """),
    Note("tour", 4, "14:20", by="ines", text="""
        Six small shows to warm up before the record. Rooms under eighty, no support, home by midnight.
        Margaret has new brake pads and a small bottle of something called Ocean Breeze, which is losing.
    """),
    Note("studio", 3, "12:06", text="""
        **The test pressing is here.** White label, no print, and somebody has written SLACK WATER A on it
        in pencil with a very beautiful K. We stood around it the way you stand around a baby.

        Then Bram put it on at 45.
    """, key="pressing"),
    Note("tour", 2, "10:35", by="yuki", text="""
        first small show. 61 people and a dog. the dog left during tin roof, came back for hold. fridge
        music for dogs: confirmed.
    """),
    Note("news", 1, "12:00", pinned=True, text="""
        **Slack Water comes out on Friday, {fri+21}.** Ten songs, 38 minutes, one fridge.

        - Lower deck hears it a week earlier, on Friday, {fri+14}, here.
        - Upper deck gets the pressing with the handwritten label; there are 120, and yes, we are doing the
          writing ourselves.
        - Everyone else: same day as the world, same order, no exclusives that aren’t on the record.

        Details and the sleeve: [nightferry.example/slack-water](https://nightferry.example/slack-water)
    """),
    Note("vault", 1, "19:20", min_rank=30, teaser="""
        Crew: who stands where for the pressing-plant trip, the packing weekend, and which of you is allowed
        near the label pen.
    """, text="""
        **Packing weekend, the boathouse.** Four of you, four of us, 120 sleeves.

        1. Bring socks; the floor is cold and shoes are not allowed near vinyl.
        2. Bram cooks. Lentils, green sauce. He has found the sixth herb.
        3. Labels are written by whoever has the steadiest hand at ten in the morning. We’ll hold trials.

        Say which day suits you and whether you need the couch.
    """),
    Note("studio", 0, "-7:40", by="yuki", quotes="pressing", text="""
        listened to side b on three record players. one of them was mine. verdict: it is a record.
    """),
    Note("vault", 0, "-4:05", key="setlist", text="""
        Set list for the next small show, in case you’d like to argue before it’s taped to the floor:

        1. Tin Roof
        2. Breakwater
        3. Low Bridge (both endings, you choose by noise)
        4. Hold
        5. Harbourmaster
        6. Lock-Keeper, Bram *not* introducing it
        7. Slack Water
        8. Pilot Light, from the floor
    """),
    Note("news", 0, "-2:10", silent=True, text="""
        The guest list for the next small show is closed: Ines has reached the bottom of the page. There are
        14 ordinary tickets at the door, and the door is a fish shop until seven.
    """),
    Note("tour", 0, "-0:48", key="fridge", text="""
        Soundcheck done. The fish shop has lent us a fridge. Yuki has tuned to it.
    """),
)
