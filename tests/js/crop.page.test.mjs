import { jump } from "../../static/js/chapters.js";
import { Cropper, drawn, largest, turned } from "../../static/js/crop.js";
import { equal, ok, test } from "./harness.mjs";

const near = (a, b) => Object.keys(b).every((name) => Math.abs(a[name] - b[name]) < 0.001);
const ALL = { x: 0, y: 0, width: 1, height: 1 };

test("the largest piece of a shape lies in the middle", () => {
  ok(near(largest(1, 2), { x: 0.25, y: 0, width: 0.5, height: 1 }));
  ok(near(largest(16 / 9, 1), { x: 0, y: 0.21875, width: 1, height: 0.5625 }));
});

test("a corner that is drawn keeps the shape and stays in the picture", () => {
  ok(near(drawn(ALL, [1, 1], [0.5, 0.25], 0, 2), { x: 0, y: 0, width: 0.5, height: 0.25 }));
  ok(near(drawn(ALL, [0, 0], [0.5, 0.9], 0, 2), { x: 0.5, y: 0.9, width: 0.5, height: 0.1 }));
  const square = drawn({ x: 0.5, y: 0, width: 0.5, height: 1 }, [0, 1], [-1, 3], 1, 2);
  ok(near(square, { x: 0.5, y: 0, width: 0.5, height: 1 }), JSON.stringify(square));
  ok(drawn(ALL, [1, 1], [-1, -1], 0, 1).width >= 0.02, "something is left");
});

test("four quarters are a whole turn", () => {
  const piece = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
  ok(near(turned(piece), { x: 0.4, y: 0.1, width: 0.4, height: 0.3 }));
  ok(near(turned(turned(turned(turned(piece)))), piece));
});

async function cropper() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 200 });
  const image = new Image();
  image.src = canvas.toDataURL();
  await image.decode();
  const input = (value) => Object.assign(document.createElement("input"), { value });
  const select = (...values) => {
    const made = document.createElement("select");
    made.append(...values.map((value) => new Option(value, value)));
    return made;
  };
  const sides = { x: input("0"), y: input("0"), width: input("100"), height: input("100") };
  const shape = select("", "whole", "1:1", "4:5", "16:9");
  const turn = select("0", "90", "180", "270");
  const made = new Cropper(image, sides, shape, turn);
  document.body.append(made.stage);
  Object.assign(made.stage.style, { position: "relative", width: "400px", height: "200px" });
  for (const one of [made.window, ...made.corners]) one.style.position = "absolute";
  const choose = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("change"));
  };
  const values = () => Object.values(sides).map((side) => Number(side.value));
  return { made, shape, turn, choose, values, sides };
}

test("a shape, a turn and the keys of arrows move the window, and the fields hold it", async () => {
  const { made, shape, turn, choose, values, sides } = await cropper();
  choose(shape, "1:1");
  equal(values(), [25, 0, 50, 100]);
  const press = (on, key, more = {}) => on.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, ...more }));
  press(made.window, "ArrowLeft");
  press(made.window, "ArrowLeft", { shiftKey: true });
  equal(values(), [19, 0, 50, 100]);
  choose(shape, "");
  press(made.corners[3], "ArrowUp", { shiftKey: true });
  equal(values(), [19, 0, 50, 95]);
  choose(turn, "90");
  equal([made.canvas.width, made.canvas.height], [200, 400]);
  equal(values(), [5, 19, 95, 50]);
  choose(shape, "whole");
  equal(values(), [0, 0, 100, 100]);
  sides.width.value = "40";
  sides.width.dispatchEvent(new Event("input"));
  equal(made.window.style.width, "40%");
});

test("a pointer draws a corner", async () => {
  const { made, values } = await cropper();
  const corner = made.corners[3];
  corner.setPointerCapture = () => {};
  const at = (type, clientX, clientY) => corner.dispatchEvent(new PointerEvent(type, { clientX, clientY, pointerId: 1, button: type === "pointermove" ? -1 : 0 }));
  const { width, height } = made.canvas.getBoundingClientRect();
  at("pointerdown", 300, 150);
  at("pointermove", 300 - width / 2, 150 - height / 4);
  at("pointerup", 0, 0);
  at("pointermove", 0, 0);
  equal(values(), [0, 0, 50, 75]);
});

test("a chapter that is chosen is played from its beginning, and marked", async () => {
  const figure = document.createElement("figure");
  const audio = document.createElement("audio");
  const links = ["0", "12.5", "60"].map((at) => Object.assign(document.createElement("a"), { href: `#t=${at}`, textContent: at }));
  for (const link of links) link.dataset.chapter = link.textContent;
  figure.append(audio, ...links);
  document.body.append(figure);
  let at = 0;
  Object.defineProperty(audio, "currentTime", { get: () => at, set: (value) => (at = value) });
  audio.play = () => Promise.resolve(audio.dispatchEvent(new Event("play")));
  await jump(links[1]);
  equal(at, 12.5);
  equal(links.map((link) => link.getAttribute("aria-current")), [null, "true", null]);
  at = 61;
  audio.dispatchEvent(new Event("timeupdate"));
  equal(links.map((link) => link.getAttribute("aria-current")), [null, null, "true"]);
});
