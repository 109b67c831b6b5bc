"""The small world of these tests: two communities of two creators, everybody who could look, and what they must not see."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update
from starlette.applications import Starlette

from channel import (
    accounts,
    comments,
    communities,
    emotes,
    feeds,
    hooks,
    invites,
    looks,
    members,
    push,
    tiers,
    topics,
)
from channel.accounts import Account, links, sessions, tokens
from channel.accounts.model import SCOPES
from channel.accounts.tables import accounts as account_table
from channel.accounts.tables import tokens as token_table
from channel.comments import reports
from channel.comments import settings as holding
from channel.comments.model import Complaint
from channel.emotes import Emote
from channel.emotes.model import CUT
from channel.events import PostOpens, PreviewDue
from channel.feeds.seal import Seal as FeedSeal
from channel.following import Wish as Wished
from channel.following import actions as follows
from channel.following import devices
from channel.following.links import OF_DEVICE
from channel.following.links import sealed as sealed_follow
from channel.hooks import incoming
from channel.ids import new_id
from channel.inbox import Key
from channel.invites import Seal
from channel.looks import parse_cut
from channel.media import Media
from channel.media import actions as media_actions
from channel.media.chapters import encoded
from channel.media.credentials import Credentials
from channel.media.credentials import Step as Done
from channel.media.minting import Made
from channel.media.model import Chapter, Proof
from channel.media.tables import media as media_table
from channel.members import Action, Role, State, actions, governing, joining
from channel.members.model import STAFF_RANK
from channel.messages import saved
from channel.notices.links import Ends, sealed
from channel.notify.pusher import Outcome, Parcel
from channel.outbox import jobs
from channel.payments import Connection, dues, giving
from channel.payments.connecting import connect
from channel.payments.model import Options
from channel.payments.orders import Wish
from channel.posts import carrying, drafts, pins
from channel.posts.model import Post, Sketch
from channel.posts.steps import Step
from channel.posts.tables import posts as post_table
from channel.previews.actions import fill
from channel.previews.model import Found, Pictures
from channel.push.links import From
from channel.push.links import sealed as sealed_push
from channel.questions import Terms, prompts
from channel.questions import queries as question_queries
from channel.storage import Database, Tx
from channel.tiers import Tier
from channel.topics import Topic
from tests.cast import Scene, creator, person
from tests.comments import saying
from tests.conftest import Clock
from tests.media import sending
from tests.messages import writing as letters
from tests.polls.asking import ask, end
from tests.posts import writing
from tests.push.browsers import Browser
from tests.questions import asking
from tests.reactions import reacting
from tests.security.canaries import Canaries
from tests.security.paying import open_checkout
from tests.security.sights import (
    BANNED_RANK,
    DAY_MS,
    FEED_OF,
    FOLLOWER,
    GOLD,
    NOBODY_IN,
    PLATINUM,
    STAFF,
    TALKERS,
    Sight,
    Standing,
    Things,
    Viewer,
    World,
)
from tests.security.wire import HERE, Headers
from tests.topics import talking

LINK = " https://example.org/market"


async def build_world(app: Starlette, clock: Clock) -> World:
    """Make it, through the doors that the product uses."""
    app.state.mail_trial = _no_mail
    app.state.pusher = _Taker()
    maker = _Maker(app, clock)
    await maker.communities()
    await maker.people()
    await maker.posts()
    await maker.secrets()
    return maker.world()


async def _no_mail(address: str, language: str) -> None:
    """Stands in for the relay: what leaves by mail is another test's business."""


class _Taker:
    """A Pusher that has nowhere to bring anything."""

    async def send(self, parcel: Parcel) -> Outcome:
        return Outcome("taken")

    async def rest(self) -> None:
        pass


