"""Writing the demo, through the same verbs as everybody, at the times at which it would have happened."""

import random
import time
from dataclasses import dataclass, field

from channel import accounts, invites, members, outbox, polls, posts, rooms, tiers
from channel.accounts import Account, links
from channel.communities import Community
from channel.demo import linked
from channel.demo.model import CommunityPlan, InvitePlan, MemberPlan, PersonPlan, PostPlan
from channel.demo.plan import CREATOR, FREE_FOLLOWER, PAYING_FOLLOWER, plan
from channel.demo.selling import sell
from channel.demo.talking import Company, Talking, poll_of, terms_of
from channel.events import room_stream
from channel.invites import Seal
from channel.members import Entitlement, Role, governing, joining
from channel.members import actions as member_actions
from channel.payments import Seal as PaySeal
from channel.polls import PollDraft
from channel.posts import Draft, drafts, linking, pins, queries
from channel.posts.model import Sketch
from channel.posts.steps import Step
from channel.questions import prompts
from channel.reach.keeping import keep
from channel.reach.model import SETTLED_MS
from channel.reach.open import WEEK_MS, WEEKS
from channel.rooms import Room
from channel.secret import secret_key
from channel.settings import Settings
from channel.storage import Database, Tx
from channel.storage.open import open_database

LINK_MINUTES = 24 * 60
HOUR_MS = 3_600_000
READERS_SHARE = 0.8
DAY_MS = 24 * HOUR_MS
BAN_REASON = "Advertised other people's work under every post."
MUTE_REASON = "Cooling down after a heated evening."


class Then:
    """A clock that is told what time it was."""

    def __init__(self) -> None:
        self.now_ms = time.time_ns() // 1_000_000

    def __call__(self) -> int:
        return self.now_ms


@dataclass(slots=True)
class Scene:
    """One community while it is being written."""

    plan: CommunityPlan
    community: Community
    owner: Account
    rooms: dict[str, Room] = field(default_factory=dict)
    tier_ids: dict[int, str] = field(default_factory=dict)
    invite_ids: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)  # ids


async def fill(settings: Settings, seed: int) -> list[tuple[str, str]]:
    """Write the demo into empty data; return who can sign in and by which link."""
    clock = Then()
    db = await open_database(settings, clock=clock)
    now_ms = clock.now_ms
    key = secret_key(settings.data)
    stage = Stage(db, clock, Seal(key), PaySeal(key) if settings.sandbox else None)
    for community in plan(seed, now_ms):
        await stage.write(community)
    clock.now_ms = now_ms
    found = [
        await stage.sign_in_link(settings, person, now_ms)
        for person in (CREATOR, PAYING_FOLLOWER, FREE_FOLLOWER)
    ]
    await db.close()
    return list(zip(("Creator (and admin)", "Paying follower", "Free follower"), found, strict=True))


