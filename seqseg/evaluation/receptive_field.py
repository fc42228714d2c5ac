"""The effective receptive field of a model (Luo et al. 2016), in space and back in time."""

import dataclasses
from typing import Any

import keras
import numpy as np

from seqseg.models.clip_model import ClipModel


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """Which pixels decide the prediction at the centre of the last frame.

    Attributes:
        influence: (t, h, w) float64, the mean absolute gradient of the centre's logits by each pixel, normalized to 1.
        side: of a square with as many pixels as have more than 4.55 % of the largest influence (Luo et al.) in the last
            frame.
        box: (height, width) around the centre that holds 95 % of the last frame's influence.
        reach: (height, width) of all pixels with any influence at all, which the theoretical field bounds.
        by_frame: the fraction of the influence in each frame; the last one is the frame that is predicted.
    """

    influence: np.ndarray
    side: float
    box: tuple[int, int]
    reach: tuple[int, int]
    by_frame: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """The numbers, for JSON."""
        return {
            "side": round(self.side, 1), "box_95": list(self.box), "reach": list(self.reach),
            "size": list(self.influence.shape[1:]), "by_frame": [round(share, 5) for share in self.by_frame],
        }  # fmt: skip


def receptive_field(model: ClipModel, clips: np.ndarray, *, condition: np.ndarray | None = None) -> ReceptiveField:
    """The effective receptive field of `model` over clips (n, t, h, w, 3): the mean over n, on any backend.

    Example:
        >>> receptive_field(build_model("unet", classes=2), np.zeros((1, 1, 64, 64, 3), "float32")).by_frame
        (1.0,)
    """
    total = np.zeros(clips.shape[1:4])
    for number in range(len(clips)):
        given = None if condition is None else condition[number : number + 1]
        total = total + np.abs(_gradient(model, clips[number : number + 1], given)[0]).sum(axis=-1, dtype="float64")
    if not total.sum():
        total = total + 1.0
    influence = total / total.sum()
    last = influence[-1]
    rows, columns = np.nonzero(last)
    reach = (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1) if rows.size else (0, 0)
    side = float(np.sqrt((last > (1 - 0.9545) * last.max()).sum()))
    return ReceptiveField(influence, side, _box(last), reach, tuple(map(float, influence.sum(axis=(1, 2)))))


def _box(last: np.ndarray) -> tuple[int, int]:
    """The smallest box around the centre, with the picture's aspect ratio, that holds 95 % of the influence."""
    height, width = last.shape
    whole = last.sum()
    for step in range(1, 201):
        half_h, half_w = max(1, round(height * step / 400)), max(1, round(width * step / 400))
        inside = last[
            max(0, height // 2 - half_h) : height // 2 + half_h, max(0, width // 2 - half_w) : width // 2 + half_w
        ]
        if inside.sum() >= 0.95 * whole:
            return min(height, 2 * half_h), min(width, 2 * half_w)
    return height, width


def _gradient(model: ClipModel, clip: np.ndarray, condition: np.ndarray | None) -> np.ndarray:
    """The gradient of the sum of the centre's logits in the last frame by the clip (1, t, h, w, 3)."""
    clip = np.asarray(clip, "float32")

    def centre(tensor: Any) -> Any:
        logits, _ = model.run(tensor, condition=condition)
        return keras.ops.sum(logits[:, -1, clip.shape[2] // 2, clip.shape[3] // 2])

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tensor = tf.convert_to_tensor(clip)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            total = centre(tensor)
        return np.asarray(tape.gradient(total, tensor))
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(centre)(jax.numpy.asarray(clip)))
    tensor = keras.ops.convert_to_tensor(clip).detach().requires_grad_(True)
    centre(tensor).backward()
    return np.asarray(tensor.grad.cpu())
