"""The ladder network as a segmenter: a class for every pixel, learnt from frames with and without labels."""

import keras
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import LadderStage, fold
from seqseg.layers.blocks import BATCH_NORM_MOMENTUM
from seqseg.models.card import ModelCard
from seqseg.models.clip_model import ClipModel
from seqseg.models.head import logits_of, score_maps
from seqseg.models.ladder.network import STREAMS, Ladder
from seqseg.models.surgery import add_l2


@keras.saving.register_keras_serializable("seqseg")
class LadderSegmenter(ClipModel):
    """Clips (n, t, h, w, c) of 0–255 -> logits (n, t, h, w, classes), with the denoising costs of a `Ladder`.

    Trained on clips, every frame is denoised and those with labels are classified: an unlabelled frame is one whose
    pixels are all void. Trained on {"labelled": clips, "unlabelled": clips} of one size it gives the logits of the
    labelled ones, which have statistics of their own. Either way the costs are in `losses`, which every training step
    of Keras adds to its loss. Predictions have no noise and are normalised by running averages, so a frame alone gives
    the same as in its clip; there is no state.

    Args:
        stages: `LadderStage`s from the input up; that of the scores, with 1 x 1 weights, is put on top of them.
        noise, costs, seed: see `Ladder`, whose levels are the input, `stages` and the scores.
        card: a `ModelCard`; its head may be "softmax", "sigmoid" or "multi_label".

    Raises:
        ConfigError: a head that predicts frames; not one noise and one cost for every level.
        ModelError: labelled and unlabelled frames of different size, or of other channels than the model's.

    Example:
        >>> model = build_model("ladder", classes=["ground", "cell"], filters=8)
        >>> logits = model({"labelled": few, "unlabelled": many}, training=True)
        >>> costs = sum(model.losses)  # of denoising, weighted
    """

    def __init__(self, *, stages, noise, costs, card, seed=0, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.card = card
        if card.head == "frame":
            raise ConfigError(f"{card.model} finds classes and predicts no frames; leave head out")
        scores = score_maps(card.head, len(card.classes))
        activation = "softmax" if card.head == "softmax" and scores > 1 else "sigmoid"
        # `score_paths` finds the layer that scores the classes by this name.
        self.head = LadderStage("conv", scores, kernel=1, activation=activation, name="head")
        self.ladder = Ladder(
            [*stages, self.head], noise=noise, costs=costs, input_shape=(None, None, card.channels), seed=seed,
            momentum=BATCH_NORM_MOMENTUM,
        )  # fmt: skip
        self.built = True
        if card.l2:
            add_l2(self, card.l2)

    def get_config(self):
        ladder = self.ladder.get_config()
        return super().get_config() | {
            "stages": ladder["stages"][:-1],
            "card": self.card.to_dict(),
            **{name: ladder[name] for name in ("noise", "costs", "seed")},
        }

    @classmethod
    def from_config(cls, config):
        stages = [keras.saving.deserialize_keras_object(stage) for stage in config["stages"]]
        return cls(**(config | {"stages": stages, "card": ModelCard.from_dict(config["card"])}))

    def __call__(self, clip, *args, **kwargs):
        if isinstance(clip, dict) and set(clip) == set(STREAMS):
            self.check_streams(clip)  # here, since Keras wraps what `call` raises into many lines
        return super().__call__(clip, *args, **kwargs)

    def call(self, clip, state=None, return_state=False, condition=None, training=None):
        if not (isinstance(clip, dict) and set(clip) == set(STREAMS)):
            return super().call(clip, state, return_state, condition, training)
        logits = self._logits({name: self._frames(clip[name]) for name in STREAMS}, training)
        logits = ops.reshape(logits, (*ops.shape(clip["labelled"])[:-1], logits.shape[-1]))
        return (logits, {}) if return_state else logits

    def compute_output_spec(self, clip, *args, **kwargs):
        if isinstance(clip, dict) and set(clip) == set(STREAMS):
            clip = clip["labelled"]
        return super().compute_output_spec(clip, *args, **kwargs)

    def check_streams(self, streams):
        """ModelError, in one line, unless the clips of {"labelled": …, "unlabelled": …} are what this model takes."""
        for clip in streams.values():
            self._check_clip(clip)
        sizes = [tuple(streams[name].shape[-3:-1]) for name in STREAMS]
        if sizes[0] != sizes[1]:
            raise ModelError(
                f"labelled frames are {sizes[0][0]}x{sizes[0][1]}, unlabelled ones {sizes[1][0]}x{sizes[1][1]}; bring "
                "them to one size"
            )

    def initial_state(self, batch, height, width):
        """{}: frames do not depend on each other."""
        return {}

    def initial_state_shapes(self, batch, height, width):
        """{}."""
        return {}

    def _run(self, clip, state, condition, training):
        logits = self._logits(self._frames(clip), training)
        return ops.reshape(logits, (*ops.shape(clip)[:-1], logits.shape[-1])), state

    def _frames(self, clip):
        """Frames or clips of 0–255 -> frames (n, h, w, c), scaled."""
        scale, offset = self.card.input_scale
        frames = fold(clip) if len(clip.shape) == 5 else clip
        return ops.cast(frames, "float32") * scale + offset

    def _logits(self, frames, training):
        return logits_of(self.ladder(frames, training=training), self.card.head)
