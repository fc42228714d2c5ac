"""Train `voc`: the teacher's network, trained further on its averaged predictions and on labels of degraded images.

    train.py TEACHER.tflite ANSWERS RUN [--steps N] [--until HH:MM] [--seed N]

It resumes RUN. `RUN/ema.weights.h5` holds the moving mean of the weights, the final result.
"""

import argparse
import datetime
import json
import os
import threading
import time
from pathlib import Path
from queue import Queue

import keras
import numpy as np
import tensorflow as tf
from teacher import build_voc, fill, read_weights
from views import LABELS_STRIDE, SCORES_STRIDE, VOID, view

EDGE_FILTERS = 32
SHAPES = (((368, 496), 2), ((304, 304), 4), ((496, 368), 2), ((240, 320), 5))
"""Sizes of views, with as many of a batch as cost about the same."""
RATE, NEW_RATE, WARM_UP = 8e-6, 2e-3, 40
"""Learning rates of the teacher's layers and of the correction along edges, and steps until they are reached."""
LABELS_SHARE, MEAN = 0.4, 0.99
"""Weight of the labels where there are any, the rest is the teacher's; momentum of the mean of the weights."""
CHECKPOINT = 50


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teacher", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--until", help="HH:MM of the clock (UTC) at which to stop, whatever the step")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(args.seed)
    model = fill(build_voc(edge_filters=EDGE_FILTERS), read_weights(args.teacher))
    learner = Learner(model, args.steps)
    first = learner.restore(args.run)
    batches = Queue(maxsize=4)
    threading.Thread(target=_draw, args=(batches, args.answers, args.seed, first), daemon=True).start()
    log = (args.run / "log.jsonl").open("a")
    started, losses = time.time(), []
    for step in range(first, args.steps):
        losses.append([float(part) for part in learner.learn(*batches.get())])
        done = step + 1
        if done % 10 == 0:
            labels, answers = np.nanmean(losses, axis=0)
            row = {"step": done, "labels": labels, "answers": answers, "seconds": time.time() - started}
            print(json.dumps(row), file=log, flush=True)
            losses = []
        if done % CHECKPOINT == 0 or done == args.steps or _past(args.until):
            learner.save(args.run, done)
        if _past(args.until):
            break


class Learner:
    """The model, its two optimizers and the moving mean of its weights."""

    def __init__(self, model, steps):
        self.model = model
        self.new = [*model.decoder.edges.trainable_variables, *model.decoder.correct.trainable_variables]
        taken = {id(variable) for variable in self.new}
        self.old = [variable for variable in model.trainable_variables if id(variable) not in taken]
        self.optimizers = [
            keras.optimizers.Adam(_schedule(rate, steps), use_ema=True, ema_momentum=MEAN, ema_overwrite_frequency=None)
            for rate in (RATE, NEW_RATE)
        ]
        for optimizer, variables in zip(self.optimizers, (self.old, self.new), strict=True):
            optimizer.build(variables)
        self.learn = tf.function(self._learn, autograph=False)

    def _learn(self, images, labels, answers):
        """One step: -> the losses on labels and on answers."""
        with tf.GradientTape() as tape:
            scores = self.model.decoder(self.model.backbone(images), training=True)
            on_answers = _divergence(scores, answers)
            on_labels, labelled = _cross_entropy(scores, labels)
            total = LABELS_SHARE * on_labels + tf.reduce_mean(on_answers * (1 - LABELS_SHARE * labelled))
        gradients = tape.gradient(total, self.old + self.new)
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        self.optimizers[0].apply(gradients[: len(self.old)], self.old)
        self.optimizers[1].apply(gradients[len(self.old) :], self.new)
        return on_labels, tf.reduce_mean(on_answers)

    def save(self, run, step):
        """What `restore` reads, and the mean of the weights as a weights file; each appears whole or not at all."""
        values = {f"model/{k}": variable.numpy() for k, variable in enumerate(self.model.variables)}
        for number, optimizer in enumerate(self.optimizers):
            values |= {f"{number}/{k}": variable.numpy() for k, variable in enumerate(optimizer.variables)}
        np.savez(run / "part.npz", step=step, **values)
        own = [variable.numpy() for variable in self.model.trainable_variables]
        for optimizer, variables in zip(self.optimizers, (self.old, self.new), strict=True):
            for variable, mean in zip(variables, optimizer._model_variables_moving_average, strict=True):
                variable.assign(mean)
        self.model.save_weights(run / "part.weights.h5")
        for variable, value in zip(self.model.trainable_variables, own, strict=True):
            variable.assign(value)
        os.replace(run / "part.weights.h5", run / "ema.weights.h5")
        os.replace(run / "part.npz", run / "state.npz")

    def restore(self, run):
        """Go on from `run`: -> steps done."""
        if not (run / "state.npz").exists():
            for optimizer, variables in zip(self.optimizers, (self.old, self.new), strict=True):
                for variable, mean in zip(variables, optimizer._model_variables_moving_average, strict=True):
                    mean.assign(variable)  # Keras begins the mean at zero
            return 0
        values = np.load(run / "state.npz")
        for k, variable in enumerate(self.model.variables):
            variable.assign(values[f"model/{k}"])
        for number, optimizer in enumerate(self.optimizers):
            for k, variable in enumerate(optimizer.variables):
                variable.assign(values[f"{number}/{k}"])
        return int(values["step"])


