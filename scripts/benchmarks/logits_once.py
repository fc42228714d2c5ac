"""The logits of an image net, computed once for training clips and validation frames, at the net's own output size."""

import dataclasses

import keras
import numpy as np
from through_noise import _spoilt

from seqseg.data import open_data
from seqseg.data.denoising import Denoiser
from seqseg.geometry import make_resizing
from seqseg.training.clips import training_clips


def training_logits(model, experiment, clips, seed, file):
    """{"logits": (clips, t, h, w, classes), "grey": at a quarter of the size of the frames, "labels": of each clip}."""
    if not file.is_file():
        see = compiled(model)
        training = dataclasses.replace(experiment.training, seed=seed + 100)  # other clips than the net has seen
        experiment = dataclasses.replace(experiment, training=training)
        data = open_data(experiment.data.source, split="train")
        resizing = make_resizing(experiment.data.resize, experiment.data.size or data.videos[0].size)
        batches = iter(training_clips(experiment, data, resizing=resizing, vectors=False, few=False)(0))
        parts = []
        while len(parts) * training.batch < clips:
            frames, labels = map(np.asarray, next(batches))
            logits, grey = zip(*(see(clip) for clip in frames), strict=True)
            parts.append((np.stack(logits), np.stack(grey), labels.astype(np.uint8)))
        logits, grey, labels = map(np.concatenate, zip(*parts, strict=True))
        np.savez(file, logits=logits, grey=grey, labels=labels)
    return dict(np.load(file))


def validation_logits(model, data, level, file):
    """The same of the frames of the one video, without the first axis, and "damaged": (frames,)."""
    if not file.is_file():
        [video], see = data.videos, compiled(model)
        level, _, cleaned = level.partition(" ")
        parts, earlier, clean = [], None, Denoiser()
        for index in range(len(video)):
            image, labels = video.pair(index)
            earlier, damaged = _spoilt(image, earlier, level, (7, 0, index))
            frame = clean(earlier) if cleaned else earlier
            logits, grey = see(frame[None])
            parts.append((logits[0], grey[0], labels, damaged))
        names = ("logits", "grey", "labels", "damaged")
        np.savez(file, **dict(zip(names, map(np.stack, zip(*parts, strict=True)), strict=True)))
    return dict(np.load(file))


def compiled(model):
    """Frames (n, h, w, 3) -> logits (n, h', w', classes) before they are enlarged, and the frames grey at a quarter."""
    import tensorflow as tf

    @tf.function
    def run(frames):
        passage = model._begin(keras.ops.cast(frames, "float32")[:, None], 1, {}, False)
        logits = model.head(model._features(passage, None))
        grey = keras.ops.mean(passage.frames, axis=-1, keepdims=True) / 255
        return logits, keras.ops.average_pool(grey, 4, strides=4, padding="same", data_format="channels_last")

    return lambda frames: tuple(part.numpy().astype(np.float16) for part in run(frames))
