"""The ladder network for segmentation, which learns from frames without labels as well."""

from seqseg.errors import ConfigError
from seqseg.layers.ladder_stage import LadderStage

MODELS = ("full", "gamma", "supervised")
COST = 0.1  # of each level that has one


def ladder(
    *, filters=16, depth=3, convolutions=2, kernel_size=3, skips=True, model="full", costs=None, noise=0.1, seed=0
):
    """Ladder network (Rasmus et al. 2015) for segmentation: an hourglass or U-Net that also denoises every level.

    The levels are the input, every convolution and the scores. Unlike the paper's poolings, halving and doubling are
    parts of the convolutions after them: a level of their own would hold nothing new and cost most at full size.

    Args:
        filters: channels at full size; doubled at every halving.
        depth: how often the size is halved on the way to the scores, and doubled again.
        convolutions: at every size, on either way.
        kernel_size: side of their kernels.
        skips: whether the way back takes the activations of the way there, as a U-Net; False is a plain hourglass.
        model: "full" (a denoising cost at every level), "gamma" (at the scores alone, where nothing is built to come
            down again) or "supervised" (none: the same net on labels alone, with the same noise).
        costs: in place of the model's own: one weight for all levels it has costs at, or one for each, the input first,
            then the convolutions, then the scores.
        noise: standard deviation at the input, scaled to -1–1, and at every normalised level: one number, or one each.
        seed: of the noise.
    """
    for name, value, least in (
        ("filters", filters, 1),
        ("depth", depth, 0),
        ("convolutions", convolutions, 1),
        ("kernel_size", kernel_size, 1),
    ):
        if not isinstance(value, int) or value < least:
            raise ConfigError(f"a ladder takes a whole number of at least {least} for {name}, got {value!r}")
    stages = _stages(filters, depth, convolutions, kernel_size, skips)
    return {"stages": stages, "noise": noise, "costs": _costs(model, costs, len(stages) + 2), "seed": seed}


def _stages(filters, depth, convolutions, kernel_size, skips):
    stages, ends = [], []

    def convolve(units, **options):
        stages.append(LadderStage("conv", units, kernel=kernel_size, activation="leaky_relu", **options))

    for scale in range(depth + 1):
        convolve(filters * 2**scale, resize="halve" if scale else None)
        for _ in range(convolutions - 1):
            convolve(filters * 2**scale)
        ends.append(len(stages))
    for scale in reversed(range(depth)):
        convolve(filters * 2**scale, resize="double", across=ends[scale], joins=skips)
        for _ in range(convolutions - 1):
            convolve(filters * 2**scale)
    return stages


def _costs(model, costs, levels):
    if model not in MODELS:
        raise ConfigError(f"a ladder's model is {', '.join(MODELS)}; got {model!r}")
    if costs is not None and not isinstance(costs, int | float):
        return list(costs)
    cost = COST if costs is None else costs
    if model == "full":
        return [cost] * levels
    return [0] * (levels - 1) + [0 if model == "supervised" else cost]