class _Maker:
    def __init__(self, app: Starlette, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self.db: Database = app.state.services.db
        self.canaries = Canaries()
        self.viewers: dict[str, Viewer] = {}
        self.things: dict[str, Things] = {}
        self.own: dict[str, str] = {}
        self.pictures: dict[str, str] = {}  # of link previews, by post
        self.generals: dict[str, str] = {}

    # -- communities ---------------------------------------------------------------------------------------------

    async def communities(self) -> None:
        self.operator = await self._account("operator", admin=True)
        self.anna = await creator(self.db, "anna")
        self.zoe = await creator(self.db, "zoe", visibility="private")
        self.gold = await self.anna.tier("Gold", GOLD)
        self.spare = {"anna": await self.anna.tier("Platinum", PLATINUM)}
        self.circle = await self.anna.room("circle", min_rank=0)
        self.vault = await self.anna.room("vault", min_rank=GOLD)
        inside = self._in_zoe
        self.zoe_gold = await self.zoe.tier(self._canary("zoetier", inside), GOLD)
        self.spare["zoe"] = await self.zoe.tier("Zoes Platinum", PLATINUM)
        self.zoe_vault = await self.zoe.room("vault", min_rank=GOLD, name=self._canary("zoeroom", inside))
        async with self.db.write() as tx:
            await communities.update_fields(tx, self.zoe.community.id, about=self._canary("zoeabout", inside))
            for scene in (self.anna, self.zoe):
                await communities.update_fields(tx, scene.community.id, reach_shown=True)
        await self.anna.refresh()
        await self.zoe.refresh()
        await self._groups()

    async def _groups(self) -> None:
        """Open ones and paid ones; and one with a past that those who come later do not see."""
        self.groups = {
            scene.community.handle: (
                await talking.group(scene, "talk"),
                await talking.group(scene, "goldtalk", min_rank=GOLD),
            )
            for scene in (self.anna, self.zoe)
        }
        self.fresh = await talking.group(self.anna, "fresh", min_rank=0, history=0)
        staff = self._canary("pasttopic", self._of_staff), self._canary("past", self._of_staff)
        topic = await talking.start(self.anna, self.fresh, staff[0])
        self.past = await talking.say(self.anna, self.fresh, staff[1], topic=topic)
        self.clock.forward(1)

    @staticmethod
    def _of_staff(sight: Sight) -> bool:
        return sight.at("anna").may(Action.SEE_STUDIO)

    async def _conversations(self) -> None:
        """A topic and a message in each group, by its owner."""
        self.talks: dict[str, tuple[Topic, Topic, Post, Post]] = {}
        for scene in (self.anna, self.zoe):
            handle, (open_group, paid_group) = scene.community.handle, self.groups[scene.community.handle]
            anyone = self._from(-1) if scene is self.anna else self._in_zoe
            gold = self._from(GOLD) if scene is self.anna else self._in_zoe
            made = []
            for group, kind, reader in ((open_group, "talk", anyone), (paid_group, "goldtalk", gold)):
                topic = await talking.start(scene, group, self._canary(f"{handle}{kind}topic", reader))
                said = await talking.say(scene, group, self._canary(f"{handle}{kind}", reader), topic=topic)
                made.append((topic, said))
            async with self.db.read() as tx:
                self.generals[handle] = (await topics.by_number(tx, open_group.id, 1)).id
            self.talks[handle] = (made[0][0], made[1][0], made[0][1], made[1][1])
        await talking.say(self.anna, self.fresh, self._canary("present", self._from(0)), quote=self.past)

    async def _account(self, name: str, *, admin: bool = False) -> Account:
        async with self.db.write() as tx:
            return await accounts.create(tx, name=name, is_admin=admin)

    def _canary(self, kind: str, reader: Any) -> str:
        return self.canaries.new(kind, reader)

    @staticmethod
    def _in_zoe(sight: Sight) -> bool:
        return sight.at("zoe").visible

    # -- people --------------------------------------------------------------------------------------------------

    async def people(self) -> None:
        """Everybody who looks, and how they came to be what they are."""
        expired = await self._expiring_token()
        for role in STAFF[1:]:
            await self._seen(role.value, await self.anna.member(role.value, role=role), role=role)
        await self._seen("owner", self.anna.owner, role=Role.OWNER)
        await self._seen("gold", await self.anna.member("gold", tier=self.gold), rank=GOLD)
        await self._seen("free", await self._free(), rank=0)
        await self._lapsed()
        await self._paying()
        await self._muted()
        await self._banned()
        await self._asking()
        left = await self.anna.member("left", tier=self.gold)
        async with self.db.write() as tx:
            await joining.leave(tx, left.id, self.anna.community)
        await self._seen("left", left, state=State.LEFT)
        await self._seen("outsider", await person(self.db, "outsider"), state=None)
        await self._seen("operator", self.operator, state=None)
        zoe = Standing(Role.OWNER, State.ACTIVE, STAFF_RANK)
        await self._seen("creator", self.zoe.owner, state=None, zoe=zoe)
        await self._seen(
            "zoegold", await self._zoe_gold(), state=None, zoe=Standing(Role.MEMBER, State.ACTIVE, GOLD)
        )
        await self._without_credentials(expired)
        await self._victims()

    async def _free(self) -> Account:
        """Their name is a canary: the list of members is not for everybody."""

        def reader(sight: Sight) -> bool:
            return self._is(sight, "free") or sight.at("anna").may(Action.SEE_MEMBERS) or sight.admin

        return await self.anna.member(self._canary("membername", reader)[:40])

    async def _zoe_gold(self) -> Account:
        return await self.zoe.member("zoegold", tier=self.zoe_gold)

    async def _lapsed(self) -> None:
        account = await self.anna.member("lapsed", tier=self.gold)
        async with self.db.write() as tx:
            owner = await self.anna.by(tx, self.anna.owner)
            await actions.give_tier(tx, owner, self.anna.community, [account.id], self.anna.free.id)
        await self._seen("lapsed", account, rank=0)

    async def _paying(self) -> None:
        """Whose rank follows from what the provider holds."""
        shop = await open_checkout(self.app, self.clock, self.anna, self.gold)
        people = {name: await self.anna.member(name) for name in ("payer", "overdue", "refunded", "opener")}
        await shop.stops_paying(people["overdue"])
        await shop.subscribes(people["payer"])
        await shop.is_paid_back(people["refunded"])
        for name, account in people.items():
            await self._seen(name, account, rank=GOLD if name == "payer" else 0)
        gold = self._from(GOLD)
        alone = self._canary("alone", lambda sight: gold(sight) or self._is(sight, "opener"))
        await shop.opens_one_post(people["opener"], alone)
        mine = await shop.subscribes(self.anna.owner)
        self.own |= {"holding": mine.id, "order": mine.order_id, "book": mine.external_id}

    async def _muted(self) -> None:
        account = await self.anna.member("muted")
        reason = self._canary("mutereason", self._of_staff_or("muted"))
        async with self.db.write() as tx:
            owner = await self.anna.by(tx, self.anna.owner)
            await actions.mute(tx, owner, self.anna.community, account.id, reason=reason)
        await self._seen("muted", account, rank=0, state=State.MUTED)

    async def _banned(self) -> None:
        account = await self.anna.member("banned", tier=self.gold)
        reason = self._canary("banreason", self._of_staff_or("banned"))
        async with self.db.write() as tx:
            owner = await self.anna.by(tx, self.anna.owner)
            await actions.ban(tx, owner, self.anna.community, account.id, reason=reason)
        await self._seen("banned", account, state=State.BANNED, rank=BANNED_RANK)

    async def _asking(self) -> None:
        account = await person(self.db, "requested")
        note = self._canary("note", self._of_staff_or("requested"))
        async with self.db.write() as tx:
            await joining.join(tx, account, self.anna.community, approve=True, note=note)
        await self._seen("requested", account, state=State.REQUESTED)

    def _of_staff_or(self, name: str) -> Any:
        return lambda sight: self._is(sight, name) or sight.at("anna").may(Action.SEE_MEMBERS)

    def _is(self, sight: Sight, name: str) -> bool:
        """Whether the credentials are those of `name`, by whichever of its ways in."""
        account = self.viewers[name].page.account
        return sight.account is not None and account is not None and sight.account.id == account.id

    async def _seen(
        self,
        name: str,
        account: Account,
        *,
        role: Role = Role.MEMBER,
        state: State | None = State.ACTIVE,
        rank: int = -1,
        zoe: Standing | None = None,
    ) -> None:
        """A viewer with a session and a token of every scope."""
        belongs = state in (State.ACTIVE, State.MUTED)
        anna = Standing(
            role=role if belongs else None,
            state=state,
            rank=STAFF_RANK if belongs and role is not Role.MEMBER else rank,
            visible=state is not State.BANNED,
        )
        standings = {"anna": anna, "zoe": zoe or NOBODY_IN["zoe"]}
        scopes = frozenset(SCOPES) - (frozenset() if account.is_admin else {"admin"})
        cookie = (("cookie", f"channel={await self._session(account)}"), ("origin", HERE))
        bearer = await self._token(account, scopes)
        self.viewers[name] = Viewer(
            name,
            Sight(name, account, None, standings, headers=cookie),
            Sight(name, account, scopes, standings, headers=bearer),
        )

    async def _session(self, account: Account, device: str = "test") -> str:
        async with self.db.write() as tx:
            _, secret = await sessions.open_session(tx, account.id, device=device, how="link")
        return secret

    async def _token(self, account: Account, scopes: frozenset[str], **more: Any) -> Headers:
        async with self.db.write() as tx:
            given: dict[str, Any] = {"name": "test", "days": None} | more
            _, secret = await tokens.create_token(tx, account.id, scopes=scopes, **given)
        return (("authorization", f"Bearer {secret}"),)

    async def _expiring_token(self) -> Headers:
        """The owner's, from two days ago, for one day."""
        self.clock.forward(-2 * DAY_MS)
        bearer = await self._token(self.anna.owner, frozenset({"read", "post", "members", "manage"}), days=1)
        self.clock.forward(2 * DAY_MS)
        return bearer

    async def _without_credentials(self, expired: Headers) -> None:
        """Those whose credentials are none (any more), and programs that were given little."""
        owner, here = self.anna.owner, ("origin", HERE)
        self._put("anonymous", (here,), ())
        async with self.db.write() as tx:
            token, secret = await tokens.create_token(tx, owner.id, name="t", scopes={"manage"}, days=None)
            await tokens.revoke_token(tx, owner.id, token.id)
            ended, cookie = await sessions.open_session(tx, owner.id, device="lost", how="link")
            await sessions.end_session(tx, owner.id, ended)
        revoked = (("authorization", f"Bearer {secret}"),)
        self._put("revoked", (("cookie", f"channel={cookie}"), here), revoked, broken=True)
        self._put("expired", (here,), expired, broken=True)
        suspended = await self.anna.member("suspended", tier=self.gold)
        cookie, bearer = (
            await self._session(suspended),
            await self._token(suspended, frozenset(SCOPES) - {"admin"}),
        )
        async with self.db.write() as tx:
            await tx.run(
                update(account_table).where(account_table.c.id == suspended.id).values(state="suspended")
            )
        self._put("suspended", (("cookie", f"channel={cookie}"), here), bearer, broken=True)
        for name, scopes in (("reader", {"read"}), ("writer", {"post"})):
            bearer = await self._token(owner, frozenset(scopes))
            program = Sight(
                name, owner, frozenset(scopes), self.viewers["owner"].program.standings, headers=bearer
            )
            self.viewers[name] = Viewer(name, Sight(name, headers=(here, *bearer)), program)

    def _put(self, name: str, page: Headers, program: Headers, *, broken: bool = False) -> None:
        self.viewers[name] = Viewer(
            name, Sight(name, headers=page), Sight(name, broken=broken, headers=program)
        )

    async def _victims(self) -> None:
        """Plain members on whom staff act."""
        self.victims = {"anna": await self.anna.member("vic"), "zoe": await self.zoe.member("bea")}
        self.golden = {
            "anna": await self.anna.member("gil", tier=self.gold),
            "zoe": await self.zoe.member("gia", tier=self.zoe_gold),
        }

    # -- posts ---------------------------------------------------------------------------------------------------

    def _from(self, rank: int) -> Any:
        return lambda sight: sight.at("anna").rank >= rank and sight.at("anna").visible

    async def posts(self) -> None:
        """Each way in which a text can be closed to somebody."""
        anyone, member, gold, none = self._from(-1), self._from(0), self._from(GOLD), lambda sight: False
        say, anna, new = self._canary, self.anna, writing.post
        opened = await ask(anna, text=say("open", anyone) + LINK, options=[say("polled", anyone), "No"])
        await new(anna, say("members", member), min_rank=0, teaser=say("memberteaser", anyone))
        paid = await ask(
            anna, text=say("paid", gold) + LINK, options=[say("polledpaid", gold), "No"], question=say("askedpaid", gold),
            min_rank=GOLD, teaser=say("paidteaser", anyone),
        )  # fmt: skip
        # Nobody answers it, and it does not end: nobody is told why.
        riddle = {"kind": "quiz", "right": [1], "explanation": say("explained", none)}
        await ask(anna, text=say("riddle", anyone), options=["Yes", "No"], **riddle)
        gone = await new(anna, say("deleted", none), min_rank=GOLD, teaser=say("deletedteaser", none))
        await writing.remove(anna, gone)
        edited = await new(anna, say("olderpaid", gold), min_rank=GOLD)
        await writing.change(anna, edited, say("newerpaid", gold), min_rank=GOLD)
        freed = await new(anna, say("freedpast", gold), min_rank=GOLD)
        await writing.change(anna, freed, say("freednow", anyone))
        closed = await new(anna, say("closedpast", gold))
        await writing.change(anna, closed, say("closednow", gold), min_rank=GOLD)
        await new(anna, say("quoting", anyone), quote_id=paid.id)
        await new(anna, say("paidquoting", gold), min_rank=GOLD, quote_id=paid.id)
        pinned = await new(
            anna, f"[{say('paidlink', gold)}](https://example.org/{say('paidaddress', gold)})", min_rank=GOLD
        )
        await self._pin(pinned)
        editor = anna.people["editor"]
        await new(anna, say("editors", gold), author=editor, min_rank=GOLD)
        await new(anna, say("circle", member), room=self.circle)
        await new(
            anna, say("circlepaid", gold), room=self.circle, min_rank=GOLD, teaser=say("circleteaser", member)
        )
        vaulted = await new(anna, say("vault", gold), room=self.vault)
        await new(anna, say("platinum", self._from(PLATINUM)), room=self.vault, min_rank=PLATINUM,
                  teaser=say("vaultteaser", gold))  # fmt: skip
        await new(anna, say("quotingvault", anyone), quote_id=vaulted.id)
        await self._waterfalls()
        await self._drafts(editor)
        zoe_gold = self._in_zoe  # everybody in it who looks has the tier
        inside = await ask(
            self.zoe, text=say("zoeopen", zoe_gold) + LINK, options=[say("zoepolled", zoe_gold), "No"]
        )
        zoe_paid = await ask(self.zoe, text=say("zoepaid", zoe_gold) + LINK, min_rank=GOLD)
        for post in (inside, zoe_paid):
            await end(self.zoe, post)
        for post, kind, reader in (
            (opened, "linked", anyone),
            (paid, "linkedpaid", gold),
            (inside, "zoelinked", zoe_gold),
            (zoe_paid, "zoelinkedpaid", zoe_gold),
        ):
            await self._linked(post, say(kind, reader), say(f"{kind}words", reader))
            self.canaries.watch(f"{kind}picture", self.pictures[post.id], reader)
        await self._reactor(paid)
        await self._comments(opened, paid, closed, vaulted)
        await self._conversations()
        self.media = {
            "anna": await self._carried(anna, (opened, anyone), (paid, gold)),
            "zoe": await self._carried(self.zoe, (inside, zoe_gold), (zoe_paid, zoe_gold)),
        }
        await self._things(anna, opened, paid)
        await self._things(self.zoe, inside, zoe_paid)

    async def _carried(self, scene: Scene, *posts: tuple[Post, Any]) -> list[str]:
        """A file for each of these posts, whose content, name and description those may know who read the post."""
        desk, handle, made = self.app.state.services.media, scene.community.handle, []
        for (post, reader), grade in zip(posts, ("open", "paid"), strict=True):
            name, alt = (self._canary(f"{handle}{grade}{part}", reader) for part in ("file", "alt"))
            # Zoe's paid one is asked for by nobody, as all her paid things.
            asked = scene is self.anna or grade == "open"
            content = self._canary(f"{handle}{grade}bytes", reader) if asked else "Hello"
            sent = await sending.send(desk, scene, content.encode(), name=name, alt=alt)
            async with self.db.write() as tx:
                await carrying.attach(tx, post.id, [sent.id])
                await tx.run(update(post_table).where(post_table.c.id == post.id).values(media_count=1))
                if asked:
                    await self._signed(tx, scene, sent, self._canary(f"{handle}{grade}signer", reader))
                    parts = encoded([Chapter(0, self._canary(f"{handle}{grade}chapter", reader))])
                    await tx.run(
                        update(media_table).where(media_table.c.id == sent.id).values(chapters=parts)
                    )
            made.append(sent.id)
        if scene is self.anna:
            upload = await desk.begin("anna", scene.owner.id, size=10, name="note.txt")
            self.own["upload"] = upload.id
        return made

    async def _signed(self, tx: Tx, scene: Scene, sent: Media, signer: str) -> None:
        """Its content credentials, which are handed out beside it: for those who may have the file."""
        said = Credentials("untrusted", "generated", signer, signer, None, signer, (Done(signer, signer),))
        await media_actions.say(tx, sent.id, Proof(said, sent.sha256, sent.size))
        by = await scene.by(tx, scene.owner)
        await media_actions.keep_credentials(tx, by, sent, kept=True)

    async def _comments(self, opened: Post, paid: Post, closed: Post, vaulted: Post) -> None:
        """What is said under posts that are open, closed, or were closed since; what waits, and what is reported."""
        anna, say, owner = self.anna, self._canary, self.anna.owner
        anyone, gold, none = self._from(-1), self._from(GOLD), lambda sight: False
        moderates = lambda sight: sight.at("anna").may(Action.MODERATE)  # noqa: E731
        await saying.say(anna, opened, owner, say("opencomment", anyone))
        for kind, post in (("paidcomment", paid), ("closedcomment", closed), ("vaultcomment", vaulted)):
            await saying.say(anna, post, owner, say(kind, gold))
        gone = await saying.say(anna, opened, owner, say("deletedcomment", none))
        await saying.remove(anna, gone)
        words = say("holdwords", moderates)
        async with self.db.write() as tx:
            by = await anna.by(tx, owner)
            await holding.change_holds(tx, by, anna.community, words=words, link_days=300)
        author = anna.people["gold"]
        waits = say("heldcomment", lambda sight: self._is(sight, "gold") or moderates(sight))
        held = await saying.say(anna, opened, author, f"https://example.org/{waits}")
        assert held.state == "held"
        complaint = Complaint.parse("spam", say("reportwords", moderates))
        async with self.db.write() as tx:
            thread = await comments.thread(tx, paid.id, author.id)
            await reports.report(tx, thread, None, complaint)

    async def _waterfalls(self) -> None:
        """One that is still to come, and one that opened: its words of then, not those from before."""
        anyone, gold, now = self._from(-1), self._from(GOLD), self.clock.now_ms
        say, anna, new = self._canary, self.anna, writing.post
        to_come = [Step(now + 300 * DAY_MS, 0), Step(now + 301 * DAY_MS, None)]
        await new(anna, say("waiting", gold), min_rank=GOLD, opens=to_come, teaser=say("waitteaser", anyone))
        first = await new(anna, say("fallpast", gold), min_rank=GOLD, opens=[Step(now + 1, None)])
        second = await writing.change(anna, first, say("fallnow", anyone), min_rank=GOLD)
        self.clock.forward(1)
        await writing.open_by_itself(anna, second)
        async with self.db.write() as tx:  # the worker has nothing to do for it while the doors are tried
            await tx.run(jobs.delete().where(jobs.c.kind == PostOpens.kind, jobs.c.due_at <= tx.now))

    async def _linked(self, post: Post, title: str, words: str) -> None:
        """What came of the page that the post links to, with a picture like no other."""
        (made, *_) = await self._made(sending.photo(320, 180 + len(self.pictures)))
        self.pictures[post.id] = made.sha256
        async with self.db.write() as tx:
            due = PreviewDue(post_id=post.id, room_id=post.room_id)
            link, kept = LINK.strip(), Pictures(made.sha256, made.size)
            await fill(tx, due, [link], link, link, Found(title, words), kept=kept)

    async def _reactor(self, paid: Post) -> None:
        """Rooms that show who reacted, and somebody who reacted to what the free tier may not read."""
        gold = self._from(GOLD)
        name = self._canary(
            "reactor", lambda sight: gold(sight) or sight.admin
        )  # who has a list of all accounts
        rich = await self.anna.member(name[:60], tier=self.gold)
        for scene in (self.anna, self.zoe):
            async with self.db.write() as tx:
                by = await scene.by(tx, scene.owner)
                scene.news = await governing.edit_room(
                    tx, by, scene.community, scene.news, reactors_shown=True
                )
        await reacting.react(self.anna, rich, paid)

    async def _pin(self, post: Post) -> None:
        async with self.db.write() as tx:
            await pins.pin(tx, await self.anna.by(tx, self.anna.owner), post, 1)

    async def _drafts(self, editor: Account) -> None:
        for name, account in (("owner", self.anna.owner), ("editor", editor)):
            own = self._only(name)
            text, teaser = self._canary(f"{name}draft", own), self._canary(f"{name}draftteaser", own)
            sketch = Sketch.parse(text, room_id=self.anna.news.id, teaser=teaser, min_rank=GOLD)
            async with self.db.write() as tx:
                saved = await drafts.save_draft(tx, await self.anna.by(tx, account), sketch)
            self.own[f"{name}_draft"] = saved.id

    def _only(self, name: str) -> Any:
        return lambda sight: self._is(sight, name)

    async def _things(self, scene: Scene, post: Post, paid: Post) -> None:
        handle = scene.community.handle
        label = self._canary(f"{handle}label", lambda sight: sight.at(handle).may(Action.SEE_MEMBERS))
        seal = Seal(self.app.state.services.secret)
        async with self.db.write() as tx:
            by = await members.entitlement(tx, scene.community, scene.owner.id)
            invite = await invites.create(tx, by, scene.community, seal, label=label)
            grants = self.gold.id if scene is self.anna else self.zoe_gold.id
            golden = await invites.create(tx, by, scene.community, seal, tier_id=grants)
        gift, gift_code = await self._gift(scene, self.spare[handle].id)
        said = [
            await saying.say(scene, post, self.victims[handle], "Hm"),
            await saying.say(scene, paid, self.golden[handle], "Hm"),
        ]
        asked = await self._questions(scene, post, paid)
        talk, letter, kept, item = await self._letters(scene)
        look = await self._looks(scene)
        emoji = await self._emoji(scene, post)
        feed = await self._feed(scene, self.victims[handle])
        hook, incoming = await self._hooks(scene)
        assert invite.code
        assert golden.code
        self.canaries.watch(
            f"{handle}code", invite.code, lambda sight: sight.at(handle).may(Action.SEE_MEMBERS)
        )
        self.canaries.watch(
            f"{handle}goldcode", golden.code, lambda sight: sight.at(handle).may(Action.GIVE_TIER)
        )
        self.things[handle] = Things(
            handle=handle, room=scene.news, paid_room=self.vault if scene is self.anna else self.zoe_vault,
            medium=self.media[handle][0], paid_medium=self.media[handle][1],
            post=post, paid_post=paid, tier=await self._free_tier(scene), spare_tier=self.spare[handle],
            invite=invite, victim=self.victims[handle], draft=self.own["owner_draft"],
            comment=said[0].id, paid_comment=said[1].id,
            gift=gift, gift_code=gift_code, group=self.groups[handle][0], paid_group=self.groups[handle][1],
            topic=self.talks[handle][0], paid_topic=self.talks[handle][1], message=self.talks[handle][2],
            paid_message=self.talks[handle][3], general=self.generals[handle],
            question=asked[0], paid_question=asked[1], talk=talk, letter=letter, saved=kept, item=item, look=look,
            emoji=emoji.key, emoji_name=emoji.name, feed=feed.id, hook=hook, incoming=incoming,
            linked=self.pictures[post.id], linked_paid=self.pictures[paid.id],
        )  # fmt: skip

    async def _feed(self, scene: Scene, account: Account) -> feeds.Feed:
        seal = FeedSeal(self.app.state.services.secret)
        async with self.db.write() as tx:
            return (await feeds.make(tx, seal, account.id, scene.community))[0]

    async def _hooks(self, scene: Scene) -> tuple[str, str]:
        """A webhook, of what never happens here, and an address by which a program posts. Both are for admins alone."""
        handle, secret = scene.community.handle, self.app.state.services.secret

        def admins(sight: Sight) -> bool:
            return sight.at(handle).may(Action.EDIT_COMMUNITY)

        given = {
            "name": self._canary(f"{handle}hook", admins)[:60], "kinds": ("community.reopened",),
            "url": f"https://{handle}.friend.org/in",
        }  # fmt: skip
        async with self.db.write() as tx:
            by = await scene.by(tx, scene.owner)
            made, signs = await hooks.create(tx, by, scene.community, secret, given)
            way = await incoming.create(
                tx, by, scene.community, hooks.Seal(secret), name="Weather", room_id=scene.news.id
            )
        assert signs
        assert way.secret
        self.canaries.watch(f"{handle}hooksecret", signs, admins)
        self.canaries.watch(f"{handle}incomingsecret", way.secret, admins)
        if scene is self.anna:
            self.own["incoming_secret"] = way.secret
        return made.id, way.id

    async def _looks(self, scene: Scene) -> str:
        """A cover of its own. Where that of a private community lies is told to who knows of the community."""
        made = await self._made(sending.photo())
        async with self.db.write() as tx:
            by = await scene.by(tx, scene.owner)
            worn = (await looks.dress(tx, by, scene.community, "cover", made)).cover.removeprefix("own:")
        if scene is self.zoe:
            self.canaries.watch("zoelook", worn, self._in_zoe)
        await scene.refresh()
        return worn

    async def _emoji(self, scene: Scene, post: Post) -> Emote:
        """An emoji of its own, under the open post. Those of a private community are known inside alone."""
        name = f"{scene.community.handle}_emoji"
        async with self.app.state.services.media.mint.sheet() as sheet:
            await sheet.take(sending.pieces(sending.photo()), 1_000_000)
            made = await sheet.cut(CUT)
        async with self.db.write() as tx:
            added = await emotes.add(tx, await scene.by(tx, scene.owner), scene.community, name, made)
        await reacting.react(scene, scene.owner, post, added.shown)
        if scene is self.zoe:
            self.canaries.watch("zoeemoji", added.key, self._in_zoe)
            self.canaries.watch("zoeemojiname", name, self._in_zoe)
        return added

    async def _made(self, content: bytes) -> Sequence[Made]:
        async with self.app.state.services.media.mint.sheet() as sheet:
            await sheet.take(sending.pieces(content), 1_000_000)
            return await sheet.cut(parse_cut("cover"))

    async def _questions(self, scene: Scene, *posts: Post) -> list[str]:
        """Both posts ask for questions, and the box is open. Who asked in them does not want to be named."""
        handle = scene.community.handle
        inside: Any = self._from(-1) if scene is self.anna else self._in_zoe
        gold: Any = self._from(GOLD) if scene is self.anna else self._in_zoe

        def team(sight: Sight) -> bool:
            return sight.at(handle).may(Action.SEE_STUDIO) or sight.admin

        tier = self.gold if scene is self.anna else self.zoe_gold
        asker = await scene.member(self._canary(f"{handle}asker", team)[:40], tier=tier)
        face = await self._made(sending.photo())
        async with self.db.write() as tx:
            worn = (await looks.wear(tx, asker.id, face)).avatar
        self.canaries.watch(f"{handle}askerface", worn.removeprefix("own:"), team)
        await asking.box(scene)
        found = []
        for kind, post, reader in (("open", posts[0], inside), ("paid", posts[1], gold)):
            async with self.db.write() as tx:
                by = await scene.by(tx, scene.owner)
                where = await prompts.ask_for(tx, by, post, Terms.parse(tx.now), fresh=True)
            text = self._canary(f"{handle}asked{kind}", reader)
            found.append((await asking.ask(scene, asker, where, text, show_name=False)).id)
        boxed = self._canary(f"{handle}boxed", team)
        async with self.db.read() as tx:
            box = await question_queries.box(tx, scene.community.id)
        await asking.ask(scene, asker, box, boxed, show_name=False)
        return found

    async def _letters(self, scene: Scene) -> tuple[str, str, str, str]:
        """A follower writes to the team, which has answered before: their conversation, its last message, an answer that
        the team keeps, and its item in the inbox."""
        handle = scene.community.handle
        name = TALKERS[handle]
        talker = self.viewers[name].page.account
        assert talker is not None

        def team(sight: Sight) -> bool:
            return sight.at(handle).may(Action.ANSWER)

        def both(sight: Sight) -> bool:
            return team(sight) or self._is(sight, name)

        await letters.open_box(scene)
        await letters.write(scene, talker, self._canary(f"{handle}letter", both))
        await letters.answer(scene, talker, self._canary(f"{handle}reply", both))
        last = await letters.write(scene, talker, self._canary(f"{handle}lastletter", both))
        async with self.db.write() as tx:
            by = await scene.by(tx, scene.owner)
            text = self._canary(f"{handle}saved", team)
            kept = await saved.keep(tx, by, scene.community, name=f"N {text[-8:]}", text=text)
        return last.conversation_id, last.id, kept.id, str(Key("message", last.conversation_id, talker.id))

    async def _gift(self, scene: Scene, tier_id: str) -> tuple[str, str]:
        """A gift made by hand: its id and its code."""
        handle, seal = scene.community.handle, self.app.state.services.counter.seal
        async with self.db.write() as tx:
            by = await members.entitlement(tx, scene.community, scene.owner.id)
            given = {"tier_id": tier_id, "count": 1, "days": 30, "label": ""}
            [made] = await giving.make_by_hand(tx, by, scene.community, scene.owner, seal, **given)
            code = await giving.code_of(tx, made, seal)
        self.canaries.watch(f"{handle}gift", code, lambda sight: sight.at(handle).may(Action.HANDLE_MONEY))
        return made.id, code

    async def _orders(self) -> None:
        """The owner buys by hand: an order that waits for its payment, and a gift that is paid."""
        counter, owner, community = self.app.state.services.counter, self.anna.owner, self.anna.community
        bank = Options(iban="DE89370400440532013000", payee=self._canary("payee", self._only("owner")))
        async with self.db.write() as tx:
            by = await self.anna.by(tx, owner)
            account = await connect(tx, by, community, "manual", counter.seal, options=bank, account="manual")

        async def choose(tx: Any, connection: Connection) -> Wish:
            return Wish(kind="gift", amount=500, currency="EUR", days=30, tier=self.gold, title="Gold")

        for name in ("order", "gift"):
            order = await counter.order(owner, account.id, name, choose, language="en")
            self.own[name] = order.id
        async with self.db.write() as tx:
            by = await self.anna.by(tx, owner)
            await dues.confirm(tx, by, community, account, dues.Receipt(self.own["gift"], 1, tx.now))
        await counter.refresh(account.id, self.own["gift"])

    async def _free_tier(self, scene: Scene) -> Tier:
        async with self.db.read() as tx:
            return await tiers.free(tx, scene.community.id)

    # -- who follows without an account --------------------------------------------------------------------------------

    async def _followers(self, tx: Tx) -> None:
        """One whose links are walked, and one whose address nobody is shown."""
        here, key = self.anna.community.id, self.app.state.services.secret
        for address in (
            "follows@example.org",
            self._canary("followmail", lambda sight: False).lower()[:50] + "@example.org",
        ):
            wish = Wished(here, address, "daily", "en")
            made = await follows.confirm(tx, await follows.confirmation(tx, wish))
            self.own.setdefault("follow", sealed_follow(key, made.id))
            self.own.setdefault("follow_pass", await follows.pass_secret(tx, made.id))
        new = Wished(here, "confirms@example.org", "instant", "en")
        self.own["follow_yes"] = await follows.confirmation(tx, new)
        told = await devices.switch_on(
            tx, self.anna.community, FOLLOWER.subscription, language="en", zone="UTC", network="192.0.2.1"
        )
        self.own["follow_device"] = sealed_follow(key, told.id, OF_DEVICE)

    # -- what belongs to one account alone -------------------------------------------------------------------------

    async def secrets(self) -> None:
        await self._orders()
        eyes = self.viewers[FEED_OF].page.account
        assert eyes is not None
        self.own["feed_secret"] = (await self._feed(self.anna, eyes)).secret or ""
        self.own["feed"] = (await self._feed(self.anna, self.anna.owner)).id
        owner, mine = self.anna.owner, self._only("owner")
        token_name, device = self._canary("tokenname", mine), self._canary("device", mine)
        address = self._canary("mail", mine).lower()[:50] + "@example.org"
        await self._token(owner, frozenset({"read"}), name=token_name[:60])
        await self._session(owner, device=device)
        async with self.db.write() as tx:
            browser = push.Owner(owner.id, None, device[:60])
            made = await push.switch_on(tx, browser, Browser("own").subscription)
            self.own["push_device"] = made.id
            key = self.app.state.services.secret
            self.own["quiet"] = sealed_push(key, From(made.id, self.anna.community.id))
            await tx.run(update(account_table).where(account_table.c.id == owner.id).values(email=address))
            self.own["session"] = (await sessions.listing(tx, owner.id, None))[0].id
            self.own["token"] = (await tokens.listing(tx, owner.id))[0].id
            self.own["link"] = await links.sign_in_link(tx, self.viewers["left"].page.account.id, minutes=60)  # type: ignore[union-attr]
            self.own["proof"] = await accounts.emails.email_proof(tx, owner.id, "new@example.org")
            ends = Ends(owner.id, self.anna.community.id, self.anna.news.id)
            self.own["off"] = sealed(self.app.state.services.secret, ends)
            await self._followers(tx)
            self.own["job"] = new_id(tx.now)
            dead = {
                "consumer": "mail",
                "kind": "sign_in_link.asked",
                "data": "{}",
                "tries": 10,
                "state": "dead",
            }
            await tx.run(update(token_table).values(used_at=tx.now))  # fresh: using one writes nothing
            times = {"problem": "No relay.", "due_at": tx.now, "created_at": tx.now}
            await tx.run(jobs.insert().values(id=self.own["job"], **dead, **times))

    def world(self) -> World:
        return World(
            self.app, self.clock, self.anna, self.zoe, self.canaries, self.things, self.viewers, self.own
        )
