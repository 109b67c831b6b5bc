/** What is shared to the app: kept in this browser until a composer has taken it, also while somebody signs in. */
const { channel } = self;
const PLACE = "/app/share";
const MOST_FILES = 10;
const MOST_BYTES = 500 * 1024 * 1024;

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "POST" || url.origin !== self.location.origin || url.pathname !== PLACE) return;
  event.respondWith(take(event.request));
});

async function take(request) {
  const copy = request.clone();
  try {
    const form = await request.formData();
    const files = form.getAll("files").filter((file) => file instanceof File && file.size > 0);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const taken = size > MOST_BYTES ? [] : files.slice(0, MOST_FILES);
    const words = Object.fromEntries(["title", "text", "url"].map((name) => [name, String(form.get(name) ?? "").slice(0, 10_000)]));
    await channel.within("shared", "readwrite", (store) => store.put({ id: "now", at: Date.now(), files: taken, lost: files.length - taken.length, ...words }));
    return Response.redirect(PLACE, 303);
  } catch {
    return fetch(copy); // no room for it here: the server shows at least the words
  }
}
