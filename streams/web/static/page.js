// The page: one socket, a card for every stream, and error messages.

import { Card } from "./card.js";
import { DeviceCamera } from "./camera.js";
import { readMessage } from "./painter.js";

const cards = new Map();
const main = document.querySelector("#streams");
const template = document.querySelector("#card");
const connection = document.querySelector("#connection");
const notice = document.querySelector("#notice");
const cameraButton = document.querySelector("#camera");
let classes = [];
let camera = null;
let pause = 250;

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/view`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    pause = 250;
    tell("open", "live");
  });
  socket.addEventListener("message", (event) => {
    if (typeof event.data === "string") hear(JSON.parse(event.data));
    else draw(socket, readMessage(event.data));
  });
  socket.addEventListener("close", (event) => {
    tell("lost", event.reason || "the connection is lost; trying again…");
    setTimeout(connect, pause);
    pause = Math.min(2 * pause, 5000);
  });
}

function hear(message) {
  if (message.type === "hello") {
    classes = message.classes;
    document.querySelector("#device").hidden = !message.device;
  }
  if (message.type !== "streams") return;
  const there = new Set(message.streams.map(({ id }) => id));
  for (const [id, card] of cards) {
    if (there.has(id)) continue;
    card.remove();
    cards.delete(id);
  }
  for (const stream of message.streams) cardOf(stream).tell(stream);
  document.querySelector("#nothing").hidden = cards.size > 0;
  offer(message.sources);
}

function cardOf(stream) {
  if (!cards.has(stream.id)) {
    const card = new Card(template, stream, classes, act);
    cards.set(stream.id, card);
    main.append(card.element);
  }
  return cards.get(stream.id);
}

async function draw(socket, message) {
  const card = cards.get(message.header.stream);
  if (card) await card.draw(message);
  // A picture that came before its stream is skipped; either way it counts as drawn.
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ drawn: message.header.stream }));
}

function offer(names) {
  const sources = document.querySelector("#sources");
  const shown = [...sources.children].map((button) => button.dataset.source);
  if (shown.join("\n") === names.join("\n")) return;
  sources.replaceChildren(...names.map((name) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: `Attach ${name}` });
    button.dataset.source = name;
    button.addEventListener("click", () => post(`/api/sources/${encodeURIComponent(name)}/attach`));
    return button;
  }));
}

function act(stream, action) { return post(`/api/streams/${stream}/${action}`); }

async function post(path) {
  const answer = await fetch(path, { method: "POST" }).catch((error) => ({ ok: false, json: async () => ({ error: error.message }) }));
  if (answer.ok) complain("");
  else complain((await answer.json()).error);
}

function tell(state, text) {
  connection.dataset.state = state;
  connection.textContent = text;
}

function complain(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

cameraButton.addEventListener("click", async () => {
  if (camera) {
    camera.stop();
    return;
  }
  const mine = new DeviceCamera({
    onEnd: (reason) => {
      camera = null;
      cameraButton.setAttribute("aria-pressed", "false");
      cameraButton.textContent = "Use this device’s camera";
      if (reason) complain(`the camera’s stream ended: ${reason}`);
    },
  });
  try {
    await mine.start();
    camera = mine;
    cameraButton.setAttribute("aria-pressed", "true");
    cameraButton.textContent = "Stop the camera";
    complain("");
  } catch (error) {
    complain(`the camera cannot be used: ${error.message}`);
  }
});

connect();
