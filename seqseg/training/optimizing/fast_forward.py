"""Long clips at the cost of short ones: the first frames only update the memory, without gradient."""

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from seqseg.data.void import VOID
from seqseg.errors import ConfigError
from seqseg.layers.tensor import State
from seqseg.models.clip_model import ClipModel


def run_window(
    network: ClipModel,
    clip: keras.KerasTensor,
    frames: int,
    *,
    state: State | None,
    condition: keras.KerasTensor | None,
    training: bool | None,
) -> tuple[keras.KerasTensor, State]:
    """The logits (n, t, h, w, k) and the state of a clip (n, t, h, w, c) whose first `frames` only move the memory on.

    Their logits are 0 and no gradient passes through them: they cost one step of the network each, and no memory.
    """
    if not frames:
        logits, state = network(clip, state=state, return_state=True, condition=condition, training=training)
        return logits, state
    before, clip = clip[:, :frames], clip[:, frames:]
    ahead = condition
    if condition is not None and len(condition.shape) == 3:
        ahead, condition = condition[:, :frames], condition[:, frames:]
    state = fast_forward(network, before, state, condition=ahead)
    logits, state = network(clip, state=state, return_state=True, condition=condition, training=training)
    unseen = ops.zeros((clip.shape[0], frames, *logits.shape[2:]), logits.dtype)
    return ops.concatenate([unseen, logits], axis=1), state


def fast_forward(
    network: ClipModel, clip: keras.KerasTensor, state: State | None, *, condition: keras.KerasTensor | None = None
) -> State:
    """The state after a clip (n, t, h, w, c), as in deployment; without gradient."""
    batch, timesteps, height, width, _ = clip.shape
    state = network.initial_state(batch, height, width) if state is None else state
    names = sorted(state)
    each = condition is not None and len(condition.shape) == 3

    def step(carry: tuple[Any, ...], seen: Any) -> tuple[tuple[Any, ...], None]:
        frame, given = seen if each else (seen, condition)
        before = {name: tensor for name, tensor in zip(names, carry, strict=True)}
        options = {"return_state": True, "condition": given, "training": False}
        _, after = network(ops.expand_dims(frame, 1), state=before, **options)
        return tuple(ops.stop_gradient(after[name]) for name in names), None

    frames = ops.moveaxis(clip, 1, 0)
    seen = (frames, ops.moveaxis(condition, 1, 0)) if each else frames
    # A loop in the graph: hundreds of frames would make a graph of hundreds of networks.
    carry, _ = ops.scan(step, tuple(ops.stop_gradient(state[name]) for name in names), seen, length=timesteps)
    return dict(zip(names, carry, strict=True))


def check_forward_frames(network: ClipModel, frames: int, *, timesteps: int) -> None:
    """ConfigError unless the network has a memory and a clip has more than `frames` frames."""
    if not frames:
        return
    if frames >= timesteps:
        raise ConfigError(
            f"training.forward_frames is {frames}, but a clip has data.timesteps = {timesteps} frames in all; at least "
            "one of them must be left to learn from"
        )
    if not network.initial_state_shapes(1, 32, 32):
        raise ConfigError(
            f"training.forward_frames is {frames}, but model {network.card.model} has no memory to move on; "
            "leave it out or choose a recurrent model"
        )


def without_labels(batches: Iterable[tuple[Any, np.ndarray]], frames: int) -> Iterator[tuple[Any, np.ndarray]]:
    """The same batches with the labels (n, t, h, w, …) of the first `frames` frames void."""
    for inputs, labels in batches:
        labels = np.array(labels)
        labels[:, :frames] = VOID
        yield inputs, labels
