/**
 * What can be done from a notice without opening the site: react, be quiet, go to what was chosen. The words and addresses
 * come with the notice (notify/pushed/acting.py), and what became of it takes its place.
 */
const { channel } = self;
const FOLLOWS = "follows"; // static/js/follow.js writes it, too
// In the order in which they are wanted: a browser shows as many as it has room for.
const ORDER = ["react", "mute", "loud", "read", "manage", "week", "open"];
const DAYS = { mute: 1, week: 7, loud: 0 };
const UNSURE = 500; // from here on, and with 429, it may work later

channel.buttons = (said) => {
  const most = self.Notification?.maxActions || 2;
  return ORDER.filter((action) => typeof said[action] === "string" && said[action])
    .slice(0, most)
    .map((action) => ({ action, title: said[action] }));
};

/** @returns {Promise<boolean>} whether it was done here, so that nothing has to be opened */
channel.act = async (notification, action) => {
  const said = notification.data?.said ?? {};
  if (action === "react" && said.emoji) return react(notification, said);
  if (action in DAYS && said.quiet) return quiet(notification, said, DAYS[action]);
  return false;
};

/** The short word that takes the place of the notice. */
async function confirm({ title, tag, icon, badge, lang, data }, body, buttons = {}) {
  const said = { ...data.said, react: "", mute: "", read: "", manage: "", open: "", ...buttons };
  const options = { body, tag, icon, badge, lang, silent: true, data: { ...data, said }, actions: channel.buttons(said) };
  await self.registration.showNotification(title, options);
  return true;
}

/** By something that only this device was told: nobody has to be signed in, and no cookie goes along. */
async function quiet(notification, said, days) {
  const body = new URLSearchParams({ do: "mute", days: String(days) });
  const headers = { Accept: "application/json", "Accept-Language": said.lang || "en" };
  try {
    const answer = await fetch(said.quiet, { method: "POST", headers, body, credentials: "omit", redirect: "error" });
    if (!answer.ok) return confirm(notification, said.failed);
    const { body: words, ...buttons } = await answer.json();
    return confirm(notification, words, buttons);
  } catch {
    return confirm(notification, said.failed, { mute: said.mute });
  }
}

/** Whoever reacts to the newest post of a notice has seen it: with what comes next it is not counted. */
function seen({ title, tag, icon, badge, lang, data }) {
  return { title, tag, icon, badge, lang, data: { ...data, posts: data.posts?.slice(0, -1) } };
}

async function react(notification, said) {
  const address = `/api/v1/posts/${said.id}/reactions/${encodeURIComponent(said.emoji)}`;
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  const next = { read: said.read, mute: said.mute };
  let answer;
  try {
    answer = await fetch(address, { method: "PUT", headers: { ...headers, "Channel-Account": said.account } });
  } catch {
    return confirm(notification, (await wait(said, address, headers)) ? said.waits : said.failed, next);
  }
  if (answer.ok) return confirm(seen(notification), said.reacted, next);
  const isLater = answer.status >= UNSURE || answer.status === 429;
  return confirm(notification, isLater && (await wait(said, address, headers)) ? said.waits : said.failed, next);
}

/** Put with what was written without a network (outbox.js), as the pages do (static/js/react-waits.js). */
async function wait({ id, emoji, account, reacted, href }, address, headers) {
  const key = `reaction:${id}:${emoji}`;
  const one = {
    key, kind: "reaction", account, address, method: "PUT", headers, body: null, text: reacted,
    place: href, about: { id, emoji, isOn: true }, at: Date.now(),
  };
  try {
    await channel.within("waiting", "readwrite", (store) => {
      store.index("key").getKey(key).onsuccess = ({ target }) => {
        if (target.result !== undefined) store.delete(target.result);
        store.add(one);
      };
    });
  } catch {
    return false;
  }
  await self.registration.sync?.register("outbox").catch(() => {});
  return true;
}

/** The link to what was chosen for this device, from the notice that brought it. */
channel.follows = async ({ mine, href }) => {
  if (typeof mine !== "string" || !mine.startsWith("/follow/on/") || typeof href !== "string") return;
  await (await caches.open(FOLLOWS)).put(`/follow/${href.split("/")[1]}`, new Response(mine));
};

/** The key of the server, as a page says it on which this browser began to follow: nobody has to be signed in. */
channel.key = async () => {
  const [page] = await (await caches.open(FOLLOWS)).keys();
  const answer = page && (await fetch(page.url, { credentials: "omit" }).catch(() => null));
  return answer?.ok ? / data-key="([^"]+)"/.exec(await answer.text())?.[1] : undefined;
};

/**
 * The browser has another address: each community that it follows without an account is told.
 * @returns {Promise<boolean>} whether there is one
 */
channel.moved = async ({ endpoint, keys }) => {
  const all = await caches.open(FOLLOWS);
  const requests = await all.keys();
  for (const request of requests) {
    const address = await (await all.match(request)).text();
    const body = new URLSearchParams({ do: "moved", endpoint, ...keys });
    await fetch(address, { method: "POST", body, credentials: "omit", redirect: "manual" }).catch(() => {});
  }
  return requests.length > 0;
};
