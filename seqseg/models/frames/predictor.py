"""Networks made to predict the next frame, which do not decompose into encoder, memory and decoder."""

from typing import Any

import keras

from seqseg.layers import fold, unfold, unroll
from seqseg.layers.tensor import Config, Shape, State, Tensor
from seqseg.models.card import ModelCard
from seqseg.models.clip_model import ClipModel
from seqseg.models.frames.motion import MOTION, before_each, hints, last_motion, moved_on
from seqseg.models.head import frames_of
from seqseg.models.surgery import add_l2


@keras.saving.register_keras_serializable("seqseg")
class FramePredictor(ClipModel):
    """Clips (n, t, h, w, c) of 0–255 -> for each frame the one that follows, (n, t, h, w, c), scaled as the input.

    Args:
        trunk: what makes scores of frames, with memories on the way; see `seqseg.models.frames.trunks`.
        card: a `ModelCard` whose head is "frame"; its `output` says what the scores mean.
        motion: predict a change of the frame extrapolated along its motion, which the trunk gets and corrects, instead
            of a change of the frame itself; see `seqseg.models.frames.motion`.

    Example:
        >>> model = build_model("frame_predictor")
        >>> nexts, state = model.run(clip)              # nexts[:, k] is what should come after clip[:, k]
        >>> future = model.roll_out(clip, 10)           # ten frames after the clip
    """

    def __init__(self, *, trunk: keras.layers.Layer, card: ModelCard, motion: bool = False, **kwargs: Any) -> None:
        # The state stays in float32 under mixed precision; the parts cast what they take themselves.
        super().__init__(autocast=False, **kwargs)
        self.trunk = trunk
        self.card = card
        self.motion = motion
        self.build()

    def build(self, _: Any = None) -> None:
        """Make every weight; nothing depends on the size of the frames."""
        if self.built:
            return
        if not self.trunk.built:  # one read from a file comes built
            self.trunk.build((None, None, None, (2 if self.motion else 1) * self.card.channels + 2 * self.motion))
        self.built = True
        if self.card.l2:
            add_l2(self, self.card.l2)

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """An empty memory for `batch` streams of `height` x `width`: a flat dict such as {"P1/h": …, "P1/c": …}."""
        state = {
            f"{place}/{name}": tensor
            for place, cell in self.trunk.cells.items()
            for name, tensor in cell.initial_state(batch, *self.trunk.size_at(place, height, width)).items()
        }
        return state | {name: keras.ops.zeros(shape) for name, shape in self._seen(batch, height, width).items()}

    def initial_state_shapes(self, batch: int, height: int, width: int) -> dict[str, Shape]:
        """The shapes of `initial_state`, without making it."""
        shapes = {
            f"{place}/{name}": (batch, *self.trunk.size_at(place, height, width), cell.filters)
            for place, cell in self.trunk.cells.items()
            for name in cell.state_names
        }
        return shapes | self._seen(batch, height, width)

    def _seen(self, batch: int, height: int, width: int) -> Tensor:
        """The shape of the last frame in the state, kept for the motion to the next; only with `motion`."""
        return {MOTION: (batch, height, width, self.card.channels + 1)} if self.motion else {}

    def get_config(self) -> Config:
        return super().get_config() | {
            "trunk": keras.saving.serialize_keras_object(self.trunk),
            "card": self.card.to_dict(),
            "motion": self.motion,
        }

    @classmethod
    def from_config(cls, config: Config) -> "FramePredictor":
        trunk = keras.saving.deserialize_keras_object(config["trunk"])
        return cls(**(config | {"trunk": trunk, "card": ModelCard.from_dict(config["card"])}))

    def _run(
        self, clip: Tensor, state: State, condition: Tensor | None, training: bool | None
    ) -> tuple[Tensor, Tensor]:
        """Every frame passes the same layers; at each memory time is unfolded and run step by step."""
        timesteps = keras.ops.shape(clip)[1]
        frames = fold(clip)
        after = {}

        def remember(place: str, features: Tensor) -> Tensor:
            cell = self.trunk.cells[place]
            memory = {name: state[f"{place}/{name}"] for name in cell.state_names}
            outputs, memory = unroll(cell, unfold(features, timesteps), memory)
            after.update({f"{place}/{name}": tensor for name, tensor in memory.items()})
            return fold(outputs)

        seen = frames
        if self.motion:
            before, after[MOTION] = before_each(clip, state[MOTION])
            flow = last_motion(fold(before), frames)
            seen = hints(frames, flow)
        scores = keras.ops.cast(self.trunk.scores(seen, remember, training), "float32")
        if self.motion:
            frames, scores = moved_on(frames, flow, scores)
        predicted = frames_of(scores, frames, self.card.output)
        return unfold(predicted, timesteps), {name: after[name] for name in state}
