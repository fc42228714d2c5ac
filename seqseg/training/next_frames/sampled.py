"""A clip in which some frames are the network's own predictions."""

import keras
from keras import ops

from seqseg.models.clip_model import ClipModel


def sampled(
    network: ClipModel,
    clip: keras.KerasTensor,
    given: keras.KerasTensor,
    training: bool | None = None,
    *,
    first: int = 1,
) -> keras.KerasTensor:
    """Next frames (n, t, h, w, c) of a clip in which predictions replace the frames that are not `given` (n, t).

    The `first` frames are given in every row and pass the network in one call, which halves the time to compile.
    """
    batch, _, height, width, _ = ops.shape(clip)
    state = network.initial_state(batch, height, width)
    seen, state = network(clip[:, :first], state=state, return_state=True, training=training)
    predicted = seen[:, -1]
    outputs = [seen]
    later = clip.shape[1] - first
    frames = ops.unstack(ops.cast(clip[:, first:], "float32"), later, axis=1) if later else []
    for step, frame in enumerate(frames, start=first):
        frame = ops.where(ops.reshape(given[:, step], (-1, 1, 1, 1)), frame, predicted)
        predicted, state = network(frame, state=state, return_state=True, training=training)
        outputs.append(ops.expand_dims(predicted, 1))
    return ops.concatenate(outputs, axis=1)
