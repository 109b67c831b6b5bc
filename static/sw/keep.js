/**
 * Copies of pages for when there is no network. All of them lie in one cache, whose name has the tag of the session that
 * they were made for: another tag, or none, and it is deleted whole. A copy is used only under the mark that the server
 * told last for its room (web/keeping.py), not after the tier has ended, and for a week.
 */
const PREFIX = "kept-";
const NOBODY = "-";
const STANDING = "/app/standing";
const WEEK_MS = 7 * 24 * 3600 * 1000;
const ASK_EVERY_MS = 30_000;
const FETCH_EVERY_MS = 10 * 60_000;
const MOST_FETCHED = 8; // pages a check fetches anew
const FOLLOWED = 12; // rooms kept without having been opened, newest first
const MOST_OLDER = 4; // stretches of posts above what a page shows
const MOST_COPIES = 150;
const MOST_TOPICS = 50; // as web/keeping.py answers
const PAGE = 40; // as static/js/feed-pages.js asks

const alone = self.channel.queue();
// Each time all is thrown away. What was asked for before is not kept after.
let round = 0;
let askedAt = 0;
let fetchedAt = 0;

async function names() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

/** The cache of who is signed in; null when nobody is known to be. */
async function own() {
  const found = await names();
  return found.length === 1 ? caches.open(found[0]) : null;
}

async function wipe() {
  round += 1;
  askedAt = fetchedAt = 0;
  for (const name of await names()) await caches.delete(name);
}

/** The server answered this session; it is the only one that anything is kept of. @param {string} tag */
async function become(tag) {
  const found = await names();
  if (tag !== NOBODY && found.length === 1 && found[0] === PREFIX + tag) return;
  if (found.length) await wipe();
  if (tag !== NOBODY) await caches.open(PREFIX + tag);
  else await self.navigator.clearAppBadge?.().catch(() => {});
}

// --- what may be shown

async function standing(cache) {
  const told = await cache?.match(STANDING);
  return told ? told.json() : null;
}

/** The room that a page belongs to. @param {string} path */
const roomOf = (path) => path.split("/").slice(0, 3).join("/");

/** What the server told of the place last; undefined: nothing of it may be kept. */
function placeOf(told, path) {
  if (path === "/") {
    const ends = told.rooms.map(({ until }) => until).filter((until) => until !== null);
    return { path, mark: told.home, head: null, until: ends.length ? Math.min(...ends) : null };
  }
  return told.rooms.find((room) => room.path === roomOf(path));
}

const said = (copy, name) => copy.headers.get(`Kept-${name}`) ?? "";

function isAllowed(told, copy) {
  const place = told && placeOf(told, said(copy, "Place"));
  const isYoung = Number(said(copy, "At")) > Date.now() - WEEK_MS;
  return Boolean(place) && place.mark === said(copy, "Mark") && isYoung && (place.until === null || place.until > Date.now());
}

/** @param {string} address path, and query where that matters */
async function copyOf(address) {
  const cache = await own();
  const copy = await cache?.match(address);
  return copy && isAllowed(await standing(cache), copy) ? copy : null;
}

// --- keeping

/** False: not under what was told last. */
async function put(cache, address, place, answer, text) {
  const mark = answer.headers.get("Channel-Keep");
  const told = await standing(cache);
  const known = told && placeOf(told, place);
  if (!mark || known?.mark !== mark) return false;
  const headers = new Headers(answer.headers); // with the policy of the page, which would not have any otherwise
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  const printed = /<channel-(?:feed|topics)[^>]* data-head="(\d+)"/.exec(text)?.[1];
  const facts = { At: String(Date.now()), Mark: mark, Place: place, Head: printed ?? String(known.head ?? "") };
  for (const [name, value] of Object.entries(facts)) headers.set(`Kept-${name}`, value);
  await cache.put(address, new Response(text, { headers }));
  return true;
}

const isPage = (path) => path === "/" || /^\/@[^/]+\/[^/]+(\/\d+|\/t\/\d+)?$/.test(path);

/** A page that came: whose it is, and a copy. @param {URL} url @param {Response} answer @param {number} started */
async function learn(url, answer, started) {
  const tag = answer.headers.get("Channel-For");
  if (!tag || started !== round) return answer.body?.cancel();
  await alone(() => started === round && become(tag));
  const wanted = tag !== NOBODY && answer.ok && answer.headers.has("Channel-Keep") && isPage(url.pathname) && !url.search;
  if (!wanted) {
    await answer.body?.cancel();
    return tag === NOBODY ? undefined : check();
  }
  await keep(url.pathname, url.pathname, answer, round);
  return check();
}

async function keep(address, place, answer, started) {
  const text = await answer.text();
  const once = () => alone(async () => started === round && put(await own(), address, place, answer, text));
  // Not what was told last: perhaps because more is allowed since then.
  if (!(await once()) && (await check({ force: true }))) await once();
  return text;
}

// --- asking what may still be kept

/**
 * @param {{force?: boolean, isPush?: boolean}} [how] while a push is shown nothing is taken away: browsers count what stands there
 * @returns {Promise<boolean>} whether the server could be asked
 */
