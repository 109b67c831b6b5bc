/**
 * What pages ask for: from the network as ever, and where there is none, what was kept (keep.js). Everything else passes
 * by untouched: media, what is written, and the API.
 */
const FILES = "files";
const MOST_FILES = 400;
const VERSIONED = /^\/static\/[0-9a-f]{12}\//;
const FRAGMENT = /^\/rooms\/[^/]+\/posts$/;
const LANGUAGES = ["en", "de"];
const { channel } = self;

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === "/sign-out") event.waitUntil(leave());
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (VERSIONED.test(url.pathname)) event.respondWith(file(request));
  else if (FRAGMENT.test(url.pathname)) event.respondWith(fragment(request, url));
});

self.addEventListener("message", (event) => {
  const { do: what, force = false } = event.data ?? {};
  const answer = (value) => event.ports[0]?.postMessage(value);
  if (what === "check") event.waitUntil(channel.check({ force }).then(answer));
  if (what === "drain") event.waitUntil(Promise.resolve(channel.drain()).then(answer));
  if (what === "tidy") event.waitUntil(channel.tidy().then(answer));
  if (what === "read") event.waitUntil(channel.heard(event.data).then(answer));
  if (what === "wipe") event.waitUntil(channel.wipe().then(answer));
  if (what === "list") event.waitUntil(channel.list().then(answer));
});

async function page(event, url) {
  const started = channel.round();
  let answer;
  try {
    answer = (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await kept(url)) ?? offline();
  }
  if (answer.type === "basic" && !answer.redirected) event.waitUntil(channel.learn(url, answer.clone(), started));
  return answer;
}

/** Everything of who signs out goes now, whatever the server says; it says so, too (Clear-Site-Data). */
async function leave() {
  await channel.wipe();
  await channel.forget();
}

/**
 * A copy, which says since when it is one. The keys of its forms have perhaps been used since: what is written twice under
 * one key is taken once.
 */
async function kept(url) {
  const copy = await channel.copyOf(url.pathname);
  if (!copy) return null;
  const text = (await copy.text())
    .replace("<html ", `<html data-kept="${Number(channel.said(copy, "At"))}" `)
    .replace(/(name="key" value=")[^"]*"/g, (_, start) => `${start}${fresh()}"`);
  return new Response(text, { headers: copy.headers });
}

const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function offline() {
  const language = self.navigator.language.split("-")[0];
  const files = await caches.open(FILES);
  const found = await files.match(`/offline?lang=${LANGUAGES.includes(language) ? language : LANGUAGES[0]}`);
  return found ?? Response.error();
}

async function fragment(request, url) {
  try {
    return await fetch(request);
  } catch {
    return (await channel.copyOf(url.pathname + url.search)) ?? Response.error();
  }
}

/** A file at a versioned address never changes. */
async function file(request) {
  const files = await caches.open(FILES);
  const there = await files.match(request.url);
  if (there) return there;
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") await files.put(request.url, answer.clone()).catch(() => {});
  return answer;
}

/** Files that are needed without a network, as far as they are not there. @param {string[]} addresses */
async function hold(addresses) {
  const files = await caches.open(FILES);
  for (const address of addresses.slice(0, MOST_FILES)) {
    if (VERSIONED.test(new URL(address, self.location.origin).pathname) && !(await files.match(address))) {
      await files.add(address).catch(() => {});
    }
  }
  const all = await files.keys();
  const old = all.filter(({ url }) => new URL(url).pathname !== "/offline").slice(0, Math.max(0, all.length - MOST_FILES));
  for (const one of old) await files.delete(one);
}

channel.hold = hold;

/** The page for when nothing is kept, with all that it needs: of nobody, so it is asked for without cookies. */
channel.ready = async () => {
  const files = await caches.open(FILES);
  for (const language of LANGUAGES) {
    const address = `/offline?lang=${language}`;
    const answer = await fetch(address, { credentials: "omit", cache: "no-store" }).catch(() => null);
    if (!answer?.ok) continue;
    await files.put(address, answer.clone());
    await hold([...(await answer.text()).matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map(([, found]) => found));
  }
};
