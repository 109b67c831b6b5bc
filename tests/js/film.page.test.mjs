import { film, savesData, streaming } from "../../static/js/film.js";
import Hls from "../../static/vendor/hls/hls.light.js";
import { equal, ok, test } from "./harness.mjs";

const connected = (saveData) => Object.defineProperty(navigator, "connection", { configurable: true, value: { saveData } });

/** What the player is told when a video is first played. */
async function played() {
  const seen = {};
  Hls.prototype.loadSource = function () {
    Object.assign(seen, { start: this.config.startLevel, ahead: this.config.maxBufferLength, most: this.autoLevelCapping });
  };
  Hls.prototype.attachMedia = function () {};
  const video = document.createElement("video");
  video.dataset.stream = "/media/x/stream.m3u8";
  video.innerHTML = `<source type="video/mp4" src="/media/x/video.mp4">`;
  video.canPlayType = () => "";
  await film(video);
  return seen;
}

test("whoever asked the browser to load little is shown the smallest size", async () => {
  connected(true);
  ok(savesData());
  equal(await played(), { start: 0, ahead: 10, most: 0 });
});

test("everybody else is shown what fits their line and the picture's place", async () => {
  connected(false);
  ok(!savesData());
  const { most, ahead } = await played();
  equal([most, ahead, streaming(false).capLevelToPlayerSize], [-1, 30, true]);
});