def _schedule(rate, steps):
    return keras.optimizers.schedules.CosineDecay(
        rate / 20, steps - WARM_UP, alpha=0.02, warmup_target=rate, warmup_steps=WARM_UP
    )


def _divergence(scores, answers):
    """Cross entropy of the teacher's answers (n, h, w, classes) less their own entropy: (n, h, w)."""
    own = -tf.reduce_sum(answers * tf.math.log(answers + 1e-6), axis=-1)
    return tf.nn.softmax_cross_entropy_with_logits(answers, scores) - own


def _cross_entropy(scores, labels):
    """The mean where labels (n, 2 h, 2 w) are, and the share of each of `scores` that is labelled."""
    large = tf.image.resize(scores, tf.shape(labels)[1:3])
    known = tf.cast(labels != VOID, tf.float32)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(labels == VOID, 0, labels), large)
    share = tf.nn.avg_pool2d(known[..., None], SCORES_STRIDE // LABELS_STRIDE, SCORES_STRIDE // LABELS_STRIDE, "VALID")
    return tf.reduce_sum(each * known) / tf.cast(tf.size(labels), tf.float32), share[..., 0]


def _draw(batches, folder, seed, step):
    """Put batch after batch into the queue; batch i is a function of the seed and i alone."""
    paths = sorted(folder.glob("*.npz"))
    groups = _groups(paths)
    while True:
        rng = np.random.default_rng([seed, step])
        size, count = SHAPES[int(rng.integers(len(SHAPES)))]
        chosen = [groups[int(rng.choice(3, p=SHARES))] for _ in range(count)]
        chosen = [group[int(rng.integers(len(group)))] for group in chosen]
        views = [view(dict(np.load(path)), size, rng) for path in chosen]
        images, labels, answers = (np.stack(part) for part in zip(*views, strict=True))
        batches.put((tf.constant(images), tf.constant(labels.astype(np.int32)), tf.constant(answers)))
        step += 1


SHARES = (0.5, 0.15, 0.35)
"""Of the views: of VOC, of COCO, of the movies."""
OF_VOC, OF_COCO = 300, 100


def _groups(paths):
    return paths[:OF_VOC], paths[OF_VOC : OF_VOC + OF_COCO], paths[OF_VOC + OF_COCO :]


def _past(clock):
    return clock is not None and datetime.datetime.now(datetime.UTC).strftime("%H:%M") >= clock


if __name__ == "__main__":
    main()
