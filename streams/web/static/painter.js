// Picture messages to pixels: a frame with its mask over it, beside it or alone. See /docs for the message's form.

const text = new TextDecoder();

export function readMessage(buffer) {
  const length = new DataView(buffer).getUint32(0);
  const header = JSON.parse(text.decode(new Uint8Array(buffer, 4, length)));
  const jpeg = new Uint8Array(buffer, 4 + length, header.jpeg);
  const mask = new Uint8Array(buffer, 4 + length + header.jpeg, header.mask);
  return { header, jpeg, mask };
}

export async function decode({ header, jpeg, mask }) {
  const inflated = new Blob([mask]).stream().pipeThrough(new DecompressionStream("deflate"));
  const [image, labels] = await Promise.all([
    createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })),
    new Response(inflated).arrayBuffer(),
  ]);
  return { header, image, labels: new Uint8Array(labels) };
}

// Colours of all labels as the bytes of RGBA, with nothing where the picture is to be seen.
function table(classes, hidden, opacity) {
  const colours = new Uint32Array(256);
  const bytes = new Uint8Array(colours.buffer);
  bytes.fill(0);
  classes.forEach(({ colour }, index) => {
    const clear = hidden.has(index) || (opacity < 1 && colour.every((part) => part === 0));
    bytes.set([...colour, clear ? 0 : Math.round(255 * opacity)], 4 * index);
  });
  return colours;
}

export class Painter {
  constructor(canvas, classes) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.layer = document.createElement("canvas");
    this.classes = classes;
    this.hidden = new Set();
    this.opacity = 0.5;
    this.view = "overlay";
    this.shown = null;
  }

  show(decoded) {
    if (this.shown) this.shown.image.close();
    this.shown = decoded;
    this.paint();
  }

  paint() {
    if (!this.shown) return;
    const { width, height } = this.shown.header;
    const beside = this.view === "beside";
    this.resize(this.canvas, beside ? 2 * width : width, height);
    if (this.view !== "mask") this.context.drawImage(this.shown.image, 0, 0, width, height);
    if (this.view === "picture") return;
    const alone = this.view !== "overlay";
    this.colour(width, height, alone ? 1 : this.opacity);
    const left = beside ? width : 0;
    if (alone) {
      this.context.fillStyle = "#000";
      this.context.fillRect(left, 0, width, height);
    }
    this.context.drawImage(this.layer, left, 0);
    this.mark(left);
  }

  // Boxes and ids of the objects that are followed.
  mark(left) {
    const context = this.context;
    const size = Math.max(11, Math.round(this.canvas.height / 36));
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.lineWidth = Math.max(1, size / 10);
    for (const [id, value, x, y, width, height] of this.shown.header.objects ?? []) {
      if (this.hidden.has(value)) continue;
      context.strokeStyle = `rgb(${this.classes[value].colour.join(" ")})`;
      context.strokeRect(left + x, y, width, height);
      context.strokeStyle = "#000";
      context.fillStyle = "#fff";
      const place = [String(id), left + x + 1, Math.max(y - 2, size)];
      context.strokeText(...place);
      context.fillText(...place);
    }
  }

  colour(width, height, opacity) {
    this.resize(this.layer, width, height);
    const context = this.layer.getContext("2d");
    const pixels = context.createImageData(width, height);
    const colours = table(this.classes, this.hidden, opacity);
    const out = new Uint32Array(pixels.data.buffer);
    const labels = this.shown.labels;
    for (let place = 0; place < out.length; place += 1) out[place] = colours[labels[place]];
    context.putImageData(pixels, 0, 0);
  }

  resize(canvas, width, height) {
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
  }
}

// The last values as a line, with the bound that the eye may measure by.
export class Strip {
  constructor(canvas, length = 120) {
    this.canvas = canvas;
    this.length = length;
    this.values = [];
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > this.length) this.values.shift();
    this.paint();
  }

  paint() {
    const scale = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.canvas.clientWidth * scale));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * scale));
    this.canvas.width = width;
    this.canvas.height = height;
    const context = this.canvas.getContext("2d");
    const most = Math.max(...this.values, 1) * 1.15;
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.lineWidth = 1.5 * scale;
    context.beginPath();
    this.values.forEach((value, index) => {
      const x = (index / (this.length - 1)) * width;
      context.lineTo(x, height - (value / most) * height);
    });
    context.stroke();
  }
}
