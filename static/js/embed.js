/**
 * In a frame on another site: tells the page around it how high it is, prints times in the reader's own zone, and asks
 * for the list again each minute while somebody can see it. A classic script: in a frame without an origin a module
 * would have to be asked for across origins.
 */
(() => {
  const card = /** @type {HTMLElement | null} */ (document.querySelector("[data-embed]"));
  if (!card) return;
  let told = 0;

  function tell() {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === told || parent === window) return;
    told = height;
    // To whoever shows us: it is a number that they can see anyway.
    parent.postMessage({ type: "channel.embed", height }, "*");
  }

  function times() {
    const language = document.documentElement.lang;
    for (const time of document.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      time.textContent = at.toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
    }
  }

  async function again() {
    if (document.hidden) return;
    const answer = await fetch(location.href, { credentials: "omit" }).catch(() => null);
    if (answer?.status === 404) return location.reload(); // says itself that it is no longer here
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [now, had] = [page, document].map((one) => one.querySelector("[data-posts]"));
    if (!now || !had || now.isEqualNode(was)) return;
    was = now.cloneNode(true);
    had.replaceWith(document.adoptNode(now));
    times();
  }

  let was = document.querySelector("[data-posts]")?.cloneNode(true) ?? null;
  times();
  tell();
  new ResizeObserver(tell).observe(document.documentElement);
  const everyS = Number(card.dataset.every);
  if (everyS) setInterval(again, everyS * 1000);
})();