async function check({ force = false, isPush = false } = {}) {
  if (!force && Date.now() - askedAt < ASK_EVERY_MS) return false;
  askedAt = Date.now();
  const told = await alone(ask);
  if (!told) return false;
  await self.channel.belongs?.(told.account);
  if (told.for === NOBODY) return true;
  await (told.unread ? self.navigator.setAppBadge?.(told.unread) : self.navigator.clearAppBadge?.())?.catch(() => {});
  if (!isPush) await self.channel.putAway?.([...told.rooms, ...(told.topics ?? [])]);
  self.channel.drain?.();
  await self.channel.hold?.(self.channel.needed);
  await renew(told);
  return true;
}

async function ask() {
  const started = round;
  let told;
  try {
    const topics = (await self.channel.topicsShown?.()) ?? [];
    const asked = new URLSearchParams(topics.slice(0, MOST_TOPICS).map((id) => ["topic", id]));
    const answer = await fetch(topics.length ? `${STANDING}?${asked}` : STANDING, { headers: { Accept: "application/json" } });
    if (!answer.ok) return null;
    told = await answer.json();
  } catch {
    return null;
  }
  if (started !== round) return null;
  await become(told.for);
  const cache = await own();
  if (!cache || told.for === NOBODY) return told;
  await cache.put(STANDING, new Response(JSON.stringify(told)));
  await sweep(cache, told);
  return told;
}

async function copies(cache) {
  const found = [];
  for (const request of await cache.keys()) {
    const { pathname, search } = new URL(request.url);
    if (pathname !== STANDING) found.push({ address: pathname + search, copy: await cache.match(request) });
  }
  return found.filter(({ copy }) => copy);
}

async function sweep(cache, told) {
  const all = await copies(cache);
  all.sort((a, b) => Number(said(b.copy, "At")) - Number(said(a.copy, "At")));
  for (const [n, { address, copy }] of all.entries()) {
    if (n >= MOST_COPIES || !isAllowed(told, copy)) await cache.delete(address);
  }
}

/** What has changed since it was kept is fetched again, or goes; rooms that are followed come along. */
async function renew(told) {
  const cache = await own();
  if (!cache || self.navigator.connection?.saveData) return;
  const started = round;
  const heads = new Map(told.rooms.map((room) => [room.path, String(room.head)]));
  const changed = (await copies(cache)).filter(({ copy }) => {
    const head = heads.get(roomOf(said(copy, "Place")));
    return head !== undefined && said(copy, "Head") !== head;
  });
  const wanted = new Set(changed.map(({ copy }) => said(copy, "Place")));
  for (const { address, copy } of changed) if (address !== said(copy, "Place")) await cache.delete(address);
  if (Date.now() - fetchedAt > FETCH_EVERY_MS) {
    fetchedAt = Date.now();
    for (const { path } of told.rooms.slice(0, FOLLOWED)) if (!(await cache.match(path))) wanted.add(path);
  }
  const all = [...wanted];
  for (const path of all.slice(MOST_FETCHED)) if (changed.some(({ address }) => address === path)) await cache.delete(path);
  for (const path of all.slice(0, MOST_FETCHED)) await bring(path, started);
}

/** A page, and what stands above it, back to a week ago. @param {string} path */
async function bring(path, started) {
  try {
    const answer = await fetch(path, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok || !answer.headers.has("Channel-Keep") || started !== round) return;
    const text = await answer.text();
    const isKept = await alone(async () => started === round && put(await own(), path, path, answer, text));
    if (isKept && path === roomOf(path)) await above(path, text, started);
  } catch {
    // Another time; what is there stays as it is.
  }
}

async function above(path, text, started) {
  const room = /<channel-feed[^>]* data-room="([^"]+)"/.exec(text)?.[1];
  let page = text;
  for (let n = 0; room && n < MOST_OLDER; n += 1) {
    const first = /<article[^>]* data-seq="(\d+)"/.exec(page)?.[1];
    const at = Number(/<article[^>]* data-at="(\d+)"/.exec(page)?.[1]);
    const isMore = n > 0 || /data-older="1"/.test(page);
    if (!first || !isMore || at < Date.now() - WEEK_MS) return;
    const address = `/rooms/${room}/posts?limit=${PAGE}&before=${first}`;
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || started !== round) return;
    page = await answer.text();
    await alone(async () => started === round && put(await own(), address, path, answer, page));
    if (answer.headers.get("Channel-Older") !== "1") return;
  }
}

/** All that can be read now, for pages that list it. */
async function list() {
  const cache = await own();
  const told = await standing(cache);
  if (!told) return [];
  const found = (await copies(cache)).filter(({ address, copy }) => isPage(address) && isAllowed(told, copy));
  return Promise.all(
    found.map(async ({ address, copy }) => {
      const title = /<title>([^<]*)<\/title>/.exec(await copy.clone().text())?.[1] ?? address;
      return { path: address, title: title.replace(/^\(\d+\) /, ""), at: Number(said(copy, "At")) };
    }),
  );
}

Object.assign(self.channel, { round: () => round, wipe: () => alone(wipe), learn, copyOf, said, check, list, isKnown: async () => (await own()) !== null });
