"""Mean teacher (Tarvainen and Valpola 2017): the averaged network supervises the student on unlabelled frames."""

from typing import Any, TypeVar

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.models.clip_model import ClipModel
from seqseg.training.unlabelled.learning import UnlabelledLearning, check_number, logits_of_both
from seqseg.training.unlabelled.photometric import PhotometricNoise

Copied = TypeVar("Copied", bound=ClipModel)


class MeanTeacher(UnlabelledLearning):
    """The student learns to predict on a noisy unlabelled clip what the teacher predicts on the clip without noise.

    The teacher's weights are an exponential moving average of the student's, after every step; the teacher is validated
    and saved. The cost is the squared difference of the probabilities, summed over classes, averaged over pixels. Norms
    with running statistics: the teacher runs in training mode on clips without noise, so its statistics belong to its
    own weights and to pictures as in deployment, and are not averaged; both networks normalize by their own batch.

    With `mix`, the student sees clips cut from two clips, and its target is cut from both predictions of the teacher
    (CutMix as in French et al. 2020, who found that photometric noise alone helps segmentation little).

    Args:
        network: the student.
        steps: of the run.
        weight, ramp: see `UnlabelledLearning`; None grows over the first fifth of the run.
        decay: of the average, at most; it begins as a plain mean, 1 - 1 / (step + 1), and follows faster at first.
        noise: strength, 0 to 1, of brightness, colour and grain for the student; see `PhotometricNoise`. Too much
            hides objects of low contrast.
        mix: CutMix.
        seed: of the noise and the cuts.

    Raises:
        ConfigError: an option out of its range.
    """

    def __init__(
        self,
        network: ClipModel,
        steps: int,
        *,
        weight: float = 1.0,
        decay: float = 0.99,
        ramp: int | None = None,
        noise: float = 0.03,
        mix: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(network, weight=weight, ramp=steps // 5 if ramp is None else ramp, name="mean_teacher")
        check_number("decay", decay, most=1)
        check_number("noise", noise, most=1)
        check_number("seed", seed, whole=True)
        if not isinstance(mix, bool):
            raise ConfigError(f"training.unlabelled needs true or false for mix, got {mix!r}")
        self.decay = decay
        self.mix = mix
        self.noise = PhotometricNoise(noise, seed=seed)
        self.random = keras.random.SeedGenerator(seed + 1)
        self.teacher = copy_of(network)
        # Learnt from the student alone. Not `teacher.trainable`, which would freeze its batch norms' statistics.
        self.followed = [
            (teacher, student)
            for teacher, student in zip(self.teacher.weights, network.weights, strict=True)
            if student.trainable
        ]
        for variable in self.teacher.weights:
            variable.trainable = False
        self.behind = self.add_weight(shape=(), initializer="zeros", trainable=False, name="behind")

    @property
    def kept(self) -> ClipModel:
        return self.teacher

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> keras.KerasTensor:
        self._follow()
        labelled, clips = (ops.cast(inputs[name], "float32") for name in ("labelled", "unlabelled"))
        taught = self.teacher(clips, training=training)
        wanted = ops.stop_gradient(self.network.probabilities(taught))
        if self.mix:
            cut = self._cut(clips)
            clips, wanted = (ops.where(cut, ops.roll(one, 1, axis=0), one) for one in (clips, wanted))
        logits, others = logits_of_both(self.network, self.noise(labelled), self.noise(clips), training=training)
        difference = ops.square(self.network.probabilities(others) - wanted)
        self.add_cost(ops.mean(ops.sum(difference, axis=-1)))
        self.behind.assign(1.0)
        return logits

    def settle(self) -> None:
        """Add the weights of the last step to the average; otherwise that happens before the next step."""
        self._follow()
        self.behind.assign(0.0)

    def _follow(self) -> None:
        """The average after the steps so far; unchanged where they are in it already."""
        decay = ops.minimum(1.0 - 1.0 / (self.step + 1.0), self.decay)
        share = (1.0 - decay) * self.behind
        for teacher, student in self.followed:
            teacher.assign(teacher + share * (ops.stop_gradient(student) - teacher))

    def _cut(self, clips: keras.KerasTensor) -> keras.KerasTensor:
        """A rectangle of half the area in each clip, the same in all its frames: booleans (n, 1, h, w, 1)."""
        count, (height, width) = clips.shape[0], clips.shape[2:4]
        drawn = keras.random.uniform((3, count, 1, 1, 1, 1), seed=self.random)
        tall = ops.power(0.5, drawn[0])  # 0.5 to 1 of the height, the rest of the half is the width's
        wide = 0.5 / tall
        rows = ops.reshape((ops.arange(height, dtype="float32") + 0.5) / height, (1, 1, height, 1, 1))
        columns = ops.reshape((ops.arange(width, dtype="float32") + 0.5) / width, (1, 1, 1, width, 1))
        top, left = drawn[1] * (1 - tall), drawn[2] * (1 - wide)
        return ops.logical_and(
            ops.logical_and(rows >= top, rows < top + tall), ops.logical_and(columns >= left, columns < left + wide)
        )


def copy_of(network: Copied) -> Copied:
    """Another model with the same weights and its own seeds."""
    copied: Copied = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    for mine, other in zip(copied.weights, network.weights, strict=True):
        mine.assign(ops.copy(other))
    return copied
