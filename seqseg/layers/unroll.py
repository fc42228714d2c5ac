"""Time: fold it into the batch, run a cell through it, reset the memory of single rows."""

from typing import Any

from keras import ops

from seqseg.layers.tensor import State, Tensor
from seqseg.layers.warp import warp


def fold(clip: Tensor) -> Tensor:
    """Fold time into the batch: (n, t, ...) -> (n * t, ...)."""
    return ops.reshape(clip, (-1, *ops.shape(clip)[2:]))


def unfold(frames: Tensor, timesteps: int) -> Tensor:
    """Undo `fold`: (n * t, ...) -> (n, t, ...)."""
    return ops.reshape(frames, (-1, timesteps, *ops.shape(frames)[1:]))


def unroll(cell: Any, features: Tensor, state: State, flow: Tensor | None = None) -> Tensor:
    """Run `cell` over every frame of a clip, as Haiku's `static_unroll` does.

    The input half of the gates does not depend on the state, so it is computed for all frames in one
    convolution; only the recurrent half is left in the loop.

    Args:
        cell: a `ConvLSTM`, `ConvGRU` or anything with `project`, `step` and `output`.
        features: (n, t, h, w, c).
        state: the cell's state, each tensor (n, h, w, filters).
        flow: (n, t, h, w, 2), along which the state moves before every step; see `warp`. What moves in from outside
            the frame is empty.

    Returns:
        outputs (n, t, h, w, filters) and the state after the last frame.
    """
    timesteps = features.shape[1]
    if not isinstance(timesteps, int):
        return _scan(cell, features, state, flow)
    projected = unfold(cell.project(fold(features)), timesteps)
    flows = [None] * timesteps if flow is None else ops.unstack(flow, timesteps, axis=1)
    outputs = []
    # A plain loop: `ops.scan` does not train under XLA on TensorFlow and is 5-10x slower on CPUs. `unstack` slices
    # once, where `projected[:, t]` would scatter a gradient of full size at every step.
    for frame, motion in zip(ops.unstack(projected, timesteps, axis=1), flows, strict=True):
        state = cell.step(frame, _moved(state, motion))
        outputs.append(cell.output(state))
    return ops.stack(outputs, axis=1), state


def reset_where(state: State, mask: Tensor) -> dict[str, Any]:
    """Reset the state of some rows of a batch; the other rows keep theirs.

    Args:
        state: dict of tensors whose first axis is the batch.
        mask: (n,) booleans, True where the memory goes back to zero.

    Example:
        >>> state = model.initial_state(2, 24, 32)
        >>> state = reset_where(state, [False, True])  # resets the second stream
    """
    mask = ops.cast(mask, "bool")

    def reset(tensor: Tensor) -> Tensor:
        rows = ops.reshape(mask, (-1, *[1] * (len(tensor.shape) - 1)))
        return ops.where(rows, ops.zeros_like(tensor), tensor)

    return {name: reset(tensor) for name, tensor in state.items()}


def _moved(state: State, flow: Tensor) -> Tensor:
    return state if flow is None else {name: warp(tensor, flow)[0] for name, tensor in state.items()}


def _scan(cell: Any, features: Tensor, state: State, flow: Tensor) -> tuple[Tensor, Tensor]:
    """The same as the loop, for a number of frames known only when the graph runs."""
    batch, timesteps, *size = ops.shape(features)
    projected = cell.project(fold(features))
    projected = ops.reshape(projected, (batch, timesteps, *size[:2], projected.shape[-1]))
    names = sorted(state)

    def step(carry: tuple[Tensor, ...], seen: Tensor) -> tuple[Tensor, Tensor]:
        frame, motion = seen, None
        if flow is not None:
            frame, motion = ops.cast(seen[..., :-2], projected.dtype), seen[..., -2:]
        after = cell.step(frame, _moved(dict(zip(names, carry, strict=True)), motion))
        after = tuple(after[name] for name in names)
        return after, after

    seen = ops.moveaxis(projected, 1, 0)
    if flow is not None:  # as two more channels: TensorFlow's scan takes no pair of tensors of unknown length
        seen = ops.concatenate([ops.cast(seen, flow.dtype), ops.moveaxis(flow, 1, 0)], axis=-1)
    carry, history = ops.scan(step, tuple(state[name] for name in names), seen)
    outputs = cell.output(dict(zip(names, history, strict=True)))
    return ops.moveaxis(outputs, 0, 1), dict(zip(names, carry, strict=True))
