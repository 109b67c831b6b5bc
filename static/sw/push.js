/**
 * Shows what the server pushes, and opens the post that a notice tells of. What a notice says: notify/pushed/wording.py.
 */
const SHOWN = "push-shown";
const MOST_SHOWN = 200;
const MOST_TOGETHER = 30;
// Safari takes the permission back from who is pushed to and shows nothing.
const MUST_SHOW = !/Chrome|Firefox/.test(self.navigator.userAgent);
// Two that arrive at once must not both find none there.
const inTurn = self.channel.queue();

self.addEventListener("push", (event) => event.waitUntil(show(event.data)));
self.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function show(data) {
  const said = read(data);
  if (!(await inTurn(() => display(said)))) return;
  await self.channel.follows(said);
  await tell(said.push);
  if (said.push) await count();
}

/** @returns {Promise<boolean>} whether it stands there now */
async function display(said) {
  // The server tries again when it does not know whether something arrived: what was shown once is not shown anew.
  if (!MUST_SHOW && ((await wasShown(said.id)) || (await isBeforeEyes(said)))) return false;
  const there = await of_place(said);
  const { title, ...options } = together(there, options_of(said));
  await self.registration.showNotification(title, options);
  for (const one of there) if (one.tag !== options.tag) one.close();
  await remember(said.id);
  return true;
}

/** What stands there of a room, or of a topic of it, the oldest first. */
async function of_place({ room, topic = "" }) {
  if (typeof room !== "string" || !room) return [];
  const all = await self.registration.getNotifications();
  const here = all.filter(({ data }) => data?.room === room && (data.said?.topic ?? "") === topic);
  return here.sort((one, other) => one.data.seq - other.data.seq);
}

/** One notice for a room or topic: the newest post with its words on top, and how many more. */
function together(there, fresh) {
  if (!there.length) return fresh;
  const [{ id }] = fresh.data.posts;
  const old = there.flatMap(({ data }) => data.posts ?? [{ id: data.said?.id, href: data.href, seq: data.seq, push: data.push }]);
  const posts = [...old.filter((one) => one.id !== id), ...fresh.data.posts]
    .sort((one, other) => one.seq - other.seq)
    .slice(-MOST_TOGETHER);
  const last = there.at(-1);
  const top = last.data.seq > fresh.data.seq ? again(last) : fresh;
  const { body, others } = top.data;
  const data = { ...top.data, posts, href: posts.length > 1 ? place_of(posts[0], top.data.said) : top.data.href };
  const words = posts.length > 1 && others ? `${body}\n${others.replace("%(count)s", posts.length - 1)}` : body;
  return { ...top, body: words, data, renotify: !old.some((one) => one.id === id) };
}

/** A notice that stands there, to be shown once more. */
const again = ({ title, tag, icon, badge, lang, dir, timestamp, data, actions }) => ({
  title, tag, icon, badge, lang, dir, timestamp, data, actions,
});

/** The room, at that post. A message's own address leads there. */
const place_of = ({ href, seq }, said) => (said?.topic ? href : `${room_of(href)}?from=${seq}#p${seq}`);

/**
 * What was read, here or on another device, needs no notice any more. A push that only takes one away is not allowed: a
 * browser wants to see something for each. So this is done whenever the worker hears how far its owner has read.
 * @param {{id: string, read?: number}[]} places rooms, and topics of groups @returns {Promise<boolean>} whether one was taken away
 */
async function putAway(places) {
  const read = new Map(places.map((place) => [place.id, place.read ?? 0]));
  // All of a group can be marked as read, too.
  const upto = ({ room, said }) => Math.max(read.get(room) ?? 0, read.get(said?.topic) ?? 0);
  // What says for how long it is quiet now offers the way back: that is not about a post.
  const isOver = ({ data }) => data?.room && data.seq <= upto(data) && !data.said?.loud;
  return inTurn(async () => {
    const over = (await self.registration.getNotifications()).filter(isOver);
    for (const one of over) one.close();
    return over.length > 0;
  });
}

/** A page that is open hears it at once. The number on the icon is asked for anew, if a notice was over. */
async function heard({ stream, seq, topic }) {
  const id = topic || String(stream).replace("room:", "");
  if (await putAway([{ id, read: seq }])) await self.channel.check({ force: true });
}

/** The topics that a notice stands here of. There may be more than the server would tell of unasked. */
async function topicsShown() {
  const all = await self.registration.getNotifications();
  return [...new Set(all.map(({ data }) => data?.said?.topic).filter((id) => typeof id === "string" && id))];
}

/** Somebody looks at a page of ours: is what stands there still news? Asked at once where something does. */
async function tidy() {
  const stands = (await self.registration.getNotifications()).some(({ data }) => data?.room);
  await self.channel.check({ force: stands });
}

Object.assign(self.channel, { putAway, heard, tidy, topicsShown });

/** The number of what is unread, where the server tells it; else a dot. */
async function count() {
  if (await self.channel.check({ force: true, isPush: true }).catch(() => false)) return;
  await self.navigator.setAppBadge?.().catch(() => {});
}

