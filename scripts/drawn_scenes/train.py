"""Train `moving` on drawn scenes: 24 streams, of which each step takes 6 and advances them by 1 to 6 frames.

The memory goes through all frames as it does when deployed; the gradient comes from the last one. Started again with
the same OUT it goes on where it was last saved, as if it had not been stopped.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from drawn_streams import OLDEST, STREAMS, Streams  # noqa: E402

from seqseg.data.kinds.cdnet import MOVING, UNKNOWN  # noqa: E402
from seqseg.data.kinds.scenes.sources import read_stock  # noqa: E402
from seqseg.files import replacing  # noqa: E402
from seqseg.models import build_model, load_model, save_model  # noqa: E402
from seqseg.models.moving.features import features  # noqa: E402
from seqseg.models.moving.segmenter import shrunk  # noqa: E402
from seqseg.models.temporal import background  # noqa: E402

SIZE = (128, 160)
WARMUP, AVERAGE = 100, 0.998
STATISTICS_UNTIL = 0.6  # of the run; then batch normalization is as it is deployed
SAVE_SECONDS = 240


def main():
    parser = argparse.ArgumentParser(prog="scripts/train_moving", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=3e-3, help="the optimizer's at first (3e-3)")
    parser.add_argument("--start", metavar="FILE.keras", help="weights to go on from (none)")
    parser.add_argument("--backgrounds", default="")
    parser.add_argument("--sprites", default="")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(args.seed)
    training = Training(args.out, steps=args.steps, rate=args.rate, start=args.start)
    stock = read_stock(args.backgrounds, args.sprites, SIZE)
    progress = (lambda step: 1.0) if args.start else (lambda step: step / args.steps)
    training.run(Streams(stock, SIZE, seed=args.seed, progress=progress, state=training.streams))


class Training:
    """The model, its optimizer and the average of its weights, which is what is saved."""

    def __init__(self, out, *, steps, rate, start=None):
        self.out, self.steps, self.rate, self.step, self.streams = out, steps, rate, 0, None
        self.model = build_model("moving", classes=["background", "moving"], head="sigmoid")
        if start:
            self.model.set_weights(load_model(start).get_weights())
        self.optimizer = keras.optimizers.AdamW(
            rate, weight_decay=1e-4, beta_1=0.9, beta_2=0.98, global_clipnorm=1.0
        )  # fmt: skip
        self.optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self.optimizer.build(self.model.trainable_variables)
        self.average = [tf.Variable(variable.value) for variable in self.model.variables]
        shapes = background.state_shapes(STREAMS, *SIZE, 3)
        self.state = {name: np.zeros(shape, "float32") for name, shape in shapes.items()}
        if (out / "state.npz").exists():
            self._resume()

    def run(self, streams):
        saved, losses = time.monotonic(), []
        while self.step < self.steps:
            losses.append(self._train(streams.next()))
            if self.step % 25 == 0:
                line = f"{self.step},{np.mean(losses):.4f},{self.step / self.steps:.3f}"
                print(line, flush=True)
                with (self.out / "log.csv").open("a") as log:
                    log.write(line + "\n")
                losses = []
            if time.monotonic() - saved > SAVE_SECONDS:
                self._save()
                saved = time.monotonic()
        self._save()

    def _train(self, step):
        state = {name: tensor[step.rows] for name, tensor in self.state.items()}
        for name, tensor in state.items():
            tensor[step.fresh] = 0
            if name in ("age", "frames", "steady"):
                state[name] = np.minimum(tensor + step.older[:, None, None, None], OLDEST)
        state = {name: tf.constant(tensor) for name, tensor in state.items()}
        fed = tf.constant(step.fed)
        for frame, labels in zip(step.frames[:-1], step.labels[:-1], strict=True):
            state = forward(self.model, state, tf.constant(frame), tf.constant(labels), fed)
        share = self.step / self.steps
        self.optimizer.learning_rate.assign(
            self.rate * min(1, (self.step + 1) / WARMUP) * max(0.004, 0.5 * (1 + np.cos(np.pi * share)))
        )
        weight = tf.constant(min(AVERAGE, (1 + self.step) / (10 + self.step)), tf.float32)
        last = tf.constant(step.frames[-1]), tf.constant(step.labels[-1])
        weights = tf.constant(worth(step.position, step.revealed))
        loss, state = learn(self, state, *last, fed, weights, weight, training=bool(share < STATISTICS_UNTIL))
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss became {float(loss)} at step {self.step}")
        for name, tensor in state.items():
            self.state[name][step.rows] = tensor.numpy()
        self.step, self.streams = self.step + 1, step.after
        return float(loss)

    @property
    def _variables(self):
        return [*self.model.variables, *self.optimizer.variables, *self.average]

    def _save(self):
        arrays = {f"v{number}": np.asarray(variable) for number, variable in enumerate(self._variables)}
        arrays |= {f"memory/{name}": tensor for name, tensor in self.state.items()}
        with replacing(self.out / "state.npz") as file:
            np.savez(file, step=self.step, streams=json.dumps(self.streams), **arrays)
        own = [np.asarray(variable) for variable in self.model.variables]
        for variable, average in zip(self.model.variables, self.average, strict=True):
            variable.assign(average)
        save_model(self.model, self.out / "last.keras")
        for variable, value in zip(self.model.variables, own, strict=True):
            variable.assign(value)

    def _resume(self):
        with np.load(self.out / "state.npz") as saved:
            self.step, self.streams = int(saved["step"]), json.loads(str(saved["streams"]))
            for number, variable in enumerate(self._variables):
                variable.assign(saved[f"v{number}"])
            self.state = {name: saved[f"memory/{name}"] for name in self.state}


def worth(position, revealed):
    """How much pixels (r, h, w, 1) count: less in the first 12 frames, and 2.5 times where a ghost may be."""
    early = np.clip(0.35 + 0.05 * position, 0, 1)[:, None, None, None]
    return (early * np.where(revealed, 2.5, 1)).astype("float32")


look = tf.function(lambda frame, state: _look(frame, state), jit_compile=True)
update = tf.function(background.update, jit_compile=True)


def _look(frame, state):
    seen = background.look(shrunk(frame), state)
    return seen, features(seen)


def moving_answer(own, seen, labels, fed):
    """What the memory receives as moving: the model's own answer, the truth, or truth and rule, as `fed` says."""
    rule, labels = tf.cast(seen.near > 1, tf.float32), tf.transpose(labels, (0, 3, 1, 2))
    truth = tf.where(labels == UNKNOWN, 0.5 * rule, tf.cast(labels == MOVING, tf.float32))
    fed = fed[:, None, None, None, :]
    return fed[..., 0] * own + fed[..., 1] * 0.95 * truth + fed[..., 2] * tf.maximum(0.6 * truth, 0.5 * rule)


