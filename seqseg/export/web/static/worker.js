// The step runs here, so that the page stays quick.

import { Step } from "./step.js";

const opened = Step.open();
opened.then(
  (step) => postMessage({ kind: "ready", facts: step.facts, engine: step.engine }),
  (error) => postMessage({ kind: "failed", reason: String(error?.message ?? error) }),
);

onmessage = async ({ data }) => {
  const step = await opened;
  if (data.kind === "reset") {
    step.reset();
    return;
  }
  try {
    const begun = performance.now();
    const mask = await step.run(data.pixels);
    postMessage({ kind: "mask", pixels: data.pixels, mask, milliseconds: performance.now() - begun });
  } catch (error) {
    postMessage({ kind: "failed", reason: String(error?.message ?? error) });
  }
};
