// One step of the exported model: pixels in, mask out. States stay where the step left them, on the device.

const here = (name) => new URL(name, import.meta.url).href;

export class Step {
  static async open() {
    const facts = await (await fetch(here("model.json"))).json();
    const adapter = navigator.gpu ? await navigator.gpu.requestAdapter() : null;
    const ort = await import(here(adapter ? "ort.webgpu.min.mjs" : "ort.wasm.min.mjs"));
    ort.env.wasm.wasmPaths = here("./");
    ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
    const options = { executionProviders: adapter ? ["webgpu", "wasm"] : ["wasm"] };
    if (adapter) {
      options.preferredOutputLocation = Object.fromEntries(facts.states.map(({ output }) => [output, "gpu-buffer"]));
    }
    const session = await ort.InferenceSession.create(here("step.onnx"), options);
    return new Step(ort, session, facts, adapter ? "WebGPU" : `WebAssembly, ${ort.env.wasm.numThreads} threads`);
  }

  constructor(ort, session, facts, engine) {
    Object.assign(this, { ort, session, facts, engine });
    this.outputs = ["mask", ...facts.states.map(({ output }) => output)];
    this.state = null;
  }

  // What was seen so far is forgotten.
  reset() {
    this.release(this.state);
    this.state = null;
  }

  // Pixels (h, w, channels) of the model's size, Uint8Array -> the mask (h, w), Uint8Array.
  async run(pixels) {
    const { size, channels, states } = this.facts;
    const before = this.state ?? this.fresh();
    const frame = new this.ort.Tensor("uint8", pixels, [1, ...size, channels]);
    const results = await this.session.run({ frame, ...before }, this.outputs);
    this.release(before);
    this.state = Object.fromEntries(states.map(({ input, output }) => [input, results[output]]));
    return this.one(results.mask.data);
  }

  fresh() {
    const zeros = (shape) => new this.ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
    return Object.fromEntries(this.facts.states.map(({ input, shape }) => [input, zeros(shape)]));
  }

  release(state) {
    for (const tensor of Object.values(state ?? {})) if (tensor.location === "gpu-buffer") tensor.dispose();
  }

  // Of planes of a model that may find several classes at a pixel, the last that is set.
  one(mask) {
    if (!this.facts.planes) return mask;
    const classes = this.facts.classes.length;
    return Uint8Array.from({ length: mask.length / classes }, (_, pixel) => {
      for (let k = classes - 1; k >= 0; k -= 1) if (mask[pixel * classes + k]) return k;
      return this.facts.void;
    });
  }
}
