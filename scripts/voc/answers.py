"""The teacher's predictions for all training images of `voc`, on disk: answers.py TEACHER.tflite OUT SPEC…

The probabilities are the mean over both mirror images, and over three scales of VOC's images, at an eighth of the
image's size. SPEC is `voc:PATH`, `coco:PATH,classes=voc` (labels are not used: COCO outlines tables and chairs
differently) or `frames:MOVIE`, of which about twelve frames are used. Images longer than 512 pixels are shrunk.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf
from teacher import build_voc, fill, read_weights

from seqseg.data import open_data
from seqseg.geometry import round_up

SCALES, LONGEST, FRAMES, STRIDE, VOID = {"voc": (0.75, 1.0, 1.25)}, 512, 12, 8, 255


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("teacher", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("specs", nargs="+")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    model = fill(build_voc(), read_weights(args.teacher))
    teacher = tf.function(lambda frames: tf.nn.softmax(_coarse(model, frames)), reduce_retracing=False)
    number = 0
    for spec in args.specs:
        scales = SCALES.get(spec.split(":")[0], (1.0,))
        for image, labels in _pictures(spec):
            path = args.out / f"{number:05}.npz"
            number += 1
            if not path.exists():
                image, labels = _on_canvas(image, labels)
                np.savez(path, image=image, labels=labels, answers=_answers(teacher, image, scales))
        print(spec, number, flush=True)


def _coarse(model, frames):
    return model.decoder(model.backbone(frames))


def _pictures(spec):
    """Images (h, w, 3) and labels (h, w), all void where there are none."""
    data = open_data(spec, split="all" if spec.startswith(("frames", "coco")) else "train")
    for video in data.videos:
        step = max(1, len(video) // FRAMES)
        for index in range(0, len(video), step):
            image, labels = video.pair(index)
            if not spec.startswith("voc"):
                labels = np.full(image.shape[:2], VOID, np.uint8)
            yield _shrunk(image, labels)


def _shrunk(image, labels):
    height, width = image.shape[:2]
    scale = LONGEST / max(height, width)
    if scale >= 1:
        return image, labels
    size = round(width * scale), round(height * scale)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.resize(labels, size, interpolation=0)


def _on_canvas(image, labels):
    below, right = (long - short for long, short in zip(round_up(image.shape[:2], 32), image.shape[:2], strict=True))
    image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REFLECT)
    return image, cv2.copyMakeBorder(labels, 0, below, 0, right, cv2.BORDER_CONSTANT, value=VOID)


def _answers(teacher, image, scales):
    """(h / 8, w / 8, classes) in float16."""
    height, width = image.shape[:2]
    total = 0.0
    for scale in scales:
        size = round_up((round(height * scale), round(width * scale)), 16)
        frame = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        own, turned = teacher(tf.constant(np.stack([frame, frame[:, ::-1]]))).numpy()
        for chances in (own, turned[:, ::-1]):
            total = total + cv2.resize(np.ascontiguousarray(chances), (width // STRIDE, height // STRIDE))
    return (total / (2 * len(scales))).astype(np.float16)


if __name__ == "__main__":
    main()
