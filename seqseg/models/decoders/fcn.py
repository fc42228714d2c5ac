"""FCN's decoder: scores at several levels, added up from the coarsest to the finest."""

import keras

from seqseg.errors import ConfigError
from seqseg.layers import make_upsampling, upsampling_of
from seqseg.models.decoders.chosen_levels import factor_between


@keras.saving.register_keras_serializable("seqseg")
class FCNDecoder(keras.layers.Layer):
    """Score each chosen level, enlarge the coarser scores, add (Long et al. 2015): -> scores (n, h, w, classes).

    The last step, from the finest level scored to the image, is the model's bilinear resize, unless another upsampling
    is asked for: that one goes to the finest level there is.

    Args:
        classes: maps of scores.
        skips: finer levels that are scored beside the coarsest: 0, 1 and 2 are FCN-32s, 16s and 8s on a level "P5".
            None takes 2, or as many as there are.
        upsampling: a name of `UPSAMPLING` but "unpool", or a table of name and options. The original's is
            "bilinear_deconv", whose frozen kernels are nearly all zeros.
        last_upsampling: of the last step, if another.
        zero_skips: the finer levels' kernels begin at zero, so that training begins as FCN-32s.
        separable: scores by a factor for each channel and a 1 x 1 convolution, as in ssnets' FastFCN8.
    """

    gives_scores = True

    def __init__(
        self,
        classes,
        *,
        skips=None,
        upsampling="bilinear",
        last_upsampling=None,
        zero_skips=True,
        separable=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for wanted in (upsampling, last_upsampling or upsampling):
            if upsampling_of(wanted)[0] == "unpool":
                raise ConfigError("scores cannot be unpooled, they have no places of maxima; take another upsampling")
        self.classes = classes
        self.skips = skips
        self.upsampling = upsampling
        self.last_upsampling = last_upsampling
        self.zero_skips = zero_skips
        self.separable = separable
        self.scores, self.enlarge, self.last = [], [], None

    def build(self, pyramid_shapes):
        levels = tuple(pyramid_shapes)
        self.read = self._levels_read(levels)
        self.scores = [self._score(begin_at_zero=k > 0 and self.zero_skips) for k in range(len(self.read))]
        for score, level in zip(self.scores, self.read, strict=True):
            score.build(pyramid_shapes[level])
        scored = (None, None, None, self.classes)
        self.enlarge = [
            make_upsampling(self.upsampling, factor_between(coarse, fine), dtype="float32")
            for coarse, fine in zip(self.read, self.read[1:], strict=False)
        ]
        for enlarge in self.enlarge:
            enlarge.build(scored)
        if not self._left_to_the_model and self.read[-1] != levels[0]:
            factor = factor_between(self.read[-1], levels[0])
            self.last = make_upsampling(self.last_upsampling or self.upsampling, factor, dtype="float32")
            self.last.build(scored)
        self.finest = levels[0]

    def call(self, pyramid, training=None):
        sums = self.scores[0](pyramid[self.read[0]])
        for level, score, enlarge in zip(self.read[1:], self.scores[1:], self.enlarge, strict=True):
            skip = score(pyramid[level])
            sums = enlarge(sums, skip) + skip
        return sums if self.last is None else self.last(sums, pyramid[self.finest])

    def output_level(self, levels):
        """The level whose size the scores have."""
        return self._levels_read(levels)[-1] if self._left_to_the_model else levels[0]

    def compute_output_shape(self, pyramid_shapes):
        return (*pyramid_shapes[self.output_level(tuple(pyramid_shapes))][:-1], self.classes)

    def get_config(self):
        return super().get_config() | {
            "classes": self.classes,
            "skips": self.skips,
            "upsampling": self.upsampling,
            "last_upsampling": self.last_upsampling,
            "zero_skips": self.zero_skips,
            "separable": self.separable,
        }

    @property
    def _left_to_the_model(self):
        return upsampling_of(self.last_upsampling or self.upsampling)[0] == "bilinear"

    def _levels_read(self, levels):
        most = len(levels) - 1
        skips = min(2, most) if self.skips is None else self.skips
        if not 0 <= skips <= most:
            raise ConfigError(f"{len(levels)} levels ({', '.join(levels)}) have 0 to {most} skips, got {skips}")
        return tuple(reversed(levels))[: skips + 1]

    def _score(self, *, begin_at_zero):
        start = "zeros" if begin_at_zero else "glorot_uniform"
        # float32, as the model's own head: these are logits.
        if self.separable:
            return keras.layers.SeparableConv2D(self.classes, 1, pointwise_initializer=start, dtype="float32")
        return keras.layers.Conv2D(self.classes, 1, kernel_initializer=start, dtype="float32")
