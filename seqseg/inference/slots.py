"""Many streams through one model: a batch of their frames at a time, a state a stream."""

import numpy as np
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers.placing import place_images, replace_logits

SIZES = 16  # working sizes whose fresh state is kept


class BatchStepper:
    """`stepper(images, states) -> masks, states`: one frame of each of some streams through a `Predictor`, batched.

    Lists with an entry a stream; frames may have different sizes, a state of None is fresh. Frames of one working size
    go through the network together; each is fitted by itself. The states stay on the device and are joined into
    a batch and parted again in the same compiled call as the network.

    A batch of another size has to be compiled, so only few sizes are used: powers of two, a batch of 7 being run as
    4 + 2 + 1 with no row wasted. With `slots` every batch has that size, filled up with rows that nobody looks at: one
    program only and nothing to compile when streams come and go, at the price of the empty rows. Within one batch size
    a stream's masks are bit for bit the same whoever shares the batch; between sizes logits differ by rounding.

    Example:
        >>> stepper = BatchStepper(Predictor(load_model("runs/cells/best.keras")))
        >>> masks, states = stepper([left, right], [None, None])
    """

    def __init__(self, predictor, *, slots=None):
        if slots is not None and slots < 1:
            raise ConfigError(f"slots must be at least 1, got {slots}")
        self.predictor, self.slots = predictor, slots
        self._fresh = {}

    def __call__(self, images, states, *, condition=None):
        """One frame (h, w, c) of each stream and its state -> masks (h, w) in uint8 and the states after.

        `condition` is the vector (k,) of a conditioned model, the same for all.
        """
        if len(images) == 1 and self.slots in (None, 1):
            mask, state = self.predictor.step(images[0], states[0], condition=condition)
            return [mask], [state]
        masks, after = [None] * len(images), [None] * len(images)
        for rows in self._batches(images):
            done = self._step([images[row] for row in rows], [states[row] for row in rows], condition)
            for row, mask, state in zip(rows, *done, strict=False):  # what is left over are empty slots
                masks[row], after[row] = mask, state
        return masks, after

    def _batches(self, images):
        """The rows of each batch: those that the network sees alike, in order, cut into the sizes that are compiled."""
        groups = {}
        for row, image in enumerate(images):
            placement = self.predictor.resizing.place(*image.shape[:2])
            groups.setdefault((placement.tile, len(placement.tiles)), []).append(row)
        for rows in groups.values():
            while rows:
                size = self.slots or 1 << (len(rows).bit_length() - 1)
                yield rows[:size]
                rows = rows[size:]

    def _step(self, images, states, condition):
        states = [self._checked(state, image) for state, image in zip(states, images, strict=True)]
        for _ in range(len(images), self.slots or 0):
            images.append(np.zeros_like(images[0]))
            states.append(self._fresh_state(images[0]))
        if condition is not None:
            condition = np.tile(np.asarray(condition, "float32"), (len(images), 1))
        if len(images) == 1:  # the same program as that of a stream alone
            masks, state = self.predictor.step_batch(images[0][None], states[0], condition=condition)
            return masks, [state]
        if condition is not None:
            tiles = len(self.predictor.resizing.place(*images[0].shape[:2]).tiles)
            condition = np.repeat(condition, tiles, axis=0)
        canvases, windows = zip(*(self.predictor.on_canvas(image[None]) for image in images), strict=True)
        alike = len({canvas.shape for canvas in canvases}) == 1
        masks, states = (self._alike if alike else self._mixed)(canvases, states, condition)
        return [mask[window] for mask, window in zip(masks, windows, strict=True)], states

    def _alike(self, images, states, condition):
        """Frames of one size: resizing, network and resizing back in one call."""
        images = np.concatenate(images)
        predictor, count, size = self.predictor, len(images), images.shape[1:3]
        step = predictor.compiled(("rows", images.shape), lambda: _on_rows(predictor.whole_step(size), count))
        masks, states = step(images, states, condition)
        return ops.convert_to_numpy(masks), states

    def _mixed(self, images, states, condition):
        """Frames of several sizes: each is fitted in a call of its own, the network runs once."""
        predictor, count = self.predictor, len(images)
        frames = [
            predictor.compiled(("fit", image.shape), lambda size=image.shape[1:3]: _resizing(predictor, size))(
                image, None, None
            )
            for image in images
        ]
        network = predictor.compiled(("network", count, *frames[0].shape), lambda: _network(predictor, count))
        logits, states = network(frames, states, condition)
        masks = [
            predictor.compiled(("finish", image.shape), lambda size=image.shape[1:3]: _finish(predictor, size))(
                row, None, None
            )
            for image, row in zip(images, logits, strict=True)
        ]
        return [ops.convert_to_numpy(mask)[0] for mask in masks], states

    def _checked(self, state, image):
        if state is None:
            return self._fresh_state(image)
        self.predictor.check_state(state, 1, *image.shape[:2])
        return state

    def _fresh_state(self, image):
        size = image.shape[:2]
        placement = self.predictor.resizing.place(*size)
        key = placement.tile, len(placement.tiles)
        if key not in self._fresh:
            while len(self._fresh) >= SIZES:
                del self._fresh[next(iter(self._fresh))]
            self._fresh[key] = self.predictor.initial_state(1, *size)
        return self._fresh[key]


def _on_rows(step, count):
    """`step` on states that are a list, one for each of `count` streams."""

    def on_rows(images, states, condition):
        joined = {name: ops.concatenate([state[name] for state in states]) for name in states[0]}
        result, after = step(images, joined, condition)
        parts = {name: ops.split(tensor, count) for name, tensor in after.items()}
        return result, [{name: parts[name][row] for name in parts} for row in range(count)]

    return on_rows


def _network(predictor, count):
    step = _on_rows(predictor.network, count)

    def network(frames, states, condition):
        logits, states = step(ops.concatenate(frames), states, condition)
        return ops.split(logits, count), states

    return network


def _resizing(predictor, size):
    placement = predictor.resizing.place(*size)
    return lambda image, _, __: ops.cast(place_images(image, placement), "float32")


def _finish(predictor, size):
    placement = predictor.resizing.place(*size)
    return lambda logits, _, __: predictor.choose(replace_logits(logits, placement))