@tf.function
def forward(model, state, frame, labels, fed):
    """The memory after a frame, without gradient."""
    seen, maps = look(frame, state)
    return update(seen, moving_answer(model.moving(model.net(maps, training=False)), seen, labels, fed))


@tf.function
def learn(run, state, frame, labels, fed, worth, weight, *, training):
    """One step of the optimizer -> the loss, and the memory after the frame."""
    model = run.model
    seen, maps = look(frame, state)
    with tf.GradientTape() as tape:
        scores = model.net(maps, training=training)
        loss = cost(scores, seen, labels, worth)
    gradients = tape.gradient(loss, model.trainable_variables)
    run.optimizer.apply(gradients, model.trainable_variables)
    for average, variable in zip(run.average, model.variables, strict=True):
        average.assign(weight * average + (1 - weight) * variable)
    return loss, update(seen, moving_answer(model.moving(scores), seen, labels, fed))


def cost(scores, seen, labels, worth):
    """Cross-entropy, twice for what moves and for background that does not look it, and half of 1 - Jaccard."""
    true, known = tf.cast(labels == MOVING, tf.float32), tf.cast(labels != UNKNOWN, tf.float32)
    near = tf.transpose(seen.near, (0, 2, 3, 1))
    weights = known * worth * tf.where((true > 0.5) | (near > 1), 2.0, 1.0)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(true, scores)
    entropy = tf.reduce_sum(entropy * weights) / tf.reduce_sum(known)
    found = tf.sigmoid(scores) * known * worth
    both, either = tf.reduce_sum(found * true), tf.reduce_sum(found + true * known * worth)
    return entropy + 0.5 * (1 - (both + 100) / (either - both + 100))


if __name__ == "__main__":
    main()
