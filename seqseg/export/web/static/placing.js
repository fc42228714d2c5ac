// How a picture of any size comes to the model's, as in training: where it lies, and what stands around it.

// -> { inside: [h, w], top, left } of the picture on the model's canvas.
export function place([height, width], { size, resizing }) {
  if (resizing.name === "resize") return { inside: [...size], top: 0, left: 0 };
  let scale = Math.min(size[0] / height, size[1] / width);
  if (!resizing.enlarge) scale = Math.min(1, scale);
  const inside = [height, width].map((side, axis) => Math.max(1, Math.min(size[axis], Math.round(side * scale))));
  return { inside, top: (size[0] - inside[0]) >> 1, left: (size[1] - inside[1]) >> 1 };
}

// RGBA of the inside -> Uint8Array (h, w, channels) of the whole canvas: mirrored around, or grey.
export function spread(rgba, { inside, top, left }, { size, channels, resizing }) {
  const [height, width] = size;
  const pixels = new Uint8Array(height * width * channels);
  const border = typeof resizing.border === "number" ? resizing.border : null;
  const columns = Array.from({ length: width }, (_, x) => mirrored(x - left, inside[1]));
  for (let y = 0; y < height; y += 1) {
    const row = mirrored(y - top, inside[0]);
    const within = y >= top && y < top + inside[0];
    for (let x = 0; x < width; x += 1) {
      const to = (y * width + x) * channels;
      if (border !== null && !(within && x >= left && x < left + inside[1])) pixels.fill(border, to, to + channels);
      else copy(pixels, to, rgba, 4 * (row * inside[1] + columns[x]), channels);
    }
  }
  return pixels;
}

function copy(pixels, to, rgba, from, channels) {
  if (channels === 1) pixels[to] = Math.round(0.299 * rgba[from] + 0.587 * rgba[from + 1] + 0.114 * rgba[from + 2]);
  else for (let k = 0; k < channels; k += 1) pixels[to + k] = rgba[from + k];
}

function mirrored(place, length) {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const at = ((place % period) + period) % period;
  return Math.min(at, period - at);
}
