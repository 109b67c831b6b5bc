/**
 * A video whose browser knows no HLS streams it all the same, at the speed of its line. Loaded when one is first played;
 * without it the same video is one file, in its largest size.
 */

/** @type {WeakSet<HTMLVideoElement>} */
const known = new WeakSet();

/** Whether whoever watches has asked the browser to load little. */
export const savesData = () =>
  /** @type {{ connection?: { saveData?: boolean } }} */ (navigator).connection?.saveData === true ||
  matchMedia("(prefers-reduced-data: reduce)").matches;

/** How it is streamed; with little data in the smallest size, and not far ahead. @param {boolean} little */
export const streaming = (little) => ({
  enableWorker: false, // workers are made of strings, which our Content-Security-Policy refuses
  capLevelToPlayerSize: !little, // it would lift what is set below
  maxBufferLength: little ? 10 : 30,
  startLevel: little ? 0 : undefined,
});

/** @param {HTMLVideoElement} video */
export async function film(video) {
  if (known.has(video) || video.canPlayType("application/vnd.apple.mpegurl")) return;
  known.add(video);
  const { default: Hls } = await import("../vendor/hls/hls.light.js");
  if (!Hls.isSupported()) return;
  const at = video.currentTime;
  const little = savesData();
  const hls = new Hls({ ...streaming(little), startPosition: at || -1 });
  if (little) hls.autoLevelCapping = 0;
  const file = /** @type {HTMLSourceElement} */ (video.querySelector("source[type='video/mp4']")).src;
  hls.on(Hls.Events.ERROR, (_, problem) => {
    if (!problem.fatal) return;
    const reached = video.currentTime;
    hls.destroy();
    video.src = file;
    video.currentTime = reached;
    video.play().catch(() => {});
  });
  hls.loadSource(video.dataset.stream ?? "");
  hls.attachMedia(video);
  video.play().catch(() => {}); // as it was asked to, before its source was another one
}
