"""One network, two views, explicit state: the contract that every model keeps."""

from typing import Any

import keras
from keras import ops

from seqseg.errors import ModelError
from seqseg.layers.channels import in_channels
from seqseg.layers.tensor import Shape, State, Tensor
from seqseg.models.head import labels_of, probabilities_of, top_class_of
from seqseg.renamed import warn_renamed


class ClipModel(keras.Model):
    """What every model is: clips (n, t, h, w, c) of RGB 0–255 and a state -> outputs (n, t, h, w, k) and a state.

    A rank-4 input is a batch of images and gives outputs of rank 4. A subclass has a `card`, runs a clip in `_run`,
    and defines its memory in `initial_state` and `initial_state_shapes`. With `fixed_camera` it is made for fixed
    cameras, and streams warn when the camera moves.
    """

    fixed_camera = False

    built: bool

    def _run(self, clip: Tensor, state: State, condition: Tensor | None, training: bool | None) -> tuple[Tensor, State]:
        """Clip (n, t, h, w, c) and a state -> outputs (n, t, h, w, k) and the state after."""
        raise NotImplementedError

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """An empty memory for `batch` streams of `height` x `width`: a flat dict such as {"P3/h": …, "P3/c": …}."""
        raise NotImplementedError

    def initial_state_shapes(self, batch: int, height: int, width: int) -> dict[str, Shape]:
        """The shapes of `initial_state`, without making it: {"P3/h": (n, h, w, filters), …}."""
        raise NotImplementedError

    @property
    def encoder_variables(self) -> list[keras.Variable]:
        """The variables of the encoder, which may learn at a rate of their own; none where there is no encoder."""
        return []

    def call(
        self,
        clip: Tensor,
        state: State | None = None,
        return_state: bool = False,
        condition: Tensor | None = None,
        training: bool | None = None,
    ) -> Tensor | tuple[Tensor, State]:
        if isinstance(clip, dict):
            clip, condition = self.clip_and_condition(clip)
        self._check_condition(condition)
        clip = in_channels(clip, self.card.channels)
        images = len(clip.shape) == 4
        if images:
            clip = ops.expand_dims(clip, 1)
        if state is None:
            batch, _, height, width, _ = ops.shape(clip)
            state = self.initial_state(batch, height, width)
        outputs, state = self._run(clip, state, condition, training)
        if images:
            outputs = ops.squeeze(outputs, 1)
        return (outputs, state) if return_state else outputs

    def compute_output_spec(
        self,
        clip: Tensor,
        state: State | None = None,
        return_state: bool = False,
        condition: Tensor | None = None,
        training: bool | None = None,
    ) -> Tensor | tuple[Tensor, State]:
        """What a call gives for `keras.Input`s, of which any size but the channels may be None; nothing is computed."""
        if isinstance(clip, dict):
            clip, condition = self.clip_and_condition(clip)
        self._check_clip(clip)
        self._check_condition(condition)
        depth = self.card.channels if self.card.head == "frame" else len(self.card.classes)
        outputs = keras.KerasTensor((*clip.shape[:-1], depth), dtype="float32")
        if not return_state:
            return outputs
        shapes = self.initial_state_shapes(clip.shape[0], *clip.shape[-3:-1])
        return outputs, {name: keras.KerasTensor(shape, dtype="float32") for name, shape in shapes.items()}

    def clip_and_condition(self, inputs: Any) -> tuple[Tensor, Tensor]:
        """The clip and the condition from the dict of inputs that `fit` passes."""
        return inputs["clip"], inputs["condition"]

    def run(
        self,
        clip: Tensor,
        state: State | None = None,
        *,
        condition: Tensor | None = None,
        training: bool | None = False,
    ) -> tuple[Tensor, State]:
        """The outputs and the state after the last frame; feed it back to go on where this clip ended.

        Args:
            clip: (n, t, h, w, c), or (n, h, w, c) for one frame of each of n streams. RGB 0–255, uint8 or float.
            state: what an earlier `run` gave back for frames of this size; None is fresh.
            condition: (n, k), one vector a stream, or (n, t, k), one a frame, for a model built with `condition=k`.

        Raises:
            ModelError: the clip has other channels than the model, or the state or the vector is of another size.
        """
        clip = ops.convert_to_tensor(clip)
        self._check_clip(clip)
        if condition is not None:
            condition = ops.convert_to_tensor(condition)
        if state is not None:
            state = {name: ops.convert_to_tensor(tensor) for name, tensor in state.items()}
            self.check_state(state, clip.shape[0], *clip.shape[-3:-1])
        return self(clip, state=state, return_state=True, condition=condition, training=training)

    def roll_out(self, clip: Tensor, frames: int, *, state: State | None = None) -> Tensor:
        """The `frames` frames (n, frames, h, w, c) that follow a clip, each predicted from those predicted before it.

        Args:
            clip: (n, t, h, w, c) of 0–255, the frames so far.
            frames: how many to predict, at least 1.
            state: after the frames before the clip; None is fresh.

        Raises:
            ModelError: the model does not predict frames, or the clip does not fit it.

        Example:
            >>> model = build_model("frame_predictor", filters=8)
            >>> tuple(model.roll_out(np.zeros((1, 4, 16, 16, 3), "uint8"), 2).shape)
            (1, 2, 16, 16, 3)
        """
        if self.card.head != "frame":
            raise ModelError(f"{self.card.model} finds classes and predicts no frames; train one with head = frame")
        if frames < 1 or len(clip.shape) != 5:
            raise ModelError(f"roll out at least 1 frame after a clip (n, t, h, w, c), got {frames} after {clip.shape}")
        outputs, state = self.run(clip, state)
        predicted = [outputs[:, -1]]
        while len(predicted) < frames:
            frame, state = self.run(predicted[-1], state)
            predicted.append(frame)
        return ops.stack(predicted, axis=1)

    def probabilities(self, logits: Tensor) -> Tensor:
        """The probability of each class: (..., classes); they add up to 1 unless the model is multi-label."""
        return probabilities_of(logits, self.card.head)

    def labels(self, logits: Tensor) -> Tensor:
        """Class indices uint8 (...) of logits (..., classes); planes of 0 and 1, (..., classes), when multi-label."""
        return labels_of(logits, self.card.head)

    def top_class(self, logits: Tensor) -> Tensor:
        """One class a pixel, uint8 (...), also of a multi-label model, which has void where it sees no class."""
        return top_class_of(logits, self.card.head, void=self.card.void)

    def surest(self, logits: Tensor) -> Tensor:
        """The former name of `top_class`."""
        warn_renamed("surest", "top_class")
        return self.top_class(logits)

    def check_state(self, state: State, batch: int, height: int, width: int) -> None:
        """Raise ModelError unless `state` is one of `batch` streams of `height` x `width`."""
        expected = self.initial_state_shapes(batch, height, width)
        came = {name: tuple(tensor.shape) for name, tensor in state.items()}
        if came != expected:
            raise ModelError(f"these frames need a state of {expected}, got {came}; pass state=None for a fresh state")

    def _check_clip(self, clip: Tensor) -> None:
        accepted = (1, 3) if self.card.channels == 1 else (self.card.channels,)  # brightness is taken of RGB
        if len(clip.shape) not in (4, 5) or clip.shape[-1] not in accepted:
            raise ModelError(
                f"a clip must be (n, t, h, w, {self.card.channels}) or images (n, h, w, {self.card.channels}), "
                f"got shape {tuple(clip.shape)}"
            )

    def _check_condition(self, condition: Tensor | None) -> None:
        length = self.card.condition
        came = None if condition is None else tuple(condition.shape)
        if length == 0 and came is not None:
            raise ModelError(f"this model takes no condition, got a vector of shape {came}; build it with condition=k")
        if length and (came is None or len(came) not in (2, 3) or came[-1] != length):
            raise ModelError(
                f"this model needs a condition of shape (n, {length}), or (n, t, {length}) for one a frame, got {came}"
            )
