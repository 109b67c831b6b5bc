"""The people with a part to play: who runs the communities, and who follows more than one of them."""

from channel.demo.model import PersonPlan

MARA = PersonPlan("mara", "Mara Brandt", "art:mara", 32)
TAREK = PersonPlan("tarek", "Tarek Yıldız", "art:tarek", 205)
AMARA = PersonPlan("amara", "Amara Nwosu", "art:amara", 78)
NIA = PersonPlan("nia", "Nia Okonkwo-Lindström", "art:nia", 358)
YUKI = PersonPlan("yuki", "Yuki", "art:yuki", 300)
BRAM = PersonPlan("bram", "Bram de Wilde", hue=45)
INES = PersonPlan("ines", "Inês Duarte", hue=148)
OONA = PersonPlan("oona", "Oona Kallio", hue=190)
LENE = PersonPlan("lene", "Lene Petersen", "art:lene", 230)
JONAS = PersonPlan("jonas", "Jonas Weidemann", "art:jonas", 148)
SIOBHAN = PersonPlan("siobhan", "Siobhán Keane", hue=130)
ENNO = PersonPlan("enno", "Enno Harms", hue=95)
OTTO = PersonPlan("otto", "Otto Brinkmann", "art:otto", 255)
PIA = PersonPlan("pia", "Pia Sørensen", hue=340)

STAFF = (MARA, TAREK, AMARA, NIA, YUKI, BRAM, INES, OONA, LENE, JONAS, SIOBHAN, ENNO)

# The three whose sign-in links are worth printing: what each sees differs on almost every page.
CREATOR, PAYING_FOLLOWER, FREE_FOLLOWER = MARA, OTTO, PIA

# Who follows communities they do not work for: handle of the community -> rank.
REGULARS: tuple[tuple[PersonPlan, dict[str, int]], ...] = (
    (OTTO, {"brandtkeramik": 30, "nightferry": 20, "aktekueste": 20}),
    (PIA, {"brandtkeramik": 0, "nightferry": 0, "aktekueste": 0}),
    (MARA, {"nightferry": 10, "aktekueste": 0}),
    (TAREK, {"nightferry": 0}),
    (AMARA, {"aktekueste": 10}),
    (NIA, {"brandtkeramik": 10}),
    (YUKI, {"brandtkeramik": 0}),
    (INES, {"aktekueste": 0}),
    (LENE, {"brandtkeramik": 10, "nightferry": 0}),
    (JONAS, {"brandtkeramik": 20}),
    (ENNO, {"brandtkeramik": 0}),
    (PersonPlan("hanne", "Hanne Vinther", hue=20), {"nightferry": 20, "brandtkeramik": 0}),
    (PersonPlan("jule", "Jule Thamm", hue=110), {"brandtkeramik": 20, "nightferry": 10}),
    (PersonPlan("fietesfrauchen", "Fietes Frauchen", hue=60), {"brandtkeramik": 10, "aktekueste": 0}),
    (PersonPlan("marit", "Marit Solheim", hue=280), {"nightferry": 30}),
    (PersonPlan("suvi", "Suvi Lehtonen", hue=320), {"nightferry": 20, "brandtkeramik": 0}),
    (PersonPlan("dinhan", "Đinh An", hue=170), {"aktekueste": 20, "nightferry": 10}),
    (PersonPlan("rosalia", "Rosalía Ferrer Puig", hue=10), {"nightferry": 0, "aktekueste": 0}),
)
