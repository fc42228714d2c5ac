// One stream on the page: its picture, what can be done with it, and its figures.

import { Painter, Strip, decode } from "./painter.js";

const VIEWS = ["overlay", "beside", "mask", "picture"];
const KEYS = { " ": "pause", r: "reset", s: "snapshot", v: "record" };
const RECORDINGS = ["video/mp4", "video/webm;codecs=vp9", "video/webm"];

export class Card {
  constructor(template, stream, classes, act) {
    this.id = stream.id;
    this.name = stream.name;
    this.act = act;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.dataset.stream = stream.id;
    this.element.setAttribute("aria-label", `Stream ${stream.name}`);
    this.find("h2").textContent = stream.name.startsWith("/") ? stream.name.split("/").pop() : stream.name;
    this.find("h2").title = stream.name;
    this.painter = new Painter(this.find(".picture"), classes);
    this.latency = new Strip(this.figureStrip("latency"));
    this.interval = new Strip(this.figureStrip("interval"));
    this.recorder = null;
    this.last = null;
    this.addLegend(classes);
    this.listen();
    this.tell(stream);
  }

  find(selector) { return this.element.querySelector(selector); }
  named(name) { return this.find(`[name="${name}"]`); }
  figureStrip(name) { return this.named(`${name}-strip`); }

  addLegend(classes) {
    const legend = this.find(".legend");
    this.areas = classes.map(({ name, colour }, index) => {
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true, name: `class-${index}` });
      const swatch = document.createElement("i");
      swatch.style.background = `rgb(${colour.join(" ")})`;
      const area = document.createElement("output");
      label.append(box, swatch, name, area);
      legend.append(label);
      box.addEventListener("change", () => {
        if (box.checked) this.painter.hidden.delete(index);
        else this.painter.hidden.add(index);
        this.painter.paint();
      });
      return area;
    });
  }

  listen() {
    this.named("view").addEventListener("change", (event) => this.show(event.target.value));
    this.named("opacity").addEventListener("input", (event) => {
      this.painter.opacity = event.target.value / 100;
      this.painter.paint();
    });
    this.named("pause").addEventListener("click", () => this.act(this.id, this.status === "paused" ? "resume" : "pause"));
    this.named("reset").addEventListener("click", () => this.act(this.id, "reset"));
    this.named("detach").addEventListener("click", () => this.act(this.id, "detach"));
    this.named("snapshot").addEventListener("click", () => this.snapshot());
    this.named("record").addEventListener("click", () => this.record());
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "m") this.show(VIEWS[(VIEWS.indexOf(this.painter.view) + 1) % VIEWS.length]);
    else if (KEYS[event.key]) this.named(KEYS[event.key]).click();
    else return;
    event.preventDefault();
  }

  show(view) {
    this.painter.view = view;
    this.named("view").value = view;
    this.painter.paint();
  }

  async draw(message) {
    const decoded = await decode(message);
    this.painter.show(decoded);
    this.find(".waiting").hidden = true;
    const { header } = decoded;
    header.areas.forEach((share, index) => {
      const [now, total] = header.counts?.[index] ?? [];
      const objects = total === undefined ? "" : `, ${now} of ${total}`;
      this.areas[index].textContent = `${(100 * share).toFixed(1)} %${objects}`;
      this.areas[index].title = objects ? `${now} objects now, ${total} until now` : "";
    });
    this.find(".picture").setAttribute("aria-label", this.describe(header));
    this.figure("latency", `${header.age_ms.toFixed(0)} ms`);
    this.latency.add(header.age_ms);
    const now = performance.now();
    if (this.last !== null) {
      this.interval.add(now - this.last);
      this.figure("interval", `${mean(this.interval.values).toFixed(0)} ms`);
    }
    this.last = now;
    if (header.steadiness !== undefined && header.steadiness !== null) {
      this.figure("steadiness", `${(100 * header.steadiness).toFixed(1)} %`);
      this.find("meter").value = header.steadiness;
    }
  }

  describe(header) {
    const seen = header.areas.map((share, index) => [share, index]).filter(([share]) => share > 0.005).sort((a, b) => b[0] - a[0]);
    const parts = seen.slice(0, 4).map(([share, index]) => `${this.painter.classes[index].name} ${Math.round(100 * share)} %`);
    return `${this.name} at ${header.pts.toFixed(2)} s: ${parts.join(", ") || "no class"}`;
  }

  tell(stream) {
    this.status = stream.status;
    const status = this.find(".status");
    status.dataset.status = stream.status;
    status.textContent = stream.error ? `${stream.status}: ${stream.error}` : stream.status;
    const pause = this.named("pause");
    pause.setAttribute("aria-pressed", String(stream.status === "paused"));
    pause.textContent = stream.status === "paused" ? "Resume" : "Pause";
    const over = stream.status === "ended" || stream.status === "failed";
    for (const name of ["pause", "reset", "detach"]) this.named(name).disabled = over;
    if (over) this.find(".waiting").textContent = stream.status;
    const { frames, seconds } = stream.state_age;
    this.figure("age", `${frames} frames, ${seconds.toFixed(0)} s`);
    const drops = Object.entries(stream.dropped).map(([cause, count]) => `${count} ${cause}`);
    this.figure("dropped", drops.join(", ") || "none");
  }

  figure(name, value) { this.named(name).textContent = value; }

  snapshot() {
    this.painter.canvas.toBlob((blob) => save(blob, `${fileName(this.name)}.png`), "image/png");
  }

  record() {
    if (this.recorder) {
      this.recorder.stop();
      return;
    }
    const type = RECORDINGS.find((one) => MediaRecorder.isTypeSupported(one));
    const parts = [];
    this.recorder = new MediaRecorder(this.painter.canvas.captureStream(), { mimeType: type });
    this.recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    this.recorder.addEventListener("stop", () => {
      save(new Blob(parts, { type }), `${fileName(this.name)}.${type.startsWith("video/mp4") ? "mp4" : "webm"}`);
      this.recorder = null;
      this.named("record").setAttribute("aria-pressed", "false");
      this.named("record").textContent = "Record";
    });
    this.recorder.start(1000);
    this.named("record").setAttribute("aria-pressed", "true");
    this.named("record").textContent = "Stop recording";
  }

  remove() {
    if (this.recorder) this.recorder.stop();
    this.element.remove();
  }
}

function mean(values) { return values.reduce((sum, value) => sum + value, 0) / values.length; }

function fileName(name) { return name.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 80) || "stream"; }

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
