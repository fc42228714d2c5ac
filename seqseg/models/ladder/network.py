"""The ladder network (Rasmus et al. 2015, arXiv:1507.02672): few labels, and a denoising cost at every level."""

import keras
import numpy as np
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.layers.combinator import Combinator
from seqseg.layers.ladder_stage import normalise, normalise_by

STREAMS = ("labelled", "unlabelled")


@keras.saving.register_keras_serializable("seqseg")
class Ladder(keras.Model):
    """Images (n, h, w, c) or vectors (n, c) -> logits (n, …, classes), learnt with and without labels.

    Two passes share their weights. The corrupted pass adds noise to the input and to every normalised level; its output
    is compared with the labels. The clean pass makes predictions, and its levels are the targets of a decoder that runs
    down from the corrupted output with a connection to every corrupted level. Means and variances are those of the
    batch, separate for labelled and unlabelled examples; predictions use running averages of the clean pass's.

    Trained with plain `fit` on ({"labelled": …, "unlabelled": …}, labels of the labelled ones) and a loss from logits;
    the denoising costs are added by the model itself. On plain inputs every example is both, with the same noise.

    Args:
        stages: `LadderStage`s, from the input up; the last one's units are the classes.
        noise: standard deviation at the input and at every stage: one number, or one each from the input up.
        costs: weight of the denoising cost at the input and at every stage. Nothing below the lowest that is not 0 is
            built down to, so that (0, …, 0, 1) is the Γ-model, and all 0 the supervised net of the same size.
        input_shape: of one example, (c,) or (h, w, c); h and w may be None where no stage is "dense".
        seed: of the noise.
        momentum: what of the running averages a step leaves; the first steps count the same.

    Raises:
        ConfigError: not one noise and one cost for every level, or a negative one; a stage that looks across at a level
            that is not below it.
        ModelError: stages that do not fit on each other; examples of another shape than the model's or each other's.

    Example:
        >>> model = Ladder(
        ...     [LadderStage("dense", 20), LadderStage("dense", 3, activation="softmax")],
        ...     noise=0.3, costs=(1000, 10, 0.1), input_shape=(8,),
        ... )
        >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> few, many = np.random.rand(6, 8), np.random.rand(6, 8)
        >>> _ = model.fit({"labelled": few, "unlabelled": many}, np.array([0, 1, 2, 0, 1, 2]), verbose=0)
        >>> tuple(model(many).shape)
        (6, 3)
    """

    def __init__(self, stages, *, noise, costs, input_shape, seed=0, momentum=0.99, **kwargs):
        super().__init__(**kwargs)
        self.stages = [keras.saving.deserialize_keras_object(one) if isinstance(one, dict) else one for one in stages]
        levels = len(self.stages) + 1
        self.noise = [float(noise)] * levels if isinstance(noise, int | float) else [float(one) for one in noise]
        self.costs = [float(one) for one in costs]
        for name, numbers in (("noise", self.noise), ("costs", self.costs)):
            if len(numbers) != levels or not min(numbers) >= 0:
                raise ConfigError(
                    f"a ladder of {levels - 1} stages takes {levels} numbers for {name}, the input's first and none "
                    f"negative; got {numbers}"
                )
        self.example_shape, self.seed, self.momentum = tuple(input_shape), seed, momentum
        self.random = keras.random.SeedGenerator(seed)
        self.lowest = next((level for level, cost in enumerate(self.costs) if cost), levels)
        built = range(self.lowest, levels)
        self.crossed = {stage.across for stage in self.stages} - {None}  # levels that later stages look at
        self.combinators = {str(level): Combinator(name=f"combinator_{level}", dtype="float32") for level in built}
        self._build()

    def get_config(self):
        return super().get_config() | {
            "stages": [keras.saving.serialize_keras_object(stage) for stage in self.stages],
            "noise": self.noise,
            "costs": self.costs,
            "input_shape": list(self.example_shape),
            "seed": self.seed,
            "momentum": self.momentum,
        }

    def __call__(self, inputs, *args, **kwargs):
        self._check(inputs)  # here, since Keras wraps what `call` raises into many lines
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs, training=None):
        labelled, unlabelled = (ops.cast(one, "float32") for one in _streams(inputs))
        if not training:
            return self._predict(labelled)
        clean = self._clean_pass(unlabelled)
        noisy, output, logits = self._corrupted_pass(labelled)
        if self.combinators:
            if isinstance(inputs, dict):
                noisy, output, _ = self._corrupted_pass(unlabelled)
            for level, cost in self._costs_of_levels(noisy, output, clean):
                self.add_loss(self.costs[level] * cost)
        return logits

    def denoising_costs(self, examples):
        """{level: mean squared difference of the denoised level from the clean one}; the input's level is "0".

        Not weighted; with noise as in training and the statistics of these examples. Levels without a decoder are left
        out.

        Example:
            >>> sorted(ladder.denoising_costs(many))
            ['0', '1', '2']
        """
        self._check(examples)
        examples = ops.cast(examples, "float32")
        noisy, output, _ = self._corrupted_pass(examples)
        costs = self._costs_of_levels(noisy, output, self._levels(examples))
        return {str(level): float(ops.convert_to_numpy(cost)) for level, cost in costs}

    def settle(self, examples, *, batch=1000):
        """Compute the statistics that predictions are normalised by from all these examples, the reference's last step.

        One stage's activations of all examples are held in memory.

        Example:
            >>> ladder.settle(many)
        """
        parts = [examples[start : start + batch] for start in range(0, len(examples), batch)]
        weights = [len(part) / len(examples) for part in parts]
        self._check(examples)
        kept = {0: parts}
        for level, stage in enumerate(self.stages, start=1):
            across = kept.get(stage.across, [None] * len(parts))
            linear = [stage.up(part, other) for part, other in zip(parts, across, strict=True)]
            linear = [np.asarray(ops.convert_to_numpy(part), "float32") for part in linear]
            axes = tuple(range(linear[0].ndim - 1))
            mean = sum(weight * part.mean(axes) for weight, part in zip(weights, linear, strict=True))
            squares = (((part - mean) ** 2).mean(axes) for part in linear)
            stage.mean.assign(mean)
            stage.variance.assign(sum(weight * square for weight, square in zip(weights, squares, strict=True)))
            parts = [ops.convert_to_numpy(stage.activate(stage.normalised(part))[0]) for part in linear]
            if level in self.crossed:
                kept[level] = parts

    def reseed(self, *numbers):
        """Seed the noise with one or two whole numbers, so that an epoch can be repeated exactly.

        Example:
            >>> ladder.reseed(0, 7)
        """
        self.random.state.assign(ops.convert_to_tensor([*numbers, 0][:2], self.random.state.dtype))

    def _build(self):
        shapes = [(None, *self.example_shape)]
        for level, stage in enumerate(self.stages, start=1):
            if stage.across is not None and not 0 <= stage.across < level:
                raise ConfigError(f"stage {level} of a ladder looks across at {stage.across}, not at a level below it")
            across = None if stage.across is None else shapes[stage.across]
            stage.goes_down = level > self.lowest
            stage.build(shapes[-1], across)
            shapes.append(stage.compute_output_shape(shapes[-1], across))
        for level, combinator in self.combinators.items():
            combinator.build((None, shapes[int(level)][-1]))
        self.built = True

    def _check(self, inputs):
        if isinstance(inputs, dict) and set(inputs) != set(STREAMS):
            raise ModelError(f"a ladder takes {{'labelled': …, 'unlabelled': …}} or plain inputs, got {sorted(inputs)}")
        shapes = [tuple(one.shape[1:]) for one in _streams(inputs)]
        for name, shape in zip(STREAMS, shapes, strict=True):
            fits = len(shape) == len(self.example_shape) and all(
                None in (got, wanted) or got == wanted for got, wanted in zip(shape, self.example_shape, strict=True)
            )
            if not fits:
                raise ModelError(
                    f"{name} examples have shape {shape}, but this ladder takes {self.example_shape}; bring them to "
                    "its size and number of channels"
                )
        if shapes[0] != shapes[1]:
            raise ModelError(
                f"labelled examples have shape {shapes[0]}, unlabelled ones {shapes[1]}; bring them to one size and "
                "one number of channels"
            )

    def _predict(self, activations):
        return self._climb(activations, lambda level, linear: self.stages[level - 1].normalised(linear))[1]

    def _clean_pass(self, examples):
        levels = self._levels(examples)
        for stage, (_, mean, variance) in zip(self.stages, levels[1:], strict=True):
            stage.remember(mean, variance, self.momentum)
        return levels

    def _levels(self, examples):
        """Of every clean level, the input first: (normalised features, their mean, their variance)."""
        levels = [(examples, None, None)]

        def features_of(level, linear):
            levels.append(normalise(linear))
            return levels[level][0]

        self._climb(examples, features_of)
        return levels

    def _corrupted_pass(self, examples):
        """(Noisy features of every level, the input first; the output; its logits)."""
        levels = [self._with_noise(examples, 0)]

        def features_of(level, linear):
            levels.append(self._with_noise(normalise(linear)[0], level))
            return levels[level]

        return levels, *self._climb(levels[0], features_of)

    def _climb(self, activations, features_of):
        """Go through all stages -> the output and its logits; `features_of(level, linear)` normalises them."""
        kept, logits = {0: activations}, activations
        for level, stage in enumerate(self.stages, start=1):
            linear = stage.up(activations, kept.get(stage.across))
            activations, logits = stage.activate(features_of(level, linear))
            if level in self.crossed:
                kept[level] = activations
        return activations, logits

    def _with_noise(self, features, level):
        if not self.noise[level]:
            return features
        return features + keras.random.normal(
            ops.shape(features), stddev=self.noise[level], dtype=features.dtype, seed=self.random
        )

    def _costs_of_levels(self, noisy, output, clean):
        """(level, mean squared error of what the decoder makes of it), from the top down.

        Every level gets a signal from the stage above it, and one from a stage further up that it is joined to; both
        are summed.
        """
        heard = {len(self.stages): output}
        for level in range(len(self.stages), self.lowest - 1, -1):
            denoised = self.combinators[str(level)](noisy[level], normalise(heard.pop(level))[0])
            target, mean, variance = clean[level]
            compared = denoised if mean is None else normalise_by(denoised, mean, variance)
            yield level, ops.mean(ops.square(target - compared))
            if level > self.lowest:
                for below, features in self._down(level, denoised, noisy):
                    heard[below] = heard[below] + features if below in heard else features

    def _down(self, level, denoised, noisy):
        """(level, signal) for each level that the stage at `level` reads."""
        stage = self.stages[level - 1]
        if not stage.joins:
            return [(level - 1, stage.down(denoised, like=noisy[level - 1]))]
        own, joined = stage.down(denoised, noisy[level - 1], noisy[stage.across])
        return [(level - 1, own), (stage.across, joined)]


def _streams(inputs):
    """(labelled, unlabelled); plain inputs are both."""
    return tuple(inputs[name] for name in STREAMS) if isinstance(inputs, dict) else (inputs, inputs)
