"""Heads: from maps of scores to classes, or to the next frame.

"softmax" gives one score a class, of which the highest wins. "sigmoid" is for two classes and needs one score, that of
the second: the first one's logit is 0, so that softmax over both is the sigmoid of that score, and every loss and
metric for exclusive classes goes with it. "multi_label" gives each class a sigmoid of its own: a pixel may show several
classes, or none.

"frame" predicts the next frame, scaled as the input (0–255), whatever the classes. Its output is "residual" (what is
added to the current frame), "plain" (the frame itself), or "bounded": added to the logit of the current frame, before
a sigmoid, so that pixels stay between 0 and 255, for frames of black and white.
"""

from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers.tensor import Tensor

HEADS = ("softmax", "sigmoid", "multi_label", "frame")
OUTPUTS = ("residual", "plain", "bounded")


def check_head(head: str, classes: int) -> None:
    """Raise ConfigError unless the head exists and works for this number of classes."""
    if head not in HEADS:
        raise ConfigError(f"unknown head {head!r}; there are: {', '.join(HEADS)}")
    if head == "sigmoid" and classes != 2:
        raise ConfigError(
            f"a sigmoid head has two classes, background and object, got {classes} classes; "
            "take softmax, or multi_label when a pixel may show several"
        )


def check_output(output: str) -> None:
    """Raise ConfigError unless the output is one of `OUTPUTS`."""
    if output not in OUTPUTS:
        raise ConfigError(f"unknown output {output!r} of predicted frames; there are: {', '.join(OUTPUTS)}")


def score_maps(head: str, classes: int, channels: int = 3) -> int:
    """How many maps of scores the network has to make, for images of `channels`."""
    if head == "frame":
        return channels
    return 1 if head == "sigmoid" else classes


def logits_of(scores: Tensor, head: str) -> Tensor:
    """Maps of scores -> logits (..., classes)."""
    return ops.concatenate([ops.zeros_like(scores), scores], axis=-1) if head == "sigmoid" else scores


def frames_of(scores: Tensor, frames: Tensor, output: str) -> Tensor:
    """Maps of scores and the current frames (…, h, w, c) of 0–255 -> the next frames in float32; see `OUTPUTS`."""
    if output == "plain":
        return 255.0 * scores
    frames = ops.cast(frames, "float32")
    if output == "residual":
        return frames + 255.0 * scores
    shares = ops.clip(frames / 255.0, 0.01, 0.99)
    return 255.0 * ops.sigmoid(scores + ops.log(shares / (1 - shares)))


def probabilities_of(logits: Tensor, head: str) -> Tensor:
    """Logits (..., classes) -> the probability of each class."""
    return ops.sigmoid(logits) if head == "multi_label" else ops.softmax(logits, axis=-1)


def labels_of(logits: Tensor, head: str) -> Tensor:
    """Logits (..., classes) -> class indices uint8 (...), or for "multi_label" planes of 0 and 1, (..., classes)."""
    if head == "multi_label":
        return ops.cast(logits > 0, "uint8")
    return ops.cast(ops.argmax(logits, axis=-1), "uint8")


def top_class_of(logits: Tensor, head: str, *, void: int) -> Tensor:
    """One class a pixel, uint8 (...), of any head: the likeliest, or `void` where a multi-label model sees none."""
    top = ops.cast(ops.argmax(logits, axis=-1), "uint8")
    if head != "multi_label":
        return top
    return ops.where(ops.max(logits, axis=-1) > 0, top, ops.full_like(top, void))