function read(data) {
  try {
    const said = data.json();
    return said && typeof said.title === "string" ? said : {};
  } catch {
    return {}; // not from this version of the server: a browser wants to see something all the same
  }
}

function options_of(said) {
  const { id, room, topic, seq, push, body = "", others } = said;
  const href = local(said.href) ?? "/";
  const posts = [{ id, href, seq, push }];
  return {
    title: said.title ?? self.location.host,
    body,
    tag: topic ? `topic-${topic}` : room ? `room-${room}` : id ? `post-${id}` : "post",
    icon: local(said.icon) ?? "/static/icons/app-192.png",
    badge: local(said.badge) ?? "/static/icons/badge-96.png",
    lang: said.lang ?? "",
    dir: "auto",
    timestamp: said.at ?? Date.now(),
    data: { href, room, seq, push, posts, body, others, said: acted(said) },
    actions: self.channel.buttons(said),
  };
}

/** What a press on one of its buttons needs, with addresses of this site alone. */
function acted({ title, body, icon, badge, others, ...said }) {
  return { ...said, quiet: local(said.quiet), mine: local(said.mine), href: local(said.href) };
}

/** A path of this site; undefined for anything else. */
function local(path) {
  if (typeof path !== "string" || !path.startsWith("/")) return undefined;
  const url = new URL(path, self.location.origin);
  return url.origin === self.location.origin ? url.pathname + url.search : undefined;
}

const lasting = (id) => typeof id === "string" && id !== "trial";
const key_of = (id) => `/sw.js?shown=${encodeURIComponent(id)}`;

async function wasShown(id) {
  return lasting(id) && (await (await caches.open(SHOWN)).match(key_of(id))) !== undefined;
}

/** Ids alone: which post it was is not told by them. */
async function remember(id) {
  if (!lasting(id)) return;
  const shown = await caches.open(SHOWN);
  await shown.put(key_of(id), new Response());
  const keys = await shown.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_SHOWN)).map((old) => shown.delete(old)));
}

const windows = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });
const room_of = (path) => path.split("/").slice(0, 3).join("/");

/** Whoever looks at the room right now sees the post come; of a group, whoever looks at the topic. */
async function isBeforeEyes(said) {
  const href = local(said.href);
  if (!href || !said.room) return false;
  // The page of another post of it shows nothing new.
  const place = said.topic ? local(said.root) : room_of(href);
  const open = await windows();
  return open.some((one) => one.focused && new URL(one.url).pathname === place);
}

async function clicked({ notification, action }) {
  notification.close();
  if (action && (await self.channel.act(notification, action))) return;
  const { href, room, seq, push, posts = [{ push }], said } = notification.data ?? {};
  const told = Promise.all(posts.map((one) => tell(one.push, true)));
  await self.navigator.clearAppBadge?.().catch(() => {});
  if (!(action === "read" && room && (await markRead(said?.topic ? `topics/${said.topic}` : `rooms/${room}`, seq)))) await open((action === "manage" && said?.mine) || (href ?? "/"));
  await told;
}

/** What was shown here comes by no letter. Nothing hangs on it: a post that was read comes by none either. */
async function tell(push, opened = false) {
  if (typeof push !== "string" || !push) return;
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ id: push, opened });
  await fetch("/api/v1/me/push/told", { method: "POST", headers, body }).catch(() => {});
}

/** False when that is not possible from here: signed out, or offline. */
async function markRead(place, seq) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`/api/v1/${place}/read`, { method: "PUT", headers, body: JSON.stringify({ seq }) });
    return answer.ok;
  } catch {
    return false;
  }
}

/** In a window that shows it, in one that shows another page of ours, or in a new one. */
async function open(href) {
  const target = new URL(href, self.location.origin).href;
  const there = await windows();
  const same = there.find((one) => one.url.split("#")[0] === target.split("#")[0]);
  if (same) return same.focus();
  for (const one of there) {
    try {
      const moved = await one.navigate(target); // only a window that this worker rules can be moved
      return await (moved ?? one).focus();
    } catch {
      // The next one, or a new one.
    }
  }
  return self.clients.openWindow(target);
}

/** The push service gave this browser another address: the server is told, else nothing arrives any more. */
async function renew({ oldSubscription, newSubscription }) {
  const options = oldSubscription?.options ?? (await known());
  const fresh = newSubscription ?? (options && (await self.registration.pushManager.subscribe(options)));
  if (!fresh) return;
  const { endpoint, keys } = fresh.toJSON();
  if ((await self.channel.moved({ endpoint, keys })) && !(await isOn())) return;
  const headers = { "Content-Type": "application/json" };
  await fetch("/api/v1/me/push/devices", { method: "POST", headers, body: JSON.stringify({ endpoint, keys }) });
}

/** Whether the account has this browser switched on: of who only follows without it, none is told of more than that. */
async function isOn() {
  const answer = await fetch("/api/v1/me/push");
  return answer.ok && (await answer.json()).devices.some(({ current }) => current);
}

async function known() {
  const answer = await fetch("/api/v1/me/push");
  const key = answer.ok ? (await answer.json()).key : await self.channel.key();
  return key ? { userVisibleOnly: true, applicationServerKey: key } : null;
}