class Stage:
    """Where the plans are acted out."""

    def __init__(self, db: Database, clock: Then, seal: Seal, pay_seal: PaySeal | None) -> None:
        self._db = db
        self._pay_seal = pay_seal  # None: where nobody may pretend to pay
        self._clock = clock
        self._seal = seal
        self._today_ms = clock.now_ms
        self._people: dict[str, Account] = {}

    async def sign_in_link(self, settings: Settings, person: PersonPlan, now_ms: int) -> str:
        self._clock.now_ms = now_ms
        async with self._db.write() as tx:
            secret = await links.sign_in_link(tx, self._people[person.handle].id, minutes=LINK_MINUTES)
        return f"{settings.url}/sign-in/link/{secret}"

    async def write(self, community: CommunityPlan) -> None:
        """Everything of one community, oldest first."""
        scene = await self._found(community)
        await self._invite(scene)
        for member in community.members:
            await self._join(scene, member)
        await self._employ(scene)
        await self._publish(scene)
        await self._read(scene)
        await self._talk(scene)
        await self._settle(scene)
        await self._reckon(scene)

    async def _person(self, tx: Tx, person: PersonPlan) -> Account:
        known = self._people.get(person.handle)
        if known is not None:
            return known
        made = await accounts.create(tx, name=person.name, handle=person.handle, is_admin=person == CREATOR)
        await accounts.update_profile(
            tx, made.id, name=person.name, handle=person.handle, avatar=person.avatar, hue=person.hue,
            language=None, theme=None,
        )  # fmt: skip
        self._people[person.handle] = account = await accounts.one(tx, made.id)
        return account

    async def _found(self, community: CommunityPlan) -> Scene:
        self._clock.now_ms = community.founded_at_ms
        async with self._db.write() as tx:
            owner = await self._person(tx, community.owner)
            made = await members.found(
                tx, owner, handle=community.handle, name=community.name, about=community.about,
                visibility=community.visibility, language=community.language,
            )  # fmt: skip
            by = await members.entitlement(tx, made, owner.id)
            look = {
                "hue": community.hue,
                "cover": community.cover,
                "avatar": community.avatar,
                "reach_shown": True,
            }
            made = await governing.edit_community(tx, by, made, **look)
            scene = Scene(community, made, owner)
            await self._furnish(tx, by, scene)
        return scene

    async def _furnish(self, tx: Tx, by: Entitlement, scene: Scene) -> None:
        """Tiers and rooms; the automatic free tier and first room become the first of the plan."""
        free = (await tiers.of_community(tx, scene.community.id))[0]
        for tier in scene.plan.tiers:
            facts = {
                "name": tier.name,
                "about": tier.about,
                "benefits": tier.benefits,
                "colour": tier.colour_hue,
            }
            if tier.rank == 0:
                made = await governing.edit_tier(tx, by, scene.community, free, **facts)
            else:
                made = await governing.create_tier(tx, by, scene.community, rank=tier.rank, **facts)  # type: ignore[arg-type]
            scene.tier_ids[tier.rank] = made.id
        first = (await rooms.of_community(tx, scene.community.id))[0]
        for number, room in enumerate(scene.plan.rooms):
            words = {"slug": room.slug, "name": room.name, "about": room.about, "min_rank": room.min_rank}
            if number == 0:
                scene.rooms[room.slug] = await governing.edit_room(tx, by, scene.community, first, **words)
            else:
                scene.rooms[room.slug] = await governing.create_room(tx, by, scene.community, **words)  # type: ignore[arg-type]

    async def _by(self, tx: Tx, scene: Scene, account: Account | None = None) -> Entitlement:
        return await members.entitlement(tx, scene.community, (account or scene.owner).id)

    async def _invite(self, scene: Scene) -> None:
        """All links open at first; how they stand today is settled when everybody has come."""
        for invite in scene.plan.invites:
            async with self._db.write() as tx:
                made = await invites.create(
                    tx, await self._by(tx, scene), scene.community, self._seal,
                    label=invite.label, requires_approval=invite.requires_approval,
                    expires_at=self._expiry(invite), max_uses=invite.max_uses,
                )  # fmt: skip
            scene.invite_ids[invite.label], scene.codes[invite.label] = made.id, made.code or ""

    def _expiry(self, invite: InvitePlan) -> int | None:
        """Counted from today, so that a demo shows links that are still good."""
        today = time.time_ns() // 1_000_000
        return today + invite.expires_in_days * DAY_MS if invite.expires_in_days else None

    async def _join(self, scene: Scene, member: MemberPlan) -> None:
        self._clock.now_ms = member.joined_at_ms
        async with self._db.write() as tx:
            account = await self._person(tx, member.person)
            if member.invite_label:
                await invites.accept(tx, scene.codes[member.invite_label], account)
            else:
                await joining.join(tx, account, scene.community)
            by = await self._by(tx, scene)
            if member.state != "requested":
                await member_actions.approve(tx, by, scene.community, [account.id])
            if member.tier_rank and member.state != "requested":
                tier_id = scene.tier_ids[member.tier_rank]
                await member_actions.give_tier(tx, by, scene.community, [account.id], tier_id)
            if member.state == "banned":
                await member_actions.ban(tx, by, scene.community, account.id, reason=BAN_REASON)
            if member.state == "muted":
                until = time.time_ns() // 1_000_000 + 3 * DAY_MS
                await member_actions.mute(
                    tx, by, scene.community, account.id, until=until, reason=MUTE_REASON
                )

    async def _employ(self, scene: Scene) -> None:
        self._clock.now_ms = scene.plan.founded_at_ms + HOUR_MS
        for person, role in scene.plan.co_workers:
            async with self._db.write() as tx:
                account = await self._person(tx, person)
                await joining.join(tx, account, scene.community)
                by = await self._by(tx, scene)
                await member_actions.give_role(tx, by, scene.community, account.id, Role(role))

    async def _publish(self, scene: Scene) -> None:
        ids = scene.posts
        for number, post in enumerate(scene.plan.posts):
            ids.append(await self._post(scene, number, post, ids))
        pinned = [post_id for post_id, post in zip(ids, scene.plan.posts, strict=True) if post.pinned]
        for post_id in reversed(pinned):
            async with self._db.write() as tx:
                await pins.pin(tx, await self._by(tx, scene), await queries.one(tx, post_id), 1)

    async def _post(self, scene: Scene, number: int, post: PostPlan, ids: list[str]) -> str:
        self._clock.now_ms = post.at_ms
        quote_id = None if post.quotes is None else ids[post.quotes]
        facts = {"min_rank": post.min_rank, "teaser": post.teaser, "ai": post.ai}
        opens = [Step(at_ms, rank) for at_ms, rank in post.opens]
        draft = Draft.parse(
            post.earlier_text or post.text,
            opens=opens,
            silent=post.silent,
            quote_id=quote_id,
            **facts,  # type: ignore[arg-type]
        )
        author, room = self._people[post.author_handle], scene.rooms[post.room_slug]
        async with self._db.read() as tx:
            by = await self._by(tx, scene, author)
            text = f"{draft.text}\n{post.text}"  # what it says later names no others
            found = await linking.links(tx, by, scene.community, text, room=room)
        rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
        async with self._db.write() as tx:
            by = await self._by(tx, scene, author)
            made, _ = await polls.publish(
                tx,
                by,
                author,
                room,
                rendered,
                poll=self._poll(scene, post),
                key=f"demo-{scene.plan.handle}-{number}",
            )
            await linked.fill_in(tx, made, rendered)
            for asking in scene.plan.talk.questions:
                if post.key == asking.post:
                    await prompts.ask_for(tx, by, made, terms_of(asking, self._today_ms), fresh=True)
        if post.edited_at_ms is not None:
            self._clock.now_ms = post.edited_at_ms
            wording = Draft.parse(post.text, **facts)  # type: ignore[arg-type]
            better = await posts.prepare(wording, rooms=found.rooms, known=found.known)
            async with self._db.write() as tx:
                await posts.edit(tx, await self._by(tx, scene, author), made, better)
        return made.id

    def _poll(self, scene: Scene, post: PostPlan) -> PollDraft | None:
        found = [vote for vote in scene.plan.talk.votes if vote.post == post.key]
        return poll_of(found[0], self._today_ms) if found else None

    async def _talk(self, scene: Scene) -> None:
        """What people said about all that."""
        company = Company(
            scene.community, scene.owner, self._people,
            followers=[
                self._people[member.person.handle]
                for member in scene.plan.members
                if member.state == "active"
            ],
            posts=scene.posts,
            keyed={post.key: made for post, made in zip(scene.plan.posts, scene.posts, strict=True) if post.key},
            today_ms=self._today_ms,
        )  # fmt: skip
        await Talking(self._db, self._clock, company, scene.plan.talk).act()

    async def _read(self, scene: Scene) -> None:
        """Most followers have read most of it: each up to a post of their own, so that counts look like life."""
        reading = random.Random(scene.plan.handle)
        for member in scene.plan.members:
            if member.state not in ("active", "muted"):
                continue
            account = self._people[member.person.handle]
            async with self._db.write() as tx:
                by = await self._by(tx, scene, account)
                for room in scene.rooms.values():
                    if by.reads(room.min_rank) and reading.random() < READERS_SHARE:
                        newest = await outbox.head(tx, room_stream(room.id))
                        seq = newest - int(reading.expovariate(1.0))
                        await rooms.mark_read(tx, room.id, {account.id: seq})
                        await posts.seen(tx, room, {account.id: (0, seq)})

    async def _settle(self, scene: Scene) -> None:
        """How links stand today, and what is not said yet."""
        async with self._db.write() as tx:
            by = await self._by(tx, scene)
            for invite in scene.plan.invites:
                if invite.state != "open":
                    invite_id = scene.invite_ids[invite.label]
                    await invites.set_state(tx, by, scene.community, invite_id, invite.state, seal=self._seal)
            if self._pay_seal is not None:
                await sell(tx, by, scene.community, scene.tier_ids, self._pay_seal)
            for draft in scene.plan.drafts:
                sketch = Sketch.parse(draft.text, room_id=scene.rooms[draft.room_slug].id)
                await drafts.save_draft(tx, by, sketch)

    async def _reckon(self, scene: Scene) -> None:
        """What came of posts that are old enough, as a server that has run all the while has kept it."""
        self._clock.now_ms = self._today_ms
        for post_id in scene.posts:
            async with self._db.write() as tx:
                post = await posts.one(tx, post_id)
                if SETTLED_MS < tx.now - post.created_at < WEEKS * WEEK_MS:
                    await keep(tx, post)
