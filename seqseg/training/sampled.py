"""A clip in which some frames are the network's own predictions."""

from keras import ops


def sampled(network, clip, given, training=None):
    """Next frames (n, t, h, w, c) of a clip in which the frames that are not `given` (n, t) are the network's own."""
    batch, _, height, width, _ = ops.shape(clip)
    state, outputs = network.initial_state(batch, height, width), []
    frames = ops.unstack(ops.cast(clip, "float32"), clip.shape[1], axis=1)
    for step, frame in enumerate(frames):
        if outputs:
            frame = ops.where(ops.reshape(given[:, step], (-1, 1, 1, 1)), frame, outputs[-1])
        predicted, state = network(frame, state=state, return_state=True, training=training)
        outputs.append(predicted)
    return ops.stack(outputs, axis=1)
