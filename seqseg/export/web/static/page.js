// This device's camera, segmented on this device: nothing is sent.

import { place, spread } from "./placing.js";

const find = (name) => document.querySelector(`#${name}`);
const [video, overlay, button, status] = ["video", "overlay", "camera", "status"].map(find);
const still = document.createElement("canvas");
const worker = new Worker("worker.js", { type: "module" });
let facts = null;
let media = null;
let placed = null;
let last = 0;
let interval = 0;

worker.onmessage = ({ data }) => ({ ready, mask: show, failed })[data.kind](data);

function ready({ facts: told, engine }) {
  facts = told;
  find("engine").textContent = engine;
  facts.classes.forEach((name, k) => {
    const item = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.style.background = `rgb(${facts.palette[k].join(" ")})`;
    item.append(swatch, name);
    find("classes").append(item);
  });
  button.disabled = false;
  say("ready");
}

function failed({ reason }) {
  stop();
  say(`the model cannot run here: ${reason}`);
}

button.addEventListener("click", () => (media ? stop() : start()));
find("reset").addEventListener("click", () => worker.postMessage({ kind: "reset" }));
find("opacity").addEventListener("input", (event) => overlay.style.setProperty("opacity", event.target.value / 100));

async function start() {
  try {
    if (!navigator.mediaDevices) throw new Error("a browser gives its camera only to pages from this machine or over HTTPS");
    media = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    say(error.message);
    return;
  }
  video.srcObject = media;
  await video.play();
  worker.postMessage({ kind: "reset" });
  button.textContent = "Stop";
  say("segmenting on this device; nothing is sent");
  next();
}

function stop() {
  media?.getTracks().forEach((track) => track.stop());
  media = null;
  button.textContent = "Start the camera";
  say("stopped");
}

function next() {
  if (!media) return;
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(grab);
  else requestAnimationFrame(grab);
}

function grab() {
  if (!media) return;
  placed = place([video.videoHeight, video.videoWidth], facts);
  const [height, width] = placed.inside;
  Object.assign(still, { height, width });
  const pen = still.getContext("2d", { willReadFrequently: true });
  pen.imageSmoothingQuality = "high";
  pen.drawImage(video, 0, 0, width, height);
  const pixels = spread(pen.getImageData(0, 0, width, height).data, placed, facts);
  worker.postMessage({ kind: "frame", pixels }, [pixels.buffer]);
}

function show({ pixels, mask, milliseconds }) {
  if (!placed) return;
  draw(mask);
  const now = performance.now();
  if (last) interval = interval ? 0.9 * interval + 0.1 * (now - last) : now - last;
  last = now;
  find("speed").textContent = `${milliseconds.toFixed(0)} ms a step, ${(interval ? 1000 / interval : 0).toFixed(1)} frames a second`;
  dispatchEvent(new CustomEvent("segmented", { detail: { pixels, mask, milliseconds } }));
  next();
}

function draw(mask) {
  const { inside: [height, width], top, left } = placed;
  Object.assign(overlay, { height, width });
  const pen = overlay.getContext("2d");
  const image = pen.createImageData(width, height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const label = mask[(y + top) * facts.size[1] + x + left];
      if (label < facts.palette.length) image.data.set([...facts.palette[label], 255], 4 * (y * width + x));
    }
  }
  pen.putImageData(image, 0, 0);
}

function say(text) {
  status.textContent = text;
}
