"""Night Ferry on the road: eleven nights in eleven ports, one of them late by three days."""

from channel.demo.script import Note

# fmt: off
NOTES = (
    Note("news", 82, "10:05", pinned=True, text="""
        **Hello from the quay.** We are Night Ferry: Nia sings and plays guitar, Bram plays bass, Yuki hits
        things, Ines drives and makes it sound as if we meant it.

        - #news is dates and facts. Rare on purpose.
        - #tour is the diary, written the morning after, because nothing written at 2 a.m. has ever
          improved.
        - #studio is the record as it happens, including the parts we throw away.
        - #vault is for the lower deck and up: demos on paper, lyrics with the crossings-out, chords.

        You pay for diesel and we tell you everything. That is the whole arrangement.
    """),
    Note("news", 69, "12:00", pinned=True, key="ports", text="""
        **Ports tour.** Every town has a ferry terminal. That was the only rule.

        | When | Where | Room |
        |---|---|---|
        | Fri {+11} | Rotterdam | The Dry Hold |
        | Sat {+12} | Ghent | Zaal Zeven |
        | Tue {+15} | Groningen | De Stille Kade |
        | Thu {+17} | Bremen | Lagerhalle C |
        | Fri {+18} | Hamburg | Kombüse |
        | Sat {+19} | Esbjerg | Fiskehallen |
        | Mon {+21} | Gothenburg | Magasin Sju |
        | Sat {+26} | Kiel | Kesselraum |
        | Fri {+32} | Hull | The Winch House |
        | Sat {+33} | Newcastle | Staithe Social |
        | Sun {+34} | Leith | The Back Bond |

        Lower deck and up: write to Ines for the guest list, two each, until the page is full. It is an
        actual page. She will not turn it over.
    """),
    Note("tour", 64, "15:22", by="ines", text="""
        Van inspection. Her name is Margaret, she is nineteen, and she passed. Findings:

        - left wiper: replaced
        - third gear: “present”, says the mechanic
        - smell: unresolved
        - cassette stuck in the player since before our time: still stuck, still the same brass band
    """),
    Note("tour", 62, "18:40", by="ines", key="load", text="""
        Load plan, version 6. If you have wondered what a tour is, it is this list, twice a day:

        1. Drums, hard cases first, bass drum against the bulkhead
        2. Bram’s cabinet, on its side, *not* on my foot
        3. Cables: left crate signal, right crate power, never mix
        4. Merch, three boxes
        5. The rug
        6. Bram, seated

        Today we got it all in on the ninth try. The record is the second, set last year by two strangers in
        a car park.
    """),
    Note("tour", 57, "09:41", text="""
        **Rotterdam.** 112 people. I broke a string in the second song and Bram filled the gap with a story
        about his uncle’s lock-keeper’s cottage that has no ending. I have now heard it eleven times. I
        changed the string in 1:50, and he was still describing the garden.

        A man in the front row ate a herring during the quiet one. Very respectfully. He closed his eyes for
        the tail.
    """),
    Note("tour", 56, "10:20", text="""
        **Ghent.** Four minutes into the set the whole PA went off. Not a bang, just a sort of sigh. Ines
        ran. We stood there.

        Then Yuki started the pulse from “Pilot Light” on the rim with two fingers, which is a song we *cut
        from the record* eleven days ago, and I sang it with nothing. Second chorus, somebody at the back
        found the low part. Third chorus, everyone had.

        The power came back on the last line and Ines, bless her, left the faders down.
    """),
    Note("tour", 55, "16:05", silent=True, text="""
        Day off. Laundry. Bram’s entire stage wardrobe turns out to be one shirt and a different one.
    """),
    Note("tour", 53, "10:12", by="yuki", text="""
        groningen: 41 people, counted from behind the kit. best we have played so far. floor tom sounded
        like a door closing in a good house. nia says i should write more than this. ok. the soup was also
        good.
    """),
    Note("tour", 51, "11:30", by="bram", text="""
        **Bremen, by Bram.** The promoter cooked. I want that on record: lentils, roasted carrots, and a
        green sauce with seven herbs in it, of which I identified five. I then played slightly behind the
        beat all evening, out of contentment. Yuki noticed. Nobody else did, except now all of you.
    """),
    Note("tour", 50, "10:02", key="board", text="""
        **Hamburg** was loud and good and I can’t think about it, because my pedalboard is gone. Grey case,
        dented corner, yellow tape on the lid that says NOT A SANDWICH. It was by the back door at load-out,
        and then it wasn’t.

        Nothing on it is worth much. It is just nine years of knowing where my left foot goes. If you were
        there, or know someone who was: anything helps.
    """),
    Note("tour", 49, "11:15", text="""
        **Esbjerg.** Played with three borrowed pedals, from three strangers, who all came to soundcheck
        with a plastic bag and a serious face. One lent me a delay he had built into a lunchbox. I have
        never sounded more like a lighthouse.

        Now the wind is getting up and everyone in the café is looking at the same departures screen.
    """),
    Note("news", 48, "11:32", quotes="ports", text="""
        **Gothenburg tonight is off.** Our crossing was cancelled at 10:50; gusts of 31 metres a second in
        the strait. We are safe, dry and cross. Keep your ticket: Magasin Sju has given us **Thursday,
        {+3}**, and if you can’t come then, the door will pay you back, no questions.
    """),
    Note("tour", 48, "20:52", text="""
        Stuck at the terminal with 38 lorry drivers and one canteen. At six somebody asked what was in the
        cases. At seven we had the rug down between the trays and the vending machine.

        - Set: nine songs, no amps, Yuki on a crate of lettuce
        - Requests: four, all for the same power ballad, in four languages
        - Fee: two hot chocolates and a reflective vest each

        I have played festivals where fewer people put down their phones.
    """),
    Note("tour", 46, "12:44", quotes="board", text="""
        **NOT A SANDWICH has been found.** It spent three days riding a Hamburg bus, end to end, on the
        luggage shelf. One of you (hello, Hanne) read the post here, took that bus home and *saw the tape*.
        She got off four stops late so that she could carry it to the depot herself.

        Hanne is on the list for life. Ines has written it on the page in pen.
    """),
    Note("tour", 44, "10:31", text="""
        **Gothenburg, at last.** Of 160 tickets, nine came back. The rest brought friends. My aunt stood at
        the side of the stage and corrected my Swedish between songs, in the voice she uses for dogs.

        I had the lunchbox delay and my own board side by side. The lunchbox stays, if its owner will let
        it.
    """),
    Note("tour", 42, "10:18", by="yuki", silent=True, text="""
        kiel. boiler room, literally. 34 degrees at the cymbals. wood swelled, snare went up a third. we
        played everything a bit sad to match.
    """),
    Note("tour", 40, "17:26", by="ines", text="""
        Halfway stock-take, for those who like a list:

        | Thing | Left Rotterdam | Today |
        |---|---:|---:|
        | drumsticks | 24 pairs | 9 pairs |
        | plectrums | 60 | 4 |
        | black gaffer | 6 rolls | ½ roll |
        | Bram’s shirts | 2 | 2 |
        | arguments about the heater | 0 | 13 |
        | people on this channel | us | all of you |
    """),
    Note("tour", 36, "09:55", text="""
        **Hull.** The Winch House still has the winch. It is above the drum riser. Yuki looked at it during
        every fill.

        A woman had driven from Whitby with her two teenagers, who’d told her it would be boring, and who
        then bought the shirt in the wrong size so they could share it.
    """),
    Note("tour", 35, "10:40", by="bram", text="""
        **Newcastle.** They let me tell the uncle story *with* the ending. There is one. ||He moves to the
        city and never mentions the lock again.|| Dead silence, then the longest applause of the tour. Nia
        has asked me to retire it.
    """),
    Note("tour", 34, "11:08", text="""
        **Leith, the last one.** Ninety minutes, two encores, and then we did “Pilot Light” from the floor,
        no microphones, because Ghent had ruined us for doing it any other way. There was a moment when I
        stopped singing to breathe and it simply went on without me.

        I’d like to say I was professional about it.
    """),
    Note("tour", 33, "16:00", by="ines", quotes="load", text="""
        Unloaded for the last time. First try. Nobody was there to see it.

        **Totals:** 11 towns, 2,914 km, 1 cancelled ferry, 1 lost and found board, 1,377 people through the
        door, 0 parking fines (1 appealed). Margaret’s smell has been identified. ||It was a herring.
        Rotterdam.||
    """),
)
