"""The ladder networks of the paper (arXiv:1507.02672) for MNIST, with the costs and noise of its authors' code."""

from seqseg.errors import ConfigError
from seqseg.layers.ladder_stage import LadderStage
from seqseg.models.ladder.network import Ladder

MODELS = ("full", "bottom", "gamma", "supervised")
HIDDEN = (1000, 500, 250, 250, 250)
LABELS = (50, 100, 1000, 60000)
INPUT_NOISE = 0.3
_LOWEST_COSTS = {50: (2000, 20), 100: (1000, 10), 1000: (2000, 20), 60000: (1000, 1)}  # of the full model
_GAMMA_COST = {50: 0.5, 100: 0.5, 1000: 10, 60000: 2}  # the reference has none for 50: that for 100
_BOTTOM_COST = {50: 5000, 100: 5000, 1000: 2000, 60000: 2000}  # the same


def ladder_mlp(*, labels=100, model="full", classes=10, inputs=784, hidden=HIDDEN, seed=0):
    """The fully connected ladder: vectors (n, 784) -> logits (n, 10), with the reference's costs and noise.

    The recipe: batches of 100 labelled and 100 unlabelled examples, Adam at 0.002, which falls to 0 over the last third
    of 150 epochs of 600 steps.

    Args:
        labels: how many examples have labels, as the reference chooses costs and noise by: 50, 100, 1000 or 60000.
        model: "full", "bottom" (the input's cost alone), "gamma" (the top's alone) or "supervised" (none).
        classes: how many.
        inputs: numbers in a vector.
        hidden: units of the layers below the last.
        seed: of the noise.

    Raises:
        ConfigError: another number of labels or model.

    Example:
        >>> ladder_mlp(labels=1000).costs
        [2000.0, 20.0, 0.1, 0.1, 0.1, 0.1, 0.1]
    """
    if labels not in LABELS or model not in MODELS:
        raise ConfigError(
            f"the reference has costs for {', '.join(map(str, LABELS))} labels and the models {', '.join(MODELS)}; got "
            f"{labels!r} and {model!r}; give costs of your own to Ladder"
        )
    levels = len(hidden) + 2
    higher = 0.01 if labels == 60000 else 0.1
    costs = {
        "full": [*_LOWEST_COSTS[labels], *[higher] * (levels - 2)],
        "bottom": [_BOTTOM_COST[labels], *[0] * (levels - 1)],
        "gamma": [*[0] * (levels - 1), _GAMMA_COST[labels]],
        "supervised": [0] * levels,
    }[model]
    noise = 0.5 if model == "supervised" else 0.2 if (model, labels) == ("full", 1000) else 0.3
    stages = [LadderStage("dense", units) for units in hidden] + [LadderStage("dense", classes, activation="softmax")]
    return Ladder(stages, noise=[INPUT_NOISE, *[noise] * (levels - 1)], costs=costs, input_shape=(inputs,), seed=seed)


def ladder_conv_small(*, model="gamma", classes=10, input_shape=(28, 28, 1), seed=0):
    """The paper's Conv-Small: images (n, 28, 28, 1) -> logits (n, 10), with a cost at the top alone.

    Args:
        model: "gamma", or "supervised" (the same net without the cost; it overfits, so keep training short).
        classes: how many.
        input_shape: (h, w, c); h and w may be None, since the last layer follows a global mean.
        seed: of the noise.

    Raises:
        ConfigError: another model.

    Example:
        >>> tuple(ladder_conv_small()(np.zeros((2, 28, 28, 1))).shape)
        (2, 10)
    """
    if model not in ("gamma", "supervised"):
        raise ConfigError(f"the paper's Conv-Small is gamma or supervised, got {model!r}; build others from Ladder")
    stages = [
        LadderStage("conv", 32, kernel=5, padding="full"),
        LadderStage("pool"),
        LadderStage("conv", 64, kernel=3, padding="valid"),
        LadderStage("conv", 64, kernel=3, padding="full"),
        LadderStage("pool"),
        LadderStage("conv", 128, kernel=3, padding="valid"),
        LadderStage("conv", 10, kernel=1, padding="valid"),
        LadderStage("global_mean"),
        LadderStage("dense", classes, activation="softmax"),
    ]
    noise = 0.45 if model == "supervised" else 0.3
    cost = 1 if model == "gamma" else 0
    return Ladder(
        stages,
        noise=[INPUT_NOISE, *[noise] * len(stages)],
        costs=[*[0] * len(stages), cost],
        input_shape=input_shape,
        seed=seed,
    )
